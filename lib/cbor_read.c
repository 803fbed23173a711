/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading; writing is in lib/cbor.c. */
#include <string.h>

#include "lib/cbor_head.h"
#include "lib/utf8.h"

static struct head head_fail(struct cursor *c, int err)
{
    cursor_fail(c, err);
    return (struct head){CBOR_NONE, 0};
}

static bool simple_known(uint64_t value)
{
    return value == SIMPLE_FALSE || value == SIMPLE_TRUE || value == SIMPLE_NULL;
}

/* Any head in shortest form; floats and other simple values have none here. */
static struct head head_get(struct cursor *c)
{
    uint8_t first = cursor_u8(c);
    unsigned info = first & 0x1f;
    struct head head = {(enum cbor_type)(first >> 5), info};
    uint64_t least = 0; /* smallest argument that needs this width */

    switch (info) {
    case INFO_1BYTE:
        head.argument = cursor_u8(c);
        least = INFO_1BYTE;
        break;
    case INFO_1BYTE + 1:
        head.argument = cursor_u16be(c);
        least = (uint64_t)UINT8_MAX + 1;
        break;
    case INFO_1BYTE + 2:
        head.argument = cursor_u32be(c);
        least = (uint64_t)UINT16_MAX + 1;
        break;
    case INFO_8BYTES:
        head.argument = cursor_u64be(c);
        least = (uint64_t)UINT32_MAX + 1;
        break;
    default:
        if (info > INFO_8BYTES) /* reserved, or indefinite length */
            return head_fail(c, E_MALFORMED);
        break;
    }
    if (c->err)
        return head_fail(c, c->err);
    if (head.argument < least)
        return head_fail(c, E_MALFORMED);
    if (head.type == CBOR_SIMPLE && (info >= INFO_1BYTE || !simple_known(head.argument)))
        return head_fail(c, E_MALFORMED);
    return head;
}

/* The argument of a head that must be of this type; 0 on error. */
static uint64_t argument_get(struct cursor *c, enum cbor_type type)
{
    struct head head = head_get(c);
    if (head.type == type)
        return head.argument;
    cursor_fail(c, E_MALFORMED);
    return 0;
}

static uint64_t limited_get(struct cursor *c, uint64_t max)
{
    uint64_t v = argument_get(c, CBOR_UINT);
    if (v <= max)
        return v;
    cursor_fail(c, E_LIMIT);
    return 0;
}

enum cbor_type cbor_peek(const struct cursor *c)
{
    return c->err || c->left == 0 ? CBOR_NONE : (enum cbor_type)(c->at[0] >> 5);
}

bool cbor_is_null(const struct cursor *c)
{
    return cbor_peek(c) == CBOR_SIMPLE && (c->at[0] & 0x1f) == SIMPLE_NULL;
}

uint64_t cbor_get_uint(struct cursor *c) { return argument_get(c, CBOR_UINT); }
uint32_t cbor_get_u32(struct cursor *c) { return (uint32_t)limited_get(c, UINT32_MAX); }
uint16_t cbor_get_u16(struct cursor *c) { return (uint16_t)limited_get(c, UINT16_MAX); }

int64_t cbor_get_int(struct cursor *c)
{
    struct head head = head_get(c);
    if (head.type != CBOR_UINT && head.type != CBOR_NEGATIVE)
        cursor_fail(c, E_MALFORMED);
    else if (head.argument > INT64_MAX)
        cursor_fail(c, E_LIMIT);
    if (c->err)
        return 0;
    return head.type == CBOR_UINT ? (int64_t)head.argument : -1 - (int64_t)head.argument;
}

bool cbor_get_bool(struct cursor *c)
{
    uint64_t v = argument_get(c, CBOR_SIMPLE);
    if (v == SIMPLE_NULL)
        cursor_fail(c, E_MALFORMED);
    return !c->err && v == SIMPLE_TRUE;
}

void cbor_get_null(struct cursor *c)
{
    if (argument_get(c, CBOR_SIMPLE) != SIMPLE_NULL)
        cursor_fail(c, E_MALFORMED);
}

