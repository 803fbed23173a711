// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mounting: mount("<component id>", "/mnt/apps/x", "asxipfs", flags, "uid=1001,gid=1001").
 * Source: docs/spec/kernel.md §3.
 *
 * The caller names a component, never an address.  The monitor says where its
 * image lies, verifies the whole package, and holds its place until the unmount; then the
 * format is checked as a whole.  Only then does the image get an inode.
 */
#include <linux/azure_sphere.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/magic.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include <linux/string.h>
#include <linux/uuid.h>
#include <asm/unaligned.h>

#include "abi/asxipfs.h"
#include "abi/image.h"
#include "abi/monitor_call.h"
#include "abi/mt3620.h"
#include "abi/smc.h"
#include "kernel/fs/asxipfs/asxipfs.h"
#include "lib/asxipfs.h"

struct options {
	kuid_t uid;
	kgid_t gid;
};

enum { OPTION_UID, OPTION_GID };

static const struct fs_parameter_spec option_table[] = {
	fsparam_u32("uid", OPTION_UID),
	fsparam_u32("gid", OPTION_GID),
	{}
};

/* Where the monitor found an image. */
struct place {
	u32 address, bytes; /* of the whole package */
	u16 type;
};

/* Images that are file systems. */
static bool type_mountable(u16 type)
{
	return type == IMAGE_TYPE_ROOT_FS || type == IMAGE_TYPE_SERVICES ||
	       type == IMAGE_TYPE_APPLICATIONS || type == IMAGE_TYPE_UPDATE_CERT_STORE;
}

static bool place_good(const struct place *place)
{
	return place->address >= MT3620_FLASH && place->address % PAGE_SIZE == 0 &&
	       place->address - MT3620_FLASH < MT3620_FLASH_BYTES &&
	       place->bytes >= ASXIPFS_SUPER_BYTES &&
	       place->bytes <= MT3620_FLASH_BYTES - (place->address - MT3620_FLASH) &&
	       type_mountable(place->type);
}

static int image_find(const u8 component[16], struct place *place)
{
	u8 reply[12];
	size_t got;
	u32 status;
	int err = monitor_call(SMC_FIND_IMAGE, component, 16, reply, sizeof(reply), &got, &status);

	if (err)
		return err;
	if (status != MONITOR_OK)
		return status == MONITOR_IMAGE_NOT_FOUND ? -ENOENT : -EACCES;
	if (got != sizeof(reply))
		return -EIO;
	place->address = get_unaligned_le32(reply);
	place->bytes = get_unaligned_le32(reply + 4);
	place->type = get_unaligned_le16(reply + 8);
	return place_good(place) ? 0 : -EIO;
}

static int place_call(u32 number, u32 address, u32 bytes, u8 *reply, size_t room, size_t *got,
		      u32 *status)
{
	u8 request[8];

	put_unaligned_le32(address, request);
	put_unaligned_le32(bytes, request + 4);
	return monitor_call(number, request, sizeof(request), reply, room, got, status);
}

/* Verified, and the image that was asked for; *body: bytes of the file system.  From then on
 * the monitor holds the place for this mount. */
static int image_verify(struct asxipfs_mount *mount, const struct place *place, u32 *body)
{
	const u8 *component = mount->component;
	u8 reply[72];
	size_t got;
	u32 status;
	int err;

	err = place_call(SMC_VERIFY_IMAGE, place->address, place->bytes, reply, sizeof(reply), &got,
			 &status);
	if (err)
		return err;
	if (status != MONITOR_OK)
		return -EKEYREJECTED;
	mount->physical = place->address;
	mount->held_bytes = place->bytes;
	if (got != sizeof(reply) || get_unaligned_le16(reply) != place->type ||
	    memcmp(reply + 4, component, 16) != 0)
		return -EIO;
	*body = get_unaligned_le32(reply + 68);
	return *body >= ASXIPFS_SUPER_BYTES && *body <= place->bytes ? 0 : -EIO;
}

static int asxipfs_statfs(struct dentry *dentry, struct kstatfs *stat)
{
	stat->f_type = ASXIPFS_MAGIC;
	stat->f_bsize = PAGE_SIZE;
	stat->f_blocks = asxipfs_mount_of(dentry->d_sb)->image.len / PAGE_SIZE;
	stat->f_namelen = ASXIPFS_NAME_MAX;
	return 0;
}

static const struct super_operations super_operations = {
	.statfs = asxipfs_statfs,
};

bool asxipfs_is(const struct super_block *sb)
{
	return sb->s_op == &super_operations;
}

