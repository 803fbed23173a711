/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UART: a 16550 with four bytes a register, and MediaTek's further registers.
 * Source: abi/mt3620_uart.h; public real-time samples of the MT3620.
 *
 * Interface
 *   region 0          registers, 0x100 bytes; the 16550 part (below 0x20) takes bytes and half-words
 *                     too, at a register's first byte
 *   sysbus interrupt  0
 *   property          chardev
 *
 * The 16550 is QEMU's own.  Of the further registers
 *   act:   HIGHSPEED, SAMPLE_COUNT, FRACDIV (the rate of a host's serial line), FCR_RD, RX_OFFSET,
 *          TX_OFFSET, VFIFO_EN (a read acknowledges the receive time-out)
 *   are kept, without effect:  RX_LEVEL_CTL, SAMPLE_POINT, GUARD, ESCAPE_DAT, ESCAPE_EN,
 *          SW_RTO_LIMIT, RXTRIG, EXTEND_ADD, and EFR, XON1, XON2, XOFF1, XOFF2 (LCR = 0xBF)
 *   INTERRUPT_STA reads the interrupt id without the side effect of IIR
 *
 * Differences from silicon: no time passes while sending; no software or hardware flow
 * control by EFR; no DMA handshake; IER bits 5-7 are not kept.
 */
#ifndef PERI_MACHINE_UART_H
#define PERI_MACHINE_UART_H

#include "qom/object.h"

#define TYPE_MT3620_UART "mt3620-uart"
OBJECT_DECLARE_SIMPLE_TYPE(UartState, MT3620_UART)

#endif
