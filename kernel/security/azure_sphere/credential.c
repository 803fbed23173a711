// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The credential.  The first process has all rights and is the application
 * manager; a child of it says once who it will be, and is held to that from then on,
 * through fork and exec, by no more than what the manager wrote.
 */
#include "kernel/security/azure_sphere/azure_sphere.h"

#include <linux/azure_sphere.h>
#include <linux/binfmts.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uuid.h>
#include <asm/unaligned.h>

void __init credential_boot(void)
{
	struct azure_sphere_credential *own = azure_sphere_of(current->real_cred);

	own->is_app_man = true;
	own->capabilities = AZURE_SPHERE_CAP_ALL;
}

int credential_prepare(struct cred *new, const struct cred *old, gfp_t gfp)
{
	*azure_sphere_of(new) = *azure_sphere_of(old);
	return 0;
}

void credential_transfer(struct cred *new, const struct cred *old)
{
	*azure_sphere_of(new) = *azure_sphere_of(old);
}

/*
 * A program that the kernel itself starts (its task has no memory yet) would inherit
 * what the first process has.  The only one there is, the crash handler
 * (CONFIG_STATIC_USERMODEHELPER_PATH), needs two capabilities.  It does not
 * get the rest, nor Linux's: a chain of vulnerabilities ended in it once.
 */
int credential_exec(struct linux_binprm *program, struct file *file)
{
	struct cred *new = program->cred;

	if (current->mm || is_global_init(current))
		return 0;
	*azure_sphere_of(new) = (struct azure_sphere_credential){
		.capabilities = AZURE_SPHERE_CAP_RECORD_TELEMETRY |
				AZURE_SPHERE_CAP_MANAGE_LOG_AND_TELEMETRY,
	};
	/* after the rules for root, which gave all of them */
	cap_clear(new->cap_bset);
	cap_raise(new->cap_bset, CAP_SYSLOG);
	new->cap_permitted = new->cap_effective = new->cap_bset;
	cap_clear(new->cap_inheritable);
	cap_clear(new->cap_ambient);
	return 0;
}

static bool all_zero(const u8 *at, size_t bytes)
{
	return !memchr_inv(at, 0, bytes);
}

/* A GUID as text, or nothing; zero padded to the end. */
static bool tenant_good(const u8 *at)
{
	char text[UUID_STRING_LEN + 1];

	if (all_zero(at, AZURE_SPHERE_TENANT_BYTES))
		return true;
	memcpy(text, at, UUID_STRING_LEN);
	text[UUID_STRING_LEN] = '\0';
	return uuid_is_valid(text) &&
	       all_zero(at + UUID_STRING_LEN, AZURE_SPHERE_TENANT_BYTES - UUID_STRING_LEN);
}

/* Reads the layout of abi/azure_sphere.h; *out is untouched on failure. */
static int credential_parse(const u8 *at, size_t bytes, struct azure_sphere_credential *out)
{
	const u8 job_control = at[AZURE_SPHERE_CREDENTIAL_JOB_CONTROL];
	const u32 capabilities = get_unaligned_le32(at + AZURE_SPHERE_CREDENTIAL_CAPABILITIES);

	if (bytes != AZURE_SPHERE_CREDENTIAL_BYTES || job_control > 1 ||
	    capabilities == AZURE_SPHERE_CAP_ALL ||
	    !tenant_good(at + AZURE_SPHERE_CREDENTIAL_TENANT) ||
	    !all_zero(at + AZURE_SPHERE_CREDENTIAL_ZERO,
		      AZURE_SPHERE_CREDENTIAL_CAPABILITIES - AZURE_SPHERE_CREDENTIAL_ZERO))
		return -EINVAL;
	*out = (struct azure_sphere_credential){
		.job_control = job_control,
		.capabilities = capabilities,
	};
	memcpy(out->component, at + AZURE_SPHERE_CREDENTIAL_COMPONENT, sizeof(out->component));
	memcpy(out->tenant, at + AZURE_SPHERE_CREDENTIAL_TENANT, sizeof(out->tenant));
	return 0;
}

/* value: the kernel's copy of what was written to /proc/self/attr/<name>. */
int credential_write(const char *name, void *value, size_t size)
{
	struct azure_sphere_credential next;
	struct cred *new;
	int err;

	if (strcmp(name, "exec") != 0)
		return -EINVAL;
	if (!azure_sphere_of(current_cred())->is_app_man)
		return -EPERM;
	if (size != AZURE_SPHERE_CREDENTIAL_BYTES)
		return -EINVAL;
	err = credential_parse(value, size, &next);
	if (err)
		return err;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	*azure_sphere_of(new) = next;
	task_set_no_new_privs(current);
	commit_creds(new);
	return size;
}

static int read_binary(const struct azure_sphere_credential *from, char **value)
{
	u8 *out = kzalloc(AZURE_SPHERE_CREDENTIAL_BYTES, GFP_KERNEL);

	if (!out)
		return -ENOMEM;
	memcpy(out + AZURE_SPHERE_CREDENTIAL_COMPONENT, from->component, sizeof(from->component));
	out[AZURE_SPHERE_CREDENTIAL_JOB_CONTROL] = from->job_control;
	memcpy(out + AZURE_SPHERE_CREDENTIAL_TENANT, from->tenant, sizeof(from->tenant));
	put_unaligned_le32(from->capabilities, out + AZURE_SPHERE_CREDENTIAL_CAPABILITIES);
	*value = (char *)out;
	return AZURE_SPHERE_CREDENTIAL_BYTES;
}

static int read_text(const struct azure_sphere_credential *from, char **value)
{
	*value = kasprintf(GFP_KERNEL, "CID: %pUl\nTID: %s\nCAPS: %08X\n", from->component,
			   from->tenant, from->capabilities);
	return *value ? strlen(*value) : -ENOMEM;
}

/* *value is the caller's to free. */
int credential_read(struct task_struct *task, const char *name, char **value)
{
	struct azure_sphere_credential copy;

	rcu_read_lock();
	copy = *azure_sphere_of(__task_cred(task));
	rcu_read_unlock();
	if (strcmp(name, "exec") == 0)
		return read_binary(&copy, value);
	if (strcmp(name, "current") == 0)
		return read_text(&copy, value);
	return -EINVAL;
}

bool azure_sphere_caller_has(u32 capabilities)
{
	return (azure_sphere_of(current_cred())->capabilities & capabilities) == capabilities;
}

void azure_sphere_caller_component(u8 component[16])
{
	memcpy(component, azure_sphere_of(current_cred())->component, 16);
}

int azure_sphere_caller_tenant(u8 tenant[16])
{
	guid_t guid;

	if (guid_parse(azure_sphere_of(current_cred())->tenant, &guid))
		return -ENODATA;
	memcpy(tenant, guid.b, 16);
	return 0;
}
