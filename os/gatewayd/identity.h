/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key and certificate of the local interface: made by the device itself at its first
 * start, so that no image carries a key that all devices share (the original's does).
 * Source: docs/decisions/local-rest.md.
 * Certificate: self-signed X.509, P-256, common name = first 32 hex digits of the device
 * id, valid 2020-01-01 to 2049-12-31, because clocks of devices are often wrong: clients
 * pin the key, they have no use for dates.
 * File (store.h, STORE_IDENTITY): u16 length, private key DER, u16 length, certificate
 * DER, SHA-256 over all before; little-endian.  A damaged file is replaced by a new identity, and clients that
 * have pinned the old one will say so.
 */
#ifndef PERI_OS_GATEWAYD_IDENTITY_H
#define PERI_OS_GATEWAYD_IDENTITY_H

#include "lib/cursor.h"

enum {
    IDENTITY_KEY_MAX = 256,
    IDENTITY_CERTIFICATE_MAX = 1024,
    IDENTITY_FILE_MAX = 2 + IDENTITY_KEY_MAX + 2 + IDENTITY_CERTIFICATE_MAX + 32,
};

struct identity {
    size_t key_len, certificate_len;
    uint8_t key[IDENTITY_KEY_MAX], certificate[IDENTITY_CERTIFICATE_MAX];
};

/* The pure half.  E_MALFORMED, E_MORE, E_TRAILING, E_LIMIT, E_DIGEST: empty. */
int identity_parse(struct span bytes, struct identity *to) MUST_CHECK;
int identity_write(const struct identity *identity, struct writer *w) MUST_CHECK;
int identity_make(const char *common_name, struct identity *to) MUST_CHECK; /* E_CRYPTO */
/* The stored one, or a new one that is stored now. */
int identity_load(int folder, const char *common_name, struct identity *to) MUST_CHECK;
void identity_wipe(struct identity *identity);

#endif
