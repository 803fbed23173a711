/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Staged rollouts: a new set of applications for a group reaches a share of its devices, then
 * a larger one, and becomes the group's deployment at the end.  Until then the deployment is
 * the former one, so that a rollout that ends before gives every device the former set back.
 * Source: docs/spec/rollouts.md, states and arrows.
 *
 *   event                          from            to          function
 *   PUT                            -               Active      op_rollout_put
 *   pause, resume, abort           Active, Paused  Paused ...  op_rollout_state
 *   too many devices failed        Active, Paused  Stopped     judge
 *   a step's time is over          Active          Active      step_next
 *   the last step's time is over   Active          Completed   complete
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "abi/device_api.h"
#include "lib/crypto.h"
#include "lib/guid.h"
#include "service/store/operations.h"

enum { BUCKETS = 10000, BUCKETS_A_PERCENT = BUCKETS / 100 };
enum { OFFERED = 1, UPDATED = 2, FAILED = 3 }; /* of a device; the numbers are stored */

/* A device's bucket is its own in every rollout, and the same throughout one: a larger share
 * holds all devices of a smaller one, and not the same devices are first each time. */
bool rollout_reaches(const uint8_t rollout[static 16], const uint8_t device_id[static 64], uint64_t share)
{
    uint8_t digest[SHA256_BYTES];
    const struct span parts[] = {span_of(rollout, 16), span_of(device_id, 64)};
    if (crypto_sha256(parts, 2, digest) != 0)
        return false;
    uint32_t number = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
    return number % BUCKETS < share;
}

/* -- rows ------------------------------------------------------------------------ */

static int images_of(struct store *store, uint64_t rollout, struct answer *images)
{
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_IMAGES);
    int got, err = 0;
    bind_number(s, 1, rollout);
    while (!err && (got = statement_step(&store->db, s)) != 0)
        err = got < 0 ? got : row_image(store, s, images);
    statement_done(s);
    return err;
}

static int row_rollout(struct store *store, struct statement *s, struct answer *answer)
{
    struct answer images = {0};
    int err = images_of(store, column_number(s, 18), &images);
    struct store_row_rollout row = {
        .product = column_span(s, 0),
        .group = column_span(s, 1),
        .state = (uint16_t)column_number(s, 3),
        .steps = column_span(s, 4),
        .step = (uint32_t)column_number(s, 5),
        .share = (uint32_t)column_number(s, 6),
        .soak_s = (uint32_t)column_number(s, 7),
        .threshold = (uint16_t)column_number(s, 8),
        .minimum = (uint32_t)column_number(s, 9),
        .offered = (uint32_t)column_number(s, 10),
        .updated = (uint32_t)column_number(s, 11),
        .failed = (uint32_t)column_number(s, 12),
        .reason = column_span(s, 13),
        .created_by = column_span(s, 14),
        .created_ms = column_number(s, 15),
        .changed_ms = column_number(s, 16),
        .images = span_of(images.at, images.len),
    };
    column_exact(s, 2, row.rollout, sizeof row.rollout);
    if (!err)
        err = answer_add(answer, &store_row_rollout_type, &row);
    answer_release(&images);
    return err;
}

static int rollout_answer(struct store *store, uint64_t id, bool created, struct answer *answer)
{
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_ROW);
    bind_number(s, 1, id);
    int err = row_one(store, s, row_rollout, answer);
    return err ? err : answer_rows(answer, created, 0);
}

/* What the functions below need of one. */
struct rollout {
    uint64_t id, group, state, step, share, threshold, minimum, offered, failed;
    uint8_t name[16];
    uint16_t percent[STORE_STEPS_MAX];
    size_t steps;
};

static void steps_read(struct span text, struct rollout *rollout)
{
    uint16_t value = 0;
    for (size_t i = 0; i <= text.len && rollout->steps < STORE_STEPS_MAX; i++) {
        if (i < text.len && text.at[i] >= '0' && text.at[i] <= '9') {
            value = (uint16_t)(value * 10 + (text.at[i] - '0'));
        } else {
            rollout->percent[rollout->steps++] = value;
            value = 0;
        }
    }
}

static int rollout_load(struct store *store, uint64_t id, struct rollout *rollout)
{
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_ROW);
    bind_number(s, 1, id);
    int got = statement_step(&store->db, s);
    *rollout = (struct rollout){.id = id};
    if (got == 1) {
        column_exact(s, 2, rollout->name, sizeof rollout->name);
        rollout->state = column_number(s, 3);
        steps_read(column_span(s, 4), rollout);
        rollout->step = column_number(s, 5);
        rollout->share = column_number(s, 6);
        rollout->threshold = column_number(s, 8);
        rollout->minimum = column_number(s, 9);
        rollout->offered = column_number(s, 10);
        rollout->failed = column_number(s, 12);
        rollout->group = column_number(s, 17);
    }
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
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
    int got = statement_step(&store->db, s);
    *id = got == 1 ? column_number(s, 0) : 0;
    *state = got == 1 ? column_number(s, 1) : 0;
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

