/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A P-256 key pair in memory, for tests and benchmarks that play a device:
 * what the root of trust does in hardware.  Exits on failure.
 */
#ifndef PERI_TESTS_SOFT_KEY_H
#define PERI_TESTS_SOFT_KEY_H

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/crypto.h"

struct soft_key {
    EVP_PKEY *pair;
    uint8_t public[P256_PUBLIC_BYTES];
};

static inline void soft_key_need(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "soft key: %s failed\n", what);
    exit(1);
}

static inline void soft_key_init(struct soft_key *key)
{
    uint8_t point[1 + P256_PUBLIC_BYTES];
    size_t len = 0;
    key->pair = EVP_EC_gen("P-256");
    soft_key_need(key->pair != NULL, "making");
    soft_key_need(EVP_PKEY_get_octet_string_param(key->pair, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                  sizeof point, &len) == 1 &&
                      len == sizeof point,
                  "public key");
    for (size_t i = 0; i < P256_PUBLIC_BYTES; i++)
        key->public[i] = point[1 + i];
}

static inline void soft_key_release(struct soft_key *key)
{
    EVP_PKEY_free(key->pair);
    key->pair = NULL;
}

static inline int soft_key_sign(void *context, const uint8_t digest[static SHA256_BYTES],
                                uint8_t signature[static P256_SIGNATURE_BYTES])
{
    struct soft_key *key = context;
    unsigned char der[80];
    const unsigned char *at = der;
    size_t len = sizeof der;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pair, NULL);
    soft_key_need(ctx && EVP_PKEY_sign_init(ctx) == 1 &&
                      EVP_PKEY_sign(ctx, der, &len, digest, SHA256_BYTES) == 1,
                  "signing");
    EVP_PKEY_CTX_free(ctx);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
    soft_key_need(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, 32) == 32 &&
                      BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + 32, 32) == 32,
                  "signature form");
    ECDSA_SIG_free(sig);
    return 0;
}

static inline struct signer soft_key_signer(struct soft_key *key)
{
    return (struct signer){soft_key_sign, key};
}

#endif
