/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys for tests: private scalar 1..255, so that everybody knows them, and
 * signatures whose nonce is a digest of scalar and message, so that test data
 * can be made again byte by byte.  Neither is fit for anything else.
 */
#ifndef PERI_TESTS_P256_SIGNER_H
#define PERI_TESTS_P256_SIGNER_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "lib/crypto.h"
#include "tests/check.h"

/* X || Y of scalar * G. */
static inline void test_key_public(uint8_t scalar, uint8_t key[static P256_PUBLIC_BYTES])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *d = BN_new();
    uint8_t bytes[1 + P256_PUBLIC_BYTES];
    REQUIRE(group && point && d && BN_set_word(d, scalar) == 1);
    REQUIRE(EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1);
    REQUIRE(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, sizeof bytes,
                               NULL) == sizeof bytes);
    memcpy(key, bytes + 1, P256_PUBLIC_BYTES);
    BN_free(d);
    EC_POINT_free(point);
    EC_GROUP_free(group);
}

/* struct signer with context = the scalar's address. */
static inline int test_key_sign(void *context, const uint8_t digest[static SHA256_BYTES],
                                uint8_t signature[static P256_SIGNATURE_BYTES])
{
    const uint8_t *scalar = context;
    const struct span seed[] = {{scalar, 1}, {digest, SHA256_BYTES}};
    uint8_t nonce[SHA256_BYTES];
    REQUIRE(crypto_sha256(seed, 2, nonce) == 0);

    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BN_CTX *ctx = BN_CTX_new();
    EC_POINT *point = EC_POINT_new(group);
    REQUIRE(group && ctx && point);
    const BIGNUM *n = EC_GROUP_get0_order(group);
    BIGNUM *k = BN_bin2bn(nonce, sizeof nonce, NULL), *e = BN_bin2bn(digest, SHA256_BYTES, NULL);
    BIGNUM *r = BN_new(), *s = BN_new(), *d = BN_new();
    REQUIRE(k && e && r && s && d && BN_set_word(d, *scalar) == 1);
    REQUIRE(BN_nnmod(k, k, n, ctx) == 1);
    REQUIRE(EC_POINT_mul(group, point, k, NULL, NULL, ctx) == 1);
    REQUIRE(EC_POINT_get_affine_coordinates(group, point, r, NULL, ctx) == 1);
    REQUIRE(BN_nnmod(r, r, n, ctx) == 1);
    REQUIRE(BN_mod_mul(s, r, d, n, ctx) == 1); /* s = (e + r d) / k */
    REQUIRE(BN_mod_add(s, s, e, n, ctx) == 1);
    REQUIRE(BN_mod_inverse(k, k, n, ctx) != NULL);
    REQUIRE(BN_mod_mul(s, s, k, n, ctx) == 1);
    REQUIRE(BN_bn2binpad(r, signature, 32) == 32 && BN_bn2binpad(s, signature + 32, 32) == 32);
    BN_free(k);
    BN_free(e);
    BN_free(r);
    BN_free(s);
    BN_free(d);
    EC_POINT_free(point);
    BN_CTX_free(ctx);
    EC_GROUP_free(group);
    return 0;
}

static inline struct signer test_key_signer(uint8_t *scalar)
{
    return (struct signer){test_key_sign, scalar};
}

#endif
