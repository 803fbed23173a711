/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/hex.h"

enum { NAME_DIGITS = 64, NAME_BYTES = NAME_DIGITS + 8, PIECE_BYTES = VAULT_CHUNK_BYTES + VAULT_CHUNK_EXTRA };
static const char temporary[] = ".new";

static int error_of_errno(const char *what)
{
    int err = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? E_FULL : E_IO;
    fprintf(stderr, "store: image file: %s: %s\n", what, strerror(errno));
    return err;
}

int files_open(struct image_files *files, const char *folder, struct vault *vault)
{
    char path[4096];
    files->folder_fd = -1;
    files->vault = vault;
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

static int name_of(struct image_files *files, const uint8_t digest[static 32], char name[static NAME_BYTES])
{
    uint8_t sealed[32];
    int err = vault_id_seal(files->vault, span_of(digest, 32), sealed);
    if (!err)
        hex_encode(sealed, sizeof sealed, name);
    return err;
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
    return 0;
}

/* Piece after piece, and on disk. */
static int pieces_write(struct image_files *files, int fd, const uint8_t digest[static 32], struct span bytes)
{
    static uint8_t sealed[PIECE_BYTES]; /* one thread */
    int err = 0;
    for (uint64_t number = 0; !err && bytes.len; number++) {
        size_t len = bytes.len < VAULT_CHUNK_BYTES ? bytes.len : VAULT_CHUNK_BYTES;
        err = vault_chunk_seal(files->vault, digest, number, span_of(bytes.at, len), sealed);
        if (!err)
            err = write_all(fd, span_of(sealed, len + VAULT_CHUNK_EXTRA));
        bytes.at += len;
        bytes.len -= len;
    }
    return !err && fsync(fd) != 0 ? error_of_errno("fsync") : err;
}

int file_put(struct image_files *files, const uint8_t digest[static 32], struct span bytes)
{
    char name[NAME_BYTES], fresh[NAME_BYTES + sizeof temporary];
    int err = name_of(files, digest, name);
    if (err)
        return err;
    snprintf(fresh, sizeof fresh, "%s%s", name, temporary);
    (void)unlinkat(files->folder_fd, fresh, 0);
    int fd = openat(files->folder_fd, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_of_errno("create");
    err = pieces_write(files, fd, digest, bytes);
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

/* All that is there, up to len bytes. */
static int read_at(int fd, uint64_t offset, uint8_t *to, size_t len, size_t *got)
{
    for (*got = 0; *got < len;) {
        ssize_t n = pread(fd, to + *got, len - *got, (off_t)(offset + *got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_of_errno("read");
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return 0;
}

int file_read(struct image_files *files, const uint8_t digest[static 32], uint64_t offset, uint8_t *to,
              size_t len, size_t *got)
{
    static uint8_t sealed[PIECE_BYTES], plain[VAULT_CHUNK_BYTES]; /* one thread */
    char name[NAME_BYTES];
    *got = 0;
    int err = name_of(files, digest, name);
    if (err)
        return err;
    int fd = openat(files->folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? E_CORRUPT : error_of_errno("open");
    while (!err && *got < len) {
        uint64_t at = offset + *got, number = at / VAULT_CHUNK_BYTES;
        size_t skip = (size_t)(at % VAULT_CHUNK_BYTES), there;
        err = read_at(fd, number * PIECE_BYTES, sealed, sizeof sealed, &there);
        if (err || there == 0)
            break;
        err = vault_chunk_open(files->vault, digest, number, span_of(sealed, there), plain);
        if (err)
            break;
        size_t take = there - VAULT_CHUNK_EXTRA > skip ? there - VAULT_CHUNK_EXTRA - skip : 0;
        take = take < len - *got ? take : len - *got;
        if (take == 0)
            break;
        memcpy(to + *got, plain + skip, take);
        *got += take;
    }
    close(fd);
    return err;
}

int file_seal_old(struct image_files *files, const uint8_t digest[static 32])
{
    char name[NAME_BYTES], old[NAME_BYTES];
    struct stat st;
    size_t got = 0;
    int err = name_of(files, digest, name);
    if (err || faccessat(files->folder_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return err;
    hex_encode(digest, 32, old);
    int fd = openat(files->folder_fd, old, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? 0 : error_of_errno("open");
    uint8_t *bytes = NULL;
    if (fstat(fd, &st) != 0)
        err = error_of_errno("read");
    else if (!(bytes = malloc((size_t)st.st_size + 1)))
        err = E_NOMEM;
    if (!err)
        err = read_at(fd, 0, bytes, (size_t)st.st_size, &got);
    if (!err)
        err = file_put(files, digest, span_of(bytes, got));
    free(bytes);
    close(fd);
    return err;
}

void file_remove(struct image_files *files, const uint8_t digest[static 32])
{
    char name[NAME_BYTES];
    if (name_of(files, digest, name) == 0)
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
        uint8_t sealed[32], digest[32];
        if (e->d_name[0] == '.')
            continue;
        if (hex_decode(span_of(e->d_name, strlen(e->d_name)), sealed, sizeof sealed) == 0 &&
            vault_id_open(files->vault, span_of(sealed, sizeof sealed), digest) == 0 && keep(context, digest))
            continue;
        (void)unlinkat(files->folder_fd, e->d_name, 0);
    }
    closedir(dir);
}
