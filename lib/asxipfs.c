/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader.  One walk serves all three calls; it checks every inode it steps on,
 * so asxipfs_at() and asxipfs_find() cannot leave the image even if they are
 * given bytes that asxipfs_open() has not passed.
 */
#include "lib/asxipfs.h"

#include <string.h>

#include "abi/asxipfs.h"
#include "lib/crc32.h"

struct inode {
    uint16_t mode;
    uint32_t size;
    uint32_t offset;
    uint32_t name_bytes; /* padded */
};

struct frame {
    struct cursor rest;   /* entries of the directory not yet visited */
    struct span previous; /* name of the entry before: order and uniqueness */
    uint16_t path_len;
};

struct walk {
    struct span bytes;
    struct frame frame[ASXIPFS_DEPTH_MAX];
    unsigned depth; /* frames in use */
    bool started;
    struct inode inode;
    struct asxipfs_entry entry; /* the one walk_next() stands on */
};

static struct inode inode_read(struct cursor *c)
{
    struct inode inode = {.mode = cursor_u16le(c)};
    cursor_skip(c, 2); /* uid: whoever mounts the image decides it */
    inode.size = cursor_u32le(c) & 0xffffff;
    const uint32_t word = cursor_u32le(c);
    inode.name_bytes = (word & 0x3f) * 4;
    inode.offset = (word >> 6) * 4;
    return inode;
}

/* Strips the padding and checks the name as a path component. */
static int name_parse(struct span padded, struct span *name)
{
    size_t len = padded.len;
    while (len > 0 && padded.at[len - 1] == 0)
        len--;
    if (len == 0 || padded.len - len > 3)
        return E_MALFORMED;
    for (size_t i = 0; i < len; i++)
        if (padded.at[i] < 0x20 || padded.at[i] == 0x7f || padded.at[i] == '/')
            return E_MALFORMED;
    if (padded.at[0] == '.' && (len == 1 || (len == 2 && padded.at[1] == '.')))
        return E_MALFORMED;
    *name = span_of(padded.at, len);
    return 0;
}

/* Ascending by bytes, as unsigned characters; -1, 0, 1. */
static int name_compare(struct span a, struct span b)
{
    const size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.at, b.at, common) : 0;
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

/* Enters walk->inode as the current entry; its path is set already. */
static int walk_enter(struct walk *walk, uint16_t path_len)
{
    const struct inode *inode = &walk->inode;
    const uint16_t type = inode->mode & ASXIPFS_MODE_TYPE;
    struct cursor c = cursor_of(walk->bytes);

    walk->entry.mode = inode->mode;
    walk->entry.directory = type == ASXIPFS_MODE_DIRECTORY;
    walk->entry.data = span_of(NULL, 0);
    if ((type != ASXIPFS_MODE_DIRECTORY && type != ASXIPFS_MODE_REGULAR) ||
        (inode->mode & ASXIPFS_MODE_SET_ID) != 0 ||
        (type == ASXIPFS_MODE_REGULAR && (inode->mode & ASXIPFS_MODE_IN_PLACE) == 0))
        return E_UNSUPPORTED;
    if (inode->size == 0)
        return 0;

    cursor_skip(&c, inode->offset);
    const struct span data = cursor_bytes(&c, inode->size);
    if (c.err)
        return E_MALFORMED;
    if (type == ASXIPFS_MODE_REGULAR) {
        if (inode->offset == 0 || inode->offset % ASXIPFS_PAGE_BYTES != 0)
            return E_MALFORMED;
        walk->entry.data = data;
        return 0;
    }
    if (inode->offset < ASXIPFS_SUPER_BYTES)
        return E_MALFORMED;
    if (walk->depth == ASXIPFS_DEPTH_MAX)
        return E_LIMIT;
    walk->frame[walk->depth++] = (struct frame){.rest = cursor_of(data), .path_len = path_len};
    return 0;
}

static int walk_root(struct walk *walk)
{
    struct cursor c = cursor_of(walk->bytes);
    cursor_skip(&c, ASXIPFS_ROOT_AT);
    walk->inode = inode_read(&c);
    if (c.err || (walk->inode.mode & ASXIPFS_MODE_TYPE) != ASXIPFS_MODE_DIRECTORY ||
        walk->inode.name_bytes != 0 || walk->inode.offset != ASXIPFS_SUPER_BYTES)
        return E_MALFORMED;
    walk->entry.path[0] = '/';
    walk->entry.path[1] = '\0';
    return walk_enter(walk, 0);
}

/* Next entry, parents first; 0, E_NOT_FOUND at the end, or what is wrong. */
static int walk_next(struct walk *walk)
{
    if (!walk->started) {
        walk->started = true;
        return walk_root(walk);
    }
    while (walk->depth > 0 && walk->frame[walk->depth - 1].rest.left == 0)
        walk->depth--;
    if (walk->depth == 0)
        return E_NOT_FOUND;

    struct frame *frame = &walk->frame[walk->depth - 1];
    struct span name;
    walk->inode = inode_read(&frame->rest);
    const struct span padded = cursor_bytes(&frame->rest, walk->inode.name_bytes);
    if (frame->rest.err)
        return E_MALFORMED;
    int err = name_parse(padded, &name);
    if (err)
        return err;
    if (frame->previous.len > 0) {
        int order = name_compare(frame->previous, name);
        if (order >= 0)
            return order == 0 ? E_DUPLICATE : E_MALFORMED;
    }
    frame->previous = name;

    const size_t path_len = (size_t)frame->path_len + 1 + name.len;
    if (path_len > ASXIPFS_PATH_MAX)
        return E_LIMIT;
    char *path = walk->entry.path;
    path[frame->path_len] = '/';
    memcpy(path + frame->path_len + 1, name.at, name.len);
    path[path_len] = '\0';
    return walk_enter(walk, (uint16_t)path_len);
}

