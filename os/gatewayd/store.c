/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int store_read(int folder, const char *name, uint8_t *to, size_t cap, size_t *len)
{
    *len = 0;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    ssize_t n;
    while ((n = read(fd, to + *len, cap - *len)) > 0)
        *len += (size_t)n;
    close(fd);
    if (n < 0)
        return E_IO;
    return *len == cap ? E_LIMIT : 0; /* one byte more than anything that is kept */
}

static int write_all(int fd, struct span bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.at, bytes.len);
        if (n <= 0)
            return E_IO;
        bytes = span_of(bytes.at + n, bytes.len - (size_t)n);
    }
    return fsync(fd) ? E_IO : 0;
}

int store_write(int folder, const char *name, struct span bytes)
{
    char part[64];
    snprintf(part, sizeof part, "%s.part", name);
    int fd = openat(folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return E_IO;
    int err = write_all(fd, bytes);
    close(fd);
    if (!err && renameat(folder, part, folder, name) != 0)
        err = E_IO;
    if (!err && fsync(folder) != 0)
        err = E_IO;
    if (err)
        (void)unlinkat(folder, part, 0);
    return err;
}

int store_remove(int folder, const char *name)
{
    if (unlinkat(folder, name, 0) != 0)
        return errno == ENOENT ? 0 : E_IO;
    return fsync(folder) ? E_IO : 0;
}
