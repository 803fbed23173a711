/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digest engine of the root of trust: SHA-256 and SHA-1 over memory.
 * Source: abi/mt3620_hsp.h (ours); FIPS 180-4.
 *
 * Interface
 *   region 0    registers, mapped for Pluton alone
 *   properties  memory  link to Pluton's view; SOURCE and LENGTH name addresses in it
 *
 * Read are RAM, ROM, TCM and flash; a range that leaves them, or wraps, is
 * HSP_BAD_ADDRESS.  Any failure ends the running digest: the next update or finish is
 * HSP_BAD_COMMAND until a new start.  A finish ends it too.
 *
 * Differences from silicon: no time passes, whatever the length.
 */
#ifndef PERI_MACHINE_SHA_H
#define PERI_MACHINE_SHA_H

#include "qom/object.h"

#define TYPE_MT3620_SHA "mt3620-sha"
OBJECT_DECLARE_SIMPLE_TYPE(ShaState, MT3620_SHA)

#endif
