/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/api/schema.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "abi/image.h"
#include "service/ipc/store_pki_ops.h"

#define RO SCHEMA_READ_ONLY
#define NEEDED SCHEMA_REQUIRED
#define ONCE SCHEMA_AT_CREATION

#define TEXT(name, flags) {name, KIND_TEXT, flags, SCHEMA_NONE}
#define TIME(name, flags) {name, KIND_TIME, flags, SCHEMA_NONE}
#define NUMBER(name, flags) {name, KIND_INT64, flags, SCHEMA_NONE}
#define CHOICE(name, flags, of) {name, KIND_CHOICE, flags, SCHEMA_##of}
#define OBJECT(name, flags, of) {name, KIND_OBJECT, flags, SCHEMA_##of}
#define RESOURCE TEXT("id", RO), TEXT("name", RO), TEXT("type", RO), OBJECT("systemData", RO, systemData)
#define PROPERTIES(of) OBJECT("properties", 0, of)
#define STATE CHOICE("provisioningState", RO, ProvisioningState)
#define PAGE(of) {"value", KIND_LIST, NEEDED, SCHEMA_##of}, {"nextLink", KIND_URI, 0, SCHEMA_NONE}

#define MEMBERS(schema) static const struct schema_member members_##schema[]
#define VALUES(schema) static const char *const values_##schema[]

/* -- choices ----------------------------------------------------------------- */

VALUES(AllowCrashDumpCollection) = {"Enabled", "Disabled"};
VALUES(CapabilityType) = {"ApplicationDevelopment", "FieldServicing"};
VALUES(CertificateStatus) = {"Active", "Inactive", "Expired", "Revoked"};
VALUES(OSFeedType) = {"Retail", "RetailEval"};
VALUES(OsReleaseState) = {"Trusted", "Outdated", "Revoked"};
VALUES(ProvisioningState) = {"Succeeded", "Failed", "Canceled", "Provisioning", "Updating", "Deleting", "Accepted"};
VALUES(RolloutState) = {"Active", "Paused", "Stopped", "Aborted", "Completed"};
VALUES(RevocationReason) = {
#define REASON_NAME(name, number, text) text,
    STORE_REASON_TABLE(REASON_NAME)
#undef REASON_NAME
};
VALUES(RegionalDataBoundary) = {"None", "EU"};
VALUES(UpdatePolicy) = {"UpdateAll", "No3rdPartyAppUpdates"};
VALUES(IdentityType) = {"User", "Application", "ManagedIdentity", "Key"};
VALUES(OperationOrigin) = {"user", "system", "user,system"};
VALUES(OperationActionType) = {"Internal"};
VALUES(ImageType) = {
#define TYPE_NAME(name, number, text) text,
    IMAGE_TYPE_TABLE(TYPE_NAME)
#undef TYPE_NAME
};

/* -- of Microsoft.AzureSphere ------------------------------------------------- */

MEMBERS(Catalog) = {RESOURCE, {"tags", KIND_TAGS, 0, SCHEMA_NONE}, TEXT("location", NEEDED | ONCE),
                    PROPERTIES(CatalogProperties)};
MEMBERS(CatalogProperties) = {TEXT("tenantId", RO), STATE};
MEMBERS(CatalogUpdate) = {{"tags", KIND_TAGS, 0, SCHEMA_NONE}};
MEMBERS(CatalogListResult) = {PAGE(Catalog)};

MEMBERS(Product) = {RESOURCE, PROPERTIES(ProductProperties)};
MEMBERS(ProductProperties) = {TEXT("description", 0), STATE};
MEMBERS(ProductUpdate) = {PROPERTIES(ProductUpdateProperties)};
MEMBERS(ProductUpdateProperties) = {TEXT("description", 0)};
MEMBERS(ProductListResult) = {PAGE(Product)};

#define GROUP_CHANGES                                                                              \
    TEXT("description", 0), CHOICE("osFeedType", 0, OSFeedType), CHOICE("updatePolicy", 0, UpdatePolicy), \
        CHOICE("allowCrashDumpsCollection", 0, AllowCrashDumpCollection),                          \
        CHOICE("regionalDataBoundary", 0, RegionalDataBoundary)
