/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All CAs of catalogs, sealed by the key that seals now: page by page of what the store has.
 * Source: docs/spec/certificates.md, "Another wrap key".  The process around it: rotation.h.
 * One that no key opens is counted, named on stderr, and stays as it is.  Repeated it finds nothing to do.
 */
#ifndef PERI_SERVICE_ISSUER_WRAP_PASS_H
#define PERI_SERVICE_ISSUER_WRAP_PASS_H

#include "service/issuer/catalog_record.h"

struct wrap_pass {
    struct store_ca_after after; /* what CA_PAGE is asked next */
    uint64_t total, seen, resealed, unopened;
};

/* What goes to the store, and the bytes that it views. */
struct wrap_pass_page {
    struct store_cas cas;
    uint8_t sealed[STORE_CAS_MAX][STORE_CA_SEALED_MAX];
};

void wrap_pass_begin(struct wrap_pass *pass);
/* The store's reply to CA_PAGE.  done: it was empty, so the pass is over; else out->cas is for CA_RESEAL, unless its count is
 * 0.  Codes of record_parse(), E_CONFLICT: more of them than there are; a token's own. */
int wrap_pass_step(struct wrap_pass *pass, struct wrap_ring *ring, struct span reply, struct wrap_pass_page *out,
                   bool *done) MUST_CHECK;

#endif
