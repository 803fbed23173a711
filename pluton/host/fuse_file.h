/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The e-fuses of a host device: one file in the device's folder.
 * Source: docs/spec/pluton.md "Host".  Writer, reader: the serving process of
 * plutond, which alone may open it: mode 0600, owned by the serving user.
 * Trust: whoever can write this file is the device; the digest finds damage.
 *
 *   off size field          little-endian
 *     0    4 magic          "PHFS"
 *     4    2 version        1
 *     6    2 size           304
 *     8    8 boot count
 *    16   64 private keys   attestation, general: scalars, big-endian
 *    80   64 root key       X||Y; trusted by its digest in the row alone
 *   144   96 row            pluton/host/fuse_row.h
 *   240   32 zero
 *   272   32 digest         SHA-256 of bytes 0..271
 *
 * Writing: "fuses.new" is written, synced, renamed over "fuses", and the folder
 * is synced; a power cut at any of these leaves the old or the new file.
 */
#ifndef PERI_PLUTON_HOST_FUSE_FILE_H
#define PERI_PLUTON_HOST_FUSE_FILE_H

#include <sys/types.h>

#include "pluton/host/fuse_row.h"
#include "pluton/host/keys.h"

enum {
    FUSE_FILE_MAGIC = 0x53464850,
    FUSE_FILE_VERSION = 1,
    FUSE_FILE_BYTES = 304,
    FUSE_FILE_COVERED_BYTES = 272,
};

struct fuse_file {
    uint64_t boot_count;
    uint8_t scalar[HAL_SLOTS_FUSED][KEY_PRIVATE_BYTES];
    uint8_t root_key[P256_PUBLIC_BYTES];
    uint8_t row[FUSE_ROW_BYTES];
};

/* E_NOT_FOUND; E_DENIED (type, mode or owner); E_CORRUPT; E_VERSION; E_IO.
 * Wiped on failure. */
int fuse_file_read(int folder, uid_t owner, struct fuse_file *out) MUST_CHECK;
/* Replaces the file; E_IO. */
int fuse_file_write(int folder, const struct fuse_file *in) MUST_CHECK;
/* The factory's first write; E_EXISTS when there is a file.  The file is given
 * to owner when that is another than the caller. */
int fuse_file_create(int folder, uid_t owner, const struct fuse_file *in) MUST_CHECK;

#endif
