// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/pluton.  Pluton knows one normal world; this table divides it among processes.
 * Not here, so allowed to nobody: READ_RNG (getrandom(2)), and every call of the
 * secure world.
 */
#include <linux/atomic.h>
#include <linux/azure_sphere.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>

#include "abi/azure_sphere.h"
#include "abi/pluton_call.h"
#include "kernel/drivers/azure_sphere/call_device.h"

static const struct call_rule rules[] = {
	{ PLUTON_SET_POSTCODE, AZURE_SPHERE_CAP_POSTCODE, LINUX_NONE },
	/* public state */
	{ PLUTON_GET_SECURITY_STATE, 0, LINUX_NONE },
	{ PLUTON_IS_CAPABILITY_ENABLED, 0, LINUX_NONE },
	{ PLUTON_GET_ENABLED_CAPABILITIES, 0, LINUX_NONE },
	{ PLUTON_DECODE_CAPABILITIES, 0, LINUX_NONE },
	/* attestation and client keys */
	{ PLUTON_GENERATE_CLIENT_AUTH_KEY, AZURE_SPHERE_CAP_ATTESTATION_RUNTIME, LINUX_NONE },
	{ PLUTON_COMMIT_CLIENT_AUTH_KEY, AZURE_SPHERE_CAP_ATTESTATION_RUNTIME, LINUX_NONE },
	{ PLUTON_PROCESS_ATTESTATION, AZURE_SPHERE_CAP_ATTESTATION_RUNTIME, LINUX_NONE },
	{ PLUTON_GET_TENANT_PUBLIC_KEY, 0, LINUX_NONE, IDENTITY_TENANT },
	{ PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, 0, LINUX_NONE, IDENTITY_TENANT },
	/* life-cycle */
	{ PLUTON_GET_MANUFACTURING_STATE, AZURE_SPHERE_CAP_UPDATE_SECURITY_STATE, LINUX_NONE },
	{ PLUTON_SET_MANUFACTURING_STATE, AZURE_SPHERE_CAP_UPDATE_SECURITY_STATE, LINUX_NONE },
	{ PLUTON_APPLY_CAPABILITIES, AZURE_SPHERE_CAP_UPDATE_SECURITY_STATE, LINUX_NONE },
};

static const struct call_shape shapes[] = {
#define PLUTON_SHAPE(name, number, rights, states, min, max) \
	{ number, min, max, PLUTON_PAYLOAD_MAX },
	PLUTON_CALL_TABLE(PLUTON_SHAPE)
#undef PLUTON_SHAPE
};

/*
 * Whoever has no rights asks for what everybody may know.  Pluton is asked one call at a
 * time by a bounded number of callers (pluton.c): these get no more than half of the
 * places, so that no application keeps the OS services out.
 */
enum { PLAIN_MAX = 4 };
static atomic_t plain_callers = ATOMIC_INIT(0);

static bool caller_plain(void)
{
	return !azure_sphere_caller_has(AZURE_SPHERE_CAP_ATTESTATION_RUNTIME) &&
	       !azure_sphere_caller_has(AZURE_SPHERE_CAP_UPDATE_SECURITY_STATE) &&
	       !azure_sphere_caller_has(AZURE_SPHERE_CAP_POSTCODE);
}

static int carry(u32 number, const void *request, size_t request_bytes, void *reply,
		 size_t reply_room, size_t *got, u32 *status)
{
	const bool plain = caller_plain();
	int err = -EBUSY;

	if (!plain || atomic_inc_return(&plain_callers) <= PLAIN_MAX)
		err = pluton_call(number, request, request_bytes, reply, reply_room, got, status);
	if (plain)
		atomic_dec(&plain_callers);
	if (number == PLUTON_APPLY_CAPABILITIES)
		pluton_development_mode_ask();
	return err;
}

static const struct call_table table = {
	.rules = rules,
	.rule_count = ARRAY_SIZE(rules),
	.shapes = shapes,
	.shape_count = ARRAY_SIZE(shapes),
	.carry = carry,
};

static long pluton_ioctl(struct file *file, unsigned int command, unsigned long user)
{
	return call_device_ioctl(&table, command, user);
}

static const struct file_operations pluton_operations = {
	.unlocked_ioctl = pluton_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice pluton_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pluton",
	.fops = &pluton_operations,
	.mode = 0666,
};

static int __init pluton_device_init(void)
{
	pluton_development_mode_ask();
	return misc_register(&pluton_device);
}
device_initcall(pluton_device_init);
