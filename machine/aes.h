/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block cipher and derivation engine of the root of trust.
 * Source: abi/mt3620_hsp.h (ours); FIPS 197, RFC 2104.
 *
 * Interface
 *   region 0    registers, mapped for Pluton alone
 *   properties  fuse  link, for the chip's secret, which no register shows
 *
 * Each command clears OUT and OUT32 before it fills its own.  KEY is kept until it is
 * written again or the chip is reset.  KEY and LABEL read 0.
 *
 * Differences from silicon: one block a command; no time passes.
 */
#ifndef PERI_MACHINE_AES_H
#define PERI_MACHINE_AES_H

#include "qom/object.h"

#define TYPE_MT3620_AES "mt3620-aes"
OBJECT_DECLARE_SIMPLE_TYPE(AesState, MT3620_AES)

#endif
