/* SPDX-License-Identifier: BSD-2-Clause */
/* First byte: the type; the rest: the body.  The answer is in the table, and of one kind. */
#include <stdlib.h>

#include "service/store/hardware.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct hardware_found found = hardware_of_image(data[0], span_of(data + 1, size - 1));
    if ((unsigned)found.hardware > HARDWARE_MAX || (found.chip && found.host))
        abort();
    if (found.hardware != HARDWARE_UNSTATED && !found.chip && !found.host)
        abort();
    return 0;
}
