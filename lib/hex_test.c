/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/hex.h"

#include "tests/check.h"

static int decode(const char *text, uint8_t *bytes, size_t len)
{
    return hex_decode(span_of(text, strlen(text)), bytes, len);
}

/* "lower case written, either case read" */
static void round_trip(void)
{
    uint8_t all[256], back[256];
    char text[513];
    for (unsigned i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    hex_encode(all, 256, text);
    CHECK_INT(strlen(text), 512);
    CHECK(strspn(text, "0123456789abcdef") == 512);
    CHECK_INT(decode(text, back, 256), 0);
    CHECK_MEM(back, all, 256);
    CHECK_INT(decode("aBFf09", back, 3), 0);
    CHECK(back[0] == 0xab && back[1] == 0xff && back[2] == 0x09);
    hex_encode(all, 0, text);
    CHECK_STR(text, "");
    CHECK_INT(decode("", back, 0), 0);
    CHECK_INT(hex_decode(span_of(NULL, 0), NULL, 0), 0);
}

/* "E_LENGTH or E_MALFORMED, zeroed on failure" */
static void refusals(void)
{
    static const struct {
        const char *text;
        int err;
    } bad[] = {
        {"", E_LENGTH},     {"00", E_LENGTH},      {"000", E_LENGTH},     {"00000", E_LENGTH},
        {"000000", E_LENGTH}, {"0g00", E_MALFORMED}, {"00 0", E_MALFORMED}, {"0x00", E_MALFORMED},
        {"00-1", E_MALFORMED}, {"00:0", E_MALFORMED}, {"@000", E_MALFORMED}, {"000`", E_MALFORMED},
        {"G000", E_MALFORMED}, {"/000", E_MALFORMED},
    };
    static const uint8_t zero[2];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t bytes[2] = {9, 9};
        CHECK_INT(decode(bad[i].text, bytes, 2), bad[i].err);
        CHECK_MEM(bytes, zero, 2);
    }
}

int main(void)
{
    round_trip();
    refusals();
    return check_done();
}
