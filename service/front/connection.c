/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/connection.h"

#include <event2/buffer.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/guid.h"
#include "service/api/routes.h"
#include "service/front/access_log.h"
#include "service/front/admission.h"
#include "service/front/answer.h"
#include "service/front/block_cache.h"
#include "service/front/request.h"
#include "service/front/route_choice.h"
#include "service/front/stream.h"
#include "service/ipc/oidc_ops.h"

enum {
    INPUT_MAX = 65536, /* bytes of later requests that may wait */
    LINGER_S = 2,
    CORRELATION_MAX = 64,
};

enum state { HANDSHAKE, IDLE, HEAD, TOKEN, BODY, BACKEND, ANSWER, LINGER };

/* A call under way outlives its connection. */
struct exchange {
    struct connection *connection; /* NULL: the client is gone */
    struct door *door;
};

struct connection {
    struct door *door;
    struct connection *next, *previous;
    struct stream *stream;
    struct event *deadline;
    enum state state;
    bool close_after;
    struct tls_identity identity;

    /* the request under way, and who asks: the connection's identity, or a token's */
    struct {
        uint16_t kind;
        char name[OIDC_NAME_MAX + 1];
        uint8_t key[32], serial[16];
    } caller;
    struct request *request;
    struct route_match match;
    struct exchange *exchange;
    char request_id[GUID_TEXT_BYTES];
    struct timespec began;
    size_t body_reserved;
    int status;
    uint64_t bytes;

    /* the streamed rest of an answer */
    uint8_t token[HTTP_STREAM_TOKEN_BYTES];
    uint64_t stream_offset, stream_left;
};

static void answer_begin(struct connection *c, const struct http_response *response, int refusal);
static void input_take(struct connection *c);

/* -- life ---------------------------------------------------------------- */

static void state_enter(struct connection *c, enum state state)
{
    const struct service_config *config = c->door->config;
    struct timeval limit = {0};
    c->state = state;
    switch (state) {
    case HANDSHAKE:
    case HEAD:
        limit.tv_sec = config->header_timeout_s;
        break;
    case IDLE:
        limit.tv_sec = config->idle_timeout_s;
        break;
    case TOKEN:
    case BODY:
    case BACKEND:
    case ANSWER:
        limit.tv_sec = config->request_timeout_s;
        break;
    case LINGER:
        limit.tv_sec = LINGER_S;
        break;
    }
    event_add(c->deadline, &limit); /* replaces the former one */
}

static double elapsed_ms(const struct connection *c)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - c->began.tv_sec) * 1e3 + (double)(now.tv_nsec - c->began.tv_nsec) / 1e6;
}

static const char *method_of(const struct request *r)
{
    return r->head_done ? http_method_str((enum http_method)r->parser.method) : "-";
}

/* Logs and forgets the request under way. */
static void request_end(struct connection *c)
{
    if (!c->request)
        return;
    struct access_entry entry = {c->request_id, method_of(c->request),
                                 c->match.route ? c->match.route->id : "-", c->status, c->bytes,
                                 elapsed_ms(c), c->caller.kind, c->caller.name};
    access_log(&entry);
    if (c->exchange)
        c->exchange->connection = NULL;
    c->exchange = NULL;
    c->door->body_bytes -= c->body_reserved;
    c->body_reserved = 0;
    request_release(c->request);
    free(c->request);
    c->request = NULL;
    c->stream_left = 0;
}

static void connection_free(struct connection *c)
{
    struct door *door = c->door;
    request_end(c);
    if (c->previous)
        c->previous->next = c->next;
    else
        door->first = c->next;
    if (c->next)
        c->next->previous = c->previous;
    door->count--;
    if (c->deadline)
        event_free(c->deadline);
    if (c->stream) {
        stream_goodbye(c->stream);
        stream_free(c->stream);
    }
    free(c);
    if (door->left)
        door->left(door);
}

/* The answer is out.  Unread input would make the kernel reset the connection
 * and take the answer with it, so the client gets a moment to finish. */
static void linger(struct connection *c)
{
    state_enter(c, LINGER);
    stream_shut(c->stream);
    stream_drain(c->stream, evbuffer_get_length(stream_input(c->stream)));
}

static void answer_end(struct connection *c)
{
    bool close = c->close_after || c->door->draining;
    request_end(c);
    if (close) {
        linger(c);
        return;
    }
    state_enter(c, IDLE);
    input_take(c); /* what came meanwhile */
}

