/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The post code record: what survives a warm reset, at the end of the TCM.
 * Source: abi/mcu_boot.h; layout of the 24 bytes ours.
 * Writer, reader: the Pluton core, which alone reaches its TCM.
 *
 *   off size field
 *     0    4 check "POST"
 *     4    4 check: XOR of the words below, and of the first
 *     8    4 code    what SET_POSTCODE said last
 *    12    4 boots   of this power-on, counted by the runtime
 *    16    4 reached stage << 24 | BOOT_BACKUP_* << 16 | reset cause
 *    20   12 0
 * The first boot loader prints the three words of the boot before.
 */
#ifndef PERI_PLUTON_MCU_POSTCODE_H
#define PERI_PLUTON_MCU_POSTCODE_H

#include <stdbool.h>
#include <stdint.h>

enum postcode_stage {
    POSTCODE_1BL = 2,
    POSTCODE_RUNTIME = 3,
    POSTCODE_MONITOR = 4, /* the A7 was started */
};

struct postcode {
    uint32_t code, boots, reached;
};

void postcode_forget(void);
/* False, and zeroes, when there is none. */
bool postcode_read(struct postcode *record);
void postcode_write(const struct postcode *record);
/* Replaces the third word. */
void postcode_reached(enum postcode_stage stage, uint32_t flags, uint32_t cause);

#endif
