/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of what the API can do, and its description. */
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

void api_description(struct api_call *call) { api_answer(call, 200, openapi_document(call->api->base_url)); }
