/* SPDX-License-Identifier: BSD-2-Clause */
/* One request from front to its answer: what all handlers share. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"
#include "service/api/access.h"

static const struct error_row {
    uint16_t status;
    const char *code;
} error_rows[API_ERROR_COUNT] = {
#define API_ERROR_ROW(name, status, text) {status, text},
    API_ERROR_TABLE(API_ERROR_ROW)
#undef API_ERROR_ROW
};

/* Codes of the store and the issuer, as the API says them. */
static const struct status_row {
    int status;
    enum api_error error;
    const char *text;
} status_rows[] = {
    {E_DENIED, API_FORBIDDEN, "your roles do not allow this change of a device group that the request touches"},
    {E_NOT_FOUND, API_NOT_FOUND, "the resource was not found"},
    {E_MISSING, API_PARENT_NOT_FOUND, "a parent of the resource was not found"},
    {E_CONFLICT, API_CONFLICT, "the request contradicts what exists, or the resource is still in use"},
    {E_EXISTS, API_CONFLICT, "the resource exists already"},
    {E_UNSUPPORTED, API_VALIDATION, "this cannot be done to a resource of this name or type"},
    {E_MALFORMED, API_VALIDATION, "the image package is malformed"},
    {E_BINDING, API_VALIDATION, "the name does not belong to what was sent, or to this catalog"},
    {E_STATE, API_BUSY, "by the service's clock its certificates have not begun, or are over: whoever runs it must set the clock"},
    {E_STALE, API_VALIDATION, "the time of what was sent is over"},
    {E_DUPLICATE, API_VALIDATION, "two images of one component"},
    {E_RANGE, API_VALIDATION, "something that the request names was not found in this catalog"},
    {E_LIMIT, API_VALIDATION, "a value is beyond its limit, or missing"},
    {E_FULL, API_STORAGE_FULL, "the service has no room left"},
    {E_BUSY, API_BUSY, "the service is busy"},
    {E_NOMEM, API_BUSY, "the service is busy"},
    {E_NETWORK, API_BUSY, "the service is restarting"},
    {E_TIMEOUT, API_BUSY, "the service is busy"},
};

enum { RETRY_BUSY_S = 5 };

/* -- ending ---------------------------------------------------------------- */

static void call_free(struct api_call *call)
{
    api_job_release(call);
    json_decref(call->body);
    json_decref(call->held);
    free(call);
}

void api_call_drop(struct api_call *call) { call_free(call); }

static void reply(struct api_call *call, const struct http_response *response)
{
    call->api->answered[response->status / 100 % 6]++;
    http_reply(call->request, response);
}

/* Of an operation that runs on, only whether it went well is kept. */
void api_respond(struct api_call *call, const struct http_response *response)
{
    if (call->running)
        api_job_end(call, response->status < 400 ? 0 : response->status, "");
    else
        reply(call, response);
    call_free(call);
}

static struct span text_of(const char *text) { return span_of(text, strlen(text)); }

void api_answer(struct api_call *call, uint16_t status, json_t *body)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (!text) {
        api_fail_status(call, E_NOMEM);
        return;
    }
    struct http_response response = {
        .status = status,
        .content_type = text_of("application/json; charset=utf-8"),
        .body = text_of(text),
    };
    api_respond(call, &response);
    free(text);
}

void api_answer_empty(struct api_call *call, uint16_t status)
{
    const struct http_response response = {.status = status};
    api_respond(call, &response);
}

void api_fail(struct api_call *call, enum api_error error, const char *format, ...)
{
    char message[512];
    const struct error_row *row = &error_rows[error];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    /* Parts of a message can come from the request: nothing but plain text leaves. */
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            *c = '?';
    api_audit_failure(call, row->code);
    /* A poll of an operation that runs on shows the inner part. */
    json_t *body = json_pack("{s:s,s:s}", "code", row->code, "message", message);
    if (body && !call->running)
        body = json_pack("{s:o}", "error", body);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    const struct http_response response = {
        .status = row->status,
        .content_type = text ? text_of("application/json; charset=utf-8") : span_of(NULL, 0),
        .body = text ? text_of(text) : span_of(NULL, 0),
        .retry_after_s = row->status == 503 ? RETRY_BUSY_S : 0,
    };
    if (call->running)
        api_job_end(call, row->status, text ? text : "{}");
    else
        reply(call, &response);
    free(text);
    call_free(call);
}

