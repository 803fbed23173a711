/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key of 32 bytes that is kept sealed by one in a token: store/data.key, in two lines.
 * Source: docs/spec/store.md, "Backup and keys".
 *   off size field     what the second line's hex digits say
 *     0   12 nonce
 *    12   32 the key, AES-256-GCM, bound to "perisphere data key"
 *    44   16 tag
 */
#ifndef PERI_SERVICE_PKCS11_SEALED_KEY_H
#define PERI_SERVICE_PKCS11_SEALED_KEY_H

#include "service/pkcs11/name_file.h"
#include "service/pkcs11/token.h"

enum { SEALED_KEY_BYTES = 32, SEALED_KEY_FILE_BYTES = TOKEN_NONCE_BYTES + SEALED_KEY_BYTES + TOKEN_TAG_BYTES };

/* The key that the file at path names, and nothing else in it: of no key is there a byte here.  token NULL, where
 * service.json names no module: E_STATE after a line that names the file.  E_MALFORMED: it has sealed bytes as well;
 * the codes of token_key_open(). */
int named_key_open(struct token *token, const char *path, const struct name_file *file, bool aes, struct token_key **key)
    MUST_CHECK;
/* Codes of token_key_seal(), E_ENTROPY. */
int sealed_key_make(struct token_key *by, const uint8_t key[static SEALED_KEY_BYTES], struct name_file *file) MUST_CHECK;
/* Codes of token_key_open() and token_key_unseal(); E_MALFORMED: it seals no such key. */
int sealed_key_open(struct token *token, const struct name_file *file, uint8_t key[static SEALED_KEY_BYTES]) MUST_CHECK;

#endif
