/* SPDX-License-Identifier: BSD-2-Clause */
/* Catalogs: one a tenant; its GUID is made here and never changes. */
#include <string.h>

#include "lib/guid.h"
#include "service/store/operations.h"

int op_catalog_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = query_place(store, payload, PLACE_CATALOG, &query, &place);
    if (err)
        return err == E_MISSING ? E_NOT_FOUND : err;
    struct statement *s = statement_get(&store->db, STATEMENT_CATALOG_ROW);
    bind_number(s, 1, place.catalog);
    err = row_one(store, s, row_catalog, answer);
    return err ? err : answer_rows(answer, false, 0);
}

int op_catalog_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CATALOG_LIST);
    bind_text(s, 1, query.scope.subscription);
    bind_text(s, 2, query.scope.resource_group);
    page_bind(s, 3, &query);
    /* Only what the caller's roles show; without a caller, all. */
    bind_text(s, 6, store->caller ? store->caller->principal : span_of(NULL, 0));
    return row_list(store, s, row_catalog, &store_row_catalog_type, &query, answer);
}

/* The catalog is there with the operation that makes its CA, or neither is. */
static int ca_begin(struct store *store, const struct store_catalog_put *put, const uint8_t tenant[static 16])
{
    const struct store_operation_begin begin = {
        .subscription = put->scope.subscription,
        .kind = span_of("createCatalog", 13),
        .principal = store->caller ? store->caller->principal : span_of(NULL, 0),
    };
    return guid_is_zero(put->operation) ? 0 : job_begin(store, &begin, put->operation, tenant);
}

static int catalog_insert(struct store *store, const struct store_catalog_put *put, uint64_t *id)
{
    uint8_t tenant[16];
    bool group_made;
    int err = random_guid(tenant);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CATALOG_INSERT);
    bind_bytes(s, 1, tenant, sizeof tenant);
    bind_text(s, 2, put->scope.subscription);
    bind_text(s, 3, put->scope.resource_group);
    bind_text(s, 4, put->scope.catalog);
    bind_text(s, 5, put->set_tags ? put->tags : span_of("{}", 2));
    bind_text(s, 6, put->actor);
    bind_number(s, 7, database_now_ms(&store->db));
    err = statement_run(&store->db, s);
    *id = database_inserted(&store->db);
    if (!err)
        err = ca_begin(store, put, tenant);
    if (!err)
        err = resource_group_make(store, &put->scope, span_of(NULL, 0), span_of(NULL, 0), &group_made);
    return err;
}

static int catalog_update(struct store *store, const struct store_catalog_put *put, uint64_t id)
{
    struct statement *s = statement_get(&store->db, STATEMENT_CATALOG_UPDATE);
    bind_number(s, 1, id);
    bind_text(s, 2, put->tags);
    bind_text(s, 3, put->actor);
    bind_number(s, 4, database_now_ms(&store->db));
    return statement_run(&store->db, s);
}

int op_catalog_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_catalog_put put;
    struct place place;
    int err = record_parse(&store_catalog_put_type, payload, &put);
    if (err)
        return err;
    err = place_find(store, &put.scope, PLACE_CATALOG, &place);
    bool created = err == E_MISSING;
    if (created)
        err = put.must_exist ? E_NOT_FOUND : catalog_insert(store, &put, &place.catalog);
    else if (!err && put.set_tags)
        err = catalog_update(store, &put, place.catalog);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CATALOG_ROW);
    bind_number(s, 1, place.catalog);
    err = row_one(store, s, row_catalog, answer);
    return err ? err : answer_rows(answer, created, 0);
}

int catalog_remove(struct store *store, uint64_t catalog, const uint8_t tenant[static 16])
{
    struct statement *s = statement_get(&store->db, STATEMENT_CATALOG_DELETE);
    bind_number(s, 1, catalog);
    int err = statement_run(&store->db, s);
    return err ? err : catalog_cas_revoke(store, tenant);
}

int op_catalog_delete(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = query_place(store, payload, PLACE_CATALOG, &query, &place);
    if (err)
        return err == E_MISSING ? E_NOT_FOUND : err;
    err = catalog_remove(store, place.catalog, place.tenant);
    if (!err)
        err = packages_sweep(store);
    return err ? err : answer_rows(answer, false, 0);
}
