/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever is taken is written and read back as the same. */
#include <stdlib.h>
#include <string.h>

#include "service/pkcs11/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct token_uri uri, again;
    char why[URI_WHY_BYTES], text[4 * URI_TEXT_MAX];
    if (uri_parse(span_of(data, size), &uri, why) != 0) {
        if (!why[0])
            abort();
        return 0;
    }
    if (uri_format(&uri, text, sizeof text) != 0 ||
        (strlen(text) <= URI_TEXT_MAX && uri_parse(span_of(text, strlen(text)), &again, why) != 0))
        abort();
    if (strlen(text) <= URI_TEXT_MAX && memcmp(&uri, &again, sizeof uri) != 0)
        abort();
    return 0;
}
