/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision whether a copy in memory may run, made so that one skipped
 * instruction cannot turn a "no" into a "yes".
 * Source: docs/spec/pluton.md "Boot of the MCU".  Caller: ROM and first boot loader.
 *
 * - A verdict starts as zeroes; each part of a "yes" is a pattern of its own,
 *   and comes out of the data (pattern XOR difference), not out of a branch.
 * - The caller looks twice.  A look reads the slot's length, parses, digests and
 *   asks the engine anew; two looks share nothing but the bytes in memory.
 * - verdict_wrong() is asked by the caller and again by stage_enter(), and the
 *   address jumped to is right only if its last answer was 0.
 * What is looked at is hostile; it is kept off the stack where that is possible.
 */
#ifndef PERI_PLUTON_MCU_VERDICT_H
#define PERI_PLUTON_MCU_VERDICT_H

#include "abi/mcu_boot.h"
#include "lib/image.h"

struct verdict {
    uint32_t shape;     /* parsed, and of the size that is asked for */
    uint32_t type;
    uint32_t version;   /* not below the counter */
    uint32_t authority; /* the key may sign this */
    uint32_t signature; /* the engine's own word */
    uint32_t steps;     /* how many of the above were taken */
    int32_t reason;     /* for people: err code of the shape or the counter */
};

/* What an image has to be.  Constant, so that no look can be given another. */
struct claim {
    uint16_t type;
    uint8_t counter;      /* enum pluton_counter */
    uint32_t exact_bytes; /* of the file; 0 for any */
    const char *stranger; /* what to say of a key without authority */
};

/* Resets v; shape, type and version of the copy.  False when it has no shape. */
bool verdict_parse(volatile struct verdict *v, const struct claim *claim, struct span file,
                   struct image *image);
/* Authority by the fuses: key is the root key. */
void verdict_root(volatile struct verdict *v, const uint8_t key[static P256_PUBLIC_BYTES]);
/* Authority by a keystore key that has this usage and needs that one. */
void verdict_usage(volatile struct verdict *v, uint32_t usage, uint32_t needed);
/* Over everything before the last 64 bytes of the file. */
void verdict_signature(volatile struct verdict *v, struct span file,
                       const uint8_t key[static P256_PUBLIC_BYTES]);

/* 0 if each of these says yes to everything. */
uint32_t verdict_wrong(const volatile struct verdict *v, unsigned count);
/* The same without the authority: for the factory's first look at a root key. */
uint32_t verdict_wrong_itself(const volatile struct verdict *v);
/* Why not, in words. */
const char *verdict_text(const volatile struct verdict *v, unsigned count,
                         const struct claim *claim);

#endif
