/* SPDX-License-Identifier: GPL-2.0-or-later */
/* docs/spec/asxipfs.md as the kernel steps through it: kernel/fs/asxipfs/format.h. */
#include "kernel/fs/asxipfs/format.h"

#include "kernel/fs/asxipfs/format_walk_test.h"
#include "tests/check.h"

enum { PAGE = ASXIPFS_PAGE_BYTES, ROOM = 64 * PAGE };

static uint8_t image[ROOM];

static struct asxipfs written(const struct asxipfs_source *sources, size_t count)
{
	struct writer w = writer_of(image, sizeof image);
	struct asxipfs fs;
	REQUIRE(asxipfs_write(sources, count, &w) == 0);
	REQUIRE(asxipfs_open(writer_view(&w), &fs) == 0);
	return fs;
}

static struct span text(const char *s)
{
	return span_of(s, strlen(s));
}

static void steps_agree_with_the_list(void)
{
	static const char *const paths[] = {"/a", "/a-b", "/a.b/c", "/a.b/d/e", "/b/a", "/b/b", "/c",
					    "/e/f", "/e-g", "/d/d/d/d/d/d/d/d"};
	struct asxipfs_source sources[10];
	for (size_t i = 0; i < 10; i++)
		sources[i] = (struct asxipfs_source){paths[i], i % 2 == 0, span_of(paths[i], strlen(paths[i]))};
	const struct asxipfs fs = written(sources, 10);
	CHECK(walk_agrees(&fs));
	const struct asxipfs empty = written(NULL, 0);
	CHECK(walk_agrees(&empty));
}

static void lookup_is_exact(void)
{
	static const struct asxipfs_source one[] = {
		{"/bin/app", true, {(const uint8_t *)"program", 7}},
		{"/data", false, {(const uint8_t *)"x", 1}},
	};
	const struct asxipfs fs = written(one, 2);
	struct asxipfs_node root, node;
	REQUIRE(asxipfs_node_at(fs.bytes, ASXIPFS_ROOT_AT, &root) == 0);
	CHECK_INT(asxipfs_node_lookup(fs.bytes, &root, text("bin"), &node), 0);
	CHECK(node.directory);
	CHECK_INT(asxipfs_node_lookup(fs.bytes, &node, text("app"), &node), 0);
	CHECK(!node.directory && node.executable && node.size == 7);
	static const char *const others[] = {"", "b", "bi", "bin/", "bin/app", "binn", "Bin", "dat", "zz", ".", ".."};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		CHECK_INT(asxipfs_node_lookup(fs.bytes, &root, text(others[i]), &node), E_NOT_FOUND);
	CHECK_INT(asxipfs_node_lookup(fs.bytes, &root, span_of("bin\0", 4), &node), E_NOT_FOUND);
	/* a file is no directory, whatever is looked for in it */
	CHECK_INT(asxipfs_node_lookup(fs.bytes, &root, text("data"), &node), 0);
	const struct asxipfs_node file = node;
	CHECK_INT(asxipfs_node_lookup(fs.bytes, &file, text("bin"), &node), E_MALFORMED);
}

/* One inode without a name at 128 in an image of four pages, and what it gives. */
static int inode(uint32_t mode, uint32_t size, uint32_t offset, size_t image_bytes)
{
	struct asxipfs_node node;
	memset(image, 0, 4 * PAGE);
	struct writer w = writer_of(image + 128, ASXIPFS_INODE_BYTES);
	writer_u32le(&w, mode);
	writer_u32le(&w, size);
	writer_u32le(&w, offset / 4 << 6);
	const int err = asxipfs_node_at(span_of(image, image_bytes), 128, &node);
	CHECK(err == 0 || (node.next == 0 && node.name.at == NULL && node.size == 0));
	return err;
}

static void inodes(void)
{
	const size_t all = 4 * PAGE;
	CHECK_INT(inode(0101644, 5, PAGE, all), 0);
	CHECK_INT(inode(0040755, 24, 76, all), 0);
	CHECK_INT(inode(0101644, 3 * PAGE, PAGE, all), 0);
	/* TALOS-2020-1131: character, block, pipe, socket; and links */
	static const uint32_t types[] = {0020666, 0060666, 0010666, 0140666, 0120777, 0, 0170000};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		CHECK_INT(inode(types[i], 5, PAGE, all), E_UNSUPPORTED);
		CHECK_INT(inode(types[i] | 0001000, 0, 0, all), E_UNSUPPORTED);
	}
	CHECK_INT(inode(0105755, 5, PAGE, all), E_UNSUPPORTED); /* set-user-id */
	CHECK_INT(inode(0103755, 5, PAGE, all), E_UNSUPPORTED); /* set-group-id */
	CHECK_INT(inode(0100644, 5, PAGE, all), E_UNSUPPORTED); /* not in place */
	CHECK_INT(inode(0101644, 5, PAGE + 4, all), E_MALFORMED);
	CHECK_INT(inode(0101644, 5, 0, all), E_MALFORMED);
	CHECK_INT(inode(0101644, 3 * PAGE + 1, PAGE, all), E_MALFORMED);
	CHECK_INT(inode(0101644, 0xffffff, PAGE, all), E_MALFORMED);
	CHECK_INT(inode(0101644, 5, 4 * PAGE, all), E_MALFORMED);
	CHECK_INT(inode(0101644, 5, 0x0ffffffc, all), E_MALFORMED);
	CHECK_INT(inode(0040755, 24, 72, all), E_MALFORMED);
	CHECK_INT(inode(0040755, 24, 4 * PAGE - 20, all), E_MALFORMED);
	/* the last page of a file must be the image's: a mapping shows all of it */
	CHECK_INT(inode(0101644, 5, PAGE, PAGE + 100), E_MALFORMED);
	CHECK_INT(inode(0101644, 5, PAGE, 2 * PAGE), 0);
	/* the inode itself at the end of the image */
	CHECK_INT(inode(0101644, 0, 0, 140), 0);
	CHECK_INT(inode(0101644, 0, 0, 139), E_MALFORMED);
}

static void entries_stay_in_their_directory(void)
{
	static const struct asxipfs_source two[] = {
		{"/a", false, {(const uint8_t *)"x", 1}},
		{"/b", false, {(const uint8_t *)"y", 1}},
	};
	const struct asxipfs fs = written(two, 2);
	struct asxipfs_node root, node;
	REQUIRE(asxipfs_node_at(fs.bytes, ASXIPFS_ROOT_AT, &root) == 0);
	CHECK_INT(asxipfs_node_entry(fs.bytes, &root, root.offset - 4, &node), E_MALFORMED);
	CHECK_INT(asxipfs_node_entry(fs.bytes, &root, root.offset + root.size, &node), E_NOT_FOUND);
	CHECK_INT(asxipfs_node_entry(fs.bytes, &root, root.offset + root.size + 4, &node), E_MALFORMED);
	/* the directory ends within its second entry */
	struct asxipfs_node shorter = root;
	shorter.size -= 4;
	CHECK_INT(asxipfs_node_entry(fs.bytes, &shorter, root.offset + 16, &node), E_MALFORMED);
	/* an entry without a name: the root's own inode */
	const struct asxipfs_node around = {.directory = true, .offset = ASXIPFS_ROOT_AT, .size = 44};
	CHECK_INT(asxipfs_node_entry(fs.bytes, &around, ASXIPFS_ROOT_AT, &node), E_MALFORMED);
}

int main(void)
{
	steps_agree_with_the_list();
	lookup_is_exact();
	inodes();
	entries_stay_in_their_directory();
	return check_done();
}
