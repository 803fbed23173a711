/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/cursor.h"

#include <string.h>

bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

struct cursor cursor_of(struct span bytes)
{
    return (struct cursor){.at = bytes.at, .left = bytes.len, .err = 0};
}

void cursor_fail(struct cursor *c, int err)
{
    if (!c->err)
        c->err = err;
}

/* The only place that moves a cursor. */
struct span cursor_bytes(struct cursor *c, size_t len)
{
    if (c->err || len > c->left) {
        cursor_fail(c, E_MORE);
        return (struct span){NULL, 0};
    }
    struct span got = {c->at, len};
    if (len) {
        c->at += len;
        c->left -= len;
    }
    return got;
}

void cursor_copy(struct cursor *c, void *to, size_t len)
{
    struct span got = cursor_bytes(c, len);
    if (len == 0)
        return;
    if (c->err)
        memset(to, 0, len);
    else
        memcpy(to, got.at, len);
}

void cursor_skip(struct cursor *c, size_t len)
{
    (void)cursor_bytes(c, len);
}

static uint64_t read_le(struct cursor *c, size_t width)
{
    struct span got = cursor_bytes(c, width);
    uint64_t v = 0;
    for (size_t i = got.len; i > 0; i--)
        v = v << 8 | got.at[i - 1];
    return v;
}

uint8_t cursor_u8(struct cursor *c) { return (uint8_t)read_le(c, 1); }
uint16_t cursor_u16le(struct cursor *c) { return (uint16_t)read_le(c, 2); }
uint32_t cursor_u32le(struct cursor *c) { return (uint32_t)read_le(c, 4); }
uint64_t cursor_u64le(struct cursor *c) { return read_le(c, 8); }

int cursor_end(const struct cursor *c)
{
    if (c->err)
        return c->err;
    return c->left ? E_TRAILING : 0;
}

struct writer writer_of(void *at, size_t cap)
{
    return (struct writer){.at = at, .cap = cap, .len = 0, .err = 0};
}

void writer_fail(struct writer *w, int err)
{
    if (!w->err)
        w->err = err;
}

/* The only place that extends a writer; NULL when there is no room. */
static uint8_t *writer_room(struct writer *w, size_t len)
{
    if (w->err || len > w->cap - w->len) {
        writer_fail(w, E_FULL);
        return NULL;
    }
    uint8_t *room = w->at + w->len;
    w->len += len;
    return room;
}

void writer_bytes(struct writer *w, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    uint8_t *room = writer_room(w, len);
    if (room)
        memcpy(room, bytes, len);
}

void writer_zero(struct writer *w, size_t len)
{
    if (len == 0)
        return;
    uint8_t *room = writer_room(w, len);
    if (room)
        memset(room, 0, len);
}

static void write_le(struct writer *w, uint64_t v, size_t width)
{
    uint8_t *room = writer_room(w, width);
    for (size_t i = 0; room && i < width; i++)
        room[i] = (uint8_t)(v >> (8 * i));
}

static void write_be(struct writer *w, uint64_t v, size_t width)
{
    uint8_t *room = writer_room(w, width);
    for (size_t i = 0; room && i < width; i++)
        room[i] = (uint8_t)(v >> (8 * (width - 1 - i)));
}

void writer_u8(struct writer *w, uint8_t v) { write_le(w, v, 1); }
void writer_u16le(struct writer *w, uint16_t v) { write_le(w, v, 2); }
void writer_u32le(struct writer *w, uint32_t v) { write_le(w, v, 4); }
void writer_u64le(struct writer *w, uint64_t v) { write_le(w, v, 8); }
void writer_u16be(struct writer *w, uint16_t v) { write_be(w, v, 2); }
void writer_u32be(struct writer *w, uint32_t v) { write_be(w, v, 4); }
void writer_u64be(struct writer *w, uint64_t v) { write_be(w, v, 8); }
