/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The issuer's decisions: policy first, then one signature.  A refused request
 * changes nothing: no file, no counter, no key.
 * Source: policy in service/ipc/issuer_ops.h; profiles in certificate.h.
 *
 *   status          when
 *   E_MALFORMED...  the message, a code, a manifest body is not well formed
 *   E_RANGE         times outside the policy; a public key that is no point
 *   E_BUSY          the store has to be asked first: issuer_want() says what, issuer_bring()
 *                   takes its reply, then the operation is run again
 *   E_NOT_FOUND     the catalog has no CA, or none of that serial
 *   E_STALE         the CA that would sign expires before the certificate, or is revoked
 *   E_STATE         by the clock the root is over, or what would sign has not begun
 *   E_DENIED        type of manifest, or capability, that is not signed here
 *   E_CONFLICT      a next CA waits already; or another history of the audit log
 *   E_FULL          no room on the disk
 */
#ifndef PERI_SERVICE_ISSUER_ISSUE_H
#define PERI_SERVICE_ISSUER_ISSUE_H

#include <stdio.h>

#include "service/ipc/store_pki_ops.h"

struct issuer;
struct token; /* service/pkcs11/token.h */

enum {
    ISSUER_BACKDATE_S = 300,
    ISSUER_LIFE_S = 86400,
    ISSUER_REPLY_MAX = 36864, /* a manifest set and its metadata */
};

enum issuer_want_kind {
    ISSUER_WANTS_NOTHING,
    ISSUER_WANTS_CAS,     /* CA_GET of ca.tenant */
    ISSUER_WANTS_CA_KEPT, /* CA_PUT of ca */
    ISSUER_WANTS_REVOKED, /* CRL_ENTRIES of crl */
    ISSUER_WANTS_CRL_KEPT, /* CRL_PUT of crl */
};

struct issuer_want {
    enum issuer_want_kind what;
    bool can_wait; /* a renewal ahead of time: the operation can do without */
    struct store_ca ca;
    struct store_crl crl;
};

/* Loads <data>/issuer; one line on stderr that names the file on failure. */
int issuer_open(const char *data, struct token *token, struct issuer **issuer) MUST_CHECK;
/* A line for each CA of the service, and for the root, that ends within a year; how many. */
enum { ISSUER_WARN_S = 365 * 86400 };
unsigned issuer_ends_say(const struct issuer *issuer, uint64_t now_s, FILE *to);
/* E_STATE: by this clock the service does not exist yet (an RTC without power says 1970), and nothing is to be signed.
 * One line on stderr when that begins and when it ends. */
int issuer_clock_check(struct issuer *issuer, uint64_t now_s) MUST_CHECK;
/* One signature by each key in a token, to see whether its module still works where the process is
 * confined by now.  One line on stderr. */
int issuer_try(struct issuer *issuer) MUST_CHECK;
void issuer_close(struct issuer *issuer);
/* Records of the audit log are kept so long before a checkpoint lets them go; 365 unless told otherwise. */
void issuer_audit_keep(struct issuer *issuer, uint32_t days);
/* Certificates of devices name their list below base, "http://HOST[:PORT]", which must stay; NULL or empty: none. */
void issuer_lists_at(struct issuer *issuer, const char *base);

typedef int issuer_operation(struct issuer *issuer, struct span payload, uint64_t now_s,
                             struct writer *reply);
issuer_operation issuer_issue_device;
issuer_operation issuer_catalog_create;
issuer_operation issuer_catalog_list;
issuer_operation issuer_catalog_renew;
issuer_operation issuer_prove_possession;
issuer_operation issuer_sign_manifest;
issuer_operation issuer_sign_capability;
issuer_operation issuer_crl;
issuer_operation issuer_audit_seal;
issuer_operation issuer_audit_seals;
issuer_operation issuer_audit_checkpoint;
issuer_operation issuer_dump_certificate;
issuer_operation issuer_dump_open;

/* After E_BUSY; views live until the next call. */
const struct issuer_want *issuer_want(const struct issuer *issuer);
/* The store's reply (struct store_cas) to the first two, about the catalog.  On failure one line on stderr. */
int issuer_bring(struct issuer *issuer, const uint8_t id[static 16], struct span reply, uint64_t now_s) MUST_CHECK;
/* Its reply (struct store_crl_entries) to ISSUER_WANTS_REVOKED; used up by the run that follows. */
int issuer_revoked_bring(struct issuer *issuer, struct span reply) MUST_CHECK;
/* The store did not keep what can wait: for a while the operation does without. */
void issuer_want_fail(struct issuer *issuer, const uint8_t id[static 16], uint64_t now_s);
/* Before each run: what was met since the one before; ISSUER_WANTS_NOTHING for a first. */
void issuer_again(struct issuer *issuer, enum issuer_want_kind brought);

#endif
