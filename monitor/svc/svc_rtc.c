/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SET_RTC_TIME, SET_RTC_ALARM: the normal world reads the clock, and asks here to
 * set it.  The calls speak Unix seconds, the clock a calendar from 2000 to 2099.
 */
#include "abi/mt3620_rtc.h"
#include "monitor/svc/monitor.h"
#include "monitor/svc/plat.h"

#define DAY_SECONDS 86400u
#define FOUR_YEARS (4 * 365 + 1u) /* days; no century in the clock's range breaks the rule */
#define CLOCK_BEGIN (10957 * DAY_SECONDS) /* 2000-01-01 in Unix seconds */
#define CLOCK_SECONDS (25 * FOUR_YEARS * DAY_SECONDS)

static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/* From the year down to the second: that write takes all over. */
static enum monitor_status calendar_set(uint32_t base, uint64_t unix_seconds)
{
    if (unix_seconds < CLOCK_BEGIN || unix_seconds - CLOCK_BEGIN >= CLOCK_SECONDS)
        return MONITOR_INVALID_PARAMETER;
    const uint32_t since = (uint32_t)(unix_seconds - CLOCK_BEGIN); /* 100 years fit */
    const uint32_t second = since % DAY_SECONDS;
    uint32_t days = since / DAY_SECONDS;
    uint32_t year = days / FOUR_YEARS * 4, month = 0;
    days %= FOUR_YEARS;
    if (days >= 366) {
        year += 1 + (days - 366) / 365;
        days = (days - 366) % 365;
    }
    const uint32_t leap = year % 4 == 0;
    for (uint32_t length; days >= (length = month_days[month] + (month == 1 ? leap : 0)); month++)
        days -= length;

    plat_write(base + RTC_YEAR, year);
    plat_write(base + RTC_MONTH, month + 1);
    plat_write(base + RTC_DAY, days + 1);
    plat_write(base + RTC_HOUR, second / 3600);
    plat_write(base + RTC_MINUTE, second / 60 % 60);
    plat_write(base + RTC_SECOND, second % 60);
    return MONITOR_OK;
}

enum monitor_status svc_SET_RTC_TIME(struct monitor *m, struct cursor *in, struct writer *reply)
{
    (void)m;
    (void)reply;
    return calendar_set(MT3620_RTC + RTC_TIME, cursor_u64le(in));
}

enum monitor_status svc_SET_RTC_ALARM(struct monitor *m, struct cursor *in, struct writer *reply)
{
    const uint64_t at = cursor_u64le(in);
    (void)m;
    (void)reply;
    if (at != 0) {
        const enum monitor_status status = calendar_set(MT3620_RTC + RTC_ALARM, at);
        if (status != MONITOR_OK)
            return status;
    }
    plat_write(MT3620_RTC + RTC_CONTROL, at ? RTC_CONTROL_ALARM : 0);
    return MONITOR_OK;
}
