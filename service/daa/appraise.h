/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Appraisal of attestation evidence (RFC 9334): facts in, verdict out.
 * Source: docs/spec/attestation.md section 4, from the table in appraise.c.
 *
 * In two steps, so that the database is asked only about evidence that is
 * fresh and signed by the key it names:
 *   appraise_message()   what the message alone tells
 *   appraise_device()    the rest; needs the device record and the references
 * Trust: evidence is hostile until both said yes.  A verdict starts as refused;
 * only the last line of appraise_device() makes it anything else.
 * Not done here: whether the client key is a point of the curve (the issuer
 * checks what it certifies); security versions, which the boot chain enforces.
 */
#ifndef PERI_SERVICE_DAA_APPRAISE_H
#define PERI_SERVICE_DAA_APPRAISE_H

#include "lib/cose.h"
#include "lib/evidence.h"
#include "service/daa/challenge.h"
#include "service/ipc/issuer_ops.h"
#include "service/ipc/store_ops.h"

/* Evidence as it came, read but not believed.  Views into the message. */
struct attest_message {
    struct cose_sign1 cose;
    struct evidence evidence;
    struct span measurements; /* the claim's encoding as it was signed */
};

/* 0, or the parser's error (all mean DAA_REFUSED_MALFORMED). */
int attest_message_parse(struct span bytes, struct attest_message *message) MUST_CHECK;

enum appraise_software {
    APPRAISE_SOFTWARE_UNKNOWN = 0, /* something unknown or revoked, a part missing, or parts of different hardware */
    APPRAISE_SOFTWARE_OUTDATED,    /* all known, at least one outdated */
    APPRAISE_SOFTWARE_TRUSTED,
};

struct appraisal {
    const struct attest_message *message;
    /* for appraise_message() */
    const struct challenge_keys *keys;
    uint64_t now_s;
    uint32_t challenge_s;
    int nonce; /* what challenge_check() said; filled in by appraise_message() */
    /* for appraise_device() */
    const struct store_device *device; /* NULL: not registered */
    const struct store_references *references;
};

struct verdict {
    bool granted;
    enum daa_refused refused; /* when not granted */
    enum issuer_kind kind;    /* when granted: whose certificate */
    enum daa_result result;
    enum hardware hardware; /* of what was measured; HARDWARE_UNSTATED: the references do not say */
};

/* Each: true when no rule of the step refuses. */
bool appraise_message(const struct appraisal *appraisal, struct verdict *verdict) MUST_CHECK;
bool appraise_device(const struct appraisal *appraisal, struct verdict *verdict) MUST_CHECK;

/* hardware: as in the verdict; HARDWARE_UNSTATED with APPRAISE_SOFTWARE_UNKNOWN. */
enum appraise_software appraise_software(const struct evidence *evidence,
                                         const struct store_references *references,
                                         enum hardware *hardware);
/* Title of the published table, and what its owner can do about it. */
const char *appraise_refused_title(enum daa_refused refused);
const char *appraise_refused_advice(enum daa_refused refused);

#endif
