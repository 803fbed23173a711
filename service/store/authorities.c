/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CAs of catalogs, as their issuers sealed them.  Which of a catalog's CAs there is
 * under a number is decided here, once, for all services on the database.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/ipc/store_pki_ops.h"
#include "service/store/operations.h"

/* A row of CA_LIST or CA_PAGE, but for its tenant.  Its bytes live until the next one is read: they are copied, to be
 * freed as ca->sealed.at. */
static int ca_copy(struct statement *s, struct store_ca *ca)
{
    struct span bytes = column_clear(s, 7);
    ca->number = column_number(s, 0);
    column_exact(s, 1, ca->serial, sizeof ca->serial);
    column_exact(s, 2, ca->anchor_serial, sizeof ca->anchor_serial);
    ca->not_before_s = column_number(s, 3);
    ca->not_after_s = column_number(s, 4);
    ca->active_s = column_number(s, 5);
    ca->revoked_s = column_number(s, 6);
    uint8_t *copy = malloc(bytes.len + 1);
    if (!copy)
        return E_NOMEM;
    if (bytes.len)
        memcpy(copy, bytes.at, bytes.len);
    ca->sealed = span_of(copy, bytes.len);
    return 0;
}

static void cas_free(struct store_ca *ca, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free((void *)(uintptr_t)ca[i].sealed.at);
}

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
    while ((got = statement_step(&store->db, s)) == 1 && cas->count < STORE_CAS_MAX) {
        struct store_ca *ca = &cas->at[cas->count];
        memcpy(ca->tenant, tenant, 16);
        if ((err = ca_copy(s, ca)) != 0)
            break;
        cas->count++;
    }
    statement_done(s);
    err = err ? err : got < 0 ? got : answer_add(answer, &store_cas_type, cas);
    cas_free(cas->at, cas->count);
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

/* -- another key seals them ------------------------------------------------------- */

static int page_read(struct store *store, const struct store_ca_after *after, struct store_ca_page *page)
{
    int got, err = number_get(store, statement_get(&store->db, STATEMENT_CA_COUNT), &page->total);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CA_PAGE);
    bind_number(s, 1, after->first);
    bind_bytes(s, 2, after->tenant, sizeof after->tenant);
    bind_number(s, 3, after->number);
    bind_number(s, 4, STORE_CAS_MAX);
    while ((got = statement_step(&store->db, s)) == 1 && page->count < STORE_CAS_MAX) {
        struct store_ca *ca = &page->at[page->count];
        column_exact(s, 8, ca->tenant, sizeof ca->tenant);
        if ((err = ca_copy(s, ca)) != 0)
            break;
        page->count++;
    }
    statement_done(s);
    return err ? err : got < 0 ? got : 0;
}

int op_ca_page(struct store *store, struct span payload, struct answer *answer)
{
    struct store_ca_after after;
    struct store_ca_page *page = calloc(1, sizeof *page);
    int err = page ? record_parse(&store_ca_after_type, payload, &after) : E_NOMEM;
    if (!err)
        err = page_read(store, &after, page);
    if (!err)
        err = answer_add(answer, &store_ca_page_type, page);
    if (page)
        cas_free(page->at, page->count);
    free(page);
    return err;
}

int op_ca_reseal(struct store *store, struct span payload, struct answer *answer)
{
    struct store_cas *cas = calloc(1, sizeof *cas);
    (void)answer;
    int err = cas ? record_parse(&store_cas_type, payload, cas) : E_NOMEM;
    for (uint32_t i = 0; !err && i < cas->count; i++) {
        const struct store_ca *ca = &cas->at[i];
        if (ca->sealed.len == 0) {
            err = E_RANGE;
            break;
        }
        struct statement *s = statement_get(&store->db, STATEMENT_CA_RESEAL);
        bind_bytes(s, 1, ca->tenant, sizeof ca->tenant);
        bind_number(s, 2, ca->number);
        bind_bytes(s, 3, ca->serial, sizeof ca->serial);
        bind_clear(s, 4, ca->sealed.at, ca->sealed.len);
        err = statement_run(&store->db, s);
        if (!err && database_changes(&store->db) != 1)
            err = E_NOT_FOUND;
    }
    free(cas);
    return err;
}

int op_wrap_changed(struct store *store, struct span payload, struct answer *answer)
{
    static const char path[] = "/providers/Perisphere/serviceKeys/wrap";
    struct store_wrap_changed changed;
    char detail[128];
    (void)answer;
    int err = record_parse(&store_wrap_changed_type, payload, &changed);
    if (err)
        return err;
    snprintf(detail, sizeof detail, "CAs of catalogs sealed by a new key: %" PRIu64 ", that do not open: %" PRIu64, changed.resealed,
             changed.unopened);
    const struct store_caller service = {
        .principal = span_of("perisphered", 11), .action = ACCESS_SERVICE_KEYS_ROTATE,
        .path = span_of(path, sizeof path - 1), .detail = span_of(detail, strlen(detail)),
    };
    return audit_append(store, &service, changed.unopened ? "Failed" : "Succeeded");
}

/* --------------------------------------------------------------------------------- */

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
