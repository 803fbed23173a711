/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/store_access_ops.h"

#define PUBLIC_TYPE(name, rows) \
    const struct record_type name = {sizeof(RECORD_STRUCT), sizeof(rows) / sizeof((rows)[0]), rows}

enum { DEVICE_TEXT_MAX = 128 };

/* -- requests --------------------------------------------------------------- */

#define RECORD_STRUCT struct store_caller
static const struct record_field caller_fields[] = {
    R_TEXT(principal, STORE_PRINCIPAL_MAX),   R_NUMBER(U16, action, ACCESS_ACTION_COUNT - 1),
    R_NEST(scope, store_scope_type),          R_TEXT(device, DEVICE_TEXT_MAX),
    R_FIXED(serial),                          R_TEXT(path, STORE_PATH_MAX),             R_TEXT(request_id, STORE_REQUEST_ID_MAX),
    R_TEXT(detail, STORE_DETAIL_MAX),
};
PUBLIC_TYPE(store_caller_type, caller_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_ask
static const struct record_field ask_fields[] = {
    R_NEST(caller, store_caller_type),
    R_NUMBER(U16, operation, UINT16_MAX),
    R_BYTES(payload, STORE_IMAGE_BYTES_MAX + 65536),
};
PUBLIC_TYPE(store_ask_type, ask_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_audit_add
static const struct record_field audit_add_fields[] = {
    R_NEST(caller, store_caller_type),
    R_TEXT(outcome, STORE_OUTCOME_MAX),
};
PUBLIC_TYPE(store_audit_add_type, audit_add_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_role_query
static const struct record_field role_query_fields[] = {
    R_NEST(scope, store_scope_type),    R_TEXT(device, DEVICE_TEXT_MAX),
    R_NUMBER(U64, after, INT64_MAX),    R_NUMBER(U32, skip, INT32_MAX),
    R_NUMBER(U32, limit, STORE_PAGE_MAX),
    R_TEXT(filter, FILTER_TEXT_MAX), R_BOOL(at_scope),
};
PUBLIC_TYPE(store_role_query_type, role_query_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_role_put
static const struct record_field role_put_fields[] = {
    R_NEST(scope, store_scope_type),
    R_TEXT(device, DEVICE_TEXT_MAX),
    R_NUMBER(U16, role, ROLE_COUNT - 1),
    R_TEXT(principal, STORE_PRINCIPAL_MAX),
};
PUBLIC_TYPE(store_role_put_type, role_put_fields);
#undef RECORD_STRUCT

/* -- replies ---------------------------------------------------------------- */

#define RECORD_STRUCT struct store_verdict
static const struct record_field verdict_fields[] = {R_NUMBER(U16, verdict, VERDICT_REVOKED)};
PUBLIC_TYPE(store_verdict_type, verdict_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_asked
static const struct record_field asked_fields[] = {
    R_NUMBER(U16, error, UINT16_MAX),
    R_BYTES(reply, UINT32_MAX),
};
PUBLIC_TYPE(store_asked_type, asked_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_role
static const struct record_field row_role_fields[] = {
    R_FIXED(assignment),
    R_NUMBER(U16, level, LEVEL_DEVICE),
    R_NUMBER(U16, role, ROLE_COUNT - 1),
    R_TEXT(principal, STORE_PRINCIPAL_MAX),
    R_TEXT(subscription, STORE_TEXT_MAX),
    R_TEXT(resource_group, STORE_TEXT_MAX),
    R_TEXT(catalog, STORE_TEXT_MAX),
    R_TEXT(product, STORE_TEXT_MAX),
    R_TEXT(group, STORE_TEXT_MAX),
    R_TEXT(device, DEVICE_TEXT_MAX),
    R_TEXT(created_by, STORE_PRINCIPAL_MAX),
    R_NUMBER(U64, created_ms, INT64_MAX),
};
PUBLIC_TYPE(store_row_role_type, row_role_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_audit
static const struct record_field row_audit_fields[] = {
    R_NUMBER(U64, sequence, INT64_MAX),       R_NUMBER(U64, time_ms, INT64_MAX),
    R_TEXT(principal, STORE_PRINCIPAL_MAX),   R_TEXT(action, STORE_TEXT_MAX),
    R_TEXT(path, STORE_PATH_MAX),             R_TEXT(detail, STORE_DETAIL_MAX),
    R_TEXT(outcome, STORE_OUTCOME_MAX),       R_TEXT(request_id, STORE_REQUEST_ID_MAX),
    R_FIXED(digest),
};
PUBLIC_TYPE(store_row_audit_type, row_audit_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_audit_head
static const struct record_field row_audit_head_fields[] = {
    R_NUMBER(U64, sequence, INT64_MAX),
    R_FIXED(digest),
};
PUBLIC_TYPE(store_row_audit_head_type, row_audit_head_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_checkpoint
static const struct record_field checkpoint_fields[] = {
    R_NUMBER(U64, sequence, INT64_MAX), R_NUMBER(U64, time_ms, INT64_MAX), R_FIXED(digest), R_FIXED(signature)};
PUBLIC_TYPE(store_checkpoint_type, checkpoint_fields);
#undef RECORD_STRUCT
