/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Health tests of the noise source, on every raw sample before conditioning.
 * Source: NIST SP 800-90B section 4.4: repetition count test (4.4.1) and
 * adaptive proportion test (4.4.2); start-up per 4.3.
 *
 * A sample is one byte with at least 2 bits of min-entropy claimed (H = 2);
 * the cut-offs are for a false alarm of 2^-40 a sample:
 *   repetition  1 + ceil(40 / H)
 *   proportion  1 + critbinom(512, 2^-H, 1 - 2^-40)
 * A good source of full-entropy bytes never comes near either.
 *
 * Invariant: once failed is set, it stays set until health_init().
 */
#ifndef PERI_PLUTON_RUNTIME_HEALTH_H
#define PERI_PLUTON_RUNTIME_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

enum {
    HEALTH_REPETITION_CUTOFF = 21,
    HEALTH_WINDOW = 512,
    HEALTH_PROPORTION_CUTOFF = 201,
    HEALTH_STARTUP_SAMPLES = 1024,
};

struct health {
    bool failed;
    bool started;        /* last and counted hold a sample */
    uint8_t last;        /* repetition count test */
    uint8_t counted;     /* proportion test: first sample of the window */
    uint16_t repeated;   /* times last came in a row */
    uint16_t seen;       /* samples of the window so far */
    uint16_t occurred;   /* of these, equal to counted */
};

void health_init(struct health *health);
/* False once the source has failed. */
bool health_sample(struct health *health, uint8_t sample);

#endif
