/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ticks of a clock: the rates of abi/mt3620_gpt.h. */
#include "machine/gpt_rate.h"

#include "tests/check.h"

static const struct gpt_rate rates[] = {
    { 32768, 33 }, { 32768, 1 }, { 26000000, 26 }, { 26000000, 64 }, { 26000000, 1 }, { 26000000, 2 },
};

/* The n-th tick is complete at its nanosecond and not one before. */
static void a_tick_at_its_time(void)
{
    static const uint64_t counts[] = { 1, 2, 3, 33, 1000, 32768, 65535, 1000000, 0xFFFFFFFF,
                                       1ull << 32 };

    for (unsigned r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
        CHECK_INT(gpt_rate_ticks(rates[r], 0), 0);
        CHECK_INT(gpt_rate_ns(rates[r], 0), 0);
        for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
            uint64_t ns = gpt_rate_ns(rates[r], counts[i]);

            CHECK_INT(gpt_rate_ticks(rates[r], ns), counts[i]);
            CHECK_INT(gpt_rate_ticks(rates[r], ns - 1), counts[i] - 1);
        }
    }
}

/* A year of nanoseconds does not overflow on the way. */
static void a_long_time(void)
{
    const uint64_t year = 365ull * 86400 * GPT_NANOSECONDS;

    CHECK_INT(gpt_rate_ticks(rates[1], year), 365ll * 86400 * 32768);
    CHECK_INT(gpt_rate_ticks(rates[2], year), 365ll * 86400 * 1000000);
    CHECK_INT(gpt_rate_ticks(rates[4], year), 365ll * 86400 * 26000000);
}

int main(void)
{
    a_tick_at_its_time();
    a_long_time();
    return check_done();
}
