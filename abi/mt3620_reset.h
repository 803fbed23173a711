/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reset and power control, and the release of the other cores.
 * Source: ours; the original's registers are not public.
 * Two views of one block: Pluton at MT3620_PLUTON_RESET, the monitor at
 * MT3620_INFRA.  Not reachable by anyone else.
 *
 *   off  register     access
 *   000  CAUSE        r   why the last reset happened, enum reset_cause
 *   004  CHIP_RESET   w   key 0x1209: the whole chip starts again from the ROM
 *   008  POWER        w   key 0x0FF0: power down; the run ends with END_POWER_OFF
 *   00C  RECOVERY     w   key 0x5EC0 (Pluton view only): the boot has stopped; the
 *                         run ends, or the chip waits, as the machine was told
 *   010  SCRATCH      rw  4 words kept over a reset, lost at power-on
 *   020  A7_START     rw  (Pluton view only) address at which the A7 starts, in Arm
 *                         state or Thumb (bit 0), secure world; fixed after release
 *   024  A7_CONTROL   rw  (Pluton view only) bit 0 release; only set
 *   030  IO0_VECTORS  rw  vector table the core starts from: TCM or XIP window
 *   034  IO0_CONTROL  rw  bit 0 run: 0->1 resets the core and starts it, 1->0 tells it to
 *                         stop.  Reads 1 until it has: only then it can be loaded and started
 *   038  IO1_VECTORS, 03C IO1_CONTROL
 *   100+ IO LOAD      w   (monitor view only) IO_SELECT 100: core 0/1; IO_ADDRESS 104: core's
 *                         TCM or SYSRAM address, multiple of 4; IO_DATA 108: writes a word there
 *                         and advances.  Only while that core is stopped.
 */
#ifndef PERI_ABI_MT3620_RESET_H
#define PERI_ABI_MT3620_RESET_H

enum {
    RESET_CAUSE = 0x000,
    RESET_CHIP_RESET = 0x004,
    RESET_POWER = 0x008,
    RESET_RECOVERY = 0x00C,
    RESET_SCRATCH = 0x010,
    RESET_A7_START = 0x020,
    RESET_A7_CONTROL = 0x024,
    RESET_IO0_VECTORS = 0x030,
    RESET_IO0_CONTROL = 0x034,
    RESET_IO1_VECTORS = 0x038,
    RESET_IO1_CONTROL = 0x03C,
    RESET_IO_SELECT = 0x100,
    RESET_IO_ADDRESS = 0x104,
    RESET_IO_DATA = 0x108,

    RESET_KEY_CHIP_RESET = 0x1209,
    RESET_KEY_POWER = 0x0FF0,
    RESET_KEY_RECOVERY = 0x5EC0,
    RESET_CONTROL_RUN = 1,
};

enum reset_cause {
    RESET_CAUSE_POWER_ON = 0,
    RESET_CAUSE_SOFTWARE = 1,
    RESET_CAUSE_PLUTON_WATCHDOG = 2,
    RESET_CAUSE_A7_WATCHDOG = 3,
    RESET_CAUSE_EXTERNAL = 4,
};

#endif
