/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts in records: the longest that fits and the next one, cut short, with a NUL, the longest of one byte of length. */
#include "lib/text_record.h"

#include "tests/check.h"

static int take(const char *bytes, size_t there, size_t len, char to[static 4])
{
    struct cursor c = cursor_of(span_of((const uint8_t *)bytes, there));
    text_take(&c, len, to, 4);
    return c.err;
}

static void test_take(void)
{
    char to[5] = "....";
    CHECK_INT(take("abcd", 4, 3, to), 0);
    CHECK_STR(to, "abc");
    CHECK_INT(to[4], 0); /* behind cap nothing is touched */
    CHECK_INT(take("abcd", 4, 0, to), 0);
    CHECK_STR(to, "");
    CHECK_INT(take("abcd", 4, 4, to), E_LIMIT);
    CHECK_STR(to, "");
    CHECK_INT(take("ab", 2, 3, to), E_MORE);
    CHECK_STR(to, "");
    CHECK_INT(take("a\0b", 3, 3, to), E_MALFORMED);
}

static void test_put(void)
{
    char text[257];
    uint8_t bytes[300];
    struct writer w = writer_of(bytes, sizeof bytes);
    memset(text, 'x', sizeof text - 1);
    text[256] = '\0';
    text_put(&w, text);
    CHECK(w.err == E_LIMIT && w.len == 0);
    w = writer_of(bytes, sizeof bytes);
    text_put(&w, text + 1);
    CHECK(w.err == 0 && w.len == 256 && bytes[0] == 255 && bytes[255] == 'x');
    w = writer_of(bytes, 3);
    text_put(&w, "abc");
    CHECK_INT(w.err, E_FULL);
}

int main(void)
{
    test_take();
    test_put();
    return check_done();
}
