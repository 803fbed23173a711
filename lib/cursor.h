/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounds-checked reading and writing of outside bytes.
 *
 * Trust: the bytes under a cursor are hostile; every parser in the tree reads
 * them through this file and nothing else, and never casts into them.
 *
 * Reading: errors are sticky.  A read past the end returns 0 or an empty span,
 * sets err to E_MORE and consumes nothing further, so a parser may read a whole
 * record and check once, before it uses any value.  cursor_end() demands that
 * nothing is left.
 * Writing: the same; a write past the capacity sets err to E_FULL and changes
 * neither length nor bytes.
 *
 * Lifetime: spans returned are views into the caller's buffer.
 */
#ifndef PERI_LIB_CURSOR_H
#define PERI_LIB_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* Borrowed bytes; at may be NULL only when len is 0. */
struct span {
    const uint8_t *at;
    size_t len;
};

struct cursor {
    const uint8_t *at;
    size_t left;
    int err; /* first error, 0 while all is well */
};

struct writer {
    uint8_t *at;
    size_t cap;
    size_t len;
    int err;
};

static inline struct span span_of(const void *at, size_t len)
{
    return (struct span){(const uint8_t *)at, len};
}

/* Same length and bytes.  Not constant-time: see lib/ct.h for secrets. */
bool span_equal(struct span a, struct span b);

struct cursor cursor_of(struct span bytes);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16le(struct cursor *c);
uint32_t cursor_u32le(struct cursor *c);
uint64_t cursor_u64le(struct cursor *c);
uint16_t cursor_u16be(struct cursor *c);
uint32_t cursor_u32be(struct cursor *c);
uint64_t cursor_u64be(struct cursor *c);
struct span cursor_bytes(struct cursor *c, size_t len);
/* Copies exactly len bytes; on error the destination is zeroed. */
void cursor_copy(struct cursor *c, void *to, size_t len);
void cursor_skip(struct cursor *c, size_t len);
/* Records err unless one is recorded already. */
void cursor_fail(struct cursor *c, int err);
/* The sticky error, or E_TRAILING when bytes are left, or 0. */
int cursor_end(const struct cursor *c) MUST_CHECK;

struct writer writer_of(void *at, size_t cap);
void writer_u8(struct writer *w, uint8_t v);
void writer_u16le(struct writer *w, uint16_t v);
void writer_u32le(struct writer *w, uint32_t v);
void writer_u64le(struct writer *w, uint64_t v);
void writer_u16be(struct writer *w, uint16_t v);
void writer_u32be(struct writer *w, uint32_t v);
void writer_u64be(struct writer *w, uint64_t v);
void writer_bytes(struct writer *w, const void *bytes, size_t len);
void writer_zero(struct writer *w, size_t len);
void writer_fail(struct writer *w, int err);
static inline struct span writer_view(const struct writer *w)
{
    return w->err ? (struct span){NULL, 0} : (struct span){w->at, w->len};
}

#endif
