/* SPDX-License-Identifier: BSD-2-Clause */
/* The step from a stage into the one that it verified. */
#include "pluton/mcu/stage.h"
#include "pluton/mcu/start.h"

void stage_enter(void)
{
    if (verdict_wrong(stage_seen, stage_seen_count) != 0)
        return;
    const volatile uint32_t *table = reg_memory(stage_next);
    stage_unprotect(); /* the next stage sets its own */
    /* Asked a last time, and any other answer than 0 leads nowhere. */
    const uint32_t wrong = verdict_wrong(stage_seen, stage_seen_count);
    start_stage(stage_next, table[0], table[1] ^ (wrong * 0x9E3779B1u));
}
