/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the issuer signs, and for whom.  The issuer holds every private key of
 * the service: root, operator CA, OS CA, update-only CA, catalog CAs, update
 * (manifest) key, capability key.  It checks again what it is asked.
 * Payloads are CBOR arrays in the order of the struct's fields.
 *
 *   operation            who       policy
 *   ISSUE_DEVICE         daa       profile below; not after <= now + 24 h; key is a point
 *                                  of P-256; catalog kind needs an existing catalog CA
 *   CATALOG_...          api       authority_ops.h
 *   PROVE_POSSESSION     api       leaf, CN = code, at most 64 printable characters; by a CA of the
 *                                  catalog that is neither revoked nor about to expire
 *   SIGN_MANIFEST        ota       body parses as manifest v3 or manifest set; types 23-27 only
 *   SIGN_CAPABILITY      api       capabilities 11 and 13 only, or none
 *   DUMP_...             reports, api  dump_ops.h
 *   ANCHORS              front     certificates: root, operator CA, OS CA, update-only CA
 *                                  (read from files at start instead; not an operation)
 */
#ifndef PERI_SERVICE_IPC_ISSUER_OPS_H
#define PERI_SERVICE_IPC_ISSUER_OPS_H

#include "lib/cursor.h"

enum issuer_op {
    ISSUER_OP_ISSUE_DEVICE = 1,
    ISSUER_OP_PROVE_POSSESSION = 4,
    ISSUER_OP_SIGN_MANIFEST = 5,
    ISSUER_OP_SIGN_CAPABILITY = 6,
};

enum issuer_kind { ISSUER_KIND_OS = 1, ISSUER_KIND_UPDATE_ONLY = 2, ISSUER_KIND_CATALOG = 3 };

enum { ISSUER_SERIAL_BYTES = 16, ISSUER_CHAIN_MAX = 4, ISSUER_CODE_MAX = 64 };

struct issuer_issue_request {
    uint16_t kind; /* enum issuer_kind */
    uint8_t catalog[16]; /* zero unless kind is CATALOG */
    uint8_t device_id[64];
    uint8_t key[64]; /* the client-authentication public key */
    uint64_t not_before_s, not_after_s;
    struct span measurements; /* CBOR, for the extension */
};

struct issuer_certificates {
    uint8_t serial[ISSUER_SERIAL_BYTES];
    uint64_t not_before_s, not_after_s;
    uint16_t count;
    struct span der[ISSUER_CHAIN_MAX]; /* leaf first */
};

struct issuer_catalog_request {
    uint8_t catalog[16];
};

struct issuer_possession_request {
    uint8_t catalog[16];
    uint8_t serial[ISSUER_SERIAL_BYTES]; /* of the CA or of its anchor */
    struct span code; /* text */
};

struct issuer_manifest_request {
    uint32_t keystore_version; /* of the device that it is for: an update key which that one trusts signs */
    uint16_t type; /* enum image_type 23..25, 27 */
    struct span body;
};

struct issuer_capability_request {
    uint8_t device_id[64];
    uint16_t count;
    uint16_t capability[4];
};

int issuer_issue_request_write(const struct issuer_issue_request *in, struct writer *w) MUST_CHECK;
int issuer_issue_request_parse(struct span payload, struct issuer_issue_request *out) MUST_CHECK;
/* Reply of ISSUE_DEVICE, PROVE_POSSESSION. */
int issuer_certificates_write(const struct issuer_certificates *in, struct writer *w) MUST_CHECK;
int issuer_certificates_parse(struct span payload, struct issuer_certificates *out) MUST_CHECK;
int issuer_catalog_request_write(const struct issuer_catalog_request *in, struct writer *w) MUST_CHECK;
int issuer_catalog_request_parse(struct span payload, struct issuer_catalog_request *out) MUST_CHECK;
int issuer_possession_request_write(const struct issuer_possession_request *in, struct writer *w) MUST_CHECK;
int issuer_possession_request_parse(struct span payload, struct issuer_possession_request *out) MUST_CHECK;
/* Replies of the next two: the signed image package, as is. */
int issuer_manifest_request_write(const struct issuer_manifest_request *in, struct writer *w) MUST_CHECK;
int issuer_manifest_request_parse(struct span payload, struct issuer_manifest_request *out) MUST_CHECK;
int issuer_capability_request_write(const struct issuer_capability_request *in, struct writer *w) MUST_CHECK;
int issuer_capability_request_parse(struct span payload, struct issuer_capability_request *out) MUST_CHECK;

#endif
