/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input as it is, and as the first bytes of an image with its size and sum put
 * right.  Steps stay inside whatever they are given; what lib/asxipfs.c opens, both
 * walk alike.
 */
#include <stdlib.h>

#include "kernel/fs/asxipfs/format_walk_test.h"
#include "lib/crc32.h"

enum { FS_BYTES = 3 * ASXIPFS_PAGE_BYTES, STEPS_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void demand_inside(struct span image, const struct asxipfs_node *node)
{
	demand(node->next >= node->at + ASXIPFS_INODE_BYTES && node->next <= image.len);
	demand(node->size == 0 ||
	       (node->offset <= image.len && node->size <= image.len - node->offset));
	demand(node->size == 0 || node->directory ||
	       (uint64_t)node->offset + (uint64_t)asxipfs_node_pages(node) * ASXIPFS_PAGE_BYTES <= image.len);
}

/* Every place as an inode, and if it is a directory, its entries. */
static void anywhere(struct span image)
{
	struct asxipfs_node node, entry;
	unsigned steps = 0;

	for (size_t at = 0; at + ASXIPFS_INODE_BYTES <= image.len && at < 1024; at += 4) {
		if (asxipfs_node_at(image, (uint32_t)at, &node) != 0)
			continue;
		demand_inside(image, &node);
		for (uint32_t next = node.offset;
		     steps < STEPS_MAX && asxipfs_node_entry(image, &node, next, &entry) == 0; steps++) {
			demand_inside(image, &entry);
			demand(entry.next > next && entry.name.len > 0);
			next = entry.next;
		}
	}
}

static void one(struct span bytes)
{
	struct asxipfs fs;

	anywhere(bytes);
	if (asxipfs_open(bytes, &fs) == 0)
		demand(walk_agrees(&fs));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	one(span_of(data, size));

	uint8_t *fs = calloc(1, FS_BYTES);
	if (!fs)
		return 0;
	if (size > 0)
		memcpy(fs, data, size < FS_BYTES ? size : FS_BYTES);
	struct writer w = writer_of(fs + 4, 4);
	writer_u32le(&w, FS_BYTES);
	w = writer_of(fs + ASXIPFS_CRC_AT, ASXIPFS_CRC_BYTES);
	memset(w.at, 0, w.cap);
	writer_u32le(&w, crc32_update(0, fs, FS_BYTES));
	one(span_of(fs, FS_BYTES));
	free(fs);
	return 0;
}
