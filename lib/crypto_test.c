/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/err.h>
#include <threads.h>

#include "lib/crypto.h"
#include "lib/hex.h"
#include "tests/check.h"
#include "tests/p256_signer.h"

static const char order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
static const char field[] = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

static void from_hex(const char *text, uint8_t *bytes, size_t len)
{
    REQUIRE(hex_decode(span_of(text, strlen(text)), bytes, len) == 0);
}

static void digest_of(const char *text, uint8_t digest[static SHA256_BYTES])
{
    const struct span part = span_of(text, strlen(text));
    REQUIRE(crypto_sha256(&part, 1, digest) == 0);
}

/* FIPS 180-4 examples; the parts are one message. */
static void digests(void)
{
    uint8_t want[32], got[32];
    from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", want, 32);
    digest_of("abc", got);
    CHECK_MEM(got, want, 32);
    const struct span parts[] = {span_of("a", 1), span_of(NULL, 0), span_of("bc", 2)};
    CHECK_INT(crypto_sha256(parts, 3, got), 0);
    CHECK_MEM(got, want, 32);
    from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", want, 32);
    CHECK_INT(crypto_sha256(NULL, 0, got), 0);
    CHECK_MEM(got, want, 32);
    from_hex("a9993e364706816aba3e25717850c26c9cd0d89d", want, 20);
    CHECK_INT(crypto_sha1(span_of("abc", 3), got), 0);
    CHECK_MEM(got, want, 20);
    from_hex("da39a3ee5e6b4b0d3255bfef95601890afd80709", want, 20);
    CHECK_INT(crypto_sha1(span_of(NULL, 0), got), 0);
    CHECK_MEM(got, want, 20);
}

static uint8_t key[64], sample[32], sample_signature[64];

/* RFC 6979 appendix A.2.5, SHA-256 */
static void published_signatures(void)
{
    uint8_t test[32], signature[64];
    from_hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
             "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299", key, 64);
    digest_of("sample", sample);
    from_hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
             "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8", sample_signature, 64);
    CHECK_INT(crypto_p256_verify(key, sample, sample_signature), 0);
    digest_of("test", test);
    CHECK_INT(crypto_p256_verify(key, test, sample_signature), E_SIGNATURE);
    from_hex("f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
             "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083", signature, 64);
    CHECK_INT(crypto_p256_verify(key, test, signature), 0);
    CHECK_INT(crypto_p256_verify(key, sample, signature), E_SIGNATURE);
}

/* Each call uses its own key: -Q = (x, p - y) is another valid one. */
static void keys_in_turn(void)
{
    uint8_t other[64];
    unsigned borrow = 0;
    from_hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", other, 32);
    for (int i = 31; i >= 0; i--) {
        unsigned digit = 256u + other[i] - key[32 + i] - borrow;
        other[32 + i] = (uint8_t)digit;
        borrow = digit < 256;
    }
    memcpy(other, key, 32);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(crypto_p256_verify(other, sample, sample_signature), E_SIGNATURE);
        CHECK_INT(crypto_p256_verify(key, sample, sample_signature), 0);
    }
}

/* No flip of key, digest or signature verifies; no flip disturbs the next call. */
static void every_flip(void)
{
    uint8_t k[64], d[32], s[64];
    memcpy(k, key, 64);
    memcpy(d, sample, 32);
    memcpy(s, sample_signature, 64);
    for (unsigned bit = 0; bit < 512; bit++) {
        const uint8_t mask = (uint8_t)(1u << (bit % 8));
        s[bit / 8] ^= mask;
        CHECK_INT(crypto_p256_verify(k, d, s), E_SIGNATURE);
        s[bit / 8] ^= mask;
        k[bit / 8] ^= mask;
        int err = crypto_p256_verify(k, d, s);
        CHECK(err == E_MALFORMED || err == E_SIGNATURE);
        k[bit / 8] ^= mask;
        if (bit < 256) {
            d[bit / 8] ^= mask;
            CHECK_INT(crypto_p256_verify(k, d, s), E_SIGNATURE);
            d[bit / 8] ^= mask;
        }
        CHECK_INT(crypto_p256_verify(k, d, s), 0);
    }
}

