/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64: what decodes is the only spelling of its bytes; a refusal writes nothing. */
#include <stdlib.h>

#include "lib/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[65536], text[2 * sizeof bytes];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (base64_decode(span_of(data, size), &w) != 0) {
        if (w.len != 0)
            abort();
        return 0;
    }
    struct writer back = writer_of(text, sizeof text);
    base64_encode(writer_view(&w), &back);
    if (!span_equal(writer_view(&back), span_of(data, size)))
        abort();
    return 0;
}
