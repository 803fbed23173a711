/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64, RFC 4648 section 4: standard alphabet, padding required, canonical
 * (unused bits zero), no line breaks. */
#ifndef PERI_LIB_BASE64_H
#define PERI_LIB_BASE64_H

#include "lib/cursor.h"

static inline size_t base64_encoded_bytes(size_t len) { return (len + 2) / 3 * 4; }
/* Appends the text, without terminator. */
void base64_encode(struct span bytes, struct writer *w);
/* Appends the bytes; E_MALFORMED, E_FULL; w is unchanged but for err on failure. */
int base64_decode(struct span text, struct writer *w) MUST_CHECK;

#endif