MEMBERS(DeviceGroup) = {RESOURCE, PROPERTIES(DeviceGroupProperties)};
MEMBERS(DeviceGroupProperties) = {GROUP_CHANGES, {"hasDeployment", KIND_BOOL, RO, SCHEMA_NONE}, STATE};
MEMBERS(DeviceGroupUpdate) = {PROPERTIES(DeviceGroupUpdateProperties)};
MEMBERS(DeviceGroupUpdateProperties) = {GROUP_CHANGES};
MEMBERS(DeviceGroupListResult) = {PAGE(DeviceGroup)};
MEMBERS(ListDeviceGroupsRequest) = {TEXT("deviceGroupName", 0)};

#define DEVICE_STATE                                                                            \
    TEXT("chipSku", RO), TEXT("lastAvailableOsVersion", RO), TEXT("lastInstalledOsVersion", RO), \
        TIME("lastOsUpdateUtc", RO), TIME("lastUpdateRequestUtc", RO), STATE
MEMBERS(Device) = {RESOURCE, PROPERTIES(DeviceProperties)};
MEMBERS(DeviceProperties) = {TEXT("deviceId", ONCE), DEVICE_STATE};
MEMBERS(DeviceUpdate) = {PROPERTIES(DeviceUpdateProperties)};
MEMBERS(DeviceUpdateProperties) = {TEXT("deviceGroupId", 0)};
MEMBERS(DeviceListResult) = {PAGE(Device)};
MEMBERS(ClaimDevicesRequest) = {{"deviceIdentifiers", KIND_TEXTS, NEEDED, SCHEMA_NONE}};
MEMBERS(GenerateCapabilityImageRequest) = {{"capabilities", KIND_CHOICES, NEEDED, SCHEMA_CapabilityType}};
MEMBERS(SignedCapabilityImageResponse) = {TEXT("image", RO)};
MEMBERS(CountDevicesResponse) = {{"value", KIND_INT32, NEEDED, SCHEMA_NONE}};

MEMBERS(Image) = {RESOURCE, PROPERTIES(ImageProperties)};
MEMBERS(ImageProperties) = {TEXT("image", ONCE), TEXT("imageId", ONCE), TEXT("imageName", RO),
                            CHOICE("regionalDataBoundary", ONCE, RegionalDataBoundary), TEXT("uri", RO),
                            TEXT("description", RO), TEXT("componentId", RO), CHOICE("imageType", RO, ImageType),
                            STATE};
MEMBERS(ImageListResult) = {PAGE(Image)};
MEMBERS(Deployment) = {RESOURCE, PROPERTIES(DeploymentProperties)};
MEMBERS(DeploymentProperties) = {TEXT("deploymentId", ONCE), {"deployedImages", KIND_LIST, ONCE, SCHEMA_Image},
                                 TIME("deploymentDateUtc", RO), STATE};
MEMBERS(DeploymentListResult) = {PAGE(Deployment)};

#define CERTIFICATE                                                                                    \
    TEXT("certificate", RO), CHOICE("status", RO, CertificateStatus), TEXT("subject", RO),             \
        TEXT("thumbprint", RO), TIME("expiryUtc", RO), TIME("notBeforeUtc", RO), STATE
MEMBERS(Certificate) = {RESOURCE, PROPERTIES(CertificateProperties)};
MEMBERS(CertificateProperties) = {CERTIFICATE};
MEMBERS(CertificateListResult) = {PAGE(Certificate)};
MEMBERS(CertificateChainResponse) = {TEXT("certificateChain", RO)};
MEMBERS(ProofOfPossessionNonceRequest) = {TEXT("proofOfPossessionNonce", NEEDED)};
MEMBERS(ProofOfPossessionNonceResponse) = {CERTIFICATE};

MEMBERS(DeviceInsight) = {TEXT("deviceId", NEEDED), TEXT("description", NEEDED), TIME("startTimestampUtc", NEEDED),
                          TIME("endTimestampUtc", NEEDED), TEXT("eventCategory", NEEDED),
                          TEXT("eventClass", NEEDED), TEXT("eventType", NEEDED),
                          {"eventCount", KIND_INT32, NEEDED, SCHEMA_NONE}};
