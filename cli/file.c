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
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        int why = fd < 0 ? errno : EISDIR;
        if (fd >= 0)
            close(fd);
        return fail(PERI_EXIT_ERROR, "cannot read '%s': %s", path, strerror(why));
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
        return fail(PERI_EXIT_ERROR, "cannot read '%s'", path);
    }
    *bytes = span_of(at, size);
    return PERI_EXIT_OK;
}

void file_release(struct span *bytes)
{
    free((void *)(uintptr_t)bytes->at);
    *bytes = span_of(NULL, 0);
}

int file_write(const char *path, struct span bytes, unsigned mode)
{
    char part[4096];
    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return fail(PERI_EXIT_USAGE, "'%s' is too long", path);
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return fail(PERI_EXIT_ERROR, "cannot write '%s': %s", part, strerror(errno));
    size_t done = 0;
    while (done < bytes.len) {
        ssize_t n = write(fd, bytes.at + done, bytes.len - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    bool good = done == bytes.len && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    if (!good || rename(part, path) != 0) {
        int why = errno;
        unlink(part);
        return fail(PERI_EXIT_ERROR, "cannot write '%s': %s", path, strerror(why));
    }
    return PERI_EXIT_OK;
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
