/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of the ROM share: copying a slot and looking at the copy. */
#ifndef PERI_PLUTON_ROM_ROM_H
#define PERI_PLUTON_ROM_ROM_H

#include "pluton/mcu/verdict.h"

enum { ROM_COPIES = 2 }; /* primary, backup */

extern const struct claim rom_claim;
/* Flash to the address where the loader runs. */
void rom_copy(unsigned slot);
/* One whole look at the copy. */
void rom_look(volatile struct verdict *v, unsigned slot);
/* In the copy's header. */
const uint8_t *rom_root_key(void);

#endif