MEMBERS(PagedDeviceInsight) = {PAGE(DeviceInsight)};

MEMBERS(Operation) = {TEXT("name", RO), {"isDataAction", KIND_BOOL, RO, SCHEMA_NONE},
                      OBJECT("display", 0, OperationDisplay), CHOICE("origin", RO, OperationOrigin),
                      CHOICE("actionType", RO, OperationActionType)};
MEMBERS(OperationDisplay) = {TEXT("provider", RO), TEXT("resource", RO), TEXT("operation", RO),
                             TEXT("description", RO)};
MEMBERS(OperationListResult) = {{"value", KIND_LIST, RO, SCHEMA_Operation}, {"nextLink", KIND_URI, RO, SCHEMA_NONE}};
MEMBERS(OperationStatusResult) = {TEXT("id", 0), TEXT("name", 0), TEXT("status", NEEDED),
                                  {"percentComplete", KIND_PERCENT, 0, SCHEMA_NONE}, TIME("startTime", 0),
                                  TIME("endTime", 0), OBJECT("error", 0, ErrorDetail)};

MEMBERS(ErrorResponse) = {OBJECT("error", 0, ErrorDetail)};
MEMBERS(ErrorDetail) = {TEXT("code", RO), TEXT("message", RO), TEXT("target", RO),
                        {"details", KIND_LIST, RO, SCHEMA_ErrorDetail},
                        {"additionalInfo", KIND_LIST, RO, SCHEMA_ErrorAdditionalInfo}};
MEMBERS(ErrorAdditionalInfo) = {TEXT("type", RO), {"info", KIND_FREE, RO, SCHEMA_NONE}};
MEMBERS(systemData) = {TEXT("createdBy", 0), CHOICE("createdByType", 0, IdentityType), TIME("createdAt", 0),
                       TEXT("lastModifiedBy", 0), CHOICE("lastModifiedByType", 0, IdentityType),
                       TIME("lastModifiedAt", 0)};

/* -- ours --------------------------------------------------------------------- */

MEMBERS(Rollout) = {RESOURCE, PROPERTIES(RolloutProperties)};
#define ROLLOUT                                                                                              \
    {"steps", KIND_NUMBERS, ONCE, SCHEMA_NONE}, {"stepMinutes", KIND_INT32, ONCE, SCHEMA_NONE},             \
        {"stopThresholdPercent", KIND_INT32, ONCE, SCHEMA_NONE}, {"minimumDevices", KIND_INT32, ONCE, SCHEMA_NONE}, \
        {"silentChecks", KIND_INT32, ONCE, SCHEMA_NONE}, CHOICE("state", RO, RolloutState), NUMBER("step", RO), \
        NUMBER("percent", RO), NUMBER("devicesOffered", RO), NUMBER("devicesUpdated", RO),                   \
        NUMBER("devicesFailed", RO), NUMBER("devicesSilent", RO), TEXT("reason", RO), TEXT("createdBy", RO), \
        TIME("createdUtc", RO), TIME("changedUtc", RO), STATE
MEMBERS(RolloutProperties) = {{"deployedImages", KIND_LIST, NEEDED | ONCE, SCHEMA_Image}, ROLLOUT};
MEMBERS(RolloutListResult) = {PAGE(Rollout)};
MEMBERS(OsRollout) = {RESOURCE, PROPERTIES(OsRolloutProperties)};
MEMBERS(OsRolloutProperties) = {TEXT("osVersion", NEEDED | ONCE), {"images", KIND_TEXTS, RO, SCHEMA_NONE}, ROLLOUT};
MEMBERS(OsRolloutListResult) = {PAGE(OsRollout)};
MEMBERS(DeviceReleaseRequest) = {TEXT("targetTenantId", 0), {"expiresInHours", KIND_INT32, 0, SCHEMA_NONE}};
MEMBERS(DeviceRelease) = {TEXT("deviceId", RO), TEXT("token", RO), TIME("expiresUtc", RO)};
MEMBERS(ClaimReleasedRequest) = {TEXT("token", NEEDED)};

