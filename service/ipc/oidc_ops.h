/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verifying bearer tokens: front asks, the oidc process answers.
 * Source: docs/spec/tokens.md.
 *
 *   operation   request      reply
 *   VERIFY      oidc_token   oidc_identity
 *
 * Errors that mean "not now": E_BUSY, E_NETWORK, E_TIMEOUT, E_NOMEM; all others: no.
 */
#ifndef PERI_SERVICE_IPC_OIDC_OPS_H
#define PERI_SERVICE_IPC_OIDC_OPS_H

#include "service/ipc/record.h"

enum { OIDC_OP_VERIFY = 1 };

enum { OIDC_TOKEN_MAX = 8192, OIDC_NAME_MAX = 256 };

struct oidc_token {
    struct span token; /* without "Bearer " */
};

struct oidc_identity {
    uint16_t name_len;
    char name[OIDC_NAME_MAX + 1]; /* ISSUER#SUBJECT, printable ASCII, terminated */
    uint64_t not_after_s;
};

extern const struct record_type oidc_token_type;
int oidc_identity_write(const struct oidc_identity *in, struct writer *w) MUST_CHECK;
int oidc_identity_parse(struct span payload, struct oidc_identity *out) MUST_CHECK;

#endif
