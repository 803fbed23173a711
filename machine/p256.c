/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/p256.h"

#include <assert.h>
#include <gmp.h>
#include <nettle/dsa.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>
#include <nettle/hmac.h>
#include <string.h>

#define P256_ORDER "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"

static void number_from(mpz_t number, const uint8_t bytes[P256_BYTES])
{
    mpz_import(number, P256_BYTES, 1, 1, 1, 0, bytes);
}

static void number_to(const mpz_t number, uint8_t bytes[P256_BYTES])
{
    size_t count = mpz_sgn(number) ? (mpz_sizeinbase(number, 2) + 7) / 8 : 0;

    memset(bytes, 0, P256_BYTES);
    mpz_export(bytes + P256_BYTES - count, NULL, 1, 1, 1, 0, number);
}

static bool scalar_set(struct ecc_scalar *scalar, const uint8_t bytes[P256_BYTES])
{
    mpz_t number;
    bool valid;

    mpz_init(number);
    number_from(number, bytes);
    valid = ecc_scalar_set(scalar, number);
    mpz_clear(number);
    return valid;
}

static bool point_set(struct ecc_point *point, const uint8_t bytes[P256_PAIR_BYTES])
{
    mpz_t x, y;
    bool valid;

    mpz_init(x);
    mpz_init(y);
    number_from(x, bytes);
    number_from(y, bytes + P256_BYTES);
    valid = ecc_point_set(point, x, y);
    mpz_clear(x);
    mpz_clear(y);
    return valid;
}

bool p256_scalar_valid(const uint8_t bytes[P256_BYTES])
{
    struct ecc_scalar scalar;
    bool valid;

    ecc_scalar_init(&scalar, nettle_get_secp_256r1());
    valid = scalar_set(&scalar, bytes);
    ecc_scalar_clear(&scalar);
    return valid;
}

bool p256_public(const uint8_t bytes[P256_BYTES], uint8_t public[P256_PAIR_BYTES])
{
    struct ecc_scalar scalar;
    struct ecc_point point;
    mpz_t x, y;
    bool valid;

    memset(public, 0, P256_PAIR_BYTES);
    ecc_scalar_init(&scalar, nettle_get_secp_256r1());
    ecc_point_init(&point, nettle_get_secp_256r1());
    mpz_init(x);
    mpz_init(y);
    valid = scalar_set(&scalar, bytes);
    if (valid) {
        ecc_point_mul_g(&point, &scalar);
        ecc_point_get(&point, x, y);
        number_to(x, public);
        number_to(y, public + P256_BYTES);
    }
    mpz_clear(x);
    mpz_clear(y);
    ecc_point_clear(&point);
    ecc_scalar_clear(&scalar);
    return valid;
}

bool p256_on_curve(const uint8_t public[P256_PAIR_BYTES])
{
    struct ecc_point point;
    bool valid;

    ecc_point_init(&point, nettle_get_secp_256r1());
    valid = point_set(&point, public);
    ecc_point_clear(&point);
    return valid;
}

/* RFC 6979, 3.2: K and V of the HMAC generator, and whether a candidate was taken already. */
struct nonces {
    uint8_t k[SHA256_DIGEST_SIZE];
    uint8_t v[SHA256_DIGEST_SIZE];
    bool used;
};

/* out may be K or V: they are read before it is written. */
static void nonces_hmac(struct nonces *nonces, const uint8_t *more, size_t bytes, uint8_t *out)
{
    struct hmac_sha256_ctx hmac;

    hmac_sha256_set_key(&hmac, sizeof(nonces->k), nonces->k);
    hmac_sha256_update(&hmac, sizeof(nonces->v), nonces->v);
    hmac_sha256_update(&hmac, bytes, more);
    hmac_sha256_digest(&hmac, SHA256_DIGEST_SIZE, out);
    explicit_bzero(&hmac, sizeof(hmac));
}

static void nonces_init(struct nonces *nonces, const uint8_t scalar[P256_BYTES],
                        const uint8_t digest[P256_BYTES])
{
    uint8_t more[1 + 2 * P256_BYTES];
    mpz_t number, order;

    /* bits2octets(h1): the digest modulo n */
    mpz_init_set_str(order, P256_ORDER, 16);
    mpz_init(number);
    number_from(number, digest);
    mpz_mod(number, number, order);
    memcpy(more + 1, scalar, P256_BYTES);
    number_to(number, more + 1 + P256_BYTES);
    mpz_clear(number);
    mpz_clear(order);

    memset(nonces->k, 0, sizeof(nonces->k));
    memset(nonces->v, 1, sizeof(nonces->v));
    nonces->used = false;
    for (uint8_t step = 0; step < 2; step++) {
        more[0] = step;
        nonces_hmac(nonces, more, sizeof(more), nonces->k);
        nonces_hmac(nonces, NULL, 0, nonces->v);
    }
    explicit_bzero(more, sizeof(more));
}

/* nettle asks for 32 bytes, takes them big-endian, and asks again while they are not in 1 .. n-1. */
static void nonces_next(void *context, size_t length, uint8_t *to)
{
    static const uint8_t again = 0;
    struct nonces *nonces = context;

    assert(length == P256_BYTES);
    if (nonces->used) {
        nonces_hmac(nonces, &again, 1, nonces->k);
        nonces_hmac(nonces, NULL, 0, nonces->v);
    }
    nonces_hmac(nonces, NULL, 0, nonces->v);
    memcpy(to, nonces->v, P256_BYTES);
    nonces->used = true;
}

bool p256_sign(const uint8_t bytes[P256_BYTES], const uint8_t digest[P256_BYTES],
               uint8_t out[P256_PAIR_BYTES])
{
    struct ecc_scalar scalar;
    struct dsa_signature signature;
    struct nonces nonces;
    bool valid;

    memset(out, 0, P256_PAIR_BYTES);
    ecc_scalar_init(&scalar, nettle_get_secp_256r1());
    dsa_signature_init(&signature);
    valid = scalar_set(&scalar, bytes);
    if (valid) {
        nonces_init(&nonces, bytes, digest);
        ecdsa_sign(&scalar, &nonces, nonces_next, P256_BYTES, digest, &signature);
        number_to(signature.r, out);
        number_to(signature.s, out + P256_BYTES);
        explicit_bzero(&nonces, sizeof(nonces));
    }
    dsa_signature_clear(&signature);
    ecc_scalar_clear(&scalar);
    return valid;
}

bool p256_verify(const uint8_t public[P256_PAIR_BYTES], const uint8_t digest[P256_BYTES],
                 const uint8_t bytes[P256_PAIR_BYTES])
{
    struct ecc_point point;
    struct dsa_signature signature;
    bool good;

    ecc_point_init(&point, nettle_get_secp_256r1());
    dsa_signature_init(&signature);
    number_from(signature.r, bytes);
    number_from(signature.s, bytes + P256_BYTES);
    good = point_set(&point, public) && ecdsa_verify(&point, P256_BYTES, digest, &signature);
    dsa_signature_clear(&signature);
    ecc_point_clear(&point);
    return good;
}
