/* SPDX-License-Identifier: BSD-2-Clause */
/* Hexadecimal: what decodes is written back as the same text but for case. */
#include <stdlib.h>

#include "lib/hex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[4096];
    static char text[2 * sizeof bytes + 1];
    size_t len = size / 2;
    if (len > sizeof bytes || hex_decode(span_of(data, size), bytes, len) != 0)
        return 0;
    if (size % 2) /* an odd digit never decodes */
        abort();
    hex_encode(bytes, len, text);
    for (size_t i = 0; i < size; i++)
        if ((data[i] >= 'A' && data[i] <= 'F' ? data[i] | 0x20 : data[i]) != (uint8_t)text[i])
            abort();
    return 0;
}
