/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/elf.h"

#include <string.h>

enum {
    IDENT_BYTES = 16,
    HEADER_BYTES = 52,
    SEGMENT_BYTES = 32,
    TYPE_EXEC = 2,
    MACHINE_ARM = 40,
    VERSION = 1,
    SEGMENT_LOAD = 1,
    PROGRAM_HEADERS_MAX = 16,
};

static const uint8_t ident[] = {0x7F, 'E', 'L', 'F', 1 /* 32 bits */, 1 /* little-endian */, VERSION};

static int segment_read(struct cursor *c, size_t file_bytes, struct elf *elf)
{
    struct elf_segment s;
    const uint32_t type = cursor_u32le(c);
    s.file_at = cursor_u32le(c);
    s.address = cursor_u32le(c);
    cursor_skip(c, 4); /* physical address: the cores have no other */
    s.file_bytes = cursor_u32le(c);
    s.memory_bytes = cursor_u32le(c);
    cursor_skip(c, 8); /* flags, alignment */
    if (c->err)
        return c->err;
    if (type != SEGMENT_LOAD || s.memory_bytes == 0)
        return 0;
    if (s.file_bytes > s.memory_bytes || s.file_at > file_bytes ||
        s.file_bytes > file_bytes - s.file_at || s.memory_bytes > UINT32_MAX - s.address)
        return E_MALFORMED;
    if (elf->count == ELF_SEGMENTS_MAX)
        return E_LIMIT;
    elf->at[elf->count++] = s;
    return 0;
}

int elf_parse(struct span file, struct elf *elf)
{
    struct elf got = {0};
    struct cursor c = cursor_of(file);
    memset(elf, 0, sizeof *elf);

    const struct span id = cursor_bytes(&c, IDENT_BYTES);
    if (c.err)
        return E_MORE;
    if (memcmp(id.at, ident, sizeof ident) != 0)
        return E_MALFORMED;
    const uint16_t type = cursor_u16le(&c), machine = cursor_u16le(&c);
    const uint32_t version = cursor_u32le(&c);
    got.entry = cursor_u32le(&c);
    const uint32_t table_at = cursor_u32le(&c);
    cursor_skip(&c, 8); /* sections, flags */
    const uint16_t header_bytes = cursor_u16le(&c);
    const uint16_t segment_bytes = cursor_u16le(&c), segments = cursor_u16le(&c);
    if (c.err)
        return E_MORE;
    if (type != TYPE_EXEC || machine != MACHINE_ARM || version != VERSION)
        return E_UNSUPPORTED;
    if (header_bytes != HEADER_BYTES || segment_bytes != SEGMENT_BYTES)
        return E_MALFORMED;
    if (segments == 0 || segments > PROGRAM_HEADERS_MAX)
        return E_LIMIT;

    c = cursor_of(file);
    cursor_skip(&c, table_at);
    for (uint16_t i = 0; i < segments; i++) {
        const int err = segment_read(&c, file.len, &got);
        if (err)
            return err;
    }
    if (got.count == 0)
        return E_MALFORMED;
    *elf = got;
    return 0;
}
