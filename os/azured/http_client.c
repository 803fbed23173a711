/* SPDX-License-Identifier: BSD-2-Clause */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include "os/azured/http_client.h"

#include <http_parser.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "os/azured/certificate_dates.h"
#include "os/azured/device_time.h"
#include "os/azured/http_connect.h"

enum { ANCHOR_BYTES_MAX = 4096 };

int http_url_split(const char *url, char host[static HTTP_CLIENT_HOST_MAX + 1], char port[static 6])
{
    static const char scheme[] = "https://";
    struct http_parser_url parts;
    host[0] = port[0] = 0;
    size_t len = strlen(url);
    http_parser_url_init(&parts);
    if (len > 1024 || strncmp(url, scheme, sizeof scheme - 1) != 0 ||
        http_parser_parse_url(url, len, 0, &parts) != 0)
        return E_MALFORMED;
    unsigned other = 1u << UF_QUERY | 1u << UF_FRAGMENT | 1u << UF_USERINFO;
    bool root = !(parts.field_set & 1u << UF_PATH) || parts.field_data[UF_PATH].len == 1;
    if (parts.field_set & other || !root || !(parts.field_set & 1u << UF_HOST) ||
        (parts.field_set & 1u << UF_PORT && parts.port == 0))
        return E_MALFORMED;
    if (parts.field_data[UF_HOST].len > HTTP_CLIENT_HOST_MAX)
        return E_LIMIT;
    memcpy(host, url + parts.field_data[UF_HOST].off, parts.field_data[UF_HOST].len);
    host[parts.field_data[UF_HOST].len] = 0;
    snprintf(port, 6, "%u", parts.field_set & 1u << UF_PORT ? parts.port : 443u);
    return 0;
}

int http_client_init(struct http_client *client, const char *url, const char *anchor)
{
    memset(client, 0, sizeof *client);
    client->fd = -1;
    client->silence_ms = HTTP_CLIENT_SILENCE_MS;
    client->exchange_ms = HTTP_CLIENT_EXCHANGE_MS;
    if (strlen(anchor) >= sizeof client->anchor)
        return E_LIMIT;
    strcpy(client->anchor, anchor);
    int err = http_url_split(url, client->host, client->port);
    return err ? err : http_client_identify(client, span_of(NULL, 0), NULL);
}

