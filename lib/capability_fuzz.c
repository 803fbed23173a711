/* SPDX-License-Identifier: BSD-2-Clause */
/* What parses is written in the common form and reads as the same. */
#include <stdlib.h>
#include <string.h>

#include "lib/capability.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct capability_body body, again;
    uint8_t bytes[CAPABILITY_BODY_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (capability_parse(span_of(data, size), &body) != 0)
        return 0;
    if (capability_write(&body, &w) != 0 || capability_parse(writer_view(&w), &again) != 0 ||
        memcmp(&body, &again, sizeof body) != 0)
        abort();
    return 0;
}
