/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/evidence.h"

#include "lib/cbor.h"
#include "lib/cose.h"
#include "tests/p256_key.h"

enum { CLAIMS = 11 };

/* A good payload taken apart, to be put together wrongly. */
struct parts {
    uint8_t *bytes;
    size_t len;
    struct span key[CLAIMS];
    struct span value[CLAIMS];
};

static struct parts parts_read(const char *path)
{
    struct parts p;
    p.bytes = check_read_file(path, &p.len);
    struct cursor c = cursor_of(span_of(p.bytes, p.len));
    cbor_expect_map(&c, CLAIMS);
    for (int i = 0; i < CLAIMS; i++) {
        p.key[i] = cbor_get_item(&c);
        p.value[i] = cbor_get_item(&c);
    }
    REQUIRE(cursor_end(&c) == 0);
    return p;
}

static void claim_put(struct writer *w, const struct parts *p, int i)
{
    writer_bytes(w, p->key[i].at, p->key[i].len);
    writer_bytes(w, p->value[i].at, p->value[i].len);
}

static int parse(const struct writer *w)
{
    static const struct evidence zero;
    struct evidence e;
    REQUIRE(w->err == 0);
    int err = evidence_parse(span_of(w->at, w->len), &e);
    if (err) /* "set to empty on failure" */
        CHECK(memcmp(&e, &zero, sizeof e) == 0);
    return err;
}

/* -- good ------------------------------------------------------------------ */

/* Vectors made by other software: read, compared, and written the same. */
static void foreign_payloads_round_trip(void)
{
    static const struct {
        const char *path;
        size_t nonce_bytes, capabilities, measurements;
    } good[] = {
        {"testdata/evidence/good-small", EVIDENCE_NONCE_MIN, 0, 0},
        {"testdata/evidence/good-typical", 32, 2, 3},
        {"testdata/evidence/good-largest", EVIDENCE_NONCE_MAX, EVIDENCE_CAPABILITIES_MAX,
         EVIDENCE_MEASUREMENTS_MAX},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        size_t len;
        uint8_t room[EVIDENCE_BYTES_MAX], *bytes = check_read_file(good[i].path, &len);
        struct evidence e;
        CHECK_INT(evidence_parse(span_of(bytes, len), &e), 0);
        CHECK_INT(e.nonce_bytes, good[i].nonce_bytes);
        CHECK_INT(e.capability_count, good[i].capabilities);
        CHECK_INT(e.measurement_count, good[i].measurements);
        CHECK_MEM(e.device_id, p256_key_public, sizeof e.device_id);
        struct writer w = writer_of(room, sizeof room);
        CHECK_INT(evidence_write(&e, &w), 0);
        CHECK(span_equal(writer_view(&w), span_of(bytes, len)));
        free(bytes);
    }
}

static void every_claim_is_read(void)
{
    struct parts p = parts_read("testdata/evidence/good-typical");
    struct evidence e;
    CHECK_INT(evidence_parse(span_of(p.bytes, p.len), &e), 0);
    for (uint8_t i = 0; i < 32; i++)
        CHECK_INT(e.nonce[i], i);
    for (uint8_t i = 0; i < 16; i++)
        CHECK_INT(e.tenant[i], i);
    /* SHA-256 of "x" and of "y" stand for the coordinates */
    CHECK_MEM(e.client_key, "\x2d\x71\x16\x42\xb7\x26\xb0\x44", 8);
    CHECK_MEM(e.client_key + 32, "\xa1\xfc\xe4\x36\x38\x54\xff\x88", 8);
    CHECK_INT(e.lifecycle, LIFECYCLE_DEVICE_COMPLETE);
    CHECK_INT(e.debug_status, 1);
    CHECK_INT(e.boot_count, 7);
    CHECK_INT(e.security_version, 3);
    CHECK_INT(e.capability[0], 11);
    CHECK_INT(e.capability[1], 13);
    CHECK_INT(e.measurement[2].type, 1);
    CHECK_INT(e.measurement[2].security_version, 2);
    CHECK_MEM(e.measurement[2].component, "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2", 16);
    CHECK_MEM(e.measurement[0].digest, "\x6e\x34\x0b\x9c\xff\xb3\x7a\x98", 8); /* SHA-256 of 00 */
    free(p.bytes);
}

