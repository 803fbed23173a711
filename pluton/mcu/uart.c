/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/mcu/uart.h"

#include "pluton/mcu/reg.h"

enum {
    THR = 0x00, /* DLL while LCR bit 7 is set */
    DLM = 0x04,
    FCR = 0x08,
    LCR = 0x0C,
    LSR = 0x14,
    HIGHSPEED = 0x24,
    SAMPLE_COUNT = 0x28,
    SAMPLE_POINT = 0x2C,
    FRACDIV_L = 0x54,
    FRACDIV_M = 0x58,

    LSR_THR_EMPTY = 0x20,
    POLLS_MAX = 100000, /* a character takes 87 us */
};

/* In this order; 26 MHz / (224 + 1.7) is 115,200. */
static const struct {
    uint8_t offset, value;
} setup[] = {
    {LCR, 0x80},         {HIGHSPEED, 3}, {DLM, 0},         {THR, 1}, {SAMPLE_COUNT, 224},
    {SAMPLE_POINT, 110}, {FRACDIV_M, 0}, {FRACDIV_L, 223}, {LCR, 3}, {FCR, 7},
};

void uart_init(void)
{
    for (size_t i = 0; i < sizeof setup / sizeof setup[0]; i++)
        reg_write(MT3620_M4_UART + setup[i].offset, setup[i].value);
}

static void put(char ch)
{
    for (unsigned i = 0; i < POLLS_MAX; i++)
        if (reg_read(MT3620_M4_UART + LSR) & LSR_THR_EMPTY)
            break;
    reg_write(MT3620_M4_UART + THR, (uint8_t)ch);
}

void uart_text(const char *text)
{
    for (; *text != '\0'; text++)
        put(*text);
}

void uart_hex(const uint8_t *at, size_t len)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        put(digit[at[i] >> 4]);
        put(digit[at[i] & 15]);
    }
}

void uart_word(uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};
    uart_hex(bytes, sizeof bytes);
}
