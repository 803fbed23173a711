// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/drivers/azure_sphere/call_device.h"

#include <linux/azure_sphere.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "abi/azure_sphere.h"

static const struct call_rule *rule_find(const struct call_table *table, u32 number)
{
	for (size_t i = 0; i < table->rule_count; i++)
		if (table->rules[i].number == number)
			return &table->rules[i];
	return NULL;
}

static const struct call_shape *shape_find(const struct call_table *table, u32 number)
{
	for (size_t i = 0; i < table->shape_count; i++)
		if (table->shapes[i].number == number)
			return &table->shapes[i];
	return NULL;
}

static bool rule_allows(const struct call_rule *rule)
{
	return rule && azure_sphere_caller_has(rule->capabilities) &&
	       (rule->linux_capability == LINUX_NONE || capable(rule->linux_capability));
}

static int identity_put(const struct call_rule *rule, u8 *request)
{
	switch (rule->identity) {
	case IDENTITY_NONE:
		return 0;
	case IDENTITY_COMPONENT:
		azure_sphere_caller_component(request);
		return 0;
	case IDENTITY_TENANT:
		if (azure_sphere_caller_has(AZURE_SPHERE_CAP_ATTESTATION_RUNTIME))
			return 0;
		return azure_sphere_caller_tenant(request) ? -EACCES : 0;
	}
	return -EACCES;
}

static int reply_give(struct azure_sphere_call *call, const void *reply, size_t got, u32 status,
		      void __user *user)
{
	call->reply_bytes = got;
	call->status = status;
	if (got && copy_to_user((void __user *)(unsigned long)call->reply, reply, got))
		return -EFAULT;
	return copy_to_user(user, call, sizeof(*call)) ? -EFAULT : 0;
}

static int call_carry(const struct call_table *table, const struct call_rule *rule,
		      const struct call_shape *shape, struct azure_sphere_call *call,
		      void __user *user)
{
	const size_t room = min(call->reply_room, shape->reply_max);
	u8 *request = NULL, *reply = NULL;
	size_t got = 0;
	u32 status = 0;
	int err = -ENOMEM;

	/* charged to the caller's memory group */
	if (call->request_bytes) {
		request = kvmalloc(call->request_bytes, GFP_KERNEL_ACCOUNT);
		if (!request)
			goto out;
	}
	if (room) {
		reply = kvzalloc(room, GFP_KERNEL_ACCOUNT);
		if (!reply)
			goto out;
	}
	err = -EFAULT;
	if (request && copy_from_user(request, (void __user *)(unsigned long)call->request,
				      call->request_bytes))
		goto out;
	err = identity_put(rule, request);
	if (!err)
		err = table->carry(call->number, request, call->request_bytes, reply, room, &got,
				   &status);
	if (!err)
		err = reply_give(call, reply, got, status, user);
out:
	kvfree_sensitive(request, call->request_bytes);
	kvfree_sensitive(reply, room);
	return err;
}

long call_device_ioctl(const struct call_table *table, unsigned int command, unsigned long user)
{
	const struct call_rule *rule;
	const struct call_shape *shape;
	struct azure_sphere_call call;

	if (command != AZURE_SPHERE_CALL)
		return -ENOTTY;
	if (copy_from_user(&call, (void __user *)user, sizeof(call)))
		return -EFAULT;
	rule = rule_find(table, call.number);
	shape = shape_find(table, call.number);
	if (!rule_allows(rule) || !shape)
		return -EACCES;
	if (call.request_bytes < shape->request_min || call.request_bytes > shape->request_max ||
	    (rule->identity != IDENTITY_NONE && call.request_bytes < 16))
		return -EINVAL;
	return call_carry(table, rule, shape, &call, (void __user *)user);
}
