/* SPDX-License-Identifier: BSD-2-Clause */
/* What parses is written back as the same bytes. */
#include <stdlib.h>

#include "lib/keystore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keystore store;
    uint8_t body[4096];
    struct writer w = writer_of(body, sizeof body);
    if (keystore_parse(span_of(data, size), &store) != 0)
        return 0;
    if (keystore_write(&store, &w) != 0 || !span_equal(writer_view(&w), span_of(data, size)))
        abort();
    return 0;
}
