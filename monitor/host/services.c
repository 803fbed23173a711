/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/host/services.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/monitor_call.h"
#include "lib/asxipfs.h"
#include "monitor/host/log.h"

enum { PATH_BYTES = PATH_MAX };

static int file_write(const char *path, const struct asxipfs_entry *entry)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return E_IO;
    int err = 0;
    for (size_t done = 0; done < entry->data.len && !err;) {
        ssize_t n = write(fd, entry->data.at + done, entry->data.len - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            err = E_IO;
    }
    /* No set-user-id bit ever comes out of an image. */
    if (!err && fchmod(fd, entry->mode & 0111 ? 0555 : 0444) != 0)
        err = E_IO;
    close(fd);
    return err;
}

static int tree_write(const struct asxipfs *fs, const char *root)
{
    struct asxipfs_entry entry;
    char path[PATH_BYTES];
    int err;
    for (uint32_t i = 0; (err = asxipfs_at(fs, i, &entry)) == 0; i++) {
        if (strcmp(entry.path, "/") == 0)
            continue;
        if (snprintf(path, sizeof path, "%s%s", root, entry.path) >= (int)sizeof path)
            return E_LIMIT;
        if (entry.directory)
            err = mkdir(path, 0755) == 0 ? 0 : E_IO;
        else
            err = file_write(path, &entry);
        if (err)
            return log_errno(err, "unpack \"%s\"", entry.path);
    }
    return err == E_NOT_FOUND ? 0 : err;
}

/* The namespace keeps the tmpfs from everybody who is not our child; private
 * propagation keeps it from travelling back. */
static int root_mount(const char *root)
{
    if (mkdir(root, 0755) != 0 && errno != EEXIST)
        return log_errno(E_IO, "make \"%s\"", root);
    if (unshare(CLONE_NEWNS) != 0)
        return log_errno(E_DENIED, "make a mount namespace (root is needed)");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return log_errno(E_DENIED, "make mounts private");
    if (mount("services", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64m") != 0)
        return log_errno(E_DENIED, "mount a tmpfs on \"%s\"", root);
    return 0;
}

/* In the child: descriptors to their places, then the program. */
static void program_exec(const char *root, const char *device,
                         const struct services_channels *channels)
{
    const struct {
        int from, to;
    } places[] = {
        {channels->appman, MONITOR_HOST_FD_APPMAN},
        {channels->azured, MONITOR_HOST_FD_AZURED},
        {channels->pluton_azured, MONITOR_HOST_FD_PLUTON_AZURED},
        {channels->pluton_appman, MONITOR_HOST_FD_PLUTON_APPMAN},
        {channels->gatewayd, MONITOR_HOST_FD_GATEWAYD},
        {channels->pluton_gatewayd, MONITOR_HOST_FD_PLUTON_GATEWAYD},
    };
    enum { PLACES = sizeof places / sizeof places[0], HIGH = 64 };
    char program[PATH_BYTES], config[PATH_BYTES], conf[PATH_BYTES], folder[PATH_BYTES];
    char *argv[] = {program, folder, config, conf, NULL};
    sigset_t none;

    /* First all above the places, so that no dup2() hits one still needed. */
    int high[PLACES];
    for (int i = 0; i < PLACES; i++)
        if ((high[i] = fcntl(places[i].from, F_DUPFD_CLOEXEC, HIGH)) < 0)
            return;
    for (int i = 0; i < PLACES; i++)
        if (dup2(high[i], places[i].to) < 0)
            return;
    if (close_range(MONITOR_HOST_FD_PLUTON_GATEWAYD + 1, ~0u, 0) != 0)
        return;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (snprintf(program, sizeof program, "%s" SERVICES_PROGRAM, root) >= PATH_BYTES ||
        snprintf(folder, sizeof folder, "%s", root) >= PATH_BYTES ||
        snprintf(config, sizeof config, "%s/config", device) >= PATH_BYTES ||
        snprintf(conf, sizeof conf, "%s/device.conf", device) >= PATH_BYTES)
        return;
    /* Should the monitor be killed, the OS must not go on without it. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        return;
    execv(program, argv);
}

int services_start(struct span body, int device, const struct services_channels *channels,
                   pid_t *pid)
{
    struct asxipfs fs;
    struct asxipfs_entry entry;
    char link[64], folder[PATH_BYTES - 64], root[PATH_BYTES];

    *pid = -1;
    if (asxipfs_open(body, &fs) != 0)
        return log_error(E_MALFORMED, "services image: file system");
    if (asxipfs_find(&fs, SERVICES_PROGRAM, &entry) != 0 || entry.directory)
        return log_error(E_MISSING, "services image: \"%s\"", SERVICES_PROGRAM);
    snprintf(link, sizeof link, "/proc/self/fd/%d", device);
    ssize_t n = readlink(link, folder, sizeof folder - 1);
    if (n <= 0 || n == (ssize_t)sizeof folder - 1)
        return log_errno(E_IO, "path of the device folder");
    folder[n] = 0;
    snprintf(root, sizeof root, "%s/services", folder);
    if (mkdirat(device, "config", 0755) != 0 && errno != EEXIST)
        return log_errno(E_IO, "make \"%s/config\"", folder);
    int err = root_mount(root);
    if (!err)
        err = tree_write(&fs, root);
    if (err)
        return err;
    if (mount(NULL, root, NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0)
        return log_errno(E_IO, "make \"%s\" read-only", root);
    *pid = fork();
    if (*pid < 0)
        return log_errno(E_IO, "fork");
    if (*pid == 0) {
        program_exec(root, folder, channels);
        log_errno(E_IO, "start \"%s%s\"", root, SERVICES_PROGRAM);
        _exit(127);
    }
    return 0;
}