/* -- bad: the set of claims ------------------------------------------------ */

static void claims_missing_or_twice(void)
{
    struct parts p = parts_read("testdata/evidence/good-typical");
    uint8_t room[EVIDENCE_BYTES_MAX];
    for (int odd = 0; odd < CLAIMS; odd++) {
        for (size_t count = CLAIMS - 1; count <= CLAIMS + 1; count++) {
            struct writer w = writer_of(room, sizeof room);
            cbor_put_map(&w, count);
            for (int i = 0; i < CLAIMS; i++)
                if (i != odd)
                    claim_put(&w, &p, i);
            CHECK(parse(&w) != 0); /* missing */

            w = writer_of(room, sizeof room);
            cbor_put_map(&w, count);
            for (int i = 0; i < CLAIMS; i++) {
                claim_put(&w, &p, i);
                if (i == odd)
                    claim_put(&w, &p, i);
            }
            CHECK(parse(&w) != 0); /* twice in a row */

            w = writer_of(room, sizeof room);
            cbor_put_map(&w, count);
            for (int i = 0; i < CLAIMS; i++)
                claim_put(&w, &p, i);
            claim_put(&w, &p, odd);
            CHECK(parse(&w) != 0); /* again at the end */

            w = writer_of(room, sizeof room);
            cbor_put_map(&w, count);
            for (int i = 0; i < CLAIMS; i++)
                claim_put(&w, &p, i == odd ? (i + 1) % CLAIMS : i);
            CHECK(parse(&w) != 0); /* one in the place of another */
        }
    }
    free(p.bytes);
}

static void claims_out_of_order(void)
{
    struct parts p = parts_read("testdata/evidence/good-typical");
    uint8_t room[EVIDENCE_BYTES_MAX];
    for (int a = 0; a < CLAIMS; a++)
        for (int b = a + 1; b < CLAIMS; b++) {
            struct writer w = writer_of(room, sizeof room);
            cbor_put_map(&w, CLAIMS);
            for (int i = 0; i < CLAIMS; i++)
                claim_put(&w, &p, i == a ? b : i == b ? a : i);
            CHECK_INT(parse(&w), E_MALFORMED);
        }
    free(p.bytes);
}

static void unknown_claim_is_refused(void)
{
    struct parts p = parts_read("testdata/evidence/good-typical");
    uint8_t room[EVIDENCE_BYTES_MAX];
    struct writer w = writer_of(room, sizeof room);
    cbor_put_map(&w, CLAIMS + 1);
    for (int i = 0; i < CLAIMS; i++)
        claim_put(&w, &p, i);
    cbor_put_int(&w, -75007);
    cbor_put_uint(&w, 0);
    CHECK_INT(parse(&w), E_MALFORMED);
    free(p.bytes);
}

/* -- bad: one claim's value ------------------------------------------------ */

/* The good payload with one value replaced. */
static int parse_with(const struct parts *p, int at, const void *value, size_t len)
{
    uint8_t room[EVIDENCE_BYTES_MAX];
    struct writer w = writer_of(room, sizeof room);
    cbor_put_map(&w, CLAIMS);
    for (int i = 0; i < CLAIMS; i++) {
        if (i != at) {
            claim_put(&w, p, i);
            continue;
        }
        writer_bytes(&w, p->key[i].at, p->key[i].len);
        writer_bytes(&w, value, len);
    }
    return parse(&w);
}

static void values_of_wrong_type(void)
{
    static const struct {
        const char *at;
        size_t len;
    } other[] = {
        {"\x00", 1}, {"\x20", 1}, {"\x40", 1}, {"\x60", 1}, {"\x80", 1}, {"\xa0", 1},
        {"\xc1\x00", 2}, {"\xf4", 1}, {"\xf6", 1}, {"\xf9\x00\x00", 3},
    };
    struct parts p = parts_read("testdata/evidence/good-typical");
    for (int i = 0; i < CLAIMS; i++) {
        CHECK_INT(parse_with(&p, i, p.value[i].at, p.value[i].len), 0);
        for (size_t k = 0; k < sizeof other / sizeof other[0]; k++)
            if (((uint8_t)other[k].at[0] ^ p.value[i].at[0]) >> 5 != 0)
                CHECK(parse_with(&p, i, other[k].at, other[k].len) != 0);
        /* the right value under a tag */
        uint8_t tagged[1024] = {0xd2};
        memcpy(tagged + 1, p.value[i].at, p.value[i].len);
        CHECK_INT(parse_with(&p, i, tagged, p.value[i].len + 1), E_MALFORMED);
    }
    free(p.bytes);
}

