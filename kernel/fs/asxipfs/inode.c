// SPDX-License-Identifier: GPL-2.0-or-later
/* Inodes, look-up and reading of directories. */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "kernel/fs/asxipfs/asxipfs.h"

static const struct inode_operations directory_inode_operations;
static const struct inode_operations file_inode_operations;

static struct asxipfs_node node_of(const struct inode *inode)
{
	return (struct asxipfs_node){
		.directory = true,
		.size = (u32)inode->i_size,
		.offset = asxipfs_offset(inode),
	};
}

struct inode *asxipfs_inode_get(struct super_block *sb, u32 at)
{
	const struct asxipfs_mount *mount = asxipfs_mount_of(sb);
	struct asxipfs_node node;
	struct inode *inode;

	if (asxipfs_node_at(mount->image, at, &node))
		return ERR_PTR(-EUCLEAN);
	inode = iget_locked(sb, at);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!(inode->i_state & I_NEW))
		return inode;

	inode->i_uid = mount->uid;
	inode->i_gid = mount->gid;
	inode->i_size = node.size;
	inode->i_blocks = asxipfs_node_pages(&node) * (PAGE_SIZE / 512);
	inode->i_private = (void *)(unsigned long)node.offset;
	if (node.directory) {
		inode->i_mode = S_IFDIR | 0755;
		set_nlink(inode, 2);
		inode->i_op = &directory_inode_operations;
		inode->i_fop = &asxipfs_directory_operations;
	} else {
		inode->i_mode = S_IFREG | (node.executable ? 0755 : 0644);
		inode->i_op = &file_inode_operations;
		inode->i_fop = &asxipfs_file_operations;
	}
	unlock_new_inode(inode);
	return inode;
}

static struct dentry *directory_lookup(struct inode *parent, struct dentry *dentry,
				       unsigned int flags)
{
	const struct asxipfs_node directory = node_of(parent);
	struct asxipfs_node node;
	struct inode *inode = NULL;
	int err;

	if (dentry->d_name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	err = asxipfs_node_lookup(asxipfs_mount_of(parent->i_sb)->image, &directory,
				  span_of(dentry->d_name.name, dentry->d_name.len), &node);
	if (!err)
		inode = asxipfs_inode_get(parent->i_sb, node.at);
	else if (err != E_NOT_FOUND)
		return ERR_PTR(-EUCLEAN);
	return d_splice_alias(inode, dentry);
}

/* Positions: 0 and 1 are the dots, then the place of an entry in the image.  The
 * walk starts at the first entry each time, because a position may be made up. */
static int directory_iterate(struct file *file, struct dir_context *context)
{
	const struct inode *inode = file_inode(file);
	const struct span image = asxipfs_mount_of(inode->i_sb)->image;
	const struct asxipfs_node directory = node_of(inode);
	struct asxipfs_node node;
	u32 at = directory.offset;
	int err = 0;

	if (!dir_emit_dots(file, context) || directory.size == 0)
		return 0;
	while ((err = asxipfs_node_entry(image, &directory, at, &node)) == 0) {
		if (at >= context->pos && !dir_emit(context, (const char *)node.name.at,
						    node.name.len, node.at,
						    node.directory ? DT_DIR : DT_REG))
			return 0;
		at = node.next;
		context->pos = max_t(loff_t, context->pos, at);
	}
	return err == E_NOT_FOUND ? 0 : -EUCLEAN;
}

static const struct inode_operations directory_inode_operations = {
	.lookup = directory_lookup,
};

static const struct inode_operations file_inode_operations = {};

const struct file_operations asxipfs_directory_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = directory_iterate,
};
