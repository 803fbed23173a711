/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/schedule.h"

uint64_t back_off_next(struct back_off *b, uint64_t base_ms, uint64_t max_ms, uint32_t retry_after_s,
                       uint64_t random)
{
    uint64_t bound = base_ms;
    for (uint32_t i = 0; i < b->failures && bound < max_ms; i++)
        bound *= 2;
    if (bound > max_ms)
        bound = max_ms;
    if (b->failures < UINT32_MAX)
        b->failures++;
    uint64_t wait = bound ? 1 + random % bound : 1;
    if (retry_after_s > SCHEDULE_RETRY_AFTER_MAX_S)
        retry_after_s = SCHEDULE_RETRY_AFTER_MAX_S;
    uint64_t asked = (uint64_t)retry_after_s * 1000;
    return wait < asked ? asked : wait;
}

uint64_t schedule_renewal_ms(uint64_t life_s)
{
    if (life_s > SCHEDULE_LIFE_MAX_S)
        life_s = SCHEDULE_LIFE_MAX_S;
    return life_s * 1000 / 3 * 2;
}

uint64_t schedule_check_ms(uint32_t interval_s, uint64_t random)
{
    if (interval_s == 0)
        interval_s = SCHEDULE_CHECK_DEFAULT_S;
    if (interval_s > SCHEDULE_CHECK_MAX_S)
        interval_s = SCHEDULE_CHECK_MAX_S;
    uint64_t ms = (uint64_t)interval_s * 1000;
    return interval_s < SCHEDULE_JITTER_FROM_S ? ms : ms + random % (ms / 10 + 1);
}