/* -- backends ------------------------------------------------------------ */

static int status_of_error(int err)
{
    switch (err_category(err)) {
    case ERR_CAT_RESOURCE:
        return 503;
    case ERR_CAT_STATE:
        return err == E_BUSY ? 503 : 500;
    default:
        return 500;
    }
}

static int process_call(struct connection *c, int process, uint16_t operation, struct span payload,
                        channel_done *done)
{
    struct channel *channel = c->door->channel[process];
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return E_NOMEM;
    exchange->connection = c;
    exchange->door = c->door;
    int err = channel ? channel_call(channel, operation, payload, done, exchange) : E_NETWORK;
    if (err)
        free(exchange);
    else
        c->exchange = exchange;
    return err;
}

static int backend_call(struct connection *c, uint16_t operation, struct span payload,
                        channel_done *done)
{
    return process_call(c, c->match.route->backend, operation, payload, done);
}

/* NULL when nobody waits for this answer any more. */
static struct connection *exchange_end(void *context)
{
    struct exchange *exchange = context;
    struct connection *c = exchange->connection;
    if (c)
        c->exchange = NULL;
    free(exchange);
    return c;
}

static void on_response(void *context, int status, struct span payload)
{
    struct connection *c = exchange_end(context);
    struct http_response response;
    if (!c)
        return;
    int err = status ? status : http_response_parse(payload, &response);
    answer_begin(c, err ? NULL : &response, err ? status_of_error(err) : 0);
}

/* Blocks begin at multiples of the most that is pulled at once, whatever the range. */
static uint64_t block_offset(const struct connection *c) { return c->stream_offset - c->stream_offset % HTTP_PULL_MAX; }

static void reference_end(const void *bytes, size_t len, void *block)
{
    (void)bytes;
    (void)len;
    block_release(block);
}

/* What the client still wants of a block; takes the reference to it, NULL: copies. */
static void block_send(struct connection *c, struct span bytes, struct block *block)
{
    struct evbuffer *out = stream_output(c->stream);
    size_t skip = (size_t)(c->stream_offset % HTTP_PULL_MAX), take = bytes.len > skip ? bytes.len - skip : 0;
    if (take > c->stream_left)
        take = (size_t)c->stream_left;
    int bad = take == 0 || (block ? evbuffer_add_reference(out, bytes.at + skip, take, reference_end, block)
                                  : evbuffer_add(out, bytes.at + skip, take)) != 0;
    if (bad) { /* The length is announced already: all that is left is to cut. */
        if (block)
            block_release(block);
        connection_free(c);
        return;
    }
    stream_send(c->stream);
    c->stream_offset += take;
    c->stream_left -= take;
    c->bytes += take;
    state_enter(c, ANSWER); /* a fresh deadline for each block */
}

static void on_block(void *context, int status, struct span payload)
{
    struct connection *c = exchange_end(context);
    if (!c)
        return;
    if (status != 0 || payload.len > HTTP_PULL_MAX) {
        connection_free(c);
        return;
    }
    struct block *block = block_put(c->door->blocks, c->token, block_offset(c), payload);
    block_send(c, block ? block_bytes(block) : payload, block);
}

static void block_pull(struct connection *c)
{
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct http_pull pull = {.offset = block_offset(c), .length = HTTP_PULL_MAX};
    struct block *block = block_find(c->door->blocks, c->token, pull.offset);
    if (block) {
        block_send(c, block_bytes(block), block);
        return;
    }
    memcpy(pull.token, c->token, sizeof pull.token);
    if (http_pull_write(&pull, &w) != 0 ||
        backend_call(c, HTTP_OP_PULL, writer_view(&w), on_block) != 0)
        connection_free(c);
}

