/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azcore/core_head.h"

#include <string.h>

enum { IDENT_BYTES = 16, CLASS_32 = 1, CLASS_64 = 2, DATA_LITTLE = 1, TYPE_CORE = 4, REGISTER_NONE = 0 };

static const struct core_layout layouts[] = {
    {40, CLASS_32, CRASH_MACHINE_ARM, 24, 132, 128, 124, 8, 2, 28, 12},
    {62, CLASS_64, CRASH_MACHINE_X86_64, 32, 240, REGISTER_NONE, 264, 16, 4, 40, 16},
    {183, CLASS_64, CRASH_MACHINE_AARCH64, 32, 368, 352, 360, 16, 4, 40, 16},
};

bool core_is_wide(const struct core_layout *layout)
{
    return layout->elf_class == CLASS_64;
}

uint64_t core_word(struct cursor *c, const struct core_layout *layout)
{
    return core_is_wide(layout) ? cursor_u64le(c) : cursor_u32le(c);
}

int core_head_read(struct span bytes, struct core_head *head)
{
    static const uint8_t magic[4] = {0x7F, 'E', 'L', 'F'};
    struct cursor c = cursor_of(bytes);
    struct span ident = cursor_bytes(&c, IDENT_BYTES);
    uint16_t type = cursor_u16le(&c), machine = cursor_u16le(&c);
    struct core_head got = {0};
    *head = got;
    if (c.err)
        return E_MORE;
    if (memcmp(ident.at, magic, sizeof magic) != 0 || ident.at[5] != DATA_LITTLE || type != TYPE_CORE)
        return E_MALFORMED;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].elf_machine == machine && layouts[i].elf_class == ident.at[4])
            got.layout = &layouts[i];
    if (!got.layout)
        return E_UNSUPPORTED;
    cursor_skip(&c, 4);             /* version */
    (void)core_word(&c, got.layout); /* entry */
    got.table = core_word(&c, got.layout);
    (void)core_word(&c, got.layout); /* sections */
    cursor_skip(&c, 4 + 2);         /* flags, header size */
    got.size = cursor_u16le(&c);
    got.count = cursor_u16le(&c);
    if (c.err)
        return E_MORE;
    if (got.size != (core_is_wide(got.layout) ? 56 : 32))
        return E_MALFORMED;
    if (got.count > CORE_SEGMENTS_MAX)
        return E_LIMIT;
    if (got.table > bytes.len || (uint64_t)got.size * got.count > bytes.len - got.table)
        return E_MORE;
    *head = got;
    return 0;
}

int core_segment_read(struct span bytes, const struct core_head *head, uint16_t i, struct core_segment *segment)
{
    const struct core_layout *layout = head->layout;
    struct cursor c = cursor_of(bytes);
    struct core_segment got = {0};
    cursor_skip(&c, (size_t)head->table + (size_t)head->size * i);
    got.type = cursor_u32le(&c);
    if (core_is_wide(layout))
        got.flags = cursor_u32le(&c);
    got.offset = core_word(&c, layout);
    got.address = core_word(&c, layout);
    (void)core_word(&c, layout); /* physical address */
    got.bytes = core_word(&c, layout);
    got.memory = core_word(&c, layout);
    if (!core_is_wide(layout))
        got.flags = cursor_u32le(&c);
    *segment = c.err ? (struct core_segment){0} : got;
    return c.err ? E_MORE : 0;
}

int core_segment_bytes(struct span bytes, const struct core_segment *segment, struct span *view)
{
    *view = (struct span){NULL, 0};
    if (segment->offset > bytes.len || segment->bytes > bytes.len - segment->offset)
        return E_MORE;
    *view = span_of(bytes.at + segment->offset, (size_t)segment->bytes);
    return 0;
}

static size_t padding(size_t len)
{
    return (4 - len % 4) % 4;
}

int core_note_next(struct cursor *c, struct core_note *note)
{
    enum { NOTE_HEAD_BYTES = 12 };
    *note = (struct core_note){0};
    if (c->err || c->left < NOTE_HEAD_BYTES)
        return c->err ? E_MALFORMED : E_NOT_FOUND;
    struct core_note got = {0};
    uint32_t name_len = cursor_u32le(c), len = cursor_u32le(c);
    got.type = cursor_u32le(c);
    got.name = cursor_bytes(c, name_len);
    cursor_skip(c, padding(name_len));
    got.contents = cursor_bytes(c, len);
    if (c->err)
        return E_MALFORMED;
    size_t pad = padding(len);
    cursor_skip(c, pad < c->left ? pad : c->left); /* the last one may end without */
    got.core = got.name.len == 5 && memcmp(got.name.at, "CORE", 5) == 0;
    *note = got;
    return 0;
}

/* The next terminated name of a list. */
static struct span name_next(struct cursor *c)
{
    const uint8_t *begin = c->at;
    size_t len = 0;
    while (len < c->left && begin[len])
        len++;
    struct span name = cursor_bytes(c, len);
    cursor_skip(c, 1);
    return name;
}

/* Count, page size, {begin, end, offset in pages} each, then their names in the same order. */
int core_file_find(const struct core_layout *layout, struct span note, uint64_t address, struct core_file *file)
{
    struct cursor c = cursor_of(note);
    uint64_t count = core_word(&c, layout), page = core_word(&c, layout), found = 0;
    size_t row = core_is_wide(layout) ? 24 : 12;
    struct core_file got = {0};
    bool has = false;
    *file = got;
    if (c.err || count > c.left / row)
        return E_MALFORMED;
    if (count > CORE_FILES_MAX)
        return E_LIMIT;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t begin = core_word(&c, layout), end = core_word(&c, layout), offset = core_word(&c, layout);
        if (has || address < begin || address >= end)
            continue;
        has = true;
        found = i;
        got = (struct core_file){.begin = begin, .end = end, .offset = offset * page};
    }
    for (uint64_t i = 0; has && i <= found; i++)
        got.name = name_next(&c);
    if (c.err)
        return E_MALFORMED;
    if (!has)
        return E_NOT_FOUND;
    *file = got;
    return 0;
}

int core_stack_pointer(const struct core_layout *layout, struct span note, uint64_t *sp)
{
    struct cursor c = cursor_of(note);
    cursor_skip(&c, layout->sp);
    *sp = core_word(&c, layout);
    return c.err ? E_MALFORMED : 0;
}
