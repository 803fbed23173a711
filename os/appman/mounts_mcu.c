/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/mounts_mcu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/monitor_call.h"

enum {
    SEALED = MS_NOSUID | MS_NODEV | MS_NOEXEC,
    CODE = MS_RDONLY | MS_NOSUID | MS_NODEV,
};

/* The root image is read-only: its folders are there to be mounted on.  /dev is the kernel's doing. */
static const struct {
    const char *from, *at, *type;
    unsigned long flags;
    const char *options;
    const char *why;
} mounts[] = {
    {"proc", "/proc", "proc", SEALED, "hidepid=2", "credentials; nobody else sees the others"},
    {"tmpfs", "/run", "tmpfs", SEALED, "mode=0755,size=64k,nr_inodes=128", "name servers"},
    {"tmpfs", "/mnt/apps", "tmpfs", SEALED, "mode=0755,size=16k,nr_inodes=64", "a folder for each application"},
    {"cgroup2", "/mnt/cgroup", "cgroup2", SEALED, NULL, "memory of applications"},
    {COMPONENT_SERVICES, "/mnt/sys", "asxipfs", CODE, NULL, "services, verified by the monitor"},
    /* The last 48 of its 256 KiB take writes of those alone who have CAP_SYS_RESOURCE, which is this process: whatever
     * applications write, the map of uids and the count of starts can be kept. */
    {"mtd0", "/mnt/config", "jffs2", SEALED, "rp_size=48", "what lasts: uid map, mutable files, azured's reports"},
    /* What would wear the flash out and need not last. */
    {"tmpfs", "/mnt/config/run", "tmpfs", SEALED, "mode=0711,size=128k,nr_inodes=256", "files that compartments show"},
    {"tmpfs", "/mnt/config/log", "tmpfs", SEALED, "mode=0700,size=32k,nr_inodes=64", "last lines of applications"},
};

/* Written by networkd, shown under the name that C libraries know. */
static const char names_file[] = "/run/resolv.conf", names_shown[] = "/etc/resolv.conf";
enum { NETWORKD_UID = 61103 };

static int fail(const char *what, const char *at)
{
    fprintf(stderr, "application-manager: %s \"%s\": %s\n", what, at, strerror(errno));
    return E_IO;
}

static int show_names(void)
{
    int fd = open(names_file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool made = fd >= 0 && fchown(fd, NETWORKD_UID, NETWORKD_UID) == 0;
    if (fd >= 0)
        close(fd);
    if (!made)
        return fail("cannot make", names_file);
    if (mount(names_file, names_shown, NULL, MS_BIND, NULL) ||
        mount(NULL, names_shown, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | SEALED, NULL))
        return fail("cannot show", names_shown);
    return 0;
}

int mounts_make(void)
{
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        bool inside = strncmp(mounts[i].at, "/mnt/config/", 12) == 0;
        if (inside && mkdir(mounts[i].at, 0700) && errno != EEXIST)
            return fail("cannot make", mounts[i].at);
        if (mount(mounts[i].from, mounts[i].at, mounts[i].type, mounts[i].flags, mounts[i].options))
            return fail("cannot mount", mounts[i].at);
    }
    return show_names();
}
