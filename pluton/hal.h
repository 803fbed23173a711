/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the Pluton runtime needs from the chip: fuses, key slots, raw noise and
 * a boot counter.  Digests and signature checks come through lib/crypto.h,
 * which the MCU serves with its engines too.
 * Source: docs/spec/pluton.md "Silicon".  Caller: pluton/runtime only.
 *
 * One implementation is chosen at link time: pluton/host/hal_host.c on a host,
 * pluton/testing/hal_memory.c in tests, the engines on the MCU.
 *
 * Private keys stay behind this line: the runtime names a slot, and no call
 * returns a scalar.  Slots 0 and 1 are fuses, made by the factory; the others
 * lose their contents at reset.
 *
 * Invariant: a call that fails has changed nothing that a later call can see,
 * except hal_fuse_program() and hal_boot_count_next(), after whose failure the
 * next reset reads the old contents or the new ones, never a mixture.
 */
#ifndef PERI_PLUTON_HAL_H
#define PERI_PLUTON_HAL_H

#include "abi/evidence.h"
#include "abi/pluton_call.h"
#include "lib/crypto.h"

struct hal; /* belongs to the implementation */

enum hal_slot {
    HAL_SLOT_ATTESTATION = 0,
    HAL_SLOT_GENERAL = 1,
    HAL_SLOTS_FUSED = 2,
    HAL_SLOT_CLIENT = 2, /* two a tenant: one committed, one pending */
    HAL_SLOTS = HAL_SLOT_CLIENT + 2 * PLUTON_TENANTS_MAX,
};

/* What the runtime keeps in fuses.  How they hold it is the implementation's. */
struct fuses {
    uint32_t lifecycle;                /* enum lifecycle; only ever replaced by a later one */
    uint32_t counter[PLUTON_COUNTERS]; /* by enum pluton_counter; never fall */
    uint8_t root_digest[SHA256_BYTES]; /* SHA-256 of the root public key X||Y */
};

/* Makes a P-256 pair in a client slot; E_CRYPTO, E_RANGE for another slot. */
int hal_key_generate(struct hal *hal, unsigned slot) MUST_CHECK;
/* E_NOT_FOUND when the slot is empty. */
int hal_key_public(struct hal *hal, unsigned slot,
                   uint8_t key[static P256_PUBLIC_BYTES]) MUST_CHECK;
int hal_key_sign(struct hal *hal, unsigned slot, const uint8_t digest[static SHA256_BYTES],
                 uint8_t signature[static P256_SIGNATURE_BYTES]) MUST_CHECK;
/* Wipes a client slot; harmless when it is empty. */
void hal_key_erase(struct hal *hal, unsigned slot);

/* Raw samples of one byte each, before any conditioning.  E_ENTROPY. */
int hal_noise(struct hal *hal, uint8_t *at, size_t len) MUST_CHECK;

/* E_IO, E_CORRUPT, E_VERSION, E_CRYPTO; zeroed on failure. */
int hal_fuse_read(struct hal *hal, struct fuses *fuses) MUST_CHECK;
/* All of it at once; durable before it returns 0.  E_RANGE, before anything is
 * programmed, when the fuses cannot hold it: a value that falls, a counter too
 * large, another root. */
int hal_fuse_program(struct hal *hal, const struct fuses *fuses) MUST_CHECK;

/* The root public key as the ROM carries it.  Not trusted by itself: the fuses
 * hold its SHA-256. */
int hal_root_key(struct hal *hal, uint8_t key[static P256_PUBLIC_BYTES]) MUST_CHECK;

/* Counts this boot; never returns the same number twice.  E_IO. */
int hal_boot_count_next(struct hal *hal, uint64_t *count) MUST_CHECK;

#endif
