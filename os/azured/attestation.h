/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers of the attestation service, taken apart.
 * Source: abi/device_api.h, docs/spec/azured.md.
 * Trust: hostile; exactly the encoding of the schema is accepted.
 * Errors: E_MORE, E_MALFORMED, E_TRAILING, E_LIMIT; E_BINDING when the leaf is
 * not for the key that was attested.  Out-parameters are zeroed on failure.
 * Not done here: the chain is not verified.  Who relies on it verifies it; a
 * wrong one only makes this device's own handshakes fail.
 */
#ifndef PERI_OS_AZURED_ATTESTATION_H
#define PERI_OS_AZURED_ATTESTATION_H

#include "abi/device_api.h"
#include "lib/cursor.h"
#include "os/ipc/trust.h"

enum { ATTESTATION_DER_MAX = 2048 }; /* one certificate; four fit OS_PEM_MAX as text */

struct attestation {
    enum daa_result result;
    size_t count;
    struct span der[DEVICE_API_CERTIFICATES_MAX]; /* views into the answer, leaf first */
    bool claimed;
    uint8_t catalog[16];
    uint64_t server_time_s, not_after_s; /* server time < not after */
};

int attestation_challenge_parse(struct span body, uint8_t nonce[static DEVICE_API_NONCE_BYTES]) MUST_CHECK;
int attestation_parse(struct span body, const uint8_t key[static ROT_KEY_BYTES],
                      struct attestation *out) MUST_CHECK;
/* Appends the chain as PEM text. */
int attestation_pem(const struct attestation *a, struct writer *w) MUST_CHECK;

#endif
