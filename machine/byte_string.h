/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A byte string in a register file: byte i of the string is byte i of the
 * little-endian words.
 * Source: abi/mt3620_hsp.h.  Callers: the engines.
 */
#ifndef PERI_MACHINE_BYTE_STRING_H
#define PERI_MACHINE_BYTE_STRING_H

#include "exec/hwaddr.h"

/* Where the word at a register offset lies in the string that starts at base; NULL outside.
 * Offsets are multiples of 4, and so are the lengths of strings. */
static inline uint8_t *string_word(uint8_t *string, size_t bytes, hwaddr base, hwaddr offset)
{
    return offset >= base && offset - base < bytes ? string + (offset - base) : NULL;
}

#endif
