/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations that run on: begun in the store before the answer leaves, carried out
 * behind it, and taken up again by whichever service looks first when the process
 * that was at it is gone.
 * Source: docs/spec/management-api.md, "long-running"; docs/spec/store.md.
 *
 * A request to the store is kept there whole and carried out by OPERATION_RUN, which
 * ends the operation in the same transaction.  A catalog's CA is made by the issuer, which
 * makes one however often it is asked.  So taking up what somebody else may still be
 * doing repeats nothing.
 * From api_job_answer() on, api_answer() and api_fail() end the operation in place of a request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guid.h"
#include "service/api/api.h"

enum {
    RUNNING_MAX = 32, /* and what they hold together: */
    RUNNING_BYTES_MAX = 64 << 20,
    HOLDS_MAX = 300,  /* looks, 2 s each: what has no end by then may be taken up */
    ATTEMPTS_MAX = 5, /* then it fails: what it asks for brings the service down, or never gets through */
};

static const char lost_code[] = "OperationInterrupted";
static const char lost_text[] = "the service was stopped again and again while this ran, and its end is not known: repeat "
                                "the request, repeating is safe";

/* name; the route that begins it; what codes mean to it */
static const struct job_kind {
    const char *name;
    enum route_id route;
    const char *conflict, *absent;
} kinds[] = {
    {"createCatalog", ROUTE_ID_Catalogs_CreateOrUpdate, NULL, NULL},
    {"uploadImage", ROUTE_ID_Catalogs_UploadImage, "another image with this image id exists", NULL},
    {"claimDevices", ROUTE_ID_DeviceGroups_ClaimDevices, NULL, "a device was not found, or belongs to another catalog"},
    {"deleteResourceGroup", ROUTE_ID_ResourceGroups_Delete,
     "a catalog of the resource group has products or devices: delete these first; nothing was deleted", NULL},
};

static const struct job_kind *kind_of(struct span name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (span_equal(name, span_of(kinds[i].name, strlen(kinds[i].name))))
            return &kinds[i];
    return NULL;
}

static const struct job_kind *kind_at(enum route_id route)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].route == route)
            return &kinds[i];
    return NULL;
}

void api_job_words(struct api_call *call, struct span name)
{
    const struct job_kind *kind = kind_of(name);
    call->conflict = kind ? kind->conflict : NULL;
    call->absent = kind ? kind->absent : NULL;
}

/* -- a share of what may run ------------------------------------------------------ */

bool api_job_reserve(struct api_call *call, size_t bytes)
{
    struct api *api = call->api;
    if (api->running >= RUNNING_MAX || bytes > RUNNING_BYTES_MAX - api->running_bytes) {
        api_fail_status(call, E_BUSY);
        return false;
    }
    api->running++;
    api->running_bytes += bytes;
    call->reserved = true;
    call->reserved_bytes = bytes;
    return true;
}

void api_job_release(struct api_call *call)
{
    if (!call->reserved)
        return;
    for (struct api_call **at = &call->api->jobs; *at; at = &(*at)->next_job)
        if (*at == call) {
            *at = call->next_job;
            break;
        }
    call->api->running--;
    call->api->running_bytes -= call->reserved_bytes;
    call->reserved = false;
}

static void job_list(struct api_call *call)
{
    call->looks = 0;
    call->next_job = call->api->jobs;
    call->api->jobs = call;
}

/* -- the answer ------------------------------------------------------------------- */

json_t *api_job_address(const struct api_call *call, const char *kind, const uint8_t operation[static 16])
{
    char guid[GUID_TEXT_BYTES];
    guid_format(operation, guid);
    return json_sprintf("%s/subscriptions/%.*s" ROUTE_SPHERE "/locations/global/%s/%s?api-version=" QUERY_API_VERSION,
                        call->api->base_url, (int)call->scope.subscription.len,
                        (const char *)call->scope.subscription.at, kind, guid);
}

static struct span view(const json_t *text) { return span_of(json_string_value(text), json_string_length(text)); }

/* held: the resource as it is now; without one there is nothing to show yet. */
bool api_job_answer(struct api_call *call)
{
    json_t *url = api_job_address(call, call->held ? "operationStatuses" : "operationResults", call->operation);
    char *body = call->held ? json_dumps(call->held, JSON_COMPACT) : NULL;
    struct http_response response = {.status = call->held ? 201 : 202, .retry_after_s = API_POLL_S};
    bool good = url && (!call->held || body);
    if (call->held) {
        response.async_operation = view(url);
        response.content_type = span_of("application/json; charset=utf-8", 31);
        response.body = span_of(body, body ? strlen(body) : 0);
    } else {
        response.location = view(url);
    }
    if (good) {
        call->api->answered[2]++;
        http_reply(call->request, &response);
        call->request = NULL;
        call->running = true;
        job_list(call);
    } else {
        api_fail_status(call, E_NOMEM); /* the operation goes on all the same */
    }
    json_decref(url);
    free(body);
    return good;
}

/* -- a request to the store ------------------------------------------------------- */

/* Ended, by this or by somebody else. */
static void run_done(struct api_call *call, struct span payload)
{
    (void)payload;
    call->running = false;
    api_call_drop(call);
}

static void run(struct api_call *call)
{
    struct store_operation_id id;
    memcpy(id.operation, call->operation, sizeof id.operation);
    api_ask_store_directly(call, STORE_OP_OPERATION_RUN, &store_operation_id_type, &id, run_done);
}

