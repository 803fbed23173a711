/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ASXipFS: the read-only, uncompressed cramfs variant that applications and
 * services are shipped in.
 * Source: docs/spec/asxipfs.md (observed).  Writer: peri image-package.
 * Reader: monitor, application manager, tools.
 *
 * Superblock, 76 bytes at offset 0, little-endian: u32 magic 0x28CD3D45,
 * u32 size (multiple of 4096), u32 flags (3), u32 0, "Compressed ROMFS",
 * u32 crc (zlib CRC-32 over size bytes with this field 0), u32 edition,
 * u32 blocks, u32 files, name[16] "Compressed", root inode 12 bytes.
 * Inode: u16 mode, u16 uid | u24 size, u8 gid | u6 name length / 4,
 * u26 offset / 4; the name follows, zero padded to 4.
 * Regular files: data contiguous from a 4096-byte boundary, sticky bit set.
 *
 * asxipfs_open() walks the whole tree once: depth, count, names, bounds,
 * overlap of directories with themselves (loops), types.  Everything but
 * directories and regular files is refused, symbolic links too: nothing
 * that we run needs them (TALOS-2020-1131).
 * Invariants after it: every path is unique, sorted, without "." "..", "/" or
 * NUL inside a name; every file lies inside the image.
 */
#ifndef PERI_LIB_ASXIPFS_H
#define PERI_LIB_ASXIPFS_H

#include <stdbool.h>

#include "lib/cursor.h"

enum {
    ASXIPFS_MAGIC = 0x28CD3D45,
    ASXIPFS_PAGE_BYTES = 4096,
    ASXIPFS_FILES_MAX = 256,    /* files and directories of one image */
    ASXIPFS_DEPTH_MAX = 8,
    ASXIPFS_PATH_MAX = 255,     /* characters of "/bin/app" */
    ASXIPFS_BYTES_MAX = 1 << 24 /* 24-bit file sizes */
};

struct asxipfs {
    struct span bytes; /* exactly the size in the superblock */
    uint32_t files;    /* files and directories, root included */
};

struct asxipfs_entry {
    char path[ASXIPFS_PATH_MAX + 1]; /* absolute, "/" for the root */
    uint16_t mode;                   /* POSIX, type bits included */
    bool directory;
    struct span data; /* of a regular file */
};

/* bytes may be longer than the file system (metadata follows in a package).
 * 0, E_MORE, E_MALFORMED, E_DUPLICATE, E_DIGEST (the sum), E_UNSUPPORTED (other
 * flags, types and mode bits), E_LIMIT; fs is emptied on failure. */
int asxipfs_open(struct span bytes, struct asxipfs *fs) MUST_CHECK;
/* Entry number index in depth-first order, parents first; E_NOT_FOUND past the end. */
int asxipfs_at(const struct asxipfs *fs, uint32_t index, struct asxipfs_entry *entry) MUST_CHECK;
/* Exact path; E_NOT_FOUND. */
int asxipfs_find(const struct asxipfs *fs, const char *path, struct asxipfs_entry *entry) MUST_CHECK;

struct asxipfs_source {
    const char *path; /* absolute; parents are made as needed */
    bool executable;
    struct span data;
};

/* Writes a file system at the start of w.  Sources in any order; refuses
 * duplicate or bad paths (E_DUPLICATE, E_RANGE), too many or too large (E_LIMIT). */
int asxipfs_write(const struct asxipfs_source *sources, size_t count, struct writer *w) MUST_CHECK;

#endif