int rollout_none(struct store *store, uint64_t group)
{
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_RUNNING);
    bind_number(s, 1, group);
    int got = statement_step(&store->db, s);
    statement_done(s);
    return got < 0 ? got : got == 1 ? E_CONFLICT : 0;
}

/* -- changes ----------------------------------------------------------------------- */

static int state_set(struct store *store, const struct rollout *rollout, uint16_t state, const char *reason)
{
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_STATE);
    bind_number(s, 1, rollout->id);
    bind_number(s, 2, state);
    bind_text(s, 3, span_of(reason, strlen(reason)));
    bind_number(s, 4, database_now_ms(&store->db));
    int err = statement_run(&store->db, s);
    return err ? err : group_touch(store, rollout->group);
}

/* What the service does by itself is in the audit log as well. */
static int record(struct store *store, const struct rollout *rollout, const char *detail)
{
    char path[64] = "rollouts/";
    guid_format(rollout->name, path + strlen(path));
    const struct store_caller caller = {
        .principal = span_of("perisphered", 11), .action = ACCESS_ROLLOUTS_WRITE,
        .path = span_of(path, strlen(path)), .detail = span_of(detail, strlen(detail))};
    return audit_append(store, &caller, "Succeeded");
}

static int judge(struct store *store, uint64_t id)
{
    struct rollout rollout;
    char reason[128];
    int err = rollout_load(store, id, &rollout);
    if (err || rollout.offered < rollout.minimum || rollout.failed * 100 <= rollout.threshold * rollout.offered)
        return err;
    snprintf(reason, sizeof reason, "%" PRIu64 " of %" PRIu64 " devices failed, more than %" PRIu64 " per cent",
             rollout.failed, rollout.offered, rollout.threshold);
    err = state_set(store, &rollout, ROLLOUT_STOPPED, reason);
    return err ? err : record(store, &rollout, reason);
}

static int device_set(struct store *store, uint64_t rollout, uint64_t device, uint64_t before, uint64_t after)
{
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_DEVICE_SET);
    bind_number(s, 1, rollout);
    bind_number(s, 2, device);
    bind_number(s, 3, after);
    int err = statement_run(&store->db, s);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_ROLLOUT_COUNT);
    bind_number(s, 1, rollout);
    bind_number(s, 2, before == 0);
    bind_number(s, 3, before < UPDATED && after == UPDATED);
    bind_number(s, 4, after == FAILED);
    err = statement_run(&store->db, s);
    /* One device more may be what it takes to judge those that failed before. */
    return !err && (after == FAILED || before == 0) ? judge(store, rollout) : err;
}

/* Writes only where something changed: a fleet that polls costs nothing.  A device that had it
 * and has it no longer went back by itself. */
int rollout_seen(struct store *store, uint64_t rollout, uint64_t device, bool has_it)
{
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_DEVICE_GET);
    bind_number(s, 1, rollout);
    bind_number(s, 2, device);
    int got = statement_step(&store->db, s);
    uint64_t before = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    if (got < 0)
        return got;
    uint64_t after = before == FAILED               ? FAILED
                     : has_it                       ? UPDATED
                     : before == UPDATED            ? FAILED
                                                    : OFFERED;
    return after == before ? 0 : device_set(store, rollout, device, before, after);
}

static bool is_failure(const struct store_event *event)
{
    return event->category == EVENT_APP_CRASH || event->category == EVENT_APP_CRASH_REGISTERS ||
           event->category == EVENT_UPDATE_REFUSED || (event->category == EVENT_APP_EXIT && event->exit_code != 0);
}

/* Only what names an image of the rollout: another application's crash is not its fault.  An
 * update that was refused may name no image: then the component. */
int rollout_report(struct store *store, uint64_t device, const struct store_event *event)
{
    if (!is_failure(event))
        return 0;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_OF_DEVICE);
    bind_number(s, 1, device);
    int got = statement_step(&store->db, s);
    uint64_t rollout = got == 1 ? column_number(s, 0) : 0, before = got == 1 ? column_number(s, 1) : 0;
    statement_done(s);
    if (got != 1 || before == FAILED)
        return got < 0 ? got : 0;
    static const uint8_t none[16];
    s = statement_get(&store->db, STATEMENT_ROLLOUT_HAS);
    bind_number(s, 1, rollout);
    bind_bytes(s, 2, event->image, sizeof event->image);
    bind_bytes(s, 3, event->category == EVENT_UPDATE_REFUSED ? event->component : none, 16);
    got = statement_step(&store->db, s);
    statement_done(s);
    return got == 1 ? device_set(store, rollout, device, before, FAILED) : got;
}

