/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azcore/dump.h"

int dump_keep(const struct crash *crash, struct span begin, uint64_t time_s, size_t *bytes)
{
    (void)crash;
    (void)begin;
    (void)time_s;
    *bytes = 0;
    return 0;
}
