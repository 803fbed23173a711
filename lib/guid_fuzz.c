/* SPDX-License-Identifier: BSD-2-Clause */
/* GUID text: what parses is written back as the same text but for case, and
 * swapping the byte order twice changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "lib/guid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t guid[GUID_BYTES], twice[GUID_BYTES];
    char text[GUID_TEXT_BYTES];
    if (guid_parse(span_of(data, size), guid) != 0) {
        if (!guid_is_zero(guid))
            abort();
        return 0;
    }
    guid_format(guid, text);
    if (size != GUID_TEXT_BYTES - 1)
        abort();
    for (size_t i = 0; i < size; i++)
        if ((data[i] >= 'A' && data[i] <= 'F' ? data[i] | 0x20 : data[i]) != (uint8_t)text[i])
            abort();
    memcpy(twice, guid, sizeof twice);
    guid_swap(twice);
    guid_swap(twice);
    if (!guid_equal(guid, twice))
        abort();
    return 0;
}
