/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/support_scrub.h: what leaves, what stays. */
#include "cli/support_scrub.h"

#include <stdlib.h>

#include "cli/run_fixture_test.h"

#define OUT SUPPORT_LEFT_OUT

static const struct {
    const char *text, *want;
} rows[] = {
    {"", ""},
    {"nothing to hide\n", "nothing to hide\n"},
    {"{\"psk\": \"hunter22\", \"ssid\": \"a\"}", "{\"psk\": \"" OUT "\", \"ssid\": \"a\"}"},
    {"{\"password\":\"a\\\"b\",\"x\":1}", "{\"password\":\"" OUT "\",\"x\":1}"},
    {"Password = x;y", "Password = " OUT ";y"},
    {"HostName=h;SharedAccessKey=abc=;DeviceId=d", "HostName=h;SharedAccessKey=" OUT ";DeviceId=d"},
    {"Authorization: Bearer eyJ.a.b next", "Authorization: Bearer " OUT " next"},
    {"sent Bearer eyJ.a.b, refused", "sent Bearer " OUT ", refused"},
    {"tokenFile=/a/b", "tokenFile=" OUT},
    {"\"tokenCommand\": [\"get\", \"--secret\"], \"a\": 1", "\"tokenCommand\": " OUT "], \"a\": 1"},
    {"the password was wrong", "the password was wrong"},       /* a sentence about one */
    {"wifi_password_2=x", "wifi_password_2=" OUT},
    {"\"clientSecret\": null", "\"clientSecret\": " OUT},
    {"password", "password"},
    {"password:", "password:"},
    {"psk='a b' c", "psk=\"" OUT "\" c"},
    {"psk=\"never ends", "psk=\"" OUT "\""},
    {"-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n"},
    {"a\n-----BEGIN PRIVATE KEY-----\nAAA\n-----END PRIVATE KEY-----\nb", "a\n" OUT "\nb"},
    {"-----BEGIN EC PRIVATE KEY-----\\nAAA\\n-----END EC PRIVATE KEY-----\\nb", OUT "\\nb"},
    {"-----BEGIN PRIVATE KEY-----\nAAA", OUT},
    {"-----BEGIN ", "-----BEGIN "},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *got = support_scrub(rows[i].text);
        REQUIRE(got != NULL);
        CHECK_STR(got, rows[i].want);
        free(got);
    }
    return check_done();
}
