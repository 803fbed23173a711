/* SPDX-License-Identifier: BSD-2-Clause */
/* service.json: defaults, ranges, refusals. */
#include "service/perisphered/config.h"
#include "tests/check.h"

static struct service_config config;
static char why[CONFIG_WHY_BYTES];

static int parse(const char *text) { return config_parse(span_of(text, strlen(text)), &config, why); }

int main(void)
{
    CHECK_INT(parse("{}"), 0);
    CHECK_STR(config.listen_address, "127.0.0.1");
    CHECK_INT(config.listen_port, 8443);
    CHECK_INT(config.certificate_s, 86400);
    CHECK_INT(config.drain_s, 10);

    CHECK_INT(parse("{\"listen_port\":0,\"drain_s\":0,\"base_url\":\"https://a.example:1\",\"crl_base_address\":\"http://a.example\"}"), 0);
    CHECK_INT(config.listen_port, 0);
    CHECK_INT(config.drain_s, 0);
    CHECK_STR(config.base_url, "https://a.example:1");

    CHECK_STR(config.database, "");
    CHECK_INT(parse("{\"database\":\"postgresql://peri@db.example/service\"}"), 0);
    CHECK_STR(config.database, "postgresql://peri@db.example/service");

    CHECK_STR(config.pkcs11_module, "");
    CHECK(!config.pkcs11_sockets);
    CHECK_INT(parse("{\"pkcs11_module\":\"/m.so\",\"pkcs11_pin\":\"file:/pin\",\"pkcs11_paths\":\"/a:/b\","
                    "\"pkcs11_connect\":\"tcp:12345\"}"), 0);
    CHECK(config.pkcs11_sockets);
    CHECK_INT(config.pkcs11_port, 12345);
    CHECK_INT(parse("{\"pkcs11_module\":\"/m.so\",\"pkcs11_pin\":\"credential:pin\",\"pkcs11_connect\":\"unix\"}"), 0);
    CHECK(config.pkcs11_sockets);
    CHECK_INT(config.pkcs11_port, 0);

    static const struct {
        const char *text;
        int want;
        const char *says;
    } bad[] = {
        {"", E_MALFORMED, "line"},
        {"[]", E_MALFORMED, "object"},
        {"{} x", E_MALFORMED, "line"},
        {"{\"listen_prot\":1}", E_MALFORMED, "listen_prot"},
        {"{\"drain_s\":1,\"drain_s\":2}", E_MALFORMED, "line"},
        {"{\"listen_port\":65536}", E_RANGE, "65535"},
        {"{\"listen_port\":-1}", E_RANGE, "listen_port"},
        {"{\"listen_port\":\"80\"}", E_RANGE, "listen_port"},
        {"{\"listen_port\":80.0}", E_RANGE, "listen_port"},
        {"{\"certificate_s\":86401}", E_RANGE, "86400"}, /* never longer than a day */
        {"{\"connections_max\":0}", E_RANGE, "connections_max"},
        {"{\"drain_s\":4294967297}", E_RANGE, "drain_s"},
        {"{\"listen_address\":7}", E_RANGE, "listen_address"},
        {"{\"listen_address\":\"0123456789012345678901234567890123456789012345678901234567890123\"}",
         E_RANGE, "63"},
        {"{\"base_url\":\"http://plain\"}", E_RANGE, "https"},
        {"{\"base_url\":\"https://a/\"}", E_RANGE, "slash"},
        {"{\"crl_base_address\":\"https://a\"}", E_RANGE, "http://HOST"},
        {"{\"crl_base_address\":\"http://a/\"}", E_RANGE, "slash"},
        {"{\"image_base_address\":\"http://a\"}", E_RANGE, "https://HOST"},
        {"{\"database\":\"mysql://a/b\"}", E_RANGE, "postgresql://"},
        {"{\"database\":1}", E_RANGE, "database"},
        {"{\"key\":\"file:relative\"}", E_RANGE, "file:/PATH"},
        {"{\"key\":\"credential:\"}", E_RANGE, "credential:NAME"},
        {"{\"key\":\"credential:../x\"}", E_RANGE, "credential:NAME"},
        {"{\"key\":\"00112233\"}", E_RANGE, "key"}, /* never the key itself */
        {"{\"pkcs11_module\":\"m.so\",\"pkcs11_pin\":\"file:/p\"}", E_RANGE, "pkcs11_module"},
        {"{\"pkcs11_module\":\"/m.so\"}", E_RANGE, "pkcs11_pin"},
        {"{\"pkcs11_module\":\"/m.so\",\"pkcs11_pin\":\"1234\"}", E_RANGE, "file:/PATH"}, /* never the PIN itself */
        {"{\"pkcs11_pin\":\"file:/p\"}", E_RANGE, "missing"},
        {"{\"pkcs11_module\":\"/m\",\"pkcs11_pin\":\"file:/p\",\"pkcs11_paths\":\"/a::/b\"}", E_RANGE, "pkcs11_paths"},
        {"{\"pkcs11_module\":\"/m\",\"pkcs11_pin\":\"file:/p\",\"pkcs11_paths\":\"/a:\"}", E_RANGE, "pkcs11_paths"},
        {"{\"pkcs11_module\":\"/m\",\"pkcs11_pin\":\"file:/p\",\"pkcs11_paths\":\"/\"}", E_RANGE, "pkcs11_paths"},
        {"{\"pkcs11_module\":\"/m\",\"pkcs11_pin\":\"file:/p\",\"pkcs11_connect\":\"tcp:70000\"}", E_RANGE, "tcp:PORT"},
        {"{\"pkcs11_module\":\"/m\",\"pkcs11_pin\":\"file:/p\",\"pkcs11_connect\":\"tcp:1x\"}", E_RANGE, "tcp:PORT"},
        {"{\"base_url\":\"https://a\\r\\nb\"}", E_RANGE, "base_url"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(parse(bad[i].text), bad[i].want);
        CHECK(strstr(why, bad[i].says) != NULL);
        CHECK_INT(config.listen_port, 8443); /* a refused file changes nothing */
        CHECK_INT(config.drain_s, 10);
    }
    CHECK_INT(config_load("/nonexistent/service.json", &config, why), E_NOT_FOUND);
    return check_done();
}
