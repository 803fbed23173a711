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
 * Limit: AUDIT_RECORD_MAX bytes encoded.
 * Not done here: that the last digest is the one that was signed.
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

#endif
