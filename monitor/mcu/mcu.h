/* SPDX-License-Identifier: BSD-2-Clause */
/* The chip's own part of the Security Monitor, beside monitor/svc/plat.h. */
#ifndef PERI_MONITOR_MCU_MCU_H
#define PERI_MONITOR_MCU_MCU_H

#include <stdint.h>

static inline volatile uint32_t *reg(uint32_t address)
{
    return (volatile uint32_t *)(uintptr_t)address;
}

/* Page table of abi/mt3620.h's secure view, and on: code read-only, nothing both
 * writable and executable, no memory of the normal world executable. */
void mmu_start(void);

/* Every interrupt to the normal world. */
void gic_open(void);

/* What was written before is seen by the other cores before what comes after. */
void barrier(void);

/* Counter of the generic timer, MT3620_TIMER_HZ. */
uint64_t timer_now(void);

/* Called by entry.S. */
void monitor_main(void);
void monitor_smc(uint32_t r[8]);
_Noreturn void monitor_fault(uint32_t address, uint32_t pc);

#endif
