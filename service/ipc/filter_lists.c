/* SPDX-License-Identifier: BSD-2-Clause */
/* Which properties each list can be chosen by.  docs/spec/management-api.md has the same. */
#include "abi/image.h"
#include "service/ipc/event_names.h"
#include "service/ipc/filter.h"
#include "service/ipc/store_access_ops.h"
#include "service/ipc/store_pki_ops.h"

static const struct filter_choice feeds[] = {{0, "Retail"}, {1, "RetailEval"}, {0, NULL}};
static const struct filter_choice policies[] = {{0, "UpdateAll"}, {1, "No3rdPartyAppUpdates"}, {0, NULL}};
static const struct filter_choice switches[] = {{0, "Disabled"}, {1, "Enabled"}, {0, NULL}};
static const struct filter_choice boundaries[] = {{0, "None"}, {1, "EU"}, {0, NULL}};
static const struct filter_choice states[] = {{STORE_REFERENCE_TRUSTED, "Trusted"},
                                              {STORE_REFERENCE_OUTDATED, "Outdated"},
                                              {STORE_REFERENCE_REVOKED, "Revoked"},
                                              {0, NULL}};
static const struct filter_choice image_types[] = {
#define TYPE_CHOICE(name, number, text) {number, text},
    IMAGE_TYPE_TABLE(TYPE_CHOICE)
#undef TYPE_CHOICE
    {0, NULL}};
static const struct filter_choice categories[] = {
#define EVENT_CHOICE(number, category, class, type) {number, category},
    EVENT_NAME_TABLE(EVENT_CHOICE)
#undef EVENT_CHOICE
    {0, NULL}};

#define FIELD(name, kind, member) {name, FILTER_##kind, offsetof(ROW, member), NULL}
#define CHOICE(name, member, choices) {name, FILTER_CHOICE, offsetof(ROW, member), choices}

static const struct filter_choice catalog_type[] = {{0, "Microsoft.AzureSphere/catalogs"}};
static const struct filter_choice catalog_location[] = {{0, "global"}};

#define ROW struct store_row_catalog
static const struct filter_field catalog_fields[] = {
    FIELD("name", TEXT, name),
    {"resourceType", FILTER_FIXED, 0, catalog_type},
    {"location", FILTER_FIXED, 0, catalog_location},
    FIELD("tags", TEXT, tags),
    FIELD("resourceGroup", TEXT, resource_group),
    FIELD("tenantId", GUID, tenant),
    FIELD("createdBy", TEXT, created_by),
    FIELD("createdAt", TIME_MS, created_ms),
    FIELD("lastModifiedBy", TEXT, modified_by),
    FIELD("lastModifiedAt", TIME_MS, modified_ms),
};
#undef ROW

#define ROW struct store_row_resource_group
static const struct filter_field resource_group_fields[] = {
    FIELD("name", TEXT, name),
    FIELD("location", TEXT, location),
    FIELD("tags", TEXT, tags),
};
#undef ROW

#define ROW struct store_row_product
static const struct filter_field product_fields[] = {
    FIELD("name", TEXT, name),
    FIELD("description", TEXT, description),
};
#undef ROW

#define ROW struct store_row_group
static const struct filter_field group_fields[] = {
    FIELD("name", TEXT, name),
    FIELD("description", TEXT, description),
    CHOICE("osFeedType", feed, feeds),
    CHOICE("updatePolicy", policy, policies),
    {"allowCrashDumpsCollection", FILTER_SWITCH, offsetof(ROW, crash_dumps), switches},
    CHOICE("regionalDataBoundary", boundary, boundaries),
    FIELD("hasDeployment", BOOL, has_deployment),
};
#undef ROW

#define ROW struct store_row_device
static const struct filter_field device_fields[] = {
    FIELD("name", HEX, device_id),
    FIELD("deviceId", HEX, device_id),
    FIELD("chipSku", TEXT, chip_sku),
    FIELD("lastAvailableOsVersion", TEXT, available_os),
    FIELD("lastInstalledOsVersion", TEXT, installed_os),
    FIELD("lastOsUpdateUtc", TIME_S, last_os_update_s),
    FIELD("lastUpdateRequestUtc", TIME_S, last_request_s),
    FIELD("registeredUtc", TIME_MS, registered_ms),
};
#undef ROW

#define ROW struct store_row_image
static const struct filter_field image_fields[] = {
    FIELD("name", GUID, image),
    FIELD("imageId", GUID, image),
    FIELD("image", TEXT, name),
    FIELD("componentId", GUID, component),
    CHOICE("imageType", type, image_types),
    CHOICE("regionalDataBoundary", boundary, boundaries),
};
#undef ROW

#define ROW struct store_row_deployment
static const struct filter_field deployment_fields[] = {
    FIELD("name", GUID, deployment),
    FIELD("deploymentId", GUID, deployment),
    FIELD("deploymentDateUtc", TIME_MS, created_ms),
};
#undef ROW

#define ROW struct store_row_release
static const struct filter_field release_fields[] = {
    FIELD("name", TEXT, version),
    CHOICE("feed", feed, feeds),
    CHOICE("state", state, states),
    FIELD("createdUtc", TIME_MS, created_ms),
};
#undef ROW

