/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/hex.h"

#include <string.h>

void hex_encode(const void *bytes, size_t len, char *text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[from[i] >> 4];
        text[2 * i + 1] = digits[from[i] & 15];
    }
    text[2 * len] = '\0';
}

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return E_MALFORMED;
}

int hex_decode(struct span text, uint8_t *bytes, size_t len)
{
    struct cursor c = cursor_of(text);
    if (len)
        memset(bytes, 0, len);
    if (text.len % 2 != 0 || text.len / 2 != len)
        return E_LENGTH;
    for (size_t i = 0; i < len; i++) {
        int high = digit_value(cursor_u8(&c)), low = digit_value(cursor_u8(&c));
        if (high < 0 || low < 0) {
            memset(bytes, 0, len);
            return E_MALFORMED;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return cursor_end(&c);
}
