/* SPDX-License-Identifier: BSD-2-Clause */
/* Hexadecimal text: lower case written, either case read. */
#ifndef PERI_LIB_HEX_H
#define PERI_LIB_HEX_H

#include "lib/cursor.h"

/* text must hold 2 * len + 1 characters; terminated. */
void hex_encode(const void *bytes, size_t len, char *text);
/* Exactly 2 * len digits; E_LENGTH or E_MALFORMED, zeroed on failure. */
int hex_decode(struct span text, uint8_t *bytes, size_t len) MUST_CHECK;

#endif
