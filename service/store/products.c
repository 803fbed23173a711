/* SPDX-License-Identifier: BSD-2-Clause */
/* Products, and the five device groups each may start with. */
#include "service/store/operations.h"

/* E_NOT_FOUND when the product itself is what is missing. */
static int product_find(struct store *store, const struct store_scope *scope, struct place *place)
{
    int err = place_find(store, scope, PLACE_PRODUCT, place);
    return err == E_MISSING && place->catalog ? E_NOT_FOUND : err;
}

static int product_answer(struct store *store, uint64_t id, bool created, struct answer *answer)
{
    struct statement *s = statement_get(&store->db, STATEMENT_PRODUCT_ROW);
    bind_number(s, 1, id);
    int err = row_one(store, s, row_product, answer);
    return err ? err : answer_rows(answer, created, 0);
}

int op_product_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = product_find(store, &query.scope, &place);
    if (err)
        return err;
    if (!place.unassigned)
        return product_answer(store, place.product, false, answer);
    struct store_row_product row = {.name = span_of(".default", 8)};
    err = answer_add(answer, &store_row_product_type, &row);
    return err ? err : answer_rows(answer, false, 0);
}

int op_product_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = query_place(store, payload, PLACE_CATALOG, &query, &place);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_PRODUCT_LIST);
    bind_number(s, 1, place.catalog);
    page_bind(s, 2, &query);
    return row_list(store, s, row_product, &store_row_product_type, &query, answer);
}

static int product_insert(struct store *store, uint64_t catalog, const struct store_product_put *put,
                          uint64_t *id)
{
    struct statement *s = statement_get(&store->db, STATEMENT_PRODUCT_INSERT);
    bind_number(s, 1, catalog);
    bind_text(s, 2, put->scope.product);
    bind_text(s, 3, put->description);
    int err = statement_run(&store->db, s);
    *id = database_inserted(&store->db);
    return err;
}

int op_product_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_product_put put;
    struct place place;
    int err = record_parse(&store_product_put_type, payload, &put);
    if (err)
        return err;
    err = product_find(store, &put.scope, &place);
    bool created = err == E_NOT_FOUND && !put.must_exist;
    if (!err && place.unassigned)
        return E_UNSUPPORTED; /* ".default" is nobody's to change */
    if (created) {
        err = product_insert(store, place.catalog, &put, &place.product);
    } else if (!err && put.set_description) {
        struct statement *s = statement_get(&store->db, STATEMENT_PRODUCT_UPDATE);
        bind_number(s, 1, place.product);
        bind_text(s, 2, put.description);
        err = statement_run(&store->db, s);
    }
    return err ? err : product_answer(store, place.product, created, answer);
}

/* Its groups and their deployments go with it, unless a device is in one. */
int op_product_delete(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = product_find(store, &query.scope, &place);
    if (err)
        return err;
    if (place.unassigned)
        return E_UNSUPPORTED;
    struct statement *s = statement_get(&store->db, STATEMENT_PRODUCT_DELETE);
    bind_number(s, 1, place.product);
    err = statement_run(&store->db, s);
    return err ? err : answer_rows(answer, false, 0);
}

/* service-api.md §1.4: name, feed (1 RetailEval), policy (1 No3rdPartyAppUpdates),
 * in the order of the answer. */
static const struct default_group {
    const char *name;
    size_t len;
    unsigned feed, policy;
} default_groups[] = {
    {"Development", 11, 0, 1},
    {"Field Test", 10, 0, 0},
    {"Production", 10, 0, 0},
    {"Production OS Evaluation", 24, 1, 0},
    {"Field Test OS Evaluation", 24, 1, 0},
};

static int default_group_make(struct store *store, uint64_t product, const struct default_group *d,
                              uint64_t *id)
{
    uint64_t sequence;
    struct statement *s = statement_get(&store->db, STATEMENT_GROUP_FIND);
    bind_number(s, 1, product);
    bind_text(s, 2, span_of(d->name, d->len));
    int got = statement_step(&store->db, s);
    *id = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    if (got)
        return got < 0 ? got : 0;
    int err = counter_next(&store->db, &sequence);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_GROUP_INSERT);
    bind_number(s, 1, product);
    bind_text(s, 2, span_of(d->name, d->len));
    bind_text(s, 3, span_of("", 0));
    bind_number(s, 4, d->feed);
    bind_number(s, 5, d->policy);
    bind_number(s, 6, 0);
    bind_number(s, 7, 0);
    bind_number(s, 8, sequence);
    err = statement_run(&store->db, s);
    *id = database_inserted(&store->db);
    return err;
}

int op_product_defaults(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = product_find(store, &query.scope, &place);
    if (!err && place.unassigned)
        err = E_UNSUPPORTED;
    for (size_t i = 0; !err && i < sizeof default_groups / sizeof default_groups[0]; i++) {
        uint64_t id;
        err = default_group_make(store, place.product, &default_groups[i], &id);
        if (err)
            break;
        struct statement *s = statement_get(&store->db, STATEMENT_GROUP_ROW);
        bind_number(s, 1, id);
        err = row_one(store, s, row_group, answer);
    }
    return err ? err : answer_rows(answer, false, 0);
}
