/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text on the recovery UART, 115200 8N1.
 * Source: device-internals of the original for the set-up; abi/mt3620.h.
 * Output only.  A transmitter that is stuck costs a bounded time, never a hang.
 */
#ifndef PERI_PLUTON_MCU_UART_H
#define PERI_PLUTON_MCU_UART_H

#include <stddef.h>
#include <stdint.h>

void uart_init(void);
void uart_text(const char *text);
/* Lower case, two digits a byte, in order. */
void uart_hex(const uint8_t *at, size_t len);
/* Eight digits. */
void uart_word(uint32_t value);

#endif
