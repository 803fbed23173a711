/* SPDX-License-Identifier: BSD-2-Clause */
/* monitor/svc/plat.h on the chip: registers and memory are where they are. */
#include "monitor/svc/plat.h"

#include "abi/mt3620.h"
#include "monitor/mcu/mcu.h"
#include "monitor/svc/budget.h"

enum { UART_THR = 0x00, UART_LSR = 0x14, UART_LSR_EMPTY = 1 << 5, UART_PATIENCE = 100000 };

void barrier(void)
{
    __asm__ volatile("dsb" ::: "memory");
}

uint32_t plat_read(uint32_t address)
{
    return *reg(address);
}

void plat_write(uint32_t address, uint32_t value)
{
    *reg(address) = value;
    barrier(); /* done before the next step relies on it */
}

uint8_t *plat_ram(uint32_t address)
{
    return (uint8_t *)(uintptr_t)address;
}

const uint8_t *plat_flash(uint32_t offset)
{
    return (const uint8_t *)(uintptr_t)(MT3620_FLASH + offset);
}

static void put(char ch)
{
    for (unsigned i = 0; i < UART_PATIENCE; i++)
        if (*reg(MT3620_A7_UART0 + UART_LSR) & UART_LSR_EMPTY)
            break; /* a line that is stuck costs letters, not the boot */
    *reg(MT3620_A7_UART0 + UART_THR) = (uint8_t)ch;
}

void plat_say(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            put('\r');
        put(*text);
    }
}

uint64_t timer_now(void)
{
    uint32_t low, high;
    __asm__ volatile("isb\n\tmrrc p15, 0, %0, %1, c14" : "=r"(low), "=r"(high));
    return (uint64_t)high << 32 | low;
}

uint32_t plat_ticks(void)
{
    return (uint32_t)(timer_now() >> BUDGET_TICK_LOG2);
}

void plat_stop(void)
{
    for (;;)
        __asm__ volatile("wfi");
}
