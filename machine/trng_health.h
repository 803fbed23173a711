/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Continuous health tests over the raw bits of the noise source.
 * Source: NIST SP 800-90B, 4.4.1 (repetition count) and 4.4.2 (adaptive proportion).
 * Caller: trng.c.  No QEMU header here, so that the tests are tested alone.
 *
 * Claimed is half a bit of entropy a raw bit (H = 1/2); a good source raises a false
 * alarm with probability 2^-30 a test or less.  From these two the limits:
 *   repetition   1 + ceil(30 / H)                           equal bits in a row: alarm
 *   proportion   1 + critbinom(1024, 2^-H, 1 - 2^-30)       bits of a window of 1,024 that
 *                                                           equal its first: alarm
 * Start-up test (4.3): the same two over the first 1,024 bits, which are not used.
 */
#ifndef PERI_MACHINE_TRNG_HEALTH_H
#define PERI_MACHINE_TRNG_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TRNG_REPETITION_LIMIT = 61,
    TRNG_WINDOW = 1024,
    TRNG_PROPORTION_LIMIT = 810,
};

struct trng_health {
    bool failed; /* only set */
    uint8_t last;
    uint16_t repeats; /* of last, so far; 0 = no bit yet */
    uint8_t first;    /* of the window */
    uint16_t equal;   /* to first, in the window */
    uint16_t seen;    /* in the window */
};

void trng_health_init(struct trng_health *health);

/* False once a test has failed, and from then on. */
bool trng_health_bit(struct trng_health *health, unsigned bit);
bool trng_health_bytes(struct trng_health *health, const uint8_t *bytes, unsigned count);

#endif
