/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The route table: every request the service answers.
 *
 * front reads method, pattern, backend, authentication and body limit; the
 * backend finds its handler by the same index; documents and the OpenAPI file
 * come from the same rows.  Patterns are matched without case, repeated slashes
 * count as one, {name} takes one non-empty segment.
 */
#ifndef PERI_SERVICE_API_ROUTES_H
#define PERI_SERVICE_API_ROUTES_H

#include "lib/cursor.h"
#include "service/ipc/http_message.h"

enum route_method { ROUTE_GET, ROUTE_PUT, ROUTE_PATCH, ROUTE_POST, ROUTE_DELETE, ROUTE_HEAD };

/* Who may call: bits of (1 << enum http_identity_kind). */
enum route_auth {
    ROUTE_ANYONE = 1 << HTTP_IDENTITY_NONE | 1 << HTTP_IDENTITY_OPERATOR | 1 << HTTP_IDENTITY_OS |
                   1 << HTTP_IDENTITY_UPDATE_ONLY,
    ROUTE_OPERATOR = 1 << HTTP_IDENTITY_OPERATOR | 1 << HTTP_IDENTITY_TOKEN,
    ROUTE_OS = 1 << HTTP_IDENTITY_OS,
    ROUTE_PUBLIC = ROUTE_ANYONE | 1 << HTTP_IDENTITY_TOKEN,
    ROUTE_DEVICE = 1 << HTTP_IDENTITY_OS | 1 << HTTP_IDENTITY_UPDATE_ONLY,
};

#define ROUTE_SUB "/subscriptions/{subscriptionId}"
#define ROUTE_RG ROUTE_SUB "/resourceGroups/{resourceGroupName}"
#define ROUTE_SPHERE "/providers/Microsoft.AzureSphere"
#define ROUTE_C ROUTE_RG ROUTE_SPHERE "/catalogs/{catalogName}"
#define ROUTE_P ROUTE_C "/products/{productName}"
#define ROUTE_G ROUTE_P "/deviceGroups/{deviceGroupName}"
#define ROUTE_D ROUTE_G "/devices/{deviceName}"
#define ROUTE_OURS "/providers/Perisphere"
#define ROUTE_AUTHORIZATION "/providers/Microsoft.Authorization"

enum {
    ROUTE_BODY_SMALL = 65536,
    ROUTE_BODY_IMAGE = 23 << 20, /* 16 MiB in base64, and JSON around it */
};