/* What a code means for this call; error API_ERROR_COUNT: a failure of the service. */
static struct status_row status_say(const struct api_call *call, int status)
{
    if (status == E_RANGE && call->unnamed)
        return (struct status_row){status, API_VALIDATION, call->unnamed};
    if (status == E_RANGE && call->scope.catalog.len == 0) /* of the whole service: there is no catalog */
        return (struct status_row){status, API_VALIDATION, "something that the request names was not found"};
    const struct status_row own[] = { /* what the call says of its own */
        {E_CONFLICT, API_CONFLICT, call->conflict},
        {E_EXISTS, API_ROLE_EXISTS, call->given},
        {E_NOT_FOUND, API_NOT_FOUND, call->absent},
        {E_STATE, API_CONFLICT, call->early},
        {E_UNSUPPORTED, API_VALIDATION, call->unfit},
        {E_BINDING, API_VALIDATION, call->mixed},
        {E_MALFORMED, API_VALIDATION, call->malformed},
        {E_BINDING, API_VALIDATION, call->foreign},
    };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i].status == status && own[i].text)
            return own[i];
    for (size_t i = 0; i < sizeof status_rows / sizeof status_rows[0]; i++)
        if (status_rows[i].status == status)
            return status_rows[i];
    return (struct status_row){status, API_INTERNAL, "the service failed to carry out the request"};
}

void api_fail_status(struct api_call *call, int status)
{
    const struct status_row say = status_say(call, status);
    if (call->running && !api_job_fails(status)) {
        call_free(call);
        return;
    }
    if (say.error == API_INTERNAL)
        fprintf(stderr, "api: %s: %s\n", route_table[call->handler->route].id, err_text(status));
    api_fail(call, say.error, "%s", say.text);
}

json_t *api_error_json(const struct api_call *call, int code, uint16_t *status)
{
    const struct status_row say = status_say(call, code);
    *status = error_rows[say.error].status;
    return json_pack("{s:s,s:s}", "code", error_rows[say.error].code, "message", say.text);
}

/* -- asking ------------------------------------------------------------------ */

static channel_done on_reply;

/* What the store carried out on the caller's behalf, or did not. */
static void on_asked(void *context, int status, struct span payload)
{
    struct api_call *call = context;
    struct store_asked asked;
    int err = status ? status : record_parse(&store_asked_type, payload, &asked);
    if (!err && asked.error) {
        call->recorded = true;
        err = -(int)asked.error;
    } else if (err == E_DENIED) {
        err = E_INTERNAL; /* of the channel: not a matter of rights */
    }
    on_reply(call, err, err ? span_of(NULL, 0) : asked.reply);
}

static void on_reply(void *context, int status, struct span payload)
{
    struct api_call *call = context;
    if (status == E_NOT_FOUND && (call->handler->flags & API_DELETES))
        api_answer_empty(call, 204);
    else if (status)
        api_fail_status(call, status);
    else
        call->finish(call, payload);
}

/* The issuer's refusal of what it does not sign is not a matter of the caller's roles. */
static void on_issued(void *context, int status, struct span payload)
{
    on_reply(context, status == E_DENIED ? E_INTERNAL : status, payload);
}

static void ask(struct api_call *call, struct channel *channel, uint16_t operation, struct span payload,
                channel_done *done, void (*finish)(struct api_call *call, struct span payload))
{
    call->finish = finish;
    int err = channel ? channel_call(channel, operation, payload, done, call) : E_NETWORK;
    if (err)
        api_fail_status(call, err);
}

/* On the heap; NULL and *err. */
static uint8_t *encode(const struct record_type *type, const void *record, size_t *len, int *err)
{
    size_t cap = record_bytes(type, record);
    uint8_t *bytes = malloc(cap);
    struct writer w = writer_of(bytes, cap);
    *err = bytes ? record_write(type, record, &w) : E_NOMEM;
    *len = w.len;
    if (!*err)
        return bytes;
    free(bytes);
    return NULL;
}

/* Every operation goes inside an ASK, with who asks for what. */
uint8_t *api_ask_encode(const struct api_call *call, uint16_t operation, const struct record_type *type,
                        const void *record, size_t *len, int *err)
{
    char path[STORE_PATH_MAX + 1];
    struct store_ask say = {.caller = api_caller(call, path), .operation = operation};
    uint8_t *bytes = encode(type, record, len, err), *whole = NULL;
    if (bytes) {
        say.payload = span_of(bytes, *len);
        whole = encode(&store_ask_type, &say, len, err);
    }
    free(bytes);
    return whole;
}

void api_ask_store(struct api_call *call, uint16_t operation, const struct record_type *type,
                   const void *record, void (*finish)(struct api_call *call, struct span payload))
{
    size_t len;
    int err;
    uint8_t *bytes = api_ask_encode(call, operation, type, record, &len, &err);
    if (!bytes)
        api_fail_status(call, err);
    else
        ask(call, call->api->store, STORE_OP_ASK, span_of(bytes, len), on_asked, finish);
    free(bytes);
}

