/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When to do it next: back-off after failures, renewal, update checks.
 * Source: docs/spec/azured.md.  Pure arithmetic; times are milliseconds of a
 * clock that goes on while the device sleeps and knows nothing of dates.
 * random is 64 bits of the root of trust: a fleet that lost its service must
 * not come back in step, and a guessable jitter could be lined up.
 */
#ifndef PERI_OS_AZURED_SCHEDULE_H
#define PERI_OS_AZURED_SCHEDULE_H

#include <stdint.h>

enum {
    SCHEDULE_BACK_OFF_MS = 1000,
    SCHEDULE_BACK_OFF_MAX_MS = 15 * 60 * 1000,
    SCHEDULE_REFUSED_MS = 60 * 1000, /* a refused update costs a download each time */
    SCHEDULE_RETRY_AFTER_MAX_S = 24 * 60 * 60,
    SCHEDULE_CHECK_DEFAULT_S = 72000,
    SCHEDULE_CHECK_MAX_S = 7 * 24 * 60 * 60,
    SCHEDULE_JITTER_FROM_S = 60, /* shorter intervals are for tests and demonstrations */
    SCHEDULE_LIFE_MAX_S = 7 * 24 * 60 * 60, /* of a certificate; ours live 24 h */
};

struct back_off {
    uint32_t failures;
};

/* Milliseconds to wait after one more failure: full jitter, that is 1 to
 * base * 2^failures, at most max; at least retry_after_s when that is not 0. */
uint64_t back_off_next(struct back_off *b, uint64_t base_ms, uint64_t max_ms, uint32_t retry_after_s,
                       uint64_t random);
/* Milliseconds from now until a certificate is renewed: two thirds of its life. */
uint64_t schedule_renewal_ms(uint64_t life_s);
/* Milliseconds until the next check: the interval, bounded, 0 meaning the
 * default, and up to a tenth longer from SCHEDULE_JITTER_FROM_S on. */
uint64_t schedule_check_ms(uint32_t interval_s, uint64_t random);

#endif
