/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A private key of the issuer and, for a CA, its certificate: loaded from files
 * or freshly made, used to sign, wiped on release.
 * Files: PEM.  <name>.key holds the private key (PKCS#8), or in its place the name of a key
 * in a PKCS#11 token (service/pkcs11/name_file.h), which signs there.  A catalog's key and its two
 * certificates are one text, which the store keeps sealed (catalog_record.h).
 */
#ifndef PERI_SERVICE_ISSUER_AUTHORITY_H
#define PERI_SERVICE_ISSUER_AUTHORITY_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "lib/crypto.h"
#include "service/ipc/issuer_ops.h"
#include "service/pkcs11/token.h"

enum {
    AUTHORITY_CERTIFICATE_MAX = 1024,
    AUTHORITY_NAME_MAX = 256,
    AUTHORITY_POINT_MAX = 97, /* uncompressed, P-384 */
    AUTHORITY_SIGNATURE_MAX = 112,
    AUTHORITY_KEY_ID_BYTES = 20,
    AUTHORITY_NAME_TEXT_MAX = 64, /* common name and organisation, as X.520 bounds them */
};

struct authority {
    EVP_PKEY *key; /* of a key in a token the public half */
    struct token_key *token_key; /* NULL: key signs */
    EVP_PKEY_CTX *signing; /* made once: half the cost of a signature otherwise */
    bool p384;
    uint8_t point[AUTHORITY_POINT_MAX];
    size_t point_bytes;
    /* zero for a key without a certificate */
    uint8_t name[AUTHORITY_NAME_MAX]; /* subject, DER */
    size_t name_bytes;
    uint8_t key_id[AUTHORITY_KEY_ID_BYTES];
    uint8_t serial[ISSUER_SERIAL_BYTES];
    uint64_t not_before_s, not_after_s;
    uint8_t certificate[AUTHORITY_CERTIFICATE_MAX];
    size_t certificate_bytes;
    struct span above; /* certificate of the former issuing CA that signed it (above.h), borrowed; empty: the present one did */
};

int authority_generate(struct authority *a, bool p384) MUST_CHECK;
/* In the token, under the label in uri ("object"); the codes of token_key_generate(). */
int authority_generate_in(struct authority *a, bool p384, struct token *token, struct span uri) MUST_CHECK;
/* A key where in_use is: in a file (the caller's to write), or in the same token under in_use's label with "-number" behind it, in
 * place of one that is there. */
int authority_generate_beside(struct authority *key, const struct authority *in_use, struct token *token, uint64_t number)
    MUST_CHECK;
/* The same key, taken into the token under the label in uri; a key of that label which is this one already is used.  a is then
 * the key in the token: it has signed, and what it signed verifies by the key that a was.  E_STATE: it is in a token; the codes of
 * token_key_import(): then a is as it was. */
int authority_move(struct authority *a, struct token *token, struct span uri) MUST_CHECK;
/* Key and certificate may be the same file; certificate NULL: key alone.  Where NAME.pem beside
 * NAME.key is not that key's certificate, the one that stands behind the key in NAME.key is taken, if that is.  token: where keys are
 * that a file names; NULL: there is none, and such a file is E_STATE.
 * E_NOT_FOUND, E_CORRUPT (unreadable, or the two do not belong together), the codes of
 * token_key_open(). */
int authority_load(struct authority *a, struct token *token, const char *key_path, const char *certificate_path)
    MUST_CHECK;
/* Takes over a certificate made for this key. */
int authority_adopt(struct authority *a, struct span certificate) MUST_CHECK;
/* From the PEM text that authority_text() made of key, certificate and anchor: the second
 * certificate, self-signed by this key for the same name.  E_CORRUPT. */
int authority_parse(struct authority *a, struct span text, uint8_t anchor[static AUTHORITY_CERTIFICATE_MAX],
                    size_t *anchor_bytes) MUST_CHECK;
/* The certificate in a file of PEM, without its key; the caller's to free.  NULL with E_NOT_FOUND (no such file), E_IO,
 * E_CORRUPT (it holds no certificate). */
int certificate_file_read(const char *path, X509 **certificate) MUST_CHECK;
/* When it ends.  The same codes. */
int certificate_file_end(const char *path, uint64_t *not_after_s) MUST_CHECK;
/* Text that goes into a certificate as a name: 1 to 64 bytes of UTF-8 without control characters. */
bool authority_name_good(const char *name);
/* What the subject of its certificate says, terminated; common may be NULL.  E_CORRUPT: it lacks one, or that is no
 * text.  Whether it is good as the name of a further certificate is another question. */
int authority_names(const struct authority *a, char *common, char organisation[static AUTHORITY_NAME_TEXT_MAX + 1])
    MUST_CHECK;
/* Is it this CA's certificate that above signed? */
bool authority_signed_by(const struct authority *a, const struct authority *above);
/* Serial number of a certificate in DER; E_CORRUPT unless it has 16 bytes at most. */
int authority_serial(struct span certificate, uint8_t serial[static ISSUER_SERIAL_BYTES]) MUST_CHECK;
/* PEM of key (its name, where it is in a token) and, if there is one and it is asked for, certificate, and of a
 * second one in DER (may be empty); malloc'd text, terminated; wipe with
 * authority_text_free(). */
int authority_text(const struct authority *a, bool key, bool certificate, struct span anchor,
                   char **text) MUST_CHECK;
void authority_text_free(char *text);
/* Both coordinates in hex, and a line's end: what goes into a keystore. */
enum { AUTHORITY_PUBLIC_TEXT_BYTES = 2 * 64 + 2 };
void authority_public_text(const struct authority *a, char text[static AUTHORITY_PUBLIC_TEXT_BYTES]);
void authority_release(struct authority *a);

/* ECDSA over SHA-256 (P-256) or SHA-384 (P-384); DER signature. */
int authority_sign(struct authority *a, struct span bytes,
                   uint8_t signature[static AUTHORITY_SIGNATURE_MAX], size_t *len) MUST_CHECK;
/* struct signer of lib/crypto.h; context is the authority, a P-256 key. */
int authority_sign_digest(void *context, const uint8_t digest[static SHA256_BYTES],
                          uint8_t signature[static P256_SIGNATURE_BYTES]) MUST_CHECK;
/* First 20 bytes of SHA-256 of the point (RFC 7093 section 2, method 1). */
int authority_key_id(const uint8_t *point, size_t len,
                     uint8_t key_id[static AUTHORITY_KEY_ID_BYTES]) MUST_CHECK;

#endif
