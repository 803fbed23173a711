/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
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

static int over_write(const char *path)
{
    static const uint8_t zero[4096];
    struct stat st;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    for (off_t at = 0; good && at < st.st_size; at += (off_t)sizeof zero) {
        size_t rest = (size_t)(st.st_size - at), n = rest < sizeof zero ? rest : sizeof zero;
        good = pwrite(fd, zero, n, at) == (ssize_t)n;
    }
    good = good && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good ? 0 : E_IO;
}

int key_file_erase(const char *path)
{
    int err = over_write(path);
    return err ? err : unlink(path) == 0 ? 0 : E_IO;
}
