/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our own terminated strings, table keys mostly, against spans of outside
 * bytes.  Here because lib has no C library to call.
 */
#ifndef PERI_LIB_TEXT_H
#define PERI_LIB_TEXT_H

#include <stdbool.h>

#include "lib/cursor.h"

/* The characters without the terminator. */
static inline struct span text_span(const char *text)
{
    size_t len = 0;
    while (text[len])
        len++;
    return span_of(text, len);
}

static inline bool text_equal(struct span bytes, const char *text)
{
    return span_equal(bytes, text_span(text));
}

#endif