/* FIPS 186-5 section 6.4.2, step 1: r and s lie in 1..n-1. */
static void scalars_outside_the_group(void)
{
    static const char *const outside[] = {
        "0000000000000000000000000000000000000000000000000000000000000000", order,
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        for (size_t half = 0; half < 64; half += 32) {
            uint8_t s[64];
            memcpy(s, sample_signature, 64);
            from_hex(outside[i], s + half, 32);
            CHECK_INT(crypto_p256_verify(key, sample, s), E_SIGNATURE);
        }
    uint8_t zero[64] = {0};
    CHECK_INT(crypto_p256_verify(key, sample, zero), E_SIGNATURE);
}

/* E_MALFORMED for what is no point: 0, beyond the field, off the curve; the
 * error queue is left as it was. */
static void keys_off_the_curve(void)
{
    uint8_t k[64] = {0};
    ERR_clear_error();
    CHECK_INT(crypto_p256_verify(k, sample, sample_signature), E_MALFORMED);
    memset(k, 0xff, 64);
    CHECK_INT(crypto_p256_verify(k, sample, sample_signature), E_MALFORMED);
    memcpy(k, key, 64);
    from_hex(field, k, 32);
    CHECK_INT(crypto_p256_verify(k, sample, sample_signature), E_MALFORMED);
    memcpy(k, key, 64);
    k[63] ^= 1;
    CHECK_INT(crypto_p256_verify(k, sample, sample_signature), E_MALFORMED);
    CHECK_INT((long long)ERR_peek_error(), 0);
    CHECK_INT(crypto_p256_verify(key, sample, sample_signature), 0);
}

/* Many keys through the one key object of a thread: each verifies its own
 * signature and none other; enough of them to meet short and high r and s. */
static void keys_do_not_mix(void)
{
    uint8_t before[64] = {0}, digest[32], signature[64], public[64];
    unsigned lead_zero = 0, lead_high = 0;
    for (unsigned n = 1; n < 256; n++) {
        uint8_t scalar = (uint8_t)n;
        for (unsigned round = 0; round < 4; round++) {
            char message[16];
            snprintf(message, sizeof message, "%u/%u", n, round);
            digest_of(message, digest);
            test_key_public(scalar, public);
            REQUIRE(test_key_sign(&scalar, digest, signature) == 0);
            CHECK_INT(crypto_p256_verify(public, digest, signature), 0);
            if (n > 1)
                CHECK_INT(crypto_p256_verify(before, digest, signature), E_SIGNATURE);
            lead_zero += signature[0] == 0 || signature[32] == 0;
            lead_high += signature[0] >= 0x80;
        }
        memcpy(before, public, 64);
    }
    CHECK(lead_zero > 0);
    CHECK(lead_high > 0);
}

static int in_thread(void *argument)
{
    (void)argument;
    for (int i = 0; i < 50; i++)
        if (crypto_p256_verify(key, sample, sample_signature) != 0)
            return 1;
    return 0;
}

/* Each thread has its own key object, and it is freed with the thread. */
static void threads_do_not_share(void)
{
    thrd_t threads[4];
    for (int i = 0; i < 4; i++)
        REQUIRE(thrd_create(&threads[i], in_thread, NULL) == thrd_success);
    for (int i = 0; i < 4; i++) {
        int result = 1;
        REQUIRE(thrd_join(threads[i], &result) == thrd_success);
        CHECK_INT(result, 0);
    }
}

int main(void)
{
    digests();
    published_signatures();
    keys_in_turn();
    every_flip();
    scalars_outside_the_group();
    keys_off_the_curve();
    keys_do_not_mix();
    threads_do_not_share();
    return check_done();
}
