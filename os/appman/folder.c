/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths and files of the configuration folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/appman/manager.h"

int manager_path(const struct manager *m, char path[static PATH_MAX], const char *format, ...)
{
    va_list arguments;
    int n = snprintf(path, PATH_MAX, "%s/", m->config_folder), k = -1;
    if (n > 0 && n < PATH_MAX) {
        va_start(arguments, format);
        k = vsnprintf(path + n, (size_t)(PATH_MAX - n), format, arguments);
        va_end(arguments);
    }
    if (k < 0 || k >= PATH_MAX - n - 8) { /* room for a suffix */
        path[0] = '\0';
        return E_RANGE;
    }
    return 0;
}

int manager_folder(const char *path, unsigned mode)
{
    struct stat s;
    if (mkdir(path, (mode_t)mode) && errno != EEXIST)
        return E_IO;
    if (lstat(path, &s) || !S_ISDIR(s.st_mode))
        return E_CONFLICT;
    return (s.st_mode & 07777) != mode && chmod(path, (mode_t)mode) ? E_IO : 0;
}

/* The name of a file in its folder is on the disk. */
static int name_sync(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path || (size_t)(slash - path) >= sizeof folder)
        return -1;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    const int bad = fsync(fd);
    close(fd);
    return bad;
}

int manager_write_file(const char *path, struct span bytes, unsigned mode)
{
    char temporary[PATH_MAX + 8];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0)
        return E_IO;
    int bad = fchmod(fd, (mode_t)mode);
    while (!bad && bytes.len) {
        ssize_t n = write(fd, bytes.at, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        bad = n <= 0;
        if (!bad)
            bytes = span_of(bytes.at + n, bytes.len - (size_t)n);
    }
    bad |= fsync(fd);
    bad |= close(fd);
    if (!bad)
        bad = rename(temporary, path);
    if (bad)
        unlink(temporary);
    /* A uid that is forgotten when power goes could be given to another component. */
    return bad || name_sync(path) ? E_IO : 0;
}