static void begun(struct api_call *call, struct span payload)
{
    struct store_row_operation row;
    struct store_rows rows;
    if (!api_row(call, payload, &store_row_operation_type, &row, &rows))
        return;
    memcpy(call->operation, row.operation, sizeof call->operation);
    call->recorded = true; /* by the store from now on, with what comes of it */
    if (api_job_answer(call))
        run(call);
}

void api_ask_store_later(struct api_call *call, uint16_t operation, const struct record_type *type, const void *record)
{
    size_t len;
    int err;
    const struct job_kind *kind = kind_at(call->handler->route);
    uint8_t *request = api_ask_encode(call, operation, type, record, &len, &err);
    json_decref(call->body); /* all of it that counts is in the request */
    call->body = NULL;
    if (!request || !kind) {
        api_fail_status(call, request ? E_INTERNAL : err);
    } else if (api_job_reserve(call, len)) {
        const struct store_operation_begin begin = {call->scope.subscription, span_of(kind->name, strlen(kind->name)),
                                                    call->principal, span_of(request, len)};
        api_ask_store_directly(call, STORE_OP_OPERATION_BEGIN, &store_operation_begin_type, &begin, begun);
    }
    free(request);
}

/* -- ending ------------------------------------------------------------------------ */

static void on_ended(void *context, int status, struct span payload)
{
    (void)context;
    (void)status; /* where it was not written, the operation is taken up again */
    (void)payload;
}

void api_job_end(struct api_call *call, uint16_t status, const char *error)
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

bool api_job_fails(int status)
{
    /* E_CONFLICT: of others that write at the same time; what a request was refused for comes as its outcome */
    return status != E_NETWORK && status != E_BUSY && status != E_TIMEOUT && status != E_NOMEM && status != E_CONFLICT;
}

/* -- taking up ---------------------------------------------------------------------- */

/* A call without a request: its end is the operation's. */
static struct api_call *job_new(struct api *api, const struct store_row_job *job)
{
    const struct job_kind *kind = kind_of(job->kind);
    /* One of another version's kinds ends all the same: the store knows how, or nobody does. */
    struct api_call *call = api_call_bare(api, kind ? kind->route : ROUTE_ID_OperationStatuses_Get);
    if (!call)
        return NULL;
    memcpy(call->operation, job->operation, sizeof call->operation);
    memcpy(call->tenant, job->tenant, sizeof call->tenant);
    call->running = call->recorded = true;
    api->running++;
    call->reserved = true;
    job_list(call);
    return call;
}

static void lost(struct api_call *call)
{
    char text[512];
    snprintf(text, sizeof text, "{\"code\":\"%s\",\"message\":\"%s\"}", lost_code, lost_text);
    api_job_end(call, 409, text);
    call->running = false;
    api_call_drop(call);
}

static void on_taken(void *context, int status, struct span payload)
{
    struct api *api = context;
    struct store_rows rows = {0};
    struct store_row_job job;
    int err = status ? status : record_parse(&store_rows_type, payload, &rows);
    struct cursor c = cursor_of(rows.rows);
    if (err || !c.left)
        return; /* another time; or somebody else has it */
    record_get(&store_row_job_type, &c, &job);
    struct api_call *call = c.err ? NULL : job_new(api, &job);
    if (!call)
        return;
    if (!job.whole || job.attempts > ATTEMPTS_MAX)
        lost(call);
    else if (!guid_is_zero(job.tenant))
        api_catalog_ca(call);
    else
        run(call);
}

static void take(struct api *api, const struct store_row_job *job)
{
    uint8_t bytes[32];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct store_operation_id id;
    memcpy(id.operation, job->operation, sizeof id.operation);
    if (record_write(&store_operation_id_type, &id, &w) == 0 && api->store)
        (void)!channel_call(api->store, STORE_OP_OPERATION_TAKE, writer_view(&w), on_taken, api);
}

static void on_due(void *context, int status, struct span payload)
{
    struct api *api = context;
    struct store_rows rows = {0};
    struct store_row_job job;
    int err = status ? status : record_parse(&store_rows_type, payload, &rows);
    struct cursor c = cursor_of(rows.rows);
    api->looking = false;
    /* What is taken up counts once it is: the looks of some seconds may exceed the limit by a few. */
    for (size_t free = api->running < RUNNING_MAX ? RUNNING_MAX - api->running : 0; !err && c.left && free; free--) {
        record_get(&store_row_job_type, &c, &job);
        if (c.err)
            return;
        take(api, &job);
    }
}

static void on_held(void *context, int status, struct span payload)
{
    (void)context;
    (void)status; /* where it was not written, another one follows, or the lease runs out */
    (void)payload;
}

/* What takes longer than a lease, and is at work here: nobody else needs to begin it. */
static void leases_renew(struct api *api)
{
    for (struct api_call *call = api->jobs; call; call = call->next_job) {
        uint8_t bytes[32];
        struct writer w = writer_of(bytes, sizeof bytes);
        struct store_operation_id id;
        if (call->looks++ == 0 || call->looks > HOLDS_MAX)
            continue; /* most have ended by the second look */
        memcpy(id.operation, call->operation, sizeof id.operation);
        if (record_write(&store_operation_id_type, &id, &w) == 0 &&
            channel_call(api->store, STORE_OP_OPERATION_HOLD, writer_view(&w), on_held, NULL) == 0)
            api->holds++;
    }
}

void api_jobs_look(struct api *api)
{
    static const struct store_operation_id any;
    uint8_t bytes[32];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (api->looking || !api->store || record_write(&store_operation_id_type, &any, &w) != 0)
        return;
    leases_renew(api);
    api->looking = channel_call(api->store, STORE_OP_OPERATION_DUE, writer_view(&w), on_due, api) == 0;
}
