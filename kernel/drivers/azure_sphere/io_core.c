// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The two I/O cores.  The Security Monitor loads, starts and stops them and opens the
 * pages that they share with this kernel; here is who may ask for it, and the carrying
 * of messages over those pages (ring.c).
 *
 * A core is hostile: it may raise its interrupt without end.  The handler only masks
 * it; the work is done by an ordinary thread, a batch at a time, so that a storm
 * costs its share of the processor and no more.
 */
#include <linux/azure_sphere.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <asm/cacheflush.h>
#include <asm/unaligned.h>

#include "abi/azure_sphere.h"
#include "abi/monitor_call.h"
#include "abi/mt3620_mailbox.h"
#include "abi/smc.h"
#include "kernel/drivers/azure_sphere/intercore.h"
#include "kernel/drivers/azure_sphere/ring.h"

enum {
	CORES = 2,
	BATCH = 8, /* messages at a time */
	SOFTWARE_ALL = 0xFF,
	RESET_BOTH = 1, /* GEN_CTRL */
	ACTION_START = 0,
	ACTION_STOP = 1,
	ACTION_BUFFER = 3,
	CONTROL_MAX = 16, /* bytes of a request */
};

enum { FROM_CORE, TO_CORE, PAGES }; /* the monitor's types of buffer */

struct io_core {
	u16 number;
	void __iomem *port; /* NULL: not there */
	struct work_struct work;
	struct mutex lock; /* of all below */
	bool running;
	u8 component[INTERCORE_COMPONENT_BYTES];
	struct page *pages[PAGES]; /* NULL: no communication */
	void *maps[PAGES];
	struct ring_pair rings;
	struct ring_message message;
};

DECLARE_WAIT_QUEUE_HEAD(intercore_changed);
atomic_t intercore_changes = ATOMIC_INIT(0);

static struct io_core cores[CORES];
static DEFINE_MUTEX(control_lock); /* one request at a time; before any core's lock */

static void changed(void)
{
	atomic_inc(&intercore_changes);
	wake_up_all(&intercore_changed);
}

/* ---- the monitor's part ---- */

static int control(const struct io_core *core, u16 action, const u32 *words, size_t count)
{
	u8 request[CONTROL_MAX];
	size_t got;
	u32 status;
	int err;

	put_unaligned_le16(action, request);
	put_unaligned_le16(core->number, request + 2);
	for (size_t i = 0; i < count; i++)
		put_unaligned_le32(words[i], request + 4 + 4 * i);
	err = monitor_call(SMC_IO_CORE_CONTROL, request, 4 + 4 * count, NULL, 0, &got, &status);
	if (err)
		return err;
	switch (status) {
	case MONITOR_OK: return 0;
	case MONITOR_INVALID_PARAMETER: return -EINVAL;
	case MONITOR_PERMISSION_DENIED: return -EACCES;
	case MONITOR_VERIFICATION_FAILED: return -ENOEXEC;
	default: return -EIO;
	}
}

/* ---- messages ---- */

static bool talks(const struct io_core *core)
{
	return core->pages[FROM_CORE] && !core->rings.broken;
}

/* Takes what the core has sent; whether there may be more. */
static bool take(struct io_core *core)
{
	struct ring_message *message = &core->message;
	bool more = true, any = false;

	for (unsigned i = 0; i < BATCH && more; i++) {
		const int err = ring_peek(&core->rings, message);

		if (err == E_MALFORMED)
			pr_warn("io-core %u: broke the protocol, no further messages\n", core->number);
		more = !err && !intercore_deliver(core->component, message->component,
						  message->payload, message->bytes);
		if (more)
			ring_drop(&core->rings, message);
		any |= more;
	}
	if (any)
		writel(INTERCORE_READ_BY_A7, core->port + MAILBOX_SW_TX_INT_PORT);
	return more;
}

