/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flash controller: program, erase, and what the normal world sees where.
 * Source: ours; the original's registers are not public.
 * Writer of the registers: the monitor (A7 secure world), nobody else.
 *
 * A 16 MiB NOR: a sector erases to ones, a program only clears bits.  The
 * windows at MT3620_FLASH read the array directly and never stop doing so:
 * unlike silicon, the array can be read while it is programmed.
 * An operation is complete when the write to COMMAND returns, and durable.
 *
 * Remap (not in silicon, as the execute-in-place blocks of other current
 * microcontrollers have): in the normal world's window, [FLASH_SYSTEM_A_AT,
 * +FLASH_SYSTEM_A_BYTES) of abi/flash_layout.h shows the flash from REMAP_OFFSET on.  A kernel that runs in
 * place is linked for one address and can so live in either system slot.  All
 * other initiators, and all other addresses, see the array as it is.
 *
 *   off  register      access
 *   000  ID            r   0x36200F10
 *   004  STATUS        r   bit 0 last command failed (bad address, length, alignment, locked)
 *   008  ADDRESS       rw  byte offset in the array
 *   00C  LENGTH        rw  bytes of PROGRAM, 1..256, not over a page border
 *   010  COMMAND       w   1 erase the sector at ADDRESS (aligned), 2 program from BUFFER
 *   014  REMAP_OFFSET  rw  multiple of the sector size; reset: FLASH_SYSTEM_A_AT
 *   018  LOCK          rw  bit 0 REMAP_OFFSET until reset; bit 1 set = the protected range
 *                          [0, PROTECT) refuses COMMAND until reset; bits only set
 *   01C  PROTECT       rw  multiple of the sector size; fixed once bit 1 of LOCK is set
 *   020  OPERATIONS    r   commands carried out since power-on
 *   100  BUFFER        rw  64 words
 */
#ifndef PERI_ABI_MT3620_FLASH_H
#define PERI_ABI_MT3620_FLASH_H

enum {
    FLASH_ID = 0x000,
    FLASH_STATUS = 0x004,
    FLASH_ADDRESS = 0x008,
    FLASH_LENGTH = 0x00C,
    FLASH_COMMAND = 0x010,
    FLASH_REMAP_OFFSET = 0x014,
    FLASH_LOCK = 0x018,
    FLASH_PROTECT = 0x01C,
    FLASH_OPERATIONS = 0x020,
    FLASH_BUFFER = 0x100,

    FLASH_ID_VALUE = 0x36200F10,
    FLASH_STATUS_FAILED = 1,
    FLASH_COMMAND_ERASE = 1,
    FLASH_COMMAND_PROGRAM = 2,
    FLASH_LOCK_REMAP = 1,
    FLASH_LOCK_PROTECT = 2,
    FLASH_SECTOR_BYTES = 4096,
    FLASH_PAGE_BYTES = 256,
};

#endif