/* 5f/7f/9f/bf .. ff around each string, array and map of the payload. */
static void indefinite_lengths(void)
{
    struct parts p = parts_read("testdata/evidence/good-typical");
    for (int i = 0; i < CLAIMS; i++) {
        uint8_t room[1024];
        struct writer w = writer_of(room, sizeof room);
        enum cbor_type type = (enum cbor_type)(p.value[i].at[0] >> 5);
        bool string = type == CBOR_BYTES || type == CBOR_TEXT;
        if (!string && type != CBOR_ARRAY && type != CBOR_MAP)
            continue;
        writer_u8(&w, (uint8_t)(type << 5 | 31));
        /* a string's chunk keeps its head, a list of under 24 loses its byte */
        writer_bytes(&w, p.value[i].at + !string, p.value[i].len - !string);
        writer_u8(&w, 0xff);
        CHECK_INT(parse_with(&p, i, room, w.len), E_MALFORMED);
    }
    uint8_t whole[EVIDENCE_BYTES_MAX];
    memcpy(whole, p.bytes, p.len);
    whole[0] = 0xbf;
    whole[p.len] = 0xff;
    struct evidence e;
    CHECK_INT(evidence_parse(span_of(whole, p.len + 1), &e), E_MALFORMED);
    free(p.bytes);
}

/* Steps over one head and, for a string, its bytes. */
static void head_step(struct cursor *c)
{
    switch (cbor_peek(c)) {
    case CBOR_UINT: (void)cbor_get_uint(c); break;
    case CBOR_NEGATIVE: (void)cbor_get_int(c); break;
    case CBOR_BYTES: (void)cbor_get_bytes(c); break;
    case CBOR_TEXT: (void)cbor_get_text(c); break;
    case CBOR_ARRAY: (void)cbor_get_array(c); break;
    case CBOR_MAP: (void)cbor_get_map(c); break;
    default: REQUIRE(!"a type that evidence does not have");
    }
}

/* Every head of the payload, one width wider than it needs. */
static void heads_not_shortest(void)
{
    struct parts p = parts_read("testdata/evidence/good-typical");
    struct cursor c = cursor_of(span_of(p.bytes, p.len));
    unsigned heads = 0;
    for (; c.left; heads++) {
        uint8_t room[EVIDENCE_BYTES_MAX];
        struct writer w = writer_of(room, sizeof room);
        size_t at = p.len - c.left;
        uint8_t info = c.at[0] & 0x1f, major = c.at[0] & 0xe0;
        size_t argument = info < 24 ? 0 : (size_t)1 << (info - 24);
        REQUIRE(argument <= 4);
        writer_bytes(&w, p.bytes, at);
        writer_u8(&w, info < 24 ? major | 24 : (uint8_t)(major | (info + 1)));
        if (info < 24)
            writer_u8(&w, info);
        writer_zero(&w, argument);
        writer_bytes(&w, c.at + 1, c.left - 1);
        CHECK_INT(parse(&w), E_MALFORMED);
        head_step(&c);
        REQUIRE(c.err == 0);
    }
    CHECK(heads > 2 * CLAIMS);
    free(p.bytes);
}

