// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/security-monitor.
 * Not here, so allowed to nobody: VERIFY_IMAGE and RELEASE_IMAGE (asxipfs alone decides what
 * is mapped), RESET (reboot(2)), IO_CORE_CONTROL (takes physical
 * addresses; AZURE_SPHERE_IO_CORE is its form for processes), the flash calls, OPEN_APPLICATION (mount the image instead).
 */
#include <linux/azure_sphere.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/uaccess.h>

#include "abi/azure_sphere.h"
#include "abi/monitor_call.h"
#include "abi/smc.h"
#include "kernel/drivers/azure_sphere/call_device.h"
#include "kernel/drivers/azure_sphere/intercore.h"

static const struct call_rule rules[] = {
	{ MONITOR_CALL_GET_VERSION, 0, LINUX_NONE },
	{ MONITOR_CALL_PING, 0, LINUX_NONE },
	/* the first process, which alone has all capabilities */
	{ SMC_TEND_WATCHDOG, AZURE_SPHERE_CAP_ALL, LINUX_NONE },
	/* update */
	{ MONITOR_CALL_NEW_UPDATE_NONCE, AZURE_SPHERE_CAP_UPDATE_IMAGE, LINUX_NONE },
	{ MONITOR_CALL_STAGE_MANIFESTS, AZURE_SPHERE_CAP_UPDATE_IMAGE, LINUX_NONE },
	{ MONITOR_CALL_GET_MISSING, AZURE_SPHERE_CAP_UPDATE_IMAGE, LINUX_NONE },
	{ MONITOR_CALL_OPEN_STAGING, AZURE_SPHERE_CAP_UPDATE_IMAGE, LINUX_NONE },
	{ MONITOR_CALL_WRITE_BLOCK, AZURE_SPHERE_CAP_UPDATE_IMAGE, LINUX_NONE },
	{ MONITOR_CALL_COMMIT_STAGING, AZURE_SPHERE_CAP_UPDATE_IMAGE, LINUX_NONE },
	{ MONITOR_CALL_ABORT_STAGING, AZURE_SPHERE_CAP_UPDATE_IMAGE, LINUX_NONE },
	{ MONITOR_CALL_INSTALL, AZURE_SPHERE_CAP_UPDATE_IMAGE, LINUX_NONE },
	{ MONITOR_CALL_GET_ROLLBACK, AZURE_SPHERE_CAP_UPDATE_IMAGE, LINUX_NONE },
	/* sideloading; the monitor asks the root of trust besides */
	{ MONITOR_CALL_SIDELOAD_OPEN, AZURE_SPHERE_CAP_SIDELOAD, LINUX_NONE },
	{ MONITOR_CALL_SIDELOAD_WRITE, AZURE_SPHERE_CAP_SIDELOAD, LINUX_NONE },
	{ MONITOR_CALL_SIDELOAD_COMMIT, AZURE_SPHERE_CAP_SIDELOAD, LINUX_NONE },
	{ MONITOR_CALL_SIDELOAD_INSTALL, AZURE_SPHERE_CAP_SIDELOAD, LINUX_NONE },
	{ MONITOR_CALL_SIDELOAD_REMOVE, AZURE_SPHERE_CAP_SIDELOAD, LINUX_NONE },
	/* the system on trial stays: the first process, which alone has every capability */
	{ MONITOR_CALL_CONFIRM, AZURE_SPHERE_CAP_ALL, LINUX_NONE },
	/* what is installed */
	{ MONITOR_CALL_GET_COMPONENTS, AZURE_SPHERE_CAP_QUERY_IMAGE_INFO, LINUX_NONE },
	{ MONITOR_CALL_GET_ABI, AZURE_SPHERE_CAP_QUERY_IMAGE_INFO, LINUX_NONE },
	{ SMC_FIND_IMAGE, AZURE_SPHERE_CAP_QUERY_IMAGE_INFO, LINUX_NONE },
	{ SMC_GET_MEASURED, AZURE_SPHERE_CAP_QUERY_IMAGE_INFO, LINUX_NONE },
	/* storage key of the caller's own component */
	{ SMC_DERIVE_KEY, AZURE_SPHERE_CAP_SFS, LINUX_NONE, IDENTITY_COMPONENT },
	/* log, telemetry, time */
	{ SMC_WRITE_LOG, 0, CAP_SYSLOG },
	{ SMC_GET_LOG_DATA_SIZE, AZURE_SPHERE_CAP_MANAGE_LOG_AND_TELEMETRY, LINUX_NONE },
	{ SMC_GET_LOG_DATA, AZURE_SPHERE_CAP_MANAGE_LOG_AND_TELEMETRY, LINUX_NONE },
	{ SMC_RECORD_TELEMETRY, AZURE_SPHERE_CAP_RECORD_TELEMETRY, LINUX_NONE },
	{ SMC_GET_TELEMETRY, AZURE_SPHERE_CAP_MANAGE_LOG_AND_TELEMETRY, LINUX_NONE },
	{ SMC_RESET_TELEMETRY, AZURE_SPHERE_CAP_MANAGE_LOG_AND_TELEMETRY, LINUX_NONE },
	{ SMC_RETAIN_TELEMETRY, AZURE_SPHERE_CAP_MANAGE_LOG_AND_TELEMETRY, LINUX_NONE },
	{ SMC_SET_RTC_TIME, 0, CAP_SYS_TIME },
	{ SMC_SET_RTC_ALARM, 0, CAP_SYS_TIME },
};

static const struct call_shape shapes[] = {
#define MONITOR_SHAPE(name, number, rights, min, max) { number, min, max, SMC_REPLY_MAX },
	MONITOR_CALL_TABLE(MONITOR_SHAPE)
#undef MONITOR_SHAPE
#define SMC_SHAPE(name, number, min, max, reply) { number, min, max, reply },
	SMC_CALL_TABLE(SMC_SHAPE)
#undef SMC_SHAPE
};

static const struct call_table table = {
	.rules = rules,
	.rule_count = ARRAY_SIZE(rules),
	.shapes = shapes,
	.shape_count = ARRAY_SIZE(shapes),
	.carry = monitor_call,
};

static long io_core_ioctl(unsigned long user)
{
	struct azure_sphere_io_core request;

	if (!azure_sphere_caller_has(AZURE_SPHERE_CAP_PERIPHERAL_PIN_MAPPING))
		return -EACCES;
	if (copy_from_user(&request, (void __user *)user, sizeof(request)))
		return -EFAULT;
	return io_core_control(&request);
}

static long monitor_ioctl(struct file *file, unsigned int command, unsigned long user)
{
	if (command == AZURE_SPHERE_IO_CORE)
		return io_core_ioctl(user);
	return call_device_ioctl(&table, command, user);
}

static const struct file_operations monitor_operations = {
	.unlocked_ioctl = monitor_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice monitor_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "security-monitor",
	.fops = &monitor_operations,
	.mode = 0666,
};
builtin_misc_device(monitor_device);
