/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/dumps/kept_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
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

int kept_file_begin(int folder, const char *fresh, unsigned mode)
{
    return openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
}

int kept_file_put(int fd, struct span bytes)
{
    for (size_t done = 0; done < bytes.len;) {
        ssize_t n = write(fd, bytes.at + done, bytes.len - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return errno == ENOSPC ? E_FULL : E_IO;
    }
    return 0;
}

void kept_file_drop(int folder, const char *fresh, int fd)
{
    close(fd);
    (void)unlinkat(folder, fresh, 0);
}

int kept_file_end(int folder, const char *fresh, int fd, const char *name)
{
    int err = fsync(fd) != 0 ? E_IO : 0;
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

int kept_file_write(int folder, const char *name, const char *fresh, unsigned mode, struct span bytes)
{
    int fd = kept_file_begin(folder, fresh, mode);
    if (fd < 0)
        return E_IO;
    if (kept_file_put(fd, bytes)) {
        kept_file_drop(folder, fresh, fd);
        return E_IO;
    }
    return kept_file_end(folder, fresh, fd, name);
}

/* Each byte is read once before anybody touches the view: what flash cannot give back would be a signal there, which ends
 * the process. */
static int read_through(int fd, size_t bytes)
{
    uint8_t piece[1024];
    while (bytes) {
        ssize_t n = read(fd, piece, bytes < sizeof piece ? bytes : sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return E_IO;
        bytes -= (size_t)n;
    }
    return 0;
}

int kept_file_map(int folder, const char *name, size_t cap, struct span *view)
{
    struct stat s;
    *view = (struct span){NULL, 0};
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    int err = fstat(fd, &s) != 0 || s.st_size < 0 ? E_IO : s.st_size == 0 || (uint64_t)s.st_size > cap ? E_LIMIT : 0;
    if (!err)
        err = read_through(fd, (size_t)s.st_size);
    if (!err) {
        void *at = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED)
            err = E_IO;
        else
            *view = span_of(at, (size_t)s.st_size);
    }
    close(fd);
    return err;
}

void kept_file_unmap(struct span *view)
{
    if (view->at)
        (void)munmap((void *)(uintptr_t)view->at, view->len);
    *view = (struct span){NULL, 0};
}
