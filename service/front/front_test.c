/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real front process, confined, over loopback: what it serves, what it
 * refuses, and hostile clients.  Behind it a backend that answers what it was
 * asked.  Clauses: connection.h, request.h, tls.h, answer.h.
 */
#include "service/front/front_fixture_test.h"

static void test_served(void)
{
    CHECK_INT(ask(&op, "GET " CATALOG "?api-version=1" HOST "\r\n"), 200);
    CHECK_STR((char *)answer_body, "Catalogs_Get|1|ada|3|s|api-version=1|0|00");
    CHECK(strstr(answer, "x-ms-request-id: ") && strstr(answer, "Strict-Transport-Security: "));
    CHECK(strstr(answer, "Cache-Control: no-cache") && strstr(answer, "\r\nDate: "));
    CHECK_INT(ask(&op, "GET /" CATALOG HOST "x-ms-correlation-request-id: abc-1\r\n\r\n"), 200);
    CHECK(strstr(answer, "x-ms-correlation-request-id: abc-1\r\n") != NULL);
    CHECK_INT(ask(&op, "GET " CATALOG HOST "x-ms-correlation-request-id: a;b\r\n\r\n"), 200);
    CHECK(strstr(answer, "a;b") == NULL);
    CHECK_INT(ask(&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: 3\r\n\r\n{ }"), 200);
    CHECK_STR((char *)answer_body, "Catalogs_CreateOrUpdate|1|ada|3|s||3|7b");
    CHECK_INT(ask(&op, "PUT " CATALOG HOST "Content-Type: application/json; charset=utf-8\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n2\r\n{ \r\n1\r\n}\r\n0\r\n\r\n"), 200);
    CHECK_STR((char *)answer_body, "Catalogs_CreateOrUpdate|1|ada|3|s||3|7b");
    CHECK_INT(ask(NULL, "POST /daa/v1/challenge" HOST "Content-Length: 0\r\n\r\n"), 200);
    CHECK_STR((char *)answer_body, "Daa_Challenge|0||0|||0|00");
    CHECK_INT(ask(&os, "POST /reports/v1/dumps" HOST "Content-Type: application/octet-stream\r\nContent-Length: 1\r\n\r\nx"), 200);
    CHECK(strstr((char *)answer_body, "Reports_Dump|2|") != NULL);
    CHECK_INT(ask(&os, "GET /reports/v1/dump-key" HOST "\r\n"), 200);
    CHECK_INT(ask(&update, "GET /reports/v1/dump-key" HOST "\r\n"), 403);
    CHECK_INT(ask(&os, "POST /reports/v1/events" HOST "Content-Type: application/cbor\r\nContent-Length: 1\r\n\r\nx"), 200);
    char want[300];
    snprintf(want, sizeof want, "Reports_Events|2|%s|0|||1|78", device_id);
    CHECK_STR((char *)answer_body, want);
    CHECK_INT(ask(&update, "POST /update/v1/check" HOST "\r\n"), 200);
    CHECK(strstr((char *)answer_body, "Update_Check|3|") != NULL);
    /* HTTP/1.0 */
    CHECK_INT(ask(&op, "GET " CATALOG " HTTP/1.0\r\n\r\n"), 200);
    CHECK(strstr(answer, "Connection: close") != NULL);
}

static void test_refused(void)
{
    static char long_target[9000], long_head[20000], many_heads[20000];
    const struct {
        const struct pair *who;
        const char *request;
        int status;
        const char *says; /* in head or body */
    } rows[] = {
        {NULL, "GET " CATALOG HOST "\r\n", 401, "\"code\":\"AuthenticationFailed\""},
        {&os, "GET " CATALOG HOST "\r\n", 403, "\"code\":\"AuthorizationFailed\""},
        {&application, "GET " IMAGE HOST "\r\n", 403, "concise-problem-details+cbor"},
        {&update, "POST /reports/v1/events" HOST "\r\n", 403, "problem-details"},
        {NULL, "POST /update/v1/check" HOST "\r\n", 401, "problem-details"},
        {&op, "POST /update/v1/check" HOST "\r\n", 403, "problem-details"},
        {&application, "POST /daa/v1/challenge" HOST "\r\n", 403, "problem-details"},
        {&op, "GET /nothing" HOST "\r\n", 404, "\"code\":\"NotFound\""},
        {&op, "GET /daa/nothing" HOST "\r\n", 404, "problem-details"},
        {&op, "DELETE /daa/v1/challenge" HOST "\r\n", 405, "Allow: POST\r\n"},
        {&op, "OPTIONS " CATALOG HOST "\r\n", 405, "Allow: GET, HEAD, PUT, PATCH, DELETE\r\n"},
        {&op, "GET /x/../subscriptions" HOST "\r\n", 400, "\"code\":\"BadRequest\""},
        {&op, "GET " CATALOG "/%00" HOST "\r\n", 400, "BadRequest"},
        {&op, "GET https://localhost" CATALOG HOST "\r\n", 400, "BadRequest"},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: 65537\r\n\r\n", 413, "Connection: close"},
        {NULL, "POST /daa/v1/challenge" HOST "Content-Length: 1\r\n\r\nx", 413, "problem-details"},
        {&os, "POST /reports/v1/dumps" HOST "Content-Type: application/octet-stream\r\nContent-Length: 65537\r\n\r\n", 413, "Connection: close"},
        {&os, "POST /reports/v1/dumps" HOST "Content-Type: application/cbor\r\nContent-Length: 1\r\n\r\nx", 415, "problem"},
        {NULL, "POST /daa/v1/challenge" HOST "Content-Type: application/cbor\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 413, "problem"},
        {NULL, "POST /daa/v1/attest" HOST "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx", 415, "problem"},
        {&op, "PUT " CATALOG HOST "Content-Length: 2\r\n\r\n{}", 415, "UnsupportedMediaType"},
        {&op, "PUT " CATALOG HOST "Content-Type: application/jsonx\r\nContent-Length: 2\r\n\r\n{}", 415, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n\r\n{}", 415, "application/json)"},
        {&op, "PUT " CATALOG HOST "Content-Type: text/json; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}", 200, ""},
        {&os, "POST /update/v1/check" HOST "Content-Type: text/json\r\nContent-Length: 2\r\n\r\n{}", 415, "problem-details"},
        {&op, "GET " CATALOG " HTTP/1.1\r\n\r\n", 400, ""}, /* no Host */
        {&op, "GET " CATALOG HOST "Host: other\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding: identity\r\n\r\n{}", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415, "UnsupportedMediaType"},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Encoding: identity, br\r\nContent-Length: 2\r\n\r\n{}", 415, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Encoding: Identity\r\nContent-Length: 2\r\n\r\n{}", 200, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: -1\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: 0x2\r\n\r\n{}", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n , identity\r\n\r\n0\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding:\x0b" "chunked\r\n\r\n0\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding:\r\nContent-Length: 2\r\n\r\n{}", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: 2\r\n 2\r\n\r\n{}", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: +2\r\n\r\n{}", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: 2, 2\r\n\r\n{}", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length:\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length:\r\n 2\r\n\r\n{}", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nHost: b\r\n\r\n", 400, ""},
        {&op, "GET " CATALOG HOST "No-Colon\r\n\r\n", 400, ""},
        {&op, "GET " CATALOG HOST " X: folded\r\n\r\n", 400, ""},
        {&op, "GET " CATALOG HOST "X: a\rY: b\r\n\r\n", 400, ""},
        {&op, "GET " CATALOG HOST "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 400, ""},
        {&op, "CONNECT localhost:443" HOST "\r\n", 400, ""},
        {&op, "GET " CATALOG " HTTP/2.0\r\nHost: a\r\n\r\n", 505, ""},
        {&op, "GET " CATALOG "\r\n\r\n", 400, ""}, /* HTTP/0.9 */
        {&op, "\x16\x03\x01 garbage\r\n\r\n", 400, ""},
        {&op, "GET " CATALOG HOST "Bad\x01Name: x\r\n\r\n", 400, ""},
        {&op, "GET " CATALOG HOST "X: a\x01z\r\n\r\n", 400, ""},
        {&op, "PUT " CATALOG HOST "Content-Type: application/json\r\nExpect: magic\r\nContent-Length: 2\r\n\r\n", 417, ""},
        {&op, long_target, 414, "UriTooLong"},
        {&op, long_head, 431, "RequestHeaderFieldsTooLarge"},
        {&op, many_heads, 431, ""},
        {&op, "GET " CATALOG "?busy" HOST "\r\n", 503, "Retry-After: 1"},
        {&op, "GET " CATALOG "?broken" HOST "\r\n", 500, "InternalServerError"},
        {&op, "GET " CATALOG "?never" HOST "\r\n", 503, "ServiceUnavailable"},
    };
    strcpy(long_target, "GET /");
    memset(long_target + 5, 'a', 8300);
    strcat(long_target, HOST "\r\n");
    strcpy(long_head, "GET " CATALOG HOST "X: ");
    memset(long_head + strlen(long_head), 'a', 17000);
    for (int i = 0; i < 1800; i++)
        strcat(i ? many_heads : strcpy(many_heads, "GET " CATALOG HOST), "X: abcde\r\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = ask(rows[i].who, rows[i].request);
        bool says = status && (strstr(answer, rows[i].says) ||
                               (answer_body && strstr((char *)answer_body, rows[i].says)));
        if (status != rows[i].status || !says)
            fprintf(stderr, "row %zu: %.90s\n%s\n", i, rows[i].request, status ? answer : "");
        CHECK_INT(status, rows[i].status);
        CHECK(says);
    }
}

/* No body behind an answer to HEAD, however early it was refused: to the client it
 * would be the next answer. */
static void test_head_refused(void)
{
    static char long_target[9000], long_head[20000];
    const char *const requests[] = {long_target, long_head, "HEAD " CATALOG HOST "X: a\x01z\r\n\r\n",
                                    "HEAD " CATALOG " HTTP/2.0\r\nHost: a\r\n\r\n"};
    static const int statuses[] = {414, 431, 400, 505};
    strcpy(long_target, "HEAD /");
    memset(long_target + 6, 'a', 8300);
    strcat(long_target, HOST "\r\n");
    strcpy(long_head, "HEAD " CATALOG HOST "X: ");
    memset(long_head + strlen(long_head), 'a', 17000);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct client c;
        REQUIRE(client_open_as(&c, &op, 0, NULL));
        client_send(&c, requests[i]);
        CHECK_INT(client_read(&c, true), statuses[i]);
        CHECK(client_ended(&c));
        client_close(&c);
    }
}

static void test_keep_alive(void)
{
    struct client c;
    REQUIRE(client_open_as(&c, &op, 0, NULL));
    /* Three at once, one of them refused, then one more; answers in order. */
    client_send(&c, "GET " CATALOG "?1" HOST "\r\n" "GET /nothing" HOST "\r\n\r\n"
                    "HEAD " CATALOG "?2" HOST "\r\n" "GET " CATALOG "?hold" HOST "\r\n"
                    "GET " CATALOG "?3" HOST "\r\n");
    CHECK_INT(client_read(&c, false), 200);
    CHECK(strstr((char *)answer_body, "|1|0|"));
    CHECK_INT(client_read(&c, false), 404);
    CHECK_INT(client_read(&c, true), 204); /* it exists, as Azure says it */
    CHECK(!strstr(answer, "Content-Length: "));
    CHECK_INT(client_read(&c, false), 200);
    CHECK_STR((char *)answer_body, "held");
    CHECK_INT(client_read(&c, false), 200);
    client_send(&c, "GET " CATALOG "?4" HOST "Connection: close\r\n\r\n");
    CHECK_INT(client_read(&c, false), 200);
    CHECK(client_ended(&c));
    client_close(&c);

    REQUIRE(client_open_as(&c, &op, 0, NULL)); /* Expect */
    client_send(&c, "PUT " CATALOG HOST "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK_INT(client_read(&c, true), 100);
    client_send(&c, "{}");
    CHECK_INT(client_read(&c, false), 200);
    client_close(&c);
}

/* What has an ETag: HEAD is GET without its body, and who has it already gets it not. */
static void test_file(void)
{
    struct client c;
    REQUIRE(client_open_as(&c, &op, 0, NULL));
    client_send(&c, "GET " CATALOG "?file" HOST "\r\n");
    CHECK_INT(client_read(&c, false), 200);
    CHECK(answer_bytes && strstr(answer, "\r\nETag: \"f1\"\r\n") && strstr(answer, "\r\nCache-Control: public, max-age=9\r\n"));
    CHECK(!strstr(answer, "Pragma: ") && !strstr(answer, "Expires: "));
    client_send(&c, "HEAD " CATALOG "?file" HOST "\r\n");
    CHECK_INT(client_read(&c, true), 200);
    CHECK(strstr(answer, "\r\nETag: \"f1\"\r\n") && strstr(answer, "\r\nContent-Length: ") && !strstr(answer, "Content-Length: 0"));
    static const char *const had[] = {"\"f1\"", "\"x\", W/\"f1\"", "*"}, *const methods[] = {"GET", "HEAD"};
    for (size_t i = 0; i < 2 * sizeof had / sizeof had[0]; i++) {
        char request[256];
        snprintf(request, sizeof request, "%s " CATALOG "?file" HOST "If-None-Match: %s\r\n\r\n", methods[i % 2], had[i / 2]);
        client_send(&c, request);
        CHECK_INT(client_read(&c, true), 304);
        CHECK(strstr(answer, "\r\nETag: \"f1\"\r\n") && !strstr(answer, "Content-Length: "));
    }
    client_send(&c, "GET " CATALOG "?file" HOST "If-None-Match: \"f\"\r\n\r\n");
    CHECK_INT(client_read(&c, false), 200);
    client_send(&c, "GET " CATALOG "?1" HOST "If-None-Match: *\r\n\r\n"); /* a resource has none */
    CHECK_INT(client_read(&c, false), 200);
    client_send(&c, "GET " CATALOG "?file" HOST "\r\n"); /* the connection went through all of it */
    CHECK_INT(client_read(&c, false), 200);
    client_close(&c);
}

/* The client's id of a request comes back where it asks for it, in the shape of an id. */
static void test_client_request_id(void)
{
    static const struct {
        const char *headers, *back;
    } rows[] = {
        {"x-ms-client-request-id: ab-1\r\nx-ms-return-client-request-id: true\r\n", "\r\nx-ms-client-request-id: ab-1\r\n"},
        {"x-ms-return-client-request-id: True\r\nX-MS-Client-Request-Id: ab-1\r\n", "\r\nx-ms-client-request-id: ab-1\r\n"},
        {"x-ms-client-request-id: ab-1\r\n", NULL},
        {"x-ms-client-request-id: ab-1\r\nx-ms-return-client-request-id: false\r\n", NULL},
        {"x-ms-client-request-id: a;b\r\nx-ms-return-client-request-id: true\r\n", NULL},
        {"x-ms-return-client-request-id: true\r\n", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int known = 0; known < 2; known++) { /* refusals too */
            char request[512];
            snprintf(request, sizeof request, "GET %s" HOST "%s\r\n", known ? CATALOG : "/nothing", rows[i].headers);
            CHECK_INT(ask(&op, request), known ? 200 : 404);
            CHECK(rows[i].back ? strstr(answer, rows[i].back) != NULL : !strstr(answer, "x-ms-client-request-id"));
        }
}

static void test_stream(void)
{
    CHECK_INT(ask(&os, "GET " IMAGE HOST "\r\n"), 200);
    CHECK_INT(answer_bytes, STREAM_BYTES);
    size_t wrong = 0;
    for (size_t i = 0; i < answer_bytes; i++)
        wrong += answer_body[i] != stream_byte(i);
    CHECK_INT(wrong, 0);
    CHECK(strstr(answer, "Accept-Ranges: bytes") && strstr(answer, "Cache-Control: no-store"));
    CHECK_INT(ask(&os, "GET " IMAGE HOST "Range: bytes=1000-1499\r\n\r\n"), 206);
    CHECK_INT(answer_bytes, 500);
    CHECK(answer_bytes == 500 && answer_body[0] == stream_byte(1000));
    CHECK(strstr(answer, "Content-Range: bytes 1000-1499/3000000") != NULL);
    CHECK_INT(ask(&os, "HEAD " IMAGE HOST "\r\n"), 200);
    CHECK(strstr(answer, "Content-Length: 3000000") != NULL);
    /* Leaves in the middle, with the next block under way. */
    for (int i = 0; i < 5; i++) {
        struct client c;
        char some[1000];
        REQUIRE(client_open_as(&c, &os, 0, NULL));
        client_send(&c, "GET " IMAGE HOST "\r\n");
        CHECK(SSL_read(c.ssl, some, sizeof some) > 0);
        client_close(&c);
    }
}

/* In TLS 1.3 a refused client certificate shows at the first read. */
static bool handshake_works(const struct pair *who, int version)
{
    struct client c;
    bool works = client_open_as(&c, who, version, NULL);
    if (works) {
        client_send(&c, "POST /daa/v1/challenge" HOST "\r\n");
        works = client_read(&c, false) != 0;
    }
    client_close(&c);
    return works;
}

/* The groups that there are, with the share that comes first taken; and no other. */
static void test_groups(void)
{
    static const struct {
        const char *list;
        int group; /* 0: no handshake */
    } rows[] = {{"P-256", NID_X9_62_prime256v1}, {"X25519", NID_X25519}, {"P-384", NID_secp384r1},
                {"P-256:X25519", NID_X9_62_prime256v1}, {"P-521:P-256", NID_X9_62_prime256v1} /* asked again */,
                {"P-521", 0}, {"X448", 0}, {"ffdhe2048", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client c;
        client_groups = rows[i].list;
        bool works = client_open_as(&c, &os, 0, NULL);
        CHECK_INT(works, rows[i].group != 0);
        if (works)
            CHECK_INT(SSL_get_negotiated_group(c.ssl), rows[i].group);
        client_close(&c);
    }
    client_groups = NULL;
}

static void test_tls(void)
{
    CHECK(handshake_works(NULL, TLS1_3_VERSION));
    CHECK(handshake_works(&op, TLS1_3_VERSION));
    CHECK(!handshake_works(NULL, TLS1_2_VERSION));
    CHECK(!handshake_works(&self_signed, 0));
    CHECK(!handshake_works(&expired, 0));
    CHECK(!handshake_works(&late, 0));
    CHECK(!handshake_works(&foreign, 0));
    CHECK(!handshake_works(&server, 0)); /* not for clients */
    CHECK(!handshake_works(&wrong_name, 0));
    static const struct {
        const char *offered;
        bool works;
    } protocols[] = {{"\x08http/1.1", true}, {"\x08http/1.0", true}, {"\x02h2\x08http/1.1", true}, {"\x02h2", false}};
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        client_protocols = protocols[i].offered;
        CHECK_INT(handshake_works(&op, 0), protocols[i].works);
    }
    client_protocols = NULL;

    /* Resumption keeps the identity. */
    struct client c;
    REQUIRE(client_open_as(&c, &op, 0, NULL));
    client_send(&c, "GET " CATALOG HOST "\r\n");
    CHECK_INT(client_read(&c, false), 200);
    client_close(&c);
    REQUIRE(kept != NULL);
    SSL_SESSION *session = kept;
    kept = NULL;
    for (int i = 0; i < 2; i++) { /* the second by the ticket of the first resumption */
        REQUIRE(client_open_as(&c, NULL, 0, session));
        CHECK(SSL_session_reused(c.ssl));
        client_send(&c, "GET " CATALOG HOST "\r\n");
        CHECK_INT(client_read(&c, false), 200);
        CHECK(answer_body && strncmp((char *)answer_body, "Catalogs_Get|1|ada|", 19) == 0);
        client_close(&c);
        SSL_SESSION_free(session);
        session = kept;
        kept = NULL;
    }
    SSL_SESSION_free(session);
    /* An anonymous one gets no ticket, and a device none: it would not use it. */
    CHECK(handshake_works(NULL, 0));
    CHECK(kept == NULL);
    CHECK_INT(ask(&os, "POST /update/v1/check" HOST "\r\n"), 200);
    CHECK(kept == NULL);

    /* Not TLS at all. */
    int fd = tcp_open();
    char byte;
    REQUIRE(write(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27) == 27);
    while (read(fd, &byte, 1) == 1)
        ;
    close(fd);
}

/* A key object with the public half of one and the private half of the other. */
static EVP_PKEY *key_of_two(EVP_PKEY *public, EVP_PKEY *private)
{
    BIGNUM *scalar = NULL;
    uint8_t *point = NULL;
    EVP_PKEY *key = NULL;
    size_t len = EVP_PKEY_get1_encoded_public_key(public, &point);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    REQUIRE(len && ctx && build && EVP_PKEY_get_bn_param(private, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1);
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, len);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    REQUIRE(EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    OPENSSL_free(point);
    BN_free(scalar);
    return key;
}

/* A certificate that was verified before spares its CA's signature, and nothing else. */
static void test_known_certificates(void)
{
    struct pair thief = {os.certificate, key_of_two(os.key, op.key)};
    struct pair forged = {X509_dup(os.certificate), os.key};
    struct pair brief = pair_make(device_id, &os_ca, false, "clientAuth", -60, 2);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(ask(&os, "POST /update/v1/check" HOST "\r\n"), 200);
        CHECK(strstr((char *)answer_body, "Update_Check|2|") != NULL);
        CHECK(!handshake_works(&thief, 0)); /* shows it without its key */
        CHECK_INT(ask(&update, "POST /update/v1/check" HOST "\r\n"), 200);
        CHECK(strstr((char *)answer_body, "Update_Check|3|") != NULL);
        CHECK(!handshake_works(&foreign, 0));
        CHECK(!handshake_works(&wrong_name, 0)); /* verifies, and is nobody all the same */
    }
    /* The same names, key and serial number: only not what the CA signed. */
    REQUIRE(forged.certificate && X509_gmtime_adj(X509_getm_notAfter(forged.certificate), 9 * 86400));
    REQUIRE(X509_sign(forged.certificate, op.key, EVP_sha256()) > 0);
    CHECK(!handshake_works(&forged, 0));
    CHECK(handshake_works(&os, 0));
    bool works = handshake_works(&brief, 0);
    CHECK(works);
    for (int i = 0; i < 100 && works; i++) {
        usleep(100000);
        works = handshake_works(&brief, 0);
    }
    CHECK(!works); /* its end is looked at each time */
    X509_free(forged.certificate);
    EVP_PKEY_free(thief.key);
    X509_free(brief.certificate);
    EVP_PKEY_free(brief.key);
}

/* A connection does not keep an identity past the end of its certificate. */
static void test_certificate_ends(void)
{
    struct pair brief = pair_make("ada", &operator_ca, false, "clientAuth", -60, 3);
    struct client c;
    int status = 200;
    REQUIRE(client_open_as(&c, &brief, 0, NULL));
    for (int i = 0; i < 200 && status == 200; i++) {
        client_send(&c, "GET " CATALOG HOST "\r\n");
        status = client_read(&c, false);
        usleep(100000);
    }
    CHECK_INT(status, 401);
    CHECK(strstr(answer, "Connection: close") != NULL);
    CHECK(client_ended(&c));
    client_close(&c);
    X509_free(brief.certificate);
    EVP_PKEY_free(brief.key);
}

/* Slow clients are cut by the wall clock and hold nobody up. */
static void test_slow(void)
{
    static const char *const starts[] = {
        "GET " CATALOG HOST, /* the head never ends */
        "PUT " CATALOG HOST "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    };
    struct client slow[2], silent;
    int quiet = tcp_open(); /* no handshake */
    int cut[2] = {0, 0};
    REQUIRE(client_open_as(&silent, &op, 0, NULL));
    for (int i = 0; i < 2; i++) {
        REQUIRE(client_open_as(&slow[i], &op, 0, NULL));
        client_send(&slow[i], starts[i]);
    }
    for (int round = 0; round < 200 && (!cut[0] || !cut[1]); round++) {
        for (int i = 0; i < 2; i++) {
            struct pollfd p = {slow[i].fd, POLLIN, 0};
            if (cut[i])
                continue;
            /* Each byte comes well within any inactivity limit. */
            client_send(&slow[i], i ? " " : "X");
            /* Session tickets are readable too: only an answer counts. */
            char byte;
            if (poll(&p, 1, 0) == 1 && SSL_peek(slow[i].ssl, &byte, 1) == 1)
                cut[i] = client_read(&slow[i], false);
        }
        CHECK_INT(ask(&op, "GET " CATALOG HOST "\r\n"), 200);
        usleep(50000);
    }
    CHECK_INT(cut[0], 408);
    CHECK_INT(cut[1], 408);
    char byte;
    CHECK(read(quiet, &byte, 1) <= 0); /* ends by itself */
    CHECK(client_ended(&silent));      /* after idle_timeout_s */
    close(quiet);
    client_close(&silent);
    client_close(&slow[0]);
    client_close(&slow[1]);
}

/* More connections than allowed wait in line; none is lost. */
static void test_connection_limit(void)
{
    int fd[CONNECTIONS_MAX + 4];
    for (int i = 0; i < CONNECTIONS_MAX + 4; i++)
        REQUIRE((fd[i] = tcp_open()) >= 0);
    for (int i = 0; i < CONNECTIONS_MAX + 4; i += 2)
        close(fd[i]);
    CHECK_INT(ask(&op, "GET " CATALOG HOST "\r\n"), 200);
    for (int i = 1; i < CONNECTIONS_MAX + 4; i += 2)
        close(fd[i]);
}

static void test_drain(void)
{
    struct client busy, idle;
    int status;
    REQUIRE(client_open_as(&idle, &op, 0, NULL));
    client_send(&idle, "GET " CATALOG HOST "\r\n");
    CHECK_INT(client_read(&idle, false), 200);
    REQUIRE(client_open_as(&busy, &op, 0, NULL));
    client_send(&busy, "GET " CATALOG "?hold" HOST "\r\n");
    usleep(100000); /* the request is with the backend before the signal */
    kill(front_pid, SIGTERM);
    CHECK_INT(client_read(&busy, false), 200);
    CHECK_STR((char *)answer_body, "held");
    CHECK(strstr(answer, "Connection: close") != NULL);
    CHECK(client_ended(&idle));
    client_close(&idle);
    client_close(&busy);
    REQUIRE(waitpid(front_pid, &status, 0) == front_pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(tcp_open() < 0);
    REQUIRE(waitpid(backend_pid, &status, 0) == backend_pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* One JSON object a line, and nothing that a client sent but its path's route. */
static void test_log(void)
{
    char path[128], line[2048];
    size_t lines = 0;
    bool seen = false;
    snprintf(path, sizeof path, "%s/log", top);
    FILE *f = fopen(path, "r");
    REQUIRE(f != NULL);
    while (fgets(line, sizeof line, f)) {
        lines++;
        CHECK(strncmp(line, "{\"time\":\"2", 10) == 0 || strncmp(line, "channel:", 8) == 0);
        CHECK(!strstr(line, "api-version") && !strstr(line, "abc-1"));
        if (strncmp(line, "{\"time\":\"2", 10) != 0)
            fprintf(stderr, "log: %s", line);
        seen |= strstr(line, "\"method\":\"GET\",\"route\":\"Catalogs_Get\",\"status\":200,") &&
                strstr(line, "\"identity\":\"operator\",\"name\":\"ada\"}");
    }
    fclose(f);
    CHECK(lines > 50);
    CHECK(seen);
}

int main(void)
{
    char path[128];
    signal(SIGPIPE, SIG_IGN);
    strcpy(top, "/tmp/peri-front-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL);
    snprintf(path, sizeof path, "%s/front", top);
    REQUIRE(mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/front/anchors", top);
    REQUIRE(mkdir(path, 0700) == 0);
    certificates_make();
    start();
    test_served();
    test_refused();
    test_head_refused();
    test_keep_alive();
    test_file();
    test_client_request_id();
    test_stream();
    test_groups();
    test_tls();
    test_known_certificates();
    test_certificate_ends();
    test_slow();
    test_connection_limit();
    test_drain();
    test_log();
    SSL_SESSION_free(kept);
    free(answer_body);
    certificates_free();
    snprintf(path, sizeof path, "rm -rf %s", top);
    REQUIRE(system(path) == 0);
    return check_done();
}
