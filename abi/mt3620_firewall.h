/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firewall: what the normal world and the I/O cores may reach.
 * Source: ours; the original's registers are not public.  From it: at most
 * eight flash regions, peripherals by group, settings locked until reset.
 * Writers: Pluton and the monitor (A7 secure world), nobody else.
 * The secure world and Pluton are not filtered; their maps are fixed.
 *
 * Reset: nothing granted, nothing locked.  A change takes effect with the next
 * access.  A write that a rule below forbids changes nothing and sets
 * STATUS bit 0 (sticky, write 1 to clear).
 *
 *   off       register         access
 *   000       STATUS           w1c bit 0 forbidden write
 *   004       LOCK             rw  bit 0 the whole block until reset; only set
 *   010       VIOLATIONS       r   refused accesses since reset
 *   014       VIOLATION_ADDR   r   of the last one
 *   018       VIOLATION_INFO   r   7-0 initiator, 8 was a write, 23-16 bytes
 *   020       VIOLATION_ACK    w   1 drops the interrupt (SPI FIREWALL)
 *   100+40*i  initiator i = A7_NORMAL, IO0, IO1 (1..3): PERIPHERALS 0..1, bit per
 *             enum firewall_peripheral.  A bit that another initiator holds and
 *             that is not shared cannot be set.
 *     +08     PERIPHERALS_LOCK 0..1: bits that neither change nor move until reset
 *   200+10*w  RAM window w of 0..15: BASE, LIMIT (first byte after), CONTROL
 *             3-0 initiator, 4 write, 5 enabled, 31 locked until reset.  Multiples of
 *             4 KiB inside RAM, BASE < LIMIT; set while disabled, except CONTROL.
 *             While the secure range is locked (SECURE_BASE), no window may touch it
 *             and no enabled one may be moved over it.
 *   300+10*r  flash region r of 0..7: BASE, LIMIT, CONTROL, offsets as the
 *             initiator sees them (after the remap), read and execute only
 *   380       SECURE_BASE      rw  first address of secure RAM; once not 0, fixed until reset,
 *                                  and windows reach at most up to it
 *   384/388   IO0/IO1 XIP      rw  flash offset that the core's window at 10000000 shows,
 *                                  multiple of 4 KiB; readable there while region rules allow
 */
#ifndef PERI_ABI_MT3620_FIREWALL_H
#define PERI_ABI_MT3620_FIREWALL_H

enum {
    FIREWALL_STATUS = 0x000,
    FIREWALL_LOCK = 0x004,
    FIREWALL_VIOLATIONS = 0x010,
    FIREWALL_VIOLATION_ADDR = 0x014,
    FIREWALL_VIOLATION_INFO = 0x018,
    FIREWALL_VIOLATION_ACK = 0x020,
    FIREWALL_INITIATOR = 0x100, /* + 0x40 * enum mt3620_initiator, from A7_NORMAL */
    FIREWALL_INITIATOR_STRIDE = 0x40,
    FIREWALL_PERIPHERALS = 0x0,      /* in an initiator's row; two words */
    FIREWALL_PERIPHERALS_LOCK = 0x8, /* two words */
    FIREWALL_RAM = 0x200,
    FIREWALL_RAM_WINDOWS = 16,
    FIREWALL_FLASH = 0x300,
    FIREWALL_FLASH_REGIONS = 8,
    FIREWALL_WINDOW_STRIDE = 0x10,
    FIREWALL_BASE = 0x0,
    FIREWALL_LIMIT = 0x4,
    FIREWALL_CONTROL = 0x8,
    FIREWALL_SECURE_BASE = 0x380,
    FIREWALL_IO0_XIP = 0x384,
    FIREWALL_IO1_XIP = 0x388,

    FIREWALL_CONTROL_WRITE = 1 << 4,
    FIREWALL_CONTROL_ENABLED = 1 << 5,
    FIREWALL_GRANULE = 4096,
};
#define FIREWALL_CONTROL_LOCKED 0x80000000u

/* number, name, first address, bytes, may be held by several initiators */
#define FIREWALL_PERIPHERAL_TABLE(X)                       \
    X(0, PINMUX, 0x30010000, 0x10000, 1)                   \
    X(1, A7_GPIO, 0x30020000, 0x10000, 0)                  \
    X(2, TOP_CONFIG, 0x30030000, 0x10000, 1)               \
    X(3, RTC, 0x30090000, 0x10000, 0) /* read only here */ \
    X(4, MAILBOX_NORMAL, 0x31000000, 0x10000, 0)           \
    X(5, MAILBOX_IO0, 0x31010000, 0x10000, 0)              \
    X(6, MAILBOX_IO1, 0x31020000, 0x10000, 0)              \
    X(7, A7_GPT, 0x3103E000, 0x1000, 0)                    \
    X(8, UART0, 0x31040000, 0x10000, 0)                    \
    X(9, A7_DMA, 0x31050000, 0x10000, 0)                   \
    X(10, A7_INTERRUPTS, 0x31060000, 0x10000, 0)           \
    X(11, VIRTIO, 0x31080000, 0x1000, 0)                   \
    X(12, ADC, 0x38000000, 0x10000, 0)                     \
    X(13, GPIO0, 0x38010000, 0x10000, 0)                   \
    X(14, GPIO1, 0x38020000, 0x10000, 0)                   \
    X(15, GPIO2, 0x38030000, 0x10000, 0)                   \
    X(16, GPIO3, 0x38040000, 0x10000, 0)                   \
    X(17, GPIO4, 0x38050000, 0x10000, 0)                   \
    X(18, GPIO5, 0x38060000, 0x10000, 0)                   \
    X(19, ISU0, 0x38070000, 0x10000, 0)                    \
    X(20, ISU1, 0x38080000, 0x10000, 0)                    \
    X(21, ISU2, 0x38090000, 0x10000, 0)                    \
    X(22, ISU3, 0x380A0000, 0x10000, 0)                    \
    X(23, ISU4, 0x380B0000, 0x10000, 0)                    \
    X(24, ISU5, 0x380C0000, 0x10000, 0)                    \
    X(25, I2S0, 0x380D0000, 0x10000, 0)                    \
    X(26, I2S1, 0x380E0000, 0x10000, 0)                    \
    X(27, I2S0_FIFO, 0x380F0000, 0x10000, 0)               \
    X(28, I2S1_FIFO, 0x38100000, 0x10000, 0)

enum firewall_peripheral {
#define FIREWALL_PERIPHERAL_ENUM(number, name, base, bytes, shared) FIREWALL_##name = number,
    FIREWALL_PERIPHERAL_TABLE(FIREWALL_PERIPHERAL_ENUM)
#undef FIREWALL_PERIPHERAL_ENUM
    FIREWALL_PERIPHERAL_COUNT = 29,
};

#endif