/* Of Microsoft.Resources: names and forms are those that its clients read. */
MEMBERS(Subscription) = {TEXT("id", RO), TEXT("subscriptionId", RO), TEXT("displayName", RO), TEXT("state", RO)};
MEMBERS(Tenant) = {TEXT("id", RO), TEXT("tenantId", RO), TEXT("displayName", RO)};
MEMBERS(TenantListResult) = {PAGE(Tenant)};
MEMBERS(Location) = {TEXT("id", RO), TEXT("subscriptionId", RO), TEXT("name", RO), TEXT("displayName", RO)};
MEMBERS(LocationListResult) = {PAGE(Location)};
MEMBERS(SubscriptionListResult) = {PAGE(Subscription)};
MEMBERS(ResourceGroup) = {TEXT("id", RO), TEXT("name", RO), TEXT("type", RO), TEXT("location", NEEDED | ONCE),
                          TEXT("managedBy", 0), {"tags", KIND_TAGS, 0, SCHEMA_NONE}, PROPERTIES(ResourceGroupProperties)};
MEMBERS(ResourceGroupPatchable) = {TEXT("name", 0), {"tags", KIND_TAGS, 0, SCHEMA_NONE}};
MEMBERS(ResourceGroupProperties) = {TEXT("provisioningState", RO)};
MEMBERS(ResourceGroupListResult) = {PAGE(ResourceGroup)};
MEMBERS(GenericResource) = {TEXT("id", RO), TEXT("name", RO), TEXT("type", RO), TEXT("location", RO),
                            {"tags", KIND_TAGS, RO, SCHEMA_NONE}};
MEMBERS(ResourceListResult) = {PAGE(GenericResource)};
MEMBERS(Provider) = {TEXT("id", RO), TEXT("namespace", RO), TEXT("registrationState", RO), TEXT("registrationPolicy", RO),
                     {"resourceTypes", KIND_LIST, RO, SCHEMA_ProviderResourceType}};
MEMBERS(ProviderResourceType) = {TEXT("resourceType", RO), {"locations", KIND_TEXTS, RO, SCHEMA_NONE},
                                 {"apiVersions", KIND_TEXTS, RO, SCHEMA_NONE}, TEXT("defaultApiVersion", RO)};
MEMBERS(ProviderListResult) = {PAGE(Provider)};

MEMBERS(FactoryDevice) = {RESOURCE, PROPERTIES(FactoryDeviceProperties)};
MEMBERS(FactoryDeviceProperties) = {TEXT("deviceId", ONCE), TEXT("chipSku", ONCE), TEXT("lastAvailableOsVersion", RO),
                                    TEXT("lastInstalledOsVersion", RO), TIME("lastOsUpdateUtc", RO),
                                    TIME("lastUpdateRequestUtc", RO), TIME("registeredUtc", RO),
                                    TEXT("catalogId", RO), STATE};
MEMBERS(FactoryDeviceListResult) = {PAGE(FactoryDevice)};
MEMBERS(OsImage) = {RESOURCE, PROPERTIES(ImageProperties)};
MEMBERS(OsRelease) = {RESOURCE, PROPERTIES(OsReleaseProperties)};
MEMBERS(OsReleaseProperties) = {CHOICE("feed", 0, OSFeedType), CHOICE("state", NEEDED, OsReleaseState),
                                TEXT("hardware", RO), {"images", KIND_TEXTS, ONCE, SCHEMA_NONE}, NUMBER("sequence", RO),
                                TIME("createdUtc", RO), STATE};
MEMBERS(OsReleaseListResult) = {PAGE(OsRelease)};
MEMBERS(CrashGroup) = {RESOURCE, PROPERTIES(CrashGroupProperties)};
MEMBERS(CrashGroupProperties) = {TEXT("eventClass", RO), TEXT("componentId", RO), TEXT("imageId", RO), NUMBER("signal", RO),
                                 TEXT("programCounter", RO), TIME("firstSeenUtc", RO), TIME("lastSeenUtc", RO),
                                 NUMBER("crashCount", RO), NUMBER("deviceCount", RO), NUMBER("recentCount", RO),
                                 NUMBER("weekCount", RO), {"growing", KIND_BOOL, RO, SCHEMA_NONE},
                                 TIME("growingSinceUtc", RO), STATE};
