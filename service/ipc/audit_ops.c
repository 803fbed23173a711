/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/audit_ops.h"

#define PUBLIC_TYPE(name, rows) \
    const struct record_type name = {sizeof(RECORD_STRUCT), sizeof(rows) / sizeof((rows)[0]), rows}

#define RECORD_STRUCT struct issuer_audit_head
static const struct record_field head_fields[] = {R_NUMBER(U64, sequence, INT64_MAX), R_FIXED(digest)};
PUBLIC_TYPE(issuer_audit_head_type, head_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct issuer_seals_request
static const struct record_field request_fields[] = {R_NUMBER(U64, after, INT64_MAX)};
PUBLIC_TYPE(issuer_seals_request_type, request_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct audit_seal
static const struct record_field seal_fields[] = {
    R_NUMBER(U64, sequence, INT64_MAX), R_NUMBER(U64, time_ms, INT64_MAX), R_FIXED(digest), R_FIXED(signature)};
RECORD_TYPE(seal_type, seal_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct issuer_seals
static const struct record_field seals_fields[] = {
    R_NUMBER(U64, next, INT64_MAX),
    R_BYTES(certificate, ISSUER_SEAL_CERTIFICATE_MAX),
    R_BYTES(issuing, ISSUER_SEAL_CERTIFICATE_MAX),
    R_LIST(seal, count, ISSUER_SEALS_MAX, seal_type),
};
PUBLIC_TYPE(issuer_seals_type, seals_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct issuer_checkpoint
static const struct record_field checkpoint_fields[] = {R_NUMBER(U64, time_ms, INT64_MAX), R_FIXED(signature)};
PUBLIC_TYPE(issuer_checkpoint_type, checkpoint_fields);
#undef RECORD_STRUCT
