/* SPDX-License-Identifier: BSD-2-Clause */
/* The MCU has no clock that runs while it is off: it starts in 1970. */
#include "os/appman/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void clock_offer(uint64_t now_s)
{
    uint64_t ours = (uint64_t)time(NULL), apart = ours > now_s ? ours - now_s : now_s - ours;
    if (apart <= CLOCK_TOLERANCE_S)
        return;
    if (clock_settime(CLOCK_REALTIME, &(struct timespec){.tv_sec = (time_t)now_s}) != 0)
        fprintf(stderr, "application-manager: setting the clock: %s\n", strerror(errno));
}

/* 2024-01-01: a clock that shows less was not set since the chip was switched on. */
static const int64_t never_set_s = 1704067200;

void clock_suggest(uint64_t now_s)
{
    if (time(NULL) < never_set_s && now_s >= (uint64_t)never_set_s)
        clock_offer(now_s);
}