static void dispatch(struct connection *c)
{
    struct request *r = c->request;
    struct http_request q = {
        .route = (uint16_t)(c->match.route - route_table),
        .identity = c->caller.kind,
        .identity_name = span_of(c->caller.name, strlen(c->caller.name)),
        .param_count = c->match.param_count,
        .query = request_query(r),
        .range = request_view(r, REQUEST_HEADER_range),
        .if_match = request_view(r, REQUEST_HEADER_if_match),
        .if_none_match = request_view(r, REQUEST_HEADER_if_none_match),
        .if_range = request_view(r, REQUEST_HEADER_if_range),
        .request_id = request_view(r, REQUEST_HEADER_client_request_id),
        .body = span_of(r->body, r->body_len),
    };
    memcpy(q.identity_key, c->caller.key, sizeof q.identity_key);
    memcpy(q.identity_serial, c->caller.serial, sizeof q.identity_serial);
    for (unsigned i = 0; i < q.param_count; i++)
        q.param[i] = span_of(c->match.param[i], strlen(c->match.param[i]));
    if (q.request_id.len == 0)
        q.request_id = span_of(c->request_id, strlen(c->request_id));
    size_t cap = http_request_bytes(&q);
    uint8_t *bytes = malloc(cap);
    struct writer w = writer_of(bytes, cap);
    int err = bytes ? http_request_write(&q, &w) : E_NOMEM;
    state_enter(c, BACKEND);
    if (!err)
        err = backend_call(c, HTTP_OP_REQUEST, writer_view(&w), on_response);
    free(bytes);
    if (err)
        answer_begin(c, NULL, status_of_error(err));
}

/* -- what may be asked --------------------------------------------------- */

static int body_reserve(struct connection *c, const struct request *r)
{
    uint64_t announced = r->parser.content_length;
    size_t need = announced < r->body_max ? (size_t)announced : r->body_max;
    if (!r->value[REQUEST_HEADER_transfer_encoding].present && announced == UINT64_MAX)
        need = 0;
    if (need > DOOR_BODY_BYTES_MAX - c->door->body_bytes)
        return 503;
    c->body_reserved = need;
    c->door->body_bytes += need;
    return 0;
}

/* A connection in use could live for ever; nobody is anybody for longer than the
 * certificate says. */
static bool identity_ended(const struct connection *c)
{
    return c->identity.kind != HTTP_IDENTITY_NONE && time(NULL) > c->identity.not_after_s;
}

/* Whoever asks may: room for the body, and the word to send it.  0 or a status. */
static int body_begin(struct connection *c, const struct request *r)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    int status = body_reserve(c, r);
    if (!status && r->value[REQUEST_HEADER_expect].present && r->parser.http_minor == 1 &&
        evbuffer_add(stream_output(c->stream), go_on, sizeof go_on - 1) == 0)
        stream_send(c->stream);
    return status;
}

/* The head is whole: everything that can be refused is, before the body is read. */
static int on_head(void *context, struct request *r)
{
    struct connection *c = context;
    int status = route_choose(r, &c->match);
    if (status)
        return status;
    if (identity_ended(c))
        return 401;
    bool by_token;
    status = admission_check(r, c->match.route, c->identity.kind, &by_token);
    if (status)
        return status;
    if (by_token) { /* no room for the body of one who may be nobody */
        request_hold(r);
        return 0;
    }
    return body_begin(c, r);
}

/* -- tokens -------------------------------------------------------------- */

static void on_verified(void *context, int status, struct span payload)
{
    struct connection *c = exchange_end(context);
    struct oidc_identity identity;
    if (!c)
        return;
    struct request *r = c->request;
    int err = status ? status : oidc_identity_parse(payload, &identity);
    if (err) {
        bool later = err_category(err) == ERR_CAT_RESOURCE || err == E_BUSY;
        r->refused = later ? 503 : 401;
        answer_begin(c, NULL, r->refused);
        return;
    }
    c->caller.kind = HTTP_IDENTITY_TOKEN;
    memcpy(c->caller.name, identity.name, sizeof c->caller.name);
    if ((r->refused = body_begin(c, r)) != 0) {
        answer_begin(c, NULL, r->refused);
        return;
    }
    state_enter(c, BODY);
    request_go_on(r);
    input_take(c);
}

static void token_ask(struct connection *c)
{
    struct oidc_token ask;
    uint8_t bytes[OIDC_TOKEN_MAX + 16];
    struct writer w = writer_of(bytes, sizeof bytes);
    (void)request_bearer(c->request, &ask.token);
    state_enter(c, TOKEN);
    int err = record_write(&oidc_token_type, &ask, &w);
    if (!err && EVP_Digest(ask.token.at, ask.token.len, c->caller.key, NULL, EVP_sha256(), NULL) != 1)
        err = E_CRYPTO;
    if (!err)
        err = process_call(c, PROCESS_OIDC, OIDC_OP_VERIFY, writer_view(&w), on_verified);
    OPENSSL_cleanse(bytes, sizeof bytes);
    if (err) {
        c->request->refused = status_of_error(err);
        answer_begin(c, NULL, c->request->refused);
    }
}

