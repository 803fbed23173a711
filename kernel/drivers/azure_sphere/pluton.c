// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transport to Pluton: abi/pluton_call.h, "Transport of the MCU".
 *
 * One block, allocated once and never freed, because a late answer may still be
 * written to it; one call at a time.  A call that is not answered in time leaves the
 * block with Pluton: until its answer arrives, no other call is made.
 */
#include <linux/atomic.h>
#include <linux/azure_sphere.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/of_irq.h>
#include <linux/of_address.h>
#include <linux/of.h>
#include <linux/string.h>
#include <asm/unaligned.h>

#include "abi/capability.h"
#include "abi/mt3620_mailbox.h"
#include "abi/pluton_call.h"

enum {
	ANSWER_SECONDS = 25, /* as the original */
	CALLERS_MAX = 8,     /* in the call or waiting for it (TALOS-2020-1117) */
	ARRIVED_IRQ = 1,     /* of the three of a port */
	INT_ALL = 0xF,
};

static void __iomem *port;
static u8 *block;
static DEFINE_MUTEX(call_lock);
static atomic_t callers = ATOMIC_INIT(0);
static DECLARE_COMPLETION(answered);
static u32 sequence; /* of the call under way or the last one; never 0 */
static bool stuck;   /* the block is still Pluton's */
static bool refused; /* Pluton named no block of ours */
static bool development_mode;

static irqreturn_t arrived(int irq, void *unused)
{
	const u32 own = (u32)virt_to_phys(block);
	bool any = false;

	writel(INT_ALL, port + MAILBOX_INT_STS);
	while (readl(port + MAILBOX_POP_CNT)) {
		const u32 data = readl(port + MAILBOX_DATA_POP);
		const u32 command = readl(port + MAILBOX_CMD_POP);

		any = true;
		if (command != own || (data != READ_ONCE(sequence) && data != 0))
			continue;
		WRITE_ONCE(refused, data == 0);
		complete(&answered);
	}
	return any ? IRQ_HANDLED : IRQ_NONE;
}

static int exchange(u32 command, const void *request, size_t request_bytes)
{
	if (stuck) {
		if (!try_wait_for_completion(&answered))
			return -EIO;
		stuck = false;
	}
	put_unaligned_le32(0, block + PLUTON_BLOCK_PROCESSED);
	put_unaligned_le32(PLUTON_BLOCK_MAX - PLUTON_BLOCK_CALL, block + PLUTON_BLOCK_CAPACITY);
	put_unaligned_le16(command, block + PLUTON_BLOCK_CALL);
	put_unaligned_le16(0, block + PLUTON_BLOCK_CALL + 2);
	put_unaligned_le32(request_bytes, block + PLUTON_BLOCK_CALL + 4);
	if (request_bytes)
		memcpy(block + PLUTON_BLOCK_CALL + PLUTON_HEADER_BYTES, request, request_bytes);

	reinit_completion(&answered);
	if (++sequence == 0)
		sequence = 1;
	writel(sequence, port + MAILBOX_DATA_PUSH); /* with the barrier that publishes the block */
	writel((u32)virt_to_phys(block), port + MAILBOX_CMD_PUSH);
	if (!wait_for_completion_timeout(&answered, ANSWER_SECONDS * HZ)) {
		stuck = true;
		return -EIO;
	}
	if (refused || get_unaligned_le32(block + PLUTON_BLOCK_PROCESSED) != 1)
		return -EIO;
	return 0;
}

/* Pluton is trusted by the kernel; a length that cannot be is still an error, not a copy. */
static int take_reply(u32 command, void *reply, size_t reply_room, size_t *got, u32 *status)
{
	const u8 *header = block + PLUTON_BLOCK_CALL;
	const u32 bytes = get_unaligned_le32(header + 4);

	if (get_unaligned_le16(header) != command || bytes > PLUTON_PAYLOAD_MAX)
		return -EIO;
	if (bytes > reply_room)
		return -EINVAL;
	*status = get_unaligned_le16(header + 2);
	if (bytes)
		memcpy(reply, header + PLUTON_HEADER_BYTES, bytes);
	*got = bytes;
	return 0;
}

int pluton_call(u32 command, const void *request, size_t request_bytes, void *reply,
		size_t reply_room, size_t *got, u32 *status)
{
	int err;

	*got = 0;
	*status = PLUTON_UNKNOWN_COMMAND;
	if (!block)
		return -ENODEV;
	if (request_bytes > PLUTON_PAYLOAD_MAX || command > U16_MAX)
		return -EINVAL;
	if (atomic_inc_return(&callers) > CALLERS_MAX) {
		atomic_dec(&callers);
		return -EBUSY;
	}
	mutex_lock(&call_lock);
	err = exchange(command, request, request_bytes);
	if (!err)
		err = take_reply(command, reply, reply_room, got, status);
	if (!stuck) /* the next caller's mistake shall not show this one's bytes */
		memset(block, 0, PLUTON_BLOCK_MAX);
	mutex_unlock(&call_lock);
	atomic_dec(&callers);
	return err;
}

bool pluton_development_mode(void)
{
	return READ_ONCE(development_mode);
}

void pluton_development_mode_ask(void)
{
	const u16 capability = CAPABILITY_APP_DEVELOPMENT;
	u8 enabled = 0;
	size_t got;
	u32 status;
	const int err = pluton_call(PLUTON_IS_CAPABILITY_ENABLED, &capability, sizeof(capability),
				    &enabled, sizeof(enabled), &got, &status);

	WRITE_ONCE(development_mode, !err && status == PLUTON_OK && got == sizeof(enabled) &&
					     enabled == 1);
}

static int __init pluton_init(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "mediatek,mt3620-pluton");
	int irq, err = -ENODEV;
	u8 *pages = NULL;

	if (!node)
		return -ENODEV;
	port = of_iomap(node, 0);
	irq = irq_of_parse_and_map(node, ARRIVED_IRQ);
	pages = alloc_pages_exact(PLUTON_BLOCK_MAX, GFP_KERNEL | __GFP_ZERO);
	if (!port || !irq || !pages || readl(port + MAILBOX_VERSION) != MAILBOX_VERSION_VALUE)
		goto out;
	block = pages;
	err = request_irq(irq, arrived, 0, "pluton", NULL);
	if (err)
		goto out;
	writel(INT_ALL, port + MAILBOX_INT_STS);
	writel(INT_ALL, port + MAILBOX_INT_EN);
out:
	if (err) {
		block = NULL;
		if (pages)
			free_pages_exact(pages, PLUTON_BLOCK_MAX);
		pr_err("pluton: no root of trust: %d\n", err);
	}
	of_node_put(node);
	return err;
}
subsys_initcall(pluton_init);
