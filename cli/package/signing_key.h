/* SPDX-License-Identifier: BSD-2-Clause */
/* Image-signing keys on the developer's side: P-256, PEM, never on the service. */
#ifndef PERI_CLI_PACKAGE_SIGNING_KEY_H
#define PERI_CLI_PACKAGE_SIGNING_KEY_H

#include "cli/command.h"
#include "lib/crypto.h"

struct signing_key {
    void *pkey; /* EVP_PKEY */
    uint8_t public_key[P256_PUBLIC_BYTES];
};

/* Refuses keys of other kinds and files that others may read. */
int signing_key_load(const char *path, struct signing_key *key);
/* A new pair: the private key into path, the public one into path.pub; never over a file that is there. */
int signing_key_create(const char *path);
void signing_key_release(struct signing_key *key);
struct signer signing_key_signer(struct signing_key *key);
/* 128 hex digits, X || Y, and a newline. */
int public_key_load(const char *path, uint8_t key[static P256_PUBLIC_BYTES]);

#endif
