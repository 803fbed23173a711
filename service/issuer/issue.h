/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The issuer's decisions: policy first, then one signature.  A refused request
 * changes nothing: no file, no counter, no key.
 * Source: policy in service/ipc/issuer_ops.h; profiles in certificate.h.
 *
 *   status          when
 *   E_MALFORMED...  the message, a code, a manifest body is not well formed
 *   E_RANGE         times outside the policy; a public key that is no point
 *   E_NOT_FOUND     the catalog has no CA
 *   E_STALE         the CA that would sign expires before the certificate
 *   E_DENIED        type of manifest, or capability, that is not signed here
 *   E_FULL          ISSUER_CATALOGS_MAX, or no room on the disk
 */
#ifndef PERI_SERVICE_ISSUER_ISSUE_H
#define PERI_SERVICE_ISSUER_ISSUE_H

#include "lib/cursor.h"

struct issuer;

enum {
    ISSUER_CATALOGS_MAX = 65536,
    ISSUER_BACKDATE_S = 300,
    ISSUER_LIFE_S = 86400,
    ISSUER_REPLY_MAX = 36864, /* a manifest set and its metadata */
};

/* Loads <data>/issuer; one line on stderr that names the file on failure. */
int issuer_open(const char *data, struct issuer **issuer) MUST_CHECK;
void issuer_close(struct issuer *issuer);

typedef int issuer_operation(struct issuer *issuer, struct span payload, uint64_t now_s,
                             struct writer *reply);
issuer_operation issuer_issue_device;
issuer_operation issuer_catalog_create;
issuer_operation issuer_catalog_chain;
issuer_operation issuer_prove_possession;
issuer_operation issuer_sign_manifest;
issuer_operation issuer_sign_capability;
issuer_operation issuer_audit_seal;
issuer_operation issuer_audit_seals;

#endif
