/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/json_read.h"
#include "tests/check.h"

static int whole(const char *text, size_t len)
{
    struct json_reader r = json_reader_of(span_of(text, len));
    json_skip(&r);
    return json_end(&r);
}

/* RFC 8259 sections 2 to 7: what the grammar allows. */
static void good_texts(void)
{
    static const char *const good[] = {
        "0", "-0", "-1", "10", "0.5", "-0.0", "1e5", "1E+5", "1e-05", "123456789012345678901234567890",
        "true", "false", "null", "\"\"", "[]", "{}", " [ ] ", "\t{\n}\r", "[[],{}]",
        "{\"a\":1,\"a\":2}", "{\"\":[]}", "[1 , 2\n,3]", "{ \"a\" : { \"b\" : [ null ] } }",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\uD83D\\uDE00\"", "\"\x7f\"",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "\"\xef\xbf\xbf\"",
        "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", /* JSON_DEPTH_MAX levels */
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int err = whole(good[i], strlen(good[i]));
        if (err)
            fprintf(stderr, "%s\n", good[i]);
        CHECK_INT(err, 0);
    }
}

static void bad_texts(void)
{
    static const struct {
        const char *text;
        int err;
    } bad[] = {
        {"", E_MORE}, {" ", E_MORE}, {"tru", E_MORE}, {"[", E_MORE}, {"[1", E_MORE}, {"[1,", E_MORE},
        {"{", E_MORE}, {"{\"a\"", E_MORE}, {"{\"a\":", E_MORE}, {"{\"a\":1", E_MORE},
        {"{\"a\":1,", E_MORE}, {"\"", E_MORE}, {"\"a", E_MORE}, {"\"\\", E_MORE}, {"\"\\u", E_MORE},
        {"\"\\u12", E_MORE}, {"\"\\ud800", E_MORE}, {"-", E_MORE}, {"1.", E_MORE}, {"1e", E_MORE},
        {"1e+", E_MORE},
        {"tRue", E_MALFORMED}, {"True", E_MALFORMED}, {"nul1", E_MALFORMED}, {"NaN", E_MALFORMED},
        {"Infinity", E_MALFORMED}, {"-Infinity", E_MALFORMED}, {"+1", E_MALFORMED}, {".5", E_MALFORMED},
        {"1.e5", E_MALFORMED}, {"-a", E_MALFORMED}, {"1e+a", E_MALFORMED},
        {"01", E_TRAILING}, {"-01", E_TRAILING}, {"0x1", E_TRAILING}, {"1 2", E_TRAILING},
        {"[]]", E_TRAILING}, {"{}{}", E_TRAILING}, {"nullx", E_TRAILING},
        {"[01]", E_MALFORMED}, {"[1 2]", E_MALFORMED}, {"[,]", E_MALFORMED}, {"[1,]", E_MALFORMED},
        {"[1,,2]", E_MALFORMED}, {"[1}", E_MALFORMED}, {"{]", E_MALFORMED}, {"[1:2]", E_MALFORMED},
        {"{,}", E_MALFORMED}, {"{\"a\":1,}", E_MALFORMED}, {"{\"a\"}", E_MALFORMED},
        {"{\"a\",1}", E_MALFORMED}, {"{\"a\":}", E_MALFORMED}, {"{a:1}", E_MALFORMED},
        {"{1:1}", E_MALFORMED}, {"{\"a\":1 \"b\":2}", E_MALFORMED}, {"{\"a\"::1}", E_MALFORMED},
        {"'a'", E_MALFORMED}, {"[1,//\n2]", E_MALFORMED}, {"/**/1", E_MALFORMED},
        {"\f1", E_MALFORMED}, {"\v1", E_MALFORMED}, {"\xc2\xa0""1", E_MALFORMED},
        {"\xef\xbb\xbf{}", E_MALFORMED}, /* the mark is the caller's business */
        {"\"\n\"", E_MALFORMED}, {"\"\t\"", E_MALFORMED}, {"\"\x1f\"", E_MALFORMED},
        {"\"\\x41\"", E_MALFORMED}, {"\"\\'\"", E_MALFORMED}, {"\"\\U0041\"", E_MALFORMED},
        {"\"\\u00g0\"", E_MALFORMED}, {"\"\\u 123\"", E_MALFORMED},
        {"\"\\ud800\"", E_MALFORMED}, {"\"\\ud800x\"", E_MALFORMED}, {"\"\\ud800\\n\"", E_MALFORMED},
        {"\"\\ud800\\ud800\"", E_MALFORMED}, {"\"\\ud800\\u0041\"", E_MALFORMED},
        {"\"\\udc00\"", E_MALFORMED}, {"\"\\udc00\\udc00\"", E_MALFORMED},
        {"\"\xff\"", E_MALFORMED}, {"\"\xc0\x80\"", E_MALFORMED}, {"\"\xed\xa0\x80\"", E_MALFORMED},
        {"\"\xc3\"", E_MALFORMED}, {"{\"\xff\":1}", E_MALFORMED},
        {"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", E_LIMIT},
        {"[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]", E_LIMIT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int err = whole(bad[i].text, strlen(bad[i].text));
        if (err != bad[i].err)
            fprintf(stderr, "%s\n", bad[i].text);
        CHECK_INT(err, bad[i].err);
    }
    CHECK_INT(whole("\"\0\"", 3), E_MALFORMED);
    CHECK_INT(whole("[\0]", 3), E_MALFORMED);
    CHECK_INT(whole("\"\\\0\"", 4), E_MALFORMED);
    CHECK_INT(whole("1\0", 2), E_TRAILING);
}

static void strings_are_decoded(void)
{
    static const struct {
        const char *text, *want;
        size_t len;
    } rows[] = {
        {"\"\"", "", 0},
        {"\"a\\nb\"", "a\nb", 3},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
        {"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac", 6},
        {"\"\\uD83D\\uDE00\"", "\xf0\x9f\x98\x80", 4},
        {"\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8},
        {"\"a\\u0000b\"", "a\0b", 3},
        {"\"\xf0\x9f\x98\x80\"", "\xf0\x9f\x98\x80", 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t room[16];
        struct writer w = writer_of(room, sizeof room);
        struct json_reader r = json_reader_of(span_of(rows[i].text, strlen(rows[i].text)));
        json_get_string(&r, &w);
        CHECK_INT(json_end(&r), 0);
        CHECK(span_equal(writer_view(&w), span_of(rows[i].want, rows[i].len)));
    }
}

/* "if they do not fit, `to` fails with E_FULL and reading goes on" */
static void full_buffer_does_not_stop_reading(void)
{
    uint8_t room[4];
    struct writer w = writer_of(room, sizeof room);
    struct json_reader r = json_reader_of(span_of("[\"12345\",6]", 11));
    json_enter(&r, JSON_ARRAY);
    CHECK(json_next(&r));
    json_get_string(&r, &w);
    CHECK_INT(w.err, E_FULL);
    CHECK(json_next(&r));
    CHECK_INT(json_get_uint(&r, 9), 6);
    CHECK(!json_next(&r));
    CHECK_INT(json_end(&r), 0);
}

static void numbers(void)
{
    static const struct {
        const char *text;
        uint64_t max, want;
        int err;
    } rows[] = {
        {"0", 0, 0, 0}, {"1", 0, 0, E_LIMIT}, {"65535", 65535, 65535, 0}, {"65536", 65535, 0, E_LIMIT},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, 0},
        {"18446744073709551616", UINT64_MAX, 0, E_LIMIT},
        {"99999999999999999999", UINT64_MAX, 0, E_LIMIT},
        {"-1", 9, 0, E_MALFORMED}, {"-0", 9, 0, E_MALFORMED}, {"1.0", 9, 0, E_MALFORMED},
        {"1e0", 9, 0, E_MALFORMED}, {"\"1\"", 9, 0, E_MALFORMED}, {"", 9, 0, E_MORE},
        {"9", 5, 0, E_LIMIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_reader r = json_reader_of(span_of(rows[i].text, strlen(rows[i].text)));
        CHECK(json_get_uint(&r, rows[i].max) == rows[i].want);
        CHECK_INT(r.c.err, rows[i].err);
    }
    struct json_reader r = json_reader_of(span_of(" -12.5e+3 ", 10));
    CHECK(span_equal(json_get_number(&r), span_of("-12.5e+3", 8)));
    CHECK_INT(json_end(&r), 0);
}

/* The loop of the header comment, over nested containers. */
static void members_in_order(void)
{
    static const char text[] = " { \"a\" : [ 1 , true , [ ] ] , \"b\" : { \"c\" : null } } ";
    struct json_reader r = json_reader_of(span_of(text, sizeof text - 1));
    uint8_t room[8];
    struct writer w = writer_of(room, sizeof room);
    json_enter(&r, JSON_OBJECT);
    CHECK(json_next(&r));
    json_get_key(&r, &w);
    CHECK_INT(json_peek(&r), JSON_ARRAY);
    struct json_reader again = r;
    json_enter(&r, JSON_ARRAY);
    CHECK(json_next(&r));
    CHECK_INT(json_get_uint(&r, 9), 1);
    CHECK(json_next(&r));
    CHECK(json_get_bool(&r));
    CHECK(json_next(&r));
    json_skip(&r);
    CHECK(!json_next(&r));
    CHECK(json_next(&r));
    json_get_key(&r, &w);
    json_enter(&r, JSON_OBJECT);
    CHECK(json_next(&r));
    json_get_key(&r, &w);
    json_get_null(&r);
    CHECK(!json_next(&r));
    CHECK(!json_next(&r));
    CHECK_INT(json_end(&r), 0);
    CHECK(span_equal(writer_view(&w), span_of("abc", 3)));
    /* "a copy made before a value reads that value again" */
    json_enter(&again, JSON_ARRAY);
    CHECK(json_next(&again));
    CHECK_INT(json_get_uint(&again, 9), 1);
    CHECK_INT(again.c.err, 0);
}

/* "After one, json_next() is false and every value is empty, so loops end." */
static void errors_are_sticky(void)
{
    struct json_reader r = json_reader_of(span_of("[1,x,2]", 7));
    json_enter(&r, JSON_ARRAY);
    CHECK(json_next(&r));
    json_skip(&r);
    CHECK(json_next(&r));
    json_skip(&r);
    CHECK_INT(r.c.err, E_MALFORMED);
    CHECK(!json_next(&r));
    CHECK_INT(json_get_uint(&r, 9), 0);
    CHECK(!json_get_bool(&r));
    CHECK(json_get_number(&r).at == NULL);
    CHECK_INT(json_peek(&r), JSON_NONE);
    CHECK_INT(json_end(&r), E_MALFORMED);
    /* a container that was not left is no end; neither is leaving one too many */
    r = json_reader_of(span_of("[", 1));
    json_enter(&r, JSON_ARRAY);
    CHECK_INT(json_end(&r), E_MALFORMED);
    r = json_reader_of(span_of("1", 1));
    CHECK(!json_next(&r));
    CHECK_INT(r.c.err, E_MALFORMED);
}

static void readers_keep_to_their_type(void)
{
    static const char *const by_type[] = {
        [JSON_OBJECT] = "{}", [JSON_ARRAY] = "[]", [JSON_STRING] = "\"\"", [JSON_NUMBER] = "0",
        [JSON_TRUE] = "true", [JSON_FALSE] = "false", [JSON_NULL] = "null",
    };
    for (int type = JSON_OBJECT; type <= JSON_NULL; type++)
        for (int reader = JSON_OBJECT; reader <= JSON_NULL; reader++) {
            struct json_reader r = json_reader_of(span_of(by_type[type], strlen(by_type[type])));
            CHECK_INT(json_peek(&r), type);
            switch (reader) {
            case JSON_OBJECT:
            case JSON_ARRAY: json_enter(&r, (enum json_type)reader); break;
            case JSON_STRING: json_get_string(&r, NULL); break;
            case JSON_NUMBER: (void)json_get_number(&r); break;
            case JSON_TRUE:
            case JSON_FALSE: CHECK_INT(json_get_bool(&r), type == JSON_TRUE); break;
            default: json_get_null(&r); break;
            }
            bool both_bool = (reader == JSON_TRUE || reader == JSON_FALSE) &&
                             (type == JSON_TRUE || type == JSON_FALSE);
            CHECK_INT(r.c.err, reader == type || both_bool ? 0 : E_MALFORMED);
        }
}

int main(void)
{
    good_texts();
    bad_texts();
    strings_are_decoded();
    full_buffer_does_not_stop_reading();
    numbers();
    members_in_order();
    errors_are_sticky();
    readers_keep_to_their_type();
    return check_done();
}
