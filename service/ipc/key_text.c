/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/key_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ct.h"
#include "lib/cursor.h"
#include "lib/hex.h"

enum { DIGITS = 2 * KEY_TEXT_BYTES };

static int fail(const char *path, const char *what, int err)
{
    fprintf(stderr, "key \"%s\": %s\n", path, what);
    return err;
}

int key_text_read(const char *path, uint8_t key[static KEY_TEXT_BYTES])
{
    char text[DIGITS + 2];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe that nobody writes to is empty */
    if (fd < 0)
        return errno == ENOENT ? E_NOT_FOUND : fail(path, strerror(errno), E_IO);
    ssize_t n = read(fd, text, sizeof text);
    int err = 0;
    if (n < 0 || fstat(fd, &st) != 0)
        err = fail(path, strerror(errno), E_IO);
    else if (st.st_mode & 077 & ~(S_IRGRP)) /* systemd's credentials may be readable to a group of its own */
        err = fail(path, "is open to others: chmod 0600 it", E_DENIED);
    else if (!(n == DIGITS || (n == DIGITS + 1 && text[DIGITS] == '\n')) ||
             hex_decode(span_of(text, DIGITS), key, KEY_TEXT_BYTES) != 0)
        err = fail(path, "must hold 64 hex digits", E_MALFORMED);
    close(fd);
    ct_wipe(text, sizeof text);
    return err;
}

static int text_write(int fd, const char *path, const char *text)
{
    if (write(fd, text, DIGITS + 1) != DIGITS + 1 || fsync(fd) != 0)
        return fail(path, strerror(errno), errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO);
    return 0;
}

/* The name in its folder is durable too. */
static int folder_sync(const char *path)
{
    char folder[4096];
    if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
        return E_RANGE;
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = fd >= 0 && fsync(fd) == 0 ? 0 : fail(path, strerror(errno), E_IO);
    if (fd >= 0)
        close(fd);
    return err;
}

int key_text_make(const char *path, uint8_t key[static KEY_TEXT_BYTES])
{
    char text[DIGITS + 2];
    if (getrandom(key, KEY_TEXT_BYTES, 0) != KEY_TEXT_BYTES)
        return E_ENTROPY;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(path, strerror(errno), errno == EEXIST ? E_EXISTS : errno == ENOSPC ? E_FULL : E_IO);
    hex_encode(key, KEY_TEXT_BYTES, text);
    text[DIGITS] = '\n';
    int err = text_write(fd, path, text);
    if (close(fd) != 0 && !err)
        err = fail(path, strerror(errno), E_IO);
    if (!err)
        err = folder_sync(path);
    if (err)
        (void)unlink(path);
    ct_wipe(text, sizeof text);
    return err;
}
