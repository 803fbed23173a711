/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/crypto.h over OpenSSL 3: the host's implementation. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "lib/crypto.h"

static int digest_parts(const EVP_MD *md, const struct span *parts, size_t count,
                        uint8_t *digest)
{
    int err = E_CRYPTO;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestInit_ex(ctx, md, NULL) != 1)
        goto out;
    for (size_t i = 0; i < count; i++)
        if (parts[i].len && EVP_DigestUpdate(ctx, parts[i].at, parts[i].len) != 1)
            goto out;
    if (EVP_DigestFinal_ex(ctx, digest, NULL) == 1)
        err = 0;
out:
    EVP_MD_CTX_free(ctx);
    return err;
}

int crypto_sha256(const struct span *parts, size_t count,
                  uint8_t digest[static SHA256_BYTES])
{
    memset(digest, 0, SHA256_BYTES);
    return digest_parts(EVP_sha256(), parts, count, digest);
}

int crypto_sha1(struct span bytes, uint8_t digest[static SHA1_BYTES])
{
    memset(digest, 0, SHA1_BYTES);
    return digest_parts(EVP_sha1(), &bytes, 1, digest);
}

/* R || S to the DER form that EVP expects; length or E_CRYPTO. */
static int signature_to_der(const uint8_t raw[static P256_SIGNATURE_BYTES],
                            unsigned char der[static 80])
{
    int len = E_CRYPTO;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, 32, NULL), *s = BN_bin2bn(raw + 32, 32, NULL);
    if (!sig || !r || !s)
        goto out;
    if (ECDSA_SIG_set0(sig, r, s) != 1)
        goto out;
    r = s = NULL;
    unsigned char *to = der;
    len = i2d_ECDSA_SIG(sig, &to);
    if (len <= 0)
        len = E_CRYPTO;
out:
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return len;
}

int crypto_p256_verify(const uint8_t key[static P256_PUBLIC_BYTES],
                       const uint8_t digest[static SHA256_BYTES],
                       const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    int err = E_CRYPTO;
    unsigned char point[1 + P256_PUBLIC_BYTES], der[80];
    char group[] = "P-256";
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL), *verify = NULL;

    point[0] = 4; /* uncompressed */
    memcpy(point + 1, key, P256_PUBLIC_BYTES);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1)
        goto out;
    if (EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        err = E_MALFORMED;
        goto out;
    }
    int len = signature_to_der(signature, der);
    if (len < 0)
        goto out;
    verify = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (!verify || EVP_PKEY_verify_init(verify) != 1)
        goto out;
    /* One answer means yes; everything else, errors included, means no. */
    err = EVP_PKEY_verify(verify, der, (size_t)len, digest, SHA256_BYTES) == 1 ? 0 : E_SIGNATURE;
out:
    EVP_PKEY_CTX_free(verify);
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
    return err;
}
