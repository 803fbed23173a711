// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tells the monitor that the kernel's timers still run; when it does not for
 * SMC_WATCHDOG_SECONDS, the monitor resets the chip.
 */
#include <linux/azure_sphere.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/timer.h>

#include "abi/smc.h"

#define TEND_SECONDS 40

static void tend(struct timer_list *timer)
{
	monitor_call_atomic(SMC_TEND_WATCHDOG, NULL, 0);
	mod_timer(timer, jiffies + TEND_SECONDS * HZ);
}

static DEFINE_TIMER(tend_timer, tend);

static int __init watchdog_init(void)
{
	BUILD_BUG_ON(TEND_SECONDS >= (int)SMC_WATCHDOG_SECONDS);
	tend(&tend_timer);
	return 0;
}
device_initcall(watchdog_init);
