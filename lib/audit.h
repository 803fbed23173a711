/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit log's chain: the digest of a record covers all its fields and the
 * digest of the record before it, so no record can be changed, left out, added
 * or moved without changing every digest behind it.
 * Source: docs/spec/audit.md.  Writer: service/store.  Verifier: cli.
 *
 * Digest of record n: SHA-256 over the CBOR array
 *   ["perisphere audit 1", digest of n-1 (32 bytes, zero for n = 1), sequence n,
 *    time (Unix ms), principal, action, path, detail, outcome, request id]
 *
 * A seal is the issuer's signature over a head of the chain: ECDSA P-256 over SHA-256 of
 *   ["perisphere audit head 1", sequence, digest of that record, time of sealing (Unix ms)]
 *
 * A checkpoint is the issuer's word that records up to one that it sealed may go, and that the chain is to
 * be continued from there: a signature over SHA-256 of
 *   ["perisphere audit checkpoint 1", sequence, digest of that record, time (Unix ms)]
 *
 * Limit: AUDIT_RECORD_MAX bytes encoded.
 */
#ifndef PERI_LIB_AUDIT_H
#define PERI_LIB_AUDIT_H

#include "lib/crypto.h"

enum { AUDIT_RECORD_MAX = 8192 };

struct audit_record {
    uint64_t sequence; /* the first is 1, each is one more than the last */
    uint64_t time_ms;
    struct span principal, action, path, detail, outcome, request_id; /* UTF-8 */
};

/* 0; E_FULL: the record is too long; E_MALFORMED: a text is not UTF-8; E_CRYPTO.
 * previous and digest may be the same bytes. */
int audit_digest(const uint8_t previous[static SHA256_BYTES], const struct audit_record *record,
                 uint8_t digest[static SHA256_BYTES]) MUST_CHECK;

struct audit_seal {
    uint64_t sequence, time_ms;
    uint8_t digest[SHA256_BYTES];
    uint8_t signature[P256_SIGNATURE_BYTES];
};

/* What the signature is over; of seal, all but the signature counts. */
int audit_seal_digest(const struct audit_seal *seal, uint8_t digest[static SHA256_BYTES]) MUST_CHECK;
/* The same of a checkpoint. */
int audit_checkpoint_digest(const struct audit_seal *checkpoint, uint8_t digest[static SHA256_BYTES]) MUST_CHECK;

#endif
