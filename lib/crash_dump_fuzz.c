/* SPDX-License-Identifier: BSD-2-Clause */
/* Dumps of a hostile device: what is accepted says of itself what it is. */
#include <stdlib.h>

#include "lib/crash_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t core[CRASH_DUMP_CORE_MAX];
    struct crash_dump dump;
    const struct hpke_secret secret = {{0}, {0}};
    if (crash_dump_parse(span_of(data, size), &dump) != 0) {
        if (dump.core_bytes != 0 || dump.head.at)
            abort();
        return 0;
    }
    if (size != dump.core_bytes + (size_t)CRASH_DUMP_EXTRA_BYTES || size > CRASH_DUMP_BYTES_MAX || dump.head.at != data)
        abort();
    if (crash_dump_open(&dump, &secret, core) == 0)
        abort();
    return 0;
}
