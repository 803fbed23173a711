/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/utf8.h"

/* RFC 3629 section 4: the second byte's range depends on the first, the later
 * ones are always 80..BF.  Overlong forms and surrogates fall outside. */
static const struct utf8_row {
    uint8_t first_low, first_high;
    uint8_t second_low, second_high;
    uint8_t bytes;
} rows[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static size_t multibyte_first(struct span bytes)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct utf8_row *row = &rows[i];
        if (bytes.at[0] < row->first_low || bytes.at[0] > row->first_high)
            continue;
        if (bytes.len < row->bytes || bytes.at[1] < row->second_low ||
            bytes.at[1] > row->second_high)
            return 0;
        for (size_t k = 2; k < row->bytes; k++)
            if ((bytes.at[k] & 0xc0) != 0x80)
                return 0;
        return row->bytes;
    }
    return 0;
}

size_t utf8_first(struct span bytes)
{
    if (bytes.len == 0)
        return 0;
    return bytes.at[0] < 0x80 ? 1 : multibyte_first(bytes);
}

bool utf8_valid(struct span bytes)
{
    while (bytes.len) {
        size_t len = utf8_first(bytes);
        if (len == 0)
            return false;
        bytes = span_of(bytes.at + len, bytes.len - len);
    }
    return true;
}

void utf8_put(struct writer *w, uint32_t scalar)
{
    uint8_t out[4];
    size_t len;
    if (scalar < 0x80) {
        len = 1;
        out[0] = (uint8_t)scalar;
    } else if (scalar < 0x800) {
        len = 2;
        out[0] = (uint8_t)(0xc0 | scalar >> 6);
    } else if (scalar < 0x10000) {
        len = 3;
        out[0] = (uint8_t)(0xe0 | scalar >> 12);
    } else {
        len = 4;
        out[0] = (uint8_t)(0xf0 | (scalar >> 18 & 7));
    }
    if (scalar > 0x10ffff || (scalar >= 0xd800 && scalar <= 0xdfff)) {
        writer_fail(w, E_RANGE);
        return;
    }
    for (size_t i = len; i-- > 1; scalar >>= 6)
        out[i] = (uint8_t)(0x80 | (scalar & 0x3f));
    writer_bytes(w, out, len);
}
