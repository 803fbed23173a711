/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chip as its cores see it: addresses, interrupts, initiators.
 * Source: the public memory map of the MT3620 where there is one; blocks marked
 * "ours" stand where the original's registers are not public.
 * Writer: machine/.  Readers: firmware of pluton/ and monitor/, kernel/, tests.
 *
 * Each initiator has an address space of its own.  What it does not list is a
 * bus error; what it lists for an I/O core or the normal world is there only
 * while the firewall (abi/mt3620_firewall.h) grants it.
 *
 *   range                    Pluton  A7 secure  A7 normal  I/O cores
 *   00000000 ROM 64 KiB        r         -          -         -
 *   00100000 TCM               rw        -          -         rw (its own)
 *   21000000 private blocks    rw        -          -         rw (its own)
 *   22000000 SYSRAM 64 KiB     -         -          -         rw (its own)
 *   10000000 flash window      -         -          -         firewall
 *   2F000000 HSP (engines)     rw        -          -         -
 *   30000000 secure blocks     rw FW     rw         -         -
 *   31000000 A7 blocks         -         rw         firewall  -
 *   38000000 I/O peripherals   -         rw         firewall  firewall
 *   80000000 RAM 4 MiB         rw        rw         firewall  firewall (windows)
 *   90000000 flash 16 MiB      r         r          firewall  -
 * (FW: of the secure blocks, Pluton sees the firewall and infra alone.)
 *
 * All registers are 32 bits wide, little-endian; another width or an unaligned
 * address is a bus error, except in the 16550 part of a UART.
 */
#ifndef PERI_ABI_MT3620_H
#define PERI_ABI_MT3620_H

enum mt3620_initiator {
    MT3620_A7_SECURE = 0,
    MT3620_A7_NORMAL = 1,
    MT3620_IO0 = 2,
    MT3620_IO1 = 3,
    MT3620_PLUTON = 4,
    MT3620_INITIATORS = 5,
};

/* Memory. */
#define MT3620_PLUTON_ROM 0x00000000u
#define MT3620_PLUTON_ROM_BYTES 0x00010000u
#define MT3620_TCM 0x00100000u /* of the core that looks */
#define MT3620_PLUTON_TCM_BYTES 0x00020000u
#define MT3620_IO_TCM_BYTES 0x00030000u
#define MT3620_IO_XIP 0x10000000u /* 1 MiB window, set by infra (below) */
#define MT3620_IO_XIP_BYTES 0x00100000u
#define MT3620_IO_SYSRAM 0x22000000u
#define MT3620_IO_SYSRAM_BYTES 0x00010000u
#define MT3620_RAM 0x80000000u
#define MT3620_RAM_BYTES 0x00400000u
#define MT3620_SECURE_RAM 0x803D0000u /* to the end of RAM: the monitor's */
#define MT3620_FLASH 0x90000000u
#define MT3620_FLASH_BYTES 0x01000000u

/* Private blocks of each M4, at the same addresses. */
#define MT3620_M4_INTERRUPTS 0x21000000u
#define MT3620_M4_RGU 0x21010000u
#define MT3620_M4_WDT 0x21020000u      /* abi/mt3620_wdt.h */
#define MT3620_M4_GPT 0x21030000u      /* abi/mt3620_gpt.h */
#define MT3620_M4_UART 0x21040000u     /* Pluton: the recovery UART */
#define MT3620_M4_MAILBOX_A7 0x21050000u   /* I/O: to the A7.  Pluton: to the normal world */
#define MT3620_M4_MAILBOX_PEER 0x21060000u /* I/O: to the other.  Pluton: to the secure world */
#define MT3620_M4_INFRA 0x21070000u
#define MT3620_IO_DMA 0x21080000u
#define MT3620_PLUTON_RESET 0x21090000u /* abi/mt3620_reset.h */

/* Pluton alone (ours): abi/mt3620_hsp.h, abi/mt3620_fuse.h. */
#define MT3620_HSP 0x2F000000u
#define MT3620_HSP_SHA (MT3620_HSP + 0x0000u)
#define MT3620_HSP_AES (MT3620_HSP + 0x1000u)
#define MT3620_HSP_ECC (MT3620_HSP + 0x2000u)
#define MT3620_HSP_RSA (MT3620_HSP + 0x3000u)
#define MT3620_HSP_TRNG (MT3620_HSP + 0x4000u)
#define MT3620_HSP_FUSE (MT3620_HSP + 0x5000u)

