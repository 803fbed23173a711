/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/pkcs11/name_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ct.h"
#include "lib/hex.h"

/* Up to the line's end, which goes; the rest stays in text. */
static struct span line_take(struct span *text)
{
    const uint8_t *end = text->len ? memchr(text->at, '\n', text->len) : NULL;
    struct span line = span_of(text->at, end ? (size_t)(end - text->at) : text->len);
    *text = end ? span_of(end + 1, text->len - line.len - 1) : span_of(NULL, 0);
    return line;
}

int name_file_parse(struct span text, struct name_file *file)
{
    memset(file, 0, sizeof *file);
    struct span line = line_take(&text);
    if (!uri_is(line))
        return 0;
    if (line.len > URI_TEXT_MAX)
        return E_MALFORMED;
    struct span digits = line_take(&text);
    if (digits.len && digits.at[0] == '-') /* a certificate follows: the seals' file */
        digits = text = span_of(NULL, 0);
    if (digits.len % 2 || digits.len / 2 > sizeof file->sealed || text.len ||
        hex_decode(digits, file->sealed, digits.len / 2) != 0 || memchr(line.at, '\0', line.len))
        return E_MALFORMED;
    file->sealed_bytes = digits.len / 2;
    memcpy(file->uri, line.at, line.len);
    file->uri[line.len] = '\0';
    return 0;
}

/* Where path's last part stands, and whose that is. */
static int folder_open(const char *path, const char **name, bool *trusted)
{
    char folder[PATH_MAX];
    struct stat st;
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) + 1 : 0;
    if (len >= sizeof folder)
        return E_RANGE;
    memcpy(folder, path, len);
    folder[len] = '\0';
    *name = path + len;
    int fd = open(len ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    if (fstat(fd, &st) != 0) {
        close(fd);
        return E_IO;
    }
    *trusted = st.st_uid == 0 || st.st_uid == geteuid();
    return fd;
}

int name_file_open(const char *path)
{
    const char *name;
    struct stat st;
    bool trusted;
    int folder = folder_open(path, &name, &trusted);
    if (folder < 0)
        return folder;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (trusted ? 0 : O_NOFOLLOW));
    int why = errno;
    close(folder);
    if (fd < 0)
        return why == ENOENT ? E_NOT_FOUND : why == ELOOP && !trusted ? E_DENIED : E_IO;
    if (!trusted && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        return E_DENIED;
    }
    return fd;
}

int name_file_read(const char *path, struct name_file *file)
{
    uint8_t text[8192];
    memset(file, 0, sizeof *file);
    int fd = name_file_open(path);
    if (fd < 0)
        return fd;
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    int err = n < 0 ? E_IO : name_file_parse(span_of(text, (size_t)n), file);
    ct_wipe(text, sizeof text); /* it may have been a key after all */
    return err;
}

int name_file_format(const struct name_file *file, char *text, size_t cap)
{
    char digits[2 * NAME_FILE_SEALED_MAX + 1] = "";
    hex_encode(file->sealed, file->sealed_bytes, digits);
    int n = snprintf(text, cap, "%s\n%s%s", file->uri, digits, file->sealed_bytes ? "\n" : "");
    return n >= 0 && (size_t)n < cap ? 0 : E_FULL;
}