/* Lengths and ranges, by claim; the index is the claim's place in the order. */
static void values_out_of_range(void)
{
    enum { CNF, NONCE, DBGSTAT, PROFILE, BOOT, DEVICE, TENANT, LIFECYCLE, VERSION, CAPS, MEAS };
    static const uint8_t zeros[128];
    static const struct row {
        int claim;
        const char *head;
        size_t head_len, zeros;
        int err;
    } rows[] = {
#define ROW(claim, head, zeros, err) {claim, head, sizeof head - 1, zeros, err}
        ROW(NONCE, "\x47", 7, E_LIMIT),
        ROW(NONCE, "\x48", 8, 0),
        ROW(NONCE, "\x58\x40", 64, 0),
        ROW(NONCE, "\x58\x41", 65, E_LIMIT),
        ROW(NONCE, "\x40", 0, E_LIMIT),
        ROW(DBGSTAT, "\x03", 0, 0),
        ROW(DBGSTAT, "\x04", 0, E_LIMIT),
        ROW(PROFILE, "\x60", 0, E_VERSION),
        ROW(PROFILE, "\x6eurn:ietf:rfc:0", 0, E_VERSION),
        ROW(PROFILE, "\x78\x2durn:uuid:6b1f3f0e-2f5b-4c56-9d0e-5c1a3e8f7a42", 0, E_VERSION),
        ROW(BOOT, "\x1b\xff\xff\xff\xff\xff\xff\xff\xff", 0, 0),
        ROW(DEVICE, "\x58\x3f", 63, E_MALFORMED),
        ROW(DEVICE, "\x58\x40", 64, 0),
        ROW(DEVICE, "\x58\x41", 65, E_MALFORMED),
        ROW(TENANT, "\x4f", 15, E_MALFORMED),
        ROW(TENANT, "\x50", 16, 0),
        ROW(TENANT, "\x51", 17, E_MALFORMED),
        ROW(LIFECYCLE, "\x00", 0, 0),
        ROW(LIFECYCLE, "\x03", 0, E_LIMIT),
        ROW(LIFECYCLE, "\x1b\x00\x00\x00\x01\x00\x00\x00\x00", 0, E_LIMIT),
        ROW(VERSION, "\x1a\xff\xff\xff\xff", 0, 0),
        ROW(VERSION, "\x1b\x00\x00\x00\x01\x00\x00\x00\x00", 0, E_LIMIT),
        ROW(CAPS, "\x80", 0, 0),
        ROW(CAPS, "\x82\x01\x02", 0, 0),
        ROW(CAPS, "\x82\x02\x01", 0, E_MALFORMED),
        ROW(CAPS, "\x82\x02\x02", 0, E_MALFORMED),
        ROW(CAPS, "\x81\x00", 0, E_MALFORMED),
        ROW(CAPS, "\x81\x1a\x00\x01\x00\x00", 0, E_LIMIT),
        ROW(CAPS, "\x98\x41", 65, E_LIMIT),
        ROW(CAPS, "\x81\x20", 0, E_MALFORMED),
        ROW(MEAS, "\x95", 21, E_LIMIT),
        ROW(MEAS, "\x81\x83\x00\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00", 0, E_MALFORMED),
        ROW(MEAS, "\x81\x84\x00\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x58\x20", 32, 0),
        ROW(MEAS, "\x81\x84\x00\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x58\x1f", 31, E_MALFORMED),
        ROW(MEAS, "\x81\x84\x00\x4f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x58\x20", 32, E_MALFORMED),
        ROW(MEAS, "\x81\x84\x20\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x58\x20", 32, E_MALFORMED),
        ROW(MEAS, "\x81\x84\x1a\x00\x01\x00\x00\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x58\x20", 32, E_LIMIT),
        ROW(CNF, "\xa1\x01\xa4\x01\x02\x20\x01\x21\x58\x1f", 31, E_MALFORMED),
        ROW(CNF, "\xa1\x02\xa4\x01\x02\x20\x01\x21\x58\x20", 32, E_MALFORMED),
        ROW(CNF, "\xa1\x01\xa4\x01\x01\x20\x01\x21\x58\x20", 32, E_MALFORMED),
        ROW(CNF, "\xa1\x01\xa4\x01\x02\x20\x02\x21\x58\x20", 32, E_MALFORMED),
        ROW(CNF, "\xa1\x01\xa3\x01\x02\x20\x01\x21\x58\x20", 32, E_MALFORMED),
#undef ROW
    };
    struct parts p = parts_read("testdata/evidence/good-typical");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t room[256];
        struct writer w = writer_of(room, sizeof room);
        writer_bytes(&w, rows[i].head, rows[i].head_len);
        writer_bytes(&w, zeros, rows[i].zeros);
        REQUIRE(w.err == 0);
        int err = parse_with(&p, rows[i].claim, room, w.len);
        if (err != rows[i].err)
            fprintf(stderr, "row %zu\n", i);
        CHECK_INT(err, rows[i].err);
    }
    free(p.bytes);
}

