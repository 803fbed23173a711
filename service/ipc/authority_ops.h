/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CAs of a catalog as the issuer shows them to api.
 * Source: docs/spec/certificates.md, "Renewal".  Request: issuer_catalog_request.
 *
 *   operation        reply                policy
 *   CATALOG_CREATE   issuer_authorities   one CA for a catalog that the store knows; repeated: those it has
 *   CATALOG_LIST     issuer_authorities   all there are, newest first; E_NOT_FOUND: none
 *   CATALOG_RENEW    issuer_authorities   with a next CA before the others; E_CONFLICT: one waits already
 *   CRL              nothing              request: store_crl, which names the CA; its list is made of
 *                                         what the store knows, and the store keeps it
 * A CA near its end gets its successor whatever is asked.
 */
#ifndef PERI_SERVICE_IPC_AUTHORITY_OPS_H
#define PERI_SERVICE_IPC_AUTHORITY_OPS_H

#include "service/ipc/record.h"

enum { ISSUER_OP_CATALOG_CREATE = 2, ISSUER_OP_CATALOG_LIST = 3, ISSUER_OP_CATALOG_RENEW = 9, ISSUER_OP_CRL = 10 };

enum { ISSUER_AUTHORITIES_MAX = 8, ISSUER_AUTHORITY_CERTIFICATE_MAX = 1024 };

/* Of the certificate resource. */
enum issuer_ca_status {
    ISSUER_CA_ACTIVE = 1,   /* signs */
    ISSUER_CA_INACTIVE = 2, /* what it signed is good; it does not sign, any more or yet */
    ISSUER_CA_EXPIRED = 3,
    ISSUER_CA_REVOKED = 4,
};

struct issuer_authority {
    uint16_t status; /* enum issuer_ca_status */
    uint8_t serial[16], anchor_serial[16];
    uint64_t not_before_s, not_after_s, active_s;
    struct span certificate; /* DER, signed by the root */
    struct span anchor;      /* DER, its self-signed twin: same name, same key */
    struct span issuing;     /* DER of the CA between it and the root, where that is off line; else empty */
};

struct issuer_authorities {
    struct span root; /* DER */
    uint32_t count;
    struct issuer_authority at[ISSUER_AUTHORITIES_MAX];
};

extern const struct record_type issuer_authorities_type;

#endif