void api_ask_store_directly(struct api_call *call, uint16_t operation, const struct record_type *type,
                            const void *record, void (*finish)(struct api_call *call, struct span payload))
{
    size_t len;
    int err;
    uint8_t *bytes = encode(type, record, &len, &err);
    if (!bytes)
        api_fail_status(call, err);
    else
        ask(call, call->api->store, operation, span_of(bytes, len), on_reply, finish);
    free(bytes);
}

void api_ask_issuer(struct api_call *call, uint16_t operation, struct span payload,
                    void (*finish)(struct api_call *call, struct span payload))
{
    ask(call, call->api->issuer, operation, payload, on_issued, finish);
}

void api_ask_head(struct api_call *call, void (*finish)(struct api_call *call, struct span payload))
{
    ask(call, call->api->store, STORE_OP_AUDIT_HEAD, span_of(NULL, 0), on_reply, finish);
}

/* Why a resource cannot be deleted, where more can be said than that it is in use. */
static const char *kept_by(enum route_id route)
{
    static const struct {
        enum route_id route;
        const char *text;
    } rows[] = {
        {ROUTE_ID_Catalogs_Delete, "the catalog still has products or devices: delete its products, and release or delete its "
                                   "devices, first"},
        {ROUTE_ID_Products_Delete, "the product still has device groups or devices in it: take them out first"},
        {ROUTE_ID_DeviceGroups_Delete, "the device group still has devices in it: move or delete them first"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].route == route)
            return rows[i].text;
    return NULL;
}

void api_start_query(struct api_call *call)
{
    if (call->handler->flags & API_DELETES)
        call->conflict = kept_by(call->handler->route);
    struct store_query query = {.scope = call->scope};
    if ((call->handler->flags & API_LIST) && !api_page(call, &query))
        return;
    api_ask_store(call, call->handler->operation, &store_query_type, &query,
                  call->handler->flags & API_LIST      ? api_finish_page
                  : call->handler->flags & API_DELETES ? api_finish_empty
                                                       : api_finish_row);
}

/* -- finishing ---------------------------------------------------------------- */

bool api_row(struct api_call *call, struct span payload, const struct record_type *type, void *row,
             struct store_rows *rows)
{
    int err = record_parse(&store_rows_type, payload, rows);
    struct cursor c = cursor_of(rows->rows);
    if (!err) {
        record_get(type, &c, row);
        err = c.err;
    }
    if (err)
        api_fail_status(call, E_INTERNAL);
    return !err;
}

void api_finish_row(struct api_call *call, struct span payload)
{
    struct store_rows rows;
    void *row = calloc(1, call->handler->row->size);
    if (!row)
        api_fail_status(call, E_NOMEM);
    else if (api_row(call, payload, call->handler->row, row, &rows))
        api_answer(call, rows.created ? 201 : 200, call->handler->render(call, row));
    free(row);
}

void api_finish_empty(struct api_call *call, struct span payload)
{
    (void)payload;
    api_answer_empty(call, 200);
}

/* -- bodies ------------------------------------------------------------------- */

