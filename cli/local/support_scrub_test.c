/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/local/support_scrub.h: what leaves, what stays. */
#include "cli/local/support_scrub.h"

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
    /* JSON in a text of JSON, once and twice */
    {"got {\\\"psk\\\":\\\"ab\\\\\\\"c\\\",\\\"x\\\":1}", "got {\\\"psk\\\":\\\"" OUT "\\\",\\\"x\\\":1}"},
    {"{\\\\\\\"token\\\\\\\": \\\\\\\"abc\\\\\\\", 1}", "{\\\\\\\"token\\\\\\\": \\\\\\\"" OUT "\\\\\\\", 1}"},
    {"{\\\"pin\\\": 1, \\\"secret\\\": 1234}", "{\\\"pin\\\": 1, \\\"secret\\\": " OUT "}"},
    {"{\\\"psk\\\":\\\"never ends", "{\\\"psk\\\":\\\"" OUT "\\\""},
    {"psk=a\\b c", "psk=" OUT " c"},
};

/* As an archive has it: laid out over lines. */
static const struct {
    const char *text, *want;
} json_rows[] = {
    {"{\"tokens\": [\"abc1\", \"abc2\"], \"a\": 1}", "{\n  \"tokens\": \"" OUT "\",\n  \"a\": 1\n}"},
    {"{\"psk\": {\"value\": \"abc1\"}}", "{\n  \"psk\": \"" OUT "\"\n}"},
    {"[{\"wifi\": {\"MyPassword\": 12345678}}]", "[\n  {\n    \"wifi\": {\n      \"MyPassword\": \"" OUT "\"\n    }\n  }\n]"},
    {"{\"clientSecret\": null, \"b\": [true, \"psk=abc1 x\"]}",
     "{\n  \"clientSecret\": \"" OUT "\",\n  \"b\": [\n    true,\n    \"psk=" OUT " x\"\n  ]\n}"},
    {"{\"settings\": \"{\\\"psk\\\": \\\"abc1\\\", \\\"x\\\": 1}\"}",
     "{\n  \"settings\": \"{\\\"psk\\\": \\\"" OUT "\\\", \\\"x\\\": 1}\"\n}"},
    {"\"token=abc1\"", "\"token=" OUT "\""},
    {"\"the password was wrong\"", "\"the password was wrong\""},
};

static void json_scrubbed(void)
{
    for (size_t i = 0; i < sizeof json_rows / sizeof json_rows[0]; i++) {
        json_t *value = json_loads(json_rows[i].text, JSON_DECODE_ANY, NULL);
        REQUIRE(value != NULL);
        CHECK_INT(support_scrub_json(value), 0);
        char *got = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
        REQUIRE(got != NULL);
        CHECK_STR(got, json_rows[i].want);
        free(got);
        json_decref(value);
    }
}

int main(void)
{
    json_scrubbed();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *got = support_scrub(rows[i].text);
        REQUIRE(got != NULL);
        CHECK_STR(got, rows[i].want);
        free(got);
    }
    return check_done();
}
