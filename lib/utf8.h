/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UTF-8 (RFC 3629): scalar values only, shortest form only.  Surrogates,
 * overlong forms and values above U+10FFFF are malformed.
 */
#ifndef PERI_LIB_UTF8_H
#define PERI_LIB_UTF8_H

#include <stdbool.h>

#include "lib/cursor.h"

/* Length of the character that bytes start with, 1..4; 0 when they start with
 * none (malformed, cut short or empty). */
size_t utf8_first(struct span bytes);
bool utf8_valid(struct span bytes);
/* Appends one character; E_RANGE for what is not a scalar value. */
void utf8_put(struct writer *w, uint32_t scalar);

#endif