/* Superblock without the root inode; 0 and the counts in it. */
static int super_parse(struct span bytes, uint32_t *size, uint32_t *files)
{
    static const uint8_t signature[] = ASXIPFS_SIGNATURE;
    struct cursor c = cursor_of(bytes);

    if (cursor_u32le(&c) != ASXIPFS_MAGIC)
        cursor_fail(&c, E_MALFORMED);
    *size = cursor_u32le(&c);
    if (cursor_u32le(&c) != ASXIPFS_FLAGS)
        cursor_fail(&c, E_UNSUPPORTED);
    if (cursor_u32le(&c) != 0)
        cursor_fail(&c, E_UNSUPPORTED);
    const struct span got = cursor_bytes(&c, ASXIPFS_SIGNATURE_BYTES);
    if (!span_equal(got, span_of(signature, ASXIPFS_SIGNATURE_BYTES)))
        cursor_fail(&c, E_MALFORMED);
    const uint32_t crc = cursor_u32le(&c);
    cursor_skip(&c, 8); /* edition, blocks: mean nothing here */
    *files = cursor_u32le(&c);
    cursor_skip(&c, ASXIPFS_LABEL_BYTES + ASXIPFS_INODE_BYTES);
    if (c.err)
        return c.err;

    if (*size == 0 || *size % ASXIPFS_PAGE_BYTES != 0 || *files == 0)
        return E_MALFORMED;
    if (*size > ASXIPFS_BYTES_MAX || *files > ASXIPFS_FILES_MAX)
        return E_LIMIT;
    if (*size > bytes.len)
        return E_MORE;

    static const uint8_t zero[ASXIPFS_CRC_BYTES];
    struct cursor all = cursor_of(span_of(bytes.at, *size));
    const struct span before = cursor_bytes(&all, ASXIPFS_CRC_AT);
    cursor_skip(&all, ASXIPFS_CRC_BYTES);
    uint32_t sum = crc32_update(0, before.at, before.len);
    sum = crc32_update(sum, zero, sizeof zero);
    sum = crc32_update(sum, all.at, all.left);
    return sum == crc ? 0 : E_DIGEST;
}

struct extent {
    uint32_t start, end;
    bool directory;
};

/* Two files may share pages (equal contents); a directory shares with nothing,
 * so it is no part of itself, of another one, or of a file's data. */
static bool extent_clear(const struct extent *extents, uint32_t count, struct extent got)
{
    for (uint32_t i = 0; i < count; i++)
        if ((extents[i].directory || got.directory) && got.start < extents[i].end &&
            extents[i].start < got.end)
            return false;
    return true;
}

int asxipfs_open(struct span bytes, struct asxipfs *fs)
{
    uint32_t size, files, count = 0;
    struct extent extents[ASXIPFS_FILES_MAX];

    *fs = (struct asxipfs){0};
    int err = super_parse(bytes, &size, &files);
    if (err)
        return err;
    struct walk walk = {.bytes = span_of(bytes.at, size)};
    while ((err = walk_next(&walk)) == 0) {
        if (count == files) /* also ends every loop */
            return E_MALFORMED;
        const struct extent got = {walk.inode.offset, walk.inode.offset + walk.inode.size,
                                   walk.entry.directory};
        /* An empty one lies nowhere, and its offset is never used. */
        const bool empty = walk.inode.size == 0;
        if (!empty && !extent_clear(extents, count, got))
            return E_MALFORMED;
        extents[count++] = empty ? (struct extent){0} : got;
    }
    if (err != E_NOT_FOUND)
        return err;
    if (count != files)
        return E_MALFORMED;
    *fs = (struct asxipfs){.bytes = walk.bytes, .files = files};
    return 0;
}

int asxipfs_at(const struct asxipfs *fs, uint32_t index, struct asxipfs_entry *entry)
{
    struct walk walk = {.bytes = fs->bytes};
    *entry = (struct asxipfs_entry){0};
    if (index >= fs->files)
        return E_NOT_FOUND;
    for (uint32_t i = 0; i <= index; i++) {
        int err = walk_next(&walk);
        if (err)
            return err;
    }
    *entry = walk.entry;
    return 0;
}

static bool path_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

int asxipfs_find(const struct asxipfs *fs, const char *path, struct asxipfs_entry *entry)
{
    struct walk walk = {.bytes = fs->bytes};
    *entry = (struct asxipfs_entry){0};
    for (uint32_t i = 0; i < fs->files; i++) {
        int err = walk_next(&walk);
        if (err)
            return err;
        if (path_equal(walk.entry.path, path)) {
            *entry = walk.entry;
            return 0;
        }
    }
    return E_NOT_FOUND;
}