void http_client_close(struct http_client *client)
{
    if (client->session)
        wolfSSL_free(client->session);
    client->session = NULL;
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

void http_client_release(struct http_client *client)
{
    http_client_close(client);
    if (client->context)
        wolfSSL_CTX_free(client->context);
    client->context = NULL;
}

/* wolfSSL's private-key callback: the digest goes to the root of trust. */
static int key_sign(WOLFSSL *ssl, const unsigned char *in, unsigned int in_bytes, unsigned char *out,
                    word32 *out_bytes, const unsigned char *key, unsigned int key_bytes, void *context)
{
    const struct signer *signer = context;
    uint8_t raw[P256_SIGNATURE_BYTES];
    (void)ssl, (void)key, (void)key_bytes;
    if (!signer || in_bytes != SHA256_BYTES || signer->sign(signer->context, in, raw) != 0)
        return -1;
    return wc_ecc_rs_raw_to_sig(raw, 32, raw + 32, 32, out, out_bytes);
}

/* Refuses what wolfSSL refuses; remembers from when on a chain would hold whose
 * dates are a reason. */
static int peer_verify(int good, WOLFSSL_X509_STORE_CTX *store)
{
    struct http_client *client = store->userCtx;
    bool outside = false;
    if (good || !client)
        return good;
    uint64_t latest = 0, now = device_time_s();
    for (int i = 0; i < store->totalCerts; i++) {
        uint64_t begin, end;
        struct span der = span_of(store->certs[i].buffer, store->certs[i].length);
        if (certificate_dates(der, &begin, &end))
            return good;
        outside |= now < begin || now > end;
        latest = begin > latest ? begin : latest;
    }
    if (outside) /* whatever else is wrong is found again at that date */
        client->begins_s = latest;
    return good;
}

/* One certificate: where it ends in text.  An anchor came with the device: that the clock is outside of its dates says nothing
 * against it, so it is loaded at a date of its own. */
static size_t anchor_one(WOLFSSL_CTX *context, struct span text, int *err)
{
    static const char begin_mark[] = "-----BEGIN CERTIFICATE-----", end_mark[] = "-----END CERTIFICATE-----";
    uint8_t der[ANCHOR_BYTES_MAX];
    uint64_t begin, end, now = device_time_s();
    const uint8_t *from = memmem(text.at, text.len, begin_mark, sizeof begin_mark - 1);
    const uint8_t *to = from ? memmem(from, text.len - (size_t)(from - text.at), end_mark, sizeof end_mark - 1) : NULL;
    if (!to)
        return text.len;
    struct span one = span_of(from, (size_t)(to - from) + sizeof end_mark - 1);
    int bytes = wc_CertPemToDer(one.at, (int)one.len, der, sizeof der, CERT_TYPE);
    if (bytes > 0 && certificate_dates(span_of(der, (size_t)bytes), &begin, &end) == 0) {
        if (now < begin || now > end)
            device_time_suppose(begin);
        if (wolfSSL_CTX_load_verify_buffer(context, der, bytes, WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS)
            *err = 0;
        device_time_suppose_end();
    }
    return (size_t)(one.at - text.at) + one.len;
}

/* All certificates of the file: a root, and the one that is to follow it.  E_DENIED: there is none. */
static int anchor_load(WOLFSSL_CTX *context, const char *path)
{
    uint8_t text[ANCHOR_BYTES_MAX];
    FILE *f = fopen(path, "re");
    size_t len = f ? fread(text, 1, sizeof text, f) : 0;
    bool whole = f && len < sizeof text && !ferror(f);
    int err = E_DENIED;
    if (f)
        fclose(f);
    for (size_t at = 0; whole && at < len;)
        at += anchor_one(context, span_of(text + at, len - at), &err);
    return err;
}

int http_client_identify(struct http_client *client, struct span pem, struct signer *signer)
{
    http_client_release(client);
    WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
    if (!context)
        return E_NOMEM;
    client->context = context;
    client->identified = pem.len != 0;
    wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, peer_verify);
    if (anchor_load(context, client->anchor))
        return E_DENIED;
    if (!pem.len)
        return 0;
    /* The leaf alone: the service has its own CAs, and would take apart each that is sent. */
    if (pem.len > LONG_MAX ||
        wolfSSL_CTX_use_certificate_buffer(context, pem.at, (long)pem.len, WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
        return E_MALFORMED;
    wolfSSL_CTX_SetEccSignCb(context, key_sign);
    wolfSSL_CTX_SetEccSignCtx(context, signer);
    return 0;
}

/* 0 to call again, or what the session's error means. */
static int session_wait(struct http_client *client, int result, int64_t deadline)
{
    switch (wolfSSL_get_error(client->session, result)) {
    case WOLFSSL_ERROR_WANT_READ:
        return http_fd_wait(client->fd, POLLIN, client->silence_ms, deadline);
    case WOLFSSL_ERROR_WANT_WRITE:
        return http_fd_wait(client->fd, POLLOUT, client->silence_ms, deadline);
    case WOLFSSL_ERROR_ZERO_RETURN:
    case SOCKET_ERROR_E:
    case SOCKET_PEER_CLOSED_E:
        return E_NETWORK;
    default:
        return E_DENIED; /* certificate, alert, handshake: not a matter of trying again soon */
    }
}

static int session_connect(struct http_client *client, int64_t deadline)
{
    int err = http_connect(client, deadline);
    if (err)
        return err;
    client->session = wolfSSL_new(client->context);
    if (!client->session)
        return E_NOMEM;
    client->begins_s = 0;
    wolfSSL_SetCertCbCtx(client->session, client);
    if (wolfSSL_check_domain_name(client->session, client->host) != WOLFSSL_SUCCESS ||
        wolfSSL_set_fd(client->session, client->fd) != WOLFSSL_SUCCESS)
        return E_NOMEM;
    wolfSSL_set_using_nonblock(client->session, 1);
    for (;;) {
        int result = wolfSSL_connect(client->session);
        if (result == WOLFSSL_SUCCESS)
            return 0;
        err = session_wait(client, result, deadline);
        if (err)
            return err;
    }
}

/* As session_connect(); while nobody knows the time, a certificate is taken at the date
 * that it names itself.  All else is checked as ever. */
static int session_connect_undated(struct http_client *client, int64_t deadline)
{
    int err = session_connect(client, deadline);
    if (err != E_DENIED || !client->begins_s || client->identified || device_time_known())
        return err;
    uint64_t begins_s = client->begins_s;
    http_client_close(client);
    device_time_suppose(begins_s);
    err = session_connect(client, deadline);
    device_time_suppose_end();
    return err;
}

static int session_write(struct http_client *client, struct span bytes, int64_t deadline)
{
    while (bytes.len) {
        int step = bytes.len > 16384 ? 16384 : (int)bytes.len;
        int n = wolfSSL_write(client->session, bytes.at, step);
        if (n > 0) {
            bytes = span_of(bytes.at + n, bytes.len - (size_t)n);
            continue;
        }
        int err = session_wait(client, n, deadline);
        if (err)
            return err;
    }
    return 0;
}

/* What the parser's callbacks share. */
struct answer {
    struct http_exchange *exchange;
    enum { HEADER_OTHER, HEADER_RETRY_AFTER, HEADER_LOCATION } header;
    size_t location_len;
    char field[32];
    size_t field_len;
    bool in_value;
    size_t header_bytes;
    int err;
    bool complete;
};

static int header_field(http_parser *parser, const char *at, size_t len)
{
    struct answer *a = parser->data;
    if (a->in_value)
        a->field_len = 0;
    a->in_value = false;
    a->header_bytes += len;
    for (size_t i = 0; i < len; i++, a->field_len++)
        if (a->field_len < sizeof a->field)
            a->field[a->field_len] = at[i];
    a->header = a->field_len == 11 && strncasecmp(a->field, "retry-after", 11) == 0 ? HEADER_RETRY_AFTER
                : a->field_len == 8 && strncasecmp(a->field, "location", 8) == 0    ? HEADER_LOCATION
                                                                                    : HEADER_OTHER;
    return a->header_bytes > HTTP_CLIENT_HEADERS_MAX;
}

static int header_value(http_parser *parser, const char *at, size_t len)
{
    struct answer *a = parser->data;
    a->in_value = true;
    a->header_bytes += len;
    for (size_t i = 0; a->header == HEADER_LOCATION && i < len; i++) {
        char *location = a->exchange->location;
        if (a->location_len < HTTP_CLIENT_LOCATION_MAX && at[i] > 0x20 && at[i] < 0x7f) {
            location[a->location_len++] = at[i];
            location[a->location_len] = '\0';
        } else { /* what is cut leads elsewhere: none of it */
            location[0] = '\0';
            a->location_len = HTTP_CLIENT_LOCATION_MAX;
        }
    }
    for (size_t i = 0; a->header == HEADER_RETRY_AFTER && i < len; i++) {
        uint32_t *s = &a->exchange->retry_after_s;
        if (at[i] < '0' || at[i] > '9' || *s > 86400) /* a date, or absurd: not used */
            a->header = HEADER_OTHER;
        else
            *s = *s * 10 + (uint32_t)(at[i] - '0');
    }
    return a->header_bytes > HTTP_CLIENT_HEADERS_MAX;
}

static int headers_complete(http_parser *parser)
{
    struct answer *a = parser->data;
    a->exchange->status = parser->status_code;
    if (parser->flags & F_CHUNKED || parser->status_code < 200) {
        a->err = E_MALFORMED;
        return 2; /* not a thing our service sends */
    }
    return 0;
}

static int body_piece(http_parser *parser, const char *at, size_t len)
{
    struct answer *a = parser->data;
    struct http_exchange *x = a->exchange;
    if (x->sink && x->status >= 200 && x->status < 300) {
        a->err = x->sink(x->sink_context, span_of(at, len));
        return a->err != 0;
    }
    writer_bytes(&x->body_room, at, len);
    if (x->body_room.err)
        a->err = E_LIMIT;
    return a->err != 0;
}

static int message_complete(http_parser *parser)
{
    struct answer *a = parser->data;
    a->complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings callbacks = {
    .on_header_field = header_field,
    .on_header_value = header_value,
    .on_headers_complete = headers_complete,
    .on_body = body_piece,
    .on_message_complete = message_complete,
};

/* One more piece of the answer. */
static int answer_feed(struct http_parser *parser, struct answer *answer, struct span bytes)
{
    size_t used = http_parser_execute(parser, &callbacks, (const char *)bytes.at, bytes.len);
    if (answer->err)
        return answer->err;
    /* Bytes behind the answer were not asked for. */
    if (used != bytes.len || (!answer->complete && parser->http_errno != HPE_OK))
        return E_MALFORMED;
    return 0;
}

int http_answer_parse(struct http_exchange *exchange, struct span bytes, size_t piece)
{
    struct answer answer = {.exchange = exchange};
    struct cursor c = cursor_of(bytes);
    http_parser parser;
    http_parser_init(&parser, HTTP_RESPONSE);
    parser.data = &answer;
    exchange->status = 0;
    exchange->retry_after_s = 0;
    exchange->location[0] = '\0';
    while (c.left) {
        int err = answer.complete ? E_MALFORMED
                                  : answer_feed(&parser, &answer, cursor_bytes(&c, c.left < piece ? c.left : piece));
        if (err)
            return err;
    }
    return answer.complete ? 0 : E_MORE;
}

static int answer_read(struct http_client *client, struct http_exchange *exchange, int64_t deadline,
                       bool *keep)
{
    struct answer answer = {.exchange = exchange};
    http_parser parser;
    uint8_t bytes[16384];
    http_parser_init(&parser, HTTP_RESPONSE);
    parser.data = &answer;
    *keep = false;
    while (!answer.complete) {
        int n = wolfSSL_read(client->session, bytes, sizeof bytes);
        if (n <= 0) {
            int err = session_wait(client, n, deadline);
            if (err)
                return err;
            continue;
        }
        if (http_now_ms() > deadline)
            return E_TIMEOUT;
        int err = answer_feed(&parser, &answer, span_of(bytes, (size_t)n));
        if (err)
            return err;
    }
    *keep = http_should_keep_alive(&parser) != 0;
    return 0;
}

static int request_write(struct http_client *client, const struct http_exchange *exchange,
                         int64_t deadline)
{
    char head[1024], range[64] = "", type[128] = "";
    bool literal = strchr(client->host, ':') != NULL; /* RFC 3986 section 3.2.2 */
    if (exchange->ranged)
        snprintf(range, sizeof range, "Range: bytes=%llu-\r\n", (unsigned long long)exchange->range_from);
    if (exchange->content_type)
        snprintf(type, sizeof type, "Content-Type: %s\r\n", exchange->content_type);
    int n = snprintf(head, sizeof head,
                     "%s %s HTTP/1.1\r\nHost: %s%s%s:%s\r\n%s%sContent-Length: %zu\r\n\r\n",
                     exchange->method, exchange->path, literal ? "[" : "", client->host, literal ? "]" : "",
                     client->port, type, range, exchange->body.len);
    if (n < 0 || (size_t)n >= sizeof head)
        return E_LIMIT;
    int err = session_write(client, span_of(head, (size_t)n), deadline);
    return err ? err : session_write(client, exchange->body, deadline);
}

int http_client_run(struct http_client *client, struct http_exchange *exchange)
{
    int64_t deadline = http_now_ms() + client->exchange_ms;
    if (client->session && client->proxy && client->proxy_generation != proxy_settings_generation(client->proxy))
        http_client_close(client); /* the proxy is another, or none any more */
    bool fresh = !client->session, keep = false;
    exchange->status = 0;
    exchange->retry_after_s = 0;
    exchange->location[0] = '\0';
    int err = fresh ? session_connect_undated(client, deadline) : 0;
    if (!err)
        err = request_write(client, exchange, deadline);
    if (!err)
        err = answer_read(client, exchange, deadline, &keep);
    if (err || !keep)
        http_client_close(client);
    /* A kept connection may have been closed by the other side meanwhile: the
     * request is tried once more, on a new one, if nothing was answered. */
    if (err == E_NETWORK && !fresh && exchange->status == 0)
        return http_client_run(client, exchange);
    return err;
}

int http_client_run_at(struct http_client *client, const char *address, struct http_exchange *exchange)
{
    char origin[HTTP_CLIENT_LOCATION_MAX + 1], host[sizeof client->host], port[sizeof client->port];
    const char *authority = strstr(address, "://"), *path = authority ? strchr(authority + 3, '/') : NULL;
    if (!path || (size_t)(path - address) >= sizeof origin || strlen(path) > HTTP_CLIENT_LOCATION_MAX)
        return path ? E_LIMIT : E_MALFORMED;
    for (const char *c = path; *c; c++)
        if (*c <= 0x20 || *c >= 0x7f)
            return E_MALFORMED;
    memcpy(origin, address, (size_t)(path - address));
    origin[path - address] = '\0';
    int err = http_url_split(origin, host, port);
    if (err)
        return err;
    struct http_client other = *client;
    http_client_close(client); /* one session at a time: of the MCU's memory each takes a part */
    memcpy(other.host, host, sizeof host);
    memcpy(other.port, port, sizeof port);
    other.session = NULL;
    other.fd = -1;
    exchange->path = path;
    err = http_client_run(&other, exchange);
    http_client_close(&other);
    return err;
}
