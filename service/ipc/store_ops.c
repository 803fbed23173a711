/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/store_ops.h"

#include "service/ipc/record.h"

/* -- the fields of each message, in the order of the wire ------------------- */

#define RECORD_STRUCT struct store_device_get
static const struct record_field device_get_fields[] = {R_FIXED(device_id)};
RECORD_TYPE(device_get_type, device_get_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_reference_get
static const struct record_field reference_get_fields[] = {R_NUMBER(U64, generation, UINT64_MAX)};
RECORD_TYPE(reference_get_type, reference_get_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_device
static const struct record_field device_fields[] = {
    R_BOOL(claimed),
    R_FIXED(catalog),
    R_FIXED(group),
    R_NUMBER(U16, feed, 1),
    R_BOOL(revoked),
};
RECORD_TYPE(device_type, device_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_reference
static const struct record_field reference_fields[] = {
    R_NUMBER(U16, type, UINT16_MAX),
    R_FIXED(component),
    R_FIXED(digest),
    R_NUMBER(U16, state, STORE_REFERENCE_REVOKED),
    R_NUMBER(U16, hardware, HARDWARE_MAX),
};
RECORD_TYPE(reference_type, reference_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_references
static const struct record_field references_fields[] = {
    R_NUMBER(U64, generation, UINT64_MAX),
    R_LIST(at, count, STORE_REFERENCES_MAX, reference_type),
};
RECORD_TYPE(references_type, references_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_attest
static const struct record_field attest_fields[] = {
    R_FIXED(device_id),
    R_NUMBER(U16, kind, UINT16_MAX),
    R_FIXED(catalog),
    R_FIXED(serial),
    R_NUMBER(U64, not_before_s, INT64_MAX),
    R_NUMBER(U64, not_after_s, INT64_MAX),
    R_FIXED(key),
    R_NUMBER(U16, hardware, HARDWARE_MAX),
};
RECORD_TYPE(attest_type, attest_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_installed
static const struct record_field installed_fields[] = {
    R_FIXED(component),
    R_FIXED(image),
    R_NUMBER(U16, type, UINT16_MAX),
};
RECORD_TYPE(installed_type, installed_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_wanted_request
static const struct record_field wanted_request_fields[] = {
    R_FIXED(device_id),
    R_FIXED(serial),
    R_NUMBER(U64, now_s, INT64_MAX),
    R_NUMBER(U32, keystore_version, UINT32_MAX),
    R_LIST(at, count, STORE_INSTALLED_MAX, installed_type),
};
RECORD_TYPE(wanted_request_type, wanted_request_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_wanted_image
static const struct record_field wanted_image_fields[] = {
    R_FIXED(image),
    R_FIXED(component),
    R_NUMBER(U16, type, UINT16_MAX),
    R_NUMBER(U32, file_bytes, UINT32_MAX),
    R_NUMBER(U32, provides_version, UINT32_MAX),
    R_NUMBER(U32, provides_type, UINT32_MAX),
    R_NUMBER(U32, depends_version, UINT32_MAX),
    R_NUMBER(U32, depends_type, UINT32_MAX),
};
RECORD_TYPE(wanted_image_type, wanted_image_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_wanted
static const struct record_field wanted_fields[] = {
    R_NUMBER(U64, sequence, UINT64_MAX),
    R_FIXED(catalog),
    R_FIXED(group),
    R_BOOL(crash_dumps),
    R_BOOL(applications),
    R_LIST(os, os_count, STORE_WANTED_MAX, wanted_image_type),
    R_LIST(app, app_count, STORE_WANTED_MAX, wanted_image_type),
    R_LIST(keystore, keystore_count, 1, wanted_image_type),
};
RECORD_TYPE(wanted_type, wanted_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_image_read
static const struct record_field image_read_fields[] = {
    R_FIXED(device_id),
    R_FIXED(serial),
    R_FIXED(image),
    R_NUMBER(U64, row, INT64_MAX),
    R_NUMBER(U64, offset, INT64_MAX),
    R_NUMBER(U32, length, STORE_READ_MAX),
};
RECORD_TYPE(image_read_type, image_read_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_image_bytes
static const struct record_field image_bytes_fields[] = {
    R_NUMBER(U64, row, INT64_MAX),
    R_NUMBER(U64, total, INT64_MAX),
    R_FIXED(address),
    R_BYTES(bytes, STORE_READ_MAX),
};
RECORD_TYPE(image_bytes_type, image_bytes_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_image_address
static const struct record_field image_address_fields[] = {R_FIXED(address)};
RECORD_TYPE(image_address_type, image_address_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_image_found
static const struct record_field image_found_fields[] = {
    R_NUMBER(U64, row, INT64_MAX),
    R_NUMBER(U64, total, INT64_MAX),
    R_NUMBER(U64, expires_s, INT64_MAX),
    R_FIXED(digest),
};
RECORD_TYPE(image_found_type, image_found_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_event
static const struct record_field event_fields[] = {
    R_NUMBER(U16, category, UINT16_MAX),
    R_NUMBER(U64, first_s, INT64_MAX),
    R_NUMBER(U64, last_s, INT64_MAX),
    R_NUMBER(U32, count, UINT32_MAX),
    R_FIXED(component),
    R_FIXED(image),
    R_NUMBER(U32, exit_code, UINT32_MAX),
    R_NUMBER(U32, signal, UINT32_MAX),
    R_NUMBER(U32, error, UINT32_MAX),
    R_NUMBER(U64, pc, UINT64_MAX),
    R_NUMBER(U64, lr, UINT64_MAX),
    R_NUMBER(U64, sp, UINT64_MAX),
    R_NUMBER(U64, place, UINT64_MAX),
    R_FIXED(file),
};
RECORD_TYPE(event_type, event_fields);
#undef RECORD_STRUCT

#define RECORD_STRUCT struct store_report
static const struct record_field report_fields[] = {
    R_FIXED(device_id),
    R_FIXED(serial),
    R_FIXED(batch),
    R_NUMBER(U64, now_s, INT64_MAX),
    R_LIST(at, count, STORE_EVENTS_MAX, event_type),
};
RECORD_TYPE(report_type, report_fields);
#undef RECORD_STRUCT

/* -- the functions, all alike ------------------------------------------------ */

#define STORE_MESSAGE(name)                                                 \
    int store_##name##_write(const struct store_##name *in, struct writer *w) \
    {                                                                       \
        return record_write(&name##_type, in, w);                           \
    }                                                                       \
    int store_##name##_parse(struct span payload, struct store_##name *out) \
    {                                                                       \
        return record_parse(&name##_type, payload, out);                    \
    }
STORE_MESSAGE(device_get)
STORE_MESSAGE(reference_get)
STORE_MESSAGE(device)
STORE_MESSAGE(references)
STORE_MESSAGE(attest)
STORE_MESSAGE(wanted_request)
STORE_MESSAGE(wanted)
STORE_MESSAGE(image_read)
STORE_MESSAGE(image_bytes)
STORE_MESSAGE(image_address)
STORE_MESSAGE(image_found)
STORE_MESSAGE(report)
