/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether an audit log is what was written: every record's digest computed anew,
 * every seal's signature and digest, and what was seen before.
 * Source: docs/spec/audit.md.
 * Trust: records and seals are as hostile as the service's database; the root
 * certificate is the operator's own.
 *
 * Where the oldest records went, the chain is taken up at a checkpoint, which the issuer signed for a
 * record that it had sealed; what was exported before is checked by the same functions (audit_file.h).
 *
 * Found: a record that was changed, removed, added, moved; a chain that was
 * computed anew; the end of the log cut off behind a seal.
 * Not found: records behind the last seal that are gone, before anybody sealed or saw them.
 */
#ifndef PERI_CLI_MANAGEMENT_AUDIT_CHECK_H
#define PERI_CLI_MANAGEMENT_AUDIT_CHECK_H

#include <jansson.h>
#include <openssl/x509.h>

#include "lib/audit.h"

struct audit_check {
    const STACK_OF(X509) *roots; /* any of them */
    struct audit_seal *seal; /* by sequence */
    size_t seal_count, seal_met;
    uint8_t digest[32];      /* of the last record */
    uint64_t sequence;
    uint64_t begins;         /* the record that it was taken up behind; 0: at the first */
    uint8_t key[P256_PUBLIC_BYTES]; /* of the seals */
    struct audit_seal exported; /* where files end that were checked; sequence 0: there are none */
    struct audit_seal seen;  /* sequence and digest of an earlier run; sequence 0: none */
    char why[256];           /* after a refusal */
};

/* Takes the seals, as the service lists them; roots are borrowed.  E_MALFORMED, E_SIGNATURE,
 * E_CONFLICT (they contradict each other), with why. */
int audit_check_init(struct audit_check *check, const STACK_OF(X509) *roots, json_t *seals, const struct audit_seal *seen) MUST_CHECK;
void audit_check_release(struct audit_check *check);
/* Before the first record: the log begins behind this checkpoint, as the service lists it.  exported: set
 * before, must reach so far.  E_MALFORMED; E_SIGNATURE: nobody who may has signed it; E_DIGEST: of another history;
 * E_MISSING: records that were exported, or seen here before, do not reach to it. */
int audit_check_begin(struct audit_check *check, json_t *checkpoint) MUST_CHECK;
/* Was this record sealed, with this digest?  By its number in the seals. */
bool audit_check_sealed(const struct audit_check *check, uint64_t sequence, const uint8_t digest[static 32]);
/* The next record.  E_MALFORMED; E_MISSING (a gap); E_DIGEST. */
int audit_check_add(struct audit_check *check, json_t *record) MUST_CHECK;
/* After the last.  E_MISSING: the log ends before a seal, or before what was seen. */
int audit_check_end(struct audit_check *check) MUST_CHECK;

#endif
