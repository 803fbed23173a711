/* SPDX-License-Identifier: BSD-2-Clause */
/* Big-endian numbers: of networks and of CBOR, which firmware does not read. */
#include "lib/cursor.h"

static uint64_t read_be(struct cursor *c, size_t width)
{
    struct span got = cursor_bytes(c, width);
    uint64_t v = 0;
    for (size_t i = 0; i < got.len; i++)
        v = v << 8 | got.at[i];
    return v;
}

uint16_t cursor_u16be(struct cursor *c) { return (uint16_t)read_be(c, 2); }
uint32_t cursor_u32be(struct cursor *c) { return (uint32_t)read_be(c, 4); }
uint64_t cursor_u64be(struct cursor *c) { return read_be(c, 8); }
