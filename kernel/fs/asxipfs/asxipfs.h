/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mounted image.  The range is flash that the Security Monitor has verified and
 * holds for this mount; only it can write flash.
 */
#ifndef _FS_ASXIPFS_H
#define _FS_ASXIPFS_H

#include <linux/fs.h>
#include <linux/uidgid.h>

#include "kernel/fs/asxipfs/format.h"

struct asxipfs_mount {
	phys_addr_t physical; /* page aligned */
	u32 held_bytes;       /* of the package that the monitor holds for this mount; 0 = none */
	struct span image;    /* the same bytes, in the kernel's map */
	u8 component[16];
	kuid_t uid;           /* owner of everything */
	kgid_t gid;
};

static inline struct asxipfs_mount *asxipfs_mount_of(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* The inode at that place of the image. */
struct inode *asxipfs_inode_get(struct super_block *sb, u32 at);
/* Where its contents lie; i_private holds the offset. */
static inline u32 asxipfs_offset(const struct inode *inode)
{
	return (u32)(unsigned long)inode->i_private;
}

extern const struct file_operations asxipfs_file_operations;
extern const struct file_operations asxipfs_directory_operations;

#endif
