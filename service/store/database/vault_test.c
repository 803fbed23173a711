/* SPDX-License-Identifier: BSD-2-Clause */
/* Sealed forms: what they keep (equality, case, length), and that what was changed does not open. */
#include "service/store/database/vault.h"
#include "tests/check.h"

#define T(s) span_of(s, sizeof(s) - 1)

static const uint8_t data_key[32] = {1, 2, 3}, other_key[32] = {1, 2, 4};
static struct vault *vault, *other;
static uint8_t a[8192], b[8192], plain[8192];

static void test_text(void)
{
    const struct span texts[] = {T("x"), T("Contoso"), T("field TEST 7"), T("\xc3\x84rger \xf0\x9f\x94\x92"),
                                        T("@[`{AZaz"), T("0123456789abcdef0123456789ABCDEF")};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t len = vault_text_sealed(texts[i].len);
        CHECK_INT(vault_text_plain(len), texts[i].len);
        CHECK_INT(vault_text_seal(vault, texts[i], a), 0);
        CHECK_INT(vault_text_seal(vault, texts[i], b), 0);
        CHECK_MEM(a, b, len);
        CHECK_INT(vault_text_open(vault, span_of(a, len), plain), 0);
        CHECK_MEM(plain, texts[i].at, texts[i].len);
        CHECK_INT(vault_text_seal(other, texts[i], b), 0);
        CHECK(memcmp(a, b, len) != 0);
        CHECK_INT(vault_text_open(other, span_of(a, len), plain), E_CORRUPT);
        for (size_t k = 0; k < len; k++) { /* each letter, another letter */
            uint8_t was = a[k];
            a[k] = was == 'c' ? 'd' : 'c';
            CHECK_INT(vault_text_open(vault, span_of(a, len), plain), E_CORRUPT);
            a[k] = 'q';
            CHECK_INT(vault_text_open(vault, span_of(a, len), plain), E_CORRUPT);
            a[k] = was;
        }
        for (size_t k = 1; k < len; k++)
            CHECK_INT(vault_text_open(vault, span_of(a, k), plain), E_CORRUPT);
    }
    CHECK_INT(vault_text_sealed(0), 0);
    CHECK_INT(vault_text_seal(vault, T(""), a), 0);
    CHECK_INT(vault_text_open(vault, T(""), plain), 0);
}

/* Equal without case, sealed as plain; and no other texts are. */
static void test_case(void)
{
    CHECK_INT(vault_text_seal(vault, T("Field Test"), a), 0);
    CHECK_INT(vault_text_seal(vault, T("fIELD tEST"), b), 0);
    size_t len = vault_text_sealed(10);
    CHECK(memcmp(a, b, len) != 0);
    CHECK(strncasecmp((char *)a, (char *)b, len) == 0);
    CHECK_INT(vault_text_seal(vault, T("Field Tess"), b), 0);
    CHECK(strncasecmp((char *)a, (char *)b, len) != 0);
    /* a capital where no small letter is cannot be */
    CHECK_INT(vault_text_seal(vault, T("7"), a), 0);
    a[32] = (uint8_t)(a[32] - 0x20);
    CHECK_INT(vault_text_open(vault, span_of(a, 34), plain), E_CORRUPT);
}

/* More texts than are remembered, and again; one that was changed after it was known stays refused. */
static void test_many(void)
{
    char text[32];
    for (int time = 0; time < 2; time++)
        for (unsigned i = 0; i < 2000; i++) {
            int n = snprintf(text, sizeof text, "Product %u", i);
            size_t len = vault_text_sealed((size_t)n);
            CHECK_INT(vault_text_seal(vault, span_of(text, (size_t)n), a), 0);
            CHECK_INT(vault_text_open(vault, span_of(a, len), plain), 0);
            CHECK_MEM(plain, text, (size_t)n);
            a[len - 1] = a[len - 1] == 'c' ? 'd' : 'c';
            CHECK_INT(vault_text_open(vault, span_of(a, len), plain), E_CORRUPT);
        }
}

static void test_ids(void)
{
    for (size_t len = 0; len <= 64; len++) {
        for (size_t i = 0; i < len; i++)
            plain[i] = (uint8_t)(i * 31 + len);
        int want = len % 16 ? E_LENGTH : 0;
        CHECK_INT(vault_id_seal(vault, span_of(plain, len), a), want);
        CHECK_INT(vault_id_open(vault, span_of(a, len), b), want);
        CHECK(want || len == 0 || (memcmp(plain, b, len) == 0 && memcmp(plain, a, len) != 0));
    }
}

static void test_chunks(void)
{
    static const uint8_t digest[32] = {5}, wrong[32] = {6};
    static const size_t sizes[] = {0, 1, 100, 4000};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        size_t len = sizes[k], whole = len + VAULT_CHUNK_EXTRA;
        memset(plain, 0x5a, len);
        CHECK_INT(vault_chunk_seal(vault, digest, 3, span_of(plain, len), a), 0);
        CHECK_INT(vault_chunk_seal(vault, digest, 3, span_of(plain, len), b), 0);
        CHECK(memcmp(a, b, whole) != 0); /* a nonce of its own each time */
        CHECK_INT(vault_chunk_open(vault, digest, 3, span_of(a, whole), plain), 0);
        CHECK(len == 0 || (plain[0] == 0x5a && plain[len - 1] == 0x5a));
        CHECK_INT(vault_chunk_open(vault, digest, 4, span_of(a, whole), plain), E_CORRUPT);
        CHECK_INT(vault_chunk_open(vault, wrong, 3, span_of(a, whole), plain), E_CORRUPT);
        CHECK_INT(vault_chunk_open(other, digest, 3, span_of(a, whole), plain), E_CORRUPT);
        for (size_t cut = 0; cut < whole; cut += 1 + whole / 50)
            CHECK_INT(vault_chunk_open(vault, digest, 3, span_of(a, cut), plain), E_CORRUPT);
        for (size_t bit = 0; bit < 8 * whole; bit += 1 + whole / 20) {
            a[bit / 8] ^= (uint8_t)(1u << bit % 8);
            CHECK_INT(vault_chunk_open(vault, digest, 3, span_of(a, whole), plain), E_CORRUPT);
            a[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void test_wrapping(void)
{
    uint8_t wrapped[VAULT_WRAPPED_BYTES], got[32];
    CHECK_INT(vault_key_wrap(other_key, data_key, wrapped), 0);
    CHECK_INT(vault_key_unwrap(other_key, span_of(wrapped, sizeof wrapped), got), 0);
    CHECK_MEM(got, data_key, 32);
    CHECK_INT(vault_key_unwrap(data_key, span_of(wrapped, sizeof wrapped), got), E_KEY_UNKNOWN);
    CHECK_INT(vault_key_unwrap(other_key, span_of(wrapped, sizeof wrapped - 1), got), E_CORRUPT);
    for (size_t bit = 0; bit < 8 * sizeof wrapped; bit++) {
        wrapped[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK_INT(vault_key_unwrap(other_key, span_of(wrapped, sizeof wrapped), got), E_KEY_UNKNOWN);
        wrapped[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    REQUIRE(vault_open(data_key, &vault) == 0 && vault_open(other_key, &other) == 0);
    test_text();
    test_case();
    test_many();
    test_ids();
    test_chunks();
    test_wrapping();
    vault_close(vault);
    vault_close(other);
    vault_close(NULL);
    return check_done();
}
