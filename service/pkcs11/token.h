/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys that stay in a PKCS#11 token: found by name, made there, and asked to sign or to seal.
 * Source: docs/decisions/pkcs11.md; OASIS PKCS #11 2.40.
 * Callers: the issuer, the commands that make or renew a service's keys, and the supervisor
 * where it opens the key of the data.  Threads: one.
 *
 * State of a token: no session -> session, logged in -> (lost) -> no session.  A call that
 * finds the session, the login or the handle gone opens a new session and looks for the key
 * again, once; then it fails.  A PIN that the token refused is not tried again by this process:
 * tokens lock themselves after a few.  The last try that a token grants is never taken.
 *
 * Each failure is one line on stderr; while the running service goes on failing, the first alone.
 */
#ifndef PERI_SERVICE_PKCS11_TOKEN_H
#define PERI_SERVICE_PKCS11_TOKEN_H

#include <stdbool.h>

#include "lib/cursor.h"
#include "service/pkcs11/uri.h"

enum {
    TOKEN_PIN_MAX = 128,
    TOKEN_POINT_MAX = 97,
    TOKEN_SIGNATURE_MAX = 96, /* r and s of P-384 */
    TOKEN_NONCE_BYTES = 12,
    TOKEN_TAG_BYTES = 16,
};

enum token_key_kind { TOKEN_KEY_P256, TOKEN_KEY_P384, TOKEN_KEY_AES };

struct token;
struct token_key;

/* pin: terminated, copied.  No token is asked yet.  Errors of module_load(), E_NOMEM, E_RANGE. */
int token_open(const char *module, const char *pin, struct token **token) MUST_CHECK;
/* A token refused the PIN, or would lock it at the next wrong one: trying again may cost the token.  Other
 * errors, E_DENIED among them, are not this. */
bool token_pin_refused(const struct token *token);
/* All its keys are released before.  NULL is harmless. */
void token_close(struct token *token);

/* text: the URI, which must name one token and one key in it.  Signing keys (aes false) are
 * elliptic, on P-256 or P-384, and have their public half in the token too.
 * E_NOT_FOUND (token or key), E_CONFLICT (more than one), E_DENIED (PIN), E_UNSUPPORTED (of another
 * kind; not private, not sensitive, or extractable), the codes of uri_parse(), E_CRYPTO. */
int token_key_open(struct token *token, struct span text, bool aes, struct token_key **key) MUST_CHECK;
/* The same, without a word where the token has no such key (E_NOT_FOUND). */
int token_key_find(struct token *token, struct span text, bool aes, struct token_key **key) MUST_CHECK;
/* Made in the token, to stay: private, sensitive, not extractable.  text names the token, and the label in
 * "object".  E_EXISTS: there is one of that label; else as above. */
int token_key_generate(struct token *token, struct span text, enum token_key_kind kind, struct token_key **key)
    MUST_CHECK;
/* An elliptic key that was outside so far, to stay: private, sensitive, not extractable from now on.  scalar: as long as the
 * curve's order; point: uncompressed, its public half.  What is left of an import that was cut off is used; E_EXISTS: the
 * token has a key of that label, or another key's public half; E_UNSUPPORTED: it takes none from outside. */
int token_key_import(struct token *token, struct span text, enum token_key_kind kind, struct span scalar, struct span point,
                     struct token_key **key) MUST_CHECK;
/* Removes the key, both halves, from the token for good; key is to be released as well. */
int token_key_destroy(struct token_key *key) MUST_CHECK;
void token_key_free(struct token_key *key);

enum token_key_kind token_key_kind(const struct token_key *key);
/* Uncompressed point of a signing key; until the key is released. */
struct span token_key_point(const struct token_key *key);
/* Its name, in full: token, serial, object, id, type.  Terminated; until the key is released. */
const char *token_key_uri(const struct token_key *key);

/* ECDSA of a digest as long as the curve's; r and s, each as long as the curve's order. */
int token_key_sign(struct token_key *key, struct span digest, uint8_t signature[static TOKEN_SIGNATURE_MAX],
                   size_t *len) MUST_CHECK;
/* AES-256-GCM.  The nonce is given, and may be replaced by a token that makes its own.
 * out: as long as in. */
int token_key_seal(struct token_key *key, uint8_t nonce[static TOKEN_NONCE_BYTES], struct span bound, struct span in,
                   uint8_t *out, uint8_t tag[static TOKEN_TAG_BYTES]) MUST_CHECK;
/* E_KEY_UNKNOWN: not sealed by this key, or changed since; without a word, where the token says so itself. */
int token_key_unseal(struct token_key *key, const uint8_t nonce[static TOKEN_NONCE_BYTES], struct span bound,
                     struct span in, uint8_t *out, const uint8_t tag[static TOKEN_TAG_BYTES]) MUST_CHECK;

#endif
