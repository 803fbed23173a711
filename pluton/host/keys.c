/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

#include "lib/ct.h"

enum { POINT_BYTES = 1 + P256_PUBLIC_BYTES, COORDINATE_BYTES = 32, DER_MAX = 80 };

int keys_init(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ? 0 : E_CRYPTO;
}

/* Takes pair over, and what it replaces goes. */
static int key_take(struct key *key, EVP_PKEY *pair)
{
    unsigned char point[POINT_BYTES];
    size_t len = 0;
    if (EVP_PKEY_get_octet_string_param(pair, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
                                        &len) != 1 ||
        len != sizeof point || point[0] != 4) {
        EVP_PKEY_free(pair);
        return E_CRYPTO;
    }
    key_release(key);
    key->pair = pair;
    memcpy(key->public_key, point + 1, P256_PUBLIC_BYTES);
    return 0;
}

int key_generate(struct key *key)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    return pair ? key_take(key, pair) : E_CRYPTO;
}

/* X||Y of scalar * G, uncompressed; E_CORRUPT unless 0 < scalar < order. */
static int point_of(const EC_GROUP *group, const BIGNUM *scalar,
                    unsigned char point[static POINT_BYTES])
{
    int err = E_CRYPTO;
    EC_POINT *q = EC_POINT_new(group);
    if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0)
        err = E_CORRUPT;
    else if (q && EC_POINT_mul(group, q, scalar, NULL, NULL, NULL) == 1 &&
             EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, point, POINT_BYTES,
                                NULL) == POINT_BYTES)
        err = 0;
    EC_POINT_free(q);
    return err;
}

int key_import(struct key *key, const uint8_t scalar[static KEY_PRIVATE_BYTES])
{
    int err = E_CRYPTO;
    unsigned char point[POINT_BYTES];
    EVP_PKEY *pair = NULL;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *d = BN_secure_new();

    if (!build || !ctx || !group || !d || !BN_bin2bn(scalar, KEY_PRIVATE_BYTES, d))
        goto out;
    BN_set_flags(d, BN_FLG_CONSTTIME);
    err = point_of(group, d, point);
    if (err)
        goto out;
    err = E_CRYPTO;
    if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) !=
            1 ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d) != 1)
        goto out;
    params = OSSL_PARAM_BLD_to_param(build);
    if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pair, EVP_PKEY_KEYPAIR, params) != 1)
        goto out;
    err = key_take(key, pair);
out:
    BN_clear_free(d);
    EC_GROUP_free(group);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    return err;
}

int key_export(const struct key *key, uint8_t scalar[static KEY_PRIVATE_BYTES])
{
    BIGNUM *d = NULL;
    int err = E_NOT_FOUND;
    memset(scalar, 0, KEY_PRIVATE_BYTES);
    if (key->pair && EVP_PKEY_get_bn_param(key->pair, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1)
        err = BN_bn2binpad(d, scalar, KEY_PRIVATE_BYTES) == KEY_PRIVATE_BYTES ? 0 : E_CRYPTO;
    BN_clear_free(d);
    return err;
}

/* DER as EVP gives it, to R || S. */
static int signature_raw(const unsigned char *der, size_t len,
                         uint8_t raw[static P256_SIGNATURE_BYTES])
{
    int err = E_CRYPTO;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
    if (sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, COORDINATE_BYTES) == COORDINATE_BYTES &&
        BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + COORDINATE_BYTES, COORDINATE_BYTES) ==
            COORDINATE_BYTES)
        err = 0;
    ECDSA_SIG_free(sig);
    return err;
}

int key_sign(const struct key *key, const uint8_t digest[static SHA256_BYTES],
             uint8_t signature[static P256_SIGNATURE_BYTES])
{
    unsigned char der[DER_MAX];
    size_t len = sizeof der;
    int err = E_CRYPTO;
    if (!key->pair)
        return E_NOT_FOUND;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pair, NULL);
    if (ctx && EVP_PKEY_sign_init(ctx) == 1 &&
        EVP_PKEY_sign(ctx, der, &len, digest, SHA256_BYTES) == 1)
        err = signature_raw(der, len, signature);
    EVP_PKEY_CTX_free(ctx);
    return err;
}

void key_release(struct key *key)
{
    EVP_PKEY_free(key->pair); /* clears the scalar */
    ct_wipe(key, sizeof *key);
}
