/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the kernel: calls into the secure world and to the root of trust, and
 * who the caller of a system call is.
 * Source: docs/spec/kernel.md, abi/smc.h, abi/pluton_call.h.
 */
#ifndef _LINUX_AZURE_SPHERE_H
#define _LINUX_AZURE_SPHERE_H

#include <linux/types.h>

/*
 * One monitor call.  request and reply may be NULL when their length is 0; they
 * are copied through memory of this function's own, so any kernel memory will do.
 * May sleep.  0 and *status (enum monitor_status), *got bytes of reply; -ENOMEM,
 * -EINVAL (too long), -EIO (the monitor does not answer as the specification says).
 */
int monitor_call(u32 number, const void *request, size_t request_bytes, void *reply,
		 size_t reply_room, size_t *got, u32 *status);

/* The same without memory or sleep, for two words at most and no reply; returns the status. */
u32 monitor_call_atomic(u32 number, const u32 *words, size_t count);

/*
 * One Pluton call, up to PLUTON_PAYLOAD_MAX bytes each way.  One at a time; sleeps until
 * Pluton answers.  0 and *status (enum pluton_status); -ENODEV, -EINVAL, -EBUSY (too many
 * wait), -EIO (no answer in time, or not one to this call).
 */
int pluton_call(u32 command, const void *request, size_t request_bytes, void *reply,
		size_t reply_room, size_t *got, u32 *status);

/*
 * Whether the device capability AppDevelopment is enabled, as Pluton last said; "no" until
 * it has.  Callers hold spin locks, so the asking is done before: at boot, and whenever a
 * capability file is applied.
 */
bool pluton_development_mode(void);
void pluton_development_mode_ask(void);

struct super_block;
/* Whether this is a mounted, and so verified, image (fs/asxipfs). */
bool asxipfs_is(const struct super_block *sb);
struct file;
/* Flash that holds a file of an image, as the monitor's calls take it, and whose image it
 * is.  0; -EINVAL: not a regular file of an image, open for reading. */
int asxipfs_file_place(const struct file *file, u8 component[16], u32 *address, u32 *bytes);

/* Credential of the current process (security/azure_sphere). */
bool azure_sphere_caller_has(u32 capabilities);
void azure_sphere_caller_component(u8 component[16]);
/* Tenant of the caller as GUID bytes; -ENODATA when it has none. */
int azure_sphere_caller_tenant(u8 tenant[16]);

#endif
