/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root of trust as the OS sees it: who am I, a client key per tenant, evidence.
 * One implementation is chosen at link time: trust_pluton.c (mailbox of the
 * Pluton runtime); a TPM 2.0 can take its place without a change above it.
 * Caller: azured; gatewayd for identity, capabilities and life-cycle.
 * Trust: the root of trust is honest, its answers still have exact lengths.
 *
 * A tenant is a catalog GUID (mixed-endian); ROT_TENANT_OS, all zero, is the
 * OS's own key.  Key states of one tenant:
 *
 *   none --generate--> pending --commit--> committed --generate--> committed + pending
 *
 * generate replaces a pending key; evidence speaks of the pending key if there
 * is one, else of the committed one; signing uses the committed key alone.
 * Private keys never leave the root of trust.
 *
 * Errors of every call: E_DENIED, E_LIFECYCLE, E_RANGE, E_STATE (no such key),
 * E_NOT_FOUND, E_FULL (ROT_TENANTS_MAX), E_ENTROPY; E_TIMEOUT, E_NETWORK, E_IO,
 * E_MALFORMED when the root of trust cannot be reached or is out of step: later
 * calls then give E_STATE and the process should be started again.
 * One call at a time; not for threads.
 */
#ifndef PERI_OS_IPC_TRUST_H
#define PERI_OS_IPC_TRUST_H

#include "abi/capability.h"
#include "abi/evidence.h"
#include "lib/cursor.h"

enum {
    ROT_TENANT_BYTES = 16,
    ROT_TENANTS_MAX = 4,
    ROT_KEY_BYTES = 64,       /* P-256, X || Y */
    ROT_DIGEST_BYTES = 32,    /* SHA-256 */
    ROT_SIGNATURE_BYTES = 64, /* R || S */
    ROT_RANDOM_MAX = 256,
};

static const uint8_t ROT_TENANT_OS[ROT_TENANT_BYTES] = {0};

struct rot_identity {
    uint8_t device_id[ROT_KEY_BYTES]; /* attestation public key */
    enum lifecycle lifecycle;
};

struct rot; /* one connection */

/* Takes fd, the channel that was handed down (on the MCU an open /dev/pluton); NULL
 * when memory is short. */
struct rot *rot_new(int fd);
void rot_free(struct rot *rot);

int rot_identity(struct rot *rot, struct rot_identity *out) MUST_CHECK;
/* 1..ROT_RANDOM_MAX bytes, else E_RANGE; zeroed on failure. */
int rot_random(struct rot *rot, void *to, size_t len) MUST_CHECK;
int rot_client_key_generate(struct rot *rot, const uint8_t tenant[static ROT_TENANT_BYTES],
                            uint8_t key[static ROT_KEY_BYTES]) MUST_CHECK;
int rot_client_key_commit(struct rot *rot, const uint8_t tenant[static ROT_TENANT_BYTES]) MUST_CHECK;
/* The committed key; E_NOT_FOUND. */
int rot_public_key(struct rot *rot, const uint8_t tenant[static ROT_TENANT_BYTES],
                   uint8_t key[static ROT_KEY_BYTES]) MUST_CHECK;
int rot_sign_digest(struct rot *rot, const uint8_t tenant[static ROT_TENANT_BYTES],
                    const uint8_t digest[static ROT_DIGEST_BYTES],
                    uint8_t signature[static ROT_SIGNATURE_BYTES]) MUST_CHECK;
/* Appends the evidence (abi/evidence.h, at most EVIDENCE_BYTES_MAX).  nonce is
 * EVIDENCE_NONCE_MIN..MAX bytes. */
int rot_evidence(struct rot *rot, const uint8_t tenant[static ROT_TENANT_BYTES], struct span nonce,
                 struct writer *to) MUST_CHECK;

/* Capabilities that are enabled now; 0 in empty places. */
int rot_capabilities(struct rot *rot, uint16_t list[static CAPABILITY_SLOTS]) MUST_CHECK;
/* A capability file (CAPABILITY_FILE_BYTES), or nothing: none any more.  For this boot
 * session.  E_LENGTH, E_SIGNATURE and kin for a file that is not for this device. */
int rot_capabilities_apply(struct rot *rot, struct span file) MUST_CHECK;
/* Only forward: E_STATE. */
int rot_lifecycle_set(struct rot *rot, enum lifecycle lifecycle) MUST_CHECK;

#endif
