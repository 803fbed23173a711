/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/store_pki_ops.h"

#define PUBLIC_TYPE(name, rows) \
    const struct record_type name = {sizeof(RECORD_STRUCT), sizeof(rows) / sizeof((rows)[0]), rows}

#define RECORD_STRUCT struct store_ca_get
static const struct record_field ca_get_fields[] = {R_FIXED(tenant)};
PUBLIC_TYPE(store_ca_get_type, ca_get_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_ca
static const struct record_field ca_fields[] = {
    R_FIXED(tenant),
    R_NUMBER(U64, number, INT64_MAX),
    R_FIXED(serial),
    R_FIXED(anchor_serial),
    R_NUMBER(U64, not_before_s, INT64_MAX),
    R_NUMBER(U64, not_after_s, INT64_MAX),
    R_NUMBER(U64, active_s, INT64_MAX),
    R_NUMBER(U64, revoked_s, INT64_MAX),
    R_BYTES(sealed, STORE_CA_SEALED_MAX),
};
PUBLIC_TYPE(store_ca_type, ca_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_cas
static const struct record_field cas_fields[] = {R_LIST(at, count, STORE_CAS_MAX, store_ca_type)};
PUBLIC_TYPE(store_cas_type, cas_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_ca_due
static const struct record_field ca_due_fields[] = {R_NUMBER(U64, before_s, INT64_MAX)};
PUBLIC_TYPE(store_ca_due_type, ca_due_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_ca_after
static const struct record_field ca_after_fields[] = {R_BOOL(first), R_FIXED(tenant), R_NUMBER(U64, number, INT64_MAX)};
PUBLIC_TYPE(store_ca_after_type, ca_after_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_ca_page
static const struct record_field ca_page_fields[] = {R_NUMBER(U64, total, INT64_MAX),
                                                     R_LIST(at, count, STORE_CAS_MAX, store_ca_type)};
PUBLIC_TYPE(store_ca_page_type, ca_page_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_wrap_changed
static const struct record_field wrap_changed_fields[] = {R_NUMBER(U64, resealed, INT64_MAX),
                                                          R_NUMBER(U64, unopened, INT64_MAX)};
PUBLIC_TYPE(store_wrap_changed_type, wrap_changed_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_tenant
static const struct record_field tenant_fields[] = {R_FIXED(id)};
RECORD_TYPE(tenant_type, tenant_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_tenants
static const struct record_field tenants_fields[] = {R_LIST(at, count, STORE_TENANTS_MAX, tenant_type)};
PUBLIC_TYPE(store_tenants_type, tenants_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_ca_change
static const struct record_field ca_change_fields[] = {R_NEST(scope, store_scope_type), R_FIXED(serial),
                                                      R_NUMBER(U16, reason, STORE_REASON_LAST)};
PUBLIC_TYPE(store_ca_change_type, ca_change_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_device_revoke
static const struct record_field device_revoke_fields[] = {
    R_NEST(scope, store_scope_type), R_BOOL(revoked), R_NUMBER(U16, reason, STORE_REASON_LAST)};
PUBLIC_TYPE(store_device_revoke_type, device_revoke_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_operator_revoke
static const struct record_field operator_revoke_fields[] = {
    R_FIXED(serial), R_NUMBER(U16, reason, STORE_REASON_LAST), R_NUMBER(U64, not_after_s, INT64_MAX),
    R_TEXT(name, STORE_TEXT_MAX)};
PUBLIC_TYPE(store_operator_revoke_type, operator_revoke_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_revoked
static const struct record_field row_revoked_fields[] = {
    R_FIXED(serial), R_NUMBER(U16, reason, STORE_REASON_LAST), R_NUMBER(U64, revoked_s, INT64_MAX),
    R_NUMBER(U64, not_after_s, INT64_MAX), R_TEXT(name, STORE_TEXT_MAX), R_TEXT(revoked_by, STORE_TEXT_MAX * 2)};
PUBLIC_TYPE(store_row_revoked_type, row_revoked_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_row_revoked_device
static const struct record_field row_revoked_device_fields[] = {
    R_FIXED(device_id), R_TEXT(product, STORE_TEXT_MAX), R_TEXT(group, STORE_TEXT_MAX),
    R_NUMBER(U16, reason, STORE_REASON_LAST), R_NUMBER(U64, revoked_s, INT64_MAX), R_TEXT(revoked_by, STORE_TEXT_MAX * 2)};
PUBLIC_TYPE(store_row_revoked_device_type, row_revoked_device_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_crl_get
static const struct record_field crl_get_fields[] = {R_TEXT(name, STORE_TEXT_MAX)};
PUBLIC_TYPE(store_crl_get_type, crl_get_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_crl
static const struct record_field crl_fields[] = {
    R_NUMBER(U16, authority, STORE_AUTHORITY_CATALOG), R_FIXED(tenant), R_FIXED(ca),
    R_NUMBER(U64, number, INT64_MAX), R_NUMBER(U64, revision, INT64_MAX), R_NUMBER(U64, this_s, INT64_MAX),
    R_NUMBER(U64, next_s, INT64_MAX), R_BOOL(fresh), R_BYTES(der, STORE_CRL_BYTES_MAX)};
PUBLIC_TYPE(store_crl_type, crl_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_crl_entry
static const struct record_field crl_entry_fields[] = {
    R_FIXED(serial), R_NUMBER(U64, revoked_s, INT64_MAX), R_NUMBER(U16, reason, STORE_REASON_LAST)};
RECORD_TYPE(crl_entry_type, crl_entry_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_crl_entries
static const struct record_field crl_entries_fields[] = {
    R_NUMBER(U64, number, INT64_MAX), R_NUMBER(U64, revision, INT64_MAX),
    R_LIST(at, count, STORE_CRL_ENTRIES_MAX, crl_entry_type)};
PUBLIC_TYPE(store_crl_entries_type, crl_entries_fields);
#undef RECORD_STRUCT