/* The length is compared with what remains before it becomes a size_t. */
static struct span string_get(struct cursor *c, enum cbor_type type)
{
    uint64_t len = argument_get(c, type);
    if (len > c->left)
        cursor_fail(c, E_MORE);
    return c->err ? (struct span){NULL, 0} : cursor_bytes(c, (size_t)len);
}

struct span cbor_get_bytes(struct cursor *c) { return string_get(c, CBOR_BYTES); }

void cbor_get_exact(struct cursor *c, void *to, size_t len)
{
    struct span got = cbor_get_bytes(c);
    if (!c->err && got.len != len)
        cursor_fail(c, E_MALFORMED);
    if (len == 0)
        return;
    if (c->err)
        memset(to, 0, len);
    else
        memcpy(to, got.at, len);
}

struct span cbor_get_text(struct cursor *c)
{
    struct span got = string_get(c, CBOR_TEXT);
    if (!c->err && !utf8_valid(got))
        cursor_fail(c, E_MALFORMED);
    return c->err ? (struct span){NULL, 0} : got;
}

/* Every item takes a byte at least, so a count beyond what remains is a lie;
 * a caller may size its loop by an answer. */
static size_t count_get(struct cursor *c, enum cbor_type type, size_t items_each)
{
    uint64_t count = argument_get(c, type);
    if (count > c->left / items_each)
        cursor_fail(c, E_MALFORMED);
    return c->err ? 0 : (size_t)count;
}

size_t cbor_get_array(struct cursor *c) { return count_get(c, CBOR_ARRAY, 1); }
size_t cbor_get_map(struct cursor *c) { return count_get(c, CBOR_MAP, 2); }
uint64_t cbor_get_tag(struct cursor *c) { return argument_get(c, CBOR_TAG); }

void cbor_expect_int(struct cursor *c, int64_t v)
{
    struct head want = head_of_int(v), got = head_get(c);
    if (got.type != want.type || got.argument != want.argument)
        cursor_fail(c, E_MALFORMED);
}

void cbor_expect_array(struct cursor *c, size_t count)
{
    if (cbor_get_array(c) != count)
        cursor_fail(c, E_MALFORMED);
}

void cbor_expect_map(struct cursor *c, size_t pairs)
{
    if (cbor_get_map(c) != pairs)
        cursor_fail(c, E_MALFORMED);
}

/* Reads one head with its string, if any; how many items it holds. */
static uint64_t item_enter(struct cursor *c)
{
    switch (cbor_peek(c)) {
    case CBOR_BYTES:
        (void)cbor_get_bytes(c);
        return 0;
    case CBOR_TEXT:
        (void)cbor_get_text(c);
        return 0;
    case CBOR_ARRAY:
        return cbor_get_array(c);
    case CBOR_MAP:
        return 2 * (uint64_t)cbor_get_map(c);
    case CBOR_TAG:
        (void)cbor_get_tag(c);
        return 1;
    case CBOR_UINT:
    case CBOR_NEGATIVE:
    case CBOR_SIMPLE:
    case CBOR_NONE:
        break;
    }
    (void)head_get(c);
    return 0;
}

static bool is_container(enum cbor_type type)
{
    return type == CBOR_ARRAY || type == CBOR_MAP || type == CBOR_TAG;
}

struct span cbor_get_item(struct cursor *c)
{
    struct cursor start = *c;
    uint64_t open[CBOR_DEPTH_MAX]; /* items still to come at each open level */
    size_t depth = 0;

    do {
        bool container = is_container(cbor_peek(c));
        if (container && depth == CBOR_DEPTH_MAX)
            cursor_fail(c, E_LIMIT);
        uint64_t items = item_enter(c);
        if (c->err)
            break;
        if (container)
            open[depth++] = items;
        while (depth && open[depth - 1] == 0)
            depth--;
        if (depth)
            open[depth - 1]--;
    } while (depth);
    return c->err ? (struct span){NULL, 0} : span_of(start.at, start.left - c->left);
}
