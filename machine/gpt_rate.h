/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ticks of a clock against nanoseconds.
 * Caller: gpt.c.  No QEMU header here, so that the arithmetic is tested alone.
 *
 * A tick is counted when it is complete: after gpt_rate_ns(rate, n) nanoseconds, and not one
 * earlier, gpt_rate_ticks() is n.  Exact for 2^32 ticks and 292 years.
 */
#ifndef PERI_MACHINE_GPT_RATE_H
#define PERI_MACHINE_GPT_RATE_H

#include <stdint.h>

struct gpt_rate { /* ticks / seconds, neither 0 */
    uint32_t ticks;
    uint32_t seconds;
};

#define GPT_NANOSECONDS 1000000000u

static inline uint64_t gpt_rate_ticks(struct gpt_rate rate, uint64_t ns)
{
    return (uint64_t)((unsigned __int128)ns * rate.ticks /
                      ((uint64_t)rate.seconds * GPT_NANOSECONDS));
}

static inline uint64_t gpt_rate_ns(struct gpt_rate rate, uint64_t ticks)
{
    return (uint64_t)(((unsigned __int128)ticks * rate.seconds * GPT_NANOSECONDS + rate.ticks - 1) /
                      rate.ticks);
}

#endif
