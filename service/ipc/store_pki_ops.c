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

#define RECORD_STRUCT struct store_tenant
static const struct record_field tenant_fields[] = {R_FIXED(id)};
RECORD_TYPE(tenant_type, tenant_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_tenants
static const struct record_field tenants_fields[] = {R_LIST(at, count, STORE_TENANTS_MAX, tenant_type)};
PUBLIC_TYPE(store_tenants_type, tenants_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_ca_change
static const struct record_field ca_change_fields[] = {R_NEST(scope, store_scope_type), R_FIXED(serial)};
PUBLIC_TYPE(store_ca_change_type, ca_change_fields);
#undef RECORD_STRUCT
