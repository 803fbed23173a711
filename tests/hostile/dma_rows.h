/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bus master that works for the normal world: the network device takes addresses
 * from its driver.  What a hostile driver makes it read or write, and whether it may.
 * Source: virtio 1.1, 2.6 (split queues), 4.2 (MMIO), 5.1 (network); abi/mt3620.h.
 * Compiled into both sides.  The test on the host judges by what came out: frames as the
 * wire saw them, and memory as the probe sees it.
 */
#ifndef PERI_TESTS_HOSTILE_DMA_ROWS_H
#define PERI_TESTS_HOSTILE_DMA_ROWS_H

#include "abi/mt3620_fuse.h"
#include "tests/hostile/rows.h"

enum {
    DMA_BYTES = 256,         /* of each place */
    DMA_FRAME_TYPE = 0x88B5, /* local experiments; big-endian, behind two addresses */
    DMA_HEADER_BYTES = 14,
    DMA_ROW_AT = 5, /* last byte of the receiver's address: the row's number */
};
/* Ordinary RAM of the kernel: first word of what is sent, and where an answer may land. */
#define DMA_OWN_RAM 0x80100000u
#define DMA_PATTERN 0xD0A50000u

/* Sent to the network: name, address, Y may leave the chip. */
#define HOSTILE_DMA_READS(X)                                             \
    X(own_ram, DMA_OWN_RAM, Y)                                           \
    X(secure_first, MT3620_SECURE_RAM, N)                                \
    X(secure_code, MT3620_SECURE_RAM + 0x1000, N)                        \
    X(across_border, MT3620_SECURE_RAM - DMA_BYTES / 2, N)               \
    X(keystore, MT3620_FLASH + FLASH_KEYSTORE_AT, N)                     \
    X(pluton_flash, MT3620_FLASH + FLASH_PLUTON_RUNTIME_AT, N)           \
    X(rom, MT3620_PLUTON_ROM, N)                                         \
    X(pluton_code, BOOT_RUNTIME_AT, N)                                   \
    X(fuses, MT3620_HSP_FUSE + FUSE_ARRAY, N)

/* Where a frame from the network is written: name, address, Y it may be. */
#define HOSTILE_DMA_WRITES(X)                                            \
    X(own_ram, DMA_OWN_RAM + 0x1000, Y)                                  \
    X(secure_first, MT3620_SECURE_RAM + 0x40, N)                         \
    X(secure_code, MT3620_SECURE_RAM + 0x1000, N)                        \
    X(keystore, MT3620_FLASH + FLASH_KEYSTORE_AT, N)                     \
    X(pluton_code, BOOT_RUNTIME_AT, N)                                   \
    X(used_ring_in_secure, MT3620_SECURE_RAM + 0x2000, N)

struct dma_row {
    const char *name;
    uint32_t address;
    uint8_t allowed;
};

#define DMA_TABLE_N 0
#define DMA_TABLE_Y 1
#define DMA_ROW(name, address, allowed) {#name, address, DMA_TABLE_##allowed},
static const struct dma_row dma_reads[] = {HOSTILE_DMA_READS(DMA_ROW)};
static const struct dma_row dma_writes[] = {HOSTILE_DMA_WRITES(DMA_ROW)};
#undef DMA_ROW
enum {
    DMA_READS = sizeof dma_reads / sizeof dma_reads[0],
    DMA_WRITES = sizeof dma_writes / sizeof dma_writes[0],
};

#endif
