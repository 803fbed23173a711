/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/utf8.h"
#include "tests/check.h"

/* Every scalar value comes back; what utf8_put() writes is one character. */
static void every_scalar_value(void)
{
    unsigned wrong = 0;
    for (uint32_t scalar = 0; scalar < 0x110000; scalar++) {
        uint8_t bytes[4];
        struct writer w = writer_of(bytes, sizeof bytes);
        utf8_put(&w, scalar);
        bool surrogate = scalar >= 0xd800 && scalar <= 0xdfff;
        wrong += w.err != (surrogate ? E_RANGE : 0);
        if (surrogate)
            continue;
        wrong += utf8_first(writer_view(&w)) != w.len;
        wrong += utf8_first(span_of(bytes, w.len - 1)) == w.len; /* cut short */
    }
    CHECK_INT(wrong, 0);
    struct writer w = writer_of(NULL, 0);
    utf8_put(&w, 0x110000);
    CHECK_INT(w.err, E_RANGE);
}

static void malformed(void)
{
    static const char *const bad[] = {
        "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe0\xa0",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xfe", "\xff", "\xe1\x80\x41", "\xf1\x80\x80\x41", "a\xff",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!utf8_valid(span_of(bad[i], strlen(bad[i]))));
    CHECK(utf8_valid(span_of("", 0)));
    CHECK(utf8_valid(span_of("a\0b", 3)));
    CHECK(utf8_valid(span_of("\xe2\x82\xac\xf0\x9f\x98\x80!", 8)));
    CHECK_INT(utf8_first(span_of(NULL, 0)), 0);
}

int main(void)
{
    every_scalar_value();
    malformed();
    return check_done();
}
