// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Restart and power off are the monitor's: MONITOR_CALL_RESET.  A panic leaves a
 * marker in the telemetry first, so that the next boot can tell.
 */
#include <linux/azure_sphere.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/pm.h>
#include <linux/reboot.h>

#include "abi/monitor_call.h"
#include "abi/smc.h"

/* Telemetry ids: value << 6 | kind << 3 | type; here a count without data. */
#define MARKER_KERNEL_PANIC (100u << 6)

static void reset(u32 how)
{
	monitor_call_atomic(MONITOR_CALL_RESET, &how, 1);
}

static int restart(struct notifier_block *self, unsigned long mode, void *command)
{
	reset(0);
	return NOTIFY_DONE;
}

static void power_off(void)
{
	reset(1);
}

static int record_panic(struct notifier_block *self, unsigned long event, void *message)
{
	const u32 marker[] = { MARKER_KERNEL_PANIC, 0 };

	monitor_call_atomic(SMC_RECORD_TELEMETRY, marker, ARRAY_SIZE(marker));
	return NOTIFY_DONE;
}

static struct notifier_block restart_block = {
	.notifier_call = restart,
	.priority = 128,
};

static struct notifier_block panic_block = {
	.notifier_call = record_panic,
};

static int __init reset_init(void)
{
	pm_power_off = power_off;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return register_restart_handler(&restart_block);
}
/* Early: a panic before the other drivers must be a reset too. */
arch_initcall(reset_init);
