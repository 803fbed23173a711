/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a function of firmware lies: the symbol table of its ELF file (32 bit, little-endian). */
#ifndef PERI_TESTS_MCU_ELF_H
#define PERI_TESTS_MCU_ELF_H

#include "lib/cursor.h"
#include "tests/check.h"

struct elf_symbol {
    uint32_t at, bytes; /* without the Thumb bit */
};

static inline struct cursor elf_at(struct span file, uint32_t offset)
{
    struct cursor c = cursor_of(file);
    cursor_skip(&c, offset);
    return c;
}

/* Ends the program when the file or the symbol is not there. */
static inline struct elf_symbol elf_find(const char *path, const char *name)
{
    enum { SHT_SYMTAB = 2, SYMBOL_BYTES = 16 };
    struct elf_symbol found = {0, 0};
    size_t len;
    uint8_t *bytes = check_read_file(path, &len);
    struct span file = span_of(bytes, len);
    struct cursor head = elf_at(file, 32);
    uint32_t sections = cursor_u32le(&head);
    cursor_skip(&head, 10);
    uint16_t size = cursor_u16le(&head), count = cursor_u16le(&head);
    bool there = false;
    for (uint32_t i = 0; i < count && !there && !head.err; i++) {
        struct cursor s = elf_at(file, sections + i * size);
        cursor_skip(&s, 4);
        uint32_t type = cursor_u32le(&s);
        cursor_skip(&s, 8);
        uint32_t at = cursor_u32le(&s), total = cursor_u32le(&s), strings = cursor_u32le(&s);
        if (type != SHT_SYMTAB || s.err)
            continue;
        struct cursor text = elf_at(file, sections + strings * size + 16);
        uint32_t names = cursor_u32le(&text);
        struct cursor c = elf_at(file, at);
        for (uint32_t n = 0; n < total / SYMBOL_BYTES && !there && !c.err; n++) {
            uint32_t word = cursor_u32le(&c), value = cursor_u32le(&c), extent = cursor_u32le(&c);
            cursor_skip(&c, 4);
            struct cursor nc = elf_at(file, names + word);
            if (nc.left > strlen(name) && memcmp(nc.at, name, strlen(name) + 1) == 0) {
                found = (struct elf_symbol){value & ~1u, extent};
                there = true;
            }
        }
    }
    free(bytes);
    if (!there)
        fprintf(stderr, "'%s' has no symbol '%s'\n", path, name);
    REQUIRE(there);
    return found;
}

#endif
