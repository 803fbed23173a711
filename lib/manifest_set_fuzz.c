/* SPDX-License-Identifier: BSD-2-Clause */
/* Manifest set: what parses is written back as the same bytes. */
#include <stdlib.h>

#include "lib/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t body[MANIFEST_SET_BYTES_MAX];
    struct manifest_set set;
    struct writer w = writer_of(body, sizeof body);
    if (manifest_set_parse(span_of(data, size), &set) == 0 &&
        (manifest_set_write(&set, &w) != 0 || !span_equal(writer_view(&w), span_of(data, size))))
        abort();
    return 0;
}
