/* SPDX-License-Identifier: BSD-2-Clause */
/* device.conf: defaults, each key's limits, and what is refused. */
#include "os/config/device_conf.h"
#include "tests/check.h"

static int parse(const char *text, struct device_conf *conf)
{
    return device_conf_parse(span_of(text, strlen(text)), conf);
}

static void test_good(void)
{
    struct device_conf c;
    CHECK_INT(parse("{}", &c), 0);
    CHECK_INT(c.restart_delay_ms, 1000);
    CHECK_INT(c.app_memory_kib, 0);
    CHECK_INT(c.uid_base, 61200);
    CHECK_INT(c.update_notice_ms, 10000);
    CHECK_INT(c.trial_ms, 1200000);
    CHECK_INT(c.allow_missing, 0);
    CHECK_STR(c.service_url, "");
    CHECK_INT(parse("{\"service_url\":\"https://localhost:8443\",\"trust_anchor\":\"/etc/a.pem\","
                    "\"restart_delay_ms\":60000,\"app_memory_kib\":256,\"uid_base\":1000,"
                    "\"update_notice_ms\":100,\"trial_ms\":1000,"
                    "\"allow_missing\":[\"landlock\",\"network-filter\"]}", &c), 0);
    CHECK_STR(c.service_url, "https://localhost:8443");
    CHECK_STR(c.trust_anchor, "/etc/a.pem");
    CHECK_INT(c.restart_delay_ms, 60000);
    CHECK_INT(c.app_memory_kib, 256);
    CHECK_INT(c.uid_base, 1000);
    CHECK_INT(c.update_notice_ms, 100);
    CHECK_INT(c.trial_ms, 1000);
    CHECK_INT(c.allow_missing, 1u << PART_LANDLOCK | 1u << PART_NETWORK_FILTER);
    CHECK_INT(parse("{\"app_memory_kib\":0}", &c), 0);
}

static void test_bad(void)
{
    static const struct {
        const char *text;
        int want;
    } cases[] = {
        {"", E_MORE},
        {"[]", E_MALFORMED},
        {"{", E_MORE},
        {"{} x", E_TRAILING},
        {"{\"unknown\":1}", E_UNSUPPORTED},
        {"{\"uid_bas\":1000}", E_UNSUPPORTED},
        {"{\"uid_base2\":1000}", E_UNSUPPORTED},
        {"{\"a_name_that_is_far_too_long_to_be_a_key\":1}", E_UNSUPPORTED},
        {"{\"uid_base\":1000,\"uid_base\":1000}", E_DUPLICATE},
        {"{\"uid_base\":\"1000\"}", E_MALFORMED},
        {"{\"uid_base\":999}", E_LIMIT},
        {"{\"uid_base\":0}", E_LIMIT},
        {"{\"uid_base\":-1}", E_MALFORMED},
        {"{\"uid_base\":1000.5}", E_MALFORMED},
        {"{\"uid_base\":4294967295}", E_LIMIT},
        {"{\"restart_delay_ms\":0}", E_LIMIT},
        {"{\"restart_delay_ms\":60001}", E_LIMIT},
        {"{\"update_notice_ms\":99}", E_LIMIT},
        {"{\"update_notice_ms\":600001}", E_LIMIT},
        {"{\"trial_ms\":999}", E_LIMIT},
        {"{\"trial_ms\":1200001}", E_LIMIT},
        {"{\"app_memory_kib\":255}", E_LIMIT},
        {"{\"app_memory_kib\":4194305}", E_LIMIT},
        {"{\"service_url\":\"\"}", E_MALFORMED},
        {"{\"service_url\":\"a\\u0000b\"}", E_MALFORMED},
        {"{\"service_url\":7}", E_MALFORMED},
        {"{\"allow_missing\":\"uid\"}", E_MALFORMED},
        {"{\"allow_missing\":[\"everything\"]}", E_UNSUPPORTED},
        {"{\"allow_missing\":[\"namespaces\"]}", E_UNSUPPORTED},
        {"{\"allow_missing\":[\"uid\",\"uid\"]}", E_DUPLICATE},
        {"{\"allow_missing\":[1]}", E_MALFORMED},
    };
    struct device_conf c;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int got = parse(cases[i].text, &c);
        if (got != cases[i].want)
            fprintf(stderr, "case %s\n", cases[i].text);
        CHECK_INT(got, cases[i].want);
        CHECK_INT(c.uid_base, 61200); /* the defaults, not half of the input */
        CHECK_INT(c.allow_missing, 0);
    }
    char text[700] = "{\"service_url\":\"";
    size_t at = strlen(text);
    memset(text + at, 'a', 512);
    strcpy(text + at + 512, "\"}");
    CHECK_INT(parse(text, &c), E_LIMIT);
    strcpy(text + at + 511, "\"}");
    CHECK_INT(parse(text, &c), 0);
    CHECK_INT(strlen(c.service_url), 511);
}

static void test_prefixes(void)
{
    static const char good[] = "{\"uid_base\":2000,\"allow_missing\":[\"uid\"],\"service_url\":\"x\"}";
    struct device_conf c;
    for (size_t n = 0; n < sizeof good - 1; n++)
        CHECK(device_conf_parse(span_of(good, n), &c) != 0);
}

static void test_service_port(void)
{
    static const struct {
        const char *url;
        uint16_t port;
    } rows[] = {{"https://a.example", 443}, {"https://a.example:8443", 8443}, {"https://[::1]:8443", 8443},
                {"https://[::1]", 443}, {"https://a.example:99999", 0}, {"https://a.example:", 0},
                {"http://a.example", 0}, {"", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct device_conf conf = {0};
        snprintf(conf.service_url, sizeof conf.service_url, "%s", rows[i].url);
        CHECK_INT(device_conf_service_port(&conf), rows[i].port);
    }
}

int main(void)
{
    test_service_port();
    test_good();
    test_bad();
    test_prefixes();
    return check_done();
}
