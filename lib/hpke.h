/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hybrid public key encryption, one suite, base mode, one message to a key.
 * Source: RFC 9180: DHKEM(P-256, HKDF-SHA256) 0x0010, HKDF-SHA256 0x0001, AES-128-GCM 0x0001.
 * Here is the schedule; the curve and the cipher stand behind lib/hpke_parts.h.
 *
 * Public keys are uncompressed points (65 bytes), private keys big-endian numbers.  Whoever holds a
 * private key wipes it; what this file makes on the way it wipes itself.
 * No state but a sealer's, which is the only one on the heap; threads may call at once.
 * Not done here: a second message under one key, other modes, export.
 */
#ifndef PERI_LIB_HPKE_H
#define PERI_LIB_HPKE_H

#include "lib/cursor.h"
#include "lib/err.h"

enum {
    HPKE_PUBLIC_BYTES = 65,
    HPKE_PRIVATE_BYTES = 32,
    HPKE_SEED_BYTES = 32, /* random */
    HPKE_KEY_BYTES = 16,
    HPKE_NONCE_BYTES = 12,
    HPKE_TAG_BYTES = 16,
    HPKE_INFO_MAX = 128,
};

/* What seals and opens the one message; secret. */
struct hpke_secret {
    uint8_t key[HPKE_KEY_BYTES], nonce[HPKE_NONCE_BYTES];
};

/* DeriveKeyPair of section 7.1.3: the same seed gives the same pair.  E_CRYPTO. */
int hpke_pair(const uint8_t seed[static HPKE_SEED_BYTES], uint8_t private[static HPKE_PRIVATE_BYTES],
              uint8_t public[static HPKE_PUBLIC_BYTES]) MUST_CHECK;
/* 0, or E_RANGE: not a point of the curve. */
int hpke_public_check(const uint8_t public[static HPKE_PUBLIC_BYTES]) MUST_CHECK;
/* For the holder of the private key of `public`; seed: random, never used again.  E_RANGE: not a point. */
int hpke_encap(const uint8_t public[static HPKE_PUBLIC_BYTES], struct span info,
               const uint8_t seed[static HPKE_SEED_BYTES], uint8_t enc[static HPKE_PUBLIC_BYTES],
               struct hpke_secret *secret) MUST_CHECK;
int hpke_decap(const uint8_t private[static HPKE_PRIVATE_BYTES], const uint8_t enc[static HPKE_PUBLIC_BYTES],
               struct span info, struct hpke_secret *secret) MUST_CHECK;
/* The message: out has room for in.len + HPKE_TAG_BYTES. */
int hpke_seal(const struct hpke_secret *secret, struct span bound, struct span in, uint8_t *out) MUST_CHECK;
/* The same message in pieces, of which none needs to be kept: what put() and end() write is what hpke_seal() writes. */
struct hpke_sealer;
/* E_NOMEM, E_CRYPTO: *sealer is NULL then. */
int hpke_sealer_new(const struct hpke_secret *secret, struct span bound, struct hpke_sealer **sealer) MUST_CHECK;
/* Writes in.len bytes; out may be where in is. */
int hpke_sealer_put(struct hpke_sealer *sealer, struct span in, uint8_t *out) MUST_CHECK;
int hpke_sealer_end(struct hpke_sealer *sealer, uint8_t tag[static HPKE_TAG_BYTES]) MUST_CHECK;
void hpke_sealer_free(struct hpke_sealer *sealer); /* NULL is nothing; key and state are wiped */
/* in: with its tag; out has room for in.len - HPKE_TAG_BYTES and is zero on failure.  E_MORE; E_CRYPTO: another
 * key, another bound, changed bytes. */
int hpke_open(const struct hpke_secret *secret, struct span bound, struct span in, uint8_t *out) MUST_CHECK;

#endif
