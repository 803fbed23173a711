/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/cbor.h"
#include "tests/check.h"

/* Encodings are RFC 8949 appendix A's, as far as they are in scope. */
static const struct int_vector {
    int64_t value;
    const char *hex;
} ints[] = {
    {0, "00"}, {1, "01"}, {10, "0a"}, {23, "17"}, {24, "1818"}, {25, "1819"}, {100, "1864"},
    {1000, "1903e8"}, {1000000, "1a000f4240"}, {1000000000000, "1b000000e8d4a51000"},
    {-1, "20"}, {-10, "29"}, {-100, "3863"}, {-1000, "3903e7"},
    /* both sides of each width */
    {255, "18ff"}, {256, "190100"}, {65535, "19ffff"}, {65536, "1a00010000"},
    {UINT32_MAX, "1affffffff"}, {(int64_t)UINT32_MAX + 1, "1b0000000100000000"},
    {INT64_MAX, "1b7fffffffffffffff"}, {INT64_MIN, "3b7fffffffffffffff"},
};

/* Whole items that are read and, being deterministic, written the same. */
static const char *const good_items[] = {
    "40", "4401020304", "60", "6161", "6449455446", "62225c", "62c3bc", "63e6b0b4", "64f0908591",
    "f4", "f5", "f6", "80", "83010203", "8301820203820405",
    "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
    "a0", "a201020304", "a26161016162820203", "826161a161626163",
    "a56161614161626142616361436164614461656145",
    "c074323031332d30332d32315432303a30343a30305a", "c11a514b67b0", "d74401020304",
    "d818456449455446", "1bffffffffffffffff", "3bffffffffffffffff",
    "8181818181818180", /* CBOR_DEPTH_MAX levels */
};

static const struct bad_vector {
    const char *hex;
    int err;
    const char *why;
} bad_items[] = {
    {"", E_MORE, "nothing"},
    {"18", E_MORE, "head cut"},
    {"1903", E_MORE, "head cut"},
    {"1a0000", E_MORE, "head cut"},
    {"1b00000000000000", E_MORE, "head cut"},
    {"44010203", E_MORE, "byte string cut"},
    {"6449455", E_MORE, "text string cut"},
    {"5bffffffffffffffff00", E_MORE, "length beyond any memory"},
    {"820100c0", 0, "complete array, trailing bytes are the caller's"},
    {"8201", E_MALFORMED, "array claims more than can follow"},
    {"9bffffffffffffffff", E_MALFORMED, "array count beyond any memory"},
    {"bb8000000000000000", E_MALFORMED, "map count whose double wraps"},
    {"a101", E_MALFORMED, "map claims more than can follow"},
    {"c0", E_MORE, "tag without content"},
    {"8281c001", E_MORE, "tag without content inside"},
    {"1800", E_MALFORMED, "not shortest"},
    {"1817", E_MALFORMED, "not shortest"},
    {"190018", E_MALFORMED, "not shortest"},
    {"1900ff", E_MALFORMED, "not shortest"},
    {"1a0000ffff", E_MALFORMED, "not shortest"},
    {"1b00000000ffffffff", E_MALFORMED, "not shortest"},
    {"3817", E_MALFORMED, "not shortest"},
    {"580401020304", E_MALFORMED, "length not shortest"},
    {"780161", E_MALFORMED, "length not shortest"},
    {"980101", E_MALFORMED, "count not shortest"},
    {"d80001", E_MALFORMED, "tag not shortest"},
    {"1c", E_MALFORMED, "reserved 28"},
    {"1d", E_MALFORMED, "reserved 29"},
    {"1e", E_MALFORMED, "reserved 30"},
    {"5f42010243030405ff", E_MALFORMED, "indefinite byte string"},
    {"7f657374726561646d696e67ff", E_MALFORMED, "indefinite text"},
    {"9fff", E_MALFORMED, "indefinite array"},
    {"bf61610161629f0203ffff", E_MALFORMED, "indefinite map"},
    {"ff", E_MALFORMED, "break alone"},
    {"f7", E_MALFORMED, "undefined"},
    {"f0", E_MALFORMED, "unassigned simple"},
    {"f818", E_MALFORMED, "two-byte simple"},
    {"f814", E_MALFORMED, "two-byte false"},
    {"f8ff", E_MALFORMED, "simple 255"},
    {"f90000", E_MALFORMED, "half float"},
    {"fa47c35000", E_MALFORMED, "single float"},
    {"fb3ff199999999999a", E_MALFORMED, "double float"},
    {"61ff", E_MALFORMED, "text not UTF-8"},
    {"62c080", E_MALFORMED, "text overlong"},
    {"63eda080", E_MALFORMED, "text with a surrogate"},
    {"64f4908080", E_MALFORMED, "text above U+10FFFF"},
    {"61c3", E_MALFORMED, "character cut by the end of the string"},
    {"818181818181818180", E_LIMIT, "one level beyond CBOR_DEPTH_MAX"},
    {"c1c1c1c1c1c1c1c1c100", E_LIMIT, "tags nest as well"},
};

