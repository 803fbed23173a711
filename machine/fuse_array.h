/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The e-fuse array without a machine around it: which word may be read and
 * burned, and the bytes of the file that holds it.
 * Source: abi/mt3620_fuse.h (ours).
 * Caller: fuse.c.  No QEMU header here, so that the rules are tested alone.
 * Trust: file bytes are hostile until fuse_file_decode has returned FUSE_FILE_GOOD.
 */
#ifndef PERI_MACHINE_FUSE_ARRAY_H
#define PERI_MACHINE_FUSE_ARRAY_H

#include "abi/mt3620_fuse.h"

#include <stdbool.h>
#include <stdint.h>

struct fuse_array {
    uint64_t starts;
    uint32_t word[FUSE_WORDS];
};

enum fuse_file_check {
    FUSE_FILE_GOOD,
    FUSE_FILE_NOT_ONE, /* no magic */
    FUSE_FILE_OTHER_VERSION,
    FUSE_FILE_DAMAGED, /* digest */
};

/* By the core's registers; words that no row names read 0 and are never burned. */
bool fuse_word_readable(unsigned word);

/* locks: the two words FUSE_LOCKS, joined. */
bool fuse_word_burnable(unsigned word, uint32_t locks);

void fuse_file_encode(const struct fuse_array *array, uint8_t file[FUSE_FILE_BYTES]);
enum fuse_file_check fuse_file_decode(const uint8_t file[FUSE_FILE_BYTES],
                                      struct fuse_array *array);

#endif
