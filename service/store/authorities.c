/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CAs of catalogs, as their issuers sealed them.  Which of a catalog's CAs there is
 * under a number is decided here, once, for all services on the database.
 */
#include <stdlib.h>
#include <string.h>

#include "service/ipc/store_pki_ops.h"
#include "service/store/operations.h"

/* Newest first, at most STORE_CAS_MAX: what older ones signed ended long ago. */
static int cas_answer(struct store *store, const uint8_t tenant[static 16], struct answer *answer)
{
    struct store_cas *cas = calloc(1, sizeof *cas);
    int got, err = cas ? 0 : E_NOMEM;
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CA_LIST);
    bind_bytes(s, 1, tenant, 16);
    bind_number(s, 2, STORE_CAS_MAX);
    /* A row's bytes live until the next one is read: each has to be copied. */
    uint8_t *sealed[STORE_CAS_MAX] = {NULL};
    while ((got = statement_step(&store->db, s)) == 1 && cas->count < STORE_CAS_MAX) {
        struct store_ca *ca = &cas->at[cas->count];
        struct span bytes = column_clear(s, 7);
        memcpy(ca->tenant, tenant, 16);
        ca->number = column_number(s, 0);
        column_exact(s, 1, ca->serial, sizeof ca->serial);
        column_exact(s, 2, ca->anchor_serial, sizeof ca->anchor_serial);
        ca->not_before_s = column_number(s, 3);
        ca->not_after_s = column_number(s, 4);
        ca->active_s = column_number(s, 5);
        ca->revoked_s = column_number(s, 6);
        uint8_t *copy = sealed[cas->count] = malloc(bytes.len + 1);
        if (!copy) {
            err = E_NOMEM;
            break;
        }
        if (bytes.len)
            memcpy(copy, bytes.at, bytes.len);
        ca->sealed = span_of(copy, bytes.len);
        cas->count++;
    }
    statement_done(s);
    err = err ? err : got < 0 ? got : answer_add(answer, &store_cas_type, cas);
    for (size_t i = 0; i < STORE_CAS_MAX; i++)
        free(sealed[i]);
    free(cas);
    return err;
}

int op_ca_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_ca_get get;
    int err = record_parse(&store_ca_get_type, payload, &get);
    return err ? err : cas_answer(store, get.tenant, answer);
}

static int tenant_exists(struct store *store, const uint8_t tenant[static 16])
{
    struct statement *s = statement_get(&store->db, STATEMENT_CATALOG_OF_TENANT);
    bind_bytes(s, 1, tenant, 16);
    int got = statement_step(&store->db, s);
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

int op_ca_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_ca ca;
    int err = record_parse(&store_ca_type, payload, &ca);
    if (!err)
        err = ca.number == 0 || ca.sealed.len == 0 || ca.not_before_s >= ca.not_after_s ? E_RANGE
                                                                                      : tenant_exists(store, ca.tenant);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CA_INSERT);
    bind_bytes(s, 1, ca.tenant, sizeof ca.tenant);
    bind_number(s, 2, ca.number);
    bind_bytes(s, 3, ca.serial, sizeof ca.serial);
    bind_bytes(s, 4, ca.anchor_serial, sizeof ca.anchor_serial);
    bind_number(s, 5, ca.not_before_s);
    bind_number(s, 6, ca.not_after_s);
    bind_number(s, 7, ca.active_s);
    bind_clear(s, 8, ca.sealed.at, ca.sealed.len);
    err = statement_run(&store->db, s);
    return err ? err : cas_answer(store, ca.tenant, answer);
}

int op_ca_due(struct store *store, struct span payload, struct answer *answer)
{
    struct store_ca_due due;
    struct store_tenants tenants = {0};
    int got, err = record_parse(&store_ca_due_type, payload, &due);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CA_DUE);
    bind_number(s, 1, due.before_s);
    bind_number(s, 2, STORE_TENANTS_MAX);
    while ((got = statement_step(&store->db, s)) == 1 && tenants.count < STORE_TENANTS_MAX)
        column_exact(s, 0, tenants.at[tenants.count++].id, 16);
    statement_done(s);
    return got < 0 ? got : answer_add(answer, &store_tenants_type, &tenants);
}

int op_ca_activate(struct store *store, struct span payload, struct answer *answer)
{
    struct store_ca_change change;
    struct place place;
    uint64_t now_s = database_now_ms(&store->db) / 1000;
    int err = record_parse(&store_ca_change_type, payload, &change);
    if (!err)
        err = place_find(store, &change.scope, PLACE_CATALOG, &place);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CA_FIND);
    bind_bytes(s, 1, place.tenant, sizeof place.tenant);
    bind_bytes(s, 2, change.serial, sizeof change.serial);
    int got = statement_step(&store->db, s);
    uint64_t number = got == 1 ? column_number(s, 0) : 0;
    bool over = got == 1 && (column_number(s, 1) <= now_s || column_number(s, 2) != 0 || column_number(s, 5) > now_s);
    statement_done(s);
    if (got != 1)
        return got < 0 ? got : E_NOT_FOUND;
    if (over)
        return E_CONFLICT;
    s = statement_get(&store->db, STATEMENT_CA_ACTIVATE);
    bind_bytes(s, 1, place.tenant, sizeof place.tenant);
    bind_number(s, 2, number);
    bind_number(s, 3, now_s);
    err = statement_run(&store->db, s);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_CATALOG_ROW);
    bind_number(s, 1, place.catalog);
    err = row_one(store, s, row_catalog, answer);
    return err ? err : answer_rows(answer, false, 0);
}