static const struct filter_choice rollout_states[] = {{ROLLOUT_ACTIVE, "Active"},
                                                      {ROLLOUT_PAUSED, "Paused"},
                                                      {ROLLOUT_STOPPED, "Stopped"},
                                                      {ROLLOUT_ABORTED, "Aborted"},
                                                      {ROLLOUT_COMPLETED, "Completed"},
                                                      {0, NULL}};

#define ROW struct store_row_rollout
static const struct filter_field rollout_fields[] = {
    FIELD("name", GUID, rollout),
    FIELD("osVersion", TEXT, version),
    CHOICE("state", state, rollout_states),
    FIELD("createdUtc", TIME_MS, created_ms),
};
#undef ROW

#define ROW struct store_row_insight
static const struct filter_field insight_fields[] = {
    FIELD("deviceId", HEX, device_id),
    FIELD("description", TEXT, description),
    CHOICE("eventCategory", category, categories),
    FIELD("startTimestampUtc", TIME_S, first_s),
    FIELD("endTimestampUtc", TIME_S, last_s),
    FIELD("eventCount", COUNT, count),
};
#undef ROW

#define ROW struct store_row_role
static const struct filter_field role_fields[] = {
    FIELD("name", GUID, assignment),
    FIELD("principalId", TEXT, principal),
    FIELD("createdBy", TEXT, created_by),
    FIELD("createdOn", TIME_MS, created_ms),
};
#undef ROW

#define ROW struct store_row_audit
static const struct filter_field audit_fields[] = {
    FIELD("sequence", NUMBER, sequence),
    FIELD("time", TIME_MS, time_ms),
    FIELD("principal", TEXT, principal),
    FIELD("action", TEXT, action),
    FIELD("scope", TEXT, path),
    FIELD("detail", TEXT, detail),
    FIELD("outcome", TEXT, outcome),
    FIELD("requestId", TEXT, request_id),
};
#undef ROW

static const struct filter_choice classes[] = {{0, "App"}, {1, "OS"}, {0, NULL}};

#define ROW struct store_row_crash
static const struct filter_field crash_fields[] = {
    FIELD("name", GUID, crash_group),
    {"eventClass", FILTER_SWITCH, offsetof(ROW, of_os), classes},
    FIELD("componentId", GUID, component),
    FIELD("imageId", GUID, image),
    FIELD("programCounter", TEXT, site),
    FIELD("firstSeenUtc", TIME_S, first_s),
    FIELD("lastSeenUtc", TIME_S, last_s),
    FIELD("crashCount", NUMBER, count),
    FIELD("deviceCount", NUMBER, devices),
    FIELD("growing", BOOL, growing),
};
#undef ROW

#define ROW struct store_row_crash_device
static const struct filter_field crash_device_fields[] = {
    FIELD("deviceId", HEX, device_id),
    FIELD("product", TEXT, product),
    FIELD("deviceGroup", TEXT, group),
    FIELD("inCatalog", BOOL, in_catalog),
    FIELD("crashCount", NUMBER, count),
    FIELD("firstSeenUtc", TIME_S, first_s),
    FIELD("lastSeenUtc", TIME_S, last_s),
};
#undef ROW

#define ROW struct store_row_dump
static const struct filter_field dump_fields[] = {
    FIELD("name", GUID, dump),
    FIELD("deviceId", HEX, device_id),
    FIELD("componentId", GUID, component),
    FIELD("imageId", GUID, image),
    FIELD("crashGroupName", GUID, crash_group),
    FIELD("crashedUtc", TIME_S, crashed_s),
    FIELD("receivedUtc", TIME_S, received_s),
    FIELD("expiresUtc", TIME_S, expires_s),
};
#undef ROW

static const struct filter_choice reasons[] = {
#define REASON_CHOICE(name, number, text) {number, text},
    STORE_REASON_TABLE(REASON_CHOICE)
#undef REASON_CHOICE
    {0, NULL}};

#define ROW struct store_row_revoked
static const struct filter_field revoked_fields[] = {
    FIELD("operatorName", TEXT, name),
    CHOICE("reason", reason, reasons),
    FIELD("revokedUtc", TIME_S, revoked_s),
    FIELD("expiryUtc", TIME_S, not_after_s),
    FIELD("revokedBy", TEXT, revoked_by),
};
#undef ROW

#define ROW struct store_row_revoked_device
static const struct filter_field revoked_device_fields[] = {
    FIELD("name", HEX, device_id),
    FIELD("deviceId", HEX, device_id),
    FIELD("productName", TEXT, product),
    FIELD("deviceGroupName", TEXT, group),
    CHOICE("reason", reason, reasons),
    FIELD("revokedUtc", TIME_S, revoked_s),
    FIELD("revokedBy", TEXT, revoked_by),
};
#undef ROW

#define LIST(name) {&store_row_##name##_type, name##_fields, sizeof name##_fields / sizeof name##_fields[0]}

static const struct filter_list lists[] = {
    LIST(catalog), LIST(resource_group), LIST(product), LIST(group),   LIST(device), LIST(image),
    LIST(deployment), LIST(rollout), LIST(release), LIST(insight), LIST(crash), LIST(crash_device), LIST(revoked), LIST(revoked_device), LIST(dump), LIST(role), LIST(audit),
};

const struct filter_list *filter_list_of(const struct record_type *row)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (lists[i].row == row)
            return &lists[i];
    return NULL;
}
