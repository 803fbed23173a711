/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/api/contract.h"

#define ROW(id, body, name, result, flags) \
    [ROUTE_ID_##id] = {SCHEMA_##body, name, SCHEMA_##result, flags, true}
#define GET(id, result) ROW(id, NONE, NULL, result, 0)
#define LIST(id, result) ROW(id, NONE, NULL, result, CONTRACT_PAGED)
#define LIST_Q(id, result) ROW(id, NONE, NULL, result, CONTRACT_PAGED | CONTRACT_OPTIONS)
#define PUT(id, schema) ROW(id, schema, "resource", schema, CONTRACT_CREATES | CONTRACT_STATUS)
#define PATCH(id, schema, result) ROW(id, schema, "properties", result, CONTRACT_LOCATION)
#define DELETE(id) ROW(id, NONE, NULL, NONE, CONTRACT_DELETES | CONTRACT_LOCATION)
#define ROLES(at)                                                                                     \
    RESOURCES(RoleAssignments_List_##at, NONE, NULL, RoleAssignmentListResult, CONTRACT_PAGED | CONTRACT_OPTIONS), \
        RESOURCES(RoleAssignments_Get_##at, NONE, NULL, RoleAssignment, 0), \
        RESOURCES(RoleAssignments_Create_##at, RoleAssignment, "resource", RoleAssignment, CONTRACT_CREATES), \
        RESOURCES(RoleAssignments_Delete_##at, NONE, NULL, RoleAssignment, CONTRACT_DELETES)
#define DEFINITIONS(at) \
    RESOURCES(RoleDefinitions_List_##at, NONE, NULL, RoleDefinitionListResult, CONTRACT_OPTIONS), \
        RESOURCES(RoleDefinitions_Get_##at, NONE, NULL, RoleDefinition, 0)
#define RESOURCES(id, body, name, result, flags) ROW(id, body, name, result, (flags) | CONTRACT_ANY_VERSION)
#define DEVICE(id) ROW(id, NONE, NULL, NONE, CONTRACT_CBOR | CONTRACT_PLAIN)

const struct contract contract_table[ROUTE_COUNT] = {
    LIST(Operations_List, OperationListResult),

    LIST(Catalogs_ListBySubscription, CatalogListResult),
    LIST(Catalogs_ListByResourceGroup, CatalogListResult),
    GET(Catalogs_Get, Catalog),
    PUT(Catalogs_CreateOrUpdate, Catalog),
    ROW(Catalogs_Update, CatalogUpdate, "properties", Catalog, 0),
    DELETE(Catalogs_Delete),
    GET(Catalogs_CountDevices, CountDevicesResponse),
    LIST_Q(Catalogs_ListDeployments, DeploymentListResult),
    LIST_Q(Catalogs_ListDeployments_Next, DeploymentListResult),
    ROW(Catalogs_ListDeviceGroups, ListDeviceGroupsRequest, "listDeviceGroupsRequest", DeviceGroupListResult,
        CONTRACT_PAGED | CONTRACT_OPTIONS),
    LIST_Q(Catalogs_ListDeviceGroups_Next, DeviceGroupListResult),
    LIST_Q(Catalogs_ListDeviceInsights, PagedDeviceInsight),
    LIST_Q(Catalogs_ListDeviceInsights_Next, PagedDeviceInsight),
    LIST_Q(Catalogs_ListDevices, DeviceListResult),
    LIST_Q(Catalogs_ListDevices_Next, DeviceListResult),
    ROW(Catalogs_UploadImage, Image, "uploadImageRequest", NONE, CONTRACT_ACCEPTS | CONTRACT_LOCATION),

    LIST_Q(Certificates_ListByCatalog, CertificateListResult),
    GET(Certificates_Get, Certificate),
    GET(Certificates_RetrieveCertChain, CertificateChainResponse),
    ROW(Certificates_RetrieveProofOfPossessionNonce, ProofOfPossessionNonceRequest,
        "proofOfPossessionNonceRequest", ProofOfPossessionNonceResponse, 0),
    GET(Certificates_Renew, Certificate),
    GET(Certificates_Activate, Certificate),
    ROW(Certificates_Revoke, RevocationRequest, "revocationRequest", Certificate, 0),

    LIST_Q(Images_ListByCatalog, ImageListResult),
    GET(Images_Get, Image),
    PUT(Images_CreateOrUpdate, Image),
    DELETE(Images_Delete),

    LIST(Products_ListByCatalog, ProductListResult),
    GET(Products_Get, Product),
    PUT(Products_CreateOrUpdate, Product),
    PATCH(Products_Update, ProductUpdate, Product),
    DELETE(Products_Delete),
    GET(Products_CountDevices, CountDevicesResponse),
    LIST(Products_GenerateDefaultDeviceGroups, DeviceGroupListResult),

    LIST_Q(DeviceGroups_ListByProduct, DeviceGroupListResult),
    GET(DeviceGroups_Get, DeviceGroup),
    PUT(DeviceGroups_CreateOrUpdate, DeviceGroup),
    PATCH(DeviceGroups_Update, DeviceGroupUpdate, DeviceGroup),
    DELETE(DeviceGroups_Delete),
    ROW(DeviceGroups_ClaimDevices, ClaimDevicesRequest, "claimDevicesRequest", NONE,
        CONTRACT_ACCEPTS | CONTRACT_LOCATION),
    GET(DeviceGroups_CountDevices, CountDevicesResponse),

    LIST_Q(Deployments_ListByDeviceGroup, DeploymentListResult),
    GET(Deployments_Get, Deployment),
    PUT(Deployments_CreateOrUpdate, Deployment),
    DELETE(Deployments_Delete),

    LIST(Devices_ListByDeviceGroup, DeviceListResult),
    GET(Devices_Get, Device),
    PUT(Devices_CreateOrUpdate, Device),
    PATCH(Devices_Update, DeviceUpdate, Device),
    DELETE(Devices_Delete),
    ROW(Devices_GenerateCapabilityImage, GenerateCapabilityImageRequest, "generateDeviceCapabilityRequest",
        SignedCapabilityImageResponse, CONTRACT_LOCATION),
    ROW(Devices_Revoke, RevocationRequest, "revocationRequest", Device, 0),
    GET(Devices_Reinstate, Device),

    GET(OperationStatuses_Get, OperationStatusResult),
    ROW(OperationResults_Get, NONE, NULL, NONE, CONTRACT_ACCEPTS | CONTRACT_DELETES),

    LIST_Q(Rollouts_List, RolloutListResult),
    GET(Rollouts_Get, Rollout),
    ROW(Rollouts_Create, Rollout, "resource", Rollout, CONTRACT_CREATES),
    GET(Rollouts_Pause, Rollout),
    GET(Rollouts_Resume, Rollout),
    GET(Rollouts_Abort, Rollout),
    ROW(Devices_Release, DeviceReleaseRequest, "deviceReleaseRequest", DeviceRelease, CONTRACT_CREATES),
    ROW(Devices_Keep, NONE, NULL, NONE, CONTRACT_DELETES),
    ROW(DeviceGroups_ClaimReleased, ClaimReleasedRequest, "claimReleasedRequest", Device, CONTRACT_CREATES),
    ROW(Metadata_Endpoints, NONE, NULL, NONE, CONTRACT_PLAIN),
    RESOURCES(Tenants_List, NONE, NULL, TenantListResult, CONTRACT_PAGED),
    RESOURCES(Subscriptions_ListLocations, NONE, NULL, LocationListResult, 0),
    RESOURCES(Providers_ListAtTenant, NONE, NULL, ProviderListResult, CONTRACT_PAGED),
    RESOURCES(Providers_GetAtTenant, NONE, NULL, Provider, 0),
    RESOURCES(Subscriptions_List, NONE, NULL, SubscriptionListResult, CONTRACT_PAGED),
    RESOURCES(Subscriptions_Get, NONE, NULL, Subscription, 0),
    RESOURCES(ResourceGroups_List, NONE, NULL, ResourceGroupListResult, CONTRACT_PAGED | CONTRACT_OPTIONS),
    RESOURCES(ResourceGroups_Get, NONE, NULL, ResourceGroup, 0),
    RESOURCES(ResourceGroups_CreateOrUpdate, ResourceGroup, "parameters", ResourceGroup, CONTRACT_CREATES),
    RESOURCES(ResourceGroups_Update, ResourceGroupPatchable, "parameters", ResourceGroup, 0),
    RESOURCES(ResourceGroups_Delete, NONE, NULL, NONE, CONTRACT_DELETES | CONTRACT_LOCATION),
    RESOURCES(Resources_List, NONE, NULL, ResourceListResult, CONTRACT_PAGED | CONTRACT_OPTIONS),
    RESOURCES(Resources_ListByResourceGroup, NONE, NULL, ResourceListResult, CONTRACT_PAGED | CONTRACT_OPTIONS),
    RESOURCES(Providers_List, NONE, NULL, ProviderListResult, CONTRACT_PAGED),
    RESOURCES(Providers_Get, NONE, NULL, Provider, 0),
    RESOURCES(Providers_Register, NONE, NULL, Provider, 0),

    ROW(Factory_RegisterDevice, FactoryDevice, "resource", FactoryDevice, CONTRACT_CREATES),
    LIST_Q(Factory_ListDevices, FactoryDeviceListResult),
    ROW(OsImages_CreateOrUpdate, OsImage, "resource", OsImage, CONTRACT_CREATES),
    LIST_Q(OsReleases_List, OsReleaseListResult),
    GET(OsReleases_Get, OsRelease),
    ROW(OsReleases_CreateOrUpdate, OsRelease, "resource", OsRelease, CONTRACT_CREATES),
    LIST_Q(OsRollouts_List, OsRolloutListResult),
    GET(OsRollouts_Get, OsRollout),
    ROW(OsRollouts_Create, OsRollout, "resource", OsRollout, CONTRACT_CREATES),
    GET(OsRollouts_Pause, OsRollout),
    GET(OsRollouts_Resume, OsRollout),
    GET(OsRollouts_Abort, OsRollout),
    LIST_Q(CrashGroups_List, CrashGroupListResult),
    GET(CrashGroups_Get, CrashGroup),
    LIST_Q(CrashGroups_ListDevices, CrashDeviceListResult),
    LIST_Q(CrashDumps_List, CrashDumpListResult),
    GET(CrashDumps_Get, CrashDump),
    ROW(CrashDumps_Download, CrashDumpDownloadRequest, "crashDumpDownloadRequest", CrashDumpDownload, 0),
    ROW(CrashDumps_Delete, NONE, NULL, NONE, CONTRACT_DELETES),
    GET(Service_Status, ServiceStatus),
    LIST_Q(RevokedDevices_List, RevokedDeviceListResult),
    GET(RevokedDevices_Get, RevokedDevice),
    LIST_Q(RevokedOperators_List, RevokedOperatorListResult),
    ROW(RevokedOperators_Add, RevokedOperator, "resource", RevokedOperator, CONTRACT_CREATES),
    ROW(Crl_Get, NONE, NULL, NONE, CONTRACT_PLAIN),
    ROW(Service_Metrics, NONE, NULL, NONE, CONTRACT_PLAIN),
    ROW(Service_Description, NONE, NULL, NONE, CONTRACT_PLAIN),

    DEFINITIONS(Service),
    DEFINITIONS(Subscription),
    DEFINITIONS(ResourceGroup),
    DEFINITIONS(Catalog),
    ROLES(Service),
    ROLES(Subscription),
    ROLES(ResourceGroup),
    ROLES(Catalog),
    ROLES(Product),
    ROLES(Group),
    ROLES(Device),
    LIST_Q(AuditLog_List, AuditRecordListResult),
    LIST(AuditLog_Seals, AuditSealListResult),
    LIST(AuditLog_Checkpoints, AuditCheckpointListResult),
    ROW(AuditLog_Prune, AuditPruneRequest, "auditPruneRequest", AuditCheckpoint, 0),

    DEVICE(Daa_Challenge),
    DEVICE(Daa_Attest),
    DEVICE(Update_Check),
    DEVICE(Update_Image),
    DEVICE(Update_Download),
    DEVICE(Reports_Events),
    DEVICE(Reports_DumpKey),
    DEVICE(Reports_Dump),
};
