/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation challenge: a nonce that any replica recognises later without
 * having stored it.
 * Source: docs/spec/attestation.md section 2.
 *
 *   off size field    big-endian
 *     0    8 time     Unix seconds, when it was made
 *     8   16 random
 *    24   16 mac      first half of HMAC-SHA256(key, purpose || time || random)
 *
 * Trust: a nonce that comes back is hostile until challenge_check() returned 0.
 * The time inside is only read after the MAC was found to be ours.
 * Not done here: single use.  A nonce may be used again until it expires; the
 * evidence that repeats it names the same device, key and software, so all it
 * can win is the same certificate again.
 */
#ifndef PERI_SERVICE_DAA_CHALLENGE_H
#define PERI_SERVICE_DAA_CHALLENGE_H

#include "abi/device_api.h"
#include "lib/cursor.h"

enum {
    CHALLENGE_KEY_BYTES = 32,
    CHALLENGE_KEYS_MAX = 4, /* the current one and those it replaced */
    CHALLENGE_RANDOM_BYTES = 16,
    CHALLENGE_MAC_BYTES = 16,
    CHALLENGE_FUTURE_S = 60, /* how far the clocks of replicas may differ */
};

/* Current key first: it makes challenges; all of them recognise. */
struct challenge_keys {
    unsigned count;
    uint8_t at[CHALLENGE_KEYS_MAX][CHALLENGE_KEY_BYTES];
};

/* 0; E_STATE without a key; E_CRYPTO. */
int challenge_make(const struct challenge_keys *keys, uint64_t now_s,
                   const uint8_t random[static CHALLENGE_RANDOM_BYTES],
                   uint8_t nonce[static DEVICE_API_NONCE_BYTES]) MUST_CHECK;
/* 0; E_KEY_UNKNOWN: not made with any of these keys; E_STALE: older than
 * valid_s, or from further in the future than clocks differ; E_CRYPTO. */
int challenge_check(const struct challenge_keys *keys, uint64_t now_s, uint32_t valid_s,
                    struct span nonce) MUST_CHECK;

#endif
