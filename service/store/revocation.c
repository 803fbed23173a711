/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was revoked: devices, operators' certificates, CAs of catalogs; and the lists
 * (CRLs) that say so.  Source: docs/spec/certificates.md, "Revocation".
 * What is revoked is refused here from this moment on; the lists are for others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hex.h"
#include "service/ipc/store_pki_ops.h"
#include "service/store/operations.h"

static const uint8_t none[16];

static uint64_t seconds(struct store *store) { return database_now_ms(&store->db) / 1000; }

/* Who asks, for those who read the list. */
static struct span actor(const struct store *store)
{
    return store->caller ? store->caller->principal : span_of(NULL, 0);
}

struct revocation {
    enum store_authority authority;
    const uint8_t *tenant, *serial;
    uint16_t reason;
    uint64_t not_after_s;
    struct span name;
};

/* The first word counts: a date of revocation never moves. */
static int revocation_add(struct store *store, const struct revocation *r)
{
    struct statement *s = statement_get(&store->db, STATEMENT_REVOCATION_INSERT);
    bind_number(s, 1, r->authority);
    bind_bytes(s, 2, r->tenant, 16);
    bind_bytes(s, 3, r->serial, 16);
    bind_number(s, 4, r->reason);
    bind_number(s, 5, seconds(store));
    bind_number(s, 6, r->not_after_s);
    bind_text(s, 7, r->name);
    bind_text(s, 8, actor(store));
    return statement_run(&store->db, s);
}

/* -- catalogs' CAs ------------------------------------------------------------- */

int op_ca_revoke(struct store *store, struct span payload, struct answer *answer)
{
    struct store_ca_change change;
    struct place place;
    uint8_t serial[16], anchor_serial[16];
    int err = record_parse(&store_ca_change_type, payload, &change);
    if (!err)
        err = place_find(store, &change.scope, PLACE_CATALOG, &place);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CA_FIND);
    bind_bytes(s, 1, place.tenant, sizeof place.tenant);
    bind_bytes(s, 2, change.serial, sizeof change.serial);
    int got = statement_step(&store->db, s);
    uint64_t number = got == 1 ? column_number(s, 0) : 0, not_after_s = got == 1 ? column_number(s, 1) : 0;
    if (got == 1) {
        column_exact(s, 3, serial, sizeof serial);
        column_exact(s, 4, anchor_serial, sizeof anchor_serial);
    }
    statement_done(s);
    if (got != 1)
        return got < 0 ? got : E_NOT_FOUND;
    /* The root's list has the CA; the CA's own has its twin, for those who trust that alone. */
    const struct revocation rows[] = {
        {STORE_AUTHORITY_ROOT, none, serial, change.reason, not_after_s, {NULL, 0}},
        {STORE_AUTHORITY_CATALOG, place.tenant, anchor_serial, change.reason, not_after_s, {NULL, 0}},
    };
    for (size_t i = 0; !err && i < 2; i++)
        err = revocation_add(store, &rows[i]);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_CA_REVOKE);
    bind_bytes(s, 1, place.tenant, sizeof place.tenant);
    bind_number(s, 2, number);
    bind_number(s, 3, seconds(store));
    err = statement_run(&store->db, s);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_CATALOG_ROW);
    bind_number(s, 1, place.catalog);
    err = row_one(store, s, row_catalog, answer);
    return err ? err : answer_rows(answer, false, 0);
}

int catalog_cas_revoke(struct store *store, const uint8_t tenant[static 16])
{
    uint64_t now_s = seconds(store);
    struct {
        enum statement_id id;
        enum store_authority authority;
        const uint8_t *of;
    } const rows[] = {{STATEMENT_CA_REVOKE_ALL_CAS, STORE_AUTHORITY_ROOT, none},
                      {STATEMENT_CA_REVOKE_ALL_ANCHORS, STORE_AUTHORITY_CATALOG, tenant}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct statement *s = statement_get(&store->db, rows[i].id);
        bind_bytes(s, 1, tenant, 16);
        bind_number(s, 2, rows[i].authority);
        bind_bytes(s, 3, rows[i].of, 16);
        bind_number(s, 4, STORE_REASON_CESSATION);
        bind_number(s, 5, now_s);
        bind_text(s, 6, actor(store));
        int err = statement_run(&store->db, s);
        if (err)
            return err;
    }
    struct statement *s = statement_get(&store->db, STATEMENT_CA_REVOKE_ALL);
    bind_bytes(s, 1, tenant, 16);
    bind_number(s, 2, now_s);
    return statement_run(&store->db, s);
}

/* -- operators ----------------------------------------------------------------- */

