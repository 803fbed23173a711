/* SPDX-License-Identifier: BSD-2-Clause */
/* A host's clock belongs to its owner; other programs go by it. */
#include "os/appman/clock.h"

void clock_offer(uint64_t now_s)
{
    (void)now_s;
}

void clock_suggest(uint64_t now_s)
{
    (void)now_s;
}
