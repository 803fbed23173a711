/* SPDX-License-Identifier: BSD-2-Clause */
/* Guarantees of service/ipc/http_message.h, both ways, and each refusal. */
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/cbor.h"
#include "service/api/routes.h"
#include "service/ipc/http_message.h"
#include "tests/check.h"

static struct span text(const char *s) { return span_of(s, strlen(s)); }

static struct http_request request_good(void)
{
    struct http_request r = {
        .route = ROUTE_ID_Update_Image,
        .identity = HTTP_IDENTITY_OPERATOR,
        .identity_name = text("ab12"),
        .identity_key = {1, 2, 3},
        .identity_serial = {4, 5},
        .param_count = 2,
        .param = {text("one"), text("two three")},
        .query = text("$top=1"),
        .range = text("bytes=0-1"),
        .if_match = text("*"),
        .if_none_match = text("\"a\", W/\"b\""),
        .if_range = text("\"a\""),
        .request_id = text("r1"),
        .body = span_of("\0\1\2", 3),
    };
    return r;
}

static struct http_response response_good(void)
{
    struct http_response r = {
        .status = 202,
        .content_type = text("application/json"),
        .location = text("https://x/y"),
        .async_operation = text("https://x/z"),
        .content_range = text("bytes 0-1/2"),
        .etag = text("\"a\""),
        .cache_control = text("public, max-age=1"),
        .retry_after_s = 5,
        .no_retry_header = true,
        .body = text("{}"),
    };
    return r;
}

static int request_try(const struct http_request *r)
{
    static uint8_t bytes[16384];
    struct http_request got;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(http_request_write(r, &w) == 0);
    CHECK(w.len <= http_request_bytes(r));
    int err = http_request_parse(writer_view(&w), &got);
    if (err)
        CHECK(got.identity_name.at == NULL && got.body.at == NULL && got.param_count == 0);
    return err;
}

static int response_try(const struct http_response *r)
{
    static uint8_t bytes[16384];
    struct http_response got;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(http_response_write(r, &w) == 0);
    CHECK(w.len <= http_response_bytes(r));
    return http_response_parse(writer_view(&w), &got);
}

static void test_request(void)
{
    uint8_t bytes[1024];
    struct http_request in = request_good(), out;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(http_request_write(&in, &w) == 0);
    REQUIRE(http_request_parse(writer_view(&w), &out) == 0);
    CHECK_INT(out.route, in.route);
    CHECK_INT(out.identity, in.identity);
    CHECK(span_equal(out.identity_name, in.identity_name));
    CHECK_MEM(out.identity_key, in.identity_key, 32);
    CHECK_MEM(out.identity_serial, in.identity_serial, 16);
    CHECK_INT(out.param_count, 2);
    CHECK(span_equal(out.param[1], in.param[1]));
    CHECK(span_equal(out.query, in.query) && span_equal(out.range, in.range));
    CHECK(span_equal(out.if_none_match, in.if_none_match) && span_equal(out.if_range, in.if_range));
    CHECK(span_equal(out.if_match, in.if_match) && span_equal(out.request_id, in.request_id));
    CHECK(span_equal(out.body, in.body));

    static char large[HTTP_QUERY_MAX + 1];
    memset(large, 'a', sizeof large);
#define BAD(change, want)                       \
    do {                                        \
        struct http_request r = request_good(); \
        change;                                 \
        CHECK_INT(request_try(&r), want);       \
    } while (0)
    BAD((void)0, 0);
    BAD(r.route = ROUTE_COUNT, E_LIMIT);
    BAD(r.identity = HTTP_IDENTITY_TOKEN + 1, E_LIMIT);
    BAD(r.identity = HTTP_IDENTITY_TOKEN, E_MALFORMED); /* a serial number without a certificate */
    BAD(r.identity = HTTP_IDENTITY_OS, 0);
    BAD(r.identity = HTTP_IDENTITY_NONE, E_MALFORMED); /* a name without identity */
    BAD(r.identity_name.len = 0, E_MALFORMED);
    BAD((r.identity = 0, r.identity_name.len = 0), E_MALFORMED); /* a key without identity */
    BAD(r.identity_name = span_of(large, 257), E_LIMIT);
    BAD(r.param[0].len = 0, E_MALFORMED);
    BAD(r.param[0] = text("a\nb"), E_MALFORMED);
    BAD(r.param[0] = span_of(large, 256), E_LIMIT);
    BAD(r.query = span_of(large, sizeof large), E_LIMIT);
    BAD(r.query = span_of(large, sizeof large - 1), 0);
    BAD(r.range = text("\r"), E_MALFORMED);
#undef BAD
    in.param_count = HTTP_PARAMS_MAX + 1;
    w = writer_of(bytes, sizeof bytes);
    CHECK_INT(http_request_write(&in, &w), E_RANGE);
}

