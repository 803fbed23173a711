/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base64.h"

int file_read(const char *path, struct span *bytes)
{
    struct stat st;
    *bytes = span_of(NULL, 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return fail(PERI_EXIT_ERROR, "cannot read '%s': %s", path, strerror(why));
    }
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        return fail(PERI_EXIT_ERROR, "cannot read '%s': it is not a regular file", path);
    }
    if (st.st_size > FILE_MAX_BYTES) {
        close(fd);
        return fail(PERI_EXIT_ERROR, "'%s' has %lld bytes: at most %d are taken", path,
                    (long long)st.st_size, FILE_MAX_BYTES);
    }
    size_t size = (size_t)st.st_size, got = 0;
    uint8_t *at = malloc(size ? size : 1);
    while (at && got < size) {
        ssize_t n = read(fd, at + got, size - got);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    close(fd);
    if (!at || got != size) {
        free(at);
        return fail(PERI_EXIT_ERROR, "cannot read '%s': %s", path, at ? "it ends early" : "out of memory");
    }
    *bytes = span_of(at, size);
    return PERI_EXIT_OK;
}

void file_release(struct span *bytes)
{
    free((void *)(uintptr_t)bytes->at);
    *bytes = span_of(NULL, 0);
}

/* 0 or errno. */
static int bytes_put(int fd, struct span bytes)
{
    for (size_t done = 0; done < bytes.len;) {
        ssize_t n = write(fd, bytes.at + done, bytes.len - done);
        if (n < 0)
            return errno;
        done += (size_t)n;
    }
    return 0;
}

/* A new file beside path, complete and on disk: its name in part.  0 or errno. */
static int part_write(char *part, struct span bytes, unsigned mode)
{
    int fd = mkostemp(part, O_CLOEXEC); /* 0600 and new: nobody else has it open */
    if (fd < 0)
        return errno;
    int why = bytes_put(fd, bytes);
    if (!why && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
        why = errno;
    if (close(fd) != 0 && !why)
        why = errno;
    if (why)
        unlink(part);
    return why;
}

static int in_place_write(const char *path, struct span bytes)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    int why = bytes_put(fd, bytes);
    if (close(fd) != 0 && !why)
        why = errno;
    return why;
}

static int write_by(const char *path, struct span bytes, unsigned mode, bool replace)
{
    char part[4096];
    struct stat st;
    int why = 0;
    if (snprintf(part, sizeof part, "%s.XXXXXX", path) >= (int)sizeof part)
        return fail(PERI_EXIT_USAGE, "'%s' is too long", path);
    if (replace && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        why = EISDIR;
    } else if (replace && stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        why = in_place_write(path, bytes);
    } else {
        why = part_write(part, bytes, mode);
        /* link() and not rename(): it fails when the name is taken */
        if (!why && (replace ? rename(part, path) : link(part, path)) != 0) {
            why = errno;
            unlink(part);
        } else if (!why && !replace) {
            unlink(part);
        }
    }
    if (why == EEXIST)
        return fail(PERI_EXIT_ERROR, "'%s' exists already: it is not overwritten", path);
    return why ? fail(PERI_EXIT_ERROR, "cannot write '%s': %s", path, strerror(why)) : PERI_EXIT_OK;
}

int file_write(const char *path, struct span bytes, unsigned mode)
{
    return write_by(path, bytes, mode, true);
}

int file_create(const char *path, struct span bytes, unsigned mode)
{
    return write_by(path, bytes, mode, false);
}

int file_read_base64(const char *path, char **text)
{
    struct span bytes;
    *text = NULL;
    int code = file_read(path, &bytes);
    if (code)
        return code;
    size_t len = base64_encoded_bytes(bytes.len);
    char *out = malloc(len + 1);
    if (!out) {
        file_release(&bytes);
        return fail(PERI_EXIT_ERROR, "out of memory");
    }
    struct writer w = writer_of(out, len);
    base64_encode(bytes, &w);
    out[w.len] = 0;
    file_release(&bytes);
    *text = out;
    return PERI_EXIT_OK;
}

int file_write_base64(const char *path, const char *text)
{
    size_t len = strlen(text);
    uint8_t *bytes = malloc(len ? len : 1);
    if (!bytes)
        return fail(PERI_EXIT_ERROR, "out of memory");
    struct writer w = writer_of(bytes, len);
    int err = base64_decode(span_of(text, len), &w);
    int code = err ? fail(PERI_EXIT_ERROR, "the service's answer is not base64")
                   : file_write(path, span_of(bytes, w.len), 0644);
    free(bytes);
    return code;
}
