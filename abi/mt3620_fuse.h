/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The e-fuses: array, register view, and host file.
 * Source: ours.  Reachable by the Pluton core alone (MT3620_HSP_FUSE).
 *
 * A fuse goes from 0 to 1 and never back.  The array is 128 words:
 *
 *   word      field          who reads
 *   0..7      ROOT           Pluton; SHA-256 of the root public key X||Y, bytes in order
 *   8, 9      LIFECYCLE      two copies; bit 0 Module1Complete, bit 1 DeviceComplete
 *   10, 11    LOCKS          two copies; bit 0 ROOT is final, bit 1 / 2 private rows are final
 *   16..47    COUNTERS       8 words each for enum pluton_counter 0..3: words 0..3 a copy,
 *                            words 4..7 the other
 *   48..55    SECRET         engines alone: 32 bytes made at the first power-on of a blank chip
 *   64..71    ATTESTATION    ECC engine alone (private)
 *   72..79    GENERAL        ECC engine alone (private)
 *   others    0
 *
 * Reading rules of firmware: the value of a pair of copies is their OR, so a fuse
 * that fails to 0 in one copy loses nothing.  A counter is thermometer coded:
 * its value is the count of ones, which must be the lowest bits of the 128 without
 * a gap; else the row is corrupt.  The largest value is 128.
 *
 * Registers
 *   000 COMMAND w  key 0xB1 << 8 | 1: burn all ones of SHADOW at once, durably; SHADOW is
 *                  cleared.  Ones in a final or unreadable word: nothing is burned.
 *   004 STATUS  r  enum hsp_status
 *   200..3FC SHADOW w   word n of what to burn
 *   400..5FC ARRAY r    word n; unreadable words read 0 and are logged
 *
 * File: little-endian
 *   off size field
 *     0    8 magic "PERIFUSE"
 *     8    4 version 1
 *    12    4 words 128
 *    16    8 starts: power-ons counted
 *    24  512 array
 *   536   32 SHA-256 of bytes 0..535
 * The file is replaced as a whole (new file, sync, rename) and locked while a
 * machine runs.  It holds private keys: mode 0600.
 */
#ifndef PERI_ABI_MT3620_FUSE_H
#define PERI_ABI_MT3620_FUSE_H

enum {
    FUSE_WORDS = 128,
    FUSE_ROOT = 0,
    FUSE_ROOT_WORDS = 8,
    FUSE_LIFECYCLE = 8,
    FUSE_LOCKS = 10,
    FUSE_COUNTERS = 16,
    FUSE_COUNTER_WORDS = 8, /* two copies of four */
    FUSE_COUNTER_MAX = 128,
    FUSE_SECRET = 48,
    FUSE_ATTESTATION = 64,
    FUSE_GENERAL = 72,

    FUSE_LOCK_ROOT = 1,
    FUSE_LOCK_ATTESTATION = 2,
    FUSE_LOCK_GENERAL = 4,

    FUSE_COMMAND = 0x000,
    FUSE_STATUS = 0x004,
    FUSE_SHADOW = 0x200,
    FUSE_ARRAY = 0x400,
    FUSE_BURN = 0xB101,

    FUSE_FILE_VERSION = 1,
    FUSE_FILE_BYTES = 568,
    FUSE_FILE_STARTS = 16,
    FUSE_FILE_ARRAY = 24,
    FUSE_FILE_DIGEST = 536,
};
#define FUSE_FILE_MAGIC "PERIFUSE"

#endif
