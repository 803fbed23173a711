/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Short texts in records of the OS services: a length, then that many bytes, in memory a C string.
 * Source: docs/spec/cert-store.md, docs/spec/proxy.md.
 */
#ifndef PERI_LIB_TEXT_RECORD_H
#define PERI_LIB_TEXT_RECORD_H

#include <stddef.h>

#include "lib/cursor.h"

/*
 * len bytes of c into to, terminated.  Fails the cursor, and leaves to a shorter string: E_LIMIT when cap
 * bytes are too few for text and end, E_MORE when the record has not as many, E_MALFORMED for a NUL inside.
 */
void text_take(struct cursor *c, size_t len, char *to, size_t cap);

/* One byte of length, and text, which has at most 255 bytes (E_LIMIT in w). */
void text_put(struct writer *w, const char *text);

#endif
