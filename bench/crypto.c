/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/crypto.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { CORES_MAX = 64 };

struct subject {
    EVP_PKEY *p256, *peer;
    EVP_PKEY_CTX *sign, *verify; /* of p256 */
    EC_GROUP *group;
    EC_POINT *peer_point, *own_point, *shared;
    BIGNUM *scalar, *x;
    BN_CTX *numbers;
    unsigned char digest[32], signature[80];
    size_t signature_bytes;
};

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void need(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

static void sign_once(struct subject *s)
{
    s->signature_bytes = sizeof s->signature;
    need(EVP_PKEY_sign(s->sign, s->signature, &s->signature_bytes, s->digest, sizeof s->digest) == 1, "signing");
}

static void verify_once(struct subject *s)
{
    need(EVP_PKEY_verify(s->verify, s->signature, s->signature_bytes, s->digest, sizeof s->digest) == 1, "verifying");
}

/* A new key, its point, and the secret: two multiplications. */
static void p256_exchange_once(struct subject *s)
{
    unsigned char secret[32];
    need(BN_priv_rand_range(s->scalar, EC_GROUP_get0_order(s->group)) == 1 &&
             EC_POINT_mul(s->group, s->own_point, s->scalar, NULL, NULL, s->numbers) == 1 &&
             EC_POINT_mul(s->group, s->shared, NULL, s->peer_point, s->scalar, s->numbers) == 1 &&
             EC_POINT_get_affine_coordinates(s->group, s->shared, s->x, NULL, s->numbers) == 1 &&
             BN_bn2binpad(s->x, secret, sizeof secret) == (int)sizeof secret,
         "P-256 key exchange");
}

static void x25519_once(struct subject *s)
{
    unsigned char secret[32];
    size_t len = sizeof secret;
    EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    EVP_PKEY_CTX *ctx = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;
    need(ctx && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, s->peer) == 1 &&
             EVP_PKEY_derive(ctx, secret, &len) == 1,
         "X25519");
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(own);
}

/* One core's share of a measurement. */
struct runner {
    void (*once)(struct subject *);
    double seconds, rate;
    pthread_t thread;
};

static void subject_init(struct subject *s)
{
    *s = (struct subject){.p256 = EVP_EC_gen("P-256"), .digest = {1, 2, 3},
                          .peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
                          .group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
                          .scalar = BN_new(), .x = BN_new(), .numbers = BN_CTX_new()};
    need(s->p256 && s->peer && s->group && s->scalar && s->x && s->numbers, "making keys");
    s->sign = EVP_PKEY_CTX_new(s->p256, NULL);
    s->verify = EVP_PKEY_CTX_new(s->p256, NULL);
    s->peer_point = EC_POINT_new(s->group);
    s->own_point = EC_POINT_new(s->group);
    s->shared = EC_POINT_new(s->group);
    need(s->sign && EVP_PKEY_sign_init(s->sign) == 1 && s->verify && EVP_PKEY_verify_init(s->verify) == 1 &&
             s->own_point && s->shared && s->peer_point &&
             BN_priv_rand_range(s->scalar, EC_GROUP_get0_order(s->group)) == 1 &&
             EC_POINT_mul(s->group, s->peer_point, s->scalar, NULL, NULL, s->numbers) == 1,
         "making contexts");
    sign_once(s);
}

static void subject_release(struct subject *s)
{
    EVP_PKEY_CTX_free(s->sign);
    EVP_PKEY_CTX_free(s->verify);
    EVP_PKEY_free(s->p256);
    EVP_PKEY_free(s->peer);
    EC_POINT_free(s->peer_point);
    EC_POINT_free(s->own_point);
    EC_POINT_free(s->shared);
    BN_free(s->scalar);
    BN_free(s->x);
    BN_CTX_free(s->numbers);
    EC_GROUP_free(s->group);
}

static void *runner_run(void *context)
{
    enum { BATCH = 50 };
    struct runner *r = context;
    struct subject s;
    unsigned long count = 0;

    subject_init(&s);
    for (int i = 0; i < BATCH; i++) /* tables and caches */
        r->once(&s);
    double start = cpu_s(), spent;
    do {
        for (int i = 0; i < BATCH; i++)
            r->once(&s);
        count += BATCH;
        spent = cpu_s() - start;
    } while (spent < r->seconds);
    r->rate = (double)count / spent;
    subject_release(&s);
    return NULL;
}

/* On all cores at once, as the load is: cores that share a unit slow each other. */
static double rate(void (*once)(struct subject *), double seconds)
{
    struct runner runners[CORES_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    double sum = 0;

    if (cores < 1 || cores > CORES_MAX)
        cores = cores < 1 ? 1 : CORES_MAX;
    for (long i = 0; i < cores; i++) {
        runners[i] = (struct runner){.once = once, .seconds = seconds};
        need(pthread_create(&runners[i].thread, NULL, runner_run, &runners[i]) == 0, "thread");
    }
    for (long i = 0; i < cores; i++) {
        pthread_join(runners[i].thread, NULL);
        sum += runners[i].rate;
    }
    return sum / (double)cores;
}

/* What one exchange cannot do without, on the service's side.  Hashes, key derivation
 * and record encryption are left out, so the limit is a little too high. */
static void limits_make(struct crypto_limit *limit)
{
    double handshake = 1 / (limit->by_x25519 ? limit->x25519 : limit->p256_exchange) + 1 / limit->p256_sign;
    limit->connect = 1 / (handshake + 1 / limit->p256_verify);
    limit->connect_new = 1 / (handshake + 2 / limit->p256_verify);
    limit->attest = 1 / (handshake + 1 / limit->p256_sign + 1 / limit->p256_verify);
}

struct crypto_limit crypto_limit_mean(const struct crypto_limit *a, const struct crypto_limit *b)
{
    struct crypto_limit limit = {
        .by_x25519 = a->by_x25519,
        .p256_sign = (a->p256_sign + b->p256_sign) / 2,
        .p256_verify = (a->p256_verify + b->p256_verify) / 2,
        .p256_exchange = (a->p256_exchange + b->p256_exchange) / 2,
        .x25519 = (a->x25519 + b->x25519) / 2,
    };
    limits_make(&limit);
    return limit;
}

struct crypto_limit crypto_limit_measure(double seconds, bool by_x25519)
{
    struct crypto_limit limit = {
        .by_x25519 = by_x25519,
        .p256_sign = rate(sign_once, seconds),
        .p256_verify = rate(verify_once, seconds),
        .p256_exchange = rate(p256_exchange_once, seconds),
        .x25519 = rate(x25519_once, seconds),
    };
    limits_make(&limit);
    return limit;
}
