/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/daa/server.h"

#include <event2/event.h>
#include <inttypes.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/cbor.h"
#include "lib/ct.h"
#include "service/api/routes.h"
#include "service/daa/references.h"

enum {
    HTTP_REQUEST_BYTES_MAX = 65536,
    ANSWER_BYTES_MAX = 16384,
    ISSUE_BYTES_MAX = EVIDENCE_BYTES_MAX + 512,
    RECORD_BYTES_MAX = 512,
    DEVICE_GET_BYTES_MAX = 128,
};

static const char cbor_type[] = "application/cbor";

/* One attest request under way. */
struct attest {
    struct daa_server *server;
    struct channel_request *request;
    struct attest *next; /* in server->waiting */
    struct attest_message message; /* views into evidence */
    bool device_answered, references_answered; /* what appraise_device() waits for */
    int err; /* of either answer */
    bool registered;
    struct store_device device;
    struct verdict verdict;
    uint64_t now_s;
    uint8_t *answer; /* written before the record, sent after it */
    size_t answer_bytes;
    size_t evidence_bytes;
    uint8_t evidence[];
};

/* -- ends of a request ------------------------------------------------------- */

static void attest_free(struct attest *attest)
{
    free(attest->answer);
    free(attest);
}

static void refuse(struct daa_server *server, struct channel_request *request, enum daa_refused refused)
{
    server->count.refused[refused]++;
    http_reply_problem(request, refused == DAA_REFUSED_MALFORMED ? 400 : 403,
                       appraise_refused_title(refused), appraise_refused_advice(refused), 0);
}

static void unavailable(struct daa_server *server, struct channel_request *request)
{
    server->count.unavailable++;
    http_reply_problem(request, 503, "service is not available", "try again later", DAA_RETRY_S);
}

static void attest_refuse(struct attest *attest, enum daa_refused refused)
{
    refuse(attest->server, attest->request, refused);
    attest_free(attest);
}

static void attest_unavailable(struct attest *attest)
{
    unavailable(attest->server, attest->request);
    attest_free(attest);
}

/* Each certificate that the device holds is remembered until it runs out, so that revoking the device reaches all. */
static void attest_full(struct attest *attest)
{
    attest->server->count.full++;
    http_reply_problem(attest->request, 429, "as many certificates as a device may have",
                       "1,000 that have not run out: use the one that was issued last, until it ends", DAA_FULL_S);
    attest_free(attest);
}

/* A more trusted sibling speaks nonsense: nothing here can be relied on. */
static void sibling_broken(struct daa_server *server, const char *sibling, int err)
{
    fprintf(stderr, "daa: reply of \"%s\": %s\n", sibling, err_text(err));
    server->failed = true;
    event_base_loopbreak(server->base);
}

/* -- challenge ----------------------------------------------------------------- */

static void challenge_handle(struct daa_server *server, struct channel_request *request,
                             const struct http_request *http)
{
    uint8_t random[CHALLENGE_RANDOM_BYTES], nonce[DEVICE_API_NONCE_BYTES], body[64];
    struct writer w = writer_of(body, sizeof body);

    (void)http;
    if (RAND_bytes(random, sizeof random) != 1 ||
        challenge_make(&server->keys, server->now_s(), random, nonce) != 0) {
        unavailable(server, request);
        return;
    }
    cbor_put_map(&w, 2);
    cbor_put_uint(&w, 1);
    cbor_put_bytes(&w, nonce, sizeof nonce);
    cbor_put_uint(&w, 2);
    cbor_put_uint(&w, server->challenge_s);
    server->count.challenges++;
    http_reply(request, &(struct http_response){.status = 200,
                                                .content_type = span_of(cbor_type, sizeof cbor_type - 1),
                                                .body = writer_view(&w)});
}

/* -- attest: record and answer ---------------------------------------------------- */