static void test_response(void)
{
    static char large[2049];
    memset(large, 'a', sizeof large);
#define BAD(change, want)                         \
    do {                                          \
        struct http_response r = response_good(); \
        change;                                   \
        CHECK_INT(response_try(&r), want);        \
    } while (0)
    BAD((void)0, 0);
    BAD(r.status = 199, E_LIMIT);
    BAD(r.status = 600, E_LIMIT);
    BAD(r.location = text("x\r\nSet-Cookie: a"), E_MALFORMED); /* response splitting */
    BAD(r.content_range = text("a\x7f"), E_MALFORMED);
    BAD(r.etag = text("\"a\"\r\nX: y"), E_MALFORMED);
    BAD(r.cache_control = text("a\nb"), E_MALFORMED);
    BAD(r.async_operation = span_of(large, sizeof large), E_LIMIT);
    BAD(r.retry_after_s = UINT32_MAX, E_LIMIT);
    BAD(r.content_type.len = 0, E_MALFORMED);
    BAD(r.body.len = 0, E_MALFORMED);
    BAD(r.stream_length = 1, E_MALFORMED); /* two bodies */
    BAD((r.body.len = 0, r.stream_length = 1), 0);
    BAD((r.body.len = 0, r.stream_length = UINT64_MAX), E_LIMIT);
    BAD((r.body.len = 0, r.stream_length = 1, r.stream_offset = UINT64_MAX), E_LIMIT);
    BAD((r.status = 204, r.body.len = 0, r.content_type.len = 0), 0);
#undef BAD
}

static void test_pull(void)
{
    uint8_t bytes[64];
    struct http_pull in = {.token = {9}, .offset = 77, .length = HTTP_PULL_MAX}, out;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(http_pull_write(&in, &w) == 0);
    REQUIRE(http_pull_parse(writer_view(&w), &out) == 0);
    CHECK(out.offset == 77 && out.length == HTTP_PULL_MAX && out.token[0] == 9);
    for (size_t cut = 0; cut < w.len; cut++)
        CHECK(http_pull_parse(span_of(bytes, cut), &out) != 0);
    bytes[w.len] = 0;
    CHECK_INT(http_pull_parse(span_of(bytes, w.len + 1), &out), E_TRAILING);
    static const struct http_pull bad[] = {
        {.length = 0}, {.length = HTTP_PULL_MAX + 1}, {.length = 1, .offset = INT64_MAX}};
    for (size_t i = 0; i < 3; i++) {
        w = writer_of(bytes, sizeof bytes);
        REQUIRE(http_pull_write(&bad[i], &w) == 0);
        CHECK_INT(http_pull_parse(writer_view(&w), &out), E_LIMIT);
    }
}

/* -- http_reply_problem through a channel -------------------------------- */

static void refuse(void *context, struct channel_request *request, struct span payload)
{
    (void)context;
    (void)payload;
    http_reply_problem(request, 403, "evidence is malformed", NULL, 60);
}

static size_t answered;

static void on_answer(void *context, int status, struct span payload)
{
    struct http_response r;
    (void)context;
    answered++;
    CHECK_INT(status, 0);
    REQUIRE(http_response_parse(payload, &r) == 0);
    CHECK_INT(r.status, 403);
    CHECK_INT(r.retry_after_s, 60);
    CHECK(span_equal(r.content_type, text("application/concise-problem-details+cbor")));
    struct cursor c = cursor_of(r.body);
    cbor_expect_map(&c, 3);
    cbor_expect_int(&c, -1);
    CHECK(span_equal(cbor_get_text(&c), text("evidence is malformed")));
    cbor_expect_int(&c, -2);
    CHECK_INT(cbor_get_text(&c).len, 0);
    cbor_expect_int(&c, -3);
    CHECK_INT(cbor_get_uint(&c), 60);
    CHECK_INT(cursor_end(&c), 0);
}

static void test_problem(void)
{
    static const struct channel_operation operation = {HTTP_OP_REQUEST, "request", 10, refuse};
    int fd[2];
    struct event_base *base = event_base_new();
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    struct channel *server = channel_new(base, fd[0], &operation, 1, NULL, NULL);
    struct channel *asker = channel_new(base, fd[1], NULL, 0, NULL, NULL);
    REQUIRE(channel_call(asker, HTTP_OP_REQUEST, text("x"), on_answer, NULL) == 0);
    for (int i = 0; i < 100; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    CHECK_INT(answered, 1);
    channel_free(server);
    channel_free(asker);
    event_base_loop(base, EVLOOP_NONBLOCK);
    event_base_free(base);
}

static void test_etag(void)
{
    static const struct {
        const char *list, *etag;
        bool in;
    } rows[] = {{"\"a\"", "\"a\"", true},   {"*", "\"a\"", true},        {"W/\"a\"", "\"a\"", true}, {"\"b\", \"a\"", "\"a\"", true},
                {"", "\"a\"", false},       {"\"ab\"", "\"a\"", false}, {"a", "\"a\"", false},     {"\"b\",", "\"a\"", false},
                {"**", "\"a\"", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(http_etag_listed(text(rows[i].list), text(rows[i].etag)), rows[i].in);
}

int main(void)
{
    test_etag();
    test_request();
    test_response();
    test_pull();
    test_problem();
    return check_done();
}
