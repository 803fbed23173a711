/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/schedule.h"

#include "tests/check.h"

int main(void)
{
    /* Full jitter: 1 ms up to base * 2^failures, never above the cap. */
    struct back_off b = {0};
    uint64_t bound = SCHEDULE_BACK_OFF_MS;
    for (int i = 0; i < 40; i++) {
        struct back_off low = b, high = b;
        CHECK_INT(back_off_next(&low, SCHEDULE_BACK_OFF_MS, SCHEDULE_BACK_OFF_MAX_MS, 0, 0), 1);
        CHECK_INT(back_off_next(&high, SCHEDULE_BACK_OFF_MS, SCHEDULE_BACK_OFF_MAX_MS, 0, bound - 1), bound);
        CHECK_INT(back_off_next(&b, SCHEDULE_BACK_OFF_MS, SCHEDULE_BACK_OFF_MAX_MS, 0, bound), 1);
        bound = bound * 2 < SCHEDULE_BACK_OFF_MAX_MS ? bound * 2 : SCHEDULE_BACK_OFF_MAX_MS;
    }
    CHECK_INT(b.failures, 40);
    b.failures = UINT32_MAX; /* does not begin anew */
    CHECK_INT(back_off_next(&b, 1000, 900000, 0, 899999), 900000);
    CHECK_INT(b.failures, UINT32_MAX);
    b.failures = 0; /* a cap below the base, and nothing at all */
    CHECK_INT(back_off_next(&b, 1000, 10, 0, UINT64_MAX), 1 + UINT64_MAX % 10);
    CHECK_INT(back_off_next(&b, 0, 0, 0, 5), 1);

    /* Retry-After: at least that long, at most a day. */
    b.failures = 0;
    CHECK_INT(back_off_next(&b, 1000, 900000, 30, 0), 30000);
    CHECK_INT(back_off_next(&b, 1000, 900000, UINT32_MAX, 0), 86400000);
    b.failures = 20;
    CHECK_INT(back_off_next(&b, 1000, 900000, 1, 899999), 900000);

    /* Renewal at two thirds of the life. */
    CHECK_INT(schedule_renewal_ms(86400), 57600000);
    CHECK_INT(schedule_renewal_ms(3), 2000);
    CHECK_INT(schedule_renewal_ms(0), 0);
    CHECK_INT(schedule_renewal_ms(UINT64_MAX), (uint64_t)SCHEDULE_LIFE_MAX_S * 1000 / 3 * 2);

    /* Check interval: 0 is the default, at most a week, a tenth of jitter from
     * a minute on. */
    CHECK_INT(schedule_check_ms(0, 0), 72000000);
    CHECK_INT(schedule_check_ms(1, UINT64_MAX), 1000);
    CHECK_INT(schedule_check_ms(59, UINT64_MAX), 59000);
    CHECK_INT(schedule_check_ms(60, 6000), 66000);
    CHECK_INT(schedule_check_ms(60, 6001), 60000);
    CHECK_INT(schedule_check_ms(UINT32_MAX, 0), 604800000);
    CHECK_INT(schedule_check_ms(UINT32_MAX, 60480000), 604800000 + 60480000);
    return check_done();
}
