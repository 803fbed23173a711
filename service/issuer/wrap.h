/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key that seals the catalogs' CAs in the store: 64 hex digits in a file, or the name of an AES key in a
 * PKCS#11 token.  Of a key in a token this process never has a byte: the token seals and opens.
 * Which of them seals, and which others open: wrap_ring.h.
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

/* The key that the file at path holds or names.  token: NULL where there is none.  E_NOT_FOUND without a word where there
 * is no such file, or no such key in the token; else one line on stderr. */
int wrap_load(const char *path, struct token *token, struct wrap *wrap) MUST_CHECK;
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
