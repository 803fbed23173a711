/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/guid.h"

#include <string.h>

#include "lib/hex.h"

/* Where each byte of the text stands in the mixed-endian form, and before
 * which of them the text has a hyphen. */
static const uint8_t text_order[GUID_BYTES] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
static bool hyphen_before(size_t i) { return i == 4 || i == 6 || i == 8 || i == 10; }

int guid_parse(struct span text, uint8_t guid[static GUID_BYTES])
{
    struct cursor c = cursor_of(text);
    memset(guid, 0, GUID_BYTES);
    for (size_t i = 0; i < GUID_BYTES; i++) {
        if (hyphen_before(i) && cursor_u8(&c) != '-')
            cursor_fail(&c, E_MALFORMED);
        if (hex_decode(cursor_bytes(&c, 2), &guid[text_order[i]], 1) != 0)
            cursor_fail(&c, E_MALFORMED);
    }
    if (cursor_end(&c) != 0) {
        memset(guid, 0, GUID_BYTES);
        return E_MALFORMED;
    }
    return 0;
}

void guid_format(const uint8_t guid[static GUID_BYTES], char text[static GUID_TEXT_BYTES])
{
    size_t at = 0;
    for (size_t i = 0; i < GUID_BYTES; i++) {
        if (hyphen_before(i))
            text[at++] = '-';
        hex_encode(&guid[text_order[i]], 1, text + at);
        at += 2;
    }
}

void guid_swap(uint8_t guid[static GUID_BYTES])
{
    uint8_t swapped[GUID_BYTES];
    for (size_t i = 0; i < GUID_BYTES; i++)
        swapped[i] = guid[text_order[i]];
    memcpy(guid, swapped, GUID_BYTES);
}

bool guid_is_zero(const uint8_t guid[static GUID_BYTES])
{
    static const uint8_t zero[GUID_BYTES];
    return guid_equal(guid, zero);
}

bool guid_equal(const uint8_t a[static GUID_BYTES], const uint8_t b[static GUID_BYTES])
{
    return memcmp(a, b, GUID_BYTES) == 0;
}

void guid_from_random(uint8_t guid[static GUID_BYTES])
{
    guid[7] = (uint8_t)((guid[7] & 0x0f) | 0x40); /* version: high byte of the third field */
    guid[8] = (uint8_t)((guid[8] & 0x3f) | 0x80); /* variant */
}
