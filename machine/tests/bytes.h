/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Byte strings of tests from their hexadecimal text. */
#ifndef PERI_MACHINE_TESTS_BYTES_H
#define PERI_MACHINE_TESTS_BYTES_H

#include "tests/check.h"

/* The text must be exactly that long. */
static inline void bytes_from(const char *text, uint8_t *bytes, size_t count)
{
    REQUIRE(strlen(text) == 2 * count);
    for (size_t i = 0; i < count; i++) {
        char pair[3] = { text[2 * i], text[2 * i + 1], 0 };
        char *end;

        bytes[i] = (uint8_t)strtoul(pair, &end, 16);
        REQUIRE(*end == '\0');
    }
}

#endif