static size_t unhex(const char *hex, uint8_t *to)
{
    size_t len = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        const char digits[3] = {hex[0], hex[1], 0};
        to[len++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return len;
}

static void integers_both_ways(void)
{
    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++) {
        uint8_t want[16], got[16];
        size_t len = unhex(ints[i].hex, want);
        struct writer w = writer_of(got, sizeof got);
        cbor_put_int(&w, ints[i].value);
        CHECK_INT(w.len, len);
        CHECK_MEM(got, want, len);
        struct cursor c = cursor_of(span_of(want, len));
        CHECK_INT(cbor_get_int(&c), ints[i].value);
        CHECK_INT(cursor_end(&c), 0);
        c = cursor_of(span_of(want, len));
        cbor_expect_int(&c, ints[i].value);
        CHECK_INT(cursor_end(&c), 0);
        c = cursor_of(span_of(want, len));
        cbor_expect_int(&c, ints[i].value ^ 1);
        CHECK_INT(c.err, E_MALFORMED);
        if (ints[i].value < 0)
            continue;
        w = writer_of(got, sizeof got);
        cbor_put_uint(&w, (uint64_t)ints[i].value);
        CHECK_MEM(got, want, len);
        c = cursor_of(span_of(want, len));
        CHECK_INT(cbor_get_uint(&c), ints[i].value);
        CHECK_INT(cursor_end(&c), 0);
    }
}

/* "Skips one complete item ... its bytes" */
static void items_are_skipped_whole(void)
{
    for (size_t i = 0; i < sizeof good_items / sizeof good_items[0]; i++) {
        uint8_t bytes[64];
        size_t len = unhex(good_items[i], bytes);
        struct cursor c = cursor_of(span_of(bytes, len));
        struct span item = cbor_get_item(&c);
        CHECK_INT(cursor_end(&c), 0);
        CHECK(item.at == bytes && item.len == len);
        for (size_t cut = 0; cut < len; cut++) {
            c = cursor_of(span_of(bytes, cut));
            CHECK(cbor_get_item(&c).at == NULL);
            CHECK(c.err == E_MORE || c.err == E_MALFORMED);
        }
        bytes[len] = 0; /* a following item is left alone */
        c = cursor_of(span_of(bytes, len + 1));
        CHECK_INT(cbor_get_item(&c).len, len);
        CHECK_INT(c.left, 1);
    }
}

static void bad_items_are_refused(void)
{
    for (size_t i = 0; i < sizeof bad_items / sizeof bad_items[0]; i++) {
        uint8_t bytes[64];
        struct cursor c = cursor_of(span_of(bytes, unhex(bad_items[i].hex, bytes)));
        struct span item = cbor_get_item(&c);
        if (c.err != bad_items[i].err)
            fprintf(stderr, "%s (%s)\n", bad_items[i].hex, bad_items[i].why);
        CHECK_INT(c.err, bad_items[i].err);
        CHECK_INT(item.at != NULL, c.err == 0);
    }
}

