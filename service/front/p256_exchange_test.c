/* SPDX-License-Identifier: BSD-2-Clause */
/* Key exchange on P-256: the same secret as OpenSSL's own comes to, and each point that is
 * none is refused.  Clauses: p256_exchange.h. */
#include "service/front/p256_exchange.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdbool.h>

#include "lib/cursor.h"
#include "lib/hex.h"
#include "service/front/algorithms.h"
#include "tests/check.h"

enum { POINT = 65, SECRET = 32, ROUNDS = 20 };

static OSSL_LIB_CTX *ours;

static EVP_PKEY *generate(bool pair)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(ours, P256_EXCHANGE, NULL);
    REQUIRE(ctx != NULL);
    REQUIRE((pair ? EVP_PKEY_keygen_init(ctx) : EVP_PKEY_paramgen_init(ctx)) == 1);
    REQUIRE(EVP_PKEY_CTX_set_group_name(ctx, "prime256v1") == 1);
    REQUIRE(EVP_PKEY_generate(ctx, &key) == 1);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* As libssl takes a client's share. */
static int peer_set(EVP_PKEY *peer, const uint8_t *at, size_t len)
{
    return EVP_PKEY_set1_encoded_public_key(peer, at, len);
}

static int secret_derive(OSSL_LIB_CTX *where, EVP_PKEY *own, EVP_PKEY *peer, uint8_t secret[static SECRET])
{
    size_t len = SECRET;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(where, own, NULL);
    int good = ctx && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
               EVP_PKEY_derive(ctx, secret, &len) == 1 && len == SECRET;
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static void test_same_secret(void)
{
    uint8_t former[POINT] = {0};
    for (int i = 0; i < ROUNDS; i++) {
        EVP_PKEY *client = EVP_EC_gen("P-256"), *mine = generate(true), *peer = generate(false);
        EVP_PKEY *copy = EVP_EC_gen("P-256"); /* its point is replaced by ours */
        uint8_t *client_point = NULL, *my_point = NULL, a[SECRET] = {1}, b[SECRET] = {2};
        REQUIRE(client && copy);
        REQUIRE(EVP_PKEY_get1_encoded_public_key(client, &client_point) == POINT);
        CHECK_INT(EVP_PKEY_get1_encoded_public_key(mine, &my_point), POINT);
        CHECK(memcmp(my_point, former, POINT) != 0); /* a new one each time */
        memcpy(former, my_point, POINT);
        CHECK_INT(peer_set(peer, client_point, POINT), 1);
        REQUIRE(EVP_PKEY_set1_encoded_public_key(copy, my_point, POINT) == 1);
        CHECK_INT(secret_derive(ours, mine, peer, a), 1);
        CHECK_INT(secret_derive(NULL, client, copy, b), 1);
        CHECK_MEM(a, b, SECRET);
        OPENSSL_free(client_point);
        OPENSSL_free(my_point);
        EVP_PKEY_free(client);
        EVP_PKEY_free(mine);
        EVP_PKEY_free(peer);
        EVP_PKEY_free(copy);
    }
}

static bool refused(const uint8_t *at, size_t len)
{
    EVP_PKEY *peer = generate(false), *mine = generate(true);
    uint8_t secret[SECRET];
    bool good = peer_set(peer, at, len) != 1 && secret_derive(ours, mine, peer, secret) != 1;
    EVP_PKEY_free(peer);
    EVP_PKEY_free(mine);
    return good;
}

static void test_bad_points(void)
{
    static const char *const bad[] = {
        "00", /* infinity */
        "04", "",
        /* compressed, and the hybrid form, of the generator */
        "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "076b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        /* all zeros */
        "04000000000000000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000000",
        /* x = p */
        "04ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        /* on the curve with b = 0 (an invalid curve attack): 1, x^3 - 3x is no square root of y */
        "040000000000000000000000000000000000000000000000000000000000000001"
        "0000000000000000000000000000000000000000000000000000000000000001",
    };
    uint8_t bytes[POINT + 1], *point = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t len = strlen(bad[i]) / 2;
        REQUIRE(len <= sizeof bytes && hex_decode(span_of(bad[i], 2 * len), bytes, len) == 0);
        CHECK(refused(bytes, len));
    }
    EVP_PKEY *key = EVP_EC_gen("P-256");
    REQUIRE(key && EVP_PKEY_get1_encoded_public_key(key, &point) == POINT);
    for (size_t cut = 0; cut < POINT; cut += 7)
        CHECK(refused(point, cut));
    memcpy(bytes, point, POINT);
    bytes[POINT] = 0;
    CHECK(refused(bytes, POINT + 1));
    for (size_t bit = 0; bit < 8 * POINT; bit += 5) { /* every byte */
        memcpy(bytes, point, POINT);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(refused(bytes, POINT));
    }
    OPENSSL_free(point);
    EVP_PKEY_free(key);
}

static void test_misuse(void)
{
    uint8_t secret[SECRET], *point = NULL;
    EVP_PKEY *mine = generate(true), *empty = generate(false);
    CHECK(!secret_derive(ours, mine, empty, secret));  /* no peer's point */
    CHECK(!secret_derive(ours, empty, mine, secret));  /* no key of ours */
    REQUIRE(EVP_PKEY_get1_encoded_public_key(mine, &point) == POINT);
    CHECK_INT(peer_set(empty, point, POINT), 1);
    CHECK(peer_set(empty, point, POINT) != 1); /* a point is set once */
    CHECK(peer_set(mine, point, POINT) != 1);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(ours, P256_EXCHANGE, NULL);
    REQUIRE(ctx && EVP_PKEY_keygen_init(ctx) == 1);
    CHECK(EVP_PKEY_CTX_set_group_name(ctx, "secp384r1") != 1);
    EVP_PKEY_CTX_free(ctx);
    OPENSSL_free(point);
    EVP_PKEY_free(mine);
    EVP_PKEY_free(empty);
}

int main(void)
{
    struct algorithms algorithms;
    REQUIRE(algorithms_init(&algorithms) == 0);
    ours = algorithms.context;
    test_same_secret();
    test_bad_points();
    test_misuse();
    algorithms_release(&algorithms);
    return check_done();
}
