// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pluton's noise source as a hardware random number generator; the kernel's own
 * thread feeds its pool from it.  Before that, the pool has the seed that the
 * monitor put into the device tree (/chosen/rng-seed).
 */
#include <linux/azure_sphere.h>
#include <linux/errno.h>
#include <linux/hw_random.h>
#include <linux/init.h>
#include <linux/minmax.h>

#include "abi/pluton_call.h"

static int random_read(struct hwrng *rng, void *data, size_t max, bool wait)
{
	const u16 bytes = min_t(size_t, max, PLUTON_RANDOM_MAX);
	size_t got;
	u32 status;
	int err;

	if (!wait || bytes == 0)
		return 0;
	err = pluton_call(PLUTON_READ_RNG, &bytes, sizeof(bytes), data, bytes, &got, &status);
	if (err)
		return err;
	return status == PLUTON_OK && got == bytes ? bytes : -EIO;
}

static struct hwrng random_source = {
	.name = "pluton",
	.read = random_read,
	.quality = 1024,
};

static int __init random_init(void)
{
	return hwrng_register(&random_source);
}
late_initcall(random_init);