static int row_revoked(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_revoked row = {
        .reason = (uint16_t)column_number(s, 1), .revoked_s = column_number(s, 2),
        .not_after_s = column_number(s, 3), .name = column_span(s, 4), .revoked_by = column_span(s, 5),
    };
    column_exact(s, 0, row.serial, sizeof row.serial);
    return answer_add(answer, &store_row_revoked_type, &row);
}

int operator_revoked(struct store *store, const uint8_t serial[static 16])
{
    if (memcmp(serial, none, sizeof none) == 0)
        return 0; /* comes with a token */
    struct statement *s = statement_get(&store->db, STATEMENT_REVOCATION_FIND);
    bind_number(s, 1, STORE_AUTHORITY_OPERATOR);
    bind_bytes(s, 2, none, sizeof none);
    bind_bytes(s, 3, serial, 16);
    int got = statement_step(&store->db, s);
    statement_done(s);
    return got;
}

int device_admit(struct store *store, bool revoked, bool was_revoked, const uint8_t serial[static 16])
{
    if (revoked)
        return E_LIFECYCLE;
    if (!was_revoked || memcmp(serial, none, sizeof none) == 0)
        return 0;
    struct statement *s = statement_get(&store->db, STATEMENT_CERTIFICATE_REVOKED);
    bind_bytes(s, 1, none, sizeof none);
    bind_bytes(s, 2, serial, 16);
    int got = statement_step(&store->db, s);
    statement_done(s);
    return got < 0 ? got : got == 1 ? E_STALE : 0;
}

int op_operator_revoke(struct store *store, struct span payload, struct answer *answer)
{
    struct store_operator_revoke revoke;
    int err = record_parse(&store_operator_revoke_type, payload, &revoke);
    if (!err && memcmp(revoke.serial, none, sizeof none) == 0)
        err = E_RANGE;
    if (err)
        return err;
    int before = operator_revoked(store, revoke.serial);
    if (before < 0)
        return before;
    const struct revocation r = {STORE_AUTHORITY_OPERATOR, none, revoke.serial, revoke.reason, revoke.not_after_s,
                                 revoke.name};
    err = revocation_add(store, &r);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_REVOCATION_ROW);
    bind_number(s, 1, STORE_AUTHORITY_OPERATOR);
    bind_bytes(s, 2, none, sizeof none);
    bind_bytes(s, 3, revoke.serial, sizeof revoke.serial);
    err = row_one(store, s, row_revoked, answer);
    return err ? err : answer_rows(answer, !before, 0);
}

int op_revoked_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_REVOCATION_LIST);
    bind_number(s, 1, STORE_AUTHORITY_OPERATOR);
    page_bind(s, 2, &query);
    return row_list(store, s, row_revoked, &store_row_revoked_type, &query, answer);
}

/* -- lists --------------------------------------------------------------------- */

/* NAME, or NAME- and 32 digits: of which key of that CA.  Whether there was such a key the issuer knows. */
static int key_find(struct span name, const char *of, struct store_crl *crl)
{
    const size_t len = strlen(of);
    if (name.len < len || memcmp(name.at, of, len) != 0)
        return E_NOT_FOUND;
    if (name.len == len)
        return 0;
    return name.at[len] == '-' ? hex_decode(span_of(name.at + len + 1, name.len - len - 1), crl->ca, sizeof crl->ca) : E_NOT_FOUND;
}

