/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * P-256 key pairs over OpenSSL 3: the ECC engine of the host build.
 * Lifetime: a zeroed struct is an empty key; key_release() leaves it empty.
 */
#ifndef PERI_PLUTON_HOST_KEYS_H
#define PERI_PLUTON_HOST_KEYS_H

#include "lib/crypto.h"

enum { KEY_PRIVATE_BYTES = 32 };

struct key {
    void *pair; /* EVP_PKEY */
    uint8_t public_key[P256_PUBLIC_BYTES];
};

/* Before anything else: OpenSSL without its configuration file, which could put
 * another implementation in the place of the one that was built for. */
int keys_init(void) MUST_CHECK;

/* On failure *key is as it was. */
int key_generate(struct key *key) MUST_CHECK;
/* From a scalar, big-endian; E_CORRUPT when it is not one of the curve. */
int key_import(struct key *key, const uint8_t scalar[static KEY_PRIVATE_BYTES]) MUST_CHECK;
/* For the fuses at the factory, and for tests that look for leaks. */
int key_export(const struct key *key, uint8_t scalar[static KEY_PRIVATE_BYTES]) MUST_CHECK;
int key_sign(const struct key *key, const uint8_t digest[static SHA256_BYTES],
             uint8_t signature[static P256_SIGNATURE_BYTES]) MUST_CHECK;
void key_release(struct key *key);

#endif
