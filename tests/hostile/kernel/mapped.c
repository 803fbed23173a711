/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads through a page table.  Its sections carry NS = 0: in the normal world that bit
 * is nothing, and a machine that believes it has no secure world.
 */
#include "tests/hostile/kernel/hostile.h"

enum { SECTIONS = 4096 };

/* Section, strongly ordered, domain 0, full access, NS = 0. */
#define SECTION_SECURE 0x00000C02u
static uint32_t table[SECTIONS] __attribute__((aligned(16384)));

void mapping_on(uint32_t low_table)
{
    for (uint32_t i = 0; i < SECTIONS; i++)
        table[i] = i << 20 | SECTION_SECURE;
    barrier();
    __asm__ volatile("mcr p15, 0, %0, c2, c0, 0\n\t" /* TTBR0 */
                     "mcr p15, 0, %1, c2, c0, 1\n\t" /* TTBR1 */
                     "mcr p15, 0, %2, c2, c0, 2\n\t" /* TTBCR: TTBR0 below 2 GiB */
                     "mcr p15, 0, %3, c3, c0, 0\n\t" /* domain 0: client */
                     "mcr p15, 0, %2, c8, c7, 0\n\t" /* TLBs */
                     "dsb\n\tisb\n\t"
                     :
                     : "r"(low_table ? low_table : (uint32_t)(uintptr_t)table),
                       "r"((uint32_t)(uintptr_t)table), "r"(1), "r"(1)
                     : "memory");
    uint32_t control;
    __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(control));
    __asm__ volatile("mcr p15, 0, %0, c1, c0, 0\n\tdsb\n\tisb" : : "r"(control | 1) : "memory");
}

void mapping_off(void)
{
    uint32_t control;
    __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(control));
    __asm__ volatile("mcr p15, 0, %0, c1, c0, 0\n\tdsb\n\tisb" : : "r"(control & ~1u) : "memory");
    __asm__ volatile("mcr p15, 0, %0, c8, c7, 0\n\tdsb\n\tisb" : : "r"(0) : "memory");
}

static void attempt_read(uint32_t address, uint32_t unused)
{
    (void)unused;
    (void)peek(address);
    barrier();
}

enum hostile_word mapped_play(const struct hostile_row *row, uint32_t *detail)
{
    mapping_on(0);
    const unsigned caught = hostile_try(attempt_read, row->a, 0);
    mapping_off();
    *detail = caught ? hostile_fault_status : 0;
    if (caught == CAUGHT_NOTHING)
        return HOSTILE_ALLOWED;
    /* External abort, not a fault of this program's own table. */
    const uint32_t status = (hostile_fault_status & 15) | (hostile_fault_status >> 6 & 16);
    return caught == CAUGHT_DATA && status == 8 ? HOSTILE_REFUSED : HOSTILE_WRONG;
}
