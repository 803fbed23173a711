/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things lie in the 16 MiB flash of the MCU.
 * Source: docs/spec/flash-layout.md; partition names as in the image manifest.
 * Writers: the factory (`peri mcu create`), then the monitor alone.
 * Readers: ROM, first boot loader, Pluton runtime, monitor.
 * Trust: addresses are fixed; what is found there is hostile until verified.
 *
 * An image slot holds one whole image file (body, metadata, signature) from its
 * first byte, so that a body keeps the address it is linked for.  The length of
 * the file stands in a trailer, the last 16 bytes of the slot:
 *
 *   off size field    little-endian
 *     0    4 magic    "SLOT" 0x544F4C53
 *     4    4 bytes    length of the image file
 *     8    4 inverse  ~bytes
 *    12    4 0
 *
 * The trailer is not signed and need not be: a wrong length makes the image
 * fail its checks.
 *
 * A system is one set of slots at the same distances from its base; the kernel
 * is linked for MT3620_FLASH + FLASH_SYSTEM_A_AT and runs from either through the remap.
 */
#ifndef PERI_ABI_FLASH_LAYOUT_H
#define PERI_ABI_FLASH_LAYOUT_H

enum {
    FLASH_SLOT_MAGIC = 0x544F4C53,
    FLASH_SLOT_TRAILER_BYTES = 16,

    /* What is in a system slot, from its base. */
    FLASH_SYSTEM_KERNEL = 0x000000,
    FLASH_SYSTEM_KERNEL_BYTES = 0x340000,
    FLASH_SYSTEM_DTB = 0x340000,
    FLASH_SYSTEM_DTB_BYTES = 0x010000,
    FLASH_SYSTEM_ROOT = 0x350000,
    FLASH_SYSTEM_ROOT_BYTES = 0x200000,
    FLASH_SYSTEM_SERVICES = 0x550000,
    FLASH_SYSTEM_SERVICES_BYTES = 0x130000,
};

/* name, offset, bytes, image type held (0: not images), partition type of the
 * image manifest */
#define FLASH_PARTITION_TABLE(X)                                    \
    X(BOOTLOADER_ONE, 0x000000, 0x010000, 1, 7)                     \
    X(BOOTLOADER_ONE_BACKUP, 0x010000, 0x010000, 1, 8)              \
    X(PLUTON_RUNTIME, 0x020000, 0x020000, 2, 1)                     \
    X(PLUTON_RUNTIME_BACKUP, 0x040000, 0x020000, 2, 2)              \
    X(KEYSTORE, 0x060000, 0x010000, 19, 1)                          \
    X(KEYSTORE_BACKUP, 0x070000, 0x010000, 19, 2)                   \
    X(MONITOR, 0x080000, 0x030000, 4, 1)                            \
    X(MONITOR_BACKUP, 0x0B0000, 0x030000, 4, 2)                     \
    X(STATE_A, 0x0E0000, 0x010000, 0, 9)                            \
    X(STATE_B, 0x0F0000, 0x010000, 0, 10)                           \
    X(SYSTEM_A, 0x100000, 0x680000, 0, 1)                           \
    X(SYSTEM_B, 0x780000, 0x680000, 0, 2)                           \
    X(APPLICATIONS, 0xE00000, 0x140000, 10, 4)                      \
    X(NW_CONFIG, 0xF40000, 0x040000, 0, 6)                          \
    X(LOG_STORAGE, 0xF80000, 0x040000, 0, 5)                        \
    X(TELEMETRY_STORAGE, 0xFC0000, 0x040000, 0, 15)

enum flash_partition_offset {
#define FLASH_PARTITION_OFFSET(name, offset, bytes, type, partition) FLASH_##name##_AT = offset,
    FLASH_PARTITION_TABLE(FLASH_PARTITION_OFFSET)
#undef FLASH_PARTITION_OFFSET
};
enum flash_partition_bytes {
#define FLASH_PARTITION_BYTES(name, offset, bytes, type, partition) FLASH_##name##_BYTES = bytes,
    FLASH_PARTITION_TABLE(FLASH_PARTITION_BYTES)
#undef FLASH_PARTITION_BYTES
};

#endif
