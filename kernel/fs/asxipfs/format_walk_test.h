/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole tree by single steps, compared with what lib/asxipfs.c lists: for the
 * test and the fuzzer.  The image has passed asxipfs_open().
 */
#ifndef PERI_KERNEL_ASXIPFS_FORMAT_WALK_TEST_H
#define PERI_KERNEL_ASXIPFS_FORMAT_WALK_TEST_H

#include <string.h>

#include "abi/asxipfs.h"
#include "kernel/fs/asxipfs/format.h"
#include "lib/asxipfs.h"

/* One entry of the list and the node of the same path, found name by name. */
static bool entry_agrees(const struct asxipfs *fs, const struct asxipfs_entry *entry)
{
	struct asxipfs_node node;
	const char *at = entry->path;

	if (asxipfs_node_at(fs->bytes, ASXIPFS_ROOT_AT, &node) != 0)
		return false;
	while (*at == '/' && at[1] != '\0') {
		const char *name = at + 1;
		const struct asxipfs_node directory = node;
		at = name + strcspn(name, "/");
		if (asxipfs_node_lookup(fs->bytes, &directory, span_of(name, (size_t)(at - name)), &node) != 0)
			return false;
	}
	return node.directory == entry->directory &&
	       (node.directory || (node.size == entry->data.len &&
				   node.executable == ((entry->mode & 0100) != 0) &&
				   (node.size == 0 || fs->bytes.at + node.offset == entry->data.at)));
}

/* Entries below a directory, itself included; -1 if a step fails. */
static long nodes_count(struct span image, const struct asxipfs_node *directory, unsigned depth)
{
	struct asxipfs_node node;
	uint32_t at = directory->offset;
	long count = 1;
	int err = E_NOT_FOUND;

	if (depth > ASXIPFS_DEPTH_MAX)
		return -1;
	while (directory->size > 0 && (err = asxipfs_node_entry(image, directory, at, &node)) == 0) {
		const long below = node.directory ? nodes_count(image, &node, depth + 1) : 1;
		if (below < 0)
			return -1;
		count += below;
		at = node.next;
	}
	return err == E_NOT_FOUND ? count : -1;
}

static bool walk_agrees(const struct asxipfs *fs)
{
	struct asxipfs_node root;
	struct asxipfs_entry entry;

	if (asxipfs_node_at(fs->bytes, ASXIPFS_ROOT_AT, &root) != 0 || root.name.len != 0 ||
	    nodes_count(fs->bytes, &root, 0) != (long)fs->files)
		return false;
	for (uint32_t i = 0; i < fs->files; i++)
		if (asxipfs_at(fs, i, &entry) != 0 || !entry_agrees(fs, &entry))
			return false;
	return true;
}

#endif
