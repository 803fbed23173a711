/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/hex.h"

enum { NAME_DIGITS = 64, NAME_BYTES = NAME_DIGITS + 8 };
static const char temporary[] = ".new";

static int error_of_errno(const char *what)
{
    int err = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? E_FULL : E_IO;
    fprintf(stderr, "store: image file: %s: %s\n", what, strerror(errno));
    return err;
}

int files_open(struct image_files *files, const char *folder)
{
    char path[4096];
    files->folder_fd = -1;
    if (snprintf(path, sizeof path, "%s/images", folder) >= (int)sizeof path)
        return E_RANGE;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_of_errno(path);
    files->folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return files->folder_fd < 0 ? error_of_errno(path) : 0;
}

void files_close(struct image_files *files)
{
    if (files->folder_fd >= 0)
        close(files->folder_fd);
    files->folder_fd = -1;
}

static int write_all(int fd, struct span bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.at, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_of_errno("write");
        bytes.at += n;
        bytes.len -= (size_t)n;
    }
    return fsync(fd) == 0 ? 0 : error_of_errno("fsync");
}

int file_put(struct image_files *files, const uint8_t digest[static 32], struct span bytes)
{
    char name[NAME_BYTES], fresh[NAME_BYTES + sizeof temporary];
    hex_encode(digest, 32, name);
    snprintf(fresh, sizeof fresh, "%s%s", name, temporary);
    (void)unlinkat(files->folder_fd, fresh, 0);
    int fd = openat(files->folder_fd, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_of_errno("create");
    int err = write_all(fd, bytes);
    if (close(fd) != 0 && !err)
        err = error_of_errno("close");
    if (!err && renameat(files->folder_fd, fresh, files->folder_fd, name) != 0)
        err = error_of_errno("rename");
    if (!err && fsync(files->folder_fd) != 0)
        err = error_of_errno("fsync of the folder");
    if (err)
        (void)unlinkat(files->folder_fd, fresh, 0);
    return err;
}

int file_read(struct image_files *files, const uint8_t digest[static 32], uint64_t offset, uint8_t *to,
              size_t len, size_t *got)
{
    char name[NAME_BYTES];
    *got = 0;
    hex_encode(digest, 32, name);
    int fd = openat(files->folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? E_CORRUPT : error_of_errno("open");
    int err = 0;
    while (*got < len) {
        ssize_t n = pread(fd, to + *got, len - *got, (off_t)(offset + *got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            err = error_of_errno("read");
        if (n <= 0)
            break;
        *got += (size_t)n;
    }
    close(fd);
    return err;
}

void file_remove(struct image_files *files, const uint8_t digest[static 32])
{
    char name[NAME_BYTES];
    hex_encode(digest, 32, name);
    (void)unlinkat(files->folder_fd, name, 0);
}

void files_sweep(struct image_files *files, bool (*keep)(void *context, const uint8_t digest[static 32]),
                 void *context)
{
    int fd = openat(files->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        uint8_t digest[32];
        if (e->d_name[0] == '.')
            continue;
        if (hex_decode(span_of(e->d_name, strlen(e->d_name)), digest, sizeof digest) == 0 &&
            keep(context, digest))
            continue;
        (void)unlinkat(files->folder_fd, e->d_name, 0);
    }
    closedir(dir);
}
