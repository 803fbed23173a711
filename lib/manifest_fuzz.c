/* SPDX-License-Identifier: BSD-2-Clause */
/* Manifest and manifest set: what parses is written back as the same bytes. */
#include <stdlib.h>

#include "lib/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t body[MANIFEST_SET_BYTES_MAX];
    static struct manifest manifest;
    struct manifest_set set;
    const struct span input = span_of(data, size);

    struct writer w = writer_of(body, sizeof body);
    if (manifest_parse(input, &manifest) == 0 &&
        (manifest_write(&manifest, &w) != 0 || !span_equal(writer_view(&w), input)))
        abort();
    w = writer_of(body, sizeof body);
    if (manifest_set_parse(input, &set) == 0 &&
        (manifest_set_write(&set, &w) != 0 || !span_equal(writer_view(&w), input)))
        abort();
    return 0;
}
