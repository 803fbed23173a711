/* SPDX-License-Identifier: BSD-2-Clause */
/* The A7's watchdog: a normal world that stops tending it costs a chip reset. */
#include "abi/mt3620_wdt.h"
#include "monitor/svc/monitor.h"
#include "monitor/svc/plat.h"

_Static_assert(SMC_WATCHDOG_SECONDS * WDT_TICKS_PER_SECOND <= WDT_TICKS_MAX, "the counter holds it");

static void reg_set(uint32_t offset, uint32_t value)
{
    plat_write(MT3620_A7_WDT + offset, value);
}

void watchdog_arm(void)
{
    const uint32_t ticks = SMC_WATCHDOG_SECONDS * WDT_TICKS_PER_SECOND;
    reg_set(WDT_LENGTH, ticks << WDT_LENGTH_SHIFT | WDT_LENGTH_KEY);
    reg_set(WDT_RESTART, WDT_RESTART_KEY);
    reg_set(WDT_MODE, WDT_MODE_KEY | WDT_MODE_ENABLE);
}

void watchdog_stop(void)
{
    reg_set(WDT_MODE, WDT_MODE_KEY);
}

enum monitor_status svc_TEND_WATCHDOG(struct monitor *m, struct cursor *in, struct writer *reply)
{
    (void)m;
    (void)in;
    (void)reply;
    reg_set(WDT_RESTART, WDT_RESTART_KEY);
    return MONITOR_OK;
}