/* The role assignments at one kind of place. */
#define ROUTE_ROLES(X, at, place, text)                                                           \
    X(RoleAssignments_List_##at, GET, place ROUTE_AUTHORIZATION "/roleAssignments", API, OPERATOR, 0, "list roles given at, above and below " text) \
    X(RoleAssignments_Get_##at, GET, place ROUTE_AUTHORIZATION "/roleAssignments/{assignment}", API, OPERATOR, 0, "show a role given at " text) \
    X(RoleAssignments_Create_##at, PUT, place ROUTE_AUTHORIZATION "/roleAssignments/{assignment}", API, OPERATOR, ROUTE_BODY_SMALL, "give a role at " text) \
    X(RoleAssignments_Delete_##at, DELETE, place ROUTE_AUTHORIZATION "/roleAssignments/{assignment}", API, OPERATOR, 0, "take a role given at " text)

/* The roles there are: the same at every place. */
#define ROUTE_DEFINITIONS(X, at, place)                                                           \
    X(RoleDefinitions_List_##at, GET, place ROUTE_AUTHORIZATION "/roleDefinitions", API, OPERATOR, 0, "list the roles there are") \
    X(RoleDefinitions_Get_##at, GET, place ROUTE_AUTHORIZATION "/roleDefinitions/{definition}", API, OPERATOR, 0, "show a role")

/*
 * id, method, pattern, backend, auth, body limit, handler, summary
 * Operation ids of Microsoft.AzureSphere keep their names.
 */
#define ROUTE_TABLE(X)                                                                            \
    X(Operations_List, GET, ROUTE_SPHERE "/operations", API, OPERATOR, 0, "list operations")      \
    X(Catalogs_ListBySubscription, GET, ROUTE_SUB ROUTE_SPHERE "/catalogs", API, OPERATOR, 0, "list catalogs of a subscription") \
    X(Catalogs_ListByResourceGroup, GET, ROUTE_RG ROUTE_SPHERE "/catalogs", API, OPERATOR, 0, "list catalogs of a resource group") \
    X(Catalogs_Get, GET, ROUTE_C, API, OPERATOR, 0, "show a catalog")                             \
    X(Catalogs_CreateOrUpdate, PUT, ROUTE_C, API, OPERATOR, ROUTE_BODY_SMALL, "create a catalog") \
    X(Catalogs_Update, PATCH, ROUTE_C, API, OPERATOR, ROUTE_BODY_SMALL, "change a catalog's tags") \
    X(Catalogs_Delete, DELETE, ROUTE_C, API, OPERATOR, 0, "delete a catalog")                     \
    X(Certificates_ListByCatalog, GET, ROUTE_C "/certificates", API, OPERATOR, 0, "list CA certificates") \
    X(Certificates_Get, GET, ROUTE_C "/certificates/{serialNumber}", API, OPERATOR, 0, "show a CA certificate") \
    X(Certificates_RetrieveCertChain, POST, ROUTE_C "/certificates/{serialNumber}/retrieveCertChain", API, OPERATOR, ROUTE_BODY_SMALL, "chain of a CA certificate, PKCS#7") \
    X(Certificates_RetrieveProofOfPossessionNonce, POST, ROUTE_C "/certificates/{serialNumber}/retrieveProofOfPossessionNonce", API, OPERATOR, ROUTE_BODY_SMALL, "prove possession of a CA key") \
    X(Certificates_Renew, POST, ROUTE_C "/certificates/renew", API, OPERATOR, ROUTE_BODY_SMALL, "make a catalog's next CA") \
    X(Certificates_Activate, POST, ROUTE_C "/certificates/{serialNumber}/activate", API, OPERATOR, ROUTE_BODY_SMALL, "have this CA sign from now on") \
    X(Certificates_Revoke, POST, ROUTE_C "/certificates/{serialNumber}/revoke", API, OPERATOR, ROUTE_BODY_SMALL, "revoke a CA for ever") \
    X(Catalogs_CountDevices, POST, ROUTE_C "/countDevices", API, OPERATOR, ROUTE_BODY_SMALL, "count devices of a catalog") \
    X(Images_ListByCatalog, GET, ROUTE_C "/images", API, OPERATOR, 0, "list images")              \
    X(Images_Get, GET, ROUTE_C "/images/{imageName}", API, OPERATOR, 0, "show an image")              \
    X(Images_CreateOrUpdate, PUT, ROUTE_C "/images/{imageName}", API, OPERATOR, ROUTE_BODY_IMAGE, "upload an image") \
    X(Images_Delete, DELETE, ROUTE_C "/images/{imageName}", API, OPERATOR, 0, "delete an image")      \
    X(Catalogs_ListDeployments, POST, ROUTE_C "/listDeployments", API, OPERATOR, ROUTE_BODY_SMALL, "list deployments of a catalog") \
    X(Catalogs_ListDeviceGroups, POST, ROUTE_C "/listDeviceGroups", API, OPERATOR, ROUTE_BODY_SMALL, "list device groups of a catalog") \
    X(Catalogs_ListDeviceInsights, POST, ROUTE_C "/listDeviceInsights", API, OPERATOR, ROUTE_BODY_SMALL, "list error reports") \
    X(Catalogs_ListDevices, POST, ROUTE_C "/listDevices", API, OPERATOR, ROUTE_BODY_SMALL, "list devices of a catalog") \
    X(Catalogs_ListDeployments_Next, GET, ROUTE_C "/listDeployments", API, OPERATOR, 0, "further pages: clients follow nextLink with GET") \
    X(Catalogs_ListDeviceGroups_Next, GET, ROUTE_C "/listDeviceGroups", API, OPERATOR, 0, "further pages") \
    X(Catalogs_ListDeviceInsights_Next, GET, ROUTE_C "/listDeviceInsights", API, OPERATOR, 0, "further pages") \
    X(Catalogs_ListDevices_Next, GET, ROUTE_C "/listDevices", API, OPERATOR, 0, "further pages") \
    X(Products_ListByCatalog, GET, ROUTE_C "/products", API, OPERATOR, 0, "list products")        \
    X(Products_Get, GET, ROUTE_P, API, OPERATOR, 0, "show a product")                             \
    X(Products_CreateOrUpdate, PUT, ROUTE_P, API, OPERATOR, ROUTE_BODY_SMALL, "create a product") \
    X(Products_Update, PATCH, ROUTE_P, API, OPERATOR, ROUTE_BODY_SMALL, "change a product")       \
    X(Products_Delete, DELETE, ROUTE_P, API, OPERATOR, 0, "delete a product")                     \
    X(Products_CountDevices, POST, ROUTE_P "/countDevices", API, OPERATOR, ROUTE_BODY_SMALL, "count devices of a product") \
    X(Products_GenerateDefaultDeviceGroups, POST, ROUTE_P "/generateDefaultDeviceGroups", API, OPERATOR, ROUTE_BODY_SMALL, "make the five default device groups") \
    X(DeviceGroups_ListByProduct, GET, ROUTE_P "/deviceGroups", API, OPERATOR, 0, "list device groups of a product") \
    X(DeviceGroups_Get, GET, ROUTE_G, API, OPERATOR, 0, "show a device group")                    \
    X(DeviceGroups_CreateOrUpdate, PUT, ROUTE_G, API, OPERATOR, ROUTE_BODY_SMALL, "create a device group") \
    X(DeviceGroups_Update, PATCH, ROUTE_G, API, OPERATOR, ROUTE_BODY_SMALL, "change a device group") \
    X(DeviceGroups_Delete, DELETE, ROUTE_G, API, OPERATOR, 0, "delete a device group")            \
    X(DeviceGroups_ClaimDevices, POST, ROUTE_G "/claimDevices", API, OPERATOR, 4 << 20, "claim devices in bulk") \
    X(DeviceGroups_CountDevices, POST, ROUTE_G "/countDevices", API, OPERATOR, ROUTE_BODY_SMALL, "count devices of a device group") \
    X(Deployments_ListByDeviceGroup, GET, ROUTE_G "/deployments", API, OPERATOR, 0, "list deployments of a device group") \
    X(Deployments_Get, GET, ROUTE_G "/deployments/{deploymentName}", API, OPERATOR, 0, "show a deployment") \
    X(Deployments_CreateOrUpdate, PUT, ROUTE_G "/deployments/{deploymentName}", API, OPERATOR, ROUTE_BODY_SMALL, "deploy images to a device group") \
    X(Deployments_Delete, DELETE, ROUTE_G "/deployments/{deploymentName}", API, OPERATOR, 0, "delete a deployment") \
    X(Devices_ListByDeviceGroup, GET, ROUTE_G "/devices", API, OPERATOR, 0, "list devices of a device group") \
    X(Devices_Get, GET, ROUTE_D, API, OPERATOR, 0, "show a device")                               \
    X(Devices_CreateOrUpdate, PUT, ROUTE_D, API, OPERATOR, ROUTE_BODY_SMALL, "claim a device")    \
    X(Devices_Update, PATCH, ROUTE_D, API, OPERATOR, ROUTE_BODY_SMALL, "move a device")           \
    X(Devices_Delete, DELETE, ROUTE_D, API, OPERATOR, 0, "remove a device from its group")        \
    X(Devices_GenerateCapabilityImage, POST, ROUTE_D "/generateCapabilityImage", API, OPERATOR, ROUTE_BODY_SMALL, "make a device capability file") \
    X(Devices_Revoke, POST, ROUTE_D "/revoke", API, OPERATOR, ROUTE_BODY_SMALL, "revoke what a device holds, and give it nothing more") \
    X(Devices_Reinstate, POST, ROUTE_D "/reinstate", API, OPERATOR, ROUTE_BODY_SMALL, "let a revoked device attest again") \
    X(Catalogs_UploadImage, POST, ROUTE_C "/uploadImage", API, OPERATOR, ROUTE_BODY_IMAGE, "upload an image, id from the package") \
    X(OperationStatuses_Get, GET, ROUTE_SUB ROUTE_SPHERE "/locations/{location}/operationStatuses/{operation}", API, OPERATOR, 0, "state of a long-running operation") \
    X(OperationResults_Get, GET, ROUTE_SUB ROUTE_SPHERE "/locations/{location}/operationResults/{operation}", API, OPERATOR, 0, "result of a long-running operation") \
    X(Metadata_Endpoints, GET, "/metadata/endpoints", API, PUBLIC, 0, "what a client needs to know of this cloud") \
    X(Tenants_List, GET, "/tenants", API, OPERATOR, 0, "list the directories that operators are in: one") \
    X(Subscriptions_List, GET, "/subscriptions", API, OPERATOR, 0, "list subscriptions")          \
    X(Subscriptions_Get, GET, ROUTE_SUB, API, OPERATOR, 0, "show a subscription")                 \
    X(Subscriptions_ListLocations, GET, ROUTE_SUB "/locations", API, OPERATOR, 0, "list locations: one") \
    X(ResourceGroups_List, GET, ROUTE_SUB "/resourceGroups", API, OPERATOR, 0, "list resource groups") \
    X(ResourceGroups_Get, GET, ROUTE_RG, API, OPERATOR, 0, "show a resource group")               \
    X(ResourceGroups_CreateOrUpdate, PUT, ROUTE_RG, API, OPERATOR, ROUTE_BODY_SMALL, "create a resource group") \
    X(ResourceGroups_Update, PATCH, ROUTE_RG, API, OPERATOR, ROUTE_BODY_SMALL, "change a resource group's tags") \
    X(ResourceGroups_Delete, DELETE, ROUTE_RG, API, OPERATOR, 0, "delete a resource group with its catalogs") \
    X(Resources_List, GET, ROUTE_SUB "/resources", API, OPERATOR, 0, "list resources of a subscription") \
    X(Resources_ListByResourceGroup, GET, ROUTE_RG "/resources", API, OPERATOR, 0, "list resources of a resource group") \
    X(Providers_ListAtTenant, GET, "/providers", API, OPERATOR, 0, "list resource providers")     \
    X(Providers_GetAtTenant, GET, "/providers/{provider}", API, OPERATOR, 0, "show a resource provider") \
    X(Providers_List, GET, ROUTE_SUB "/providers", API, OPERATOR, 0, "list resource providers")   \
    X(Providers_Get, GET, ROUTE_SUB "/providers/{provider}", API, OPERATOR, 0, "show a resource provider") \
    X(Providers_Register, POST, ROUTE_SUB "/providers/{provider}/register", API, OPERATOR, ROUTE_BODY_SMALL, "register a provider, as all are") \
    X(Rollouts_List, GET, ROUTE_G ROUTE_OURS "/rollouts", API, OPERATOR, 0, "list rollouts of a device group") \
    X(Rollouts_Get, GET, ROUTE_G ROUTE_OURS "/rollouts/{rollout}", API, OPERATOR, 0, "show a rollout") \
    X(Rollouts_Create, PUT, ROUTE_G ROUTE_OURS "/rollouts/{rollout}", API, OPERATOR, ROUTE_BODY_SMALL, "roll images out to a device group, step by step") \
    X(Rollouts_Pause, POST, ROUTE_G ROUTE_OURS "/rollouts/{rollout}/pause", API, OPERATOR, ROUTE_BODY_SMALL, "take no further step") \
    X(Rollouts_Resume, POST, ROUTE_G ROUTE_OURS "/rollouts/{rollout}/resume", API, OPERATOR, ROUTE_BODY_SMALL, "go on after a pause") \
    X(Rollouts_Abort, POST, ROUTE_G ROUTE_OURS "/rollouts/{rollout}/abort", API, OPERATOR, ROUTE_BODY_SMALL, "end a rollout: all devices go back to the deployment") \
    X(Devices_Release, POST, ROUTE_D ROUTE_OURS "/release", API, OPERATOR, ROUTE_BODY_SMALL, "let a device go to another owner: a token for its claim") \
    X(Devices_Keep, DELETE, ROUTE_D ROUTE_OURS "/release", API, OPERATOR, 0, "take a release back") \
    X(DeviceGroups_ClaimReleased, POST, ROUTE_G ROUTE_OURS "/claimReleased", API, OPERATOR, ROUTE_BODY_SMALL, "claim a device that its owner has let go") \
    X(Factory_RegisterDevice, PUT, ROUTE_OURS "/devices/{deviceName}", API, OPERATOR, ROUTE_BODY_SMALL, "register a device made in the factory") \
    X(Factory_ListDevices, GET, ROUTE_OURS "/devices", API, OPERATOR, 0, "list registered devices") \
    X(OsImages_CreateOrUpdate, PUT, ROUTE_OURS "/osImages/{imageName}", API, OPERATOR, ROUTE_BODY_IMAGE, "upload an OS image") \
    X(OsReleases_List, GET, ROUTE_OURS "/osReleases", API, OPERATOR, 0, "list OS releases")       \
    X(OsReleases_Get, GET, ROUTE_OURS "/osReleases/{version}", API, OPERATOR, 0, "show an OS release") \
    X(OsReleases_CreateOrUpdate, PUT, ROUTE_OURS "/osReleases/{version}", API, OPERATOR, ROUTE_BODY_SMALL, "publish an OS release, or change its state") \
    X(OsRollouts_List, GET, ROUTE_OURS "/osRollouts", API, OPERATOR, 0, "list rollouts of OS releases") \
    X(OsRollouts_Get, GET, ROUTE_OURS "/osRollouts/{rollout}", API, OPERATOR, 0, "show a rollout of an OS release") \
    X(OsRollouts_Create, PUT, ROUTE_OURS "/osRollouts/{rollout}", API, OPERATOR, ROUTE_BODY_SMALL, "bring an OS release from RetailEval to Retail, step by step") \
    X(OsRollouts_Pause, POST, ROUTE_OURS "/osRollouts/{rollout}/pause", API, OPERATOR, ROUTE_BODY_SMALL, "take no further step") \
    X(OsRollouts_Resume, POST, ROUTE_OURS "/osRollouts/{rollout}/resume", API, OPERATOR, ROUTE_BODY_SMALL, "go on after a pause") \
    X(OsRollouts_Abort, POST, ROUTE_OURS "/osRollouts/{rollout}/abort", API, OPERATOR, ROUTE_BODY_SMALL, "end a rollout: all devices go back to the feed's release") \
    X(CrashGroups_List, GET, ROUTE_C ROUTE_OURS "/crashGroups", API, OPERATOR, 0, "list groups of equal crashes") \
    X(CrashGroups_Get, GET, ROUTE_C ROUTE_OURS "/crashGroups/{crashGroup}", API, OPERATOR, 0, "show a group of equal crashes") \
    X(CrashGroups_ListDevices, GET, ROUTE_C ROUTE_OURS "/crashGroups/{crashGroup}/devices", API, OPERATOR, 0, "list devices that crashed so") \
    X(CrashDumps_List, GET, ROUTE_C ROUTE_OURS "/crashDumps", API, OPERATOR, 0, "list crash dumps") \
    X(CrashDumps_Get, GET, ROUTE_C ROUTE_OURS "/crashDumps/{crashDump}", API, OPERATOR, 0, "show a crash dump, not what is in it") \
    X(CrashDumps_Download, POST, ROUTE_C ROUTE_OURS "/crashDumps/{crashDump}/download", API, OPERATOR, ROUTE_BODY_SMALL, "download a crash dump, sealed to the caller's key") \
    X(CrashDumps_Delete, DELETE, ROUTE_C ROUTE_OURS "/crashDumps/{crashDump}", API, OPERATOR, 0, "delete a crash dump") \
    X(RevokedDevices_List, GET, ROUTE_C ROUTE_OURS "/revokedDevices", API, OPERATOR, 0, "list revoked devices of a catalog") \
    X(RevokedDevices_Get, GET, ROUTE_C ROUTE_OURS "/revokedDevices/{deviceName}", API, OPERATOR, 0, "since when and why a device is revoked") \
    X(RevokedOperators_List, GET, ROUTE_OURS "/revokedOperators", API, OPERATOR, 0, "list revoked certificates of operators") \
    X(RevokedOperators_Add, PUT, ROUTE_OURS "/revokedOperators/{serialNumber}", API, OPERATOR, ROUTE_BODY_SMALL, "revoke an operator's certificate") \
    X(Crl_Get, GET, "/crl/{list}", API, ANYONE, 0, "certificate revocation list of a CA") \
    X(Service_Status, GET, ROUTE_OURS "/status", API, OPERATOR, 0, "health of the service")       \
    X(Service_Metrics, GET, "/metrics", API, OPERATOR, 0, "figures of the service, for Prometheus") \
    X(Service_Description, GET, "/openapi.json", API, OPERATOR, 0, "this description")            \
    X(Daa_Challenge, POST, "/daa/v1/challenge", DAA, ANYONE, 0, "attestation challenge")          \
    X(Daa_Attest, POST, "/daa/v1/attest", DAA, ANYONE, 16384, "appraise evidence, issue a certificate") \
    X(Update_Check, POST, "/update/v1/check", OTA, DEVICE, 16384, "what a device should have")    \
    X(Update_Image, GET, "/update/v1/images/{image}", OTA, DEVICE, 0, "download an image")        \
    X(Update_Download, GET, "/images/v1/{address}", OTA, PUBLIC, 0, "download an image by the uri that its resource shows, for its time") \
    X(Reports_Events, POST, "/reports/v1/events", REPORTS, OS, 16384, "error report events")    \
    X(Reports_DumpKey, GET, "/reports/v1/dump-key", REPORTS, OS, 0, "certificate of the key that crash dumps are sealed to") \
    X(Reports_Dump, POST, "/reports/v1/dumps", REPORTS, OS, ROUTE_BODY_SMALL, "a sealed crash dump") \
    ROUTE_DEFINITIONS(X, Service, "")                                                             \
    ROUTE_DEFINITIONS(X, Subscription, ROUTE_SUB)                                                 \
    ROUTE_DEFINITIONS(X, ResourceGroup, ROUTE_RG)                                                 \
    ROUTE_DEFINITIONS(X, Catalog, ROUTE_C)                                                        \
    ROUTE_ROLES(X, Service, "", "the whole service")                                              \
    ROUTE_ROLES(X, Subscription, ROUTE_SUB, "a subscription")                                     \
    ROUTE_ROLES(X, ResourceGroup, ROUTE_RG, "a resource group")                                   \
    ROUTE_ROLES(X, Catalog, ROUTE_C, "a catalog")                                                 \
    ROUTE_ROLES(X, Product, ROUTE_P, "a product")                                                 \
    ROUTE_ROLES(X, Group, ROUTE_G, "a device group")                                              \
    ROUTE_ROLES(X, Device, ROUTE_D, "a device")                                                   \
    X(AuditLog_List, GET, ROUTE_OURS "/auditLog", API, OPERATOR, 0, "list what was changed, and what was refused") \
    X(AuditLog_Seals, GET, ROUTE_OURS "/auditLog/seals", API, OPERATOR, 0, "seal the audit log, and list its seals") \
    X(AuditLog_Checkpoints, GET, ROUTE_OURS "/auditLog/checkpoints", API, OPERATOR, 0, "list up to where the audit log was pruned") \
    X(AuditLog_Prune, POST, ROUTE_OURS "/auditLog/prune", API, OPERATOR, ROUTE_BODY_SMALL, "let the oldest records of the audit log go")

enum route_id {
#define ROUTE_ENUM(id, method, pattern, backend, auth, limit, summary) ROUTE_ID_##id,
    ROUTE_TABLE(ROUTE_ENUM)
#undef ROUTE_ENUM
    ROUTE_COUNT
};

struct route {
    const char *id;
    enum route_method method;
    const char *pattern;
    int backend;   /* enum process_id */
    uint32_t auth; /* enum route_auth */
    uint32_t body_max;
    const char *summary;
};

extern const struct route route_table[ROUTE_COUNT];

struct route_match {
    const struct route *route; /* NULL: no such path, or path_known says 405 */
    bool path_known;
    uint16_t param_count;
    char param[HTTP_PARAMS_MAX][256]; /* percent-decoded, terminated */
};

/* path is the raw request target without the query.  0; E_NOT_FOUND (look at
 * path_known for 404 or 405); E_MALFORMED (bad escape, control character, dot segment);
 * E_LIMIT (a segment over 255 bytes). */
int route_find(enum route_method method, struct span path, struct route_match *match) MUST_CHECK;

#endif
