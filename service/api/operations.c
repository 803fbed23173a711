/* SPDX-License-Identifier: BSD-2-Clause */
/* Long-running operations, the list of what the API can do, and its description. */
#include <stdio.h>
#include <string.h>

#include "lib/guid.h"
#include "service/api/api.h"
#include "service/api/openapi.h"

/* service-api.md §7.2: the actions are made of the paths that exist. */
static const struct operation_name {
    const char *name, *resource, *operation;
} operation_names[] = {
#define CRUD(path, text)                                                                 \
    {"Microsoft.AzureSphere/" path "/read", text, "Read"},                               \
        {"Microsoft.AzureSphere/" path "/write", text, "Create or update"},              \
        {"Microsoft.AzureSphere/" path "/delete", text, "Delete"}
#define ACTION(path, verb, text) {"Microsoft.AzureSphere/" path "/" verb "/action", text, verb}
    CRUD("catalogs", "Catalogs"),
    ACTION("catalogs", "countDevices", "Catalogs"),
    ACTION("catalogs", "listDeployments", "Catalogs"),
    ACTION("catalogs", "listDeviceGroups", "Catalogs"),
    ACTION("catalogs", "listDeviceInsights", "Catalogs"),
    ACTION("catalogs", "listDevices", "Catalogs"),
    ACTION("catalogs", "uploadImage", "Catalogs"),
    {"Microsoft.AzureSphere/catalogs/certificates/read", "Certificates", "Read"},
    ACTION("catalogs/certificates", "retrieveCertChain", "Certificates"),
    ACTION("catalogs/certificates", "retrieveProofOfPossessionNonce", "Certificates"),
    CRUD("catalogs/images", "Images"),
    CRUD("catalogs/products", "Products"),
    ACTION("catalogs/products", "countDevices", "Products"),
    ACTION("catalogs/products", "generateDefaultDeviceGroups", "Products"),
    CRUD("catalogs/products/deviceGroups", "Device groups"),
    ACTION("catalogs/products/deviceGroups", "claimDevices", "Device groups"),
    ACTION("catalogs/products/deviceGroups", "countDevices", "Device groups"),
    CRUD("catalogs/products/deviceGroups/deployments", "Deployments"),
    CRUD("catalogs/products/deviceGroups/devices", "Devices"),
    ACTION("catalogs/products/deviceGroups/devices", "generateCapabilityImage", "Devices"),
#undef CRUD
#undef ACTION
};

void api_operations_list(struct api_call *call)
{
    json_t *value = json_array();
    for (size_t i = 0; value && i < sizeof operation_names / sizeof operation_names[0]; i++) {
        const struct operation_name *o = &operation_names[i];
        if (json_array_append_new(value, json_pack("{s:s,s:b,s:{s:s,s:s,s:s,s:s},s:s}",
                                                   "name", o->name, "isDataAction", 0,
                                                   "display",
                                                   "provider", "Microsoft.AzureSphere",
                                                   "resource", o->resource,
                                                   "operation", o->operation,
                                                   "description", o->operation,
                                                   "origin", "user,system")) != 0) {
            json_decref(value);
            value = NULL;
        }
    }
    api_answer(call, 200, value ? json_pack("{s:o}", "value", value) : NULL);
}

static json_t *operation_status(struct api_call *call, const struct store_row_operation *row)
{
    char guid[GUID_TEXT_BYTES];
    guid_format(row->operation, guid);
    json_t *status = json_pack("{s:o,s:s,s:s,s:o,s:o,s:I}",
                               "id", json_sprintf("/subscriptions/%.*s" ROUTE_SPHERE "/locations/global/operationStatuses/%s",
                                                  (int)call->scope.subscription.len,
                                                  (const char *)call->scope.subscription.at, guid),
                               "name", guid,
                               "status", row->error ? "Failed" : "Succeeded",
                               "startTime", render_time_ms(row->started_ms),
                               "endTime", render_time_ms(row->ended_ms),
                               "percentComplete", (json_int_t)100);
    if (status && row->error &&
        json_object_set_new(status, "error", json_pack("{s:s,s:o}", "code", "OperationFailed",
                                                       "message", render_text(row->detail))) != 0) {
        json_decref(status);
        status = NULL;
    }
    return status;
}

static void status_found(struct api_call *call, struct span payload)
{
    struct store_row_operation row;
    struct store_rows rows;
    if (api_row(call, payload, &store_row_operation_type, &row, &rows))
        api_answer(call, 200, operation_status(call, &row));
}

static const struct outcome_row {
    int error;
    enum api_error answer;
} outcomes[] = {
    {E_NOT_FOUND, API_NOT_FOUND},
    {E_MISSING, API_PARENT_NOT_FOUND},
    {E_CONFLICT, API_CONFLICT},
    {E_DENIED, API_FORBIDDEN},
};

/* claimDevices and uploadImage have no result of their own: 204. */
static void result_found(struct api_call *call, struct span payload)
{
    struct store_row_operation row;
    struct store_rows rows;
    enum api_error error = API_VALIDATION;
    if (!api_row(call, payload, &store_row_operation_type, &row, &rows))
        return;
    if (row.error == 0) {
        api_answer_empty(call, 204);
        return;
    }
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (outcomes[i].error == -(int)row.error)
            error = outcomes[i].answer;
    api_fail(call, error, "%.*s", (int)row.detail.len, (const char *)row.detail.at);
}

static void operation_ask(struct api_call *call, void (*finish)(struct api_call *call, struct span payload))
{
    struct store_query query = {.scope = call->scope};
    api_ask_store(call, STORE_OP_OPERATION_GET, &store_query_type, &query, finish);
}

void api_operation_status(struct api_call *call) { operation_ask(call, status_found); }
void api_operation_result(struct api_call *call) { operation_ask(call, result_found); }

void api_description(struct api_call *call) { api_answer(call, 200, openapi_document(call->api->base_url)); }
