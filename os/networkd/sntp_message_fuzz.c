/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever a time server says: a time since the pivot, with an error within the limits. */
#include <stdlib.h>

#include "os/networkd/sntp_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t cookie[SNTP_COOKIE_BYTES] = "12345678";
    struct sntp_sample s;
    if (sntp_answer_parse(span_of(data, size), cookie, 1704067200, 20, &s) == 0 &&
        (s.unix_ms / 1000 < 1704067200 || s.error_ms > SNTP_ROOT_ERROR_MAX_MS + SNTP_ROUND_TRIP_MAX_MS))
        abort();
    return 0;
}
