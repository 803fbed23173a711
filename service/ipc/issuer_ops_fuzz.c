/* SPDX-License-Identifier: BSD-2-Clause */
/* First byte chooses the message; what parses must encode to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "service/ipc/issuer_ops.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TRY(letter, name)                                                          \
    if (data[0] == (letter)) {                                                     \
        struct issuer_##name value;                                                \
        if (issuer_##name##_parse(payload, &value) == 0 &&                         \
            (issuer_##name##_write(&value, &w) != 0 || !span_equal(writer_view(&w), payload))) \
            abort();                                                               \
    }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span payload = span_of(data + 1, size - 1);
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return 0;
    struct writer w = writer_of(bytes, size);
    TRY('i', issue_request)
    TRY('c', certificates)
    TRY('n', catalog_request)
    TRY('p', possession_request)
    TRY('m', manifest_request)
    TRY('k', capability_request)
    free(bytes);
    return 0;
}
