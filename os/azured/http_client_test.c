/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTPS client against a service that keeps to nothing. */
#include "os/azured/http_client.h"

#include <openssl/evp.h>
#include <openssl/ecdsa.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/tls_server.h"
#include "tests/check.h"

static struct test_ca ca, foreign, client_ca;
static char folder[] = "/tmp/peri-http-XXXXXX", anchor[64], foreign_anchor[64];
static volatile bool ending; /* lets an endless script end */

static void url_is_taken_apart(void)
{
    static const struct {
        const char *url, *host, *port;
        int err;
    } rows[] = {
        {"https://service.example", "service.example", "443", 0},
        {"https://service.example/", "service.example", "443", 0},
        {"https://127.0.0.1:8443", "127.0.0.1", "8443", 0},
        {"https://[::1]:1", "::1", "1", 0},
        {"http://service.example", "", "", E_MALFORMED},
        {"https://", "", "", E_MALFORMED},
        {"https://a/path", "", "", E_MALFORMED},
        {"https://a/?x", "", "", E_MALFORMED},
        {"https://a#x", "", "", E_MALFORMED},
        {"https://user@a", "", "", E_MALFORMED},
        {"https://a:65536", "", "", E_MALFORMED},
        {"https://a:0", "", "", E_MALFORMED},
        {"https://a b", "", "", E_MALFORMED},
        {"", "", "", E_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char host[HTTP_CLIENT_HOST_MAX + 1], port[6];
        CHECK_INT(http_url_split(rows[i].url, host, port), rows[i].err);
        CHECK_STR(host, rows[i].host);
        CHECK_STR(port, rows[i].port);
    }
    char longest[400] = "https://", host[HTTP_CLIENT_HOST_MAX + 1], port[6];
    memset(longest + 8, 'a', 254);
    CHECK_INT(http_url_split(longest, host, port), E_LIMIT);
}

struct outcome {
    int err, status;
    uint32_t retry_after_s;
    size_t body_len;
    uint8_t body[256];
};

static struct outcome ask(struct http_client *client)
{
    struct outcome o = {0};
    struct http_exchange x = {.method = "GET", .path = "/x",
                              .body_room = writer_of(o.body, sizeof o.body)};
    o.err = http_client_run(client, &x);
    o.status = x.status;
    o.retry_after_s = x.retry_after_s;
    o.body_len = x.body_room.len;
    return o;
}

/* -- answers that are served as they stand ------------------------------------------ */

struct canned {
    const char *what, *bytes;
    bool close;
    int err, status;
    uint32_t retry_after_s;
};

static const struct canned canned[] = {
    {"an ordinary answer", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, 0, 200, 0},
    {"no body", "HTTP/1.1 204 No Content\r\n\r\n", false, 0, 204, 0},
    {"an error with Retry-After", "HTTP/1.1 503 X\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n", false, 0, 503, 17},
    {"field name in another case", "HTTP/1.1 429 X\r\nrEtRy-aFtEr: 5\r\nContent-Length: 0\r\n\r\n", false, 0, 429, 5},
    {"Retry-After as a date", "HTTP/1.1 503 X\r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Length: 0\r\n\r\n", false, 0, 503, 0},
    {"a redirect is not followed", "HTTP/1.1 302 X\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n", false, 0, 302, 0},
    {"garbage", "\x01\x02\x03 nonsense\r\n\r\n", true, E_MALFORMED, 0, 0},
    {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", false, E_MALFORMED, 200, 0},
    {"interim answer", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, E_MALFORMED, 100, 0},
    {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", false, E_MALFORMED, 0, 0},
    {"length and chunked", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", false, E_MALFORMED, 0, 0},
    {"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi", false, E_MALFORMED, 0, 0},
    {"length beyond 64 bits", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhi", false, E_MALFORMED, 0, 0},
    {"bytes behind the answer", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhithere", false, E_MALFORMED, 200, 0},
    {"a second answer", "HTTP/1.1 204 X\r\n\r\nHTTP/1.1 204 X\r\n\r\n", false, E_MALFORMED, 204, 0},
    {"ends in the status line", "HTTP/1.1 2", true, E_NETWORK, 0, 0},
    {"ends in a header", "HTTP/1.1 200 OK\r\nContent-Le", true, E_NETWORK, 0, 0},
    {"ends in the body", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi", true, E_NETWORK, 200, 0},
    {"body without length", "HTTP/1.1 200 OK\r\n\r\nhi", true, E_NETWORK, 200, 0},
    {"nothing", "", true, E_NETWORK, 0, 0},
};

static bool canned_script(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    const struct canned *const *at = context;
    (void)fd, (void)request;
    tls_text(ssl, (*at)->bytes);
    return !(*at)->close;
}

static void canned_answers(void)
{
    const struct canned *at = canned;
    struct tls_server server = {.script = canned_script, .script_context = &at};
    struct http_client client;
    tls_server_start(&server, &ca, "DNS:localhost", NULL, TLS1_3_VERSION);
    REQUIRE(http_client_init(&client, server.url, anchor) == 0);
    for (; at < canned + sizeof canned / sizeof *canned; at++) {
        struct outcome o = ask(&client);
        if (o.err != at->err || o.status != at->status || o.retry_after_s != at->retry_after_s)
            fprintf(stderr, "case \"%s\":\n", at->what);
        CHECK_INT(o.err, at->err);
        CHECK_INT(o.status, at->status);
        CHECK_INT(o.retry_after_s, at->retry_after_s);
        if (o.err)
            CHECK(client.session == NULL); /* nothing of a broken exchange is used again */
    }
    http_client_release(&client);
    tls_server_stop(&server);
}

/* -- answers without end ---------------------------------------------------------------- */

static bool endless_headers(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    (void)context, (void)fd, (void)request;
    tls_text(ssl, "HTTP/1.1 200 OK\r\n");
    size_t done;
    while (!ending && SSL_write_ex(ssl, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 59, &done) == 1)
        ;
    return false;
}

static bool endless_body(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    static const uint8_t filler[4096];
    (void)context, (void)fd, (void)request;
    tls_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
    size_t done;
    while (!ending && SSL_write_ex(ssl, filler, sizeof filler, &done) == 1)
        ;
    return false;
}

static void endless(bool (*script)(void *, SSL *, int, const struct tls_request *), int err)
{
    struct tls_server server = {.script = script};
    struct http_client client;
    ending = false;
    tls_server_start(&server, &ca, "DNS:localhost", NULL, TLS1_3_VERSION);
    REQUIRE(http_client_init(&client, server.url, anchor) == 0);
    CHECK_INT(ask(&client).err, err);
    ending = true;
    http_client_release(&client);
    tls_server_stop(&server);
}

static bool drip_script(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    (void)context, (void)fd, (void)request;
    tls_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (!ending) {
        tls_text(ssl, "x");
        usleep(5000);
    }
    return false;
}

static bool silent_script(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    (void)context, (void)ssl, (void)fd, (void)request;
    while (!ending)
        usleep(5000);
    return false;
}

/* Uptane "slow retrieval": each exchange has an end, whatever trickles in. */
static void slow(bool (*script)(void *, SSL *, int, const struct tls_request *), int silence_ms,
                 int exchange_ms)
{
    static uint8_t room[65536];
    struct tls_server server = {.script = script};
    struct http_client client;
    ending = false;
    tls_server_start(&server, &ca, "DNS:localhost", NULL, TLS1_3_VERSION);
    REQUIRE(http_client_init(&client, server.url, anchor) == 0);
    client.silence_ms = silence_ms;
    client.exchange_ms = exchange_ms;
    struct http_exchange x = {.method = "GET", .path = "/x", .body_room = writer_of(room, sizeof room)};
    CHECK_INT(http_client_run(&client, &x), E_TIMEOUT);
    CHECK(client.session == NULL);
    ending = true;
    http_client_release(&client);
    tls_server_stop(&server);
}

/* -- whom we speak with --------------------------------------------------------------------- */

static bool ok_script(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    (void)context, (void)fd, (void)request;
    tls_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    return true;
}

static bool plain_script(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    (void)context, (void)ssl, (void)request;
    (void)!send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    char drain[512];
    while (recv(fd, drain, sizeof drain, 0) > 0)
        ;
    return false;
}

static void server_identity(void)
{
    static const struct {
        const char *what, *alt;
        const struct test_ca *issuer;
        int max_version, err;
        bool plain, by_address;
    } rows[] = {
        {"the right address", "IP:127.0.0.1", &ca, TLS1_3_VERSION, 0, false, true},
        {"another address", "IP:127.0.0.2", &ca, TLS1_3_VERSION, E_DENIED, false, true},
        {"a name for an address", "DNS:localhost", &ca, TLS1_3_VERSION, E_DENIED, false, true},
        {"the right one", "DNS:localhost", &ca, TLS1_3_VERSION, 0, false},
        {"another host's certificate", "DNS:other.example", &ca, TLS1_3_VERSION, E_DENIED, false},
        {"a foreign CA", "DNS:localhost", &foreign, TLS1_3_VERSION, E_DENIED, false},
        {"TLS 1.2 only", "DNS:localhost", &ca, TLS1_2_VERSION, E_DENIED, false},
        {"no TLS at all", "DNS:localhost", &ca, TLS1_3_VERSION, E_DENIED, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_server server = {.script = rows[i].plain ? plain_script : ok_script,
                                    .plain = rows[i].plain};
        struct http_client client;
        tls_server_start(&server, rows[i].issuer, rows[i].alt, NULL, rows[i].max_version);
        char url[64];
        snprintf(url, sizeof url, "https://127.0.0.1:%u", server.port);
        REQUIRE(http_client_init(&client, rows[i].by_address ? url : server.url, anchor) == 0);
        struct outcome o = ask(&client);
        if (o.err != rows[i].err)
            fprintf(stderr, "case \"%s\":\n", rows[i].what);
        CHECK_INT(o.err, rows[i].err);
        CHECK_INT(o.status, rows[i].err ? 0 : 200);
        http_client_release(&client);
        tls_server_stop(&server);
    }
}

/* A service that follows another has another root: a device that is told both knows either (docs/operate.md, "Another key for the
 * root"), and no third. */
static void two_anchors(void)
{
    struct test_ca third;
    test_ca_make(&third, "third CA");
    for (int order = 0; order < 2; order++) {
        FILE *f = fopen(foreign_anchor, "w");
        REQUIRE(f && PEM_write_X509(f, order ? ca.certificate : foreign.certificate) == 1 &&
                PEM_write_X509(f, order ? foreign.certificate : ca.certificate) == 1);
        fclose(f);
        for (int i = 0; i < 3; i++) {
            struct tls_server server = {.script = ok_script};
            struct http_client client;
            tls_server_start(&server, i == 0 ? &ca : i == 1 ? &foreign : &third, "DNS:localhost", NULL, TLS1_3_VERSION);
            REQUIRE(http_client_init(&client, server.url, foreign_anchor) == 0);
            int err = ask(&client).err;
            CHECK(i == 2 ? err != 0 : err == 0);
            http_client_release(&client);
            tls_server_stop(&server);
        }
    }
    unlink(foreign_anchor);
    test_ca_release(&third);
}

static void unreachable(void)
{
    struct tls_server server = {.script = ok_script};
    struct http_client client;
    tls_server_start(&server, &ca, "DNS:localhost", NULL, TLS1_3_VERSION);
    REQUIRE(http_client_init(&client, server.url, anchor) == 0);
    tls_server_stop(&server);
    CHECK_INT(ask(&client).err, E_NETWORK);
    http_client_release(&client);
    CHECK_INT(http_client_init(&client, "https://localhost", "/nonexistent/anchor.pem"), E_DENIED);
    http_client_release(&client);
}

/* -- a kept connection ------------------------------------------------------------------------- */

static bool once_script(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    (void)context, (void)fd, (void)request;
    tls_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    return false; /* says keep-alive and closes */
}

static void connection_is_kept_and_renewed(void)
{
    struct tls_server server = {.script = ok_script};
    struct http_client client;
    tls_server_start(&server, &ca, "DNS:localhost", NULL, TLS1_3_VERSION);
    REQUIRE(http_client_init(&client, server.url, anchor) == 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask(&client).err, 0);
    http_client_release(&client);
    tls_server_stop(&server);
    CHECK_INT(server.connections, 1);

    server = (struct tls_server){.script = once_script};
    tls_server_start(&server, &ca, "DNS:localhost", NULL, TLS1_3_VERSION);
    REQUIRE(http_client_init(&client, server.url, anchor) == 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask(&client).err, 0);
    http_client_release(&client);
    tls_server_stop(&server);
    CHECK_INT(server.connections, 3);
}

/* -- client certificate, key elsewhere ------------------------------------------------------------ */

static int sign_with(void *context, const uint8_t digest[static 32], uint8_t signature[static 64])
{
    if (!context)
        return E_STATE;
    uint8_t der[80];
    const unsigned char *from = der;
    size_t len = sizeof der;
    EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new_from_pkey(NULL, context, NULL);
    REQUIRE(sign && EVP_PKEY_sign_init(sign) == 1 && EVP_PKEY_sign(sign, der, &len, digest, 32) == 1);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &from, (long)len);
    REQUIRE(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, 32) == 32);
    REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + 32, 32) == 32);
    ECDSA_SIG_free(sig);
    EVP_PKEY_CTX_free(sign);
    return 0;
}

static bool who_script(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    (void)context, (void)fd;
    tls_answer(ssl, 200, NULL, span_of(request->client_name, strlen(request->client_name)));
    return true;
}

static void client_certificate(void)
{
    static const char device[] = /* 128 characters: a device id */
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    X509 *leaf = test_ca_issue(&client_ca, device, key, NULL);
    char path[96];
    snprintf(path, sizeof path, "%s/leaf.pem", folder);
    test_write_pem(path, leaf);
    /* leaf, then the CA above it: as the service sends them */
    size_t len, leaf_len, ca_len;
    uint8_t *first = check_read_file(path, &leaf_len);
    test_write_pem(path, client_ca.certificate);
    uint8_t *second = check_read_file(path, &ca_len), *pem = malloc(leaf_len + ca_len);
    REQUIRE(pem != NULL);
    memcpy(pem, first, leaf_len);
    memcpy(pem + leaf_len, second, ca_len);
    len = leaf_len + ca_len;
    free(first);
    free(second);
    struct signer mine = {sign_with, key}, wrong = {sign_with, other}, none = {sign_with, NULL};
    struct tls_server server = {.script = who_script};
    struct http_client client;
    tls_server_start(&server, &ca, "DNS:localhost", &client_ca, TLS1_3_VERSION);
    REQUIRE(http_client_init(&client, server.url, anchor) == 0);

    struct outcome o = ask(&client);
    CHECK_INT(o.err, 0);
    CHECK_INT(o.body_len, 0); /* nobody */
    CHECK_INT(http_client_identify(&client, span_of(pem, len), &mine), 0);
    o = ask(&client);
    CHECK_INT(o.err, 0);
    CHECK_INT(o.body_len, 128);
    CHECK_MEM(o.body, device, 128);
    /* The root of trust cannot sign, or signs with another key: refused. */
    CHECK_INT(http_client_identify(&client, span_of(pem, len), &none), 0);
    CHECK_INT(ask(&client).err, E_DENIED);
    CHECK_INT(http_client_identify(&client, span_of(pem, len), &wrong), 0);
    CHECK(ask(&client).err != 0);
    CHECK_INT(http_client_identify(&client, span_of("nonsense", 8), &mine), E_MALFORMED);

    http_client_release(&client);
    tls_server_stop(&server);
    free(pem);
    unlink(path);
    X509_free(leaf);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

/* A place that the service names: another server, without our certificate, and then all is as it was. */
static bool location_script(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    char headers[400];
    (void)fd, (void)request;
    snprintf(headers, sizeof headers, "Location: %s/images/v1/ab\r\n", (const char *)context);
    tls_answer(ssl, 307, headers, span_of(NULL, 0));
    return true;
}

static bool path_script(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    char said[128];
    (void)context, (void)fd;
    snprintf(said, sizeof said, "%.*s %s", (int)strcspn(request->head + 4, " "), request->head + 4,
             request->client_certificate ? "certificate" : "nobody");
    tls_answer(ssl, 200, NULL, span_of(said, strlen(said)));
    return true;
}

static void another_place(void)
{
    static const struct {
        const char *address;
        int err;
    } bad[] = {{"", E_MALFORMED}, {"/images/v1/ab", E_MALFORMED}, {"http://localhost/x", E_MALFORMED},
               {"https://localhost", E_MALFORMED}, {"https://user@localhost/x", E_MALFORMED},
               {"https://localhost/a b", E_MALFORMED}, {"https://localhost/a\nb", E_MALFORMED}};
    struct tls_server cache = {.script = path_script}, stranger = {.script = path_script};
    struct tls_server server = {.script = location_script, .script_context = cache.url};
    struct http_client client;
    uint8_t room[256];
    char address[HTTP_CLIENT_LOCATION_MAX + 1];
    tls_server_start(&cache, &ca, "DNS:localhost", &client_ca, TLS1_3_VERSION);
    tls_server_start(&stranger, &foreign, "DNS:localhost", NULL, TLS1_3_VERSION);
    tls_server_start(&server, &ca, "DNS:localhost", NULL, TLS1_3_VERSION);
    REQUIRE(http_client_init(&client, server.url, anchor) == 0);
    struct http_exchange x = {.method = "GET", .path = "/x", .body_room = writer_of(room, sizeof room)};
    CHECK_INT(http_client_run(&client, &x), 0);
    CHECK_INT(x.status, 307);
    snprintf(address, sizeof address, "%s/images/v1/ab", cache.url);
    CHECK_STR(x.location, address);
    CHECK_INT(http_client_run_at(&client, address, &x), 0);
    CHECK_INT(x.status, 200);
    CHECK_STR(x.location, "");
    CHECK(span_equal(writer_view(&x.body_room), span_of("/images/v1/ab nobody", 20)));
    snprintf(address, sizeof address, "%s/x", stranger.url);
    CHECK_INT(http_client_run_at(&client, address, &x), E_DENIED); /* of another root */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(http_client_run_at(&client, bad[i].address, &x), bad[i].err);
    x.path = "/x";
    CHECK_INT(http_client_run(&client, &x), 0); /* the service itself, as before */
    CHECK_INT(x.status, 307);
    http_client_release(&client);
    tls_server_stop(&server);
    tls_server_stop(&cache);
    tls_server_stop(&stranger);
    /* A location is taken whole or not at all, however it comes in. */
    char answer[1024], longest[HTTP_CLIENT_LOCATION_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t cut = 0; cut < 2; cut++) {
        snprintf(answer, sizeof answer, "HTTP/1.1 307 X\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", longest + cut);
        CHECK_INT(http_answer_parse(&x, span_of(answer, strlen(answer)), 7), 0);
        CHECK_INT(strlen(x.location), cut ? HTTP_CLIENT_LOCATION_MAX : 0);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as main.c does */
    REQUIRE(mkdtemp(folder) != NULL);
    test_ca_make(&ca, "service CA");
    test_ca_make(&foreign, "foreign CA");
    test_ca_make(&client_ca, "device CA");
    snprintf(anchor, sizeof anchor, "%s/anchor.pem", folder);
    snprintf(foreign_anchor, sizeof foreign_anchor, "%s/foreign.pem", folder);
    test_write_pem(anchor, ca.certificate);

    url_is_taken_apart();
    canned_answers();
    endless(endless_headers, E_MALFORMED);
    endless(endless_body, E_LIMIT);
    slow(drip_script, 30000, 1000);
    slow(silent_script, 500, 30000);
    server_identity();
    two_anchors();
    unreachable();
    connection_is_kept_and_renewed();
    client_certificate();
    another_place();

    unlink(anchor);
    rmdir(folder);
    test_ca_release(&ca);
    test_ca_release(&foreign);
    test_ca_release(&client_ca);
    return check_done();
}
