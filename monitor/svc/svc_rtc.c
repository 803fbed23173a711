/* SPDX-License-Identifier: BSD-2-Clause */
/* SET_RTC_TIME, SET_RTC_ALARM: the normal world reads the clock, and asks here to set it. */
#include "abi/mt3620_rtc.h"
#include "monitor/svc/monitor.h"
#include "monitor/svc/plat.h"

/* The high word first: the low one takes both over. */
static enum monitor_status pair_set(struct cursor *in, uint32_t low, uint32_t high)
{
    const uint64_t seconds = cursor_u64le(in);
    plat_write(MT3620_RTC + high, (uint32_t)(seconds >> 32));
    plat_write(MT3620_RTC + low, (uint32_t)seconds);
    return MONITOR_OK;
}

enum monitor_status svc_SET_RTC_TIME(struct monitor *m, struct cursor *in, struct writer *reply)
{
    (void)m;
    (void)reply;
    return pair_set(in, RTC_TIME_LOW, RTC_TIME_HIGH);
}

enum monitor_status svc_SET_RTC_ALARM(struct monitor *m, struct cursor *in, struct writer *reply)
{
    (void)m;
    (void)reply;
    return pair_set(in, RTC_ALARM_LOW, RTC_ALARM_HIGH);
}
