/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int disk_create(int folder, const char *name)
{
    const int fd =
        openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return E_IO;
    if (fchmod(fd, 0600)) { /* a left-over may have had another mode */
        close(fd);
        return E_IO;
    }
    return fd;
}

int disk_write(int file, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        const ssize_t done = write(file, at, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return E_IO;
        at += done;
        len -= (size_t)done;
    }
    return 0;
}

int disk_sync(int file)
{
    return fsync(file) ? E_IO : 0;
}

int disk_rename(int folder, const char *from, const char *to, bool replace)
{
    if (renameat2(folder, from, folder, to, replace ? 0 : RENAME_NOREPLACE) == 0)
        return 0;
    return errno == EEXIST ? E_EXISTS : E_IO;
}
