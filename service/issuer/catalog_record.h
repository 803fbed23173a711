/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A catalog's CA as the store keeps it: key, certificate and anchor in one text, sealed
 * by a key that the issuers of one database share and the store never sees (wrap.h).
 * Source: docs/spec/certificates.md, "Where a catalog's CA is kept".
 *
 * sealed: version 1 (1 byte), nonce (12), AES-256-GCM of the PEM text, tag (16); bound to
 *   "perisphere catalog CA", tenant (16), number (8, big-endian), serial (16), anchor's serial (16)
 * so that a store cannot hand out one catalog's CA as another's, nor an old one as the new.
 */
#ifndef PERI_SERVICE_ISSUER_CATALOG_RECORD_H
#define PERI_SERVICE_ISSUER_CATALOG_RECORD_H

#include "service/ipc/store_pki_ops.h"
#include "service/issuer/above.h"
#include "service/issuer/wrap_ring.h"

/* One CA of a catalog. */
struct catalog_ca {
    uint64_t number;
    struct authority authority;
    /* The same key and name once more, signed by itself: what relying parties
     * trust that cannot stop at an intermediate CA (docs/spec/certificates.md). */
    uint8_t anchor[AUTHORITY_CERTIFICATE_MAX];
    size_t anchor_bytes;
    uint8_t anchor_serial[ISSUER_SERIAL_BYTES];
    uint64_t active_s, revoked_s; /* as the store says */
};

/* record: number and all that follows from ca; its sealed part views buffer. */
int catalog_record_seal(const struct wrap *wrap, const uint8_t tenant[static 16],
                        const struct catalog_ca *ca, uint8_t buffer[static STORE_CA_SEALED_MAX],
                        struct store_ca *record) MUST_CHECK;
/* E_KEY_UNKNOWN: sealed by another key, or not this record; E_VERSION; a token's own codes; E_CORRUPT: not a CA
 * that one of above signed, or not what the record says. */
int catalog_record_open(struct wrap_ring *ring, const struct store_ca *record,
                        const struct above *above, struct catalog_ca *ca) MUST_CHECK;

/* The same record sealed by the key that seals now, if another sealed it; resealed: whether that was so.  record's sealed
 * part then views buffer.  The text inside is not looked at.  E_KEY_UNKNOWN, E_CORRUPT, E_VERSION: record is as it was. */
int catalog_record_reseal(struct wrap_ring *ring, struct store_ca *record, uint8_t buffer[static STORE_CA_SEALED_MAX],
                          bool *resealed) MUST_CHECK;

#endif
