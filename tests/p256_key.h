/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A signer for tests that need a real signature: the example key of RFC 6979
 * appendix A.2.5, whose private half is public.  Links OpenSSL::Crypto.
 */
#ifndef PERI_TESTS_P256_KEY_H
#define PERI_TESTS_P256_KEY_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "lib/crypto.h"
#include "tests/check.h"

static const uint8_t p256_key_public[P256_PUBLIC_BYTES] = {
    0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31, 0xc9, 0x61, 0xeb, 0x74, 0xc6, 0x35, 0x6d, 0x68,
    0xc0, 0x49, 0xb8, 0x92, 0x3b, 0x61, 0xfa, 0x6c, 0xe6, 0x69, 0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6,
    0x79, 0x03, 0xfe, 0x10, 0x08, 0xb8, 0xbc, 0x99, 0xa4, 0x1a, 0xe9, 0xe9, 0x56, 0x28, 0xbc, 0x64,
    0xf2, 0xf1, 0xb2, 0x0c, 0x2d, 0x7e, 0x9f, 0x51, 0x77, 0xa3, 0xc2, 0x94, 0xd4, 0x46, 0x22, 0x99,
};

/* For struct signer.sign; context is not used. */
static inline int p256_key_sign(void *context, const uint8_t digest[static SHA256_BYTES],
                                uint8_t signature[static P256_SIGNATURE_BYTES])
{
    static const char scalar[] = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
    unsigned char point[1 + P256_PUBLIC_BYTES] = {4}, der[80];
    const unsigned char *from = der;
    size_t len = sizeof der;
    BIGNUM *d = NULL;
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    (void)context;
    memcpy(point + 1, p256_key_public, P256_PUBLIC_BYTES);
    REQUIRE(bld && make && BN_hex2bn(&d, scalar));
    REQUIRE(OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1);
    REQUIRE(OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1);
    REQUIRE(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    REQUIRE(params && EVP_PKEY_fromdata_init(make) == 1);
    REQUIRE(EVP_PKEY_fromdata(make, &pkey, EVP_PKEY_KEYPAIR, params) == 1);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    REQUIRE(ctx && EVP_PKEY_sign_init(ctx) == 1);
    REQUIRE(EVP_PKEY_sign(ctx, der, &len, digest, SHA256_BYTES) == 1);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &from, (long)len);
    REQUIRE(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, 32) == 32);
    REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + 32, 32) == 32);
    ECDSA_SIG_free(sig);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_CTX_free(make);
    EVP_PKEY_free(pkey);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_free(d);
    return 0;
}

#endif