static void truncated_and_trailing(void)
{
    struct parts p = parts_read("testdata/evidence/good-typical");
    uint8_t room[EVIDENCE_BYTES_MAX];
    for (size_t cut = 0; cut < p.len; cut++) {
        struct writer w = writer_of(room, sizeof room);
        writer_bytes(&w, p.bytes, cut);
        CHECK(parse(&w) != 0);
    }
    struct writer w = writer_of(room, sizeof room);
    writer_bytes(&w, p.bytes, p.len);
    writer_u8(&w, 0xf6);
    CHECK_INT(parse(&w), E_TRAILING);
    free(p.bytes);
}

/* -- the writer ------------------------------------------------------------ */

static void writer_refuses_what_no_reader_takes(void)
{
    static const struct evidence good = {.nonce_bytes = 8, .capability_count = 2, .capability = {1, 2}};
    struct evidence bad[8];
    uint8_t room[EVIDENCE_BYTES_MAX];
    struct writer w = writer_of(room, sizeof room);
    CHECK_INT(evidence_write(&good, &w), 0);
    size_t len = w.len;
    for (int i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].nonce_bytes = EVIDENCE_NONCE_MIN - 1;
    bad[1].nonce_bytes = EVIDENCE_NONCE_MAX + 1;
    bad[2].lifecycle = LIFECYCLE_COUNT;
    bad[3].debug_status = 4;
    bad[4].capability_count = EVIDENCE_CAPABILITIES_MAX + 1;
    bad[5].measurement_count = EVIDENCE_MEASUREMENTS_MAX + 1;
    bad[6].capability[1] = 1;
    bad[7].capability[0] = 0;
    for (int i = 0; i < 8; i++) {
        w = writer_of(room, sizeof room);
        CHECK_INT(evidence_write(&bad[i], &w), E_RANGE);
        CHECK_INT(w.len, 0);
        CHECK(writer_view(&w).at == NULL);
    }
    for (size_t cap = 0; cap < len; cap++) {
        w = writer_of(room, cap);
        CHECK_INT(evidence_write(&good, &w), E_FULL);
        CHECK(writer_view(&w).at == NULL);
    }
}

/* -- the whole message ----------------------------------------------------- */

static int appraise(struct span message)
{
    struct cose_sign1 in;
    struct evidence e;
    int err = cose_sign1_parse(message, &in);
    if (!err)
        err = cose_sign1_verify(&in, p256_key_public);
    return err ? err : evidence_parse(in.payload, &e);
}

static void largest_message_fits(void)
{
    size_t len;
    uint8_t room[EVIDENCE_BYTES_MAX];
    uint8_t *bytes = check_read_file("testdata/evidence/good-largest", &len);
    const struct signer signer = {p256_key_sign, NULL};
    struct writer w = writer_of(room, sizeof room);
    CHECK_INT(cose_sign1_write(&w, span_of(bytes, len), &signer), 0);
    CHECK_INT(appraise(writer_view(&w)), 0);
    free(bytes);
}

static void every_flipped_bit_is_refused(void)
{
    size_t len;
    uint8_t *bytes = check_read_file("testdata/cose/good-evidence", &len);
    CHECK_INT(appraise(span_of(bytes, len)), 0);
    for (size_t bit = 0; bit < len * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(appraise(span_of(bytes, len)) != 0);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < len; cut++)
        CHECK(appraise(span_of(bytes, cut)) != 0);
    CHECK_INT(appraise(span_of(bytes, len)), 0);
    free(bytes);
}

int main(void)
{
    foreign_payloads_round_trip();
    every_claim_is_read();
    claims_missing_or_twice();
    claims_out_of_order();
    unknown_claim_is_refused();
    values_of_wrong_type();
    indefinite_lengths();
    heads_not_shortest();
    values_out_of_range();
    truncated_and_trailing();
    writer_refuses_what_no_reader_takes();
    largest_message_fits();
    every_flipped_bit_is_refused();
    return check_done();
}
