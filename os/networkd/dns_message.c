/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/dns_message.h"

#include <string.h>

#include "os/networkd/address.h"

enum {
    FLAG_ANSWER = 0x8000,
    FLAG_OPCODE = 0x7800,
    FLAG_RECURSE = 0x0100,
    CODE_MASK = 0x000F,
    CODE_NO_NAME = 3,
    TYPE_A = 1,
    TYPE_CNAME = 5,
    CLASS_IN = 1,
    LABEL_MAX = 63,
    WIRE_NAME_MAX = 255,
    POINTER = 0xC0,
};

/* A name as it stands on the wire, uncompressed, lower case. */
struct name {
    size_t len;
    uint8_t at[WIRE_NAME_MAX];
};

static uint8_t lower(uint8_t b)
{
    return b >= 'A' && b <= 'Z' ? (uint8_t)(b + ('a' - 'A')) : b;
}

static bool name_equal(const struct name *a, const struct name *b)
{
    return span_equal(span_of(a->at, a->len), span_of(b->at, b->len));
}

static int name_of_text(const char *text, struct name *name)
{
    size_t len = strnlen(text, DNS_NAME_MAX + 1);
    name->len = 0;
    if (len == 0 || len > DNS_NAME_MAX)
        return E_RANGE;
    for (size_t start = 0; start <= len;) {
        size_t end = start;
        while (end < len && text[end] != '.')
            end++;
        if (end == start || end - start > LABEL_MAX)
            return E_RANGE;
        name->at[name->len++] = (uint8_t)(end - start);
        for (size_t i = start; i < end; i++)
            name->at[name->len++] = lower((uint8_t)text[i]);
        start = end + 1;
    }
    name->at[name->len++] = 0;
    return 0;
}

/* Appends one label; false when the name becomes too long. */
static bool label_add(struct name *name, struct span label)
{
    if (name->len + 1 + label.len + 1 > WIRE_NAME_MAX)
        return false;
    name->at[name->len++] = (uint8_t)label.len;
    for (size_t i = 0; i < label.len; i++)
        name->at[name->len++] = lower(label.at[i]);
    return true;
}

/*
 * Reads a name at c, which stands in message.  A pointer must lead to before the
 * place where this name, or the part that the last pointer led to, begins: so
 * every jump is shorter than the one before, and reading ends.
 */
static void name_read(struct cursor *c, struct span message, struct name *name)
{
    struct cursor at = *c;
    size_t begin = message.len - at.left;
    bool jumped = false;
    name->len = 0;
    for (;;) {
        uint8_t length = cursor_u8(&at);
        if (!at.err && (length & POINTER) == POINTER) {
            size_t target = (size_t)(length & ~POINTER) << 8 | cursor_u8(&at);
            if (!jumped)
                *c = at;
            if (at.err || target >= begin)
                break;
            jumped = true;
            begin = target;
            at = cursor_of(message);
            cursor_skip(&at, target);
            continue;
        }
        if (at.err || length > LABEL_MAX)
            break;
        if (length == 0) {
            name->at[name->len++] = 0;
            if (!jumped)
                *c = at;
            return;
        }
        struct span label = cursor_bytes(&at, length);
        if (at.err || !label_add(name, label))
            break;
    }
    name->len = 0;
    cursor_fail(c, at.err ? at.err : E_MALFORMED);
}

int dns_query_write(uint16_t id, const char *name, struct writer *w)
{
    struct name wire;
    int e = name_of_text(name, &wire);
    if (e)
        return e;
    writer_u16be(w, id);
    writer_u16be(w, FLAG_RECURSE);
    writer_u16be(w, 1);
    writer_zero(w, 6);
    writer_bytes(w, wire.at, wire.len);
    writer_u16be(w, TYPE_A);
    writer_u16be(w, CLASS_IN);
    return w->err;
}

/* One record of the answer section; wanted follows a CNAME. */
static void record_read(struct cursor *c, struct span message, struct name *wanted,
                        unsigned *chain, struct dns_answer *answer)
{
    struct name owner;
    name_read(c, message, &owner);
    unsigned type = cursor_u16be(c), class = cursor_u16be(c);
    cursor_skip(c, 4); /* time to live: every name is asked for again at a fixed time */
    size_t length = cursor_u16be(c), left = c->left;
    if (c->err || length > left) {
        cursor_fail(c, E_MORE);
        return;
    }
    bool ours = class == CLASS_IN && name_equal(&owner, wanted);
    if (ours && type == TYPE_CNAME) {
        struct name target;
        name_read(c, message, &target);
        if (!c->err && left - c->left != length)
            cursor_fail(c, E_MALFORMED);
        if (!c->err && ++*chain > DNS_CHAIN_MAX)
            cursor_fail(c, E_LIMIT);
        *wanted = target;
    } else if (ours && type == TYPE_A) {
        uint32_t address = cursor_u32be(c);
        if (length != 4)
            cursor_fail(c, E_MALFORMED);
        else if (address_unicast(address) && answer->count < DNS_ADDRESSES_MAX)
            answer->address[answer->count++] = address;
    } else {
        cursor_skip(c, length);
    }
}

static int parse(struct span bytes, uint16_t id, struct name *wanted, struct dns_answer *answer)
{
    struct cursor c = cursor_of(bytes);
    struct name question;
    unsigned got_id = cursor_u16be(&c), flags = cursor_u16be(&c), questions = cursor_u16be(&c),
             answers = cursor_u16be(&c);
    cursor_skip(&c, 4);
    if (c.err)
        return c.err;
    if (got_id != id || !(flags & FLAG_ANSWER) || flags & FLAG_OPCODE || questions != 1)
        return E_BINDING;
    name_read(&c, bytes, &question);
    unsigned type = cursor_u16be(&c), class = cursor_u16be(&c);
    if (c.err)
        return c.err;
    if (!name_equal(&question, wanted) || type != TYPE_A || class != CLASS_IN)
        return E_BINDING;
    if ((flags & CODE_MASK) == CODE_NO_NAME)
        return E_NOT_FOUND;
    if (flags & CODE_MASK)
        return E_NETWORK;
    unsigned chain = 0;
    for (unsigned i = 0; i < answers && !c.err; i++)
        record_read(&c, bytes, wanted, &chain, answer);
    if (c.err)
        return c.err;
    return answer->count ? 0 : E_NOT_FOUND;
}

int dns_answer_parse(struct span bytes, uint16_t id, const char *name, struct dns_answer *answer)
{
    struct name wanted;
    memset(answer, 0, sizeof *answer);
    int e = name_of_text(name, &wanted);
    if (!e)
        e = bytes.len > DNS_MESSAGE_MAX ? E_LIMIT : parse(bytes, id, &wanted, answer);
    if (e)
        memset(answer, 0, sizeof *answer);
    return e;
}
