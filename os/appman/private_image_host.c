/* SPDX-License-Identifier: BSD-2-Clause */
/* The image unpacked into a tmpfs, and the host's libraries file by file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/appman/compartment.h"

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
int private_image_show(const struct compartment_spec *spec)
{
    const struct asxipfs *image = spec->image;
    char options[96];
    snprintf(options, sizeof options, "mode=0755,size=%zu,nr_inodes=%u",
             image->bytes.len + (size_t)(image->files + 16) * 4096, (unsigned)image->files + 16);
    if (private_root_folder(APP_PATH_IMAGE) || mount("tmpfs", "." APP_PATH_IMAGE, "tmpfs",
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
    return private_root_show(real, path, false, MS_RDONLY | MS_NODEV);
}

int private_libraries_show(void)
{
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (show_library(libraries[i].path, libraries[i].required))
            return -1;
    return 0;
}
