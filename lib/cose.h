/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * COSE_Sign1 (RFC 9052 section 4.2), ES256 only, payload attached, empty
 * external data, protected header exactly {1: -7}, unprotected header empty.
 * Trust: payload is hostile until cose_sign1_verify() returned 0.
 */
#ifndef PERI_LIB_COSE_H
#define PERI_LIB_COSE_H

#include "lib/crypto.h"

struct cose_sign1 {
    struct span payload;
    const uint8_t *signature; /* 64 bytes */
};

/* With or without tag 18; whole input.  Views into bytes. */
int cose_sign1_parse(struct span bytes, struct cose_sign1 *out) MUST_CHECK;
int cose_sign1_verify(const struct cose_sign1 *in, const uint8_t key[static P256_PUBLIC_BYTES]) MUST_CHECK;
/* Appends the message, with tag 18. */
int cose_sign1_write(struct writer *w, struct span payload, const struct signer *signer) MUST_CHECK;

/* What is signed: the digest of the structure around payload. */
int cose_sign1_digest(struct span payload, uint8_t digest[static SHA256_BYTES]) MUST_CHECK;

#endif
