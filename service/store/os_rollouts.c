/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Staged rollouts of OS releases: a release of the RetailEval feed reaches a share of the devices of
 * its hardware that are on the Retail feed, then a larger one, and is a release of the Retail feed at
 * the end.  Until then that feed's newest release is the former one, so that a rollout that ends
 * before gives every device the former system back.
 * Source: docs/spec/rollouts.md.
 */
#include <string.h>

#include "lib/guid.h"
#include "service/store/rollouts.h"

enum { RETAIL = 0, RETAIL_EVAL = 1 };

/* -- rows ------------------------------------------------------------------------ */

static int row_os_rollout(struct store *store, struct statement *s, struct answer *answer)
{
    struct store_row_rollout row = {.version = column_span(s, 0)};
    return rollout_row_add(store, s, &row, STATEMENT_IMAGE_OF_RELEASE, column_number(s, 1), answer);
}

static int rollout_at(struct store *store, const struct store_scope *scope, uint64_t *id, uint64_t *state)
{
    uint8_t name[16];
    *id = *state = 0;
    if (guid_parse(scope->name, name) != 0)
        return E_NOT_FOUND;
    struct statement *s = statement_get(&store->db, STATEMENT_OS_ROLLOUT_FIND);
    bind_bytes(s, 1, name, sizeof name);
    return rollout_found(store, s, id, state);
}

int os_rollout_none(struct store *store, uint64_t hardware)
{
    uint64_t id;
    struct statement *s = statement_get(&store->db, STATEMENT_OS_ROLLOUT_RUNNING);
    bind_number(s, 1, hardware);
    int err = number_get(store, s, &id);
    return err ? err : id ? E_CONFLICT : 0;
}

/* -- the end --------------------------------------------------------------------- */

static int touch(struct store *store, const struct rollout *rollout)
{
    (void)rollout;
    return feed_touch(store, RETAIL);
}

static int complete(struct store *store, const struct rollout *rollout)
{
    int err = rollout_state_set(store, &rollout_of_os, rollout, ROLLOUT_COMPLETED, "");
    if (!err)
        err = release_change(store, rollout->goal, RETAIL, STORE_REFERENCE_TRUSTED);
    return err ? err : rollout_record(store, &rollout_of_os, rollout, "completed: the release is on the Retail feed");
}

const struct rollout_kind rollout_of_os = {
    .row = STATEMENT_OS_ROLLOUT_ROW,
    .load = STATEMENT_OS_ROLLOUT_LOAD,
    .state = STATEMENT_OS_ROLLOUT_STATE,
    .step = STATEMENT_OS_ROLLOUT_STEP,
    .due = STATEMENT_OS_ROLLOUT_DUE,
    .again = STATEMENT_OS_ROLLOUT_AGAIN,
    .count = STATEMENT_OS_ROLLOUT_COUNT,
    .heard = STATEMENT_OS_ROLLOUT_HEARD,
    .device_get = STATEMENT_OS_ROLLOUT_DEVICE_GET,
    .device_set = STATEMENT_OS_ROLLOUT_DEVICE_SET,
    .listens = STATEMENT_OS_ROLLOUT_LISTENS,
    .hears = STATEMENT_OS_ROLLOUT_HEARS,
    .of_device = STATEMENT_OS_ROLLOUT_OF_DEVICE,
    .has = STATEMENT_OS_ROLLOUT_HAS,
    .states = STATEMENT_OS_ROLLOUT_STATES,
    .action = ACCESS_OS_ROLLOUTS_WRITE,
    .folder = "osRollouts",
    .row_add = row_os_rollout,
    .touch = touch,
    .complete = complete,
};

int os_rollout_end(struct store *store, uint64_t release, const char *reason)
{
    struct rollout rollout;
    uint64_t id;
    struct statement *s = statement_get(&store->db, STATEMENT_OS_ROLLOUT_OF_RELEASE);
    bind_number(s, 1, release);
    int err = number_get(store, s, &id);
    if (!err && !id)
        return E_NOT_FOUND;
    if (!err)
        err = rollout_load(store, &rollout_of_os, id, &rollout);
    if (!err)
        err = rollout_state_set(store, &rollout_of_os, &rollout, ROLLOUT_STOPPED, reason);
    return err ? err : rollout_record(store, &rollout_of_os, &rollout, reason);
}

/* -- operations ------------------------------------------------------------------- */

int op_os_rollout_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    uint64_t id, state;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = rollout_at(store, &query.scope, &id, &state);
    return err ? err : rollout_answer(store, &rollout_of_os, id, false, answer);
}

int op_os_rollout_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_OS_ROLLOUT_LIST);
    page_bind(s, 1, &query);
    return row_list(store, s, row_os_rollout, &store_row_rollout_type, &query, answer);
}

/* Trusted and on RetailEval; newer than what its hardware has on Retail, of which there must be
 * something to go back to; none under way.  E_RANGE: no such release; E_CONFLICT: not so. */
static int release_check(struct store *store, struct span version, uint64_t *release, uint64_t *hardware)
{
    uint16_t feed, state;
    uint64_t newest = 0;
    int err = release_named(store, version, release, &feed, &state, hardware);
    if (err)
        return err == E_NOT_FOUND ? E_RANGE : err;
    if (feed != RETAIL_EVAL || state != STORE_REFERENCE_TRUSTED || *hardware == HARDWARE_UNSTATED)
        return E_CONFLICT;
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_NEWEST);
    bind_number(s, 1, RETAIL);
    bind_number(s, 2, *hardware);
    err = number_get(store, s, &newest);
    if (!err && (newest == 0 || newest > *release))
        err = E_CONFLICT;
    return err ? err : os_rollout_none(store, *hardware);
}

static int rollout_insert(struct store *store, const struct store_rollout_put *put, uint64_t release,
                          uint64_t hardware, const char *steps, uint64_t *id)
{
    uint8_t name[16];
    if (guid_parse(put->scope.name, name) != 0)
        return E_BINDING;
    struct statement *s = statement_get(&store->db, STATEMENT_OS_ROLLOUT_INSERT);
    rollout_bind(store, s, put, name, steps);
    bind_number(s, 2, release);
    bind_number(s, 10, hardware);
    bind_number(s, 11, put->silent_checks);
    int err = statement_run(&store->db, s);
    *id = database_inserted(&store->db);
    return err ? err : feed_touch(store, RETAIL);
}

/* Never changed, as rollouts of applications are not. */
int op_os_rollout_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_rollout_put put;
    char steps[STORE_TEXT_MAX] = "";
    uint64_t id, state, release, hardware;
    int err = record_parse(&store_rollout_put_type, payload, &put);
    if (!err)
        err = put.count ? E_LIMIT : rollout_steps_write(&put, steps);
    if (err)
        return err;
    err = rollout_at(store, &put.scope, &id, &state);
    if (err != E_NOT_FOUND)
        return err ? err : E_CONFLICT;
    err = release_check(store, put.version, &release, &hardware);
    if (!err)
        err = rollout_insert(store, &put, release, hardware, steps, &id);
    return err ? err : rollout_answer(store, &rollout_of_os, id, true, answer);
}

int op_os_rollout_state(struct store *store, struct span payload, struct answer *answer)
{
    struct store_rollout_state put;
    uint64_t id, state;
    int err = record_parse(&store_rollout_state_type, payload, &put);
    if (!err)
        err = rollout_at(store, &put.scope, &id, &state);
    if (!err)
        err = rollout_state_ask(store, &rollout_of_os, id, put.state);
    return err ? err : rollout_answer(store, &rollout_of_os, id, false, answer);
}