/* -- steps ------------------------------------------------------------------------- */

static int step_next(struct store *store, const struct rollout *rollout)
{
    char detail[64];
    uint64_t step = rollout->step + 1;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_STEP);
    bind_number(s, 1, rollout->id);
    bind_number(s, 2, step);
    bind_number(s, 3, (uint64_t)rollout->percent[step] * BUCKETS_A_PERCENT);
    bind_number(s, 4, database_now_ms(&store->db));
    int err = statement_run(&store->db, s);
    if (!err)
        err = group_touch(store, rollout->group);
    snprintf(detail, sizeof detail, "step %" PRIu64 ": %u per cent", step + 1, rollout->percent[step]);
    return err ? err : record(store, rollout, detail);
}

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
    bind_number(s, 1, rollout->group);
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
        err = state_set(store, rollout, ROLLOUT_COMPLETED, "");
    return err ? err : record(store, rollout, "completed: the set is the group's deployment");
}

int rollouts_step(struct store *store, bool *more)
{
    struct rollout rollout;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_DUE);
    bind_number(s, 1, database_now_ms(&store->db));
    int got = statement_step(&store->db, s);
    uint64_t id = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    *more = got == 1;
    if (got != 1)
        return got;
    int err = rollout_load(store, id, &rollout);
    if (err)
        return err;
    return rollout.step + 1 < rollout.steps ? step_next(store, &rollout) : complete(store, &rollout);
}

/* -- operations ---------------------------------------------------------------------- */

int op_rollout_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    uint64_t id, state;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = rollout_at(store, &query.scope, &place, &id, &state);
    return err ? err : rollout_answer(store, id, false, answer);
}

int op_rollout_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = place_find(store, &query.scope, PLACE_GROUP, &place);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_LIST);
    bind_number(s, 1, place.group);
    page_bind(s, 2, &query);
    return row_list(store, s, row_rollout, &store_row_rollout_type, &query, answer);
}

static int steps_check(const struct store_rollout_put *put, char text[static STORE_TEXT_MAX])
{
    size_t len = 0;
    uint16_t last = 0;
    for (size_t i = 0; i < put->step_count; i++) {
        if (put->step[i].of <= last)
            return E_LIMIT;
        last = put->step[i].of;
        len += (size_t)snprintf(text + len, STORE_TEXT_MAX - len, "%s%u", i ? "," : "", last);
    }
    return last == 100 ? 0 : E_LIMIT;
}

static int rollout_insert(struct store *store, const struct store_rollout_put *put, const struct place *place,
                          const struct image_set *set, const char *steps, uint64_t *id)
{
    uint8_t name[16];
    struct span by = store->caller ? store->caller->principal : span_of(NULL, 0);
    if (guid_parse(put->scope.name, name) != 0)
        return E_BINDING;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_INSERT);
    bind_bytes(s, 1, name, sizeof name);
    bind_number(s, 2, place->group);
    bind_text(s, 3, span_of(steps, strlen(steps)));
    bind_number(s, 4, (uint64_t)put->step[0].of * BUCKETS_A_PERCENT);
    bind_number(s, 5, put->soak_s);
    bind_number(s, 6, put->threshold);
    bind_number(s, 7, put->minimum);
    bind_number(s, 8, database_now_ms(&store->db));
    bind_text(s, 9, by);
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
        err = steps_check(&put, steps);
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
    return err ? err : rollout_answer(store, id, true, answer);
}

/* Asking for the state that it has is fine; what has ended stays so. */
int op_rollout_state(struct store *store, struct span payload, struct answer *answer)
{
    struct store_rollout_state put;
    struct place place;
    struct rollout rollout;
    uint64_t id, state;
    int err = record_parse(&store_rollout_state_type, payload, &put);
    if (!err && put.state != ROLLOUT_ACTIVE && put.state != ROLLOUT_PAUSED && put.state != ROLLOUT_ABORTED)
        err = E_RANGE;
    if (!err)
        err = rollout_at(store, &put.scope, &place, &id, &state);
    if (!err && state == put.state)
        return rollout_answer(store, id, false, answer);
    if (!err && state != ROLLOUT_ACTIVE && state != ROLLOUT_PAUSED)
        err = E_CONFLICT;
    if (!err)
        err = rollout_load(store, id, &rollout);
    if (!err)
        err = state_set(store, &rollout, put.state, "");
    return err ? err : rollout_answer(store, id, false, answer);
}
