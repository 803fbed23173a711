/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E-fuses: the registers, and the host file behind them.
 * Source: abi/mt3620_fuse.h (ours; the original's registers are not public).
 *
 * Interface
 *   region 0     registers, mapped for Pluton alone
 *   properties   file  host file of FUSE_FILE_BYTES; without one the chip is blank and forgets
 *                flip  "BYTE:BIT" of the array reads inverted; never in the file
 *   calls below  for the engines, which reach rows that no register shows
 *
 * A power-on (realize) counts in the file and, on a blank chip, makes SECRET; both in one
 * replacement of the file.  A burn is in the file before the write to COMMAND returns.
 * A file that cannot be replaced leaves it unknown which of the two versions it is: the
 * array stays as it was, and every further burn fails until the next power-on.
 *
 * COMMAND with another key changes nothing and gives HSP_BAD_COMMAND.  With the key, SHADOW is
 * cleared whatever the result.  Words of no row read 0 and cannot be burned.
 * Kept over a chip reset: the array.  SHADOW and STATUS are cleared.
 *
 * Differences from silicon: no burning time or voltage; a burn of many words is whole or
 * nothing; the private rows are in a file that the host's owner can read.
 */
#ifndef PERI_MACHINE_FUSE_H
#define PERI_MACHINE_FUSE_H

#include "abi/mt3620_hsp.h"
#include "qom/object.h"

#define TYPE_MT3620_FUSE "mt3620-fuse"
OBJECT_DECLARE_SIMPLE_TYPE(FuseState, MT3620_FUSE)

enum { FUSE_ROW_BYTES = 32 };

/* Private key of fused slot 0 or 1; false while the slot was never made. */
bool fuse_private_key(FuseState *s, unsigned slot, uint8_t key[FUSE_ROW_BYTES]);

/* Burns key and lock at once.  HSP_OK, HSP_DENIED (made already), HSP_FUSE_FAILED (also when the
 * row is not blank though its lock is). */
enum hsp_status fuse_burn_private_key(FuseState *s, unsigned slot,
                                      const uint8_t key[FUSE_ROW_BYTES]);
bool fuse_slot_final(FuseState *s, unsigned slot);

void fuse_secret(FuseState *s, uint8_t secret[FUSE_ROW_BYTES]);

/* Power-ons of this chip, this one included. */
uint64_t fuse_starts(FuseState *s);

#endif
