/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shapes of what requests and answers carry, one table for two uses: bodies
 * are checked by it, and the service's description of itself (openapi.h) is
 * written from it.
 * Source: service-api of Microsoft.AzureSphere 2024-04-01: names, types, what is
 * required and what is read-only; ours below it.
 *
 * Checking: a member that is known must be of its kind; null counts as absent; what
 * is read-only is not looked at, since clients send back what they have read; an
 * unknown member is ignored, but refused inside "properties", where it would be a
 * wish that is silently not granted.
 * Trust: values are hostile until schema_check() returned 0.
 */
#ifndef PERI_SERVICE_API_SCHEMA_H
#define PERI_SERVICE_API_SCHEMA_H

#include <jansson.h>

#include "lib/cursor.h"

/* name (in the description), an object or a choice, what it is */
#define SCHEMA_TABLE(X)                                                                     \
    X(Catalog, MEMBERS, "a catalog: what a tenant is")                                      \
    X(CatalogProperties, MEMBERS, "of a catalog")                                           \
    X(CatalogUpdate, MEMBERS, "change of a catalog")                                        \
    X(CatalogListResult, MEMBERS, "catalogs")                                               \
    X(Product, MEMBERS, "a product")                                                        \
    X(ProductProperties, MEMBERS, "of a product")                                           \
    X(ProductUpdate, MEMBERS, "change of a product")                                        \
    X(ProductUpdateProperties, MEMBERS, "what of a product can be changed")                 \
    X(ProductListResult, MEMBERS, "products")                                               \
    X(DeviceGroup, MEMBERS, "a device group")                                               \
    X(DeviceGroupProperties, MEMBERS, "of a device group")                                  \
    X(DeviceGroupUpdate, MEMBERS, "change of a device group")                               \
    X(DeviceGroupUpdateProperties, MEMBERS, "what of a device group can be changed")        \
    X(DeviceGroupListResult, MEMBERS, "device groups")                                      \
    X(ListDeviceGroupsRequest, MEMBERS, "which device groups")                              \
    X(Device, MEMBERS, "a device")                                                          \
    X(DeviceProperties, MEMBERS, "of a device")                                             \
    X(DeviceUpdate, MEMBERS, "move of a device")                                            \
    X(DeviceUpdateProperties, MEMBERS, "where a device goes")                               \
    X(DeviceListResult, MEMBERS, "devices")                                                 \
    X(ClaimDevicesRequest, MEMBERS, "devices to claim: 1 to 1000 ids")                      \
    X(GenerateCapabilityImageRequest, MEMBERS, "what a device shall allow; none takes it all back")\
    X(SignedCapabilityImageResponse, MEMBERS, "a device capability file in base64")         \
    X(CountDevicesResponse, MEMBERS, "a number of devices")                                 \
    X(Image, MEMBERS, "an image")                                                           \
    X(ImageProperties, MEMBERS, "of an image")                                              \
    X(ImageListResult, MEMBERS, "images")                                                   \
    X(Deployment, MEMBERS, "a deployment")                                                  \
    X(DeploymentProperties, MEMBERS, "of a deployment")                                     \
    X(DeploymentListResult, MEMBERS, "deployments")                                         \
    X(Certificate, MEMBERS, "a CA certificate of a catalog")                                \
    X(CertificateProperties, MEMBERS, "of a CA certificate")                                \
    X(CertificateListResult, MEMBERS, "CA certificates")                                    \
    X(CertificateChainResponse, MEMBERS, "a chain as PKCS#7 in base64")                     \
    X(ProofOfPossessionNonceRequest, MEMBERS, "the code to sign")                           \
    X(ProofOfPossessionNonceResponse, MEMBERS, "the certificate that proves possession")    \
    X(DeviceInsight, MEMBERS, "an event that devices reported")                             \
    X(PagedDeviceInsight, MEMBERS, "events")                                                \
    X(Operation, MEMBERS, "something the API can do")                                       \
    X(OperationDisplay, MEMBERS, "its names for people")                                    \
    X(OperationListResult, MEMBERS, "what the API can do")                                  \
    X(OperationStatusResult, MEMBERS, "state of a long-running operation")                  \
    X(ErrorResponse, MEMBERS, "what went wrong")                                            \
    X(ErrorDetail, MEMBERS, "code, message and details of an error")                        \
    X(ErrorAdditionalInfo, MEMBERS, "more about an error")                                  \
    X(systemData, MEMBERS, "who made and last changed a resource, and when")                \
    X(Rollout, MEMBERS, "a rollout of images to a device group")                            \
    X(RolloutProperties, MEMBERS, "of a rollout")                                           \
    X(RolloutListResult, MEMBERS, "rollouts")                                               \
    X(OsRollout, MEMBERS, "a rollout of an OS release")                                     \
    X(OsRolloutProperties, MEMBERS, "of a rollout of an OS release")                        \
    X(OsRolloutListResult, MEMBERS, "rollouts of OS releases")                              \
    X(DeviceReleaseRequest, MEMBERS, "who may take the device, and how long")               \
    X(DeviceRelease, MEMBERS, "what the new owner claims the device with")                  \
    X(ClaimReleasedRequest, MEMBERS, "the token of a release")                              \
    X(Subscription, MEMBERS, "a subscription: a container by name")                         \
    X(Tenant, MEMBERS, "a directory")                                                       \
    X(TenantListResult, MEMBERS, "directories")                                             \
    X(Location, MEMBERS, "a place where resources may be")                                  \
    X(LocationListResult, MEMBERS, "places")                                                \
    X(SubscriptionListResult, MEMBERS, "subscriptions")                                     \
    X(ResourceGroup, MEMBERS, "a resource group: a container of catalogs")                  \
    X(ResourceGroupPatchable, MEMBERS, "change of a resource group")                        \
    X(ResourceGroupProperties, MEMBERS, "of a resource group")                              \
    X(ResourceGroupListResult, MEMBERS, "resource groups")                                  \
    X(GenericResource, MEMBERS, "a resource, whatever its type")                            \
    X(ResourceListResult, MEMBERS, "resources")                                             \
    X(Provider, MEMBERS, "a resource provider")                                             \
    X(ProviderResourceType, MEMBERS, "a type of resource that it provides")                 \
    X(ProviderListResult, MEMBERS, "resource providers")                                    \
    X(FactoryDevice, MEMBERS, "a device as the factory registered it")                      \
    X(FactoryDeviceProperties, MEMBERS, "of a registered device")                           \
    X(FactoryDeviceListResult, MEMBERS, "registered devices")                               \
    X(RevocationRequest, MEMBERS, "why something is revoked")                               \
    X(RevocationReason, VALUES, "reasons of RFC 5280")                                      \
    X(RevokedOperator, MEMBERS, "a revoked certificate of an operator")                     \
    X(RevokedOperatorProperties, MEMBERS, "of a revoked certificate")                       \
    X(RevokedOperatorListResult, MEMBERS, "revoked certificates of operators")              \
    X(RevokedDevice, MEMBERS, "a revoked device")                                           \
    X(RevokedDeviceProperties, MEMBERS, "where it is, since when and why it is revoked")    \
    X(RevokedDeviceListResult, MEMBERS, "revoked devices")                                  \
    X(OsImage, MEMBERS, "an image of the OS")                                               \
    X(OsRelease, MEMBERS, "a release of the OS")                                            \
    X(OsReleaseProperties, MEMBERS, "of a release")                                         \
    X(OsReleaseListResult, MEMBERS, "releases")                                             \
    X(CrashGroup, MEMBERS, "equal crashes of a catalog's devices")                          \
    X(CrashGroupProperties, MEMBERS, "what is equal, how often, on how many devices")       \
    X(CrashGroupListResult, MEMBERS, "crash groups")                                        \
    X(CrashDevice, MEMBERS, "a device that had crashes of a group")                         \
    X(CrashDeviceListResult, MEMBERS, "devices of a crash group")                           \
    X(CrashDump, MEMBERS, "the core of a crash, sealed by its device")                      \
    X(CrashDumpProperties, MEMBERS, "of a crash dump, but what is in it")                   \
    X(CrashDumpListResult, MEMBERS, "crash dumps")                                          \
    X(CrashDumpDownloadRequest, MEMBERS, "whose key a crash dump is for")                   \
    X(CrashDumpDownload, MEMBERS, "a crash dump and the key that opens it, sealed")         \
    X(ServiceStatus, MEMBERS, "health and sizes of the service")                            \
    X(RoleAssignment, MEMBERS, "a role that somebody has at a place")                       \
    X(RoleAssignmentProperties, MEMBERS, "who has which role")                              \
    X(RoleAssignmentListResult, MEMBERS, "roles that are given")                            \
    X(RoleDefinition, MEMBERS, "a role")                                                    \
    X(RoleDefinitionProperties, MEMBERS, "what a role allows")                              \
    X(RolePermission, MEMBERS, "patterns of actions")                                       \
    X(RoleDefinitionListResult, MEMBERS, "the roles there are")                             \
    X(AuditRecord, MEMBERS, "a change, or one that was refused")                            \
    X(AuditRecordListResult, MEMBERS, "records of the audit log")                           \
    X(AuditSeal, MEMBERS, "the issuer's signature of the log's head")                       \
    X(AuditSealListResult, MEMBERS, "seals of the audit log")                               \
    X(AuditCheckpoint, MEMBERS, "up to where the audit log was pruned, signed by the issuer") \
    X(AuditCheckpointListResult, MEMBERS, "checkpoints of the audit log")                   \
    X(AuditPruneRequest, MEMBERS, "the last record that is to go, and its digest")          \
    X(AllowCrashDumpCollection, VALUES, "whether crash dumps are collected")                \
    X(CapabilityType, VALUES, "what a device can be made to allow")                         \
    X(CertificateStatus, VALUES, "how a CA certificate stands")                             \
    X(ImageType, VALUES, "type of an image")                                                \
    X(OSFeedType, VALUES, "OS feed")                                                        \
    X(OsReleaseState, VALUES, "how far a release is trusted")                               \
    X(ProvisioningState, VALUES, "state of a resource")                                     \
    X(RolloutState, VALUES, "how a rollout stands")                                         \
    X(RegionalDataBoundary, VALUES, "where data stay")                                      \
    X(UpdatePolicy, VALUES, "what is updated")                                              \
    X(IdentityType, VALUES, "kind of who changed a resource")                               \
    X(OperationOrigin, VALUES, "who can do it")                                             \
    X(OperationActionType, VALUES, "kind of action")