MEMBERS(CrashGroupListResult) = {PAGE(CrashGroup)};
MEMBERS(CrashDevice) = {TEXT("deviceId", RO), TEXT("product", RO), TEXT("deviceGroup", RO),
                        {"inCatalog", KIND_BOOL, RO, SCHEMA_NONE}, NUMBER("crashCount", RO), TIME("firstSeenUtc", RO),
                        TIME("lastSeenUtc", RO)};
MEMBERS(CrashDeviceListResult) = {PAGE(CrashDevice)};
MEMBERS(CrashDump) = {RESOURCE, PROPERTIES(CrashDumpProperties)};
MEMBERS(CrashDumpProperties) = {TEXT("deviceId", RO), TEXT("productName", RO), TEXT("deviceGroupName", RO),
                                TEXT("componentId", RO), TEXT("imageId", RO), NUMBER("signal", RO),
                                TEXT("crashGroupName", RO), TIME("crashedUtc", RO), TIME("receivedUtc", RO),
                                TIME("expiresUtc", RO), NUMBER("coreBytes", RO), STATE};
MEMBERS(CrashDumpListResult) = {PAGE(CrashDump)};
MEMBERS(CrashDumpDownloadRequest) = {TEXT("publicKey", NEEDED)};
MEMBERS(CrashDumpDownload) = {TEXT("dump", NEEDED), TEXT("key", NEEDED),
                              {"formerKeys", KIND_TEXTS, 0, SCHEMA_NONE}};
MEMBERS(RevocationRequest) = {CHOICE("reason", 0, RevocationReason)};
MEMBERS(RevokedOperator) = {RESOURCE, PROPERTIES(RevokedOperatorProperties)};
MEMBERS(RevokedOperatorProperties) = {CHOICE("reason", ONCE, RevocationReason), TEXT("operatorName", ONCE),
                                      TIME("expiryUtc", RO), NUMBER("expirySeconds", ONCE), TIME("revokedUtc", RO),
                                      TEXT("revokedBy", RO)};
MEMBERS(RevokedOperatorListResult) = {PAGE(RevokedOperator)};
MEMBERS(RevokedDevice) = {RESOURCE, PROPERTIES(RevokedDeviceProperties)};
MEMBERS(RevokedDeviceProperties) = {TEXT("deviceId", RO), TEXT("productName", RO), TEXT("deviceGroupName", RO),
                                    CHOICE("reason", RO, RevocationReason), TIME("revokedUtc", RO), TEXT("revokedBy", RO)};
MEMBERS(RevokedDeviceListResult) = {PAGE(RevokedDevice)};
MEMBERS(ServiceStatus) = {TEXT("status", NEEDED), NUMBER("schemaVersion", NEEDED), NUMBER("catalogs", NEEDED),
                          NUMBER("devices", NEEDED), NUMBER("images", NEEDED), NUMBER("databaseBytes", NEEDED),
                          {"clockSettled", KIND_BOOL, NEEDED, SCHEMA_NONE}, NUMBER("clockBehindSeconds", NEEDED)};

MEMBERS(RoleAssignment) = {RESOURCE, PROPERTIES(RoleAssignmentProperties)};
MEMBERS(RoleAssignmentProperties) = {TEXT("roleDefinitionId", NEEDED), TEXT("principalId", NEEDED),
                                     TEXT("principalType", RO), TEXT("scope", RO), TEXT("roleDefinitionName", RO),
                                     TEXT("createdBy", RO), TIME("createdOn", RO)};
MEMBERS(RoleAssignmentListResult) = {PAGE(RoleAssignment)};
MEMBERS(RoleDefinition) = {RESOURCE, PROPERTIES(RoleDefinitionProperties)};
MEMBERS(RoleDefinitionProperties) = {TEXT("roleName", RO), TEXT("type", RO), TEXT("description", RO),
                                     {"permissions", KIND_LIST, RO, SCHEMA_RolePermission},
                                     {"assignableScopes", KIND_TEXTS, RO, SCHEMA_NONE}};
MEMBERS(RolePermission) = {{"actions", KIND_TEXTS, RO, SCHEMA_NONE}, {"notActions", KIND_TEXTS, RO, SCHEMA_NONE},
                           {"dataActions", KIND_TEXTS, RO, SCHEMA_NONE},
                           {"notDataActions", KIND_TEXTS, RO, SCHEMA_NONE}};
