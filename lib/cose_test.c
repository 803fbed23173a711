/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/cose.h"
#include "tests/p256_key.h"

static const struct signer signer = {p256_key_sign, NULL};

static int sign_refuse(void *context, const uint8_t digest[static SHA256_BYTES],
                       uint8_t signature[static P256_SIGNATURE_BYTES])
{
    (void)context, (void)digest, (void)signature;
    return E_DENIED;
}

static int check(struct span message)
{
    struct cose_sign1 in;
    int err = cose_sign1_parse(message, &in);
    return err ? err : cose_sign1_verify(&in, p256_key_public);
}

/* A message made by other software, not by cose_sign1_write(). */
static void foreign_message_verifies(void)
{
    size_t len;
    uint8_t *bytes = check_read_file("testdata/cose/good-foreign", &len);
    struct cose_sign1 in;
    CHECK_INT(cose_sign1_parse(span_of(bytes, len), &in), 0);
    CHECK_INT(cose_sign1_verify(&in, p256_key_public), 0);
    CHECK(span_equal(in.payload, span_of("This is the content.", 20)));
    /* "With or without tag 18" */
    CHECK_INT(check(span_of(bytes + 1, len - 1)), 0);
    free(bytes);
}

static void round_trip(void)
{
    static const size_t sizes[] = {0, 1, 23, 24, 255, 256, 4000};
    uint8_t payload[4000], room[4100];
    memset(payload, 0x5a, sizeof payload);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct writer w = writer_of(room, sizeof room);
        struct cose_sign1 in;
        CHECK_INT(cose_sign1_write(&w, span_of(payload, sizes[i]), &signer), 0);
        CHECK_INT(room[0], 0xd2);
        CHECK_INT(cose_sign1_parse(writer_view(&w), &in), 0);
        CHECK(span_equal(in.payload, span_of(payload, sizes[i])));
        CHECK_INT(cose_sign1_verify(&in, p256_key_public), 0);
    }
}

static void wrong_key_is_refused(void)
{
    uint8_t room[128], key[P256_PUBLIC_BYTES];
    struct writer w = writer_of(room, sizeof room);
    struct cose_sign1 in;
    CHECK_INT(cose_sign1_write(&w, span_of("x", 1), &signer), 0);
    CHECK_INT(cose_sign1_parse(writer_view(&w), &in), 0);
    memcpy(key, p256_key_public, sizeof key);
    key[63] ^= 1; /* off the curve */
    CHECK_INT(cose_sign1_verify(&in, key), E_MALFORMED);
    /* -Y is on the curve, and another key */
    static const uint8_t minus_y[32] = {
        0x86, 0xfc, 0x01, 0xee, 0xf7, 0x47, 0x43, 0x67, 0x5b, 0xe5, 0x16,
        0x16, 0xa9, 0xd7, 0x43, 0x9b, 0x0d, 0x0e, 0x4d, 0xf4, 0xd2, 0x81,
        0x60, 0xae, 0x88, 0x5c, 0x3d, 0x6b, 0x2b, 0xb9, 0xdd, 0x66,
    };
    memcpy(key + 32, minus_y, sizeof minus_y);
    CHECK_INT(cose_sign1_verify(&in, key), E_SIGNATURE);
}

