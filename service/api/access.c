/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/api/access.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROLES(at)                                                                     \
    [ROUTE_ID_RoleAssignments_List_##at] = ACCESS_ASSIGNMENTS_READ,                   \
    [ROUTE_ID_RoleAssignments_Get_##at] = ACCESS_ASSIGNMENTS_READ,                    \
    [ROUTE_ID_RoleAssignments_Create_##at] = ACCESS_ASSIGNMENTS_WRITE,                \
    [ROUTE_ID_RoleAssignments_Delete_##at] = ACCESS_ASSIGNMENTS_DELETE

#define DEFINITIONS(at)                                                               \
    [ROUTE_ID_RoleDefinitions_List_##at] = ACCESS_DEFINITIONS_READ,                   \
    [ROUTE_ID_RoleDefinitions_Get_##at] = ACCESS_DEFINITIONS_READ

/* What each route of the api process is; the scope is where its path points. */
static const uint16_t route_actions[ROUTE_COUNT] = {
    [ROUTE_ID_Operations_List] = ACCESS_SIGNED_IN,
    [ROUTE_ID_Catalogs_ListBySubscription] = ACCESS_CATALOGS_LIST,
    [ROUTE_ID_Catalogs_ListByResourceGroup] = ACCESS_CATALOGS_LIST,
    [ROUTE_ID_Catalogs_Get] = ACCESS_CATALOGS_READ,
    [ROUTE_ID_Catalogs_CreateOrUpdate] = ACCESS_CATALOGS_WRITE,
    [ROUTE_ID_Catalogs_Update] = ACCESS_CATALOGS_WRITE,
    [ROUTE_ID_Catalogs_Delete] = ACCESS_CATALOGS_DELETE,
    [ROUTE_ID_Certificates_ListByCatalog] = ACCESS_CERTIFICATES_READ,
    [ROUTE_ID_Certificates_Get] = ACCESS_CERTIFICATES_READ,
    [ROUTE_ID_Certificates_RetrieveCertChain] = ACCESS_CERTIFICATES_CHAIN,
    [ROUTE_ID_Certificates_RetrieveProofOfPossessionNonce] = ACCESS_CERTIFICATES_PROVE,
    [ROUTE_ID_Certificates_Renew] = ACCESS_CERTIFICATES_RENEW,
    [ROUTE_ID_Certificates_Activate] = ACCESS_CERTIFICATES_RENEW,
    [ROUTE_ID_Certificates_Revoke] = ACCESS_CERTIFICATES_REVOKE,
    [ROUTE_ID_Devices_Revoke] = ACCESS_DEVICES_REVOKE,
    [ROUTE_ID_Devices_Reinstate] = ACCESS_DEVICES_REINSTATE,
    [ROUTE_ID_RevokedDevices_List] = ACCESS_REVOKED_DEVICES_READ,
    [ROUTE_ID_RevokedDevices_Get] = ACCESS_REVOKED_DEVICES_READ,
    [ROUTE_ID_RevokedOperators_List] = ACCESS_REVOKED_READ,
    [ROUTE_ID_RevokedOperators_Add] = ACCESS_REVOKED_WRITE,
    [ROUTE_ID_Catalogs_CountDevices] = ACCESS_CATALOGS_COUNT,
    [ROUTE_ID_Images_ListByCatalog] = ACCESS_IMAGES_READ,
    [ROUTE_ID_Images_Get] = ACCESS_IMAGES_READ,
    [ROUTE_ID_Images_CreateOrUpdate] = ACCESS_IMAGES_WRITE,
    [ROUTE_ID_Images_Delete] = ACCESS_IMAGES_DELETE,
    [ROUTE_ID_Catalogs_ListDeployments] = ACCESS_CATALOGS_DEPLOYMENTS,
    [ROUTE_ID_Catalogs_ListDeviceGroups] = ACCESS_CATALOGS_GROUPS,
    [ROUTE_ID_Catalogs_ListDeviceInsights] = ACCESS_CATALOGS_INSIGHTS,
    [ROUTE_ID_Catalogs_ListDevices] = ACCESS_CATALOGS_DEVICES,
    [ROUTE_ID_Catalogs_ListDeployments_Next] = ACCESS_CATALOGS_DEPLOYMENTS,
    [ROUTE_ID_Catalogs_ListDeviceGroups_Next] = ACCESS_CATALOGS_GROUPS,
    [ROUTE_ID_Catalogs_ListDeviceInsights_Next] = ACCESS_CATALOGS_INSIGHTS,
    [ROUTE_ID_Catalogs_ListDevices_Next] = ACCESS_CATALOGS_DEVICES,
    [ROUTE_ID_Products_ListByCatalog] = ACCESS_PRODUCTS_READ,
    [ROUTE_ID_Products_Get] = ACCESS_PRODUCTS_READ,
    [ROUTE_ID_Products_CreateOrUpdate] = ACCESS_PRODUCTS_WRITE,
    [ROUTE_ID_Products_Update] = ACCESS_PRODUCTS_WRITE,
    [ROUTE_ID_Products_Delete] = ACCESS_PRODUCTS_DELETE,
    [ROUTE_ID_Products_CountDevices] = ACCESS_PRODUCTS_COUNT,
    [ROUTE_ID_Products_GenerateDefaultDeviceGroups] = ACCESS_PRODUCTS_DEFAULTS,
    [ROUTE_ID_DeviceGroups_ListByProduct] = ACCESS_GROUPS_READ,
    [ROUTE_ID_DeviceGroups_Get] = ACCESS_GROUPS_READ,
    [ROUTE_ID_DeviceGroups_CreateOrUpdate] = ACCESS_GROUPS_WRITE,
    [ROUTE_ID_DeviceGroups_Update] = ACCESS_GROUPS_WRITE,
    [ROUTE_ID_DeviceGroups_Delete] = ACCESS_GROUPS_DELETE,
    [ROUTE_ID_DeviceGroups_ClaimDevices] = ACCESS_GROUPS_CLAIM,
    [ROUTE_ID_DeviceGroups_CountDevices] = ACCESS_GROUPS_COUNT,
    [ROUTE_ID_Deployments_ListByDeviceGroup] = ACCESS_DEPLOYMENTS_READ,
    [ROUTE_ID_Deployments_Get] = ACCESS_DEPLOYMENTS_READ,
    [ROUTE_ID_Deployments_CreateOrUpdate] = ACCESS_DEPLOYMENTS_WRITE,
    [ROUTE_ID_Deployments_Delete] = ACCESS_DEPLOYMENTS_DELETE,
    [ROUTE_ID_Devices_ListByDeviceGroup] = ACCESS_DEVICES_READ,
    [ROUTE_ID_Devices_Get] = ACCESS_DEVICES_READ,
    [ROUTE_ID_Devices_CreateOrUpdate] = ACCESS_DEVICES_WRITE,
    [ROUTE_ID_Devices_Update] = ACCESS_DEVICES_WRITE,
    [ROUTE_ID_Devices_Delete] = ACCESS_DEVICES_DELETE,
    [ROUTE_ID_Devices_GenerateCapabilityImage] = ACCESS_DEVICES_CAPABILITY,
    [ROUTE_ID_Catalogs_UploadImage] = ACCESS_CATALOGS_UPLOAD,
    [ROUTE_ID_OperationStatuses_Get] = ACCESS_SIGNED_IN, /* the store shows it to who began it */
    [ROUTE_ID_OperationResults_Get] = ACCESS_SIGNED_IN,
    [ROUTE_ID_Rollouts_List] = ACCESS_ROLLOUTS_READ,
    [ROUTE_ID_Rollouts_Get] = ACCESS_ROLLOUTS_READ,
    [ROUTE_ID_Rollouts_Create] = ACCESS_ROLLOUTS_WRITE,
    [ROUTE_ID_Rollouts_Pause] = ACCESS_ROLLOUTS_WRITE,
    [ROUTE_ID_Rollouts_Resume] = ACCESS_ROLLOUTS_WRITE,
    [ROUTE_ID_Rollouts_Abort] = ACCESS_ROLLOUTS_WRITE,
    [ROUTE_ID_Devices_Release] = ACCESS_DEVICES_RELEASE,
    [ROUTE_ID_Devices_Keep] = ACCESS_DEVICES_RELEASE,
    [ROUTE_ID_DeviceGroups_ClaimReleased] = ACCESS_GROUPS_CLAIM,
    [ROUTE_ID_Metadata_Endpoints] = ACCESS_SIGNED_IN, /* nobody is asked */
    [ROUTE_ID_Tenants_List] = ACCESS_SUBSCRIPTIONS_READ,
    [ROUTE_ID_Subscriptions_ListLocations] = ACCESS_SUBSCRIPTIONS_READ,
    [ROUTE_ID_Providers_ListAtTenant] = ACCESS_PROVIDERS_READ,
    [ROUTE_ID_Providers_GetAtTenant] = ACCESS_PROVIDERS_READ,
    [ROUTE_ID_Subscriptions_List] = ACCESS_SUBSCRIPTIONS_READ,
    [ROUTE_ID_Subscriptions_Get] = ACCESS_SUBSCRIPTIONS_READ,
    [ROUTE_ID_ResourceGroups_List] = ACCESS_RESOURCE_GROUPS_READ,
    [ROUTE_ID_ResourceGroups_Get] = ACCESS_RESOURCE_GROUPS_READ,
    [ROUTE_ID_ResourceGroups_CreateOrUpdate] = ACCESS_RESOURCE_GROUPS_WRITE,
    [ROUTE_ID_ResourceGroups_Update] = ACCESS_RESOURCE_GROUPS_WRITE,
    [ROUTE_ID_ResourceGroups_Delete] = ACCESS_RESOURCE_GROUPS_DELETE,
    [ROUTE_ID_Resources_List] = ACCESS_CATALOGS_LIST,
    [ROUTE_ID_Resources_ListByResourceGroup] = ACCESS_CATALOGS_LIST,
    [ROUTE_ID_Providers_List] = ACCESS_PROVIDERS_READ,
    [ROUTE_ID_Providers_Get] = ACCESS_PROVIDERS_READ,
    [ROUTE_ID_Providers_Register] = ACCESS_PROVIDERS_READ, /* all are: nothing changes */
    [ROUTE_ID_Factory_RegisterDevice] = ACCESS_FACTORY_WRITE,
    [ROUTE_ID_Factory_ListDevices] = ACCESS_FACTORY_READ,
    [ROUTE_ID_OsImages_CreateOrUpdate] = ACCESS_OS_IMAGES_WRITE,
    [ROUTE_ID_OsReleases_List] = ACCESS_OS_RELEASES_READ,
    [ROUTE_ID_OsReleases_Get] = ACCESS_OS_RELEASES_READ,
    [ROUTE_ID_OsReleases_CreateOrUpdate] = ACCESS_OS_RELEASES_WRITE,
    [ROUTE_ID_OsRollouts_List] = ACCESS_OS_ROLLOUTS_READ,
    [ROUTE_ID_OsRollouts_Get] = ACCESS_OS_ROLLOUTS_READ,
    [ROUTE_ID_OsRollouts_Create] = ACCESS_OS_ROLLOUTS_WRITE,
    [ROUTE_ID_OsRollouts_Pause] = ACCESS_OS_ROLLOUTS_WRITE,
    [ROUTE_ID_OsRollouts_Resume] = ACCESS_OS_ROLLOUTS_WRITE,
    [ROUTE_ID_OsRollouts_Abort] = ACCESS_OS_ROLLOUTS_WRITE,
    [ROUTE_ID_CrashGroups_List] = ACCESS_CRASH_GROUPS_READ,
    [ROUTE_ID_CrashGroups_Get] = ACCESS_CRASH_GROUPS_READ,
    [ROUTE_ID_CrashGroups_ListDevices] = ACCESS_CRASH_GROUPS_READ,
    [ROUTE_ID_CrashDumps_List] = ACCESS_CRASH_DUMPS_READ,
    [ROUTE_ID_CrashDumps_Get] = ACCESS_CRASH_DUMPS_READ,
    [ROUTE_ID_CrashDumps_Download] = ACCESS_CRASH_DUMPS_DOWNLOAD,
    [ROUTE_ID_CrashDumps_Delete] = ACCESS_CRASH_DUMPS_DELETE,
    [ROUTE_ID_Service_Status] = ACCESS_STATUS_READ,
    [ROUTE_ID_Service_Metrics] = ACCESS_STATUS_READ,
    [ROUTE_ID_Service_Description] = ACCESS_SIGNED_IN,
    DEFINITIONS(Service),
    DEFINITIONS(Subscription),
    DEFINITIONS(ResourceGroup),
    DEFINITIONS(Catalog),
    [ROUTE_ID_AuditLog_List] = ACCESS_AUDIT_READ,
    [ROUTE_ID_AuditLog_Seals] = ACCESS_AUDIT_READ,
    [ROUTE_ID_AuditLog_Checkpoints] = ACCESS_AUDIT_READ,
    [ROUTE_ID_AuditLog_Prune] = ACCESS_AUDIT_PRUNE,
    ROLES(Service),
    ROLES(Subscription),
    ROLES(ResourceGroup),
    ROLES(Catalog),
    ROLES(Product),
    ROLES(Group),
    ROLES(Device),
};

enum access_action api_action_of(enum route_id route)
{
    return route < ROUTE_COUNT ? (enum access_action)route_actions[route] : ACCESS_NONE;
}

size_t api_principal_write(const struct http_request *http, char *to, size_t cap)
{
    if (http->identity != HTTP_IDENTITY_OPERATOR && http->identity != HTTP_IDENTITY_TOKEN)
        return 0;
    int len = snprintf(to, cap, "%s:%.*s", http->identity == HTTP_IDENTITY_TOKEN ? "token" : "certificate",
                       (int)http->identity_name.len,
                       (const char *)http->identity_name.at);
    return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

/* The route's pattern with the names in it; they have passed name_valid(), or are
 * cut where they would not fit. */
static struct span path_write(const struct api_call *call, char path[static STORE_PATH_MAX + 1])
{
    const char *at = route_table[call->handler->route].pattern;
    size_t len = 0;
    for (uint16_t i = 0; *at;) {
        size_t plain = strcspn(at, "{");
        struct span part = span_of(at, plain);
        at += plain;
        if (plain == 0) {
            part = i < call->param_count ? call->param[i] : span_of(NULL, 0);
            i++;
            at += strcspn(at, "}") + 1;
        }
        if (part.len > STORE_PATH_MAX - len)
            break;
        if (part.len)
            memcpy(path + len, part.at, part.len);
        len += part.len;
    }
    return span_of(path, len);
}

struct store_caller api_caller(const struct api_call *call, char path[static STORE_PATH_MAX + 1])
{
    struct store_caller caller = {
        .principal = call->principal,
        .action = call->action ? call->action : (uint16_t)api_action_of(call->handler->route),
        .scope = call->scope,
        .device = call->device,
        .path = path_write(call, path),
        .request_id = call->request_id,
        .detail = span_of(call->detail, strlen(call->detail)),
    };
    memcpy(caller.serial, call->serial, sizeof caller.serial);
    return caller;
}

void api_detail(struct api_call *call, const char *format, ...)
{
    static const char more[] = "...";
    size_t len = strlen(call->detail), cap = sizeof call->detail;
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(call->detail + len, cap - len, format, arguments);
    va_end(arguments);
    /* What was cut may have been cut inside a character: none of ours is longer than a byte. */
    if (n < 0 || (size_t)n >= cap - len)
        memcpy(call->detail + cap - sizeof more, more, sizeof more);
    for (char *c = call->detail; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            *c = '?';
}

/* A record on the heap, or NULL. */
static uint8_t *message(const struct record_type *type, const void *record, struct writer *w)
{
    size_t cap = record_bytes(type, record);
    uint8_t *bytes = malloc(cap);
    if (!bytes)
        return NULL;
    *w = writer_of(bytes, cap);
    if (record_write(type, record, w) == 0)
        return bytes;
    free(bytes);
    return NULL;
}

static void on_verdict(void *context, int status, struct span payload)
{
    struct api_call *call = context;
    struct store_verdict verdict = {0};
    char path[STORE_PATH_MAX + 1];
    int err = status ? status : record_parse(&store_verdict_type, payload, &verdict);
    if (err) {
        api_fail_status(call, err == E_DENIED || err_category(err) == ERR_CAT_DATA ? E_INTERNAL : err);
        return;
    }
    if (verdict.verdict == VERDICT_ALLOWED) {
        call->allowed(call);
        return;
    }
    call->recorded = true;
    if (verdict.verdict == VERDICT_HIDDEN) {
        api_fail_status(call, E_NOT_FOUND);
        return;
    }
    if (verdict.verdict == VERDICT_REVOKED) {
        api_fail(call, API_UNAUTHENTICATED, "this operator's certificate is revoked; another of the same name is not "
                                            "touched by it");
        return;
    }
    struct store_caller caller = api_caller(call, path);
    api_fail(call, API_FORBIDDEN, "'%.*s' has no role that allows '%s' at '%.*s'",
             (int)caller.principal.len, (const char *)caller.principal.at,
             access_actions[caller.action].text, (int)caller.path.len, (const char *)caller.path.at);
}

void api_authorize(struct api_call *call, void (*allowed)(struct api_call *call))
{
    char path[STORE_PATH_MAX + 1];
    struct writer w;
    const struct store_caller caller = api_caller(call, path);
    uint8_t *bytes = message(&store_caller_type, &caller, &w);
    call->allowed = allowed;
    int err = !bytes            ? E_NOMEM
              : call->api->store ? channel_call(call->api->store, STORE_OP_AUTHORIZE, writer_view(&w),
                                                on_verdict, call)
                                 : E_NETWORK;
    free(bytes);
    if (err)
        api_fail_status(call, err);
}

/* The store says on stderr when it cannot. */
static void on_recorded(void *context, int status, struct span payload)
{
    (void)context;
    (void)status;
    (void)payload;
}

void api_audit_failure(struct api_call *call, const char *outcome)
{
    char path[STORE_PATH_MAX + 1];
    struct writer w;
    const struct store_audit_add add = {api_caller(call, path), span_of(outcome, strlen(outcome))};
    if (call->recorded || !(access_actions[add.caller.action].flags & ACTION_CHANGES) || !call->api->store)
        return;
    call->recorded = true;
    uint8_t *bytes = message(&store_audit_add_type, &add, &w);
    if (bytes && channel_call(call->api->store, STORE_OP_AUDIT_ADD, writer_view(&w), on_recorded, NULL) != 0)
        fprintf(stderr, "api: a failed change could not be recorded\n");
    free(bytes);
}