static void work(struct work_struct *item)
{
	struct io_core *core = container_of(item, struct io_core, work);
	bool more = false;

	mutex_lock(&core->lock);
	/* before the rings are looked at: what comes later is seen, or rises again */
	writel(SOFTWARE_ALL, core->port + MAILBOX_SW_RX_INT_STS);
	if (talks(core))
		more = take(core);
	if (more)
		schedule_work(&core->work);
	else if (talks(core))
		writel(SOFTWARE_ALL, core->port + MAILBOX_SW_RX_INT_EN);
	mutex_unlock(&core->lock);
	changed();
}

static irqreturn_t raised(int irq, void *data)
{
	struct io_core *core = data;

	writel(0, core->port + MAILBOX_SW_RX_INT_EN);
	schedule_work(&core->work);
	return IRQ_HANDLED;
}

void intercore_resume(void)
{
	for (unsigned i = 0; i < CORES; i++)
		if (cores[i].port)
			schedule_work(&cores[i].work);
}

/* Locked, or NULL. */
static struct io_core *core_of(const u8 component[INTERCORE_COMPONENT_BYTES])
{
	for (unsigned i = 0; i < CORES; i++) {
		struct io_core *core = &cores[i];

		mutex_lock(&core->lock);
		if (core->running && talks(core) &&
		    memcmp(core->component, component, sizeof(core->component)) == 0)
			return core;
		mutex_unlock(&core->lock);
	}
	return NULL;
}

int intercore_send(const u8 from[INTERCORE_COMPONENT_BYTES], const u8 to[INTERCORE_COMPONENT_BYTES],
		   const u8 *payload, size_t bytes)
{
	struct io_core *core = core_of(to);
	int err;

	if (!core)
		return -ECONNRESET;
	err = ring_put(&core->rings, from, payload, bytes);
	if (!err)
		writel(INTERCORE_SENT_TO_CORE, core->port + MAILBOX_SW_TX_INT_PORT);
	mutex_unlock(&core->lock);
	if (err == E_FULL)
		return -EAGAIN;
	return err ? -ECONNRESET : 0;
}

bool intercore_ready(const u8 to[INTERCORE_COMPONENT_BYTES])
{
	struct io_core *core = core_of(to);
	bool ready = true;

	if (core) {
		ready = ring_fits(&core->rings, INTERCORE_PAYLOAD_MAX) || core->rings.broken;
		mutex_unlock(&core->lock);
	}
	return ready;
}

/* ---- start and stop; under control_lock and the core's lock ---- */

/* The core is stopped, or never had them. */
static void pages_free(struct io_core *core)
{
	for (unsigned i = 0; i < PAGES; i++) {
		if (core->maps[i])
			vunmap(core->maps[i]);
		if (core->pages[i])
			__free_page(core->pages[i]);
		core->maps[i] = NULL;
		core->pages[i] = NULL;
	}
}

/* Pages that no cache stands before: the other core does not see this one's. */
static int pages_new(struct io_core *core)
{
	for (unsigned i = 0; i < PAGES; i++) {
		core->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!core->pages[i])
			goto out;
		__cpuc_flush_dcache_area(page_address(core->pages[i]), PAGE_SIZE);
		core->maps[i] = vmap(&core->pages[i], 1, VM_MAP, pgprot_writecombine(PAGE_KERNEL));
		if (!core->maps[i])
			goto out;
	}
	return 0;
out:
	pages_free(core);
	return -ENOMEM;
}

static int core_stop(struct io_core *core)
{
	const int err = control(core, ACTION_STOP, NULL, 0);

	if (err)
		return err; /* it may run on: what it can reach stays as it is */
	core->running = false;
	writel(0, core->port + MAILBOX_SW_RX_INT_EN);
	pages_free(core);
	return 0;
}

static void command(const struct io_core *core, u32 word, const struct page *page)
{
	writel(page ? page_to_phys(page) | INTERCORE_RING_LOG2 : 0, core->port + MAILBOX_DATA_PUSH);
	writel(word, core->port + MAILBOX_CMD_PUSH);
}

