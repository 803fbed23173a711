/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/authority_ops.h"

#define RECORD_STRUCT struct issuer_authority
static const struct record_field authority_fields[] = {
    R_NUMBER(U16, status, ISSUER_CA_REVOKED),
    R_FIXED(serial),
    R_FIXED(anchor_serial),
    R_NUMBER(U64, not_before_s, INT64_MAX),
    R_NUMBER(U64, not_after_s, INT64_MAX),
    R_NUMBER(U64, active_s, INT64_MAX),
    R_BYTES(certificate, ISSUER_AUTHORITY_CERTIFICATE_MAX),
    R_BYTES(anchor, ISSUER_AUTHORITY_CERTIFICATE_MAX),
    R_BYTES(issuing, ISSUER_AUTHORITY_CERTIFICATE_MAX),
};
RECORD_TYPE(authority_type, authority_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct issuer_authorities
static const struct record_field authorities_fields[] = {
    R_BYTES(root, ISSUER_AUTHORITY_CERTIFICATE_MAX),
    R_LIST(at, count, ISSUER_AUTHORITIES_MAX, authority_type),
};
const struct record_type issuer_authorities_type = {
    sizeof(RECORD_STRUCT), sizeof authorities_fields / sizeof authorities_fields[0], authorities_fields};
#undef RECORD_STRUCT
