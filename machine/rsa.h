/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RSA-2048 public operation of the root of trust.
 * Source: abi/mt3620_hsp.h (ours); RFC 8017, 5.2.2 (RSAVP1) with e = 65537.
 *
 * Interface
 *   region 0  registers, mapped for Pluton alone
 *
 * HSP_BAD_SIGNATURE, and MESSAGE all 0, when MODULUS is not an odd number of 2,048 bits
 * or SIGNATURE is not below it.  The padding of MESSAGE is the firmware's to check.
 *
 * Differences from silicon: no time passes.
 */
#ifndef PERI_MACHINE_RSA_H
#define PERI_MACHINE_RSA_H

#include "qom/object.h"

#define TYPE_MT3620_RSA "mt3620-rsa"
OBJECT_DECLARE_SIMPLE_TYPE(RsaState, MT3620_RSA)

#endif
