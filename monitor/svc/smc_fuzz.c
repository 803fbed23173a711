/* SPDX-License-Identifier: BSD-2-Clause */
/* Any calls, any registers, any memory: hostile_test.c says what must hold. */
#include <stdbool.h>

#include "monitor/svc/hostile_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    if (!started)
        hostile_start();
    started = true;
    (void)hostile_play(span_of(data, size));
    return 0;
}
