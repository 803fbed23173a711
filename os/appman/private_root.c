/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file tree of a compartment.  Everything in it is listed here; there is no
 * /proc, no /sys, no /tmp and no shell.
 *
 *   path                     from                        mount
 *   /                        empty tmpfs                 ro nosuid nodev noexec
 *   /mnt/apps/app            image: private_image_*.c    ro nosuid nodev
 *   /lib...                  run-time libraries, a file each   ro nosuid nodev
 *   /etc                     written by the manager      ro nosuid nodev noexec nosymfollow
 *   /run/perisphere          written by the manager      ro nosuid nodev noexec nosymfollow
 *   /mnt/config/mutable/file the mutable file, if any    rw nosuid nodev noexec
 *   /dev/null zero urandom   the host's                  rw nosuid noexec
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "os/appman/compartment.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

static const struct {
    const char *path;
    unsigned major, minor;
} devices[] = {{"/dev/null", 1, 3}, {"/dev/zero", 1, 5}, {"/dev/urandom", 1, 9}};

/* Makes the folders of an absolute path below the working folder, all but the last name. */
static int make_parents(const char *path)
{
    char part[PATH_MAX];
    int n = snprintf(part, sizeof part, ".%s", path);
    if (n < 0 || (size_t)n >= sizeof part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (char *slash = strchr(part + 2, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) && errno != EEXIST)
            return -1;
        *slash = '/';
    }
    return 0;
}

int private_root_folder(const char *path)
{
    if (make_parents(path))
        return -1;
    char at[PATH_MAX];
    snprintf(at, sizeof at, ".%s", path);
    return mkdir(at, 0755) && errno != EEXIST ? -1 : 0;
}

/* Binds a file or folder of the host at an absolute path of the new root. */
int private_root_show(const char *from, const char *path, bool folder, unsigned long flags)
{
    char at[PATH_MAX];
    if (make_parents(path))
        return -1;
    snprintf(at, sizeof at, ".%s", path);
    if (folder) {
        if (mkdir(at, 0755) && errno != EEXIST)
            return -1;
    } else {
        int fd = open(at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444);
        if (fd < 0)
            return -1;
        close(fd);
    }
    if (mount(from, at, NULL, MS_BIND, NULL))
        return -1;
    return mount(NULL, at, NULL, MS_BIND | MS_REMOUNT | MS_NOSUID | flags, NULL);
}

static int show_device(const char *path, unsigned major_number, unsigned minor_number)
{
    struct stat s;
    if (stat(path, &s))
        return -1;
    if (!S_ISCHR(s.st_mode) || s.st_rdev != makedev(major_number, minor_number)) {
        errno = ENODEV;
        return -1;
    }
    return private_root_show(path, path, false, MS_NOEXEC);
}

int private_root_enter(const struct compartment_spec *spec, const char **step)
{
    umask(0022);
    *step = "private mounts";
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return -1;
    *step = "root folder";
    if (mount("tmpfs", spec->root_folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "mode=0755,size=64k,nr_inodes=128") ||
        chdir(spec->root_folder))
        return -1;
    *step = "image";
    if (private_image_show(spec))
        return -1;
    *step = "libraries";
    if (private_libraries_show())
        return -1;
    *step = "devices";
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        if (show_device(devices[i].path, devices[i].major, devices[i].minor))
            return -1;
    const unsigned long written =
        MS_RDONLY | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW; /* by the manager, for reading */
    *step = "/etc";
    if (private_root_show(spec->etc_folder, "/etc", true, written))
        return -1;
    *step = "/run/perisphere";
    if (private_root_show(spec->run_folder, "/run/perisphere", true, written))
        return -1;
    *step = "mutable file";
    if (spec->storage_file &&
        private_root_show(spec->storage_file, APP_STORAGE_FILE, false, MS_NODEV | MS_NOEXEC))
        return -1;
    *step = "read-only root";
    if (mount(NULL, ".", NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
        return -1;
    /* The old root ends up on top of the new one, and is taken off at once. */
    *step = "pivot_root";
    if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
        return -1;
    return 0;
}
