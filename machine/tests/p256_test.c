/* SPDX-License-Identifier: GPL-2.0-or-later */
/* P-256 of the engine: answers of RFC 6979 A.2.5, and what FIPS 186-5 refuses. */
#include "machine/p256.h"

#include "machine/tests/bytes.h"
#include "tests/check.h"

static const char order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
static const char prime[] = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

static const char scalar_text[] = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
static const char public_text[] = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

/* SHA-256 of "sample" and "test" */
static const struct {
    const char *digest, *signature;
} answers[] = {
    { "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
      "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
    { "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
      "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083" },
};

static uint8_t scalar[P256_BYTES], public[P256_PAIR_BYTES], digest[P256_BYTES],
    signature[P256_PAIR_BYTES];

static void known_answers(void)
{
    uint8_t got[P256_PAIR_BYTES], want[P256_PAIR_BYTES];

    bytes_from(public_text, want, sizeof(want));
    CHECK(p256_public(scalar, got));
    CHECK_MEM(got, want, sizeof(want));
    for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        bytes_from(answers[i].digest, digest, sizeof(digest));
        bytes_from(answers[i].signature, want, sizeof(want));
        CHECK(p256_sign(scalar, digest, got));
        CHECK_MEM(got, want, sizeof(want));
        CHECK(p256_verify(public, digest, want));
    }
}

static void scalar_range(void)
{
    static const uint8_t zero[P256_PAIR_BYTES];
    uint8_t number[P256_BYTES], result[P256_PAIR_BYTES];

    CHECK(!p256_scalar_valid(zero));
    bytes_from(order, number, sizeof(number));
    CHECK(!p256_scalar_valid(number));
    memset(result, 0xA5, sizeof(result));
    CHECK(!p256_public(number, result));
    CHECK_MEM(result, zero, sizeof(result));
    memset(result, 0xA5, sizeof(result));
    CHECK(!p256_sign(number, digest, result));
    CHECK_MEM(result, zero, sizeof(result));
    number[31]--;
    CHECK(p256_scalar_valid(number));
    memset(number, 0xFF, sizeof(number));
    CHECK(!p256_scalar_valid(number));
    memset(number, 0, sizeof(number));
    number[31] = 1;
    CHECK(p256_scalar_valid(number));
}

static void points(void)
{
    uint8_t point[P256_PAIR_BYTES];

    CHECK(p256_on_curve(public));
    memset(point, 0, sizeof(point));
    CHECK(!p256_on_curve(point)); /* also how infinity might be written */
    memcpy(point, public, sizeof(point));
    point[63] ^= 1;
    CHECK(!p256_on_curve(point));
    /* y = p: not below p */
    memcpy(point, public, P256_BYTES);
    bytes_from(prime, point + P256_BYTES, P256_BYTES);
    CHECK(!p256_on_curve(point));
    CHECK(!p256_verify(point, digest, signature));
}

/* r or s of 0 or n: out of range. */
static void signature_range(void)
{
    uint8_t other[P256_PAIR_BYTES];

    CHECK(p256_verify(public, digest, signature));
    for (unsigned half = 0; half < 2; half++) {
        memcpy(other, signature, sizeof(other));
        memset(other + half * P256_BYTES, 0, P256_BYTES);
        CHECK(!p256_verify(public, digest, other));
        bytes_from(order, other + half * P256_BYTES, P256_BYTES);
        CHECK(!p256_verify(public, digest, other));
    }
}

static void every_flip_refused(void)
{
    for (unsigned bit = 0; bit < 8 * P256_PAIR_BYTES; bit++) {
        uint8_t mask = (uint8_t)(1u << bit % 8);

        signature[bit / 8] ^= mask;
        CHECK(!p256_verify(public, digest, signature));
        signature[bit / 8] ^= mask;
        public[bit / 8] ^= mask;
        CHECK(!p256_verify(public, digest, signature));
        public[bit / 8] ^= mask;
        if (bit < 8 * P256_BYTES) {
            digest[bit / 8] ^= mask;
            CHECK(!p256_verify(public, digest, signature));
            digest[bit / 8] ^= mask;
        }
    }
}

/* A digest above n is reduced for the nonce (RFC 6979, 2.3.4), and the result verifies. */
static void high_digest(void)
{
    uint8_t high[P256_BYTES], result[P256_PAIR_BYTES];

    memset(high, 0xFF, sizeof(high));
    CHECK(p256_sign(scalar, high, result));
    CHECK(p256_verify(public, high, result));
}

int main(void)
{
    bytes_from(scalar_text, scalar, sizeof(scalar));
    bytes_from(public_text, public, sizeof(public));
    known_answers();
    bytes_from(answers[0].digest, digest, sizeof(digest));
    bytes_from(answers[0].signature, signature, sizeof(signature));
    scalar_range();
    points();
    signature_range();
    every_flip_refused();
    high_digest();
    return check_done();
}
