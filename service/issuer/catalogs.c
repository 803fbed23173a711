/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/catalogs.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b) { return memcmp(a, b, 16); }

static void cas_free(struct catalog_ca **ca, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ca[i])
            authority_release(&ca[i]->authority);
        free(ca[i]);
        ca[i] = NULL;
    }
}

static void catalog_free(void *p)
{
    struct catalog *catalog = p;
    cas_free(catalog->ca, catalog->count);
    free(catalog);
}

static void all_forget(struct catalogs *catalogs)
{
    tdestroy(catalogs->tree, catalog_free);
    catalogs->tree = NULL;
    catalogs->count = 0;
}

void catalogs_release(struct catalogs *catalogs)
{
    all_forget(catalogs);
    wrap_ring_release(&catalogs->wrap);
    OPENSSL_cleanse(catalogs, sizeof *catalogs);
}

struct catalog *catalogs_find(const struct catalogs *catalogs, const uint8_t id[static 16])
{
    struct catalog **found = tfind(id, &catalogs->tree, compare);
    return found ? *found : NULL;
}

static struct catalog *catalog_at(struct catalogs *catalogs, const uint8_t id[static 16])
{
    struct catalog *catalog = catalogs_find(catalogs, id);
    if (catalog)
        return catalog;
    if (catalogs->count >= CATALOGS_KEPT_MAX)
        all_forget(catalogs);
    catalog = calloc(1, sizeof *catalog);
    if (!catalog)
        return NULL;
    memcpy(catalog->id, id, sizeof catalog->id);
    if (!tsearch(catalog, &catalogs->tree, compare)) {
        free(catalog);
        return NULL;
    }
    catalogs->count++;
    return catalog;
}

/* Opened once: what is the same keeps its place, with the times that the store says now. */
static struct catalog_ca *known_take(struct catalog *catalog, const struct store_ca *record)
{
    for (size_t i = 0; i < catalog->count; i++) {
        struct catalog_ca *ca = catalog->ca[i];
        if (!ca || ca->number != record->number ||
            memcmp(ca->authority.serial, record->serial, sizeof record->serial) != 0)
            continue;
        catalog->ca[i] = NULL;
        ca->active_s = record->active_s;
        ca->revoked_s = record->revoked_s;
        return ca;
    }
    return NULL;
}

static int ca_take(struct catalogs *catalogs, struct catalog *catalog, const struct store_ca *record,
                   struct catalog_ca **to)
{
    if (memcmp(record->tenant, catalog->id, sizeof catalog->id) != 0)
        return E_BINDING;
    if ((*to = known_take(catalog, record)) != NULL)
        return 0;
    struct catalog_ca *ca = calloc(1, sizeof *ca);
    int err = ca ? catalog_record_open(&catalogs->wrap, record, catalogs->above, ca) : E_NOMEM;
    if (err)
        free(ca);
    else
        *to = ca;
    return err;
}

int catalogs_bring(struct catalogs *catalogs, const uint8_t id[static 16], const struct store_cas *cas, uint64_t now_s)
{
    struct catalog_ca *fresh[STORE_CAS_MAX] = {NULL};
    struct catalog *catalog = catalog_at(catalogs, id);
    int err = catalog ? 0 : E_NOMEM;
    for (size_t i = 0; !err && i < cas->count; i++)
        err = ca_take(catalogs, catalog, &cas->at[i], &fresh[i]);
    if (!catalog)
        return err;
    cas_free(catalog->ca, catalog->count);
    catalog->count = 0;
    catalog->fetched_s = now_s;
    if (err) {
        cas_free(fresh, STORE_CAS_MAX);
        tdelete(id, &catalogs->tree, compare);
        catalogs->count--;
        free(catalog);
        return err;
    }
    memcpy(catalog->ca, fresh, sizeof catalog->ca);
    catalog->count = cas->count;
    return 0;
}

/* -- which one ---------------------------------------------------------------- */

static bool lives(const struct catalog_ca *ca, uint64_t until_s)
{
    return ca->revoked_s == 0 && ca->authority.not_after_s >= until_s;
}

static bool has_begun(const struct catalog_ca *ca, uint64_t now_s) { return ca->authority.not_before_s <= now_s; }

bool catalog_ca_ahead(const struct catalog_ca *ca, uint64_t now_s)
{
    return !has_begun(ca, now_s) && ca->authority.not_before_s - now_s > CATALOG_RENEW_BEFORE_S;
}

struct catalog_ca *catalog_signer(const struct catalog *catalog, uint64_t now_s)
{
    /* In its time and for a day's certificate; before its time; for less than a day.  Never before its begin: the
     * clock was ahead when it was made, or is behind now. */
    for (int choice = 0; choice < 3; choice++)
        for (size_t i = 0; i < catalog->count; i++) {
            struct catalog_ca *ca = catalog->ca[i];
            if (has_begun(ca, now_s) && lives(ca, now_s + (choice < 2 ? CATALOG_DAY_S : 1)) &&
                (choice > 0 || ca->active_s <= now_s))
                return ca;
        }
    return NULL;
}

struct catalog_ca *catalog_ca_of(const struct catalog *catalog, const uint8_t serial[static 16])
{
    for (size_t i = 0; i < catalog->count; i++)
        if (memcmp(catalog->ca[i]->authority.serial, serial, 16) == 0 ||
            memcmp(catalog->ca[i]->anchor_serial, serial, 16) == 0)
            return catalog->ca[i];
    return NULL;
}

enum issuer_ca_status catalog_ca_status(const struct catalog *catalog, const struct catalog_ca *ca, uint64_t now_s)
{
    if (ca->revoked_s)
        return ISSUER_CA_REVOKED;
    if (ca->authority.not_after_s <= now_s)
        return ISSUER_CA_EXPIRED;
    return ca == catalog_signer(catalog, now_s) ? ISSUER_CA_ACTIVE : ISSUER_CA_INACTIVE;
}

bool catalog_due(const struct catalog *catalog, uint64_t root_end_s, uint64_t now_s)
{
    uint64_t until = now_s + CATALOG_RENEW_BEFORE_S;
    /* further ahead than an attempt ever waits: the clock was set back since */
    if (now_s < catalog->renew_after_s && catalog->renew_after_s - now_s <= CATALOG_RETRY_S)
        return false;
    if (until > root_end_s)
        until = root_end_s; /* none can live longer */
    for (size_t i = 0; i < catalog->count; i++)
        if (lives(catalog->ca[i], until) && !catalog_ca_ahead(catalog->ca[i], now_s))
            return false;
    return true;
}

uint64_t catalog_next_active(const struct catalog *catalog, uint64_t now_s)
{
    const struct catalog_ca *signer = catalog_signer(catalog, now_s);
    uint64_t latest = signer ? signer->authority.not_after_s - 2 * (uint64_t)CATALOG_DAY_S : 0;
    if (latest <= now_s)
        return now_s;
    return latest < now_s + CATALOG_LEAD_S ? latest : now_s + CATALOG_LEAD_S;
}
