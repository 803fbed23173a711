/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/crypto.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct subject {
    EVP_PKEY *p256, *peer;
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
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->p256, NULL);
    s->signature_bytes = sizeof s->signature;
    need(ctx && EVP_PKEY_sign_init(ctx) == 1 &&
             EVP_PKEY_sign(ctx, s->signature, &s->signature_bytes, s->digest, sizeof s->digest) == 1,
         "signing");
    EVP_PKEY_CTX_free(ctx);
}

static void verify_once(struct subject *s)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->p256, NULL);
    need(ctx && EVP_PKEY_verify_init(ctx) == 1 &&
             EVP_PKEY_verify(ctx, s->signature, s->signature_bytes, s->digest, sizeof s->digest) == 1,
         "verifying");
    EVP_PKEY_CTX_free(ctx);
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

static double rate(void (*once)(struct subject *), struct subject *s, double seconds)
{
    enum { BATCH = 100 };
    unsigned long count = 0;

    for (int i = 0; i < BATCH; i++) /* tables and caches */
        once(s);
    double start = cpu_s(), spent;
    do {
        for (int i = 0; i < BATCH; i++)
            once(s);
        count += BATCH;
        spent = cpu_s() - start;
    } while (spent < seconds);
    return (double)count / spent;
}

struct crypto_limit crypto_limit_measure(double seconds)
{
    struct crypto_limit limit;
    struct subject s = {.p256 = EVP_EC_gen("P-256"), .peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
                        .digest = {1, 2, 3}};

    need(s.p256 && s.peer, "making keys");
    limit.p256_sign = rate(sign_once, &s, seconds);
    limit.p256_verify = rate(verify_once, &s, seconds);
    limit.x25519 = rate(x25519_once, &s, seconds);
    limit.attest = 1 / (2 / limit.p256_sign + 1 / limit.p256_verify + 1 / limit.x25519);
    EVP_PKEY_free(s.p256);
    EVP_PKEY_free(s.peer);
    return limit;
}
