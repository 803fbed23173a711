/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CBOR (RFC 8949) as far as evidence and Perisphere's messages need: unsigned,
 * negative, byte string, text string, array, map, tag, true, false, null.
 * Decoding accepts only the deterministic encoding's heads (shortest form,
 * definite length); text must be UTF-8.  Order and uniqueness of map keys is
 * the schema's business: readers here walk maps in the order they were
 * written, so a wrong key is an error at once.
 * Errors are the cursor's and writer's sticky ones: E_MORE, E_MALFORMED,
 * E_LIMIT (a number beyond the type asked for), E_FULL.
 */
#ifndef PERI_LIB_CBOR_H
#define PERI_LIB_CBOR_H

#include <stdbool.h>

#include "lib/cursor.h"

enum { CBOR_DEPTH_MAX = 8 };

enum cbor_type {
    CBOR_UINT = 0,
    CBOR_NEGATIVE = 1,
    CBOR_BYTES = 2,
    CBOR_TEXT = 3,
    CBOR_ARRAY = 4,
    CBOR_MAP = 5,
    CBOR_TAG = 6,
    CBOR_SIMPLE = 7,
    CBOR_NONE = -1, /* nothing left, or an error is set */
};

void cbor_put_uint(struct writer *w, uint64_t v);
void cbor_put_int(struct writer *w, int64_t v);
void cbor_put_bytes(struct writer *w, const void *bytes, size_t len);
/* The head alone, for a byte string whose bytes go another way (into a hash). */
void cbor_put_bytes_head(struct writer *w, size_t len);
/* Checked to be UTF-8, E_MALFORMED; lib/cbor_text.c, which firmware has no use for. */
void cbor_put_text(struct writer *w, const char *text, size_t len);
void cbor_put_string(struct writer *w, const char *text); /* terminated */
/* A constant of the source, ASCII. */
void cbor_put_literal(struct writer *w, const char *text);
void cbor_put_text_head(struct writer *w, size_t len);
void cbor_put_array(struct writer *w, size_t count);
void cbor_put_map(struct writer *w, size_t pairs);
void cbor_put_tag(struct writer *w, uint64_t tag);
void cbor_put_bool(struct writer *w, bool v);
void cbor_put_null(struct writer *w);

enum cbor_type cbor_peek(const struct cursor *c);
bool cbor_is_null(const struct cursor *c); /* next item is null; not consumed */
uint64_t cbor_get_uint(struct cursor *c);
uint32_t cbor_get_u32(struct cursor *c);
uint16_t cbor_get_u16(struct cursor *c);
int64_t cbor_get_int(struct cursor *c);
bool cbor_get_bool(struct cursor *c);
void cbor_get_null(struct cursor *c);
struct span cbor_get_bytes(struct cursor *c);
/* A byte string of exactly len, copied; zeroed on error. */
void cbor_get_exact(struct cursor *c, void *to, size_t len);
struct span cbor_get_text(struct cursor *c);
/* Number of items or pairs; E_MALFORMED if more than can follow. */
size_t cbor_get_array(struct cursor *c);
size_t cbor_get_map(struct cursor *c);
uint64_t cbor_get_tag(struct cursor *c);
/* E_MALFORMED unless the next item is this integer: map keys in order. */
void cbor_expect_int(struct cursor *c, int64_t v);
void cbor_expect_array(struct cursor *c, size_t count);
void cbor_expect_map(struct cursor *c, size_t pairs);
/* Skips one complete item, nested at most CBOR_DEPTH_MAX deep; its bytes. */
struct span cbor_get_item(struct cursor *c);

#endif
