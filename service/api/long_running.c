/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations that run on behind their answer, in both styles of Azure Resource
 * Manager: 202 with Location, and 201 with Azure-AsyncOperation.
 * Source: docs/spec/management-api.md, "long-running".
 *
 * api_run_on() begins an operation in the store, answers, and goes on with the work;
 * from then on api_answer() and api_fail() end the operation in place of the request.
 * The work of an operation whose process died does not come back: after
 * api->lost_ms without an end, polls say so, and that repeating is safe.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/guid.h"
#include "service/api/api.h"

enum {
    POLL_S = 1,
    RUNNING_MAX = 32, /* and what they hold together: */
    RUNNING_BYTES_MAX = 64 << 20,
};

static const char lost_code[] = "OperationInterrupted";
static const char lost_text[] = "the service was stopped while this ran, and its end is not known: repeat the "
                                "request, repeating is safe";

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* -- beginning ------------------------------------------------------------------- */

static json_t *address(const struct api_call *call, const char *kind, const uint8_t operation[static 16])
{
    char guid[GUID_TEXT_BYTES];
    guid_format(operation, guid);
    return json_sprintf("%s/subscriptions/%.*s" ROUTE_SPHERE "/locations/global/%s/%s?api-version=" QUERY_API_VERSION,
                        call->api->base_url, (int)call->scope.subscription.len,
                        (const char *)call->scope.subscription.at, kind, guid);
}

static struct span span_of_json(const json_t *text) { return span_of(json_string_value(text), json_string_length(text)); }

/* held: the resource as it is now; without one there is nothing to show yet. */
static void begun(struct api_call *call, struct span payload)
{
    struct store_row_operation row;
    struct store_rows rows;
    if (!api_row(call, payload, &store_row_operation_type, &row, &rows))
        return;
    json_t *url = address(call, call->held ? "operationStatuses" : "operationResults", row.operation);
    char *body = call->held ? json_dumps(call->held, JSON_COMPACT) : NULL;
    struct http_response response = {.status = call->held ? 201 : 202, .retry_after_s = POLL_S};
    if (call->held) {
        response.async_operation = span_of_json(url);
        response.content_type = span_of("application/json; charset=utf-8", 31);
        response.body = span_of(body, body ? strlen(body) : 0);
    } else {
        response.location = span_of_json(url);
    }
    if (!url || (call->held && !body)) {
        api_fail_status(call, E_NOMEM);
    } else {
        call->api->answered[2]++;
        http_reply(call->request, &response);
        call->request = NULL;
        call->running = true;
        memcpy(call->operation, row.operation, sizeof call->operation);
        call->work(call);
    }
    json_decref(url);
    free(body);
}

void api_run_on(struct api_call *call, const char *kind, size_t bytes, void (*work)(struct api_call *call))
{
    const struct store_operation_begin begin = {call->scope.subscription, span_of(kind, strlen(kind)), call->principal};
    struct api *api = call->api;
    if (api->running == RUNNING_MAX || bytes > RUNNING_BYTES_MAX - api->running_bytes) {
        api_fail_status(call, E_BUSY);
        return;
    }
    api->running++;
    api->running_bytes += bytes;
    call->reserved = true;
    call->reserved_bytes = bytes;
    call->work = work;
    api_ask_store_directly(call, STORE_OP_OPERATION_BEGIN, &store_operation_begin_type, &begin, begun);
}

void api_run_release(struct api_call *call)
{
    if (!call->reserved)
        return;
    call->api->running--;
    call->api->running_bytes -= call->reserved_bytes;
    call->reserved = false;
}

/* -- ending ------------------------------------------------------------------------ */

static void on_ended(void *context, int status, struct span payload)
{
    (void)context;
    (void)status; /* polls will find it lost */
    (void)payload;
}

