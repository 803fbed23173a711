/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of one CA: what the store knows of it, signed, and kept by the store. */
#include <stdlib.h>
#include <string.h>

#include "lib/guid.h"
#include "service/issuer/crl.h"
#include "service/issuer/state.h"

_Static_assert((int)FORMER_KEY_BYTES == (int)sizeof ((struct store_crl *)0)->ca, "a key's name is as long as a serial number");

/* The present CA of the service, or by its key that or one before it. */
static int service_ca_find(struct issuer *issuer, const struct store_crl *of, struct authority **ca)
{
    static const uint8_t present[sizeof of->ca];
    struct authority *const now = of->authority == STORE_AUTHORITY_ROOT          ? &issuer->root
                                  : of->authority == STORE_AUTHORITY_OPERATOR    ? &issuer->operator_
                                  : of->authority == STORE_AUTHORITY_OS          ? &issuer->os
                                  : of->authority == STORE_AUTHORITY_UPDATE_ONLY ? &issuer->update_only
                                                                                 : NULL;
    if (!now)
        return E_RANGE;
    *ca = memcmp(of->ca, present, sizeof present) == 0 || memcmp(of->ca, now->key_id, sizeof of->ca) == 0
              ? now : former_ca_find(&issuer->former_cas, of->authority, of->ca);
    return *ca ? 0 : E_NOT_FOUND;
}

static int signer_find(struct issuer *issuer, const struct store_crl *of, uint64_t now_s, struct authority **ca)
{
    struct catalog *catalog;
    *ca = NULL;
    if ((of->authority == STORE_AUTHORITY_CATALOG) == guid_is_zero(of->tenant))
        return E_RANGE;
    if (of->authority != STORE_AUTHORITY_CATALOG)
        return service_ca_find(issuer, of, ca);
    int err = issuer_catalog_get(issuer, of->tenant, now_s, 0, &catalog);
    if (err)
        return err;
    struct catalog_ca *one = catalog_ca_of(catalog, of->ca); /* a revoked one too: its list says so */
    *ca = one ? &one->authority : NULL;
    return one ? 0 : E_NOT_FOUND;
}

/* It rises for each CA, whose list may have two addresses: by the time, and by one where that would not be more. */
static uint64_t number_next(uint64_t last, uint64_t now_s) { return last < now_s ? now_s : last + 1; }

/* The entries stand in issuer->revoked: brought a moment ago, for this list. */
static int list_make(struct issuer *issuer, const struct store_crl *of, struct authority *ca, uint64_t now_s)
{
    size_t cap = crl_bytes_max(issuer->revoked->count);
    struct store_crl *kept = &issuer->want.crl;
    *kept = (struct store_crl){.authority = of->authority, .number = number_next(issuer->revoked->number, now_s),
                               .revision = issuer->revoked->revision, .this_s = now_s - CRL_BACKDATE_S,
                               .next_s = now_s + CRL_LIFE_S};
    memcpy(kept->tenant, of->tenant, sizeof kept->tenant);
    memcpy(kept->ca, of->ca, sizeof kept->ca);
    free(issuer->list);
    issuer->list = malloc(cap);
    int err = issuer->list ? crl_make(ca, issuer->revoked, kept->number, kept->this_s, kept->next_s, issuer->list, cap,
                                      &kept->der)
                           : E_NOMEM;
    if (err)
        return err;
    issuer->want.what = ISSUER_WANTS_CRL_KEPT;
    return E_BUSY;
}

int issuer_crl(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct store_crl of;
    struct authority *ca;
    (void)reply;
    int err = record_parse(&store_crl_type, payload, &of);
    if (err || issuer->brought == ISSUER_WANTS_CRL_KEPT)
        return err;
    err = signer_find(issuer, &of, now_s, &ca);
    if (err)
        return err;
    if (issuer->brought == ISSUER_WANTS_REVOKED && issuer->revoked)
        return list_make(issuer, &of, ca, now_s);
    issuer->want = (struct issuer_want){.what = ISSUER_WANTS_REVOKED};
    issuer->want.crl = (struct store_crl){.authority = of.authority};
    memcpy(issuer->want.crl.tenant, of.tenant, sizeof of.tenant);
    memcpy(issuer->want.crl.ca, of.ca, sizeof of.ca);
    return E_BUSY;
}

int issuer_revoked_bring(struct issuer *issuer, struct span reply)
{
    struct store_crl_entries *entries = malloc(sizeof *entries);
    int err = entries ? record_parse(&store_crl_entries_type, reply, entries) : E_NOMEM;
    if (err) {
        free(entries);
        return err;
    }
    free(issuer->revoked);
    issuer->revoked = entries;
    return 0;
}