/* "E_LIMIT (a number beyond the type asked for)" */
static void numbers_keep_to_their_type(void)
{
    uint8_t bytes[16];
    struct cursor c = cursor_of(span_of(bytes, unhex("19ffff", bytes)));
    CHECK_INT(cbor_get_u16(&c), 65535);
    c = cursor_of(span_of(bytes, unhex("1a00010000", bytes)));
    CHECK_INT(cbor_get_u16(&c), 0);
    CHECK_INT(c.err, E_LIMIT);
    c = cursor_of(span_of(bytes, unhex("1affffffff", bytes)));
    CHECK_INT(cbor_get_u32(&c), UINT32_MAX);
    c = cursor_of(span_of(bytes, unhex("1b0000000100000000", bytes)));
    CHECK_INT(cbor_get_u32(&c), 0);
    CHECK_INT(c.err, E_LIMIT);
    c = cursor_of(span_of(bytes, unhex("1b8000000000000000", bytes)));
    CHECK_INT(cbor_get_int(&c), 0);
    CHECK_INT(c.err, E_LIMIT);
    c = cursor_of(span_of(bytes, unhex("3b8000000000000000", bytes)));
    CHECK_INT(cbor_get_int(&c), 0);
    CHECK_INT(c.err, E_LIMIT);
    c = cursor_of(span_of(bytes, unhex("1bffffffffffffffff", bytes)));
    CHECK(cbor_get_uint(&c) == UINT64_MAX);
    /* the same argument with the other sign is another number */
    c = cursor_of(span_of(bytes, unhex("20", bytes)));
    cbor_expect_int(&c, 0);
    CHECK_INT(c.err, E_MALFORMED);
}

/* Each reader refuses every type but its own. */
static void readers_keep_to_their_type(void)
{
    static const char *const by_type[] = {"00", "20", "40", "60", "80", "a0", "c000", "f4"};
    for (int type = CBOR_UINT; type <= CBOR_SIMPLE; type++) {
        uint8_t bytes[4];
        size_t len = unhex(by_type[type], bytes);
        for (int reader = 0; reader < 9; reader++) {
            struct cursor c = cursor_of(span_of(bytes, len));
            CHECK_INT(cbor_peek(&c), type);
            CHECK(!cbor_is_null(&c));
            switch (reader) {
            case CBOR_UINT: (void)cbor_get_uint(&c); break;
            case CBOR_NEGATIVE: (void)cbor_get_int(&c); break;
            case CBOR_BYTES: (void)cbor_get_bytes(&c); break;
            case CBOR_TEXT: (void)cbor_get_text(&c); break;
            case CBOR_ARRAY: (void)cbor_get_array(&c); break;
            case CBOR_MAP: (void)cbor_get_map(&c); break;
            case CBOR_TAG: (void)cbor_get_tag(&c); break;
            case CBOR_SIMPLE: (void)cbor_get_bool(&c); break;
            default: cbor_get_null(&c); break;
            }
            bool fits = reader == type || (reader == CBOR_NEGATIVE && type == CBOR_UINT);
            CHECK_INT(c.err, fits ? 0 : E_MALFORMED);
        }
    }
}

static void simple_values(void)
{
    uint8_t bytes[8];
    struct writer w = writer_of(bytes, sizeof bytes);
    cbor_put_bool(&w, false);
    cbor_put_bool(&w, true);
    cbor_put_null(&w);
    CHECK_INT(w.len, 3);
    CHECK_MEM(bytes, "\xf4\xf5\xf6", 3);
    struct cursor c = cursor_of(writer_view(&w));
    CHECK(!cbor_get_bool(&c));
    CHECK(cbor_get_bool(&c));
    CHECK(cbor_is_null(&c));
    cbor_get_null(&c);
    CHECK_INT(cursor_end(&c), 0);
    CHECK_INT(cbor_peek(&c), CBOR_NONE);
    c = cursor_of(span_of("\xf6", 1));
    CHECK(!cbor_get_bool(&c)); /* null is no boolean */
    CHECK_INT(c.err, E_MALFORMED);
}

