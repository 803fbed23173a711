/* SPDX-License-Identifier: BSD-2-Clause */
/* From the names in a request to the rows they stand for. */
#include <strings.h>

#include "service/store/operations.h"

static bool name_is(struct span name, const char *word, size_t len)
{
    return name.len == len && strncasecmp((const char *)name.at, word, len) == 0;
}

bool name_is_default(struct span name)
{
    return name_is(name, ".default", 8) || name_is(name, ".unassigned", 11);
}

static int child_find(struct store *store, enum statement_id id, uint64_t parent, struct span name,
                      uint64_t *found)
{
    struct statement *s = statement_get(&store->db, id);
    bind_number(s, 1, parent);
    bind_text(s, 2, name);
    int got = statement_step(&store->db, s);
    *found = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_MISSING;
}

static int catalog_find(struct store *store, const struct store_scope *scope, struct place *place)
{
    struct statement *s = statement_get(&store->db, STATEMENT_CATALOG_FIND);
    bind_text(s, 1, scope->subscription);
    bind_text(s, 2, scope->resource_group);
    bind_text(s, 3, scope->catalog);
    int got = statement_step(&store->db, s);
    if (got == 1) {
        place->catalog = column_number(s, 0);
        column_exact(s, 1, place->tenant, sizeof place->tenant);
    }
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_MISSING;
}

int place_find(struct store *store, const struct store_scope *scope, enum place_depth depth,
               struct place *place)
{
    *place = (struct place){0};
    int err = catalog_find(store, scope, place);
    if (err || depth == PLACE_CATALOG)
        return err;
    if (name_is_default(scope->product)) {
        place->unassigned = true;
        return depth == PLACE_PRODUCT || name_is_default(scope->group) ? 0 : E_MISSING;
    }
    err = child_find(store, STATEMENT_PRODUCT_FIND, place->catalog, scope->product, &place->product);
    if (err || depth == PLACE_PRODUCT)
        return err;
    return child_find(store, STATEMENT_GROUP_FIND, place->product, scope->group, &place->group);
}

int query_place(struct store *store, struct span payload, enum place_depth depth, struct store_query *query,
                struct place *place)
{
    int err = record_parse(&store_query_type, payload, query);
    return err ? err : place_find(store, &query->scope, depth, place);
}
