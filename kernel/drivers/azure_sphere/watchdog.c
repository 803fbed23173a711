// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The monitor resets the chip when nobody tends its watchdog for SMC_WATCHDOG_SECONDS.
 * The kernel tends it once, when it has come this far; from then on it is the first
 * process's business (/dev/security-monitor), because only that one knows whether the device
 * does its work.  A timer here would go on while everything above it hangs.
 */
#include <linux/azure_sphere.h>
#include <linux/init.h>

#include "abi/smc.h"

static int __init watchdog_init(void)
{
	monitor_call_atomic(SMC_TEND_WATCHDOG, NULL, 0);
	return 0;
}
device_initcall(watchdog_init);
