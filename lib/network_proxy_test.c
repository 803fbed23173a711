/* SPDX-License-Identifier: BSD-2-Clause */
/* The record of a network proxy: good ones, one bad one for each rule, every cut and flip; who is reached without it. */
#include "lib/network_proxy.h"

#include "tests/check.h"

static const struct network_proxy good[] = {
    {.enabled = true, .port = 3128, .address = "proxy.contoso.example"},
    {.port = 1, .address = "192.0.2.7", .no_proxy = "localhost,.contoso.example,*.x"},
    {.enabled = true, .has_password = true, .authentication = NETWORK_PROXY_BASIC, .port = 65535, .address = "p",
     .username = "user", .password = "pa:ss w\xc3\xb6rd"},
    {.authentication = NETWORK_PROXY_BASIC, .port = 80, .address = "p", .username = "u"}, /* the password stays behind */
};

static size_t written(const struct network_proxy *proxy, uint8_t bytes[static NETWORK_PROXY_BYTES_MAX])
{
    struct writer w = writer_of(bytes, NETWORK_PROXY_BYTES_MAX);
    REQUIRE(network_proxy_write(proxy, &w) == 0);
    return w.len;
}

static void test_good(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint8_t bytes[NETWORK_PROXY_BYTES_MAX], again[NETWORK_PROXY_BYTES_MAX];
        struct network_proxy back;
        size_t len = written(&good[i], bytes);
        struct cursor c = cursor_of(span_of(bytes, len));
        CHECK_INT(network_proxy_read(&c, &back), 0);
        CHECK_INT(cursor_end(&c), 0);
        CHECK_INT(written(&back, again), len);
        CHECK_MEM(again, bytes, len);
        CHECK_STR(back.address, good[i].address);
        CHECK_STR(back.no_proxy, good[i].no_proxy);
        CHECK_STR(back.username, good[i].username);
        CHECK_STR(back.password, good[i].password);
        CHECK(back.enabled == good[i].enabled && back.port == good[i].port);
    }
    /* the longest of each */
    struct network_proxy longest = {.has_password = true, .authentication = NETWORK_PROXY_BASIC, .port = 9};
    uint8_t bytes[NETWORK_PROXY_BYTES_MAX];
    for (size_t i = 0; i < 249; i++)
        longest.address[i] = i % 50 == 49 ? '.' : 'a';
    memset(longest.no_proxy, 'b', NETWORK_PROXY_NO_PROXY_MAX);
    memset(longest.username, 'c', NETWORK_PROXY_CREDENTIAL_MAX);
    memset(longest.password, 'd', NETWORK_PROXY_CREDENTIAL_MAX);
    (void)written(&longest, bytes);
}

