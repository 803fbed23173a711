/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/kept_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int kept_file_read(int folder, const char *name, uint8_t *bytes, size_t cap, size_t *len)
{
    *len = 0;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    while (*len < cap) {
        ssize_t n = read(fd, bytes + *len, cap - *len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            close(fd);
            return E_IO;
        }
        if (n == 0)
            break;
        *len += (size_t)n;
    }
    close(fd);
    return *len == cap ? E_LIMIT : 0;
}

int kept_file_write(int folder, const char *name, const char *fresh, struct span bytes)
{
    int err = 0;
    int fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return E_IO;
    for (size_t done = 0; done < bytes.len && !err;) {
        ssize_t n = write(fd, bytes.at + done, bytes.len - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            err = E_IO;
    }
    if (!err && fsync(fd) != 0)
        err = E_IO;
    if (close(fd) != 0)
        err = E_IO;
    if (!err && renameat(folder, fresh, folder, name) != 0)
        err = E_IO;
    if (err) {
        (void)unlinkat(folder, fresh, 0);
        return err;
    }
    return fsync(folder) == 0 ? 0 : E_IO;
}
