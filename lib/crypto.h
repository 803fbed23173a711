/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Front for digests and signature checks, public keys only.
 *
 * One implementation is chosen at link time: lib/crypto_openssl.c on a host
 * (target peri_crypto_openssl); the engines of the root of trust on the MCU;
 * lib/crypto_wolfssl.c in the OS services there (device library crypto).
 * Private keys are never passed to lib: builders take a signer instead.
 */
#ifndef PERI_LIB_CRYPTO_H
#define PERI_LIB_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "lib/cursor.h"
#include "lib/err.h"

enum {
    SHA256_BYTES = 32,
    SHA1_BYTES = 20,
    P256_PUBLIC_BYTES = 64,    /* X || Y, big-endian */
    P256_SIGNATURE_BYTES = 64, /* R || S, big-endian */
};

/* SHA-256 over the parts in order.  0 or E_CRYPTO. */
int crypto_sha256(const struct span *parts, size_t count,
                  uint8_t digest[static SHA256_BYTES]) MUST_CHECK;
/* SHA-1; names keys in image metadata (thumbprints), secures nothing. */
int crypto_sha1(struct span bytes, uint8_t digest[static SHA1_BYTES]) MUST_CHECK;
/* 0 if the signature verifies; E_SIGNATURE; E_MALFORMED when the key is not a
 * point of the curve; E_CRYPTO. */
int crypto_p256_verify(const uint8_t key[static P256_PUBLIC_BYTES],
                       const uint8_t digest[static SHA256_BYTES],
                       const uint8_t signature[static P256_SIGNATURE_BYTES]) MUST_CHECK;

/* What a builder calls to sign: 0 and 64 bytes, or an error code. */
struct signer {
    int (*sign)(void *context, const uint8_t digest[static SHA256_BYTES],
                uint8_t signature[static P256_SIGNATURE_BYTES]);
    void *context;
};

#endif
