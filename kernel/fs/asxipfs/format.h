/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One step at a time through an ASXipFS image: an inode by its place, the
 * entries of a directory one after the other.
 * Source: docs/spec/asxipfs.md.  Caller: the file system; on the host its test and
 * fuzzer, which compare it with lib/asxipfs.c.
 * Trust: the image has passed asxipfs_open(), which checks it as a whole
 * (uniqueness, order, loops, sums).  Here everything is checked again that a single
 * step needs to stay inside the image and within types that we take.
 * Errors: E_MALFORMED, E_UNSUPPORTED (type, set-id); E_NOT_FOUND past the last entry.
 */
#ifndef PERI_KERNEL_ASXIPFS_FORMAT_H
#define PERI_KERNEL_ASXIPFS_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/cursor.h"

struct asxipfs_node {
	uint32_t at;      /* of the inode in the image; its number in the file system */
	uint32_t next;    /* of the inode after it in its directory */
	bool directory;
	bool executable;
	uint32_t size;    /* bytes */
	uint32_t offset;  /* of a file's first page, or a directory's first entry */
	struct span name; /* view into the image; empty for the root */
};

int asxipfs_node_at(struct span image, uint32_t at, struct asxipfs_node *node) MUST_CHECK;
/* at: directory->offset for the first entry, then node.next. */
int asxipfs_node_entry(struct span image, const struct asxipfs_node *directory, uint32_t at,
		       struct asxipfs_node *node) MUST_CHECK;
/* Entry with exactly this name; E_NOT_FOUND. */
int asxipfs_node_lookup(struct span image, const struct asxipfs_node *directory, struct span name,
			struct asxipfs_node *node) MUST_CHECK;
/* Pages of a file; the last one may be part. */
static inline uint32_t asxipfs_node_pages(const struct asxipfs_node *node)
{
	return (node->size + 4095) / 4096;
}

#endif
