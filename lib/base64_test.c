/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base64.h"

#include "tests/check.h"

static int decode(const char *text, uint8_t *out, size_t cap, size_t *len)
{
    struct writer w = writer_of(out, cap);
    int err = base64_decode(span_of(text, strlen(text)), &w);
    *len = w.len;
    return err;
}

/* RFC 4648 section 10 */
static void published_vectors(void)
{
    static const struct {
        const char *plain, *text;
    } vectors[] = {
        {"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char text[16] = {0};
        uint8_t plain[16];
        size_t len, want = strlen(vectors[i].plain);
        struct writer w = writer_of(text, base64_encoded_bytes(want));
        base64_encode(span_of(vectors[i].plain, want), &w);
        CHECK_INT(w.err, 0);
        CHECK_STR(text, vectors[i].text);
        CHECK_INT(decode(vectors[i].text, plain, sizeof plain, &len), 0);
        CHECK_INT(len, want);
        CHECK_MEM(plain, vectors[i].plain, want);
    }
}

static void every_byte_and_length(void)
{
    uint8_t plain[256], back[256];
    char text[400];
    for (unsigned i = 0; i < 256; i++)
        plain[i] = (uint8_t)(i * 167 + 13);
    for (size_t len = 0; len <= 256; len++) {
        struct writer w = writer_of(text, sizeof text);
        base64_encode(span_of(plain, len), &w);
        CHECK_INT(w.len, base64_encoded_bytes(len));
        struct writer r = writer_of(back, sizeof back);
        CHECK_INT(base64_decode(span_of(text, w.len), &r), 0);
        CHECK_INT(r.len, len);
        CHECK_MEM(back, plain, len);
    }
}

/* "padding required, canonical, no line breaks" */
static void refusals(void)
{
    static const char *const bad[] = {
        "Z",    "Zg",       "Zg=",      "Zm9vY",    "====",     "Z===",     "=g==",  "Zg=A",
        "Zh==", "Zm9=",     "Zg==Zg==", "Zg==Zm9v", "Zm9\n",    "Zm 9",     "Zm9-",  "Zm9_",
        "Zm9.", "Zm9v====", "Zm9vZ===", "Zm8=Zm8=", "Zm\xff" "9",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t out[16];
        size_t len;
        CHECK_INT(decode(bad[i], out, sizeof out, &len), E_MALFORMED);
        CHECK_INT(len, 0);
    }
}

/* "E_FULL; w is unchanged but for err on failure" */
static void full_output(void)
{
    uint8_t out[6] = {7, 7, 7, 7, 7, 7};
    struct writer w = writer_of(out, 5);
    writer_u8(&w, 1);
    CHECK_INT(base64_decode(span_of("Zm9vYmFy", 8), &w), E_FULL);
    CHECK_INT(w.len, 1);
    CHECK_INT(out[5], 7);
    CHECK_INT(base64_decode(span_of("Zm9v", 4), &w), E_FULL); /* sticky */
    char text[3];
    w = writer_of(text, sizeof text);
    base64_encode(span_of("f", 1), &w);
    CHECK_INT(w.err, E_FULL);
    CHECK_INT(w.len, 0);
}

int main(void)
{
    published_vectors();
    every_byte_and_length();
    refusals();
    full_output();
    return check_done();
}
