/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key file that holds no key but the name of one in a token: one line, the URI (uri.h).
 * Where the key is itself sealed by the token's (store/data.key), the sealed bytes follow in
 * a second line, as hex digits.
 * Writer: perisphered's commands.  Readers: whoever would read a key from this file.
 */
#ifndef PERI_SERVICE_PKCS11_NAME_FILE_H
#define PERI_SERVICE_PKCS11_NAME_FILE_H

#include "service/pkcs11/uri.h"

enum { NAME_FILE_SEALED_MAX = 256 };

struct name_file {
    char uri[URI_TEXT_MAX + 1]; /* "": the file holds something else, a key in the clear */
    uint8_t sealed[NAME_FILE_SEALED_MAX];
    size_t sealed_bytes;
};

/* Of a file's text: E_MALFORMED, as below. */
int name_file_parse(struct span text, struct name_file *file) MUST_CHECK;
/* A file that is a key, names one or goes with one, to be read.  In a folder that is neither root's nor the caller's own, as a
 * process's folder is to a command of root's, it has to be a plain file: whoever took that process over could have root read,
 * sign with or move a key of another place by a link, or wait at a pipe.  A descriptor; E_NOT_FOUND, E_DENIED: no plain file
 * there, E_RANGE, E_IO. */
int name_file_open(const char *path) MUST_CHECK;
/* As above; E_MALFORMED: it begins as a name and goes on otherwise.  The URI itself is not read. */
int name_file_read(const char *path, struct name_file *file) MUST_CHECK;
/* Its text, terminated.  E_FULL. */
int name_file_format(const struct name_file *file, char *text, size_t cap) MUST_CHECK;
enum { NAME_FILE_TEXT_MAX = URI_TEXT_MAX + 2 * NAME_FILE_SEALED_MAX + 3 };

#endif
