/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Byte strings of tests from their hexadecimal text; a text that is none ends the program. */
#ifndef PERI_MACHINE_TESTS_BYTES_H
#define PERI_MACHINE_TESTS_BYTES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The text must be exactly that long. */
static inline void bytes_from(const char *text, uint8_t *bytes, size_t count)
{
    if (strlen(text) != 2 * count) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        char pair[3] = { text[2 * i], text[2 * i + 1], 0 };
        char *end;

        bytes[i] = (uint8_t)strtoul(pair, &end, 16);
        if (*end) {
            abort();
        }
    }
}

#endif
