/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/runtime/health.h"

#include <string.h>

void health_init(struct health *health)
{
    memset(health, 0, sizeof *health);
}

static void window_start(struct health *health, uint8_t sample)
{
    health->counted = sample;
    health->seen = 1;
    health->occurred = 1;
}

bool health_sample(struct health *health, uint8_t sample)
{
    if (health->failed)
        return false;
    if (!health->started) {
        health->started = true;
        health->last = sample;
        health->repeated = 1;
        window_start(health, sample);
        return true;
    }
    health->repeated = sample == health->last ? (uint16_t)(health->repeated + 1) : 1;
    health->last = sample;
    if (health->seen == HEALTH_WINDOW) {
        window_start(health, sample);
    } else {
        health->seen++;
        if (sample == health->counted)
            health->occurred++;
    }
    health->failed = health->repeated >= HEALTH_REPETITION_CUTOFF ||
                     health->occurred >= HEALTH_PROPORTION_CUTOFF;
    return !health->failed;
}
