/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/crypto.h over OpenSSL 3: the host's implementation.
 *
 * A verification is the unit that the security service is measured in, so what
 * does not depend on its input is made once: digests are fetched once a
 * process, and each thread keeps one verification ready, on a P-256 key object
 * whose public point is replaced on every call.  Making these anew costs more
 * than a third of the check.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>
#include <threads.h>

#include "lib/crypto.h"

static once_flag once = ONCE_FLAG_INIT;
static EVP_MD *sha256, *sha1;
static tss_t check_slot; /* EVP_PKEY_CTX of the thread */
static bool check_slot_made;

static void check_free(void *check)
{
    EVP_PKEY_CTX_free(check);
}

/* What fails here stays NULL, and every use of it is E_CRYPTO. */
static void set_up(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    check_slot_made = tss_create(&check_slot, check_free) == thrd_success;
}

static int digest_parts(const EVP_MD *md, const struct span *parts, size_t count,
                        uint8_t *digest)
{
    int err = E_CRYPTO;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!md || !ctx || EVP_DigestInit_ex2(ctx, md, NULL) != 1)
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
    call_once(&once, set_up);
    memset(digest, 0, SHA256_BYTES);
    return digest_parts(sha256, parts, count, digest);
}

int crypto_sha1(struct span bytes, uint8_t digest[static SHA1_BYTES])
{
    call_once(&once, set_up);
    memset(digest, 0, SHA1_BYTES);
    return digest_parts(sha1, &bytes, 1, digest);
}

/* A key object on P-256 with some public point: the curve's generator, whose
 * private key is 1 and of use to nobody. */
static EVP_PKEY *key_new(void)
{
    static const unsigned char generator[1 + P256_PUBLIC_BYTES] = {
        4,
        0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
        0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
        0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
        0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
    };
    char group[] = "P-256";
    unsigned char point[sizeof generator];
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    memcpy(point, generator, sizeof point);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* The thread's verification, ready but for the point; NULL on failure.  Owned by
 * the slot.  It refers to the key object, so it sees each new point. */
static EVP_PKEY_CTX *check_of_thread(void)
{
    call_once(&once, set_up);
    if (!check_slot_made)
        return NULL;
    EVP_PKEY_CTX *check = tss_get(check_slot);
    if (check)
        return check;
    EVP_PKEY *key = key_new();
    check = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
    EVP_PKEY_free(key); /* check holds it */
    if (check && (EVP_PKEY_verify_init(check) != 1 || tss_set(check_slot, check) != thrd_success)) {
        EVP_PKEY_CTX_free(check);
        check = NULL;
    }
    return check;
}

/* 1 <= v < n, the order of the group (FIPS 186-5 section 6.4.2, step 1). */
static bool scalar_in_range(const uint8_t v[static 32])
{
    static const uint8_t zero[32];
    static const uint8_t order[32] = {
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    };
    return memcmp(v, zero, 32) != 0 && memcmp(v, order, 32) < 0;
}

/* DER INTEGER of a positive big-endian number. */
static void integer_write(struct writer *w, const uint8_t v[static 32])
{
    size_t skip = 0;
    while (skip < 31 && v[skip] == 0)
        skip++;
    const bool sign = (v[skip] & 0x80) != 0; /* would read as negative */
    writer_u8(w, 2);
    writer_u8(w, (uint8_t)(32 - skip + sign));
    writer_zero(w, sign);
    writer_bytes(w, v + skip, 32 - skip);
}

int crypto_p256_verify(const uint8_t key[static P256_PUBLIC_BYTES],
                       const uint8_t digest[static SHA256_BYTES],
                       const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    int err = E_CRYPTO;
    unsigned char point[1 + P256_PUBLIC_BYTES] = {4}; /* uncompressed */
    uint8_t der[2 + 2 * (2 + 33)];
    EVP_PKEY_CTX *check = check_of_thread();

    /* A refused key is an answer, not an error for the next user of the queue. */
    ERR_set_mark();
    if (!check)
        goto out;
    /* Also checks that the point is on the curve.  On failure the object keeps
     * an older key, which nobody uses: the next call sets its own first. */
    memcpy(point + 1, key, P256_PUBLIC_BYTES);
    err = E_MALFORMED;
    if (EVP_PKEY_set1_encoded_public_key(EVP_PKEY_CTX_get0_pkey(check), point, sizeof point) != 1)
        goto out;
    err = E_SIGNATURE;
    if (!scalar_in_range(signature) || !scalar_in_range(signature + 32))
        goto out;

    struct writer w = writer_of(der, sizeof der);
    writer_u8(&w, 0x30);
    writer_u8(&w, 0);
    integer_write(&w, signature);
    integer_write(&w, signature + 32);
    der[1] = (uint8_t)(w.len - 2);

    err = E_CRYPTO;
    if (w.err)
        goto out;
    /* One answer means yes; everything else, errors included, means no. */
    err = EVP_PKEY_verify(check, der, w.len, digest, SHA256_BYTES) == 1 ? 0 : E_SIGNATURE;
out:
    ERR_pop_to_mark();
    return err;
}
