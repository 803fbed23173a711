/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Noise source of the root of trust, with its health tests.
 * Source: abi/mt3620_hsp.h (ours); tests as in trng_health.h.
 *
 * Interface
 *   region 0    registers, mapped for Pluton alone
 *   properties  stuck  bool: the raw bits are all 0
 *               fuse   link, for STARTS
 *   trng_raw()  for the ECC engine
 *
 * Switching on runs the start-up test and is ready at once if it passed.  A failure
 * is kept until the chip's reset, whatever CONTROL does; DATA is 0 then.
 *
 * Differences from silicon: the raw bits come from the host's random generator, which
 * -seed does not make predictable; no warm-up time; STARTS.
 */
#ifndef PERI_MACHINE_TRNG_H
#define PERI_MACHINE_TRNG_H

#include "qom/object.h"

#define TYPE_MT3620_TRNG "mt3620-trng"
OBJECT_DECLARE_SIMPLE_TYPE(TrngState, MT3620_TRNG)

/* Raw bits, tested.  False, and bytes all 0, while off or after a failure. */
bool trng_raw(TrngState *s, uint8_t *bytes, unsigned count);

#endif
