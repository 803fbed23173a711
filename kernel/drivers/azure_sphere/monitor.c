// SPDX-License-Identifier: GPL-2.0-or-later
/* Monitor calls: abi/smc.h. */
#include <linux/arm-smccc.h>
#include <linux/azure_sphere.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "abi/monitor_call.h"
#include "abi/smc.h"

/* The monitor reads and writes these pages; whole ones, so that nothing else of
 * the kernel is in reach of a length that is wrong on the other side. */
static void *pages_new(size_t bytes)
{
	return bytes ? alloc_pages_exact(bytes, GFP_KERNEL | __GFP_NOWARN) : NULL;
}

static void pages_free(void *pages, size_t bytes)
{
	if (!pages)
		return;
	/* may hold a derived key */
	memzero_explicit(pages, bytes);
	free_pages_exact(pages, bytes);
}

static u32 physical(const void *pages)
{
	return pages ? (u32)virt_to_phys((void *)pages) : 0;
}

int monitor_call(u32 number, const void *request, size_t request_bytes, void *reply,
		 size_t reply_room, size_t *got, u32 *status)
{
	struct arm_smccc_res res;
	void *in, *out;
	int err = -ENOMEM;

	*got = 0;
	*status = SMC_UNKNOWN;
	if (request_bytes > SMC_REQUEST_MAX || reply_room > SMC_REPLY_MAX)
		return -EINVAL;
	in = pages_new(request_bytes);
	out = pages_new(reply_room);
	if ((request_bytes && !in) || (reply_room && !out))
		goto out;
	if (in)
		memcpy(in, request, request_bytes);
	if (out)
		memset(out, 0, reply_room);

	arm_smccc_smc(SMC_FUNCTION(number), physical(in), request_bytes, physical(out),
		      reply_room, 0, 0, 0, &res);
	err = -EIO;
	if (res.a0 == SMC_UNKNOWN || res.a1 > reply_room)
		goto out;
	if (out)
		memcpy(reply, out, res.a1);
	*got = res.a1;
	*status = res.a0;
	err = 0;
out:
	pages_free(in, request_bytes);
	pages_free(out, reply_room);
	return err;
}

u32 monitor_call_atomic(u32 number, const u32 *words, size_t count)
{
	/* one core, and those who call with words are on their way out */
	static u32 request[2];
	struct arm_smccc_res res;

	if (count > ARRAY_SIZE(request))
		return MONITOR_INVALID_PARAMETER;
	if (count)
		memcpy(request, words, count * sizeof(u32));
	arm_smccc_smc(SMC_FUNCTION(number), count ? physical(request) : 0, count * sizeof(u32), 0,
		      0, 0, 0, 0, &res);
	return res.a0;
}
