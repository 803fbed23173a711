/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deployments: the complete set of images of a device group.  The newest is the
 * current one; an older set comes back by deploying it again.
 */
#include <string.h>

#include "lib/guid.h"
#include "service/store/operations.h"

/* Names are ".default" (the current one) or the GUID. */
static int deployment_find(struct store *store, uint64_t group, struct span name, uint64_t *id)
{
    uint8_t deployment[16];
    struct statement *s;
    if (name_is_default(name)) {
        s = statement_get(&store->db, STATEMENT_DEPLOYMENT_CURRENT);
        bind_number(s, 1, group);
    } else if (guid_parse(name, deployment) == 0) {
        s = statement_get(&store->db, STATEMENT_DEPLOYMENT_FIND);
        bind_number(s, 1, group);
        bind_bytes(s, 2, deployment, sizeof deployment);
    } else {
        return E_NOT_FOUND;
    }
    int got = statement_step(&store->db, s);
    *id = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    return got < 0 ? got : *id ? 0 : E_NOT_FOUND;
}

int deployment_current(struct store *store, uint64_t group, uint64_t *id)
{
    int err = deployment_find(store, group, span_of(".default", 8), id);
    return err == E_NOT_FOUND ? 0 : err;
}

static int deployment_at(struct store *store, const struct store_scope *scope, struct place *place,
                         uint64_t *id)
{
    int err = place_find(store, scope, PLACE_GROUP, place);
    if (err)
        return err;
    return place->unassigned ? E_NOT_FOUND : deployment_find(store, place->group, scope->name, id);
}

static int deployment_answer(struct store *store, uint64_t id, bool created, struct answer *answer)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DEPLOYMENT_ROW);
    bind_number(s, 1, id);
    int err = row_one(store, s, row_deployment, answer);
    return err ? err : answer_rows(answer, created, 0);
}

int op_deployment_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    uint64_t id;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = deployment_at(store, &query.scope, &place, &id);
    return err ? err : deployment_answer(store, id, false, answer);
}

int op_deployment_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = place_find(store, &query.scope, query.scope.group.len ? PLACE_GROUP : PLACE_CATALOG, &place);
    if (err)
        return err;
    if (place.unassigned)
        return answer_rows(answer, false, 0);
    struct statement *s = statement_get(&store->db, STATEMENT_DEPLOYMENT_LIST);
    bind_number(s, 1, place.catalog);
    bind_number(s, 2, place.group);
    page_bind(s, 3, &query);
    return row_list(store, s, row_deployment, &store_row_deployment_type, &query, answer);
}

int image_set_find(struct store *store, uint64_t catalog, const struct store_id *image, size_t count,
                   struct image_set *set)
{
    set->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_FIND);
        bind_number(s, 1, catalog);
        bind_bytes(s, 2, image[i].id, sizeof image[i].id);
        int got = statement_step(&store->db, s);
        if (got == 1) {
            set->row[i] = column_number(s, 0);
            column_exact(s, 3, set->component[i], sizeof set->component[i]);
        }
        statement_done(s);
        if (got != 1)
            return got < 0 ? got : E_RANGE;
        for (size_t j = 0; j < i; j++)
            if (memcmp(set->component[i], set->component[j], sizeof set->component[i]) == 0)
                return E_DUPLICATE;
        set->count++;
    }
    return 0;
}

/* 0 when the deployment holds exactly this set, E_CONFLICT otherwise. */
static int set_same(struct store *store, uint64_t deployment, const struct image_set *set)
{
    size_t same = 0, all = 0;
    struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_OF_DEPLOYMENT);
    int got;
    bind_number(s, 1, deployment);
    while ((got = statement_step(&store->db, s)) == 1) {
        all++;
        for (size_t i = 0; i < set->count; i++)
            same += set->row[i] == column_number(s, 7);
    }
    statement_done(s);
    return got < 0 ? got : same == all && all == set->count ? 0 : E_CONFLICT;
}

int group_touch(struct store *store, uint64_t group)
{
    uint64_t sequence;
    int err = counter_next(&store->db, &sequence);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_GROUP_TOUCH);
    bind_number(s, 1, group);
    bind_number(s, 2, sequence);
    return statement_run(&store->db, s);
}

static int deployment_insert(struct store *store, uint64_t group, const uint8_t guid[static 16],
                             const struct image_set *set, uint64_t *id)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DEPLOYMENT_INSERT);
    bind_number(s, 1, group);
    bind_bytes(s, 2, guid, 16);
    bind_number(s, 3, database_now_ms(&store->db));
    int err = statement_run(&store->db, s);
    *id = database_inserted(&store->db);
    for (size_t i = 0; !err && i < set->count; i++) {
        s = statement_get(&store->db, STATEMENT_DEPLOYMENT_ADD);
        bind_number(s, 1, *id);
        bind_number(s, 2, set->row[i]);
        err = statement_run(&store->db, s);
    }
    return err ? err : group_touch(store, group);
}

int op_deployment_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_deployment_put put;
    struct place place;
    struct image_set set;
    uint8_t guid[16];
    uint64_t id;
    int err = record_parse(&store_deployment_put_type, payload, &put);
    if (!err)
        err = place_find(store, &put.scope, PLACE_GROUP, &place);
    if (err)
        return err;
    if (place.unassigned)
        return E_UNSUPPORTED;
    err = image_set_find(store, place.catalog, put.image, put.count, &set);
    if (!err)
        err = rollout_none(store, place.group);
    if (err)
        return err;
    if (name_is_default(put.scope.name)) {
        err = random_guid(guid);
    } else if (guid_parse(put.scope.name, guid) != 0) {
        return E_BINDING;
    } else {
        err = deployment_find(store, place.group, put.scope.name, &id);
        if (err != E_NOT_FOUND) {
            if (!err)
                err = set_same(store, id, &set);
            return err ? err : deployment_answer(store, id, false, answer);
        }
        err = 0;
    }
    if (!err)
        err = deployment_insert(store, place.group, guid, &set, &id);
    return err ? err : deployment_answer(store, id, true, answer);
}

/* Only history: without its current deployment a group would fall back to an
 * older one, which nobody asked for. */
int op_deployment_delete(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    uint64_t id, current;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = deployment_at(store, &query.scope, &place, &id);
    if (!err)
        err = deployment_find(store, place.group, span_of(".default", 8), &current);
    if (err)
        return err;
    if (id == current)
        return E_CONFLICT;
    struct statement *s = statement_get(&store->db, STATEMENT_DEPLOYMENT_DELETE);
    bind_number(s, 1, id);
    err = statement_run(&store->db, s);
    return err ? err : answer_rows(answer, false, 0);
}
