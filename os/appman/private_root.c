/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file tree of a compartment.  Everything in it is listed here; there is no
 * /proc, no /sys, no /tmp and no shell.
 *
 *   path                     from                        mount
 *   /                        empty tmpfs                 ro nosuid nodev noexec
 *   /mnt/apps/app            tmpfs, unpacked image       ro nosuid nodev
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

#if defined(__x86_64__)
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#define LIBRARIES "/lib/x86_64-linux-gnu"
#elif defined(__aarch64__)
#define LOADER "/lib/ld-linux-aarch64.so.1"
#define LIBRARIES "/lib/aarch64-linux-gnu"
#elif defined(__arm__)
#define LOADER "/lib/ld-linux-armhf.so.3"
#define LIBRARIES "/lib/arm-linux-gnueabihf"
#else
#error "name the loader of this architecture"
#endif

/* What a dynamic program of the SDK may be linked with. */
static const struct {
    const char *path;
    bool required;
} libraries[] = {
    {LOADER, true},
    {LIBRARIES "/libc.so.6", true},
    {LIBRARIES "/libm.so.6", false},
    {LIBRARIES "/libgcc_s.so.1", false},
    {LIBRARIES "/libpthread.so.0", false},
    {LIBRARIES "/libdl.so.2", false},
    {LIBRARIES "/librt.so.1", false},
    {LIBRARIES "/libresolv.so.2", false},
    {LIBRARIES "/libwolfssl.so.35", false},
};

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

static int make_folder(const char *path)
{
    if (make_parents(path))
        return -1;
    char at[PATH_MAX];
    snprintf(at, sizeof at, ".%s", path);
    return mkdir(at, 0755) && errno != EEXIST ? -1 : 0;
}

/* Binds a file or folder of the host at an absolute path of the new root. */
static int show(const char *from, const char *path, bool folder, unsigned long flags)
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

static int show_library(const char *path, bool required)
{
    char real[PATH_MAX];
    struct stat s;
    if (!realpath(path, real) || stat(real, &s))
        return required ? -1 : 0;
    if (!S_ISREG(s.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    return show(real, path, false, MS_RDONLY | MS_NODEV);
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
    return show(path, path, false, MS_NOEXEC);
}

static int write_all(int fd, struct span bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.at, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        bytes = span_of(bytes.at + n, bytes.len - (size_t)n);
    }
    return 0;
}

/* The image's own modes are not followed beyond "executable": no set-uid bit,
 * no owner, no device node comes out of a package (TALOS-2020-1131). */
static int unpack(const struct asxipfs *image)
{
    char options[96];
    snprintf(options, sizeof options, "mode=0755,size=%zu,nr_inodes=%u",
             image->bytes.len + (size_t)(image->files + 16) * 4096, (unsigned)image->files + 16);
    if (make_folder(APP_PATH_IMAGE) || mount("tmpfs", "." APP_PATH_IMAGE, "tmpfs",
                                              MS_NOSUID | MS_NODEV, options))
        return -1;
    for (uint32_t i = 0; i < image->files; i++) {
        static struct asxipfs_entry entry;
        char at[PATH_MAX];
        int e = asxipfs_at(image, i, &entry);
        if (e) {
            errno = EINVAL;
            return -1;
        }
        if (strcmp(entry.path, "/") == 0)
            continue;
        snprintf(at, sizeof at, ".%s%s", APP_PATH_IMAGE, entry.path);
        if (entry.directory) {
            if (mkdir(at, 0755))
                return -1;
            continue;
        }
        int fd = open(at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                      entry.mode & 0111 ? 0555 : 0444);
        if (fd < 0)
            return -1;
        int bad = write_all(fd, entry.data);
        if (close(fd) || bad)
            return -1;
    }
    return mount(NULL, "." APP_PATH_IMAGE, NULL,
                 MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL);
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
    if (unpack(spec->image))
        return -1;
    *step = "libraries";
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (show_library(libraries[i].path, libraries[i].required))
            return -1;
    *step = "devices";
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        if (show_device(devices[i].path, devices[i].major, devices[i].minor))
            return -1;
    const unsigned long written =
        MS_RDONLY | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW; /* by the manager, for reading */
    *step = "/etc";
    if (show(spec->etc_folder, "/etc", true, written))
        return -1;
    *step = "/run/perisphere";
    if (show(spec->run_folder, "/run/perisphere", true, written))
        return -1;
    *step = "mutable file";
    if (spec->storage_file &&
        show(spec->storage_file, APP_STORAGE_FILE, false, MS_NODEV | MS_NOEXEC))
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
