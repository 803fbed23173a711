/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Figures of the service in Prometheus' text format, version 0.0.4.
 * Counts of requests are this process's, from its start: Prometheus expects resets.
 * No name, id or label comes from a request or a tenant.
 */
#include <stdio.h>
#include <string.h>

#include "service/api/api.h"

struct text {
    char at[8192];
    size_t len;
};

static void line(struct text *text, const char *name, const char *label, uint64_t value)
{
    int n = snprintf(text->at + text->len, sizeof text->at - text->len, "perisphere_%s%s %llu\n", name, label,
                     (unsigned long long)value);
    if (n > 0 && (size_t)n < sizeof text->at - text->len)
        text->len += (size_t)n;
}

static void head(struct text *text, const char *name, const char *type, const char *help)
{
    int n = snprintf(text->at + text->len, sizeof text->at - text->len,
                     "# HELP perisphere_%s %s\n# TYPE perisphere_%s %s\n", name, help, name, type);
    if (n > 0 && (size_t)n < sizeof text->at - text->len)
        text->len += (size_t)n;
}

static void gauge(struct text *text, const char *name, const char *help, uint64_t value)
{
    head(text, name, "gauge", help);
    line(text, name, "", value);
}

static void rollouts(struct text *text, const struct store_row_status *row)
{
    static const char *const kinds[STORE_ROLLOUT_KINDS] = {"application", "os"};
    static const char *const states[STORE_ROLLOUT_STATES] = {
        [ROLLOUT_ACTIVE] = "active",   [ROLLOUT_PAUSED] = "paused",       [ROLLOUT_STOPPED] = "stopped",
        [ROLLOUT_ABORTED] = "aborted", [ROLLOUT_COMPLETED] = "completed",
    };
    char label[64];
    head(text, "rollouts", "gauge", "Rollouts; stopped: by themselves.");
    for (size_t k = 0; k < STORE_ROLLOUT_KINDS; k++)
        for (size_t s = ROLLOUT_ACTIVE; s < STORE_ROLLOUT_STATES; s++) {
            snprintf(label, sizeof label, "{kind=\"%s\",state=\"%s\"}", kinds[k], states[s]);
            line(text, "rollouts", label, row->rollout[k].rollouts[s]);
        }
    head(text, "rollout_devices", "gauge", "Devices of the rollouts under way; silent ones are failed ones.");
    for (size_t k = 0; k < STORE_ROLLOUT_KINDS; k++) {
        const struct store_rollout_figures *of = &row->rollout[k];
        const struct {
            const char *name;
            uint64_t count;
        } counts[] = {{"offered", of->offered}, {"updated", of->updated}, {"failed", of->failed}, {"silent", of->silent}};
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            snprintf(label, sizeof label, "{kind=\"%s\",status=\"%s\"}", kinds[k], counts[i].name);
            line(text, "rollout_devices", label, counts[i].count);
        }
    }
}

static void status_found(struct api_call *call, struct span payload)
{
    static const char *const labels[6] = {NULL, NULL, "{status=\"2xx\"}", "{status=\"3xx\"}",
                                          "{status=\"4xx\"}", "{status=\"5xx\"}"};
    struct store_row_status row;
    struct store_rows rows;
    struct text text = {.len = 0};
    if (!api_row(call, payload, &store_row_status_type, &row, &rows))
        return;
    gauge(&text, "catalogs", "Catalogs.", row.catalogs);
    gauge(&text, "devices", "Registered devices.", row.devices);
    gauge(&text, "images", "Images, of applications and of the OS.", row.images);
    gauge(&text, "database_bytes", "Size of the database.", row.database_bytes);
    gauge(&text, "schema_version", "Version of the database's schema.", row.schema);
    gauge(&text, "crash_groups_growing", "Crash groups that grow faster than usual.", row.crash_groups_growing);
    gauge(&text, "clock_settled", "1: the clock was not set within the last day.", row.clock_settled);
    gauge(&text, "clock_behind_seconds", "How far the clock is behind the last time of this service.", row.clock_behind_s);
    rollouts(&text, &row);
    gauge(&text, "operations_running", "Long-running operations under way.", call->api->running);
    gauge(&text, "operations_held_bytes", "What they hold in memory.", call->api->running_bytes);
    head(&text, "management_requests_total", "counter", "Answered requests of the management API.");
    for (size_t i = 2; i < sizeof labels / sizeof labels[0]; i++)
        line(&text, "management_requests_total", labels[i], call->api->answered[i]);
    static const char type[] = "text/plain; version=0.0.4; charset=utf-8";
    const struct http_response response = {
        .status = 200,
        .content_type = span_of(type, sizeof type - 1),
        .body = span_of(text.at, text.len),
    };
    api_respond(call, &response);
}

void api_metrics(struct api_call *call)
{
    const struct store_query query = {.scope = call->scope};
    api_ask_store(call, STORE_OP_STATUS, &store_query_type, &query, status_found);
}
