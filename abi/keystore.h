/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Body of a Trusted Keystore image (type 19): the public keys a device trusts,
 * each with what it may sign.
 * Source: docs/spec/keystore.md (layout as observed; the usage table's meaning
 * and bits are ours).  Writer: peri keystore create, off line.  Reader: root of
 * trust, monitor.  Trust: the image is verified with the root key in fuses.
 *
 *   off size field      little-endian
 *     0    2 count      entries, 1..KEYSTORE_KEYS_MAX
 *     2    2 0
 *     4 100n entries    {12 zero, u16 key size = 64, u16 thumbprint size = 20,
 *                        64 public key X||Y, 20 thumbprint}
 *        4   magic      "UTBL"
 *        4   count      equal to the entry count
 *       4n   usage      one mask per entry, KEYSTORE_USE_*
 */
#ifndef PERI_ABI_KEYSTORE_H
#define PERI_ABI_KEYSTORE_H

enum {
    KEYSTORE_KEYS_MAX = 32,
    KEYSTORE_ENTRY_BYTES = 100,
    KEYSTORE_USAGE_MAGIC = 0x4C425455, /* bytes "UTBL" */
    KEYSTORE_FILE_BYTES_MAX = 4096,    /* of the image package: one request to Pluton */
};

enum keystore_use {
    KEYSTORE_USE_OS = 1 << 0,          /* OS images: types 1..9, 16, 17, 20, 22 */
    KEYSTORE_USE_APPLICATION = 1 << 1, /* types 10 and 21 */
    KEYSTORE_USE_UPDATE = 1 << 2,      /* manifests: types 23..27 */
    KEYSTORE_USE_CAPABILITY = 1 << 3,  /* type 13 */
    KEYSTORE_USE_DEVELOPMENT = 1 << 4, /* type 10 flagged under development, and only
                                          while capability 11 is enabled */
    KEYSTORE_USE_ALL = (1 << 5) - 1,
};

#endif