static void test_bad(void)
{
    struct {
        const char *what;
        struct network_proxy proxy;
    } bad[] = {
        {"no port", {.address = "p"}},
        {"no address", {.port = 1}},
        {"an address that is none", {.port = 1, .address = "p roxy"}},
        {"a line end in the address", {.port = 1, .address = "p\r\nX: y"}},
        {"a port in the address", {.port = 1, .address = "p:80"}},
        {"a line end in what goes without", {.port = 1, .address = "p", .no_proxy = "a\r\n"}},
        {"a quote in it", {.port = 1, .address = "p", .no_proxy = "a\"b"}},
        {"another authentication", {.port = 1, .address = "p", .authentication = 2}},
        {"a name for nobody", {.port = 1, .address = "p", .username = "u"}},
        {"a password for nobody", {.port = 1, .address = "p", .has_password = true, .password = "x"}},
        {"basic for nobody", {.port = 1, .address = "p", .authentication = 1, .has_password = true, .password = "x"}},
        {"a password that is said to be there", {.port = 1, .address = "p", .authentication = 1, .username = "u", .has_password = true}},
        {"a colon in the name", {.port = 1, .address = "p", .authentication = 1, .username = "u:v", .has_password = true, .password = "x"}},
        {"a line end in the name", {.port = 1, .address = "p", .authentication = 1, .username = "u\n", .has_password = true, .password = "x"}},
        {"a line end in the password", {.port = 1, .address = "p", .authentication = 1, .username = "u", .has_password = true, .password = "\rx"}},
        {"no UTF-8", {.port = 1, .address = "p", .authentication = 1, .username = "\xff", .has_password = true, .password = "x"}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t bytes[NETWORK_PROXY_BYTES_MAX];
        struct writer w = writer_of(bytes, sizeof bytes);
        int err = network_proxy_write(&bad[i].proxy, &w);
        if (err != E_MALFORMED || w.len)
            fprintf(stderr, "case \"%s\"\n", bad[i].what);
        CHECK_INT(err, E_MALFORMED);
        CHECK_INT(w.len, 0);
    }
}

/* Every prefix is too short; whatever one bit makes of it is refused, or written back byte for byte. */
static void test_cut_and_flip(void)
{
    uint8_t bytes[NETWORK_PROXY_BYTES_MAX], again[NETWORK_PROXY_BYTES_MAX];
    struct network_proxy back;
    size_t len = written(&good[2], bytes);
    for (size_t n = 0; n < len; n++) {
        struct cursor c = cursor_of(span_of(bytes, n));
        CHECK(network_proxy_read(&c, &back) != 0);
        CHECK(back.address[0] == '\0' && back.password[0] == '\0');
    }
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct cursor c = cursor_of(span_of(bytes, len));
        if (network_proxy_read(&c, &back) == 0) {
            size_t used = len - c.left;
            CHECK_INT(written(&back, again), used);
            CHECK_MEM(again, bytes, used);
        }
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    /* a NUL inside a text would hide what stands behind it */
    static const uint8_t hidden[] = {1, 0, 1, 0, 3, 'a', 0, 'b', 0, 0, 0};
    struct cursor c = cursor_of(span_of(hidden, sizeof hidden));
    CHECK_INT(network_proxy_read(&c, &back), E_MALFORMED);
    static const uint8_t longer[] = {1, 0, 1, 0, 1, 'a', 0, 64, 'u'};
    c = cursor_of(span_of(longer, sizeof longer));
    CHECK_INT(network_proxy_read(&c, &back), E_LIMIT);
}

static void test_bypass(void)
{
    static const struct {
        const char *list, *host;
        bool without;
    } rows[] = {
        {"", "a.example", false},          {"a.example", "a.example", true},     {"a.example", "A.Example", true},
        {"a.example", "b.a.example", true}, {".a.example", "b.a.example", true},  {".a.example", "a.example", true},
        {"a.example", "ba.example", false}, {"x,a.example,y", "a.example", true}, {"x,,y", "a.example", false},
        {"*", "a.example", true},           {"a", "a.example", false},            {"10.0.0.1", "10.0.0.1", true},
        {"0.1", "10.0.0.1", false},         {"10.0.0.1", "10.0.0.11", false},     {",", "", false},
        {"a.example,", "c.example", false}, {".", "a.example", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct network_proxy p = {0};
        snprintf(p.no_proxy, sizeof p.no_proxy, "%s", rows[i].list);
        if (network_proxy_bypasses(&p, rows[i].host) != rows[i].without)
            fprintf(stderr, "\"%s\", %s\n", rows[i].list, rows[i].host);
        CHECK_INT(network_proxy_bypasses(&p, rows[i].host), rows[i].without);
    }
}

static void test_login(void)
{
    struct network_proxy other = good[2];
    CHECK(network_proxy_same_login(&other, &good[2]));
    network_proxy_hide(&other);
    CHECK(!other.has_password && other.password[0] == '\0' && network_proxy_same_login(&other, &good[2]));
    other.port--;
    CHECK(!network_proxy_same_login(&other, &good[2])); /* another server must not be told the password */
    other = good[2];
    strcpy(other.address, "q");
    CHECK(!network_proxy_same_login(&other, &good[2]));
    other = good[2];
    strcpy(other.username, "users");
    CHECK(!network_proxy_same_login(&other, &good[2]));
}

int main(void)
{
    test_good();
    test_bad();
    test_cut_and_flip();
    test_bypass();
    test_login();
    return check_done();
}