static void recorded(void *context, int status, struct span payload)
{
    struct attest *attest = context;

    (void)payload;
    switch (status) {
    case 0:
        attest->server->count.granted++;
        http_reply(attest->request,
                   &(struct http_response){.status = 200,
                                           .content_type = span_of(cbor_type, sizeof cbor_type - 1),
                                           .body = span_of(attest->answer, attest->answer_bytes)});
        attest_free(attest);
        return;
    case E_NOT_FOUND: /* removed meanwhile */
        attest_refuse(attest, DAA_REFUSED_DEVICE_UNKNOWN);
        return;
    case E_LIFECYCLE: /* revoked meanwhile */
        attest_refuse(attest, DAA_REFUSED_REVOKED);
        return;
    case E_CONFLICT: /* claimed elsewhere meanwhile */
        attest_refuse(attest, DAA_REFUSED_TENANT);
        return;
    case E_LIMIT:
        attest_full(attest);
        return;
    default:
        attest_unavailable(attest);
        return;
    }
}

static int answer_write(struct attest *attest, const struct issuer_certificates *issued)
{
    uint8_t body[ANSWER_BYTES_MAX];
    struct writer w = writer_of(body, sizeof body);

    cbor_put_map(&w, 5);
    cbor_put_uint(&w, 1);
    cbor_put_uint(&w, attest->verdict.result);
    cbor_put_uint(&w, 2);
    cbor_put_array(&w, issued->count);
    for (uint16_t i = 0; i < issued->count; i++)
        cbor_put_bytes(&w, issued->der[i].at, issued->der[i].len);
    cbor_put_uint(&w, 3);
    if (attest->device.claimed)
        cbor_put_bytes(&w, attest->device.catalog, sizeof attest->device.catalog);
    else
        cbor_put_null(&w);
    cbor_put_uint(&w, 4);
    cbor_put_uint(&w, attest->now_s);
    cbor_put_uint(&w, 5);
    cbor_put_uint(&w, issued->not_after_s);
    if (w.err)
        return w.err;
    attest->answer = malloc(w.len);
    if (!attest->answer)
        return E_NOMEM;
    memcpy(attest->answer, body, w.len);
    attest->answer_bytes = w.len;
    return 0;
}

