/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime's fuses (struct fuses) as a host keeps them: one row of bytes.
 * Source: docs/spec/pluton.md "Fuses".  Writer, reader: hal_fuse_program() and
 * hal_fuse_read() of the host; the factory writes the first one.
 * Trust: the fuses are the root of trust; the digest finds damage, not an
 * attacker, who cannot write here.
 *
 *   off size field         little-endian
 *     0    4 magic         "PFUS"
 *     4    2 version       1
 *     6    2 size          96
 *     8    4 life-cycle    enum lifecycle; only ever replaced by a later one
 *    12   16 counters      u32 by enum pluton_counter; never fall
 *    28   32 root          SHA-256 of the root public key X||Y
 *    60    4 0
 *    64   32 digest        SHA-256 of bytes 0..63
 */
#ifndef PERI_PLUTON_HOST_FUSE_ROW_H
#define PERI_PLUTON_HOST_FUSE_ROW_H

#include "pluton/hal.h"

enum {
    FUSE_ROW_MAGIC = 0x53554650,
    FUSE_ROW_VERSION = 1,
    FUSE_ROW_COVERED_BYTES = 64, /* what the digest covers */
    FUSE_ROW_BYTES = 96,
};

int fuse_row_write(const struct fuses *fuses, uint8_t row[static FUSE_ROW_BYTES]) MUST_CHECK;
/* E_CORRUPT, E_VERSION, E_CRYPTO; zeroed on failure. */
int fuse_row_read(const uint8_t row[static FUSE_ROW_BYTES], struct fuses *fuses) MUST_CHECK;

#endif
