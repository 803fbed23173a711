/* SPDX-License-Identifier: BSD-2-Clause */
/* The image where package_mcu.c mounted it, and the libraries of the root image: run in place. */
#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "os/appman/compartment.h"

/* Loader and C library are one file; the rest is what the SDK links. */
static const char *const libraries[] = {
    "/lib/ld-musl-armhf.so.1",
    "/lib/libapplibs.so.0",
    "/lib/libtlsutils.so.0",
    "/lib/libwolfssl.so",
};

int private_image_show(const struct compartment_spec *spec)
{
    char from[64];
    snprintf(from, sizeof from, "/mnt/apps/%u", (unsigned)spec->uid);
    return private_root_show(from, APP_PATH_IMAGE, true, MS_RDONLY | MS_NODEV);
}

int private_libraries_show(void)
{
    struct stat s;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (lstat(libraries[i], &s) == 0 &&
            private_root_show(libraries[i], libraries[i], false, MS_RDONLY | MS_NODEV))
            return -1;
    return 0;
}
