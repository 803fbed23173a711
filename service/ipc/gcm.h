/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AES-256-GCM over bytes in memory: what the store and the issuer seal with.
 * A nonce of 12 bytes must never come twice under one key; the callers draw it at random
 * and seal far fewer than 2^32 times (NIST SP 800-38D section 8.3).
 */
#ifndef PERI_SERVICE_IPC_GCM_H
#define PERI_SERVICE_IPC_GCM_H

#include <stdbool.h>

#include "lib/cursor.h"
#include "lib/err.h"

enum { GCM_KEY_BYTES = 32, GCM_NONCE_BYTES = 12, GCM_TAG_BYTES = 16 };

/* seal: writes in.len bytes to out, and tag.  Otherwise opens what tag belongs to; on
 * E_CRYPTO out is not to be used: another key, nonce or bound, or changed bytes. */
int gcm_run(bool seal, const uint8_t key[static GCM_KEY_BYTES], const uint8_t nonce[static GCM_NONCE_BYTES],
            struct span bound, struct span in, uint8_t *out, uint8_t tag[static GCM_TAG_BYTES]) MUST_CHECK;

#endif
