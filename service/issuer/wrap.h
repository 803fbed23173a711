/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What seals the catalogs' CAs in the store: issuer/wrap.key, which holds an AES key (64 hex
 * digits, made at the first start where it is missing) or the name of one in a PKCS#11 token.
 * Of a key in a token this process never has a byte: the token seals and opens.
 * Source: docs/spec/certificates.md, "Where a catalog's CA is kept".
 */
#ifndef PERI_SERVICE_ISSUER_WRAP_H
#define PERI_SERVICE_ISSUER_WRAP_H

#include "service/ipc/gcm.h"
#include "service/pkcs11/token.h"

struct wrap {
    struct token_key *token_key; /* NULL: key seals */
    uint8_t key[GCM_KEY_BYTES];
};

/* token: NULL where there is none.  On failure one line on stderr. */
int wrap_key_bring(const char *folder, struct token *token, struct wrap *wrap) MUST_CHECK;
void wrap_release(struct wrap *wrap);
/* AES-256-GCM with a nonce of its own.  out: in.len bytes. */
int wrap_seal(const struct wrap *wrap, struct span bound, struct span in, uint8_t nonce[static GCM_NONCE_BYTES],
              uint8_t *out, uint8_t tag[static GCM_TAG_BYTES]) MUST_CHECK;
/* E_KEY_UNKNOWN: sealed by another key, or bound to something else; a token's own codes. */
int wrap_open(const struct wrap *wrap, const uint8_t nonce[static GCM_NONCE_BYTES], struct span bound, struct span in,
              uint8_t *out, const uint8_t tag[static GCM_TAG_BYTES]) MUST_CHECK;
/* 32 bytes that follow from the key and from purpose, and tell nothing of either: the key stream of a nonce that is made
 * from purpose.  The same wherever the key is kept; E_UNSUPPORTED: in a token that makes its
 * nonces itself. */
int wrap_derive(const struct wrap *wrap, struct span purpose, uint8_t out[static 32]) MUST_CHECK;

#endif
