/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Key slots and P-256 engine of the root of trust.
 * Source: abi/mt3620_hsp.h (ours); FIPS 186-5, RFC 6979.
 *
 * Interface
 *   region 0    registers, mapped for Pluton alone
 *   properties  fuse  link: slots 0 and 1
 *               trng  link: keys are made from its bits
 *
 * A scalar leaves the slots in no direction.  It is SHA-256 of 64 raw bytes, taken again
 * while it is not in 1 .. n-1.  Signing needs no noise.
 *   GENERATE   a fused slot: once, else HSP_DENIED; a volatile one: replaces what was there
 *   PUBLIC_OF, SIGN   of an empty slot, or one that does not exist: HSP_EMPTY_SLOT
 *   VERIFY     HSP_NOT_A_POINT for PUBLIC, else HSP_BAD_SIGNATURE
 *   ERASE      of an empty volatile slot: HSP_OK; of any other that is not volatile: HSP_DENIED
 * A failed command clears PUBLIC (GENERATE, PUBLIC_OF) or SIGNATURE (SIGN); VERIFY leaves its
 * operands.  The volatile slots are lost at the chip's reset.
 *
 * Differences from silicon: no time passes; side channels are the host's.
 */
#ifndef PERI_MACHINE_ECC_H
#define PERI_MACHINE_ECC_H

#include "qom/object.h"

#define TYPE_MT3620_ECC "mt3620-ecc"
OBJECT_DECLARE_SIMPLE_TYPE(EccState, MT3620_ECC)

#endif