/* -- answers ------------------------------------------------------------- */

static enum answer_kind kind_of(const struct connection *c, const struct request *r)
{
    static const char *const device[] = {"/daa/", "/update/", "/reports/"};
    if (c->match.route)
        return c->match.route->backend == PROCESS_API ? ANSWER_MANAGEMENT : ANSWER_DEVICE;
    for (size_t i = 0; i < sizeof device / sizeof device[0]; i++)
        if (r->target_len >= strlen(device[i]) &&
            strncasecmp(r->target, device[i], strlen(device[i])) == 0)
            return ANSWER_DEVICE;
    return ANSWER_MANAGEMENT;
}

/* The client's own ids go back only in the shape of an id. */
static struct span id_of(const struct request *r, enum request_header header)
{
    struct span id = request_view(r, header);
    for (size_t i = 0; i < id.len; i++)
        if (!((id.at[i] >= '0' && id.at[i] <= '9') || ((id.at[i] | 0x20) >= 'a' && (id.at[i] | 0x20) <= 'z') ||
              id.at[i] == '-'))
            return span_of(NULL, 0);
    return id.len <= CORRELATION_MAX ? id : span_of(NULL, 0);
}

static struct span wanted_id_of(const struct request *r)
{
    struct span wanted = request_view(r, REQUEST_HEADER_return_client_request_id);
    bool is = wanted.len == 4 && strncasecmp((const char *)wanted.at, "true", 4) == 0;
    return is ? id_of(r, REQUEST_HEADER_client_request_id) : span_of(NULL, 0);
}

/* In place of an answer's body: what the client has already (what has an ETag here is a file), and what it only
 * asked after, by Azure Resource Manager's existence check: 204 or 404. */
static const struct http_response *body_spare(const struct request *r, bool head_only, const struct http_response *response,
                                              struct http_response *spare)
{
    if (response->status != 200 || response->stream_length)
        return response;
    if (response->etag.len && http_etag_listed(request_view(r, REQUEST_HEADER_if_none_match), response->etag))
        *spare = (struct http_response){.status = 304, .etag = response->etag, .cache_control = response->cache_control};
    else if (head_only && response->etag.len == 0)
        *spare = (struct http_response){.status = 204};
    else
        return response;
    return spare;
}

static void answer_begin(struct connection *c, const struct http_response *response, int refusal)
{
    struct request *r = c->request;
    struct evbuffer *out = stream_output(c->stream);
    char allow[64];
    c->close_after = refusal == 408 || c->door->draining || identity_ended(c) || !request_keeps_alive(r);
    struct answer_frame frame = {
        .kind = kind_of(c, r),
        .close = c->close_after,
        .head_only = r->method_read && r->parser.method == HTTP_HEAD,
        .request_id = c->request_id,
        .correlation_id = id_of(r, REQUEST_HEADER_correlation_id),
        .client_request_id = wanted_id_of(r),
        .allow = refusal == 405 ? allow_list(request_path(r), allow) : NULL,
    };
    struct http_response spare;
    if (response && frame.kind == ANSWER_MANAGEMENT)
        response = body_spare(r, frame.head_only, response, &spare);
    state_enter(c, ANSWER);
    int64_t wrote = response ? answer_write(out, &frame, response)
                             : answer_refusal(out, &frame, refusal);
    if (wrote < 0) {
        connection_free(c);
        return;
    }
    stream_send(c->stream);
    c->status = response ? response->status : refusal;
    c->bytes = (uint64_t)wrote;
    if (response && response->stream_length && !frame.head_only) {
        memcpy(c->token, response->stream_token, sizeof c->token);
        c->stream_offset = response->stream_offset;
        c->stream_left = response->stream_length;
    }
}

/* -- events -------------------------------------------------------------- */

