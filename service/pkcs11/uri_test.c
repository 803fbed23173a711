/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/pkcs11/uri.h"

#include <string.h>

#include "tests/check.h"

static int parse(const char *text, struct token_uri *uri)
{
    char why[URI_WHY_BYTES];
    int err = uri_parse(span_of(text, strlen(text)), uri, why);
    CHECK((err == 0) == (why[0] == '\0'));
    return err;
}

static void good_ones(void)
{
    struct token_uri uri;
    char text[URI_TEXT_MAX + 1];
    static const char full[] = "pkcs11:token=The%20token;serial=00ff;object=a-b_c~d.e;id=%00%ff;type=private";
    CHECK_INT(parse(full, &uri), 0);
    CHECK_INT(uri.token.len, 9);
    CHECK_MEM(uri.token.bytes, "The token", 9);
    CHECK_INT(uri.id.len, 2);
    CHECK_INT(uri.id.bytes[1], 0xff);
    CHECK_INT(uri.type, URI_TYPE_PRIVATE);
    CHECK_INT(uri_format(&uri, text, sizeof text), 0);
    CHECK_STR(text, full);
    CHECK_INT(uri_format(&uri, text, 20), E_FULL);
    CHECK_STR(text, "");
    CHECK_INT(parse("pkcs11:", &uri), 0); /* names nothing; what needs a name says so */
    CHECK_INT(parse("pkcs11:object=caf%C3%A9", &uri), 0);
    CHECK_INT(uri.object.len, 5);
    CHECK_INT(parse("pkcs11:object=a;type=secret-key", &uri), 0);
    CHECK_INT(uri.type, URI_TYPE_SECRET);
}

static void bad_ones(void)
{
    static const struct {
        const char *text;
        int err;
    } rows[] = {
        {"", E_MALFORMED},
        {"pkcs11", E_MALFORMED},
        {"PKCS11:token=a", E_MALFORMED},
        {"file:token=a", E_MALFORMED},
        {"pkcs11:token", E_MALFORMED},
        {"pkcs11:token=", E_MALFORMED},
        {"pkcs11:token=a;", E_MALFORMED},
        {"pkcs11:;token=a", E_MALFORMED},
        {"pkcs11:token=a;;object=b", E_MALFORMED},
        {"pkcs11:token=a b", E_MALFORMED},
        {"pkcs11:token=a\n", E_MALFORMED},
        {"pkcs11:token=a/b", E_MALFORMED},
        {"pkcs11:token=%", E_MALFORMED},
        {"pkcs11:token=%4", E_MALFORMED},
        {"pkcs11:token=%4g", E_MALFORMED},
        {"pkcs11:token=a;token=a", E_DUPLICATE},
        {"pkcs11:type=private;type=private", E_DUPLICATE},
        {"pkcs11:token=123456789012345678901234567890123", E_LIMIT},
        {"pkcs11:serial=12345678901234567", E_LIMIT},
        {"pkcs11:type=cert", E_UNSUPPORTED},
        {"pkcs11:slot-id=0", E_UNSUPPORTED},
        {"pkcs11:library-manufacturer=x", E_UNSUPPORTED},
        {"pkcs11:x-vendor=1", E_UNSUPPORTED},
        {"pkcs11:token=a?pin-value=1234", E_UNSUPPORTED},
        {"pkcs11:token=a?pin-source=file:/pin", E_UNSUPPORTED},
        {"pkcs11:token=a?module-path=/x.so", E_UNSUPPORTED},
    };
    struct token_uri uri, empty = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (parse(rows[i].text, &uri) != rows[i].err)
            fprintf(stderr, "%s\n", rows[i].text);
        CHECK_INT(parse(rows[i].text, &uri), rows[i].err);
        CHECK_MEM(&uri, &empty, sizeof uri);
    }
    char text[URI_TEXT_MAX + 64];
    memset(text, 'a', sizeof text);
    memcpy(text, "pkcs11:object=", 14);
    text[sizeof text - 1] = '\0';
    CHECK_INT(parse(text, &uri), E_LIMIT);
}

static void matching(void)
{
    struct token_uri uri;
    CHECK_INT(parse("pkcs11:token=ab", &uri), 0);
    CHECK(uri_value_matches(&uri.token, (const uint8_t *)"ab      ", 8));
    CHECK(!uri_value_matches(&uri.token, (const uint8_t *)"abc     ", 8));
    CHECK(!uri_value_matches(&uri.token, (const uint8_t *)"a       ", 8));
    CHECK(uri_value_matches(&uri.serial, (const uint8_t *)"x       ", 8));
}

int main(void)
{
    good_ones();
    bad_ones();
    matching();
    return check_done();
}
