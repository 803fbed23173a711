/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files, with the error a person can act on. */
#ifndef PERI_CLI_FILE_H
#define PERI_CLI_FILE_H

#include "cli/command.h"
#include "lib/cursor.h"

enum { FILE_MAX_BYTES = 33554432 };

/* malloc'd; the caller frees by file_release().  Refuses what is no regular file,
 * without waiting on it, and files over the limit. */
int file_read(const char *path, struct span *bytes);
/* Written beside and renamed, so that a failure leaves the old file and nothing
 * else.  What exists and is no regular file (/dev/stdout, a pipe) is written in
 * place; never a folder.  mode is exact. */
int file_write(const char *path, struct span bytes, unsigned mode);
/* The same, and refuses when the name exists, also when it appears meanwhile. */
int file_create(const char *path, struct span bytes, unsigned mode);
void file_release(struct span *bytes);
/* Base64 text of a file, malloc'd and terminated. */
int file_read_base64(const char *path, char **text);
/* Writes decoded base64. */
int file_write_base64(const char *path, const char *text);

#endif
