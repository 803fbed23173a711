/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Encryption of what is stored.  Source: docs/spec/store.md, "Encryption"; why this
 * way: docs/decisions/encryption-at-rest.md.
 *
 * A data key, made once at random, from which HKDF-SHA-256 makes one key a use; it
 * is stored wrapped by the operator's key (AES-256-GCM: nonce 12, key 32, tag 16).
 *
 *   what      sealed form
 *   text      letters a to p, one a half byte, of tag || ciphertext.  tag: the first 16
 *             bytes of HMAC-SHA-256 over the text with ASCII capitals made small; then
 *             AES-256-CTR from the tag.  Where the text has a capital, so has the first
 *             letter of that byte.  So equal texts are equal sealed, and texts that are
 *             equal without case are equal without case.  Empty stays empty.
 *   id        same length, a multiple of 16: AES-256-CBC from zero.  Only for ids,
 *             digests, keys: values that never share a block but by chance.
 *   chunk     nonce 12, ciphertext, tag 16: AES-256-GCM bound to a digest and a number.
 * A text or chunk that was changed does not open.  Not done here: who wrote which row.
 */
#ifndef PERI_SERVICE_STORE_DATABASE_VAULT_H
#define PERI_SERVICE_STORE_DATABASE_VAULT_H

#include "lib/cursor.h"
#include "lib/err.h"

enum {
    VAULT_KEY_BYTES = 32,
    VAULT_WRAPPED_BYTES = 12 + VAULT_KEY_BYTES + 16,
    VAULT_TAG_BYTES = 16,
    VAULT_CHUNK_EXTRA = 12 + 16,
    VAULT_CHUNK_BYTES = 65536, /* of plain bytes; the last one of a package may have fewer */
};

struct vault;

/* Needs no vault.  0, E_CRYPTO, E_ENTROPY; unwrap: E_KEY_UNKNOWN, the key is another. */
int vault_key_wrap(const uint8_t key[static VAULT_KEY_BYTES], const uint8_t data_key[static VAULT_KEY_BYTES],
                   uint8_t wrapped[static VAULT_WRAPPED_BYTES]) MUST_CHECK;
int vault_key_unwrap(const uint8_t key[static VAULT_KEY_BYTES], struct span wrapped,
                     uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;

/* 0, E_CRYPTO, E_NOMEM. */
int vault_open(const uint8_t data_key[static VAULT_KEY_BYTES], struct vault **vault) MUST_CHECK;
void vault_close(struct vault *vault);

/* HMAC-SHA-256 by a key of this use; use is a word of this program. */
int vault_mac(struct vault *vault, const char *use, struct span bytes, uint8_t mac[static 32]) MUST_CHECK;

/* Bytes of the sealed form of so many; and back, 0 when there is no such form. */
size_t vault_text_sealed(size_t plain);
size_t vault_text_plain(size_t sealed);
int vault_text_seal(struct vault *vault, struct span plain, uint8_t *sealed) MUST_CHECK;
/* E_CORRUPT: changed, or not of this vault. */
int vault_text_open(struct vault *vault, struct span sealed, uint8_t *plain) MUST_CHECK;
/* E_LENGTH unless len is a multiple of 16. */
int vault_id_seal(struct vault *vault, struct span plain, uint8_t *sealed) MUST_CHECK;
int vault_id_open(struct vault *vault, struct span sealed, uint8_t *plain) MUST_CHECK;
/* sealed has room for VAULT_CHUNK_EXTRA bytes more. */
int vault_chunk_seal(struct vault *vault, const uint8_t digest[static 32], uint64_t number, struct span plain,
                     uint8_t *sealed) MUST_CHECK;
int vault_chunk_open(struct vault *vault, const uint8_t digest[static 32], uint64_t number, struct span sealed,
                     uint8_t *plain) MUST_CHECK;

#endif
