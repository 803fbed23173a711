/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's own view, as a page table that never changes: what is not listed
 * is no access.
 * Source: Arm DDI 0406C, B3.6 (long descriptors), level 1 of four entries.
 *
 *   30000000 2 MiB   secure blocks         device, rw
 *   31000000 2 MiB   A7 blocks (console)   device, rw
 *   80000000..       normal world's RAM    rw, not executable, as the normal world sees it
 *   monitor's code                         read, execute
 *   monitor's constants                    read
 *   monitor's data; its stack, above a page that is not mapped   rw
 *   90000000 16 MiB  flash, as it is       read
 * Memory is not cached: Pluton and the I/O cores look at it as well.
 */
#include "abi/mt3620.h"
#include "monitor/mcu/mcu.h"

enum {
    TABLE = 3,
    BLOCK = 1,
    PAGE = 3,
    ATTR_DEVICE = 0 << 2, /* index into MAIR0, below */
    ATTR_MEMORY = 1 << 2,
    NORMAL_WORLD = 1 << 5,
    READ_ONLY = 1 << 7,
    ACCESSED = 1 << 10,
    ENTRIES = 512,
    PAGE_BYTES = 0x1000,
    BLOCK_BYTES = 0x200000,
    GIB_SHIFT = 30,
    MAIR_DEVICE_THEN_MEMORY = 0x4404,
    TTBCR_LONG = (int)0x80000000,
    SCTLR_MMU = 1 << 0,
    SCTLR_WRITABLE_NEVER_EXECUTABLE = 1 << 19,
};
#define NEVER_EXECUTED (UINT64_C(1) << 54)

static const uint64_t code = ATTR_MEMORY | READ_ONLY | ACCESSED;
static const uint64_t constants = ATTR_MEMORY | READ_ONLY | ACCESSED | NEVER_EXECUTED;
static const uint64_t data = ATTR_MEMORY | ACCESSED | NEVER_EXECUTED;
static const uint64_t device = ATTR_DEVICE | ACCESSED | NEVER_EXECUTED;
static const uint64_t normal_ram = ATTR_MEMORY | ACCESSED | NEVER_EXECUTED | NORMAL_WORLD;

static _Alignas(4096) uint64_t blocks_low[ENTRIES], blocks_high[ENTRIES], pages[ENTRIES];
static _Alignas(32) uint64_t level1[4];

/* From monitor.ld. */
extern const char __load[], __text_end[], __rodata_end[], __guard[], stack_limit[], stack_top[];

static uint32_t at(const char *symbol)
{
    return (uint32_t)(uintptr_t)symbol;
}

static void block_map(uint64_t *table, uint32_t address, uint64_t attributes)
{
    table[address / BLOCK_BYTES % ENTRIES] = address | attributes | BLOCK;
}

/* Inside the 2 MiB that `pages` describes. */
static void pages_map(uint32_t from, uint32_t to, uint64_t attributes)
{
    for (uint32_t address = from; address < to; address += PAGE_BYTES)
        pages[address / PAGE_BYTES % ENTRIES] = address | attributes | PAGE;
}

static void tables_fill(void)
{
    block_map(blocks_low, MT3620_FIREWALL, device);
    block_map(blocks_low, MT3620_A7_MAILBOX_NORMAL, device);
    block_map(blocks_high, MT3620_RAM, normal_ram);
    for (uint32_t i = 0; i < MT3620_FLASH_BYTES; i += BLOCK_BYTES)
        block_map(blocks_high, MT3620_FLASH + i, constants);
    blocks_high[(MT3620_RAM + BLOCK_BYTES) / BLOCK_BYTES % ENTRIES] = (uintptr_t)pages | TABLE;
    pages_map(MT3620_RAM + BLOCK_BYTES, MT3620_SECURE_RAM, normal_ram);
    pages_map(at(__load), at(__text_end), code);
    pages_map(at(__text_end), at(__rodata_end), constants);
    pages_map(at(__rodata_end), at(__guard), data);
    pages_map(at(stack_limit), at(stack_top), data);
    level1[MT3620_FIREWALL >> GIB_SHIFT] = (uintptr_t)blocks_low | TABLE;
    level1[MT3620_RAM >> GIB_SHIFT] = (uintptr_t)blocks_high | TABLE;
}

void mmu_start(void)
{
    uint32_t control;
    tables_fill();
    __asm__ volatile("dsb\n\t"
                     "mcr p15, 0, %[mair], c10, c2, 0\n\t"  /* MAIR0 */
                     "mcr p15, 0, %[ttbcr], c2, c0, 2\n\t"  /* TTBCR */
                     "mcrr p15, 0, %[table], %[zero], c2\n\t" /* TTBR0 */
                     "mcr p15, 0, %[zero], c8, c7, 0\n\t"   /* TLBIALL */
                     "dsb\n\tisb\n\t"
                     "mrc p15, 0, %[control], c1, c0, 0"    /* SCTLR */
                     : [control] "=&r"(control)
                     : [mair] "r"(MAIR_DEVICE_THEN_MEMORY), [ttbcr] "r"(TTBCR_LONG),
                       [table] "r"(level1), [zero] "r"(0)
                     : "memory");
    control |= SCTLR_MMU | SCTLR_WRITABLE_NEVER_EXECUTABLE;
    __asm__ volatile("mcr p15, 0, %0, c1, c0, 0\n\tisb" ::"r"(control) : "memory");
}
