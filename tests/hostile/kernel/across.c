/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction on both sides of the border of secure RAM.  What a machine checks at the
 * first byte alone lets the rest through.
 */
#include "tests/hostile/kernel/hostile.h"

enum { THUMB = 1, NOP_HALF = 0xBF00, WIDE_NOP_HALF = 0xF3AF };
#define BORDER MT3620_SECURE_RAM

static void across_load_multiple(void)
{
    __asm__ volatile("ldm %0, {r2, r3}" : : "r"(BORDER - 4) : "r2", "r3", "memory");
}

static void across_store_multiple(void)
{
    __asm__ volatile("stm %0, {r2, r3}\n\tdsb" : : "r"(BORDER - 4) : "memory");
}

static void across_load_double(void)
{
    __asm__ volatile("ldrd r2, r3, [%0]" : : "r"(BORDER - 4) : "r2", "r3", "memory");
}

static void across_store_double(void)
{
    __asm__ volatile("strd r2, r3, [%0]\n\tdsb" : : "r"(BORDER - 4) : "memory");
}

/* Eight bytes, aligned: all of it on the far side. */
static void across_load_exclusive_double(void)
{
    __asm__ volatile("ldrexd r2, r3, [%0]\n\tclrex" : : "r"(BORDER) : "r2", "r3", "memory");
}

static void run_from(uint32_t address)
{
    barrier();
    ((void (*)(void))(uintptr_t)(address | THUMB))();
}

/* A wide instruction whose second half is secret. */
static void across_execute_half(void)
{
    *(volatile uint16_t *)(uintptr_t)(BORDER - 2) = WIDE_NOP_HALF;
    run_from(BORDER - 2);
}

/* The instruction before the border is this kernel's, the next is not. */
static void across_fall_through(void)
{
    *(volatile uint16_t *)(uintptr_t)(BORDER - 2) = NOP_HALF;
    run_from(BORDER - 2);
}

static void across_load_below(void)
{
    __asm__ volatile("ldm %0, {r2, r3}" : : "r"(MT3620_RAM - 4) : "r2", "r3", "memory");
}

static void across_load_inside(void)
{
    __asm__ volatile("ldm %0, {r2, r3}" : : "r"(BORDER - 8) : "r2", "r3", "memory");
}

static void (*const attempts[])(void) = {
#define X(name, want) across_##name,
    HOSTILE_ACROSS_TABLE(X)
#undef X
};

static void play(uint32_t which, uint32_t unused)
{
    (void)unused;
    attempts[which]();
}

enum hostile_word across_play(const struct hostile_row *row, uint32_t *detail)
{
    const bool code = row->a == HOSTILE_ACROSS_execute_half || row->a == HOSTILE_ACROSS_fall_through;
    const unsigned caught = hostile_try(play, row->a, 0);
    *detail = caught ? hostile_fault_status : 0;
    if (caught == (code ? CAUGHT_PREFETCH : CAUGHT_DATA))
        return HOSTILE_REFUSED;
    return caught == CAUGHT_NOTHING || code ? HOSTILE_ALLOWED : HOSTILE_WRONG;
}