/* Parsing alone: every shape but the one. */
static const struct bad_shape {
    const char *bytes;
    size_t len;
    size_t signature; /* bytes of signature appended, with a head of 58 nn */
    int err;
    const char *why;
} bad_shapes[] = {
#define SHAPE(bytes, signature, err, why) {bytes, sizeof bytes - 1, signature, err, why}
    SHAPE("\xd1\x84\x43\xa1\x01\x26\xa0\x41x", 64, E_MALFORMED, "tag of COSE_Mac0"),
    SHAPE("\xd2\xd2\x84\x43\xa1\x01\x26\xa0\x41x", 64, E_MALFORMED, "tag twice"),
    SHAPE("\x83\x43\xa1\x01\x26\xa0", 64, E_MALFORMED, "array of three"),
    SHAPE("\x85\x43\xa1\x01\x26\xa0\x41x\x40", 64, E_MALFORMED, "array of five"),
    SHAPE("\x84\x44\xa1\x01\x38\x22\xa0\x41x", 64, E_MALFORMED, "ES384"),
    SHAPE("\x84\x40\xa0\x41x", 64, E_MALFORMED, "no algorithm"),
    SHAPE("\x84\x41\xa0\xa0\x41x", 64, E_MALFORMED, "no algorithm"),
    SHAPE("\x84\x40\xa1\x01\x26\x41x", 64, E_MALFORMED, "algorithm not protected"),
    SHAPE("\x84\x46\xa2\x01\x26\x04\x41y\xa0\x41x", 64, E_MALFORMED, "another protected header"),
    SHAPE("\x84\xa1\x01\x26\xa0\x41x", 64, E_MALFORMED, "protected header not wrapped"),
    SHAPE("\x84\x43\xa1\x01\x26\xa1\x04\x41y\x41x", 64, E_MALFORMED, "an unprotected header"),
    SHAPE("\x84\x43\xa1\x01\x26\xa0\xf6", 64, E_MALFORMED, "payload detached"),
    SHAPE("\x84\x43\xa1\x01\x26\xa0\x61x", 64, E_MALFORMED, "payload is text"),
    SHAPE("\x84\x43\xa1\x01\x26\xa0\x58\x01x", 64, E_MALFORMED, "length not shortest"),
    SHAPE("\x84\x43\xa1\x01\x26\xa0\x5f\x41x\xff", 64, E_MALFORMED, "payload of indefinite length"),
    SHAPE("\x9f\x43\xa1\x01\x26\xa0\x41x", 64, E_MALFORMED, "array of indefinite length"),
    SHAPE("\x84\x43\xa1\x01\x26\xa0\x41x", 63, E_MALFORMED, "signature too short"),
    SHAPE("\x84\x43\xa1\x01\x26\xa0\x41x", 65, E_MALFORMED, "signature too long"),
    SHAPE("\x84\x43\xa1\x01\x26\xa0\x41x\x40", 64, E_TRAILING, "bytes follow"),
#undef SHAPE
};

static void bad_shapes_are_refused(void)
{
    for (size_t i = 0; i < sizeof bad_shapes / sizeof bad_shapes[0]; i++) {
        uint8_t room[160];
        struct writer w = writer_of(room, sizeof room);
        struct cose_sign1 in = {{room, 1}, room};
        writer_bytes(&w, bad_shapes[i].bytes, bad_shapes[i].len);
        writer_u8(&w, 0x58);
        writer_u8(&w, (uint8_t)bad_shapes[i].signature);
        writer_zero(&w, bad_shapes[i].signature);
        int err = cose_sign1_parse(writer_view(&w), &in);
        if (err != bad_shapes[i].err)
            fprintf(stderr, "%s\n", bad_shapes[i].why);
        CHECK_INT(err, bad_shapes[i].err);
        CHECK(in.payload.at == NULL && in.signature == NULL);
        CHECK_INT(cose_sign1_verify(&in, p256_key_public), E_SIGNATURE);
    }
    struct cose_sign1 in;
    CHECK_INT(cose_sign1_parse(span_of(NULL, 0), &in), E_MORE);
}

/* R or S outside 1..n-1 never verifies. */
static void degenerate_signatures_are_refused(void)
{
    uint8_t signature[P256_SIGNATURE_BYTES] = {0};
    struct cose_sign1 in = {span_of("x", 1), signature};
    CHECK_INT(cose_sign1_verify(&in, p256_key_public), E_SIGNATURE);
    signature[31] = 1;
    CHECK_INT(cose_sign1_verify(&in, p256_key_public), E_SIGNATURE);
    signature[63] = 1;
    CHECK_INT(cose_sign1_verify(&in, p256_key_public), E_SIGNATURE);
    memset(signature, 0xff, sizeof signature);
    CHECK_INT(cose_sign1_verify(&in, p256_key_public), E_SIGNATURE);
}

/* "Trust": no single changed bit and no cut message gets through. */
static void cut_and_flip(void)
{
    size_t len;
    uint8_t *bytes = check_read_file("testdata/cose/good-foreign", &len);
    for (size_t cut = 0; cut < len; cut++)
        CHECK(check(span_of(bytes, cut)) != 0);
    for (size_t bit = 0; bit < len * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(check(span_of(bytes, len)) != 0);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK_INT(check(span_of(bytes, len)), 0);
    free(bytes);
}

static void writer_failures(void)
{
    uint8_t room[64];
    struct writer w = writer_of(room, sizeof room);
    CHECK_INT(cose_sign1_write(&w, span_of("x", 1), &signer), E_FULL);
    CHECK(writer_view(&w).at == NULL);
    const struct signer refusing = {sign_refuse, NULL};
    w = writer_of(room, sizeof room);
    CHECK_INT(cose_sign1_write(&w, span_of("x", 1), &refusing), E_DENIED);
    CHECK_INT(w.len, 0);
    CHECK(writer_view(&w).at == NULL);
}

int main(void)
{
    foreign_message_verifies();
    round_trip();
    wrong_key_is_refused();
    bad_shapes_are_refused();
    degenerate_signatures_are_refused();
    cut_and_flip();
    writer_failures();
    return check_done();
}
