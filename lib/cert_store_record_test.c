/* SPDX-License-Identifier: BSD-2-Clause */
/* Ask and answer of the certificate store: round trips, limits, every cut and flip; what an id is. */
#include "lib/cert_store_record.h"

#include "tests/check.h"

static void test_ids(void)
{
    static const struct {
        const char *id;
        bool good;
    } rows[] = {{"a", true}, {"A.z-0_", true}, {"1234567890123456", true}, {"12345678901234567", false}, {"", false},
                {"a b", false}, {"a/b", false}, {"\xc3\xb6", false}, {"a\n", false}, {"..", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_INT(cert_id_valid(rows[i].id), rows[i].good);
}

/* What a flip makes is refused, or one that is written back as it stood. */
static void test_ask(void)
{
    const struct cert_ask ask = {CERT_INSTALL, CERT_CLIENT, 8192, 1700, 256, 7, "client-1", "other"};
    uint8_t bytes[CERT_ASK_BYTES_MAX], again[CERT_ASK_BYTES_MAX];
    struct cert_ask got;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(cert_ask_write(&ask, &w) == 0);
    struct cursor c = cursor_of(writer_view(&w));
    CHECK(cert_ask_read(&c, &got) == 0 && cursor_end(&c) == 0);
    CHECK(got.cert_bytes == 8192 && got.key_bytes == 1700 && got.password_bytes == 256 && got.index == 7 && got.type == CERT_CLIENT);
    CHECK_STR(got.id, "client-1");
    CHECK_STR(got.new_id, "other");
    for (size_t n = 0; n < w.len; n++) {
        c = cursor_of(span_of(bytes, n));
        CHECK(cert_ask_read(&c, &got) != 0 && got.id[0] == '\0');
    }
    for (size_t bit = 0; bit < 8 * w.len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        c = cursor_of(writer_view(&w));
        struct writer x = writer_of(again, sizeof again);
        if (cert_ask_read(&c, &got) == 0)
            CHECK(cert_ask_write(&got, &x) == 0 && memcmp(again, bytes, x.len) == 0 && x.len == w.len - c.left);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    bytes[0] = CERT_ACTIONS;
    c = cursor_of(writer_view(&w));
    CHECK_INT(cert_ask_read(&c, &got), E_MALFORMED);
}

static void test_answer(void)
{
    static struct cert_answer answer = {.available = CERT_STORE_BYTES, .count = CERT_COUNT_MAX, .not_before_s = 1, .not_after_s = UINT64_MAX};
    uint8_t bytes[CERT_ANSWER_BYTES_MAX];
    struct cert_answer got;
    memset(answer.id, 'i', CERT_ID_MAX);
    memset(answer.subject, 's', CERT_NAME_MAX);
    memset(answer.issuer, 't', CERT_NAME_MAX);
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(cert_answer_write(&answer, &w) == 0 && w.len == sizeof bytes); /* the longest just fits */
    struct cursor c = cursor_of(writer_view(&w));
    CHECK(cert_answer_read(&c, &got) == 0 && cursor_end(&c) == 0);
    CHECK_STR(got.subject, answer.subject);
    CHECK_STR(got.issuer, answer.issuer);
    for (size_t n = 0; n < w.len; n++) {
        c = cursor_of(span_of(bytes, n));
        CHECK(cert_answer_read(&c, &got) != 0 && got.subject[0] == '\0');
    }
    bytes[8]++; /* more than there can be */
    c = cursor_of(writer_view(&w));
    CHECK_INT(cert_answer_read(&c, &got), E_LIMIT);
}

int main(void)
{
    test_ids();
    test_ask();
    test_answer();
    return check_done();
}
