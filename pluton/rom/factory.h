/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first power-on of a chip: its key pairs, and whom it obeys from then on.
 * Source: abi/mcu_boot.h.
 *
 * Nothing here lets an image run: afterwards the ordinary rule decides with the
 * fuses as they then are.  On a chip that is final the engine refuses
 * to make keys, and the fuse block to burn the root: called by mistake, this changes nothing.
 * Power lost in between: what is there is kept, the rest is done at the next power-on.
 */
#ifndef PERI_PLUTON_ROM_FACTORY_H
#define PERI_PLUTON_ROM_FACTORY_H

/* NULL, or why not. */
const char *factory_start(void);

#endif
