/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First and last instructions of a stage.  The linker script gives the symbols.
 * No interrupt is ever taken (PRIMASK stays set): those that are enabled only
 * end a wait, so the table ends with the system's own sixteen vectors.
 *
 * Each path that must not go on ends in several instructions that stop: one of
 * them skipped still leaves the next.
 */
#include "pluton/mcu/start.h"

#include <string.h>

#include "abi/mt3620_hsp.h"
#include "pluton/mcu/stage.h"
#include "pluton/mcu/uart.h"

#define STOP "1: b 1b\n\tb 1b\n\tudf #1\n\tudf #1\n\t"
#define PLAIN __attribute__((no_stack_protector))

extern uint32_t stack_top[], data_from[], data_start[], data_end[], bss_start[], bss_end[];
/* What the stack protector compares with; random from the first C call on. */
uintptr_t __stack_chk_guard = 0x5A0D00FFu;
void __stack_chk_fail(void);

PLAIN static void reset(void);
static void fault(void);
void start_fault(void);

__attribute__((section(".vectors"), used)) static const struct {
    const void *stack;
    void (*handler[15])(void);
} vectors = {
    stack_top,
    {reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault,
     fault, fault},
};

PLAIN static void reset(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
    memcpy(data_start, data_from, (size_t)((uintptr_t)data_end - (uintptr_t)data_start));
    memset(bss_start, 0, (size_t)((uintptr_t)bss_end - (uintptr_t)bss_start));
    reg_write(MT3620_HSP_TRNG + HSP_TRNG_CONTROL, 1);
    __stack_chk_guard ^= reg_read(MT3620_HSP_TRNG + HSP_TRNG_DATA);
    stage_main();
    start_fault(); /* a stage does not return; if this one did, or never began, that is said */
    __asm__ volatile(STOP);
}

/* On a stack of its own: the fault may be that the stack is used up. */
__attribute__((naked)) static void fault(void)
{
    __asm__ volatile("ldr r0, =stack_top\n\tmov sp, r0\n\tbl start_fault\n\t" STOP);
}

__attribute__((used)) void start_fault(void)
{
    uart_init();
    uart_text("[");
    uart_text(stage_name);
    uart_text("] fault\r\n");
    stage_fault();
    start_halt();
}

/* The stack is not what it was: no call on it, but a fault, which has its own. */
__attribute__((naked)) void __stack_chk_fail(void)
{
    __asm__ volatile("udf #2\n\t" STOP);
}

__attribute__((naked)) void start_stage(uint32_t table, uint32_t stack, uint32_t entry)
{
    (void)table;
    (void)stack;
    (void)entry;
    __asm__ volatile("ldr r3, =0xE000ED08\n\t" /* VTOR */
                     "str r0, [r3]\n\t"
                     "dsb\n\t"
                     "msr msp, r1\n\t"
                     "isb\n\t"
                     "bx r2\n\t" STOP);
}

__attribute__((naked)) void start_halt(void)
{
    __asm__ volatile("0: wfi\n\tb 0b\n\tb 0b\n\t" STOP);
}
