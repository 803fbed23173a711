/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/cursor.h"
#include "tests/check.h"

static void reads_every_width(void)
{
    const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct cursor c = cursor_of(span_of(bytes, 8));
    CHECK_INT(cursor_u16le(&c), 0x0201);
    CHECK_INT(cursor_u16be(&c), 0x0304);
    CHECK_INT(cursor_u32be(&c), 0x05060708);
    CHECK_INT(cursor_end(&c), 0);
    c = cursor_of(span_of(bytes, 8));
    CHECK_INT(cursor_u64le(&c), 0x0807060504030201);
    c = cursor_of(span_of(bytes, 8));
    CHECK_INT(cursor_u64be(&c), 0x0102030405060708);
    c = cursor_of(span_of(bytes, 8));
    CHECK_INT(cursor_u32le(&c), 0x04030201);
    CHECK_INT(cursor_end(&c), E_TRAILING);
}

/* "errors are sticky ... consumes nothing further" */
static void short_read_is_sticky(void)
{
    const uint8_t bytes[] = {1, 2, 3};
    struct cursor c = cursor_of(span_of(bytes, 3));
    CHECK_INT(cursor_u32le(&c), 0);
    CHECK_INT(c.left, 3);
    CHECK_INT(cursor_u8(&c), 0);
    CHECK_INT(cursor_end(&c), E_MORE);
    uint8_t copy[2] = {9, 9};
    cursor_copy(&c, copy, 2);
    CHECK_INT(copy[0] | copy[1], 0);
    c = cursor_of(span_of(bytes, 3));
    CHECK(cursor_bytes(&c, SIZE_MAX).at == NULL);
    CHECK_INT(c.err, E_MORE);
}

static void empty_input_is_fine(void)
{
    struct cursor c = cursor_of(span_of(NULL, 0));
    CHECK_INT(cursor_bytes(&c, 0).len, 0);
    CHECK_INT(cursor_end(&c), 0);
}

/* "a write past the capacity ... changes neither length nor bytes" */
static void full_writer_changes_nothing(void)
{
    uint8_t room[5] = {0, 0, 0, 7, 7};
    struct writer w = writer_of(room, 3);
    writer_u16be(&w, 0x0102);
    writer_u16le(&w, 0xffff);
    CHECK_INT(w.len, 2);
    CHECK_INT(w.err, E_FULL);
    CHECK_INT(room[2], 0);
    CHECK_INT(room[3], 7);
    writer_u8(&w, 1);
    CHECK_INT(w.len, 2);
    CHECK(writer_view(&w).at == NULL);
}

static void writes_every_width(void)
{
    uint8_t room[30];
    const uint8_t want[] = {1, 2, 1, 1, 2, 4, 3, 2, 1, 1, 2, 3, 4, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0};
    struct writer w = writer_of(room, sizeof room);
    writer_u8(&w, 1);
    writer_u16le(&w, 0x0102);
    writer_u16be(&w, 0x0102);
    writer_u32le(&w, 0x01020304);
    writer_u32be(&w, 0x01020304);
    writer_u64le(&w, 0x0102030405060708);
    writer_zero(&w, 2);
    CHECK_INT(w.len, sizeof want);
    CHECK_MEM(room, want, sizeof want);
}

int main(void)
{
    reads_every_width();
    short_read_is_sticky();
    empty_input_is_fine();
    full_writer_changes_nothing();
    writes_every_width();
    return check_done();
}
