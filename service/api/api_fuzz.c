/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handlers of the management API, with a store that allows everybody everything and
 * carries out nothing: route, query and body are the
 * input's.  Layout: one byte route, the query up to a line feed, the body.
 * Whatever comes in, exactly one answer goes out, and since nobody carries out
 * anything, it is never a success of a request that would change something.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "service/api/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    struct event_base *base;
    struct api api;
    struct channel *front, *served, *store;
    unsigned answers;
} f;

static void on_request(void *context, struct channel_request *request, struct span payload)
{
    api_request(context, request, payload);
}

static const struct channel_operation operations[] = {
    {HTTP_OP_REQUEST, "REQUEST", CHANNEL_PAYLOAD_MAX, on_request},
};

static void on_authorize(void *context, struct channel_request *request, struct span payload)
{
    struct store_caller caller;
    const struct store_verdict verdict = {VERDICT_ALLOWED};
    uint8_t bytes[16];
    struct writer w = writer_of(bytes, sizeof bytes);
    (void)context;
    if (record_parse(&store_caller_type, payload, &caller) != 0 || caller.action == ACCESS_NONE ||
        record_write(&store_verdict_type, &verdict, &w) != 0)
        abort();
    channel_reply(request, 0, writer_view(&w));
}

static void on_refuse(void *context, struct channel_request *request, struct span payload)
{
    (void)context;
    (void)payload;
    channel_reply(request, E_NETWORK, span_of(NULL, 0));
}

static const struct channel_operation store_operations[] = {
    {STORE_OP_AUTHORIZE, "AUTHORIZE", 65536, on_authorize},
    {STORE_OP_ASK, "ASK", CHANNEL_PAYLOAD_MAX, on_refuse},
    {STORE_OP_AUDIT_ADD, "AUDIT_ADD", 65536, on_refuse},
};

static void on_answer(void *context, int status, struct span payload)
{
    const struct route *route = context;
    struct http_response response;
    f.answers++;
    if (status)
        return;
    if (http_response_parse(payload, &response) != 0)
        abort();
    if (response.status < 300 && route->method != ROUTE_GET && strncmp(route->id, "Catalogs_List", 13) != 0)
        abort();
}

static void set_up(void)
{
    int pair[2], store[2];
    f.base = event_base_new();
    f.api.base_url = "https://localhost";
    if (!f.base || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, store) != 0)
        abort();
    f.api.store = channel_new(f.base, store[0], NULL, 0, NULL, NULL);
    f.store = channel_new(f.base, store[1], store_operations, 3, NULL, NULL);
    f.front = channel_new(f.base, pair[0], NULL, 0, NULL, NULL);
    f.served = channel_new(f.base, pair[1], operations, 1, &f.api, NULL);
    if (!f.front || !f.served || !f.store || !f.api.store)
        abort();
}

/* A valid value for each {name} of the patterns. */
static const char *value_of(const char *name)
{
    static const char device[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
                                 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    if (strncmp(name, "{deviceName}", 12) == 0)
        return device;
    if (strncmp(name, "{subscriptionId}", 16) == 0 || strncmp(name, "{image", 6) == 0 ||
        strncmp(name, "{deploymentName}", 16) == 0 || strncmp(name, "{operation}", 11) == 0 ||
        strncmp(name, "{assignment}", 12) == 0 || strncmp(name, "{rollout}", 9) == 0)
        return "00000000-0000-0000-0000-00000000000a";
    return strncmp(name, "{version}", 9) == 0 ? "1.0" : strncmp(name, "{serialNumber}", 14) == 0 ? "active" : "abc";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (!f.base)
        set_up();
    uint16_t number = data[0] % ROUTE_COUNT;
    const uint8_t *body = memchr(data, '\n', size);
    size_t query_len = (body ? (size_t)(body - data) : size) - 1;
    struct http_request http = {
        .route = number,
        .identity = HTTP_IDENTITY_OPERATOR,
        .identity_serial = {1},
        .identity_name = span_of("fuzz", 4),
        .query = span_of(data + 1, query_len < HTTP_QUERY_MAX ? query_len : 0),
        .body = body ? span_of(body + 1, size - query_len - 2) : span_of(NULL, 0),
    };
    if (data[0] == '\n')
        return 0;
    for (const char *at = route_table[number].pattern; (at = strchr(at, '{')) != NULL; at++) {
        const char *value = value_of(at);
        http.param[http.param_count++] = span_of(value, strlen(value));
    }
    size_t cap = http_request_bytes(&http);
    uint8_t *bytes = malloc(cap);
    if (!bytes)
        abort();
    struct writer w = writer_of(bytes, cap);
    if (http_request_write(&http, &w) == 0) {
        unsigned before = f.answers;
        void *route = (void *)(uintptr_t)&route_table[number];
        if (channel_call(f.front, HTTP_OP_REQUEST, writer_view(&w), on_answer, route) != 0)
            abort();
        while (f.answers == before)
            event_base_loop(f.base, EVLOOP_ONCE);
    }
    free(bytes);
    return 0;
}