MEMBERS(RoleDefinitionListResult) = {PAGE(RoleDefinition)};
MEMBERS(AuditRecord) = {NUMBER("sequence", NEEDED), TIME("time", NEEDED), NUMBER("timeMs", NEEDED),
                        TEXT("principal", NEEDED), TEXT("action", NEEDED), TEXT("scope", NEEDED),
                        TEXT("detail", NEEDED), TEXT("outcome", NEEDED), TEXT("requestId", NEEDED),
                        TEXT("digest", NEEDED)};
MEMBERS(AuditSeal) = {NUMBER("sequence", NEEDED), TEXT("digest", NEEDED), TIME("time", NEEDED),
                      NUMBER("timeMs", NEEDED), TEXT("signature", NEEDED), TEXT("certificate", NEEDED),
                      TEXT("issuingCertificate", 0)};
MEMBERS(AuditSealListResult) = {PAGE(AuditSeal)};
MEMBERS(AuditCheckpoint) = {NUMBER("sequence", NEEDED), TEXT("digest", NEEDED), TIME("time", NEEDED),
                            NUMBER("timeMs", NEEDED), TEXT("signature", NEEDED)};
MEMBERS(AuditCheckpointListResult) = {PAGE(AuditCheckpoint)};
MEMBERS(AuditPruneRequest) = {NUMBER("sequence", NEEDED), TEXT("digest", NEEDED)};
MEMBERS(AuditRecordListResult) = {PAGE(AuditRecord)};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define MEMBERS_ROW(name) members_##name, LENGTH(members_##name), NULL, 0
#define VALUES_ROW(name) NULL, 0, values_##name, LENGTH(values_##name)

const struct schema schema_table[SCHEMA_COUNT] = {
#define SCHEMA_ROW(name, form, text) [SCHEMA_##name] = {#name, text, form##_ROW(name)},
    SCHEMA_TABLE(SCHEMA_ROW)
#undef SCHEMA_ROW
};

/* -- checking ------------------------------------------------------------------ */

#define REASON(...) (void)snprintf(reason, 160, __VA_ARGS__)

static int object_check(const struct schema *schema, const json_t *object, unsigned depth,
                        char reason[static 160]);

static bool is_value(const struct schema *choice, const json_t *value)
{
    for (size_t i = 0; i < choice->value_count; i++)
        if (json_is_string(value) && strcmp(json_string_value(value), choice->values[i]) == 0)
            return true;
    return false;
}

/* what: "x" must be, or item 2 of "x" must be; the values behind it as far as they fit */
static int choice_refuse(const struct schema *choice, const char *what, char reason[static 160])
{
    size_t len = (size_t)snprintf(reason, 160, "%s one of:", what);
    for (size_t i = 0; i < choice->value_count && len < 160; i++)
        len += (size_t)snprintf(reason + len, 160 - len, "%s %s", i ? "," : "", choice->values[i]);
    return E_MALFORMED;
}

static const char *const kind_texts[] = {
    [KIND_TEXT] = "a string",          [KIND_TIME] = "a time",
    [KIND_URI] = "an address",         [KIND_BOOL] = "true or false",
    [KIND_INT32] = "a whole number",   [KIND_INT64] = "a whole number",
    [KIND_PERCENT] = "a number",       [KIND_FREE] = "an object",
    [KIND_TAGS] = "an object of strings", [KIND_TEXTS] = "an array of strings",
    [KIND_OBJECT] = "an object",       [KIND_LIST] = "an array of objects",
    [KIND_NUMBERS] = "an array of whole numbers",
    [KIND_CHOICE] = "a string",        [KIND_CHOICES] = "an array of strings",
};

