/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing of the audit log: api asks, issuer signs and remembers.
 * Source: docs/spec/audit.md.
 *
 *   operation     request               reply
 *   AUDIT_SEAL    issuer_audit_head     nothing       one seal more, unless this head has the last one
 *   AUDIT_SEALS   issuer_seals_request  issuer_seals  oldest first
 *   AUDIT_CHECKPOINT  issuer_audit_head  issuer_checkpoint  records up to this one may go
 *
 * Policy: a sequence never falls and never gets another digest (E_CONFLICT): the
 * store cannot have its past sealed anew.  A checkpoint is signed for a record alone that
 * was sealed, with this digest (E_NOT_FOUND, E_CONFLICT), and so many days ago (E_STATE): neither api
 * nor store can make the recent past go.
 */
#ifndef PERI_SERVICE_IPC_AUDIT_OPS_H
#define PERI_SERVICE_IPC_AUDIT_OPS_H

#include "lib/audit.h"
#include "service/ipc/record.h"

enum { ISSUER_OP_AUDIT_SEAL = 7, ISSUER_OP_AUDIT_SEALS = 8, ISSUER_OP_AUDIT_CHECKPOINT = 22 };

#define ISSUER_SEAL_NAME "Perisphere audit log" /* common name of the sealing certificate */

enum { ISSUER_SEALS_MAX = 64, ISSUER_SEAL_CERTIFICATE_MAX = 1024 };

struct issuer_audit_head {
    uint64_t sequence;
    uint8_t digest[32];
};

struct issuer_seals_request {
    uint64_t after; /* how many to leave out */
};

struct issuer_seals {
    uint64_t next; /* pass as after; 0: these were the last */
    struct span certificate; /* DER, signed by the root, or by issuing */
    struct span issuing;     /* DER, signed by the root, where that is off line; else empty */
    uint32_t count;
    struct audit_seal seal[ISSUER_SEALS_MAX];
};

struct issuer_checkpoint {
    uint64_t time_ms;
    uint8_t signature[64];
};

extern const struct record_type issuer_audit_head_type, issuer_seals_request_type, issuer_seals_type, issuer_checkpoint_type;

#endif
