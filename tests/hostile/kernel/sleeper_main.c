/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A normal world that stops doing its duty: it tends the watchdog once more after some
 * seconds, then it only keeps the monitor busy with other calls, and says each second
 * that it is still there.  Between the seconds it sleeps.
 */
#include "tests/hostile/kernel/hostile.h"

enum {
    LAST_SECONDS = 3 * SMC_WATCHDOG_SECONDS,
    GICD_CTLR = 0x000,
    GICD_ISENABLER = 0x100,
    GICC_CTLR = 0x00,
    GICC_PMR = 0x04,
    GICC_IAR = 0x0C,
    GICC_EOIR = 0x10,
    TIMER_INTERRUPT = 30, /* this world's physical timer, a private one */
};

uint32_t hostile_scratch[SCRATCH_BYTES / 4] __attribute__((aligned(4096)));

uintptr_t __stack_chk_guard = 0x5AFE57AC;
_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void)
{
    for (;;)
        ;
}

static void timer_prepare(void)
{
    poke(MT3620_GIC_DISTRIBUTOR + GICD_CTLR, 1);
    poke(MT3620_GIC_DISTRIBUTOR + GICD_ISENABLER, 1u << TIMER_INTERRUPT);
    poke(MT3620_GIC_CPU + GICC_PMR, 0xFF);
    poke(MT3620_GIC_CPU + GICC_CTLR, 1);
}

/* The interrupt stays masked: it only ends the sleep. */
static void sleep_until(uint64_t until)
{
    __asm__ volatile("mcrr p15, 2, %0, %1, c14" : : "r"((uint32_t)until), "r"((uint32_t)(until >> 32)));
    __asm__ volatile("mcr p15, 0, %0, c14, c2, 1\n\tisb" : : "r"(1));
    while (ticks() < until)
        __asm__ volatile("wfi");
    __asm__ volatile("mcr p15, 0, %0, c14, c2, 1\n\tisb" : : "r"(0));
    poke(MT3620_GIC_CPU + GICC_EOIR, peek(MT3620_GIC_CPU + GICC_IAR));
}

void hostile_main(void);
void hostile_main(void)
{
    const uint64_t start = ticks();
    uint32_t status;
    console_init();
    timer_prepare();
    console_text("hostile: start\n");
    for (uint32_t second = 0; second < LAST_SECONDS; second++) {
        const bool tend = second == HOSTILE_TENDED_LAST;
        smc_call(tend ? (unsigned)SMC_TEND_WATCHDOG : (unsigned)MONITOR_CALL_PING, NULL, 0, NULL, 0, &status);
        console_text("hostile: second ");
        console_decimal(second);
        console_text(tend ? " tended\n" : "\n");
        sleep_until(start + (uint64_t)(second + 1) * MT3620_TIMER_HZ);
    }
    console_text("hostile: nobody cared\n");
    for (;;)
        ;
}