static bool kind_fits(const struct schema_member *member, const json_t *value)
{
    switch (member->kind) {
    case KIND_TEXT:
    case KIND_TIME:
    case KIND_URI:
    case KIND_CHOICE:
        return json_is_string(value);
    case KIND_BOOL:
        return json_is_boolean(value);
    case KIND_INT32:
        return json_is_integer(value) && json_integer_value(value) == (int32_t)json_integer_value(value);
    case KIND_INT64:
        return json_is_integer(value);
    case KIND_PERCENT:
        return json_is_number(value);
    case KIND_FREE:
    case KIND_TAGS:
    case KIND_OBJECT:
        return json_is_object(value);
    case KIND_TEXTS:
    case KIND_NUMBERS:
    case KIND_LIST:
    case KIND_CHOICES:
        return json_is_array(value);
    }
    return false;
}

static int items_check(const struct schema_member *member, const json_t *array, unsigned depth,
                       char reason[static 160])
{
    const struct schema *of = &schema_table[member->of];
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        bool object = member->kind == KIND_LIST;
        if (object                         ? !json_is_object(item)
            : member->kind == KIND_NUMBERS ? !json_is_integer(item)
                                           : !json_is_string(item)) {
            REASON("\"%.64s\" must be %s: item %zu is not", member->name, kind_texts[member->kind], i);
            return E_MALFORMED;
        }
        if (member->kind == KIND_CHOICES && !is_value(of, item)) {
            char what[96];
            snprintf(what, sizeof what, "item %zu of \"%s\" must be", i, member->name);
            return choice_refuse(of, what, reason);
        }
        int err = object ? object_check(of, item, depth + 1, reason) : 0;
        if (err)
            return err;
    }
    return 0;
}

static int tags_check(const struct schema_member *member, const json_t *tags, char reason[static 160])
{
    /* jansson's iterator lacks a const form; nothing is changed. */
    json_t *object = (json_t *)(uintptr_t)tags;
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at))
        if (!json_is_string(json_object_iter_value(at))) {
            REASON("\"%.64s\" must be %s", member->name, kind_texts[KIND_TAGS]);
            return E_MALFORMED;
        }
    return 0;
}

static int member_check(const struct schema_member *member, const json_t *value, unsigned depth,
                        char reason[static 160])
{
    char what[96];
    if (!kind_fits(member, value)) {
        REASON("\"%.64s\" must be %s", member->name, kind_texts[member->kind]);
        return E_MALFORMED;
    }
    switch (member->kind) {
    case KIND_CHOICE:
        snprintf(what, sizeof what, "\"%s\" must be", member->name);
        return is_value(&schema_table[member->of], value) ? 0 : choice_refuse(&schema_table[member->of], what, reason);
    case KIND_TAGS:
        return tags_check(member, value, reason);
    case KIND_OBJECT:
        return object_check(&schema_table[member->of], value, depth + 1, reason);
    case KIND_TEXTS:
    case KIND_NUMBERS:
    case KIND_LIST:
    case KIND_CHOICES:
        return items_check(member, value, depth, reason);
    default:
        return 0;
    }
}

static const struct schema_member *member_find(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
        if (strcmp(schema->members[i].name, name) == 0)
            return &schema->members[i];
    return NULL;
}

/* depth 0: the body; 1: what stands in it, "properties" among them; 2: deeper, where
 * clients send back whole resources. */
static int object_check(const struct schema *schema, const json_t *object, unsigned depth,
                        char reason[static 160])
{
    json_t *walked = (json_t *)(uintptr_t)object;
    for (void *at = json_object_iter(walked); at; at = json_object_iter_next(walked, at)) {
        const char *name = json_object_iter_key(at);
        const json_t *value = json_object_iter_value(at);
        const struct schema_member *member = member_find(schema, name);
        if (!member && depth == 1) {
            REASON("a member is not known: \"%.64s\"", name);
            return E_MALFORMED;
        }
        if (!member || (member->flags & SCHEMA_READ_ONLY) || json_is_null(value))
            continue;
        int err = member_check(member, value, depth, reason);
        if (err)
            return err;
    }
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_member *member = &schema->members[i];
        const json_t *value = json_object_get(object, member->name);
        if ((member->flags & SCHEMA_REQUIRED) && (!value || json_is_null(value))) {
            REASON("\"%.64s\" is required", member->name);
            return E_MALFORMED;
        }
    }
    return 0;
}

int schema_check(enum schema_id id, const json_t *body, char reason[static 160])
{
    return id == SCHEMA_NONE ? 0 : object_check(&schema_table[id], body, 0, reason);
}