static void record(struct attest *attest, const struct issuer_certificates *issued)
{
    uint8_t bytes[RECORD_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    const struct evidence *evidence = &attest->message.evidence;
    struct store_attest row = {.kind = (uint16_t)attest->verdict.kind,
                               .not_before_s = issued->not_before_s,
                               .not_after_s = issued->not_after_s,
                               .hardware = (uint16_t)attest->verdict.hardware};

    memcpy(row.device_id, evidence->device_id, sizeof row.device_id);
    memcpy(row.catalog, evidence->tenant, sizeof row.catalog);
    memcpy(row.serial, issued->serial, sizeof row.serial);
    memcpy(row.key, evidence->client_key, sizeof row.key);
    if (store_attest_write(&row, &w) != 0 ||
        channel_call(attest->server->store, STORE_OP_ATTEST_RECORD, writer_view(&w), recorded,
                     attest) != 0)
        attest_unavailable(attest);
}

/* -- attest: issue ------------------------------------------------------------------ */

static void issued(void *context, int status, struct span payload)
{
    struct attest *attest = context;
    struct issuer_certificates certificates;

    if (status == E_MALFORMED || status == E_RANGE) { /* the client key is no point of the curve */
        attest_refuse(attest, DAA_REFUSED_MALFORMED);
        return;
    }
    if (status != 0) {
        attest_unavailable(attest);
        return;
    }
    int err = issuer_certificates_parse(payload, &certificates);
    if (!err && certificates.count == 0)
        err = E_MISSING;
    if (err) {
        sibling_broken(attest->server, "issuer", err);
        attest_unavailable(attest);
        return;
    }
    if (answer_write(attest, &certificates) != 0)
        attest_unavailable(attest);
    else
        record(attest, &certificates);
}

static void issue(struct attest *attest)
{
    uint8_t bytes[ISSUE_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    const struct evidence *evidence = &attest->message.evidence;
    struct issuer_issue_request ask = {.kind = (uint16_t)attest->verdict.kind,
                                       .not_before_s = attest->now_s - DAA_BACKDATE_S,
                                       .not_after_s = attest->now_s + attest->server->certificate_s,
                                       .measurements = attest->message.measurements};

    memcpy(ask.catalog, evidence->tenant, sizeof ask.catalog); /* zero for the OS's own kinds */
    memcpy(ask.device_id, evidence->device_id, sizeof ask.device_id);
    memcpy(ask.key, evidence->client_key, sizeof ask.key);
    if (issuer_issue_request_write(&ask, &w) != 0 ||
        channel_call(attest->server->issuer, ISSUER_OP_ISSUE_DEVICE, writer_view(&w), issued,
                     attest) != 0)
        attest_unavailable(attest);
}

/* -- attest: device record and references ------------------------------------------- */

/* Both answers are in: a shortage is not the device's fault, and no decision. */
static void attest_go_on(struct attest *attest)
{
    if (!attest->device_answered || !attest->references_answered)
        return;
    if (attest->err == E_LIMIT) {
        attest_full(attest);
        return;
    }
    if (attest->err) {
        attest_unavailable(attest);
        return;
    }
    struct appraisal appraisal = {.message = &attest->message,
                                  .device = attest->registered ? &attest->device : NULL,
                                  .references = &attest->server->references};
    if (appraise_device(&appraisal, &attest->verdict))
        issue(attest);
    else
        attest_refuse(attest, attest->verdict.refused);
}

static void device_got(void *context, int status, struct span payload)
{
    struct attest *attest = context;

    attest->device_answered = true;
    if (status == 0) {
        int err = store_device_parse(payload, &attest->device);
        if (err) {
            sibling_broken(attest->server, "store", err);
            attest->err = err;
        }
        attest->registered = err == 0;
    } else if (status != E_NOT_FOUND) {
        attest->err = status;
    }
    attest_go_on(attest);
}

static void references_got(void *context, int status, struct span payload)
{
    static struct store_references sent; /* too large for the stack */
    struct daa_server *server = context;
    struct attest *waiting = server->waiting;

    server->references_asked = false;
    server->waiting = NULL;
    if (status == 0) {
        status = store_references_parse(payload, &sent);
        if (status == 0)
            status = references_take(&server->references, &sent);
        if (status != 0)
            sibling_broken(server, "store", status);
    }
    server->references_known = status == 0;
    while (waiting) {
        struct attest *attest = waiting;
        waiting = attest->next;
        attest->references_answered = true;
        if (status != 0)
            attest->err = status;
        attest_go_on(attest);
    }
}

static int references_ask(struct daa_server *server)
{
    uint8_t bytes[32];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct store_reference_get ask = {.generation = server->references.generation};

    if (server->references_asked)
        return 0;
    int err = store_reference_get_write(&ask, &w);
    if (!err)
        err = channel_call(server->store, STORE_OP_REFERENCE_GET, writer_view(&w), references_got,
                           server);
    if (err)
        return err;
    server->references_asked = true;
    server->references_at_ms = server->now_ms();
    return 0;
}

static bool references_fresh(const struct daa_server *server)
{
    return server->references_known && !server->references_asked &&
           server->now_ms() - server->references_at_ms < REFERENCES_FRESH_MS;
}

/* -- attest: the message -------------------------------------------------------------- */

static void attest_handle(struct daa_server *server, struct channel_request *request,
                          const struct http_request *http)
{
    uint8_t bytes[DEVICE_GET_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct store_device_get get;
    struct attest *attest = NULL;

    if (http->body.len == 0 || http->body.len > EVIDENCE_BYTES_MAX) {
        refuse(server, request, DAA_REFUSED_MALFORMED);
        return;
    }
    attest = calloc(1, sizeof *attest + http->body.len);
    if (!attest) {
        unavailable(server, request);
        return;
    }
    attest->server = server;
    attest->request = request;
    attest->now_s = server->now_s();
    attest->evidence_bytes = http->body.len;
    memcpy(attest->evidence, http->body.at, http->body.len);
    if (attest_message_parse(span_of(attest->evidence, attest->evidence_bytes), &attest->message) != 0) {
        attest_refuse(attest, DAA_REFUSED_MALFORMED);
        return;
    }
    struct appraisal appraisal = {.message = &attest->message, .keys = &server->keys,
                                  .now_s = attest->now_s, .challenge_s = server->challenge_s};
    if (!appraise_message(&appraisal, &attest->verdict)) {
        attest_refuse(attest, attest->verdict.refused);
        return;
    }
    attest->references_answered = references_fresh(server);
    if (!attest->references_answered && references_ask(server) != 0) {
        attest_unavailable(attest);
        return;
    }
    memcpy(get.device_id, attest->message.evidence.device_id, sizeof get.device_id);
    if (store_device_get_write(&get, &w) != 0 ||
        channel_call(server->store, STORE_OP_DEVICE_GET, writer_view(&w), device_got, attest) != 0) {
        attest_unavailable(attest);
        return;
    }
    if (!attest->references_answered) {
        attest->next = server->waiting;
        server->waiting = attest;
    }
}

/* -- channels --------------------------------------------------------------------------- */

static const struct daa_route {
    uint16_t route;
    void (*handle)(struct daa_server *server, struct channel_request *request,
                   const struct http_request *http);
} routes[] = {
    {ROUTE_ID_Daa_Challenge, challenge_handle},
    {ROUTE_ID_Daa_Attest, attest_handle},
};

static void request_handle(void *context, struct channel_request *request, struct span payload)
{
    struct http_request http;
    int err = http_request_parse(payload, &http);

    for (size_t i = 0; !err && i < sizeof routes / sizeof routes[0]; i++) {
        if (routes[i].route == http.route) {
            routes[i].handle(context, request, &http);
            return;
        }
    }
    channel_reply(request, err ? err : E_DENIED, (struct span){NULL, 0});
}

static const struct channel_operation operations[] = {
    {HTTP_OP_REQUEST, "request", HTTP_REQUEST_BYTES_MAX, request_handle},
};

/* The front leaves last of all who ask: then there is nothing left to answer. */
static void closed(void *context, struct channel *channel)
{
    struct daa_server *server = context;
    if (channel != server->front)
        server->failed = true;
    event_base_loopbreak(server->base);
}

static uint64_t wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec;
}

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void log_due(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    daa_server_log(context);
}

int daa_server_init(struct daa_server *server, struct event_base *base, struct daa_server_fds fds,
                    const struct challenge_keys *keys, uint32_t challenge_s, uint32_t certificate_s)
{
    const struct timeval log_interval = {DAA_LOG_S, 0};

    memset(server, 0, sizeof *server);
    server->base = base;
    server->keys = *keys;
    server->challenge_s = challenge_s;
    server->certificate_s = certificate_s;
    server->now_s = wall_s;
    server->now_ms = monotonic_ms;
    server->front = channel_new(base, fds.front, operations, sizeof operations / sizeof operations[0],
                                server, closed);
    server->store = channel_new(base, fds.store, NULL, 0, server, closed);
    server->issuer = channel_new(base, fds.issuer, NULL, 0, server, closed);
    server->log_timer = event_new(base, -1, EV_PERSIST, log_due, server);
    if (!server->front || !server->store || !server->issuer || !server->log_timer ||
        event_add(server->log_timer, &log_interval) != 0) {
        daa_server_release(server);
        return E_NOMEM;
    }
    return 0;
}

void daa_server_release(struct daa_server *server)
{
    /* Those that are asked first: what waits for them still answers the front. */
    channel_free(server->store);
    channel_free(server->issuer);
    channel_free(server->front);
    if (server->log_timer)
        event_free(server->log_timer);
    ct_wipe(server, sizeof *server);
}

void daa_server_log(struct daa_server *server)
{
    static const char *const names[] = {
#define NAME(name, text) #name,
        DAA_REFUSED_TABLE(NAME)
#undef NAME
    };
    uint64_t sum = server->count.challenges + server->count.granted + server->count.unavailable +
                   server->count.full;

    for (size_t i = 0; i < DAA_REFUSED_COUNT; i++)
        sum += server->count.refused[i];
    if (sum == server->logged)
        return;
    server->logged = sum;
    fprintf(stderr, "daa: challenges=%" PRIu64 " granted=%" PRIu64 " unavailable=%" PRIu64,
            server->count.challenges, server->count.granted, server->count.unavailable);
    for (size_t i = 0; i < DAA_REFUSED_COUNT; i++)
        if (server->count.refused[i])
            fprintf(stderr, " refused_%s=%" PRIu64, names[i], server->count.refused[i]);
    if (server->count.full)
        fprintf(stderr, " full=%" PRIu64, server->count.full);
    fputc('\n', stderr);
}
