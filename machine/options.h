/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of the machine, `-M mt3620,name=value`.
 * Source: abi/mt3620.h, which lists them.  NULL: not given.
 */
#ifndef PERI_MACHINE_OPTIONS_H
#define PERI_MACHINE_OPTIONS_H

#include "exec/memory.h"
#include "qom/object.h"

typedef struct Options {
    char *rom, *fuses, *flash, *recovery, *reset, *fault_flash, *fault_flip, *fault_trng, *probe;
} Options;

/* By mt3620.c: the options of a machine object. */
Options *mt3620_options(Object *machine);

void options_declare(ObjectClass *machine_class);

/* Ends the emulator with one line if they make no sense together. */
void options_check(const Options *o);

/* What of fault-flip is about the part named, "BYTE:BIT", or NULL. */
const char *options_flip(const Options *o, const char *part);

/* Into the ROM's bytes; ends the emulator with one line if it cannot be. */
void options_load_rom(const Options *o, uint8_t *rom);

#endif
