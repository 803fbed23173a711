/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small file of azured's own folder: written beside, made durable, renamed.
 * After a cut there is the old one or the new one, whole.
 */
#ifndef PERI_OS_AZURED_KEPT_FILE_H
#define PERI_OS_AZURED_KEPT_FILE_H

#include "lib/cursor.h"

/* Reads at most cap bytes.  0, E_NOT_FOUND, E_LIMIT (it has cap bytes or more), E_IO. */
int kept_file_read(int folder, const char *name, uint8_t *bytes, size_t cap, size_t *len) MUST_CHECK;
/* fresh: the name that it has while it is written.  0, or E_IO: name is as it was, or new. */
int kept_file_write(int folder, const char *name, const char *fresh, struct span bytes) MUST_CHECK;

#endif
