/* SPDX-License-Identifier: BSD-2-Clause */
/* Device groups: feed, update policy, crash dumps, data boundary. */
#include "service/store/operations.h"

void store_group_number(uint64_t group, uint8_t number[static 16])
{
    for (size_t i = 0; i < 16; i++)
        number[i] = i < sizeof group ? (uint8_t)(group >> (8 * i)) : 0;
}

static int group_find(struct store *store, const struct store_scope *scope, struct place *place)
{
    int err = place_find(store, scope, PLACE_GROUP, place);
    return err == E_MISSING && (place->product || place->unassigned) ? E_NOT_FOUND : err;
}

static int group_answer(struct store *store, uint64_t id, bool created, struct answer *answer)
{
    struct statement *s = statement_get(&store->db, STATEMENT_GROUP_ROW);
    bind_number(s, 1, id);
    int err = row_one(store, s, row_group, answer);
    return err ? err : answer_rows(answer, created, 0);
}

int op_group_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = group_find(store, &query.scope, &place);
    if (err)
        return err;
    if (!place.unassigned)
        return group_answer(store, place.group, false, answer);
    struct store_row_group row = {.product = span_of(".default", 8), .name = span_of(".default", 8)};
    err = answer_add(answer, &store_row_group_type, &row);
    return err ? err : answer_rows(answer, false, 0);
}

/* Of a product, or of the whole catalog; scope.group, when given, is the name looked for. */
int op_group_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = place_find(store, &query.scope, query.scope.product.len ? PLACE_PRODUCT : PLACE_CATALOG,
                         &place);
    if (err)
        return err;
    if (place.unassigned)
        return answer_rows(answer, false, 0);
    struct statement *s = statement_get(&store->db, STATEMENT_GROUP_LIST);
    bind_number(s, 1, place.catalog);
    bind_number(s, 2, place.product);
    bind_text(s, 3, query.scope.group);
    page_bind(s, 4, &query);
    return row_list(store, s, row_group, &store_row_group_type, &query, answer);
}

static int group_insert(struct store *store, const struct store_group_put *put, uint64_t sequence,
                        struct place *place)
{
    struct statement *s = statement_get(&store->db, STATEMENT_GROUP_INSERT);
    bind_number(s, 1, place->product);
    bind_text(s, 2, put->scope.group);
    bind_text(s, 3, put->description);
    bind_number(s, 4, put->feed);
    bind_number(s, 5, put->policy);
    bind_number(s, 6, put->crash_dumps);
    bind_number(s, 7, put->boundary);
    bind_number(s, 8, sequence);
    int err = statement_run(&store->db, s);
    place->group = database_inserted(&store->db);
    return err;
}

/* Fields that are not set stay unbound, NULL: the statement keeps the old value. */
static int group_update(struct store *store, const struct store_group_put *put, uint64_t sequence,
                        const struct place *place)
{
    struct statement *s = statement_get(&store->db, STATEMENT_GROUP_UPDATE);
    bind_number(s, 1, place->group);
    if (put->set & STORE_SET_DESCRIPTION)
        bind_text(s, 2, put->description);
    if (put->set & STORE_SET_FEED)
        bind_number(s, 3, put->feed);
    if (put->set & STORE_SET_POLICY)
        bind_number(s, 4, put->policy);
    if (put->set & STORE_SET_CRASH_DUMPS)
        bind_number(s, 5, put->crash_dumps);
    if (put->set & STORE_SET_BOUNDARY)
        bind_number(s, 6, put->boundary);
    bind_number(s, 7, sequence);
    int err = statement_run(&store->db, s);
    /* Who takes the consent back takes back what was given by it. */
    if (!err && put->set & STORE_SET_CRASH_DUMPS && !put->crash_dumps)
        err = dumps_forget(store, place->group);
    return err;
}

int op_group_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_group_put put;
    struct place place;
    uint64_t sequence;
    int err = record_parse(&store_group_put_type, payload, &put);
    if (err)
        return err;
    err = group_find(store, &put.scope, &place);
    if (place.unassigned)
        return E_UNSUPPORTED;
    bool created = err == E_NOT_FOUND && !put.must_exist;
    if (err && !created)
        return err;
    err = counter_next(&store->db, &sequence);
    if (!err)
        err = created ? group_insert(store, &put, sequence, &place)
                      : group_update(store, &put, sequence, &place);
    return err ? err : group_answer(store, place.group, created, answer);
}

/* A device in it refuses it (E_CONFLICT); deployments go with it. */
int op_group_delete(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = group_find(store, &query.scope, &place);
    if (err)
        return err;
    if (place.unassigned)
        return E_UNSUPPORTED;
    struct statement *s = statement_get(&store->db, STATEMENT_GROUP_DELETE);
    bind_number(s, 1, place.group);
    err = statement_run(&store->db, s);
    return err ? err : answer_rows(answer, false, 0);
}
