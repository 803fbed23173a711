/* SPDX-License-Identifier: BSD-2-Clause */
/* What carries out each route whose backend is api: one row a route. */
#include "service/api/api.h"
#include "service/ipc/store_pki_ops.h"

#define ROW(id, shape, name, flags, start, op, row, render) \
    {ROUTE_ID_##id, SHAPE_##shape, NAME_##name, flags, start, op, row, render}
/* Answered by the shared query; changed by a start of its own; neither row nor store. */
#define QUERY(id, shape, name, flags, op, kind) \
    ROW(id, shape, name, flags, api_start_query, STORE_OP_##op, &store_row_##kind##_type, render_##kind)
#define TAGGED(id, shape, op, kind, shown) \
    ROW(id, shape, NONE, API_LIST | API_FILTERS, api_start_tagged, STORE_OP_##op, &store_row_##kind##_type, render_##shown)
#define DELETE(id, shape, name, op) \
    ROW(id, shape, name, API_DELETES, api_start_query, STORE_OP_##op, NULL, NULL)
#define CHANGE(id, shape, name, flags, start, kind) \
    ROW(id, shape, name, flags, start, 0, &store_row_##kind##_type, render_##kind)
#define OTHER(id, shape, name, flags, start) ROW(id, shape, name, flags, start, 0, NULL, NULL)
/* place: the shape of where; name: the same and the assignment's name behind it. */
#define ROLES(at, place, named)                                                            \
    ROW(RoleAssignments_List_##at, place, NONE, API_LIST | API_FILTERS, api_role_query, STORE_OP_ROLE_LIST,     \
        &store_row_role_type, render_role),                                                      \
    ROW(RoleAssignments_Get_##at, named, ASSIGNMENT, 0, api_role_query, STORE_OP_ROLE_GET,        \
        &store_row_role_type, render_role),                                                      \
    CHANGE(RoleAssignments_Create_##at, named, ASSIGNMENT, API_BODY, api_role_put, role),         \
    ROW(RoleAssignments_Delete_##at, named, ASSIGNMENT, API_DELETES, api_role_query,              \
        STORE_OP_ROLE_DELETE, &store_row_role_type, render_role)

#define DEFINITIONS(at, place, named)                                                      \
    OTHER(RoleDefinitions_List_##at, place, NONE, API_LIST | API_FILTERS, api_role_definitions),  \
    OTHER(RoleDefinitions_Get_##at, named, ASSIGNMENT, 0, api_role_definition)

const struct api_handler api_handlers[] = {
    OTHER(Operations_List, NONE, NONE, API_LIST, api_operations_list),

    QUERY(Catalogs_ListBySubscription, SUBSCRIPTION, NONE, API_LIST, CATALOG_LIST, catalog),
    QUERY(Catalogs_ListByResourceGroup, RESOURCE_GROUP, NONE, API_LIST, CATALOG_LIST, catalog),
    QUERY(Catalogs_Get, CATALOG, NONE, 0, CATALOG_GET, catalog),
    CHANGE(Catalogs_CreateOrUpdate, CATALOG, NONE, API_BODY, api_catalog_put, catalog),
    CHANGE(Catalogs_Update, CATALOG, NONE, API_BODY, api_catalog_patch, catalog),
    DELETE(Catalogs_Delete, CATALOG, NONE, CATALOG_DELETE),
    QUERY(Catalogs_CountDevices, CATALOG, NONE, 0, DEVICE_COUNT, count),
    QUERY(Catalogs_ListDeployments, CATALOG, NONE, API_LIST, DEPLOYMENT_LIST, deployment),
    QUERY(Catalogs_ListDeployments_Next, CATALOG, NONE, API_LIST, DEPLOYMENT_LIST, deployment),
    ROW(Catalogs_ListDeviceGroups, CATALOG, NONE, API_LIST | API_BODY_OPTIONAL, api_groups_of_catalog,
        STORE_OP_GROUP_LIST, &store_row_group_type, render_group),
    ROW(Catalogs_ListDeviceGroups_Next, CATALOG, NONE, API_LIST, api_groups_of_catalog,
        STORE_OP_GROUP_LIST, &store_row_group_type, render_group),
    QUERY(Catalogs_ListDeviceInsights, CATALOG, NONE, API_LIST, INSIGHT_LIST, insight),
    QUERY(Catalogs_ListDeviceInsights_Next, CATALOG, NONE, API_LIST, INSIGHT_LIST, insight),
    QUERY(Catalogs_ListDevices, CATALOG, NONE, API_LIST, DEVICE_LIST, device),
    QUERY(Catalogs_ListDevices_Next, CATALOG, NONE, API_LIST, DEVICE_LIST, device),
    OTHER(Catalogs_UploadImage, CATALOG, NONE, API_BODY, api_image_upload),

    OTHER(Certificates_ListByCatalog, CATALOG, NONE, API_LIST, api_certificate),
    OTHER(Certificates_Get, CATALOG_NAME, SERIAL, 0, api_certificate),
    OTHER(Certificates_RetrieveCertChain, CATALOG_NAME, SERIAL, 0, api_certificate),
    OTHER(Certificates_RetrieveProofOfPossessionNonce, CATALOG_NAME, SERIAL, API_BODY, api_certificate),
    OTHER(Certificates_Renew, CATALOG, NONE, 0, api_certificate),
    OTHER(Certificates_Activate, CATALOG_NAME, SERIAL, 0, api_certificate_activate),
    OTHER(Certificates_Revoke, CATALOG_NAME, SERIAL, API_BODY_OPTIONAL, api_certificate_revoke),

    QUERY(Images_ListByCatalog, CATALOG, NONE, API_LIST, IMAGE_LIST, image),
    QUERY(Images_Get, CATALOG_NAME, IMAGE, 0, IMAGE_GET, image),
    CHANGE(Images_CreateOrUpdate, CATALOG_NAME, IMAGE, API_BODY, api_image_put, image),
    DELETE(Images_Delete, CATALOG_NAME, IMAGE, IMAGE_DELETE),

    QUERY(Products_ListByCatalog, CATALOG, NONE, API_LIST, PRODUCT_LIST, product),
    QUERY(Products_Get, PRODUCT, NONE, 0, PRODUCT_GET, product),
    CHANGE(Products_CreateOrUpdate, PRODUCT, NONE, API_BODY_OPTIONAL, api_product_put, product),
    CHANGE(Products_Update, PRODUCT, NONE, API_BODY, api_product_put, product),
    DELETE(Products_Delete, PRODUCT, NONE, PRODUCT_DELETE),
    QUERY(Products_CountDevices, PRODUCT, NONE, 0, DEVICE_COUNT, count),
    CHANGE(Products_GenerateDefaultDeviceGroups, PRODUCT, NONE, 0, api_product_defaults, group),

    QUERY(DeviceGroups_ListByProduct, PRODUCT, NONE, API_LIST, GROUP_LIST, group),
    QUERY(DeviceGroups_Get, GROUP, NONE, 0, GROUP_GET, group),
    CHANGE(DeviceGroups_CreateOrUpdate, GROUP, NONE, API_BODY_OPTIONAL, api_group_put, group),
    CHANGE(DeviceGroups_Update, GROUP, NONE, API_BODY, api_group_put, group),
    DELETE(DeviceGroups_Delete, GROUP, NONE, GROUP_DELETE),
    OTHER(DeviceGroups_ClaimDevices, GROUP, NONE, API_BODY, api_devices_claim),
    QUERY(DeviceGroups_CountDevices, GROUP, NONE, 0, DEVICE_COUNT, count),

    QUERY(Deployments_ListByDeviceGroup, GROUP, NONE, API_LIST, DEPLOYMENT_LIST, deployment),
    QUERY(Deployments_Get, GROUP_NAME, DEPLOYMENT, 0, DEPLOYMENT_GET, deployment),
    CHANGE(Deployments_CreateOrUpdate, GROUP_NAME, DEPLOYMENT, API_BODY, api_deployment_put, deployment),
    DELETE(Deployments_Delete, GROUP_NAME, DEPLOYMENT, DEPLOYMENT_DELETE),

    QUERY(Devices_ListByDeviceGroup, GROUP, NONE, API_LIST, DEVICE_LIST, device),
    QUERY(Devices_Get, GROUP_NAME, DEVICE, 0, DEVICE_SHOW, device),
    CHANGE(Devices_CreateOrUpdate, GROUP_NAME, DEVICE, API_BODY_OPTIONAL, api_device_put, device),
    CHANGE(Devices_Update, GROUP_NAME, DEVICE, API_BODY, api_device_patch, device),
    DELETE(Devices_Delete, GROUP_NAME, DEVICE, DEVICE_UNASSIGN),
    OTHER(Devices_GenerateCapabilityImage, GROUP_NAME, DEVICE, API_BODY, api_device_capability),
    CHANGE(Devices_Revoke, GROUP_NAME, DEVICE, API_BODY_OPTIONAL, api_device_revoke, device),
    CHANGE(Devices_Reinstate, GROUP_NAME, DEVICE, 0, api_device_revoke, device),

    OTHER(OperationStatuses_Get, OPERATION, OPERATION, 0, api_operation_status),
    OTHER(OperationResults_Get, OPERATION, OPERATION, 0, api_operation_result),

    QUERY(Rollouts_List, GROUP, NONE, API_LIST, ROLLOUT_LIST, rollout),
    QUERY(Rollouts_Get, GROUP_NAME, ROLLOUT, 0, ROLLOUT_GET, rollout),
    CHANGE(Rollouts_Create, GROUP_NAME, ROLLOUT, API_BODY, api_rollout_put, rollout),
    CHANGE(Rollouts_Pause, GROUP_NAME, ROLLOUT, 0, api_rollout_state, rollout),
    CHANGE(Rollouts_Resume, GROUP_NAME, ROLLOUT, 0, api_rollout_state, rollout),
    CHANGE(Rollouts_Abort, GROUP_NAME, ROLLOUT, 0, api_rollout_state, rollout),
    CHANGE(Devices_Release, GROUP_NAME, DEVICE, API_BODY_OPTIONAL, api_device_release, token),
    DELETE(Devices_Keep, GROUP_NAME, DEVICE, DEVICE_KEEP),
    CHANGE(DeviceGroups_ClaimReleased, GROUP, NONE, API_BODY, api_device_take, device),
    OTHER(Metadata_Endpoints, NONE, NONE, API_PUBLIC, api_metadata_endpoints),
    OTHER(Tenants_List, NONE, NONE, API_LIST, api_tenants_list),
    OTHER(Subscriptions_ListLocations, SUBSCRIPTION, NONE, API_LIST, api_locations_list),
    OTHER(Providers_ListAtTenant, NONE, NONE, API_LIST, api_providers_list),
    OTHER(Providers_GetAtTenant, NAME, PROVIDER, 0, api_provider),
    QUERY(Subscriptions_List, NONE, NONE, API_LIST, SUBSCRIPTION_LIST, subscription),
    QUERY(Subscriptions_Get, SUBSCRIPTION, NONE, 0, SUBSCRIPTION_GET, subscription),
    TAGGED(ResourceGroups_List, SUBSCRIPTION, RESOURCE_GROUP_LIST, resource_group, resource_group),
    QUERY(ResourceGroups_Get, RESOURCE_GROUP, NONE, 0, RESOURCE_GROUP_GET, resource_group),
    CHANGE(ResourceGroups_CreateOrUpdate, RESOURCE_GROUP, NONE, API_BODY, api_resource_group_put, resource_group),
    CHANGE(ResourceGroups_Update, RESOURCE_GROUP, NONE, API_BODY, api_resource_group_put, resource_group),
    OTHER(ResourceGroups_Delete, RESOURCE_GROUP, NONE, 0, api_resource_group_delete),
    TAGGED(Resources_List, SUBSCRIPTION, CATALOG_LIST, catalog, resource),
    TAGGED(Resources_ListByResourceGroup, RESOURCE_GROUP, CATALOG_LIST, catalog, resource),
    OTHER(Providers_List, SUBSCRIPTION, NONE, API_LIST, api_providers_list),
    OTHER(Providers_Get, SUBSCRIPTION_NAME, PROVIDER, 0, api_provider),
    OTHER(Providers_Register, SUBSCRIPTION_NAME, PROVIDER, 0, api_provider),

    ROW(Factory_RegisterDevice, NAME, DEVICE, API_BODY_OPTIONAL, api_device_register, 0,
        &store_row_device_type, render_factory_device),
    ROW(Factory_ListDevices, NONE, NONE, API_LIST, api_start_query, STORE_OP_DEVICE_LIST,
        &store_row_device_type, render_factory_device),
    ROW(OsImages_CreateOrUpdate, NAME, IMAGE, API_BODY, api_image_put, 0, &store_row_image_type,
        render_os_image),
    QUERY(OsReleases_List, NONE, NONE, API_LIST, RELEASE_LIST, release),
    QUERY(OsReleases_Get, NAME, VERSION, 0, RELEASE_GET, release),
    CHANGE(OsReleases_CreateOrUpdate, NAME, VERSION, API_BODY, api_release_put, release),
    ROW(OsRollouts_List, NONE, NONE, API_LIST, api_start_query, STORE_OP_OS_ROLLOUT_LIST, &store_row_rollout_type, render_os_rollout),
    ROW(OsRollouts_Get, NAME, ROLLOUT, 0, api_start_query, STORE_OP_OS_ROLLOUT_GET, &store_row_rollout_type, render_os_rollout),
    ROW(OsRollouts_Create, NAME, ROLLOUT, API_BODY, api_os_rollout_put, 0, &store_row_rollout_type, render_os_rollout),
    ROW(OsRollouts_Pause, NAME, ROLLOUT, 0, api_os_rollout_state, 0, &store_row_rollout_type, render_os_rollout),
    ROW(OsRollouts_Resume, NAME, ROLLOUT, 0, api_os_rollout_state, 0, &store_row_rollout_type, render_os_rollout),
    ROW(OsRollouts_Abort, NAME, ROLLOUT, 0, api_os_rollout_state, 0, &store_row_rollout_type, render_os_rollout),
    QUERY(CrashGroups_List, CATALOG, NONE, API_LIST, CRASH_GROUP_LIST, crash),
    QUERY(CrashGroups_Get, CATALOG_NAME, CRASH_GROUP, 0, CRASH_GROUP_GET, crash),
    QUERY(CrashGroups_ListDevices, CATALOG_NAME, CRASH_GROUP, API_LIST, CRASH_DEVICE_LIST, crash_device),
    QUERY(CrashDumps_List, CATALOG, NONE, API_LIST, DUMP_LIST, dump),
    QUERY(CrashDumps_Get, CATALOG_NAME, CRASH_DUMP, 0, DUMP_GET, dump),
    OTHER(CrashDumps_Download, CATALOG_NAME, CRASH_DUMP, API_BODY, api_dump_download),
    DELETE(CrashDumps_Delete, CATALOG_NAME, CRASH_DUMP, DUMP_DELETE),
    QUERY(RevokedDevices_List, CATALOG, NONE, API_LIST, REVOKED_DEVICE_LIST, revoked_device),
    QUERY(RevokedDevices_Get, CATALOG_NAME, DEVICE, 0, REVOKED_DEVICE_GET, revoked_device),
    ROW(RevokedOperators_List, NONE, NONE, API_LIST, api_start_query, STORE_OP_REVOKED_LIST,
        &store_row_revoked_type, render_revoked),
    ROW(RevokedOperators_Add, NAME, SERIAL, API_BODY_OPTIONAL, api_operator_revoke, 0, &store_row_revoked_type,
        render_revoked),
    OTHER(Crl_Get, NAME, NONE, API_PUBLIC, api_crl),
    QUERY(Service_Status, NONE, NONE, 0, STATUS, status),
    OTHER(Service_Metrics, NONE, NONE, 0, api_metrics),
    OTHER(Service_Description, NONE, NONE, 0, api_description),

    DEFINITIONS(Service, NONE, NAME),
    DEFINITIONS(Subscription, SUBSCRIPTION, SUBSCRIPTION_NAME),
    DEFINITIONS(ResourceGroup, RESOURCE_GROUP, RESOURCE_GROUP_NAME),
    DEFINITIONS(Catalog, CATALOG, CATALOG_NAME),
    ROLES(Service, NONE, NAME),
    ROLES(Subscription, SUBSCRIPTION, SUBSCRIPTION_NAME),
    ROLES(ResourceGroup, RESOURCE_GROUP, RESOURCE_GROUP_NAME),
    ROLES(Catalog, CATALOG, CATALOG_NAME),
    ROLES(Product, PRODUCT, PRODUCT_NAME),
    ROLES(Group, GROUP, GROUP_NAME),
    ROLES(Device, DEVICE, DEVICE_NAME),
    QUERY(AuditLog_List, NONE, NONE, API_LIST, AUDIT_LIST, audit),
    OTHER(AuditLog_Seals, NONE, NONE, API_LIST, api_audit_seals),
    ROW(AuditLog_Checkpoints, NONE, NONE, API_LIST, api_start_query, STORE_OP_CHECKPOINT_LIST, &store_checkpoint_type,
        render_checkpoint),
    ROW(AuditLog_Prune, NONE, NONE, API_BODY, api_audit_prune, 0, &store_checkpoint_type, render_checkpoint),
};

const size_t api_handler_count = sizeof api_handlers / sizeof api_handlers[0];
