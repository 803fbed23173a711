/* SPDX-License-Identifier: BSD-2-Clause */
/* UART0, polled. */
#include "tests/hostile/kernel/hostile.h"

enum { UART_THR = 0x00, /* read: what arrived */
       UART_LSR = 0x14, UART_LSR_EMPTY = 0x20, UART_LSR_READY = 1, WAIT_SECONDS = 20 };

void console_init(void)
{
    /* Line control and speed are the monitor's choice; nothing to do. */
}

static void console_byte(char byte)
{
    for (unsigned i = 0; i < 1000000 && !(peek(MT3620_A7_UART0 + UART_LSR) & UART_LSR_EMPTY); i++)
        ;
    poke(MT3620_A7_UART0 + UART_THR, (uint8_t)byte);
}

void console_text(const char *text)
{
    while (*text)
        console_byte(*text++);
}

void console_decimal(uint32_t value)
{
    char digits[11];
    unsigned n = sizeof digits;
    digits[--n] = 0;
    do
        digits[--n] = (char)('0' + value % 10);
    while (value /= 10);
    console_text(digits + n);
}

void console_hex(uint32_t value)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        console_byte("0123456789ABCDEF"[value >> shift & 15]);
}

void console_wait(void)
{
    const uint64_t until = ticks() + (uint64_t)WAIT_SECONDS * MT3620_TIMER_HZ;
    while (!(peek(MT3620_A7_UART0 + UART_LSR) & UART_LSR_READY) && ticks() < until)
        ;
    (void)peek(MT3620_A7_UART0 + UART_THR);
}
