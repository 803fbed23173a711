/* SPDX-License-Identifier: BSD-2-Clause */
/* Manifest: what parses is written back as the same bytes. */
#include <stdlib.h>

#include "lib/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t body[MANIFEST_HEADER_BYTES + MANIFEST_IMAGES_MAX * MANIFEST_ENTRY_BYTES];
    static struct manifest manifest;
    const struct span input = span_of(data, size);

    struct writer w = writer_of(body, sizeof body);
    if (manifest_parse(input, &manifest) == 0 &&
        (manifest_write(&manifest, &w) != 0 || !span_equal(writer_view(&w), input)))
        abort();
    return 0;
}
