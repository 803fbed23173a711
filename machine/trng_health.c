/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/trng_health.h"

void trng_health_init(struct trng_health *health)
{
    *health = (struct trng_health){ 0 };
}

bool trng_health_bit(struct trng_health *health, unsigned bit)
{
    uint8_t value = bit & 1;

    if (health->repeats && value == health->last) {
        health->repeats++;
    } else {
        health->last = value;
        health->repeats = 1;
    }
    if (health->seen == 0) {
        health->first = value;
        health->equal = 0;
    }
    health->equal += value == health->first;
    health->seen = (health->seen + 1) % TRNG_WINDOW;

    if (health->repeats >= TRNG_REPETITION_LIMIT || health->equal >= TRNG_PROPORTION_LIMIT) {
        /* The count does not run on, so it cannot wrap. */
        health->repeats = TRNG_REPETITION_LIMIT - 1;
        health->failed = true;
    }
    return !health->failed;
}

bool trng_health_bytes(struct trng_health *health, const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < 8 * count; i++) {
        trng_health_bit(health, bytes[i / 8] >> (i % 8));
    }
    return !health->failed;
}