static int request_begin(struct connection *c)
{
    uint8_t id[GUID_BYTES];
    c->request = malloc(sizeof *c->request);
    if (!c->request || RAND_bytes(id, sizeof id) != 1)
        return E_NOMEM;
    request_init(c->request, on_head, c);
    guid_from_random(id);
    guid_format(id, c->request_id);
    clock_gettime(CLOCK_MONOTONIC, &c->began);
    c->match.route = NULL;
    c->match.path_known = false;
    c->caller.kind = c->identity.kind;
    snprintf(c->caller.name, sizeof c->caller.name, "%s", c->identity.name);
    memcpy(c->caller.key, c->identity.key, sizeof c->caller.key);
    memcpy(c->caller.serial, c->identity.serial, sizeof c->caller.serial);
    c->status = 0;
    c->bytes = 0;
    state_enter(c, HEAD);
    return 0;
}

/* Empty lines before a request are allowed (RFC 9112 section 2.2) but start no clock. */
static bool only_newlines(struct stream *stream)
{
    uint8_t byte;
    while (evbuffer_copyout(stream_input(stream), &byte, 1) == 1) {
        if (byte != '\r' && byte != '\n')
            return false;
        stream_drain(stream, 1);
    }
    return true;
}

static void input_take(struct connection *c)
{
    struct evbuffer *in = stream_input(c->stream);
    if (c->state == IDLE) {
        if (only_newlines(c->stream))
            return;
        if (request_begin(c) != 0) {
            free(c->request); /* never begun: nothing to log */
            c->request = NULL;
            connection_free(c);
            return;
        }
    }
    while (c->state == HEAD || c->state == BODY) {
        struct evbuffer_iovec block;
        if (evbuffer_peek(in, -1, NULL, &block, 1) < 1 || block.iov_len == 0)
            return;
        struct request *r = c->request;
        size_t used = request_feed(r, span_of(block.iov_base, block.iov_len));
        stream_drain(c->stream, used);
        if (r->held && !r->refused) {
            token_ask(c);
            return;
        }
        if (r->refused || r->done) {
            if (r->refused)
                answer_begin(c, NULL, r->refused);
            else
                dispatch(c);
            return; /* without memory for an answer the connection is gone */
        }
        if (r->head_done && c->state == HEAD)
            state_enter(c, BODY);
    }
}

static void on_opened(void *context)
{
    struct connection *c = context;
    if (tls_identity_get(stream_ssl(c->stream), &c->identity) != 0)
        connection_free(c);
    else
        state_enter(c, IDLE);
}

static void on_input(void *context)
{
    struct connection *c = context;
    if (c->state == LINGER)
        stream_drain(c->stream, evbuffer_get_length(stream_input(c->stream)));
    else
        input_take(c);
}

/* All that was written is on its way. */
static void on_drained(void *context)
{
    struct connection *c = context;
    if (c->state != ANSWER || c->exchange)
        return;
    if (c->stream_left)
        block_pull(c);
    else
        answer_end(c);
}

static void on_ended(void *context) { connection_free(context); }

static const struct stream_events stream_events = {on_opened, on_input, on_drained, on_ended};

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    struct connection *c = context;
    (void)fd;
    (void)what;
    switch (c->state) {
    case HEAD:
    case BODY:
        answer_begin(c, NULL, 408);
        return;
    case TOKEN:
    case BACKEND:
        c->exchange->connection = NULL;
        c->exchange = NULL;
        answer_begin(c, NULL, 503);
        return;
    case HANDSHAKE:
    case IDLE:
    case ANSWER:
    case LINGER:
        connection_free(c);
        return;
    }
}

void connection_open(struct door *door, int fd)
{
    struct connection *c = calloc(1, sizeof *c);
    SSL *ssl = c ? tls_accept(door->tls) : NULL;
    if (!ssl) {
        free(c);
        close(fd);
        return;
    }
    c->stream = stream_new(door->base, fd, ssl, INPUT_MAX, &stream_events, c);
    if (!c->stream) {
        free(c);
        return;
    }
    c->door = door;
    c->next = door->first;
    if (c->next)
        c->next->previous = c;
    door->first = c;
    door->count++;
    c->deadline = evtimer_new(door->base, on_deadline, c);
    if (!c->deadline) {
        connection_free(c);
        return;
    }
    state_enter(c, HANDSHAKE);
}

void connections_drain(struct door *door)
{
    struct connection *next;
    door->draining = true;
    for (struct connection *c = door->first; c; c = next) {
        next = c->next;
        if (c->state == IDLE || c->state == HANDSHAKE || c->state == LINGER)
            connection_free(c);
    }
}

void connections_close(struct door *door)
{
    while (door->first)
        connection_free(door->first);
}
