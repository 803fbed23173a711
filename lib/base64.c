/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct span bytes, struct writer *w)
{
    struct cursor c = cursor_of(bytes);
    while (c.left > 0 && !w->err) {
        size_t take = c.left < 3 ? c.left : 3;
        uint32_t group = 0;
        for (size_t i = 0; i < 3; i++)
            group = group << 8 | (i < take ? cursor_u8(&c) : 0);
        char quad[4];
        for (size_t i = 0; i < 4; i++)
            quad[i] = i <= take ? alphabet[group >> (18 - 6 * i) & 63] : '=';
        writer_bytes(w, quad, sizeof quad);
    }
}

static int symbol_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : E_MALFORMED;
}

/* One group of four; bytes in it (1 to 3), or E_MALFORMED. */
static int quad_decode(struct cursor *c, uint8_t out[static 3])
{
    uint32_t group = 0;
    int symbols = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t symbol = cursor_u8(c);
        int value = symbol_value(symbol);
        if (value >= 0 && symbols == i) {
            group |= (uint32_t)value << (18 - 6 * i);
            symbols++;
        } else if (symbol != '=' || i < 2) {
            return E_MALFORMED;
        }
    }
    if (symbols < 2)
        return E_MALFORMED;
    for (int i = 0; i < 3; i++)
        out[i] = (uint8_t)(group >> (16 - 8 * i));
    /* Canonical: what a shorter group does not use is zero. */
    for (int i = symbols - 1; i < 3; i++)
        if (out[i] != 0)
            return E_MALFORMED;
    return symbols - 1;
}

int base64_decode(struct span text, struct writer *w)
{
    struct cursor c = cursor_of(text);
    const size_t start = w->len;
    if (w->err)
        return w->err;
    if (text.len % 4 != 0)
        writer_fail(w, E_MALFORMED);
    while (c.left > 0 && !w->err) {
        uint8_t group[3];
        int got = quad_decode(&c, group);
        if (got < 0 || (got < 3 && c.left > 0)) { /* padding only at the end */
            writer_fail(w, E_MALFORMED);
            break;
        }
        writer_bytes(w, group, (size_t)got);
    }
    if (w->err)
        w->len = start;
    return w->err;
}
