/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static int err_of_errno(void) { return errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO; }

static int all_written(int fd, struct span text)
{
    while (text.len) {
        ssize_t n = write(fd, text.at, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_of_errno();
        text = span_of(text.at + n, text.len - (size_t)n);
    }
    return fsync(fd) == 0 ? 0 : err_of_errno();
}

int key_folder_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return E_IO;
    int err = fsync(fd) == 0 ? 0 : E_IO;
    close(fd);
    return err;
}

int key_file_write(const char *folder, const char *name, struct span text, mode_t mode)
{
    char path[PATH_MAX], part[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path ||
        snprintf(part, sizeof part, "%s/" KEY_FILE_PART "%s", folder, name) >= (int)sizeof part)
        return E_RANGE;
    unlink(part);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_of_errno();
    int err = all_written(fd, text);
    if (close(fd) != 0 && !err)
        err = err_of_errno();
    if (!err && rename(part, path) != 0)
        err = err_of_errno();
    if (!err)
        return key_folder_sync(folder);
    unlink(part);
    return err;
}
