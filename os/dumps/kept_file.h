/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file of azured's own folder, or of the folder of dumps: written beside, made durable, renamed.
 * After a cut there is the old one or the new one, whole.
 */
#ifndef PERI_OS_DUMPS_KEPT_FILE_H
#define PERI_OS_DUMPS_KEPT_FILE_H

#include "lib/cursor.h"

/* Reads at most cap bytes.  0, E_NOT_FOUND, E_LIMIT (it has cap bytes or more), E_IO. */
int kept_file_read(int folder, const char *name, uint8_t *bytes, size_t cap, size_t *len) MUST_CHECK;
/* The same without a copy, of a file that nobody writes to: who replaces it renames another one there.  0, E_NOT_FOUND, E_LIMIT
 * (empty, or more than cap bytes), E_IO: the view is empty then. */
int kept_file_map(int folder, const char *name, size_t cap, struct span *view) MUST_CHECK;
void kept_file_unmap(struct span *view);
/* fresh: the name that it has while it is written.  0, or E_IO: name is as it was, or new. */
int kept_file_write(int folder, const char *name, const char *fresh, unsigned mode, struct span bytes) MUST_CHECK;
/* The same in pieces: begin gives a descriptor, or -1 with errno; end or drop takes it.  put: E_FULL, E_IO. */
int kept_file_begin(int folder, const char *fresh, unsigned mode) MUST_CHECK;
int kept_file_put(int fd, struct span bytes) MUST_CHECK;
int kept_file_end(int folder, const char *fresh, int fd, const char *name) MUST_CHECK;
void kept_file_drop(int folder, const char *fresh, int fd);

#endif
