/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificate revocation lists (RFC 5280 section 5): version 2, whole, for all that one CA signed.
 * Source: docs/spec/certificates.md, "Revocation".
 *   per entry       serial, date, reasonCode unless unspecified
 *   per list        authorityKeyIdentifier, cRLNumber; nextUpdate always
 */
#ifndef PERI_SERVICE_ISSUER_CRL_H
#define PERI_SERVICE_ISSUER_CRL_H

#include "service/ipc/store_pki_ops.h"
#include "service/issuer/authority.h"

enum {
    CRL_LIFE_S = 7 * 86400, /* a relying party that fetches once a day may fail six times */
    CRL_BACKDATE_S = 300,
    CRL_NAME_BYTES = 64,
};

/* What its address ends with, before ".crl": of a catalog's CA the serial number; of a CA of the service its name, and the beginning
 * of its key's identifier, which tells it from those before and after it.  Terminated. */
void crl_name(uint16_t authority, const struct authority *ca, char to[static CRL_NAME_BYTES]);

/* The list in *der, which views buffer; crl_bytes_max() says how much that needs.
 * E_STALE: the CA itself is over; E_FULL, E_CRYPTO. */
int crl_make(struct authority *ca, const struct store_crl_entries *entries, uint64_t number, uint64_t this_s,
             uint64_t next_s, uint8_t *buffer, size_t cap, struct span *der) MUST_CHECK;
size_t crl_bytes_max(uint32_t entries);

#endif
