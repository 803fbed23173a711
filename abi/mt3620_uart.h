/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UART: 16550-like, four bytes a register, with MediaTek's additions.
 * Source: public real-time samples of the MT3620.
 * Clock 26 MHz, FIFOs of 16.  The 16550 part (below 20) takes bytes and half-words too, at
 * the first byte of a register.
 *
 * Smallest sender: wait for LSR bit 5, write THR.
 */
#ifndef PERI_ABI_MT3620_UART_H
#define PERI_ABI_MT3620_UART_H

enum {
    MT3620_UART_RBR = 0x00, /* r; w THR; DLL while LCR bit 7 */
    MT3620_UART_THR = 0x00,
    MT3620_UART_DLL = 0x00,
    MT3620_UART_IER = 0x04, /* DLM while LCR bit 7 */
    MT3620_UART_DLM = 0x04,
    MT3620_UART_IIR = 0x08, /* r; w FCR; EFR while LCR is BF */
    MT3620_UART_FCR = 0x08,
    MT3620_UART_EFR = 0x08,
    MT3620_UART_LCR = 0x0C,
    MT3620_UART_MCR = 0x10, /* XON1 while LCR is BF */
    MT3620_UART_XON1 = 0x10,
    MT3620_UART_LSR = 0x14, /* 0 data, 1 overrun, 5 room to send, 6 all sent; XON2 while LCR is BF */
    MT3620_UART_XON2 = 0x14,
    MT3620_UART_MSR = 0x18, /* XOFF1 while LCR is BF */
    MT3620_UART_XOFF1 = 0x18,
    MT3620_UART_SCR = 0x1C, /* XOFF2 while LCR is BF */
    MT3620_UART_XOFF2 = 0x1C,

    MT3620_UART_RX_LEVEL_CTL = 0x20, /* 6 ignore acknowledge, 7 enable */
    MT3620_UART_HIGHSPEED = 0x24,    /* 1-0 clocks a bit: 16, 8, 4, or SAMPLE_COUNT + 1 */
    MT3620_UART_SAMPLE_COUNT = 0x28,
    MT3620_UART_SAMPLE_POINT = 0x2C,
    MT3620_UART_GUARD = 0x3C, /* 3-0 count, 4 enable */
    MT3620_UART_ESCAPE_DAT = 0x40,
    MT3620_UART_ESCAPE_EN = 0x44,
    MT3620_UART_SW_RTO_LIMIT = 0x48, /* 1 enable, 7-2 limit */
    MT3620_UART_VFIFO_EN = 0x4C,     /* 0 enable; a read acknowledges a receive time-out */
    MT3620_UART_RXTRIG = 0x50,
    MT3620_UART_FRACDIV_L = 0x54, /* every bit adds a tenth of a clock to the bit */
    MT3620_UART_FRACDIV_M = 0x58,
    MT3620_UART_FCR_RD = 0x5C,     /* r  FCR */
    MT3620_UART_EXTEND_ADD = 0x64, /* 0 receive, 1 send DMA handshake, 2 automatic */
    MT3620_UART_RX_OFFSET = 0x68,  /* r  bytes in the receive FIFO */
    MT3620_UART_TX_OFFSET = 0x6C,  /* r  bytes in the send FIFO */
    MT3620_UART_INTERRUPT_STA = 0x70,
    MT3620_UART_BYTES = 0x100,

    MT3620_UART_LSR_DATA = 0x01,
    MT3620_UART_LSR_ROOM = 0x20,
};

#endif
