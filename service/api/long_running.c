/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Polls of operations that run on behind their answer, in both styles of Azure Resource
 * Manager: 202 with Location, and 201 with Azure-AsyncOperation.  jobs.c begins and ends them.
 * Source: docs/spec/management-api.md, "long-running".
 */
#include <stdlib.h>
#include <string.h>

#include "lib/guid.h"
#include "service/api/api.h"

static struct span view(const json_t *text) { return span_of(json_string_value(text), json_string_length(text)); }

enum phase { RUNS, DONE, FAILED };

static enum phase phase_of(const struct store_row_operation *row)
{
    return !row->ended_ms ? RUNS : row->status || row->error ? FAILED : DONE;
}

/* What the store ended it with is put into words here: by the kind of what was asked. */
static json_t *error_of(struct api_call *call, const struct store_row_operation *row, uint16_t *status)
{
    *status = row->status;
    if (row->status)
        return json_loadb((const char *)row->detail.at, row->detail.len, 0, NULL);
    api_job_words(call, row->kind);
    return api_error_json(call, -(int)row->error, status);
}

static void poll_later(struct api_call *call, uint16_t status, const struct store_row_operation *row, json_t *body)
{
    json_t *url = status == 202 ? api_job_address(call, "operationResults", row->operation) : NULL;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const struct http_response response = {
        .status = status,
        .location = view(url),
        .retry_after_s = API_POLL_S,
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
    static const char *const names[] = {[RUNS] = "InProgress", [DONE] = "Succeeded", [FAILED] = "Failed"};
    struct store_row_operation row;
    struct store_rows rows;
    char guid[GUID_TEXT_BYTES];
    uint16_t http;
    if (!api_row(call, payload, &store_row_operation_type, &row, &rows))
        return;
    enum phase phase = phase_of(&row);
    guid_format(row.operation, guid);
    json_t *status = json_pack("{s:o,s:s,s:s,s:o,s:i}",
                               "id", json_sprintf("/subscriptions/%.*s" ROUTE_SPHERE "/locations/global/operationStatuses/%s",
                                                  (int)call->scope.subscription.len,
                                                  (const char *)call->scope.subscription.at, guid),
                               "name", guid, "status", names[phase],
                               "startTime", render_time_ms(row.started_ms),
                               "percentComplete", phase == RUNS ? 0 : 100);
    int bad = row.ended_ms ? json_object_set_new(status, "endTime", render_time_ms(row.ended_ms)) : 0;
    if (phase == FAILED)
        bad |= json_object_set_new(status, "error", error_of(call, &row, &http));
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
    uint16_t http;
    if (!api_row(call, payload, &store_row_operation_type, &row, &rows))
        return;
    enum phase phase = phase_of(&row);
    if (phase == RUNS)
        poll_later(call, 202, &row, NULL);
    else if (phase == DONE)
        api_answer_empty(call, 204);
    else {
        json_t *error = error_of(call, &row, &http);
        api_answer(call, http, json_pack("{s:o}", "error", error));
    }
}

static void operation_ask(struct api_call *call, void (*finish)(struct api_call *call, struct span payload))
{
    struct store_query query = {.scope = call->scope};
    api_ask_store(call, STORE_OP_OPERATION_GET, &store_query_type, &query, finish);
}

void api_operation_status(struct api_call *call) { operation_ask(call, status_found); }
void api_operation_result(struct api_call *call) { operation_ask(call, result_found); }