enum schema_id {
    SCHEMA_NONE,
#define SCHEMA_ENUM(name, form, text) SCHEMA_##name,
    SCHEMA_TABLE(SCHEMA_ENUM)
#undef SCHEMA_ENUM
    SCHEMA_COUNT
};

enum schema_kind {
    KIND_TEXT,
    KIND_TIME, /* RFC 3339 */
    KIND_URI,
    KIND_BOOL,
    KIND_INT32,
    KIND_INT64,
    KIND_PERCENT,
    KIND_FREE,    /* any object */
    KIND_TAGS,    /* object of strings */
    KIND_TEXTS,   /* array of strings */
    KIND_NUMBERS, /* array of whole numbers */
    KIND_OBJECT,  /* the schema of */
    KIND_LIST,    /* array of objects of the schema of */
    KIND_CHOICE,  /* one of the values of the schema of */
    KIND_CHOICES, /* array of them */
};

enum schema_flag {
    SCHEMA_REQUIRED = 1,
    SCHEMA_READ_ONLY = 2,
    SCHEMA_AT_CREATION = 4, /* can be set then, not changed later */
};

struct schema_member {
    const char *name;
    enum schema_kind kind;
    unsigned flags;
    enum schema_id of;
};

/* Members of an object, or the values of a choice. */
struct schema {
    const char *name, *text;
    const struct schema_member *members;
    size_t count;
    const char *const *values;
    size_t value_count;
};

extern const struct schema schema_table[SCHEMA_COUNT];

/* body is an object.  0; E_MALFORMED, with a sentence for the caller that names the
 * member. */
int schema_check(enum schema_id id, const json_t *body, char reason[static 160]) MUST_CHECK;

#endif
