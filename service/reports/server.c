/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/reports/server.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abi/crash_dump.h"
#include "lib/hex.h"
#include "service/api/routes.h"
#include "service/ipc/channel.h"
#include "service/reports/dumps.h"
#include "service/reports/events.h"

enum { HTTP_REQUEST_BYTES_MAX = CRASH_DUMP_BYTES_MAX + 8192, REPORT_BYTES_MAX = 16384 };

void reports_unavailable(struct reports_server *server, struct channel_request *request)
{
    server->count.unavailable++;
    http_reply_problem(request, 503, "service is not available", "send the same again later",
                       REPORTS_RETRY_S);
}

void reports_refuse(struct reports_server *server, struct channel_request *request, uint16_t status,
                    const char *title, const char *detail)
{
    server->count.refused++;
    http_reply_problem(request, status, title, detail, 0);
}

void reports_fail(struct reports_server *server, struct channel_request *request, int status)
{
    if (status == E_NOT_FOUND)
        reports_refuse(server, request, 404, "device is not registered", "register the device id with this service");
    else if (status == E_LIFECYCLE)
        reports_refuse(server, request, 403, "device is revoked by its owner",
                       "have the owner reinstate it (peri device reinstate)");
    else if (status == E_STALE)
        reports_refuse(server, request, 403, "certificate is revoked", "attest again: the device is not revoked any more");
    else
        reports_unavailable(server, request);
}

static void added(void *context, int status, struct span payload)
{
    struct reports_call *batch = context;
    struct reports_server *server = batch->server;

    (void)payload;
    if (status == 0) {
        server->count.batches++;
        http_reply(batch->request, &(struct http_response){.status = 204});
    } else {
        reports_fail(server, batch->request, status);
    }
    free(batch);
}

static void events_handle(struct reports_server *server, struct channel_request *request,
                          const struct http_request *http, const uint8_t device_id[static 64])
{
    static struct store_report report; /* too large for the stack; used up before return */
    static uint8_t bytes[REPORT_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = events_parse(http->body, server->now_s(), &report);

    if (err) {
        reports_refuse(server, request, 400,
                       err == E_RANGE ? "events make no sense" : "events are malformed",
                       err == E_RANGE ? "category, signal, count and times must fit docs/spec/device-api.md"
                                      : "send one CBOR map as docs/spec/device-api.md describes it");
        return;
    }
    memcpy(report.device_id, device_id, sizeof report.device_id);
    memcpy(report.serial, http->identity_serial, sizeof report.serial);
    struct reports_call *batch = reports_call_new(server, request);
    if (!batch)
        return;
    if (store_report_write(&report, &w) != 0 ||
        channel_call(server->store, STORE_OP_REPORT_ADD, writer_view(&w), added, batch) != 0) {
        reports_unavailable(server, request);
        free(batch);
    }
}

static const struct route_row {
    uint16_t route;
    reports_handler *handle;
} routes[] = {
    {ROUTE_ID_Reports_Events, events_handle},
    {ROUTE_ID_Reports_DumpKey, dump_key_handle},
    {ROUTE_ID_Reports_Dump, dump_handle},
};

static void request_handle(void *context, struct channel_request *request, struct span payload)
{
    struct http_request http;
    uint8_t device_id[64];
    int err = http_request_parse(payload, &http);

    /* The route table admits the OS alone; that is looked at again here. */
    if (!err && http.identity != HTTP_IDENTITY_OS)
        err = E_DENIED;
    if (!err)
        err = hex_decode(http.identity_name, device_id, sizeof device_id);
    for (size_t i = 0; !err && i < sizeof routes / sizeof routes[0]; i++)
        if (routes[i].route == http.route) {
            routes[i].handle(context, request, &http, device_id);
            return;
        }
    channel_reply(request, err ? err : E_DENIED, (struct span){NULL, 0});
}

static const struct channel_operation operations[] = {
    {HTTP_OP_REQUEST, "request", HTTP_REQUEST_BYTES_MAX, request_handle},
};

static void closed(void *context, struct channel *channel)
{
    struct reports_server *server = context;
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

int reports_server_init(struct reports_server *server, struct event_base *base,
                        struct reports_server_fds fds)
{
    memset(server, 0, sizeof *server);
    server->base = base;
    server->now_s = wall_s;
    server->front = channel_new(base, fds.front, operations, sizeof operations / sizeof operations[0],
                                server, closed);
    server->store = channel_new(base, fds.store, NULL, 0, server, closed);
    if (fds.issuer >= 0)
        server->issuer = channel_new(base, fds.issuer, NULL, 0, server, closed);
    if (server->front && server->store && (fds.issuer < 0 || server->issuer))
        return 0;
    reports_server_release(server);
    return E_NOMEM;
}

void reports_server_release(struct reports_server *server)
{
    channel_free(server->issuer);
    channel_free(server->store);
    channel_free(server->front);
    memset(server, 0, sizeof *server);
}
