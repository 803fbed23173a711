/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Staged rollouts of applications: a new set for a group reaches a share of its devices, then
 * a larger one, and becomes the group's deployment at the end.  Until then the deployment is
 * the former one, so that a rollout that ends before gives every device the former set back.
 * Source: docs/spec/rollouts.md.
 */
#include <string.h>

#include "lib/guid.h"
#include "service/store/rollouts.h"

/* -- rows ------------------------------------------------------------------------ */

static int row_rollout(struct store *store, struct statement *s, struct answer *answer)
{
    struct store_row_rollout row = {.product = column_span(s, 0), .group = column_span(s, 1)};
    return rollout_row_add(store, s, &row, STATEMENT_ROLLOUT_IMAGES, column_number(s, 19), answer);
}

/* The group must be there; a GUID that names none of its rollouts: E_NOT_FOUND. */
static int rollout_at(struct store *store, const struct store_scope *scope, struct place *place, uint64_t *id,
                      uint64_t *state)
{
    uint8_t name[16];
    int err = place_find(store, scope, PLACE_GROUP, place);
    if (!err && place->unassigned)
        err = E_NOT_FOUND;
    if (!err && guid_parse(scope->name, name) != 0)
        err = E_NOT_FOUND;
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_FIND);
    bind_number(s, 1, place->group);
    bind_bytes(s, 2, name, sizeof name);
    return rollout_found(store, s, id, state);
}

int rollout_none(struct store *store, uint64_t group)
{
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_RUNNING);
    bind_number(s, 1, group);
    int got = statement_step(&store->db, s);
    statement_done(s);
    return got < 0 ? got : got == 1 ? E_CONFLICT : 0;
}

/* -- the end --------------------------------------------------------------------- */

/* The rollout's name, or another where a deployment has that one already, in whatever catalog: a
 * completion that failed would be tried again before all others, for ever. */
static int deployment_name(struct store *store, const struct rollout *rollout, uint8_t name[static 16])
{
    struct statement *s = statement_get(&store->db, STATEMENT_DEPLOYMENT_NAMED);
    bind_bytes(s, 1, rollout->name, sizeof rollout->name);
    int got = statement_step(&store->db, s);
    statement_done(s);
    memcpy(name, rollout->name, sizeof rollout->name);
    return got < 0 ? got : got == 1 ? random_guid(name) : 0;
}

/* The set becomes the group's deployment. */
static int complete(struct store *store, const struct rollout *rollout)
{
    uint8_t name[16];
    int err = deployment_name(store, rollout, name);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_DEPLOYMENT_INSERT);
    bind_number(s, 1, rollout->goal);
    bind_bytes(s, 2, name, sizeof name);
    bind_number(s, 3, database_now_ms(&store->db));
    err = statement_run(&store->db, s);
    uint64_t deployment = database_inserted(&store->db);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_ROLLOUT_DEPLOY);
    bind_number(s, 1, deployment);
    bind_number(s, 2, rollout->id);
    err = statement_run(&store->db, s);
    if (!err)
        err = rollout_state_set(store, &rollout_of_applications, rollout, ROLLOUT_COMPLETED, "");
    return err ? err : rollout_record(store, &rollout_of_applications, rollout, "completed: the set is the group's deployment");
}

static int touch(struct store *store, const struct rollout *rollout) { return group_touch(store, rollout->goal); }

const struct rollout_kind rollout_of_applications = {
    .row = STATEMENT_ROLLOUT_ROW,
    .load = STATEMENT_ROLLOUT_LOAD,
    .state = STATEMENT_ROLLOUT_STATE,
    .step = STATEMENT_ROLLOUT_STEP,
    .due = STATEMENT_ROLLOUT_DUE,
    .again = STATEMENT_ROLLOUT_AGAIN,
    .count = STATEMENT_ROLLOUT_COUNT,
    .heard = STATEMENT_ROLLOUT_HEARD,
    .device_get = STATEMENT_ROLLOUT_DEVICE_GET,
    .device_set = STATEMENT_ROLLOUT_DEVICE_SET,
    .listens = STATEMENT_ROLLOUT_LISTENS,
    .hears = STATEMENT_ROLLOUT_HEARS,
    .of_device = STATEMENT_ROLLOUT_OF_DEVICE,
    .has = STATEMENT_ROLLOUT_HAS,
    .states = STATEMENT_ROLLOUT_STATES,
    .action = ACCESS_ROLLOUTS_WRITE,
    .folder = "rollouts",
    .row_add = row_rollout,
    .touch = touch,
    .complete = complete,
};

/* -- operations ---------------------------------------------------------------------- */

int op_rollout_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    uint64_t id, state;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = rollout_at(store, &query.scope, &place, &id, &state);
    return err ? err : rollout_answer(store, &rollout_of_applications, id, false, answer);
}

int op_rollout_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = query_place(store, payload, PLACE_GROUP, &query, &place);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_LIST);
    bind_number(s, 1, place.group);
    page_bind(s, 2, &query);
    return row_list(store, s, row_rollout, &store_row_rollout_type, &query, answer);
}

static int rollout_insert(struct store *store, const struct store_rollout_put *put, const struct place *place,
                          const struct image_set *set, const char *steps, uint64_t *id)
{
    uint8_t name[16];
    if (guid_parse(put->scope.name, name) != 0)
        return E_BINDING;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_INSERT);
    rollout_bind(store, s, put, name, steps);
    bind_number(s, 2, place->group);
    bind_number(s, 10, put->silent_checks);
    int err = statement_run(&store->db, s);
    *id = database_inserted(&store->db);
    for (size_t i = 0; !err && i < set->count; i++) {
        s = statement_get(&store->db, STATEMENT_ROLLOUT_ADD);
        bind_number(s, 1, *id);
        bind_number(s, 2, set->row[i]);
        err = statement_run(&store->db, s);
    }
    return err ? err : group_touch(store, place->group);
}

/* A rollout is never changed: its name repeated is E_CONFLICT, as is one beside another, or
 * one in a group that has nothing to go back to. */
int op_rollout_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_rollout_put put;
    struct place place;
    struct image_set set;
    char steps[STORE_TEXT_MAX] = "";
    uint64_t id, state, current;
    int err = record_parse(&store_rollout_put_type, payload, &put);
    if (!err)
        err = rollout_steps_write(&put, steps);
    if (err)
        return err;
    err = rollout_at(store, &put.scope, &place, &id, &state);
    if (place.unassigned)
        return E_UNSUPPORTED;
    if (err != E_NOT_FOUND)
        return err ? err : E_CONFLICT;
    err = image_set_find(store, place.catalog, put.image, put.count, &set);
    if (!err)
        err = rollout_none(store, place.group);
    if (!err)
        err = deployment_current(store, place.group, &current);
    if (!err && (!current || set.count == 0))
        err = current ? E_LIMIT : E_CONFLICT;
    if (!err)
        err = rollout_insert(store, &put, &place, &set, steps, &id);
    return err ? err : rollout_answer(store, &rollout_of_applications, id, true, answer);
}

int op_rollout_state(struct store *store, struct span payload, struct answer *answer)
{
    struct store_rollout_state put;
    struct place place;
    uint64_t id, state;
    int err = record_parse(&store_rollout_state_type, payload, &put);
    if (!err)
        err = rollout_at(store, &put.scope, &place, &id, &state);
    if (!err)
        err = rollout_state_ask(store, &rollout_of_applications, id, put.state);
    return err ? err : rollout_answer(store, &rollout_of_applications, id, false, answer);
}