/* "A byte string of exactly len, copied; zeroed on error" */
static void exact_length(void)
{
    uint8_t to[4] = {9, 9, 9, 9}, bytes[8];
    struct cursor c = cursor_of(span_of(bytes, unhex("4401020304", bytes)));
    cbor_get_exact(&c, to, 4);
    CHECK_INT(cursor_end(&c), 0);
    CHECK_MEM(to, "\1\2\3\4", 4);
    c = cursor_of(span_of(bytes, unhex("43010203", bytes)));
    cbor_get_exact(&c, to, 4);
    CHECK_INT(c.err, E_MALFORMED);
    CHECK_MEM(to, "\0\0\0\0", 4);
    c = cursor_of(span_of(bytes, unhex("4501020304", bytes)));
    to[0] = 1;
    cbor_get_exact(&c, to, 4);
    CHECK_INT(c.err, E_MORE);
    CHECK_INT(to[0], 0);
    c = cursor_of(span_of(bytes, unhex("40", bytes)));
    cbor_get_exact(&c, NULL, 0);
    CHECK_INT(cursor_end(&c), 0);
}

static void containers_of_expected_size(void)
{
    uint8_t bytes[16];
    struct cursor c = cursor_of(span_of(bytes, unhex("820102", bytes)));
    cbor_expect_array(&c, 2);
    CHECK_INT(c.err, 0);
    c = cursor_of(span_of(bytes, unhex("820102", bytes)));
    cbor_expect_array(&c, 1);
    CHECK_INT(c.err, E_MALFORMED);
    c = cursor_of(span_of(bytes, unhex("a10102", bytes)));
    cbor_expect_map(&c, 1);
    CHECK_INT(c.err, 0);
    c = cursor_of(span_of(bytes, unhex("a0", bytes)));
    cbor_expect_map(&c, 1);
    CHECK_INT(c.err, E_MALFORMED);
}

/* Errors are sticky: after the first, nothing is read and nothing is said. */
static void errors_are_sticky(void)
{
    uint8_t bytes[8];
    struct cursor c = cursor_of(span_of(bytes, unhex("f70102", bytes)));
    CHECK(cbor_get_item(&c).at == NULL);
    size_t left = c.left;
    CHECK_INT(cbor_get_uint(&c), 0);
    CHECK_INT(cbor_peek(&c), CBOR_NONE);
    CHECK_INT(c.left, left);
    CHECK_INT(c.err, E_MALFORMED);
}

static void writer_refuses(void)
{
    uint8_t bytes[4];
    struct writer w = writer_of(bytes, sizeof bytes);
    cbor_put_bytes(&w, "1234", 4); /* the head does not fit as well */
    CHECK_INT(w.err, E_FULL);
    CHECK(writer_view(&w).at == NULL);
    w = writer_of(bytes, sizeof bytes);
    cbor_put_text(&w, "\xff", 1); /* what no reader would take */
    CHECK_INT(w.err, E_MALFORMED);
    CHECK_INT(w.len, 0);
    w = writer_of(bytes, sizeof bytes);
    cbor_put_bytes_head(&w, 3);
    cbor_put_string(&w, "ab");
    CHECK_INT(w.err, 0);
    CHECK_MEM(bytes, "\x43\x62\x61\x62", 4);
}

int main(void)
{
    integers_both_ways();
    items_are_skipped_whole();
    bad_items_are_refused();
    numbers_keep_to_their_type();
    readers_keep_to_their_type();
    simple_values();
    exact_length();
    containers_of_expected_size();
    errors_are_sticky();
    writer_refuses();
    return check_done();
}
