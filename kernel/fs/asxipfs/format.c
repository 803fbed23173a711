// SPDX-License-Identifier: GPL-2.0-or-later
/* Compiles in the kernel and on the host. */
#include "kernel/fs/asxipfs/format.h"

#include "abi/asxipfs.h"
#include "lib/asxipfs.h"

/* Type, bounds and alignment of what the inode points at. */
static int node_check(struct span image, uint16_t mode, const struct asxipfs_node *node)
{
	const uint16_t type = mode & ASXIPFS_MODE_TYPE;

	if ((type != ASXIPFS_MODE_DIRECTORY && type != ASXIPFS_MODE_REGULAR) ||
	    (mode & ASXIPFS_MODE_SET_ID) != 0 ||
	    (type == ASXIPFS_MODE_REGULAR && (mode & ASXIPFS_MODE_IN_PLACE) == 0))
		return E_UNSUPPORTED;
	if (node->size == 0)
		return 0;
	if (node->offset > image.len || node->size > image.len - node->offset)
		return E_MALFORMED;
	if (type == ASXIPFS_MODE_DIRECTORY)
		return node->offset >= ASXIPFS_SUPER_BYTES ? 0 : E_MALFORMED;
	if (node->offset == 0 || node->offset % ASXIPFS_PAGE_BYTES != 0)
		return E_MALFORMED;
	/* A mapping shows whole pages: the last one must be the image's too. */
	return asxipfs_node_pages(node) <= (image.len - node->offset) / ASXIPFS_PAGE_BYTES ?
		       0 : E_MALFORMED;
}

int asxipfs_node_at(struct span image, uint32_t at, struct asxipfs_node *node)
{
	struct cursor c = cursor_of(image);

	*node = (struct asxipfs_node){0};
	cursor_skip(&c, at);
	const uint16_t mode = cursor_u16le(&c);
	cursor_skip(&c, 2); /* uid: whoever mounts decides */
	const uint32_t size = cursor_u32le(&c) & 0xffffff;
	const uint32_t word = cursor_u32le(&c);
	const struct span padded = cursor_bytes(&c, (word & 0x3f) * 4);
	if (c.err)
		return E_MALFORMED;

	size_t len = padded.len;
	while (len > 0 && padded.at[len - 1] == 0)
		len--;
	const struct asxipfs_node got = {
		.at = at,
		.next = at + ASXIPFS_INODE_BYTES + (uint32_t)padded.len,
		.directory = (mode & ASXIPFS_MODE_TYPE) == ASXIPFS_MODE_DIRECTORY,
		.executable = (mode & 0100) != 0,
		.size = size,
		.offset = (word >> 6) * 4,
		.name = span_of(padded.at, len),
	};
	const int err = node_check(image, mode, &got);
	if (!err)
		*node = got;
	return err;
}

int asxipfs_node_entry(struct span image, const struct asxipfs_node *directory, uint32_t at,
		       struct asxipfs_node *node)
{
	const struct asxipfs_node in = *directory; /* node may be the same */
	const uint32_t end = in.offset + in.size;

	*node = (struct asxipfs_node){0};
	if (!in.directory || at < in.offset || at > end)
		return E_MALFORMED;
	if (at == end)
		return E_NOT_FOUND;
	struct asxipfs_node got;
	const int err = asxipfs_node_at(image, at, &got);
	if (err)
		return err;
	if (got.next > end || got.name.len == 0)
		return E_MALFORMED;
	*node = got;
	return 0;
}

int asxipfs_node_lookup(struct span image, const struct asxipfs_node *directory, struct span name,
			struct asxipfs_node *node)
{
	const struct asxipfs_node in = *directory;
	uint32_t at = in.offset;

	/* at grows by at least an inode a step, and ends with the directory */
	for (;;) {
		const int err = asxipfs_node_entry(image, &in, at, node);
		if (err)
			return err;
		if (span_equal(node->name, name))
			return 0;
		at = node->next;
	}
}
