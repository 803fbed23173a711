/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of the attestation service: exactly the good ones. */
#include "os/azured/attestation.h"

#include "lib/cbor.h"
#include "os/ipc/os_channel.h"
#include "tests/check.h"
#include "tests/vectors.h"

static uint8_t key[64];

/* A certificate as far as we look: the key somewhere inside. */
static size_t der_make(uint8_t *der, size_t len)
{
    memset(der, 0x30, len);
    der[10] = 4;
    memcpy(der + 11, key, 64);
    return len;
}

struct shape {
    uint64_t result, certificates, time_s, until_s;
    size_t der_len;
    bool claimed;
};

static const struct shape good = {DAA_TRUSTED, 2, 1000, 87400, 600, true};

static struct span answer(const struct shape *s, uint8_t *bytes, size_t cap)
{
    uint8_t der[ATTESTATION_DER_MAX + 1], catalog[16] = {5};
    struct writer w = writer_of(bytes, cap);
    cbor_put_map(&w, 5);
    cbor_put_uint(&w, 1);
    cbor_put_uint(&w, s->result);
    cbor_put_uint(&w, 2);
    cbor_put_array(&w, s->certificates);
    for (size_t i = 0; i < s->certificates; i++)
        cbor_put_bytes(&w, der, s->der_len ? der_make(der, s->der_len) : 0);
    cbor_put_uint(&w, 3);
    if (s->claimed)
        cbor_put_bytes(&w, catalog, 16);
    else
        cbor_put_null(&w);
    cbor_put_uint(&w, 4);
    cbor_put_uint(&w, s->time_s);
    cbor_put_uint(&w, 5);
    cbor_put_uint(&w, s->until_s);
    REQUIRE(w.err == 0);
    return writer_view(&w);
}

static uint8_t room[16384];

static void results(void)
{
    static const struct {
        struct shape shape;
        int err;
    } rows[] = {
        {{DAA_TRUSTED, 2, 1000, 87400, 600, true}, 0},
        {{DAA_UPDATE_ONLY, 1, 1000, 1001, 600, false}, 0},
        {{DAA_TRUSTED, 4, 1000, 87400, ATTESTATION_DER_MAX, true}, 0},
        {{0, 2, 1000, 87400, 600, true}, E_MALFORMED},
        {{3, 2, 1000, 87400, 600, true}, E_MALFORMED},
        {{DAA_TRUSTED, 0, 1000, 87400, 600, true}, E_LIMIT},
        {{DAA_TRUSTED, 5, 1000, 87400, 600, true}, E_LIMIT},
        {{DAA_TRUSTED, 1, 1000, 87400, 0, true}, E_LIMIT},
        {{DAA_TRUSTED, 1, 1000, 87400, ATTESTATION_DER_MAX + 1, true}, E_LIMIT},
        {{DAA_TRUSTED, 1, 1000, 1000, 600, true}, E_LIMIT},
        {{DAA_TRUSTED, 1, 1000, 999, 600, true}, E_LIMIT},
        {{DAA_TRUSTED, 1, 1000, 1000 + 604801, 600, true}, E_LIMIT},
        {{DAA_TRUSTED, 1, 0, UINT64_MAX, 600, true}, E_LIMIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct attestation a;
        struct span body = answer(&rows[i].shape, room, sizeof room);
        CHECK_INT(attestation_parse(body, key, &a), rows[i].err);
        CHECK_INT(a.count, rows[i].err ? 0 : rows[i].shape.certificates);
        if (rows[i].err)
            continue;
        CHECK_INT(a.claimed, rows[i].shape.claimed);
        static uint8_t pem[OS_PEM_MAX];
        struct writer w = writer_of(pem, sizeof pem);
        CHECK_INT(attestation_pem(&a, &w), 0); /* the longest fits too */
    }
    /* Another key in the leaf, and the right one in the second certificate alone. */
    struct attestation a;
    struct span body = answer(&good, room, sizeof room);
    uint8_t other[64] = {1};
    CHECK_INT(attestation_parse(body, other, &a), E_BINDING);
    uint8_t *leaf = memmem(room, body.len, key, 64);
    REQUIRE(leaf != NULL);
    leaf[0] ^= 1;
    CHECK_INT(attestation_parse(body, key, &a), E_BINDING);
    CHECK_INT(a.count, 0);
}

static bool refused_or_same(struct span changed, void *context)
{
    struct attestation a;
    (void)context;
    int err = attestation_parse(changed, key, &a);
    return err ? a.count == 0 : a.count >= 1 && a.count <= 4 && a.not_after_s > a.server_time_s;
}

static void pem_is_rfc_7468(void)
{
    uint8_t der[50], text[512];
    memset(der, 0, sizeof der);
    struct attestation a = {.count = 2, .der = {{der, 50}, {der, 48}}};
    struct writer w = writer_of(text, sizeof text - 1);
    REQUIRE(attestation_pem(&a, &w) == 0);
    text[w.len] = 0;
    static const char line[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
    char want[512];
    snprintf(want, sizeof want, "-----BEGIN CERTIFICATE-----\n%sAAA=\n-----END CERTIFICATE-----\n"
             "-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n", line, line);
    CHECK_STR((char *)text, want);
    w = writer_of(text, 100);
    CHECK_INT(attestation_pem(&a, &w), E_FULL);
}

static void challenges(void)
{
    uint8_t bytes[64], nonce[DEVICE_API_NONCE_BYTES], sent[DEVICE_API_NONCE_BYTES] = {7};
    static const uint8_t none[DEVICE_API_NONCE_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    cbor_put_map(&w, 2);
    cbor_put_uint(&w, 1);
    cbor_put_bytes(&w, sent, sizeof sent);
    cbor_put_uint(&w, 2);
    cbor_put_uint(&w, 300);
    CHECK_INT(attestation_challenge_parse(writer_view(&w), nonce), 0);
    CHECK_MEM(nonce, sent, sizeof sent);
    for (size_t cut = 0; cut < w.len; cut++) {
        CHECK(attestation_challenge_parse(span_of(bytes, cut), nonce) != 0);
        CHECK_MEM(nonce, none, sizeof none);
    }
    CHECK_INT(attestation_challenge_parse(span_of(bytes, w.len + 1), nonce), E_TRAILING);
    bytes[3]--; /* a nonce of 39 bytes */
    CHECK(attestation_challenge_parse(writer_view(&w), nonce) != 0);
}

int main(void)
{
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(i * 3 + 1);
    results();
    struct shape small = good;
    small.der_len = 80;
    cut_and_flip(answer(&small, room, sizeof room), refused_or_same, NULL);
    pem_is_rfc_7468();
    challenges();
    return check_done();
}
