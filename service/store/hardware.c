/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/hardware.h"

#include <string.h>

#include "abi/image.h"

static const struct hardware_row {
    enum hardware hardware;
    uint16_t machine;       /* 0: a chip */
    const char *compatible; /* NULL: a host */
} rows[] = {
#define HARDWARE_ROW(name, number, text, machine, compatible) {HARDWARE_##name, machine, compatible},
    HARDWARE_TABLE(HARDWARE_ROW)
#undef HARDWARE_ROW
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* -- programs of a host ------------------------------------------------------- */

enum { ELF_DATA_LSB = 1, ELF_IDENT_BYTES = 16 };

static bool is_program(struct span head)
{
    static const uint8_t magic[4] = {0x7F, 'E', 'L', 'F'};
    return head.len >= sizeof magic && memcmp(head.at, magic, sizeof magic) == 0;
}

static enum hardware hardware_of_program(struct span head)
{
    struct cursor c = cursor_of(head);
    cursor_skip(&c, 5); /* magic, class */
    bool little = cursor_u8(&c) == ELF_DATA_LSB;
    cursor_skip(&c, ELF_IDENT_BYTES - 6 + 2); /* the rest of e_ident; e_type */
    uint16_t machine = cursor_u16le(&c);
    if (c.err || !little) /* no row is of a big-endian host */
        return HARDWARE_UNSTATED;
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].machine && rows[i].machine == machine)
            return rows[i].hardware;
    return HARDWARE_UNSTATED;
}

/* -- device trees ------------------------------------------------------------- */

enum {
    TREE_MAGIC = 0xD00DFEED,
    TREE_BEGIN_NODE = 1,
    TREE_PROPERTY = 3,
    TREE_NOP = 4,
    TREE_PROPERTIES_MAX = 64, /* of the root; a board's has ten or so */
};

/* The part of tree from offset on; empty when it is not in it. */
static struct span part_of(struct span tree, uint32_t offset)
{
    return offset <= tree.len ? span_of(tree.at + offset, tree.len - offset) : span_of(NULL, 0);
}

static bool name_is(struct span strings, uint32_t offset, const char *name)
{
    struct span at = part_of(strings, offset);
    size_t len = strlen(name) + 1;
    return at.len >= len && memcmp(at.at, name, len) == 0;
}

/* A list of texts, each with its NUL. */
static enum hardware hardware_of_compatible(struct span list)
{
    while (list.len) {
        const uint8_t *end = memchr(list.at, 0, list.len);
        size_t len = end ? (size_t)(end - list.at) : list.len;
        for (size_t i = 0; i < ROWS; i++)
            if (rows[i].compatible && span_equal(span_of(list.at, len),
                                                 span_of(rows[i].compatible, strlen(rows[i].compatible))))
                return rows[i].hardware;
        list = end ? span_of(end + 1, list.len - len - 1) : span_of(NULL, 0);
    }
    return HARDWARE_UNSTATED;
}

static enum hardware hardware_of_tree(struct span tree)
{
    struct cursor header = cursor_of(tree);
    uint32_t magic = cursor_u32be(&header);
    cursor_skip(&header, 4); /* total size */
    uint32_t structure = cursor_u32be(&header), strings = cursor_u32be(&header);
    if (header.err || magic != TREE_MAGIC)
        return HARDWARE_UNSTATED;
    struct span names = part_of(tree, strings);
    struct cursor c = cursor_of(part_of(tree, structure));
    uint32_t token = cursor_u32be(&c);
    while (token == TREE_NOP && !c.err)
        token = cursor_u32be(&c);
    if (token != TREE_BEGIN_NODE || cursor_u32be(&c) != 0) /* the root's name is empty, padded */
        return HARDWARE_UNSTATED;
    for (unsigned i = 0; i < TREE_PROPERTIES_MAX; i++) { /* a node's properties stand before its nodes */
        token = cursor_u32be(&c);
        if (token == TREE_NOP)
            continue;
        if (token != TREE_PROPERTY)
            break;
        uint32_t len = cursor_u32be(&c), name = cursor_u32be(&c);
        struct span value = cursor_bytes(&c, len);
        cursor_skip(&c, (4 - len % 4) % 4);
        if (c.err)
            break;
        if (name_is(names, name, "compatible"))
            return hardware_of_compatible(value);
    }
    return HARDWARE_UNSTATED;
}

struct hardware_found hardware_of_image(uint16_t type, struct span head)
{
    switch (type) {
    case IMAGE_TYPE_PLUTON_RUNTIME:
    case IMAGE_TYPE_SECURITY_MONITOR:
        if (!is_program(head))
            return (struct hardware_found){.chip = true};
        return (struct hardware_found){.hardware = hardware_of_program(head), .host = true};
    case IMAGE_TYPE_NORMAL_WORLD_DTB:
        return (struct hardware_found){.hardware = hardware_of_tree(head), .chip = true};
    case IMAGE_TYPE_ONE_BL:
    case IMAGE_TYPE_NORMAL_WORLD_KERNEL:
    case IMAGE_TYPE_ROOT_FS:
        return (struct hardware_found){.chip = true};
    default: /* keystore and services look alike everywhere */
        return (struct hardware_found){.hardware = HARDWARE_UNSTATED};
    }
}