void api_run_end(struct api_call *call, uint16_t status, const char *error)
{
    struct store_operation_end end = {.status = status >= 400 ? status : 0};
    uint8_t bytes[2048];
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(end.operation, call->operation, sizeof end.operation);
    if (end.status)
        end.detail = span_of(error, strlen(error));
    if (record_write(&store_operation_end_type, &end, &w) == 0 && call->api->store)
        (void)!channel_call(call->api->store, STORE_OP_OPERATION_END, writer_view(&w), on_ended, NULL);
}

/* -- polling ----------------------------------------------------------------------- */

enum phase { RUNS, DONE, FAILED, LOST };

static enum phase phase_of(const struct api_call *call, const struct store_row_operation *row)
{
    uint64_t now = now_ms();
    if (row->ended_ms)
        return row->status ? FAILED : DONE;
    return now >= row->started_ms && now - row->started_ms >= call->api->lost_ms ? LOST : RUNS;
}

static json_t *error_of(const struct store_row_operation *row, enum phase phase)
{
    return phase == LOST ? json_pack("{s:s,s:s}", "code", lost_code, "message", lost_text)
                         : json_loadb((const char *)row->detail.at, row->detail.len, 0, NULL);
}

static void poll_later(struct api_call *call, uint16_t status, const struct store_row_operation *row, json_t *body)
{
    json_t *url = status == 202 ? address(call, "operationResults", row->operation) : NULL;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const struct http_response response = {
        .status = status,
        .location = span_of_json(url),
        .retry_after_s = POLL_S,
        .content_type = text ? span_of("application/json; charset=utf-8", 31) : span_of(NULL, 0),
        .body = span_of(text, text ? strlen(text) : 0),
    };
    api_respond(call, &response);
    json_decref(url);
    json_decref(body);
    free(text);
}

static void status_found(struct api_call *call, struct span payload)
{
    static const char *const names[] = {[RUNS] = "InProgress", [DONE] = "Succeeded", [FAILED] = "Failed", [LOST] = "Failed"};
    struct store_row_operation row;
    struct store_rows rows;
    char guid[GUID_TEXT_BYTES];
    if (!api_row(call, payload, &store_row_operation_type, &row, &rows))
        return;
    enum phase phase = phase_of(call, &row);
    guid_format(row.operation, guid);
    json_t *status = json_pack("{s:o,s:s,s:s,s:o,s:i}",
                               "id", json_sprintf("/subscriptions/%.*s" ROUTE_SPHERE "/locations/global/operationStatuses/%s",
                                                  (int)call->scope.subscription.len,
                                                  (const char *)call->scope.subscription.at, guid),
                               "name", guid, "status", names[phase],
                               "startTime", render_time_ms(row.started_ms),
                               "percentComplete", phase == RUNS ? 0 : 100);
    int bad = row.ended_ms ? json_object_set_new(status, "endTime", render_time_ms(row.ended_ms)) : 0;
    if (phase == FAILED || phase == LOST)
        bad |= json_object_set_new(status, "error", error_of(&row, phase));
    if (bad || !status) {
        json_decref(status);
        api_fail_status(call, E_NOMEM);
    } else if (phase == RUNS) {
        poll_later(call, 200, &row, status);
    } else {
        api_answer(call, 200, status);
    }
}

/* Those that answer with Location have no result of their own: 204. */
static void result_found(struct api_call *call, struct span payload)
{
    struct store_row_operation row;
    struct store_rows rows;
    if (!api_row(call, payload, &store_row_operation_type, &row, &rows))
        return;
    enum phase phase = phase_of(call, &row);
    if (phase == RUNS)
        poll_later(call, 202, &row, NULL);
    else if (phase == DONE)
        api_answer_empty(call, 204);
    else
        api_answer(call, phase == LOST ? 409 : row.status, json_pack("{s:o}", "error", error_of(&row, phase)));
}

static void operation_ask(struct api_call *call, void (*finish)(struct api_call *call, struct span payload))
{
    struct store_query query = {.scope = call->scope};
    api_ask_store(call, STORE_OP_OPERATION_GET, &store_query_type, &query, finish);
}

void api_operation_status(struct api_call *call) { operation_ask(call, status_found); }
void api_operation_result(struct api_call *call) { operation_ask(call, result_found); }
