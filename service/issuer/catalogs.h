/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalogs' CAs that the issuer has at hand: what it got from the store, opened, and
 * kept for as long as it counts as fresh.
 * Source: docs/spec/certificates.md, "Renewal".
 *
 * A catalog has one CA that signs, and others before and after it:
 *
 *   made            active               successor made       successor active        end
 *   |-- lead: shown |-- signs -----------|-- signs ------------|-- trusted, signs no --|
 *
 * The first signs at once.  A successor is made RENEW_BEFORE_S ahead of the end and waits
 * CATALOG_LEAD_S, in which relying parties learn of it; it takes over sooner when nothing else
 * can sign what lives for a day.
 */
#ifndef PERI_SERVICE_ISSUER_CATALOGS_H
#define PERI_SERVICE_ISSUER_CATALOGS_H

#include "service/ipc/authority_ops.h"
#include "service/issuer/catalog_record.h"

enum {
    CATALOG_DAY_S = 86400,
    CATALOG_RENEW_BEFORE_S = 90 * CATALOG_DAY_S,
    CATALOG_LEAD_S = 30 * CATALOG_DAY_S,
    CATALOG_FRESH_S = 5,     /* what another service changed is seen within it */
    CATALOG_RETRY_S = 60,    /* after a renewal that failed */
    CATALOGS_KEPT_MAX = 65536, /* 4 KiB each and more: then the memory is emptied */
};

struct catalog {
    uint8_t id[16]; /* first: what the tree compares */
    uint64_t fetched_s;
    uint64_t renew_after_s; /* not before: the last attempt failed */
    size_t count;
    struct catalog_ca *ca[STORE_CAS_MAX]; /* newest first */
};

struct catalogs {
    void *tree;
    size_t count;
    const struct above *above;
    struct wrap_ring wrap;
};

void catalogs_release(struct catalogs *catalogs);
/* NULL: not at hand. */
struct catalog *catalogs_find(const struct catalogs *catalogs, const uint8_t id[static 16]);
/* What the store says of a catalog replaces what was known.  The codes of
 * catalog_record_open(), E_NOMEM: then nothing of it is at hand. */
int catalogs_bring(struct catalogs *catalogs, const uint8_t id[static 16], const struct store_cas *cas,
                   uint64_t now_s) MUST_CHECK;

/* The one that signs at now_s; NULL: none can. */
struct catalog_ca *catalog_signer(const struct catalog *catalog, uint64_t now_s);
/* By the serial of the CA or of its anchor; NULL. */
struct catalog_ca *catalog_ca_of(const struct catalog *catalog, const uint8_t serial[static 16]);
enum issuer_ca_status catalog_ca_status(const struct catalog *catalog, const struct catalog_ca *ca, uint64_t now_s);
/* Made while the clock was far ahead: it begins later than a next one ever has to be there.  Neither the next one nor in
 * its way. */
bool catalog_ca_ahead(const struct catalog_ca *ca, uint64_t now_s);
/* Is it time for the next one? */
bool catalog_due(const struct catalog *catalog, uint64_t root_end_s, uint64_t now_s);
/* When a CA made now begins to sign. */
uint64_t catalog_next_active(const struct catalog *catalog, uint64_t now_s);

#endif
