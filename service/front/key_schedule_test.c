/* SPDX-License-Identifier: BSD-2-Clause */
/* The key derivation of TLS 1.3: RFC 8448's values, the same answers as OpenSSL's default
 * provider, and what it refuses.  Clauses: key_schedule.h. */
#include "service/front/key_schedule.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "lib/hex.h"
#include "service/front/algorithms.h"
#include "tests/check.h"

enum { OUT_MAX = 64, ROUNDS = 200 };

struct ask {
    int mode;
    const char *digest, *label;
    struct span key, salt, data; /* at NULL: not given */
    size_t len;
};

static OSSL_LIB_CTX *ours;

static int ask(OSSL_LIB_CTX *where, const struct ask *a, uint8_t out[static OUT_MAX])
{
    EVP_KDF *kdf = EVP_KDF_fetch(where, "TLS13-KDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    int mode = a->mode;
    OSSL_PARAM params[8], *p = params;
    REQUIRE(ctx != NULL);
    *p++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
    if (a->digest)
        *p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)a->digest, 0);
    *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, (char[]){"tls13 "}, 6);
    *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, (void *)(uintptr_t)a->label, strlen(a->label));
    if (a->key.at)
        *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)a->key.at, a->key.len);
    if (a->salt.at)
        *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)a->salt.at, a->salt.len);
    if (a->data.at)
        *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_DATA, (void *)(uintptr_t)a->data.at, a->data.len);
    *p = OSSL_PARAM_construct_end();
    memset(out, 0, OUT_MAX);
    int good = EVP_KDF_derive(ctx, out, a->len, params);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return good;
}

static struct span hex(const char *text, uint8_t out[static 32])
{
    REQUIRE(hex_decode(span_of(text, 64), out, 32) == 0);
    return span_of(out, 32);
}

/* RFC 8448 section 3. */
static void test_vectors(void)
{
    uint8_t early[OUT_MAX], got[OUT_MAX], want[32], in[32], hash[32];
    struct ask a = {.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY, .digest = "SHA2-256", .label = "derived", .len = 32};
    REQUIRE(ask(ours, &a, early) == 1);
    CHECK_MEM(early, hex("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a", want).at, 32);
    a.salt = span_of(early, 32);
    a.key = hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d", in);
    REQUIRE(ask(ours, &a, got) == 1);
    CHECK_MEM(got, hex("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac", want).at, 32);
    struct ask b = {.mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY, .digest = "SHA2-256", .label = "derived", .len = 32,
                    .key = span_of(early, 32),
                    .data = hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hash)};
    REQUIRE(ask(ours, &b, got) == 1);
    CHECK_MEM(got, hex("6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba", want).at, 32);
}

static void both(const struct ask *a)
{
    uint8_t got[OUT_MAX], want[OUT_MAX];
    CHECK_INT(ask(ours, a, got), 1);
    CHECK_INT(ask(NULL, a, want), 1);
    CHECK_MEM(got, want, OUT_MAX);
}

static void test_as_default(void)
{
    static const char *const labels[] = {"derived", "c hs traffic", "s ap traffic", "key", "iv", "finished", "res master", ""};
    static const struct {
        const char *name;
        size_t size;
    } digests[] = {{"SHA2-256", 32}, {"SHA256", 32}, {"SHA2-384", 48}, {"SHA-384", 48}};
    uint8_t bytes[3 * 48];
    for (unsigned i = 0; i < ROUNDS; i++) {
        size_t size = digests[i % 4].size;
        REQUIRE(RAND_bytes(bytes, sizeof bytes) == 1);
        struct ask a = {.mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY, .digest = digests[i % 4].name, .label = labels[i % 8],
                        .key = span_of(bytes, size), .data = span_of(bytes + 48, i % 3 ? size : 0), .len = 1 + i % size};
        both(&a);
        a = (struct ask){.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY, .digest = digests[i % 4].name, .label = "derived",
                         .key = i % 3 ? span_of(bytes, i % 48 + 1) : span_of(NULL, 0),
                         .salt = i % 5 ? span_of(bytes + 96, size) : span_of(NULL, 0), .len = size};
        both(&a);
    }
}

static void test_refused(void)
{
    static const uint8_t bytes[300] = {1};
    static char long_label[256];
    memset(long_label, 'x', 250); /* six more with the prefix */
    uint8_t out[OUT_MAX];
    const struct ask good = {.mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY, .digest = "SHA2-256", .label = "key",
                             .key = span_of(bytes, 32), .len = 16};
    CHECK_INT(ask(ours, &good, out), 1);
    struct ask bad[] = {good, good, good, good, good, good, good, good, good, good};
    bad[0].digest = NULL;
    bad[1].digest = "SHA2-512";
    bad[2].digest = "MD5";
    bad[3].mode = EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND;
    bad[4].mode = 7;
    bad[5].key = span_of(NULL, 0);
    bad[6].key = span_of(bytes, 65); /* no secret is longer than a block */
    bad[7].len = 33;
    bad[8].label = long_label;
    bad[9].data = span_of(bytes, 256);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(ask(ours, &bad[i], out) != 1);
    struct ask extract = {.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY, .digest = "SHA2-256", .label = "derived", .len = 16};
    CHECK(ask(ours, &extract, out) != 1); /* as long as the hash, or not at all */
}

int main(void)
{
    struct algorithms algorithms;
    REQUIRE(algorithms_init(&algorithms) == 0);
    ours = algorithms.context;
    test_vectors();
    test_as_default();
    test_refused();
    algorithms_release(&algorithms);
    return check_done();
}