/* A7, secure world. */
#define MT3620_FIREWALL 0x30000000u /* and Pluton */
#define MT3620_PINMUX 0x30010000u
#define MT3620_A7_GPIO 0x30020000u
#define MT3620_TOP_CONFIG 0x30030000u
#define MT3620_SECURE_DMA 0x30040000u
#define MT3620_A7_WDT 0x30050000u
#define MT3620_SYSRAM_CONTROL 0x30060000u
#define MT3620_FLASH_CONTROLLER 0x30070000u /* abi/mt3620_flash.h */
#define MT3620_INFRA 0x30080000u            /* the reset block as the monitor sees it */
#define MT3620_RTC 0x30090000u              /* normal world may read (firewall), never write */
#define MT3620_MCUSYS 0x300D0000u
#define MT3620_A7_MAILBOX_SECURE 0x300F0000u /* to Pluton */
#define MT3620_GIC_DISTRIBUTOR 0x30101000u   /* ours: a GICv2 with security extensions, */
#define MT3620_GIC_CPU 0x30102000u           /* reachable from both worlds */

/* A7, granted to the normal world by the firewall. */
#define MT3620_A7_MAILBOX_NORMAL 0x31000000u /* to Pluton */
#define MT3620_A7_MAILBOX_IO0 0x31010000u
#define MT3620_A7_MAILBOX_IO1 0x31020000u
#define MT3620_A7_GPT 0x3103E000u
#define MT3620_A7_UART0 0x31040000u /* console of the A7 */
#define MT3620_A7_DMA 0x31050000u
#define MT3620_A7_INTERRUPTS 0x31060000u
#define MT3620_A7_VIRTIO 0x31080000u         /* ours: two virtio-mmio transports, 0x200 bytes each: network */
#define MT3620_A7_VIRTIO_SERVICE 0x31080200u /* and service interface; one block of the firewall */

/* I/O peripherals (later step: they answer, and log). */
#define MT3620_IO_ADC 0x38000000u
#define MT3620_IO_GPIO 0x38010000u /* six groups, 0x10000 apart */
#define MT3620_IO_ISU 0x38070000u  /* six, 0x10000 apart */
#define MT3620_IO_I2S 0x380D0000u  /* two, 0x10000 apart; FIFOs 0x380F0000, 0x38100000 */

/* Interrupts of the A7: GIC shared peripheral interrupts (0 = first SPI). */
enum {
    MT3620_SPI_MAILBOX_NORMAL = 0, /* three each: my message was read, message arrived, software */
    MT3620_SPI_MAILBOX_IO0 = 3,
    MT3620_SPI_MAILBOX_IO1 = 6,
    MT3620_SPI_MAILBOX_SECURE = 9,
    MT3620_SPI_UART0 = 12,
    MT3620_SPI_VIRTIO = 13,
    MT3620_SPI_WDT = 14,
    MT3620_SPI_RTC = 15,
    MT3620_SPI_GPT = 16,
    MT3620_SPI_FIREWALL = 17,
    MT3620_SPI_VIRTIO_SERVICE = 18,
    MT3620_SPIS = 96,
};
/* Generic timer of the A7.  Silicon has 26 MHz; the emulator counts whole nanoseconds a
 * tick, so 38 of them are a tick and a clock that believed in 26 MHz would run 1.2 % fast. */
#define MT3620_TIMER_HZ 26315789u

/* Interrupts of an M4 (NVIC), the same on all three where the block exists. */
enum {
    MT3620_IRQ_GPT01 = 1,
    MT3620_IRQ_GPT3 = 2,
    MT3620_IRQ_WDT = 3,
    MT3620_IRQ_UART = 4,
    MT3620_IRQ_INFRA = 5,
    MT3620_IRQ_MAILBOX_A7 = 6,    /* six: RD NF WR NE FIFO SW */
    MT3620_IRQ_MAILBOX_PEER = 12, /* six */
    MT3620_IRQS = 100,
};

/*
 * Options of the machine (`-M mt3620,name=value`):
 *   rom=FILE         Pluton ROM, at most 64 KiB
 *   fuses=FILE       fuse array (abi/mt3620_fuse.h); locked, written durably
 *   flash=FILE       16 MiB; locked, written durably
 *   recovery=exit    end the run when the ROM or Pluton stops in recovery (default: wait)
 *   reset=exit       end the run at a chip reset (default: start again)
 *   fault-flash=N[:torn]   lose power at the N-th program or erase (0 = first), before it, or half done
 *   fault-flip=WHERE:BYTE:BIT  flip one bit at start; WHERE is flash, fuse or ram
 *   fault-trng=on    the noise source is stuck
 *   probe=CHARDEV    bus probe for tests
 * Serial lines in order: Pluton's UART, the A7's UART0, I/O core 0, I/O core 1.
 */

/* Exit codes of a run. */
enum mt3620_end {
    MT3620_END_POWER_OFF = 0,
    MT3620_END_USAGE = 1,         /* the emulator could not start: its message says why */
    MT3620_END_RECOVERY = 20,     /* the boot stopped; the last line of Pluton's UART names the reason */
    MT3620_END_POWER_LOST = 21,   /* by a fault control */
    MT3620_END_RESET = 22,        /* reset=exit */
    MT3620_END_WATCHDOG = 23,     /* reset=exit, and a watchdog caused it */
    MT3620_END_LOCKUP = 24,       /* recovery=exit, and Pluton's core stopped in a fault within a fault */
};

#endif