static int authority_find(struct store *store, struct span name, struct store_crl *crl)
{
    static const struct {
        const char *name;
        enum store_authority authority;
    } rows[] = {{"root", STORE_AUTHORITY_ROOT},
                {"operator", STORE_AUTHORITY_OPERATOR},
                {"os", STORE_AUTHORITY_OS},
                {"update-only", STORE_AUTHORITY_UPDATE_ONLY}};
    uint8_t serial[16];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (key_find(name, rows[i].name, crl) == 0) {
            crl->authority = (uint16_t)rows[i].authority;
            return 0;
        }
    if (hex_decode(name, serial, sizeof serial) != 0)
        return E_NOT_FOUND;
    struct statement *s = statement_get(&store->db, STATEMENT_CA_OF_SERIAL);
    bind_bytes(s, 1, serial, sizeof serial);
    int got = statement_step(&store->db, s);
    if (got == 1) {
        crl->authority = STORE_AUTHORITY_CATALOG;
        column_exact(s, 0, crl->tenant, sizeof crl->tenant);
        column_exact(s, 1, crl->ca, sizeof crl->ca);
    }
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

/* 0 while nothing was ever revoked. */
static int revision_get(struct store *store, const struct store_crl *of, uint64_t *revision)
{
    struct statement *s = statement_get(&store->db, STATEMENT_REVOCATION_LAST);
    bind_number(s, 1, of->authority);
    bind_bytes(s, 2, of->tenant, sizeof of->tenant);
    int got = statement_step(&store->db, s);
    *revision = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    return got < 0 ? got : 0;
}

/* What is kept of the list; with answer, as the reply: the DER lives no longer than the row. */
static int crl_load(struct store *store, struct store_crl *crl, uint64_t revision, struct answer *answer)
{
    uint64_t now_s = seconds(store);
    struct statement *s = statement_get(&store->db, STATEMENT_CRL_GET);
    bind_number(s, 1, crl->authority);
    bind_bytes(s, 2, crl->tenant, sizeof crl->tenant);
    bind_bytes(s, 3, crl->ca, sizeof crl->ca);
    int got = statement_step(&store->db, s);
    if (got == 1) {
        crl->number = column_number(s, 0);
        crl->revision = column_number(s, 1);
        crl->this_s = column_number(s, 2);
        crl->next_s = column_number(s, 3);
        crl->der = column_span(s, 4);
        /* A clock that went back makes one anew too: a list from the future is none. */
        crl->fresh = crl->revision == revision && crl->this_s <= now_s && now_s - crl->this_s < STORE_CRL_FRESH_S;
    }
    int err = got < 0 ? got : answer ? answer_add(answer, &store_crl_type, crl) : 0;
    statement_done(s);
    crl->der = span_of(NULL, 0);
    return err;
}

int op_crl_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_crl_get get;
    struct store_crl crl = {0};
    uint64_t revision;
    int err = record_parse(&store_crl_get_type, payload, &get);
    if (!err)
        err = authority_find(store, get.name, &crl);
    if (!err)
        err = revision_get(store, &crl, &revision);
    return err ? err : crl_load(store, &crl, revision, answer);
}

/* Half a list is none, but of devices: those are many, some of them hostile, and a list that cannot be
 * made would be what these want.  It has the newest certificate of every device before a second one
 * of any, and as many of each owner. */
static int list_full(const struct store_crl *of, uint32_t max)
{
    if (of->authority == STORE_AUTHORITY_ROOT || of->authority == STORE_AUTHORITY_OPERATOR)
        return E_LIMIT;
    fprintf(stderr, "store: a revocation list has its %u entries, and more is revoked: the newest of each device are in it\n",
            (unsigned)max);
    return 0;
}

int op_crl_entries(struct store *store, struct span payload, struct answer *answer)
{
    struct store_crl of;
    const uint32_t max = store->crl_max ? store->crl_max : STORE_CRL_ENTRIES_MAX;
    int got, err = record_parse(&store_crl_type, payload, &of);
    struct store_crl_entries *all = calloc(1, sizeof *all);
    if (!all)
        return E_NOMEM;
    if (!err)
        err = revision_get(store, &of, &all->revision);
    if (!err)
        err = crl_load(store, &of, all->revision, NULL);
    if (err)
        goto out;
    all->number = of.number;
    struct statement *s = statement_get(&store->db, STATEMENT_REVOCATION_ENTRIES);
    bind_number(s, 1, of.authority);
    bind_bytes(s, 2, of.tenant, sizeof of.tenant);
    bind_number(s, 3, seconds(store));
    bind_number(s, 4, (uint64_t)max + 1);
    while ((got = statement_step(&store->db, s)) == 1 && all->count < max) {
        struct store_crl_entry *entry = &all->at[all->count++];
        column_exact(s, 0, entry->serial, sizeof entry->serial);
        entry->revoked_s = column_number(s, 1);
        entry->reason = (uint16_t)column_number(s, 2);
    }
    statement_done(s);
    err = got < 0 ? got : got == 1 ? list_full(&of, max) : 0;
    if (!err)
        err = answer_add(answer, &store_crl_entries_type, all);
out:
    free(all);
    return err;
}

int op_crl_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_crl crl;
    (void)answer;
    int err = record_parse(&store_crl_type, payload, &crl);
    if (!err && (crl.der.len == 0 || crl.number == 0 || crl.this_s >= crl.next_s))
        err = E_RANGE;
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CRL_PUT);
    bind_number(s, 1, crl.authority);
    bind_bytes(s, 2, crl.tenant, sizeof crl.tenant);
    bind_bytes(s, 3, crl.ca, sizeof crl.ca);
    bind_number(s, 4, crl.number);
    bind_number(s, 5, crl.revision);
    bind_number(s, 6, crl.this_s);
    bind_number(s, 7, crl.next_s);
    bind_text(s, 8, crl.der);
    return statement_run(&store->db, s);
}
