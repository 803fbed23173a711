/* SPDX-License-Identifier: BSD-2-Clause */
/* First byte: length of a Range header that follows; the rest: a check's body. */
#include <stdlib.h>

#include "service/ota/check.h"
#include "service/ota/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct update_check check;
    struct range range;
    char text[RANGE_TEXT_BYTES];

    if (size == 0)
        return 0;
    size_t header = data[0] < size - 1 ? data[0] : size - 1;
    range = range_parse(span_of(data + 1, header), 1000);
    if (range.length > 1000 || range.offset > 1000 - range.length)
        abort();
    range_format(&range, 1000, text);
    if (update_check_parse(span_of(data + 1 + header, size - 1 - header), &check) == 0 &&
        check.count > DEVICE_API_INSTALLED_MAX)
        abort();
    return 0;
}
