/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever comes in, nothing without a valid signature is granted. */
#include <stdlib.h>

#include "service/daa/appraise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct challenge_keys keys = {.count = 1};
    static const struct store_references references = {.generation = 1};
    static const struct store_device device = {.claimed = true};
    struct attest_message message;
    struct verdict verdict;

    if (attest_message_parse(span_of(data, size), &message) != 0)
        return 0;
    if (message.measurements.len == 0 || message.measurements.at < data ||
        message.measurements.len > size)
        abort();
    struct appraisal a = {.message = &message, .keys = &keys, .now_s = 1800000000,
                          .challenge_s = 300, .device = &device, .references = &references};
    if (appraise_message(&a, &verdict) && verdict.granted)
        abort();
    /* as if the message had passed: nothing is known, so nothing is granted */
    if (appraise_device(&a, &verdict) || verdict.granted)
        abort();
    return 0;
}
