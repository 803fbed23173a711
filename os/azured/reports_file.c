/* SPDX-License-Identifier: BSD-2-Clause */
/* Where reports are kept: written beside, made durable, renamed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/azured/reports.h"

static const char name[] = "reports", fresh[] = "reports.new";

int reports_load(int folder, struct reports *r)
{
    uint8_t bytes[REPORTS_BYTES_MAX + 1];
    size_t len = 0;
    memset(r, 0, sizeof *r);
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    while (len < sizeof bytes) {
        ssize_t n = read(fd, bytes + len, sizeof bytes - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            close(fd);
            return E_IO;
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    close(fd);
    return len == sizeof bytes ? E_LIMIT : reports_parse(span_of(bytes, len), r);
}

int reports_save(int folder, const struct reports *r)
{
    uint8_t bytes[REPORTS_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = reports_write(r, &w);
    if (err)
        return err;
    int fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return E_IO;
    for (size_t done = 0; done < w.len && !err;) {
        ssize_t n = write(fd, bytes + done, w.len - done);
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