bool api_choice(struct api_call *call, const json_t *properties, const char *member,
                const char *const *names, size_t count, uint16_t fallback, uint16_t *value, bool *present)
{
    struct span text;
    char known[128] = "";
    size_t used = 0;
    *value = fallback;
    *present = body_text(properties, member, &text);
    if (!*present)
        return true;
    for (uint16_t i = 0; i < count; i++)
        if (names[i] && span_equal(text, text_of(names[i]))) {
            *value = i;
            return true;
        }
    for (size_t i = 0; i < count; i++)
        if (names[i] && used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", names[i]);
    api_fail(call, API_INVALID_CONTENT, "\"%s\" must be one of: %s", member, known);
    return false;
}

/* -- beginning ------------------------------------------------------------------ */

static const struct shape_row {
    struct {
        size_t part; /* offset of a span in struct store_scope */
        enum name_rule rule;
    } at[8];
    uint16_t count;
    bool device; /* one more after those: a device */
    bool named; /* a last one goes to scope.name by the handler's rule */
} shape_rows[] = {
#define PART(field, rule) {offsetof(struct store_scope, field), NAME_##rule}
#define PARTS_CATALOG PART(subscription, SUBSCRIPTION), PART(resource_group, RESOURCE_GROUP), PART(catalog, CATALOG)
#define PARTS_GROUP PARTS_CATALOG, PART(product, PRODUCT), PART(group, GROUP)
    [SHAPE_NONE] = {.count = 0},
    [SHAPE_SUBSCRIPTION] = {{PART(subscription, SUBSCRIPTION)}, 1, false, false},
    [SHAPE_RESOURCE_GROUP] = {{PART(subscription, SUBSCRIPTION), PART(resource_group, RESOURCE_GROUP)}, 2, false, false},
    [SHAPE_CATALOG] = {{PARTS_CATALOG}, 3, false, false},
    [SHAPE_PRODUCT] = {{PARTS_CATALOG, PART(product, PRODUCT)}, 4, false, false},
    [SHAPE_GROUP] = {{PARTS_GROUP}, 5, false, false},
    [SHAPE_CATALOG_NAME] = {{PARTS_CATALOG}, 3, false, true},
    [SHAPE_GROUP_NAME] = {{PARTS_GROUP}, 5, false, true},
    [SHAPE_NAME] = {.count = 0, .named = true},
    [SHAPE_SUBSCRIPTION_NAME] = {{PART(subscription, SUBSCRIPTION)}, 1, false, true},
    [SHAPE_RESOURCE_GROUP_NAME] = {{PART(subscription, SUBSCRIPTION), PART(resource_group, RESOURCE_GROUP)}, 2, false, true},
    [SHAPE_PRODUCT_NAME] = {{PARTS_CATALOG, PART(product, PRODUCT)}, 4, false, true},
    [SHAPE_DEVICE] = {{PARTS_GROUP}, 5, true, false},
    [SHAPE_DEVICE_NAME] = {{PARTS_GROUP}, 5, true, true},
    /* the location means nothing here: any is taken */
    [SHAPE_OPERATION] = {{PART(subscription, SUBSCRIPTION), PART(group, NONE)}, 2, false, true},
};

/* False: the call has been ended. */
static bool scope_take(struct api_call *call)
{
    const struct shape_row *shape = &shape_rows[call->handler->shape];
    if (call->param_count != shape->count + shape->device + shape->named) {
        api_fail_status(call, E_INTERNAL);
        return false;
    }
    for (uint16_t i = 0; i < call->param_count; i++) {
        bool part = i < shape->count, device = !part && shape->device && i == shape->count;
        enum name_rule rule = part ? shape->at[i].rule : device ? NAME_DEVICE : call->handler->name;
        if (!name_valid(rule, call->param[i])) {
            api_fail(call, API_INVALID_NAME, "%s", name_rule_text(rule));
            return false;
        }
        if (part)
            memcpy((uint8_t *)&call->scope + shape->at[i].part, &call->param[i], sizeof call->param[i]);
        else if (device)
            call->device = call->param[i];
        else
            call->scope.name = call->param[i];
    }
    if (call->handler->shape == SHAPE_GROUP_NAME && call->handler->name == NAME_DEVICE)
        call->device = call->scope.name;
    if (call->handler->shape == SHAPE_OPERATION)
        call->scope.group = span_of(NULL, 0);
    return true;
}

bool api_filter_check(struct api_call *call, const char *text)
{
    struct filter filter;
    char reason[FILTER_REASON_MAX];
    const struct filter_list *list =
        (call->handler->flags & API_LIST) && call->handler->row ? filter_list_of(call->handler->row) : NULL;
    if (!list)
        api_fail(call, API_FILTER_UNSUPPORTED, "$filter is not supported by this operation");
    else if (filter_parse(list, text_of(text), &filter, reason) != 0)
        api_fail(call, API_INVALID_FILTER, "%s", reason);
    else
        return true;
    return false;
}

static bool query_take(struct api_call *call, struct span raw)
{
    int err = query_parse(raw, &call->query);
    if (!err && (contract_table[call->handler->route].flags & CONTRACT_PLAIN))
        return true;
    if (err)
        api_fail(call, API_INVALID_QUERY, "the query of the request is not valid: %s", err_text(err));
    else if (!call->query.has_version || !*call->query.version)
        api_fail(call, API_MISSING_API_VERSION,
                 "The api-version query parameter (?api-version=) is required for all requests. "
                 "The supported versions are '" QUERY_API_VERSION "'.");
    else if (!call->query.version_known &&
             !((contract_table[call->handler->route].flags & CONTRACT_ANY_VERSION) && call->query.version_dated))
        api_fail(call, API_INVALID_API_VERSION, "The api-version '%s' is invalid. The supported versions are '%s'.",
                 call->query.version, QUERY_API_VERSION);
    else
        return !*call->query.filter || (call->handler->flags & API_FILTERS) || api_filter_check(call, call->query.filter);
    return false;
}

/* The body lives only now, but what is wrong with it is for those who may ask. */
static void body_take(struct api_call *call, struct span bytes)
{
    unsigned flags = call->handler->flags;
    if (!(flags & (API_BODY | API_BODY_OPTIONAL)))
        return; /* POST actions may come with any body: it is not looked at */
    call->body_error = body_parse(bytes, &call->body, call->body_reason);
    if (!call->body_error && !call->body && (flags & API_BODY)) {
        call->body_error = E_MISSING;
        snprintf(call->body_reason, sizeof call->body_reason, "the request needs a JSON body");
    }
    if (!call->body_error && call->body)
        call->body_error =
            schema_check(contract_table[call->handler->route].body, call->body, call->body_reason);
}

static void begin(struct api_call *call)
{
    if (call->body_error)
        api_fail(call, API_INVALID_CONTENT, "%s", call->body_reason);
    else
        call->handler->start(call);
}

static struct span copy(struct api_call *call, size_t *used, struct span text)
{
    uint8_t *to = call->text + *used;
    if (text.len)
        memcpy(to, text.at, text.len);
    *used += text.len;
    return span_of(to, text.len);
}

/* Of the client's choice: into the audit log goes nothing that a terminal obeys. */
static struct span printable_copy(struct api_call *call, size_t *used, struct span text)
{
    uint8_t *at = call->text + *used;
    if (text.len > STORE_REQUEST_ID_MAX)
        text.len = STORE_REQUEST_ID_MAX;
    struct span out = copy(call, used, text);
    for (size_t i = 0; i < out.len; i++)
        if (at[i] < 0x20 || at[i] > 0x7e)
            at[i] = '?';
    return out;
}

static struct api_call *call_new(struct api *api, struct channel_request *request,
                                 const struct http_request *http)
{
    char principal[STORE_PRINCIPAL_MAX + 1];
    size_t principal_len = api_principal_write(http, principal, sizeof principal);
    size_t bytes = http->identity_name.len + principal_len + http->request_id.len, used = 0;
    for (uint16_t i = 0; i < http->param_count; i++)
        bytes += http->param[i].len;
    struct api_call *call = calloc(1, sizeof *call + bytes + 1);
    if (!call)
        return NULL;
    call->api = api;
    call->request = request;
    call->param_count = http->param_count;
    for (uint16_t i = 0; i < http->param_count; i++)
        call->param[i] = copy(call, &used, http->param[i]);
    call->actor = copy(call, &used, http->identity_name);
    call->principal = copy(call, &used, span_of(principal, principal_len));
    memcpy(call->serial, http->identity_serial, sizeof call->serial);
    call->request_id = printable_copy(call, &used, http->request_id);
    return call;
}

static const struct api_handler *handler_find(uint16_t route)
{
    for (size_t i = 0; i < api_handler_count; i++)
        if (api_handlers[i].route == route)
            return &api_handlers[i];
    return NULL;
}

struct api_call *api_call_bare(struct api *api, enum route_id route)
{
    struct api_call *call = calloc(1, sizeof *call + 1);
    if (!call)
        return NULL;
    call->api = api;
    call->handler = handler_find((uint16_t)route);
    return call;
}

/* Nothing but operators gets here through front, and this process does not take
 * its word for it. */
static bool identity_allowed(const struct http_request *http)
{
    static const uint8_t none[sizeof http->identity_serial];
    /* A certificate without a serial number could not be revoked. */
    if (http->identity == HTTP_IDENTITY_OPERATOR && memcmp(http->identity_serial, none, sizeof none) == 0)
        return false;
    return (http->identity == HTTP_IDENTITY_OPERATOR || http->identity == HTTP_IDENTITY_TOKEN) &&
           http->identity_name.len &&
           http->identity_name.len <= STORE_TEXT_MAX && utf8_valid(http->identity_name);
}

void api_request(struct api *api, struct channel_request *request, struct span payload)
{
    struct http_request http;
    int err = http_request_parse(payload, &http);
    const struct api_handler *handler = err ? NULL : handler_find(http.route);
    bool anyone = handler && (handler->flags & API_PUBLIC);
    if (!handler || (!anyone && !identity_allowed(&http))) {
        channel_reply(request, err ? err : E_DENIED, span_of(NULL, 0));
        return;
    }
    struct api_call *call = call_new(api, request, &http);
    if (!call) {
        channel_reply(request, E_NOMEM, span_of(NULL, 0));
        return;
    }
    call->handler = handler;
    if (query_take(call, http.query) && scope_take(call)) {
        body_take(call, http.body);
        if (anyone)
            begin(call);
        else
            api_authorize(call, begin);
    }
}
