// SPDX-License-Identifier: GPL-2.0-or-later
/* Restart and power off are the monitor's: MONITOR_CALL_RESET. */
#include <linux/azure_sphere.h>
#include <linux/init.h>
#include <linux/notifier.h>
#include <linux/pm.h>
#include <linux/reboot.h>

#include "abi/monitor_call.h"

static int restart(struct notifier_block *self, unsigned long mode, void *command)
{
	monitor_call_atomic(MONITOR_CALL_RESET, 0, sizeof(u32));
	return NOTIFY_DONE;
}

static struct notifier_block restart_block = {
	.notifier_call = restart,
	.priority = 128,
};

static void power_off(void)
{
	monitor_call_atomic(MONITOR_CALL_RESET, 1, sizeof(u32));
}

static int __init reset_init(void)
{
	pm_power_off = power_off;
	return register_restart_handler(&restart_block);
}
/* Early: a panic before the other drivers must be a reset too. */
arch_initcall(reset_init);
