/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device whose one ioctl carries calls to a more trusted side, by a table of
 * who may ask what.
 * Source: abi/azure_sphere.h.  Users: monitor_device.c, pluton_device.c.
 * Default deny: a number without a row is allowed to nobody, the first process
 * included.
 */
#ifndef _CALL_DEVICE_H
#define _CALL_DEVICE_H

#include <linux/types.h>

/* What the kernel itself writes at the start of the request. */
enum call_identity {
	IDENTITY_NONE,
	IDENTITY_COMPONENT, /* the caller's, always */
	IDENTITY_TENANT,    /* the caller's, unless it has ATTESTATION_RUNTIME */
};

enum { LINUX_NONE = -1 };

struct call_rule {
	u32 number;
	u32 capabilities; /* AZURE_SPHERE_CAP_*: all of them */
	int linux_capability; /* CAP_*, or LINUX_NONE */
	enum call_identity identity;
};

/* Lengths, from the tables of abi/. */
struct call_shape {
	u32 number;
	u32 request_min, request_max, reply_max;
};

struct call_table {
	const struct call_rule *rules;
	size_t rule_count;
	const struct call_shape *shapes;
	size_t shape_count;
	int (*carry)(u32 number, const void *request, size_t request_bytes, void *reply,
		     size_t reply_room, size_t *got, u32 *status);
};

/* The ioctl AZURE_SPHERE_CALL: 0, or what abi/azure_sphere.h lists; -ENOTTY for others. */
long call_device_ioctl(const struct call_table *table, unsigned int command, unsigned long user);

#endif
