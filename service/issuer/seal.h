/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seals of the audit log: signatures over its head, kept here, where the process
 * that keeps the log cannot reach them.
 * Source: docs/spec/audit.md; policy: service/ipc/audit_ops.h.
 *
 * Files in <data>/issuer: audit.pem, key and certificate in one; audit.seals, one
 * record a seal, only added to:
 *   off size field       big-endian
 *     0    8 sequence
 *     8    8 time of sealing, Unix ms
 *    16   32 digest of the record
 *    48   64 signature
 * A record that a crash cut short is cut off at the next start: it was not answered.
 */
#ifndef PERI_SERVICE_ISSUER_SEAL_H
#define PERI_SERVICE_ISSUER_SEAL_H

#include "service/ipc/audit_ops.h"
#include "service/issuer/serial_log.h"

enum { SEAL_BYTES = 112, ISSUER_AUDIT_KEEP_DAYS = 365 };

struct seals {
    int fd;
    struct authority key; /* with the certificate, which is no CA's */
    uint64_t count;
    uint64_t keep_ms; /* so old a seal must be before what lies before it may go */
    struct audit_seal last; /* zero while there is none */
};

/* folder/audit.pem: the key, or its name, and a certificate of it by root.  serials NULL: the
 * certificate is logged as one that no running service signed. */
int seal_key_write(struct authority *key, const char *folder, struct authority *root, struct serial_log *serials)
    MUST_CHECK;
/* The certificate of key that stands behind it in the file.  E_CORRUPT: none, or another key's. */
int seal_certificate_read(struct authority *key, const char *path) MUST_CHECK;
/* Makes what is not there yet, and another certificate where it is not root's or ends within a year.  token: where the key may be, or NULL.  On failure one line on stderr. */
int seals_open(struct seals *seals, struct token *token, const char *folder, struct authority *root,
               struct serial_log *serials) MUST_CHECK;
void seals_close(struct seals *seals);
/* 0, E_CONFLICT, E_RANGE (sequence 0), E_IO, E_FULL, E_CRYPTO. */
int seals_add(struct seals *seals, const struct issuer_audit_head *head, uint64_t now_ms) MUST_CHECK;
int seals_read(struct seals *seals, uint64_t after, struct issuer_seals *out) MUST_CHECK;
/* Nothing is kept of it.  E_NOT_FOUND: no seal of this record; E_CONFLICT: of another one with its number; E_STATE: too
 * young; E_IO, E_CRYPTO. */
int seals_checkpoint(struct seals *seals, const struct issuer_audit_head *head, uint64_t now_ms,
                     struct issuer_checkpoint *out) MUST_CHECK;

#endif
