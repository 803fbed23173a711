// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one flash partition that the normal world may write, NW_CONFIG, as a memory
 * technology device for JFFS2.  The monitor drives the controller and checks every
 * range; reading is direct where it shows a window, past the cache, which does not
 * see the monitor write.
 * No process opens the device itself: security/azure_sphere/rules.c.
 */
#include <linux/azure_sphere.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/mtd/mtd.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/unaligned.h>

#include "abi/monitor_call.h"
#include "abi/smc.h"

enum {
	PARTITION = 6,   /* NW_CONFIG, in the numbers of the image manifest */
	HEADER = 8,      /* of WRITE_FLASH: partition, 0, offset */
	PIECE = 4096,    /* WRITE_FLASH and READ_FLASH, at most */
	BLOCK_MIN = 8192 /* JFFS2 wants room for a page and its header in a block */
};

static const void *window;

static void header_put(u8 *request, u32 offset)
{
	put_unaligned_le16(PARTITION, request);
	put_unaligned_le16(0, request + 2);
	put_unaligned_le32(offset, request + 4);
}

/* Offset, then a length: ERASE_FLASH and READ_FLASH. */
static int range_call(u32 number, u32 offset, u32 length, void *reply, size_t room)
{
	u8 request[HEADER + 4];
	size_t got;
	u32 status;
	int err;

	header_put(request, offset);
	put_unaligned_le32(length, request + HEADER);
	err = monitor_call(number, request, sizeof(request), reply, room, &got, &status);
	if (err)
		return err;
	return status == MONITOR_OK && got == room ? 0 : -EIO;
}

static int flash_erase(struct mtd_info *mtd, struct erase_info *erase)
{
	return range_call(SMC_ERASE_FLASH, erase->addr, erase->len, NULL, 0);
}

static int flash_read(struct mtd_info *mtd, loff_t from, size_t bytes, size_t *done, u_char *to)
{
	int err = 0;

	*done = 0;
	if (window) {
		memcpy(to, window + from, bytes);
		*done = bytes;
		return 0;
	}
	while (*done < bytes && !err) {
		const u32 piece = min_t(size_t, bytes - *done, PIECE);

		err = range_call(SMC_READ_FLASH, from + *done, piece, to + *done, piece);
		if (!err)
			*done += piece;
	}
	return err;
}

static int piece_write(u32 offset, const u_char *from, u32 bytes)
{
	u8 *request = kmalloc(HEADER + bytes, GFP_KERNEL);
	size_t got;
	u32 status;
	int err;

	if (!request)
		return -ENOMEM;
	header_put(request, offset);
	memcpy(request + HEADER, from, bytes);
	err = monitor_call(SMC_WRITE_FLASH, request, HEADER + bytes, NULL, 0, &got, &status);
	kfree(request);
	if (err)
		return err;
	return status == MONITOR_OK ? 0 : -EIO;
}

static int flash_write(struct mtd_info *mtd, loff_t to, size_t bytes, size_t *done,
		       const u_char *from)
{
	int err = 0;

	*done = 0;
	while (*done < bytes && !err) {
		const u32 piece = min_t(size_t, bytes - *done, PIECE - HEADER);

		err = piece_write(to + *done, from + *done, piece);
		if (!err)
			*done += piece;
	}
	return err;
}

static struct mtd_info flash = {
	.name = "config",
	.type = MTD_NORFLASH,
	.flags = MTD_CAP_NORFLASH,
	.writesize = 1,
	.writebufsize = 256,
	._erase = flash_erase,
	._read = flash_read,
	._write = flash_write,
};

static int __init flash_init(void)
{
	u8 request[2], reply[16];
	u32 length, block, status;
	size_t got;
	int err;

	put_unaligned_le16(PARTITION, request);
	err = monitor_call(SMC_QUERY_FLASH, request, sizeof(request), reply, sizeof(reply), &got,
			   &status);
	if (err || status != MONITOR_OK || got != sizeof(reply)) {
		pr_err("flash: no configuration partition\n");
		return -ENODEV;
	}
	length = get_unaligned_le32(reply);
	block = max_t(u32, get_unaligned_le32(reply + 4), BLOCK_MIN);
	if (length == 0 || block % get_unaligned_le32(reply + 4) || length % block)
		return -EIO;
	if (get_unaligned_le32(reply + 12))
		window = memremap(get_unaligned_le32(reply + 12), length, MEMREMAP_WC);
	flash.size = length;
	flash.erasesize = block;
	return mtd_device_register(&flash, NULL, 0);
}
device_initcall(flash_init);
