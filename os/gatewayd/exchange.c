/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "abi/device_api.h"
#include "os/gatewayd/json_write.h"
#include "os/gatewayd/route.h"
#include "os/gatewayd/server.h"

enum { REPORT_EVERY_MS = 60000 };

#define API_VERSION "4.6.0" /* of the original's interface, whose routes these are */

/* Counted always, said and reported at most once a minute: a client at the cable must
 * not fill log and reports. */
static void refused(struct gateway *g, uint32_t error)
{
    uint64_t now = gateway_now_ms();
    g->refused++;
    if (g->reported_ms && now - g->reported_ms < REPORT_EVERY_MS)
        return;
    g->reported_ms = now;
    fprintf(stderr, "gatewayd: refused without capability: %llu so far\n", (unsigned long long)g->refused);
    struct os_message event = {.kind = OS_EVENT, .fd = -1,
                               .u.event = {.category = EVENT_LOCAL_REFUSED, .exit_code = error,
                                           .time_s = (uint64_t)time(NULL)}};
    (void)!gateway_send(g, &event);
}

static uint32_t on_head(void *context, const struct request *r)
{
    struct exchange *x = context;
    struct gateway *g = x->gateway;
    uint32_t error;
    g->body_len = 0;
    const struct route *route = route_find(r->method, r->path, g->argument, &error);
    if (!route)
        return error;
    /* The gate before the body: without the right nothing is read or staged. */
    error = gate_check(g, route->gate);
    if (error == REST_NOT_AUTHORIZED)
        refused(g, error);
    if (!error)
        error = route_body_check(route, r->has_length, r->length);
    if (!error && route->body == BODY_PACKAGE)
        error = update_stage_begin(g, r->length);
    x->route = error ? NULL : route;
    return error;
}

static uint32_t on_body(void *context, struct span bytes)
{
    struct exchange *x = context;
    struct gateway *g = x->gateway;
    if (x->route->body == BODY_PACKAGE)
        return update_stage_piece(g, bytes);
    if (bytes.len > sizeof g->body - g->body_len)
        return REST_TOO_LARGE;
    memcpy(g->body + g->body_len, bytes.at, bytes.len);
    g->body_len += bytes.len;
    return 0;
}

void exchange_init(struct exchange *x, struct gateway *g, uint8_t room[static GATEWAY_ANSWER_MAX])
{
    *x = (struct exchange){.gateway = g};
    x->answer = (struct answer){.status = 200, .type = "application/json",
                                .body = writer_of(room, GATEWAY_ANSWER_MAX)};
    x->request.context = x;
    x->request.head = on_head;
    x->request.body = on_body;
    request_init(&x->request);
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {{200, "OK"},       {400, "Bad Request"},     {403, "Forbidden"},         {404, "Not Found"},
                {409, "Conflict"}, {411, "Length Required"}, {413, "Content Too Large"}, {500, "Internal Server Error"}, {501, "Not Implemented"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return rows[i].text;
    return "Error";
}

void exchange_finish(struct exchange *x, struct writer *head)
{
    struct answer *a = &x->answer;
    x->error = x->request.refused;
    if (!x->error && !x->request.complete)
        x->error = REST_INVALID_REQUEST;
    if (!x->error)
        x->error = x->route->handle(x->gateway, a);
    if (!x->error && a->body.err)
        x->error = REST_INTERNAL;
    update_stage_end(x->gateway);
    if (x->error) {
        a->body = writer_of(a->body.at, a->body.cap);
        a->status = rest_status(x->error);
        a->type = "application/json";
        a->restart = false;
        struct json_writer j = json_writer_of(&a->body);
        json_open(&j, '{');
        json_member_uint(&j, "error", x->error);
        json_close(&j);
    }
    char text[256];
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                     "REST-API-Version: " API_VERSION "\r\nConnection: close\r\n\r\n",
                     a->status, reason(a->status), a->type, a->body.len);
    writer_bytes(head, text, (size_t)n);
}
