/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The e-fuses as firmware reads and burns them: pairs of copies are ORed,
 * counters are thermometers, nothing ever falls.
 * Source: abi/mt3620_fuse.h.
 */
#ifndef PERI_PLUTON_MCU_FUSE_H
#define PERI_PLUTON_MCU_FUSE_H

#include "abi/mt3620_fuse.h"
#include "pluton/hal.h"

/* Word n of the array; 0 for one that no core may read. */
uint32_t fuse_word(unsigned n);
/* enum FUSE_LOCK_*. */
uint32_t fuse_locks(void);
/* Counter by enum pluton_counter; E_CORRUPT and UINT32_MAX (nothing is new
 * enough) when the ones are no thermometer. */
int fuse_counter(unsigned index, uint32_t *value) MUST_CHECK;

/* E_CORRUPT; zeroed on failure. */
int fuse_read(struct fuses *fuses) MUST_CHECK;
/* Burns what is missing, in both copies, at once, and reads it back.  E_RANGE before anything
 * is burned: a value that falls, a counter above 128, another root; E_IO. */
int fuse_program(const struct fuses *fuses) MUST_CHECK;
/* The factory's: SHA-256 of the root key, final from then on.  E_IO. */
int fuse_burn_root(const uint8_t digest[static SHA256_BYTES]) MUST_CHECK;

#endif