int asxipfs_file_place(const struct file *file, u8 component[16], u32 *address, u32 *bytes)
{
	const struct inode *inode = file_inode(file);
	const struct asxipfs_mount *mount;

	if (!asxipfs_is(inode->i_sb) || !S_ISREG(inode->i_mode) || !(file->f_mode & FMODE_READ))
		return -EINVAL;
	mount = asxipfs_mount_of(inode->i_sb);
	memcpy(component, mount->component, sizeof(mount->component));
	*address = mount->physical + asxipfs_offset(inode);
	*bytes = i_size_read(inode);
	return 0;
}

static int image_map(struct super_block *sb, const struct place *place, u32 body)
{
	struct asxipfs_mount *mount = asxipfs_mount_of(sb);
	struct asxipfs fs;
	void *map = memremap(place->address, body, MEMREMAP_WB);

	if (!map)
		return -ENOMEM;
	mount->image = span_of(map, body);
	if (asxipfs_open(mount->image, &fs))
		return -EUCLEAN; /* signed, and yet not a good image: kill unmaps */
	mount->image = fs.bytes;
	return 0;
}

static int asxipfs_fill(struct super_block *sb, struct fs_context *context)
{
	const struct options *options = context->fs_private;
	struct asxipfs_mount *mount;
	struct place place;
	struct inode *root;
	guid_t component;
	u32 body;
	int err;

	if (!context->source || guid_parse(context->source, &component) ||
	    context->source[UUID_STRING_LEN] != '\0')
		return invalf(context, "asxipfs: the source is no component id");
	err = image_find(component.b, &place);
	if (err)
		return err;

	mount = kzalloc(sizeof(*mount), GFP_KERNEL);
	if (!mount)
		return -ENOMEM;
	memcpy(mount->component, component.b, sizeof(mount->component));
	mount->uid = options->uid;
	mount->gid = options->gid;
	sb->s_fs_info = mount; /* from here on kill undoes what was done */
	err = image_verify(mount, &place, &body);
	if (!err)
		err = image_map(sb, &place, body);
	if (err)
		return err;

	sb->s_magic = ASXIPFS_MAGIC;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_maxbytes = ASXIPFS_BYTES_MAX;
	sb->s_flags |= SB_RDONLY | SB_NOSUID | SB_NODEV | SB_NOATIME;
	sb->s_iflags |= SB_I_NODEV;
	sb->s_op = &super_operations;
	sb->s_time_gran = NSEC_PER_SEC;
	root = asxipfs_inode_get(sb, ASXIPFS_ROOT_AT);
	if (IS_ERR(root))
		return PTR_ERR(root);
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int context_option(struct fs_context *context, struct fs_parameter *parameter)
{
	struct options *options = context->fs_private;
	struct fs_parse_result result;
	const int option = fs_parse(context, option_table, parameter, &result);

	if (option < 0)
		return option;
	if (option == OPTION_UID) {
		options->uid = make_kuid(current_user_ns(), result.uint_32);
		return uid_valid(options->uid) ? 0 : -EINVAL;
	}
	options->gid = make_kgid(current_user_ns(), result.uint_32);
	return gid_valid(options->gid) ? 0 : -EINVAL;
}

static int context_tree(struct fs_context *context)
{
	context->sb_flags |= SB_RDONLY;
	return get_tree_nodev(context, asxipfs_fill);
}

static int context_reconfigure(struct fs_context *context)
{
	return context->sb_flags & SB_RDONLY ? 0 : -EROFS;
}

static void context_free(struct fs_context *context)
{
	kfree(context->fs_private);
}

static const struct fs_context_operations context_operations = {
	.parse_param = context_option,
	.get_tree = context_tree,
	.reconfigure = context_reconfigure,
	.free = context_free,
};

static int asxipfs_init_context(struct fs_context *context)
{
	struct options *options = kzalloc(sizeof(*options), GFP_KERNEL);

	if (!options)
		return -ENOMEM;
	options->uid = GLOBAL_ROOT_UID;
	options->gid = GLOBAL_ROOT_GID;
	context->fs_private = options;
	context->ops = &context_operations;
	return 0;
}

static void asxipfs_kill(struct super_block *sb)
{
	struct asxipfs_mount *mount = asxipfs_mount_of(sb);
	size_t got;
	u32 status;

	kill_anon_super(sb);
	if (mount && mount->image.at)
		memunmap((void *)mount->image.at);
	/* Nobody has a page of it any more.  A call that fails leaves the place held until the
	 * next start. */
	if (mount && mount->held_bytes)
		place_call(SMC_RELEASE_IMAGE, mount->physical, mount->held_bytes, NULL, 0, &got,
			   &status);
	kfree(mount);
}

static struct file_system_type asxipfs_type = {
	.owner = THIS_MODULE,
	.name = "asxipfs",
	.init_fs_context = asxipfs_init_context,
	.parameters = option_table,
	.kill_sb = asxipfs_kill,
};

static int __init asxipfs_init(void)
{
	return register_filesystem(&asxipfs_type);
}
fs_initcall(asxipfs_init);
