/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/store_api_ops.h"

#define PUBLIC_TYPE(name, rows) \
    const struct record_type name = {sizeof(RECORD_STRUCT), sizeof(rows) / sizeof((rows)[0]), rows}

/* -- parts ------------------------------------------------------------------ */

#define RECORD_STRUCT struct store_scope
static const struct record_field scope_fields[] = {
    R_TEXT(subscription, STORE_TEXT_MAX), R_TEXT(resource_group, STORE_TEXT_MAX),
    R_TEXT(catalog, STORE_TEXT_MAX),      R_TEXT(product, STORE_TEXT_MAX),
    R_TEXT(group, STORE_TEXT_MAX),        R_TEXT(name, STORE_TEXT_MAX),
};
PUBLIC_TYPE(store_scope_type, scope_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_id
static const struct record_field id_fields[] = {R_FIXED(id)};
RECORD_TYPE(id_type, id_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_device_id
static const struct record_field device_id_fields[] = {R_FIXED(id)};
RECORD_TYPE(device_id_type, device_id_fields);
#undef RECORD_STRUCT

/* -- requests --------------------------------------------------------------- */

#define RECORD_STRUCT struct store_query
static const struct record_field query_fields[] = {
    R_NEST(scope, store_scope_type),
    R_NUMBER(U64, after, INT64_MAX),
    R_NUMBER(U32, skip, INT32_MAX),
    R_NUMBER(U32, limit, STORE_PAGE_MAX),
    R_TEXT(filter, FILTER_TEXT_MAX),
};
PUBLIC_TYPE(store_query_type, query_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_catalog_put
static const struct record_field catalog_put_fields[] = {
    R_NEST(scope, store_scope_type), R_TEXT(actor, STORE_TEXT_MAX), R_BOOL(must_exist),
    R_BOOL(set_tags),          R_TEXT(tags, STORE_TAGS_MAX),   R_FIXED(operation),
};
PUBLIC_TYPE(store_catalog_put_type, catalog_put_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_resource_group_put
static const struct record_field resource_group_put_fields[] = {
    R_NEST(scope, store_scope_type),  R_BOOL(must_exist), R_TEXT(location, STORE_TEXT_MAX), R_BOOL(set_tags),
    R_TEXT(tags, STORE_TAGS_MAX),
};
PUBLIC_TYPE(store_resource_group_put_type, resource_group_put_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_product_put
static const struct record_field product_put_fields[] = {
    R_NEST(scope, store_scope_type), R_BOOL(must_exist), R_BOOL(set_description),
    R_TEXT(description, STORE_DESCRIPTION_MAX),
};
PUBLIC_TYPE(store_product_put_type, product_put_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_group_put
static const struct record_field group_put_fields[] = {
    R_NEST(scope, store_scope_type), R_BOOL(must_exist), R_NUMBER(U16, set, 31),
    R_TEXT(description, STORE_DESCRIPTION_MAX),
    R_NUMBER(U16, feed, 1),    R_NUMBER(U16, policy, 1), R_BOOL(crash_dumps),
    R_NUMBER(U16, boundary, 1),
};
PUBLIC_TYPE(store_group_put_type, group_put_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_deployment_put
static const struct record_field deployment_put_fields[] = {
    R_NEST(scope, store_scope_type),
    R_LIST(image, count, STORE_DEPLOY_MAX, id_type),
};
PUBLIC_TYPE(store_deployment_put_type, deployment_put_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_device_register
static const struct record_field device_register_fields[] = {
    R_FIXED(device_id),
    R_TEXT(chip_sku, STORE_TEXT_MAX),
};
PUBLIC_TYPE(store_device_register_type, device_register_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_device_claim
static const struct record_field device_claim_fields[] = {
    R_NEST(scope, store_scope_type),
    R_LIST(device, count, STORE_CLAIM_MAX, device_id_type),
};
PUBLIC_TYPE(store_device_claim_type, device_claim_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_device_move
static const struct record_field device_move_fields[] = {
    R_NEST(scope, store_scope_type),
    R_NEST(target, store_scope_type),
};
PUBLIC_TYPE(store_device_move_type, device_move_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_image_put
static const struct record_field image_put_fields[] = {
    R_NEST(scope, store_scope_type),
    R_NUMBER(U16, boundary, 1),
    R_BYTES(package, STORE_IMAGE_BYTES_MAX),
};
PUBLIC_TYPE(store_image_put_type, image_put_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_percent
static const struct record_field percent_fields[] = {R_NUMBER(U16, of, 100)};
RECORD_TYPE(percent_type, percent_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_rollout_put
static const struct record_field rollout_put_fields[] = {
    R_NEST(scope, store_scope_type),
    R_TEXT(version, STORE_TEXT_MAX),
    R_LIST(image, count, STORE_DEPLOY_MAX, id_type),
    R_LIST(step, step_count, STORE_STEPS_MAX, percent_type),
    R_NUMBER(U32, soak_s, INT32_MAX),
    R_NUMBER(U16, threshold, 100),
    R_NUMBER(U32, minimum, INT32_MAX),
    R_NUMBER(U32, silent_checks, 1000),
};
PUBLIC_TYPE(store_rollout_put_type, rollout_put_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_rollout_state
static const struct record_field rollout_state_fields[] = {
    R_NEST(scope, store_scope_type),
    R_NUMBER(U16, state, ROLLOUT_COMPLETED),
};
PUBLIC_TYPE(store_rollout_state_type, rollout_state_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_device_release
static const struct record_field device_release_fields[] = {
    R_NEST(scope, store_scope_type), R_BOOL(has_target), R_FIXED(target), R_NUMBER(U32, lifetime_s, INT32_MAX),
};
PUBLIC_TYPE(store_device_release_type, device_release_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_device_take
static const struct record_field device_take_fields[] = {
    R_NEST(scope, store_scope_type), R_BYTES(token, STORE_TOKEN_MAX),
};
PUBLIC_TYPE(store_device_take_type, device_take_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_operation_begin
static const struct record_field operation_begin_fields[] = {
    R_TEXT(subscription, STORE_TEXT_MAX),
    R_TEXT(kind, STORE_TEXT_MAX),
    R_TEXT(principal, 512),
    R_BYTES(request, STORE_JOB_BYTES_MAX),
};
PUBLIC_TYPE(store_operation_begin_type, operation_begin_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_operation_id
static const struct record_field operation_id_fields[] = {R_FIXED(operation)};
PUBLIC_TYPE(store_operation_id_type, operation_id_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_operation_end
static const struct record_field operation_end_fields[] = {
    R_FIXED(operation),
    R_NUMBER(U16, status, 599),
    R_TEXT(detail, STORE_DESCRIPTION_MAX),
};
PUBLIC_TYPE(store_operation_end_type, operation_end_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_release_put
static const struct record_field release_put_fields[] = {
    R_TEXT(version, STORE_TEXT_MAX),
    R_NUMBER(U16, feed, 1),
    R_NUMBER(U16, state, STORE_REFERENCE_REVOKED),
    R_LIST(image, count, STORE_WANTED_MAX, id_type),
};
PUBLIC_TYPE(store_release_put_type, release_put_fields);
#undef RECORD_STRUCT

/* -- replies ---------------------------------------------------------------- */

#define RECORD_STRUCT struct store_rows
static const struct record_field rows_fields[] = {
    R_BOOL(created),
    R_NUMBER(U64, next, INT64_MAX),
    R_NUMBER(U32, skip, INT32_MAX),
    R_BYTES(rows, UINT32_MAX),
};
PUBLIC_TYPE(store_rows_type, rows_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_catalog
static const struct record_field row_catalog_fields[] = {
    R_TEXT(subscription, STORE_TEXT_MAX), R_TEXT(resource_group, STORE_TEXT_MAX),
    R_TEXT(name, STORE_TEXT_MAX),         R_TEXT(tags, STORE_TAGS_MAX),
    R_FIXED(tenant),                      R_TEXT(created_by, STORE_TEXT_MAX),
    R_TEXT(modified_by, STORE_TEXT_MAX),  R_NUMBER(U64, created_ms, INT64_MAX),
    R_NUMBER(U64, modified_ms, INT64_MAX),
};
PUBLIC_TYPE(store_row_catalog_type, row_catalog_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_resource_group
static const struct record_field row_resource_group_fields[] = {
    R_TEXT(subscription, STORE_TEXT_MAX), R_TEXT(name, STORE_TEXT_MAX),       R_TEXT(location, STORE_TEXT_MAX),
    R_TEXT(tags, STORE_TAGS_MAX),         R_TEXT(created_by, STORE_TEXT_MAX), R_NUMBER(U64, created_ms, INT64_MAX),
};
PUBLIC_TYPE(store_row_resource_group_type, row_resource_group_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_subscription
static const struct record_field row_subscription_fields[] = {R_TEXT(subscription, STORE_TEXT_MAX)};
PUBLIC_TYPE(store_row_subscription_type, row_subscription_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_product
static const struct record_field row_product_fields[] = {
    R_TEXT(name, STORE_TEXT_MAX),
    R_TEXT(description, STORE_DESCRIPTION_MAX),
};
PUBLIC_TYPE(store_row_product_type, row_product_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_group
static const struct record_field row_group_fields[] = {
    R_TEXT(product, STORE_TEXT_MAX), R_TEXT(name, STORE_TEXT_MAX),
    R_TEXT(description, STORE_DESCRIPTION_MAX),
    R_NUMBER(U16, feed, 1), R_NUMBER(U16, policy, 1), R_NUMBER(U16, boundary, 1),
    R_BOOL(crash_dumps), R_BOOL(has_deployment),
};
PUBLIC_TYPE(store_row_group_type, row_group_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_device
static const struct record_field row_device_fields[] = {
    R_TEXT(subscription, STORE_TEXT_MAX), R_TEXT(resource_group, STORE_TEXT_MAX),
    R_TEXT(catalog, STORE_TEXT_MAX),      R_TEXT(product, STORE_TEXT_MAX),
    R_TEXT(group, STORE_TEXT_MAX),        R_FIXED(device_id),
    R_TEXT(chip_sku, STORE_TEXT_MAX),     R_TEXT(available_os, STORE_TEXT_MAX),
    R_TEXT(installed_os, STORE_TEXT_MAX), R_NUMBER(U64, registered_ms, INT64_MAX),
    R_NUMBER(U64, last_request_s, INT64_MAX), R_NUMBER(U64, last_os_update_s, INT64_MAX),
};
PUBLIC_TYPE(store_row_device_type, row_device_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_image
static const struct record_field row_image_fields[] = {
    R_FIXED(image), R_FIXED(component), R_NUMBER(U16, type, UINT16_MAX),
    R_NUMBER(U16, boundary, 1), R_TEXT(name, STORE_TEXT_MAX),
    R_NUMBER(U64, file_bytes, STORE_IMAGE_BYTES_MAX), R_NUMBER(U64, created_ms, INT64_MAX), R_FIXED(address),
};
PUBLIC_TYPE(store_row_image_type, row_image_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_deployment
static const struct record_field row_deployment_fields[] = {
    R_TEXT(product, STORE_TEXT_MAX), R_TEXT(group, STORE_TEXT_MAX), R_FIXED(deployment),
    R_NUMBER(U64, created_ms, INT64_MAX), R_BYTES(images, UINT32_MAX),
};
PUBLIC_TYPE(store_row_deployment_type, row_deployment_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_rollout
static const struct record_field row_rollout_fields[] = {
    R_TEXT(product, STORE_TEXT_MAX),
    R_TEXT(group, STORE_TEXT_MAX),
    R_TEXT(version, STORE_TEXT_MAX),
    R_FIXED(rollout),
    R_NUMBER(U16, state, ROLLOUT_COMPLETED),
    R_TEXT(steps, STORE_TEXT_MAX),
    R_NUMBER(U32, step, STORE_STEPS_MAX),
    R_NUMBER(U32, share, 10000),
    R_NUMBER(U32, soak_s, INT32_MAX),
    R_NUMBER(U16, threshold, 100),
    R_NUMBER(U32, minimum, INT32_MAX),
    R_NUMBER(U32, offered, UINT32_MAX),
    R_NUMBER(U32, updated, UINT32_MAX),
    R_NUMBER(U32, failed, UINT32_MAX),
    R_NUMBER(U32, silent_checks, 1000),
    R_NUMBER(U32, silent, UINT32_MAX),
    R_TEXT(reason, STORE_TEXT_MAX),
    R_TEXT(created_by, 512),
    R_NUMBER(U64, created_ms, INT64_MAX),
    R_NUMBER(U64, changed_ms, INT64_MAX),
    R_BYTES(images, UINT32_MAX),
};
PUBLIC_TYPE(store_row_rollout_type, row_rollout_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_token
static const struct record_field row_token_fields[] = {
    R_BYTES(token, STORE_TOKEN_MAX), R_NUMBER(U64, expires_s, INT64_MAX),
};
PUBLIC_TYPE(store_row_token_type, row_token_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_release
static const struct record_field row_release_fields[] = {
    R_TEXT(version, STORE_TEXT_MAX), R_NUMBER(U16, feed, 1),
    R_NUMBER(U16, state, STORE_REFERENCE_REVOKED), R_NUMBER(U16, hardware, HARDWARE_MAX),
    R_NUMBER(U64, sequence, INT64_MAX),
    R_NUMBER(U64, created_ms, INT64_MAX), R_BYTES(images, UINT32_MAX),
};
PUBLIC_TYPE(store_row_release_type, row_release_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_insight
static const struct record_field row_insight_fields[] = {
    R_FIXED(device_id), R_NUMBER(U16, category, UINT16_MAX),
    R_TEXT(description, STORE_DESCRIPTION_MAX), R_NUMBER(U64, first_s, INT64_MAX),
    R_NUMBER(U64, last_s, INT64_MAX), R_NUMBER(U32, count, INT32_MAX), R_BOOL(of_os),
};
PUBLIC_TYPE(store_row_insight_type, row_insight_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_crash
static const struct record_field row_crash_fields[] = {
    R_FIXED(crash_group), R_FIXED(component), R_FIXED(image), R_NUMBER(U16, signal, 64),
    R_TEXT(site, STORE_TEXT_MAX), R_NUMBER(U64, first_s, INT64_MAX), R_NUMBER(U64, last_s, INT64_MAX),
    R_NUMBER(U64, count, INT64_MAX), R_NUMBER(U64, devices, INT64_MAX), R_NUMBER(U64, recent, INT64_MAX),
    R_NUMBER(U64, before, INT64_MAX), R_BOOL(growing), R_NUMBER(U64, growing_s, INT64_MAX), R_BOOL(of_os),
};
PUBLIC_TYPE(store_row_crash_type, row_crash_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_crash_device
static const struct record_field row_crash_device_fields[] = {
    R_FIXED(device_id), R_BOOL(in_catalog), R_TEXT(product, STORE_TEXT_MAX), R_TEXT(group, STORE_TEXT_MAX),
    R_NUMBER(U64, count, INT64_MAX), R_NUMBER(U64, first_s, INT64_MAX), R_NUMBER(U64, last_s, INT64_MAX),
};
PUBLIC_TYPE(store_row_crash_device_type, row_crash_device_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_dump
static const struct record_field row_dump_fields[] = {
    R_FIXED(dump), R_FIXED(device_id), R_TEXT(product, STORE_TEXT_MAX), R_TEXT(group, STORE_TEXT_MAX),
    R_FIXED(component), R_FIXED(image), R_NUMBER(U16, signal, 64), R_NUMBER(U64, crashed_s, INT64_MAX),
    R_NUMBER(U64, received_s, INT64_MAX), R_NUMBER(U64, expires_s, INT64_MAX),
    R_NUMBER(U32, bytes, CRASH_DUMP_CORE_MAX), R_FIXED(crash_group),
};
PUBLIC_TYPE(store_row_dump_type, row_dump_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_dump_bytes
static const struct record_field row_dump_bytes_fields[] = {R_FIXED(catalog), R_BYTES(dump, CRASH_DUMP_BYTES_MAX)};
PUBLIC_TYPE(store_row_dump_bytes_type, row_dump_bytes_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_operation
static const struct record_field row_operation_fields[] = {
    R_FIXED(operation), R_TEXT(kind, STORE_TEXT_MAX), R_NUMBER(U16, status, 599),
    R_NUMBER(U16, error, UINT16_MAX), R_TEXT(detail, STORE_DESCRIPTION_MAX), R_NUMBER(U64, started_ms, INT64_MAX),
    R_NUMBER(U64, ended_ms, INT64_MAX),
};
PUBLIC_TYPE(store_row_operation_type, row_operation_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_job
static const struct record_field row_job_fields[] = {
    R_FIXED(operation), R_TEXT(subscription, STORE_TEXT_MAX), R_TEXT(kind, STORE_TEXT_MAX),
    R_FIXED(tenant), R_BOOL(whole), R_NUMBER(U16, attempts, UINT16_MAX),
};
PUBLIC_TYPE(store_row_job_type, row_job_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_count
static const struct record_field row_count_fields[] = {R_NUMBER(U64, count, INT64_MAX)};
PUBLIC_TYPE(store_row_count_type, row_count_fields);
#undef RECORD_STRUCT

#define R_ROLLOUTS_IN(kind, state) R_NUMBER(U64, rollout[kind].rollouts[state], INT64_MAX)
#define R_ROLLOUTS(kind)                                                                                        \
    R_ROLLOUTS_IN(kind, ROLLOUT_ACTIVE), R_ROLLOUTS_IN(kind, ROLLOUT_PAUSED), R_ROLLOUTS_IN(kind, ROLLOUT_STOPPED),   \
        R_ROLLOUTS_IN(kind, ROLLOUT_ABORTED), R_ROLLOUTS_IN(kind, ROLLOUT_COMPLETED),                           \
        R_NUMBER(U64, rollout[kind].offered, INT64_MAX), R_NUMBER(U64, rollout[kind].updated, INT64_MAX),       \
        R_NUMBER(U64, rollout[kind].failed, INT64_MAX), R_NUMBER(U64, rollout[kind].silent, INT64_MAX)
#define RECORD_STRUCT struct store_row_status
static const struct record_field row_status_fields[] = {
    R_NUMBER(U64, schema, INT64_MAX), R_NUMBER(U64, catalogs, INT64_MAX),
    R_NUMBER(U64, devices, INT64_MAX), R_NUMBER(U64, images, INT64_MAX),
    R_NUMBER(U64, database_bytes, INT64_MAX), R_NUMBER(U64, crash_groups_growing, INT64_MAX),
    R_BOOL(clock_settled), R_NUMBER(U64, clock_behind_s, INT64_MAX),
    R_ROLLOUTS(0), R_ROLLOUTS(1),
};
PUBLIC_TYPE(store_row_status_type, row_status_fields);
#undef RECORD_STRUCT