static int core_talk(struct io_core *core)
{
	int err;

	if (!core->running)
		return -ENODEV;
	if (core->pages[FROM_CORE])
		return -EBUSY;
	err = pages_new(core);
	if (err)
		return err;
	ring_init(&core->rings, core->maps[TO_CORE], core->maps[FROM_CORE]);
	for (u32 type = 0; type < PAGES && !err; type++) {
		const u32 words[] = { type, page_to_phys(core->pages[type]), PAGE_SIZE };

		err = control(core, ACTION_BUFFER, words, ARRAY_SIZE(words));
	}
	if (err) {
		core_stop(core); /* closes what was opened */
		return err;
	}
	writel(SOFTWARE_ALL, core->port + MAILBOX_SW_RX_INT_STS);
	writel(SOFTWARE_ALL, core->port + MAILBOX_SW_RX_INT_EN);
	command(core, INTERCORE_COMMAND_OUTBOUND, core->pages[FROM_CORE]);
	command(core, INTERCORE_COMMAND_INBOUND, core->pages[TO_CORE]);
	command(core, INTERCORE_COMMAND_BEGIN, NULL);
	return 0;
}

static int core_run(struct io_core *core, const struct azure_sphere_io_core *request)
{
	u8 component[INTERCORE_COMPONENT_BYTES];
	u32 words[3] = { [2] = request->flags };
	struct fd file = fdget(request->fd);
	int err = -EBADF;

	if (!file.file)
		return err;
	err = asxipfs_file_place(file.file, component, &words[0], &words[1]);
	if (!err && memcmp(component, request->component, sizeof(component)) != 0)
		err = -EINVAL;
	if (!err)
		err = core_stop(core);
	if (!err) {
		/* nothing of the former application is left for the new one to read */
		writel(RESET_BOTH, core->port + MAILBOX_GEN_CTRL);
		err = control(core, ACTION_START, words, ARRAY_SIZE(words));
	}
	fdput(file);
	if (err)
		return err;
	memcpy(core->component, component, sizeof(component));
	core->running = true;
	return 0;
}

static bool runs_elsewhere(const struct azure_sphere_io_core *request)
{
	for (unsigned i = 0; i < CORES; i++)
		if (i != request->core && cores[i].running &&
		    memcmp(cores[i].component, request->component, INTERCORE_COMPONENT_BYTES) == 0)
			return true;
	return false;
}

int io_core_control(const struct azure_sphere_io_core *request)
{
	struct io_core *core;
	int err = -EINVAL;

	if (request->core >= CORES)
		return -EINVAL;
	core = &cores[request->core];
	if (!core->port)
		return -ENODEV;
	mutex_lock(&control_lock);
	mutex_lock(&core->lock);
	switch (request->request) {
	case AZURE_SPHERE_IO_CORE_RUN:
		err = runs_elsewhere(request) ? -EBUSY : core_run(core, request);
		break;
	case AZURE_SPHERE_IO_CORE_STOP: err = core_stop(core); break;
	case AZURE_SPHERE_IO_CORE_TALK: err = core_talk(core); break;
	}
	mutex_unlock(&core->lock);
	mutex_unlock(&control_lock);
	changed();
	return err;
}

static int __init core_init(struct device_node *node)
{
	struct io_core *core;
	void __iomem *port;
	u32 number;
	int irq, err;

	if (of_property_read_u32(node, "core", &number) || number >= CORES || cores[number].port)
		return -EINVAL;
	core = &cores[number];
	port = of_iomap(node, 0);
	irq = irq_of_parse_and_map(node, 0);
	if (!port || !irq || readl(port + MAILBOX_VERSION) != MAILBOX_VERSION_VALUE)
		return -ENODEV;
	core->port = port;
	err = request_irq(irq, raised, 0, "io-core", core);
	if (err)
		core->port = NULL;
	return err;
}

static int __init io_core_init(void)
{
	struct device_node *node;

	for (u16 i = 0; i < CORES; i++) {
		cores[i].number = i;
		mutex_init(&cores[i].lock);
		INIT_WORK(&cores[i].work, work);
	}
	for_each_compatible_node(node, NULL, "microsoft,mt3620-rt-core-comm") {
		const int err = core_init(node);

		if (err)
			pr_err("io-core: %pOF: %d\n", node, err);
	}
	return 0;
}
subsys_initcall(io_core_init);
