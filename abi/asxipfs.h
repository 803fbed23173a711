/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ASXipFS on the medium: the numbers behind lib/asxipfs.h.
 * Source: docs/spec/asxipfs.md (observed).
 */
#ifndef PERI_ABI_ASXIPFS_H
#define PERI_ABI_ASXIPFS_H

enum {
    ASXIPFS_SUPER_BYTES = 76, /* and offset of the root's entries */
    ASXIPFS_ROOT_AT = 64,
    ASXIPFS_CRC_AT = 32,
    ASXIPFS_CRC_BYTES = 4,
    ASXIPFS_SIGNATURE_BYTES = 16,
    ASXIPFS_LABEL_BYTES = 16,
    ASXIPFS_INODE_BYTES = 12,
    ASXIPFS_NAME_MAX = 252, /* 6 bits, in units of 4 */
};

#define ASXIPFS_SIGNATURE "Compressed ROMFS"
#define ASXIPFS_LABEL "Compressed"

enum asxipfs_flag {
    ASXIPFS_FLAG_CRC = 1 << 0,
    ASXIPFS_FLAG_SORTED = 1 << 1,
    ASXIPFS_FLAGS = ASXIPFS_FLAG_CRC | ASXIPFS_FLAG_SORTED, /* the only value we take */
};

enum asxipfs_mode {
    ASXIPFS_MODE_TYPE = 0170000,
    ASXIPFS_MODE_DIRECTORY = 0040000,
    ASXIPFS_MODE_REGULAR = 0100000,
    ASXIPFS_MODE_SET_ID = 0006000,
    ASXIPFS_MODE_IN_PLACE = 0001000, /* sticky bit: data are contiguous */
    ASXIPFS_WRITTEN_DIRECTORY = 0040755,
    ASXIPFS_WRITTEN_FILE = 0101644,
    ASXIPFS_WRITTEN_EXECUTABLE = 0101755,
};

#endif
