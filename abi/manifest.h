/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Image manifest version 3: body of image types 23 (base), 24 (firmware),
 * 25 (customer) and 26 (recovery).
 * Source: docs/spec/manifest.md (observed).
 *
 *   off size field        little-endian
 *     0    2 version      3
 *     2    2 image count  0..MANIFEST_IMAGES_MAX
 *     4    2 header size  16
 *     6    2 entry size   76
 *     8    8 build date   Unix seconds
 *    16  76n entries:
 *          0  16 image uid        32  2 image type      34  2 partition type
 *         16  16 component uid    36  4 file size       40  4 uncompressed size
 *         44  2 x {u32 version, u32 identity type} provides
 *         60  2 x {u32 version, u32 identity type} depends on
 */
#ifndef PERI_ABI_MANIFEST_H
#define PERI_ABI_MANIFEST_H

enum {
    MANIFEST_VERSION = 3,
    MANIFEST_HEADER_BYTES = 16,
    MANIFEST_ENTRY_BYTES = 76,
    MANIFEST_IMAGES_MAX = 32,
    MANIFEST_ABI_SLOTS = 2,
};

enum partition_type {
    PARTITION_INVALID = 0,
    PARTITION_FIRMWARE = 1,
    PARTITION_BACKUPS = 2,
    PARTITION_APPLICATIONS = 4,
    PARTITION_NW_CONFIG = 6,
};

/*
 * Manifest set: body of image type 27, one answer to one update request.
 * Source: docs/spec/manifest-set.md (ours: the original's layout is not public).
 * Signed by the update key; each manifest in it is a complete image package
 * signed by the update key; each image they name is signed by an image key
 * that the service does not hold.
 *
 *   off size field          little-endian
 *     0    4 magic          "PSMS"
 *     4    2 version        1
 *     6    2 header size    176
 *     8    4 body size      this body, header and manifests
 *    12    2 manifest count 0..MANIFEST_SET_MAX
 *    14    2 flags          MANIFEST_SET_FLAG_*
 *    16   64 device id      the only device it is for
 *    80   32 nonce          from the device's request
 *   112    8 sequence       never falls for a device; equal means same content
 *   120    8 issued         Unix seconds
 *   128    8 not after      Unix seconds
 *   136    4 check interval seconds until the next check
 *   140    2 app deferral   minutes for which applications may put off an update of
 *                         applications, counted from when the device knew of it;
 *                         MANIFEST_SET_DEFERRAL_*
 *   142    2 OS deferral    the same, of an update that restarts the device
 *   144   16 group uid      device group, zero when in none
 *   160   16 catalog uid    zero when unclaimed
 *   176  12n directory      {u16 image type 23..25, u16 0, u32 offset in body,
 *                            u32 size}; ascending types, contiguous from the
 *                            end of the directory, together filling the body
 * A type that is absent from the set is left as it is on the device; a manifest
 * that is present names the complete wanted set of its partition.
 */
enum {
    MANIFEST_SET_MAGIC = 0x534D5350,
    MANIFEST_SET_VERSION = 1,
    MANIFEST_SET_HEADER_BYTES = 176,
    MANIFEST_SET_ENTRY_BYTES = 12,
    MANIFEST_SET_MAX = 3,
    MANIFEST_SET_BYTES_MAX = 32768,
    MANIFEST_SET_NONCE_BYTES = 32,
};

/* Limits of deferral with a meaning of their own, and the figures of the first:
 * the original's, as its sample prints it (a week less an hour) and as its manual says (a day). */
enum manifest_set_deferral {
    MANIFEST_SET_DEFERRAL_DEFAULT = 0,
    MANIFEST_SET_DEFERRAL_NONE = 0xFFFF,
    DEFERRAL_APP_MINUTES = 10020,
    DEFERRAL_OS_MINUTES = 1440,
};

enum manifest_set_flags {
    MANIFEST_SET_FLAG_CRASH_DUMPS = 1 << 0, /* group allows crash dumps */
};

#endif
