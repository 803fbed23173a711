/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/dump_ops.h"

#define PUBLIC_TYPE(name, rows) \
    const struct record_type name = {sizeof(RECORD_STRUCT), sizeof(rows) / sizeof((rows)[0]), rows}

#define RECORD_STRUCT struct store_dump_device
static const struct record_field device_fields[] = {R_FIXED(device_id), R_FIXED(serial)};
PUBLIC_TYPE(store_dump_device_type, device_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_dump_consent
static const struct record_field consent_fields[] = {R_BOOL(allowed), R_FIXED(catalog), R_FIXED(group)};
PUBLIC_TYPE(store_dump_consent_type, consent_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_dump_add
static const struct record_field add_fields[] = {R_FIXED(device_id), R_FIXED(serial), R_NUMBER(U64, now_s, INT64_MAX),
                                                 R_BYTES(dump, CRASH_DUMP_BYTES_MAX)};
PUBLIC_TYPE(store_dump_add_type, add_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct issuer_dump_open
static const struct record_field open_fields[] = {R_FIXED(catalog), R_FIXED(head), R_FIXED(enc), R_FIXED(key)};
PUBLIC_TYPE(issuer_dump_open_type, open_fields);
#undef RECORD_STRUCT
