/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a rollout goes on: steps by the clock, devices counted by what they check and report, and the
 * stop when too many fail.
 * Source: docs/spec/rollouts.md, states and arrows.
 *
 *   event                          from            to          function
 *   PUT                            -               Active      op_rollout_put, op_os_rollout_put
 *   pause, resume, abort           Active, Paused  Paused ...  op_rollout_state, op_os_rollout_state
 *   too many devices failed        Active, Paused  Stopped     judge
 *   a step's time is over          Active          Active      step_next
 *   the last step's time is over   Active          Completed   complete of the kind
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "abi/device_api.h"
#include "abi/monitor_call.h"
#include "lib/crypto.h"
#include "lib/guid.h"
#include "service/store/rollouts.h"

enum { OFFERED = 1, UPDATED = 2, FAILED = 3 }; /* of a device; the numbers are stored */

enum {
    SILENCE_ROWS = 500,        /* devices looked at in one go */
    SILENCE_ROLLOUTS = 20,     /* and rollouts */
    SILENCE_PAUSE_MS = 60000,  /* between looks at all of them, at most */
};

static const struct rollout_kind *const kinds[] = {&rollout_of_applications, &rollout_of_os};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* A device's bucket is its own in every rollout, and the same throughout one: a larger share
 * holds all devices of a smaller one, and not the same devices are first each time. */
bool rollout_reaches(const uint8_t rollout[static 16], const uint8_t device_id[static 64], uint64_t share)
{
    uint8_t digest[SHA256_BYTES];
    const struct span parts[] = {span_of(rollout, 16), span_of(device_id, 64)};
    if (crypto_sha256(parts, 2, digest) != 0)
        return false;
    uint32_t number = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
    return number % ROLLOUT_BUCKETS < share;
}

/* -- rows ------------------------------------------------------------------------ */

static void row_read(struct statement *s, struct store_row_rollout *row)
{
    column_exact(s, 2, row->rollout, sizeof row->rollout);
    row->state = (uint16_t)column_number(s, 3);
    row->steps = column_span(s, 4);
    row->step = (uint32_t)column_number(s, 5);
    row->share = (uint32_t)column_number(s, 6);
    row->soak_s = (uint32_t)column_number(s, 7);
    row->threshold = (uint16_t)column_number(s, 8);
    row->minimum = (uint32_t)column_number(s, 9);
    row->offered = (uint32_t)column_number(s, 10);
    row->updated = (uint32_t)column_number(s, 11);
    row->failed = (uint32_t)column_number(s, 12);
    row->reason = column_span(s, 13);
    row->created_by = column_span(s, 14);
    row->created_ms = column_number(s, 15);
    row->changed_ms = column_number(s, 16);
    row->silent_checks = (uint32_t)column_number(s, 17);
    row->silent = (uint32_t)column_number(s, 18);
}

int rollout_row_add(struct store *store, struct statement *s, struct store_row_rollout *row, enum statement_id images,
                    uint64_t of, struct answer *answer)
{
    struct answer set = {0};
    int err = images_of(store, images, of, &set);
    row_read(s, row);
    row->images = span_of(set.at, set.len);
    if (!err)
        err = answer_add(answer, &store_row_rollout_type, row);
    answer_release(&set);
    return err;
}

int rollout_answer(struct store *store, const struct rollout_kind *kind, uint64_t id, bool created, struct answer *answer)
{
    struct statement *s = statement_get(&store->db, kind->row);
    bind_number(s, 1, id);
    int err = row_one(store, s, kind->row_add, answer);
    return err ? err : answer_rows(answer, created, 0);
}

int rollout_found(struct store *store, struct statement *s, uint64_t *id, uint64_t *state)
{
    int got = statement_step(&store->db, s);
    *id = got == 1 ? column_number(s, 0) : 0;
    *state = got == 1 ? column_number(s, 1) : 0;
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

void rollout_bind(struct store *store, struct statement *s, const struct store_rollout_put *put,
                  const uint8_t name[static 16], const char *steps)
{
    bind_bytes(s, 1, name, 16);
    bind_text(s, 3, span_of(steps, strlen(steps)));
    bind_number(s, 4, (uint64_t)put->step[0].of * ROLLOUT_BUCKETS_A_PERCENT);
    bind_number(s, 5, put->soak_s);
    bind_number(s, 6, put->threshold);
    bind_number(s, 7, put->minimum);
    bind_number(s, 8, database_now_ms(&store->db));
    bind_text(s, 9, store->caller ? store->caller->principal : span_of(NULL, 0));
}

int rollout_steps_write(const struct store_rollout_put *put, char text[static STORE_TEXT_MAX])
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

int rollout_load(struct store *store, const struct rollout_kind *kind, uint64_t id, struct rollout *rollout)
{
    struct statement *s = statement_get(&store->db, kind->load);
    bind_number(s, 1, id);
    int got = statement_step(&store->db, s);
    *rollout = (struct rollout){.id = id};
    if (got == 1) {
        column_exact(s, 0, rollout->name, sizeof rollout->name);
        rollout->state = column_number(s, 1);
        steps_read(column_span(s, 2), rollout);
        rollout->step = column_number(s, 3);
        rollout->share = column_number(s, 4);
        rollout->threshold = column_number(s, 5);
        rollout->minimum = column_number(s, 6);
        rollout->offered = column_number(s, 7);
        rollout->failed = column_number(s, 8);
        rollout->silent = column_number(s, 9);
        rollout->silent_checks = column_number(s, 10);
        rollout->goal = column_number(s, 11);
    }
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

/* -- changes ----------------------------------------------------------------------- */

int rollout_state_set(struct store *store, const struct rollout_kind *kind, const struct rollout *rollout,
                      uint16_t state, const char *reason)
{
    struct statement *s = statement_get(&store->db, kind->state);
    bind_number(s, 1, rollout->id);
    bind_number(s, 2, state);
    bind_text(s, 3, span_of(reason, strlen(reason)));
    bind_number(s, 4, database_now_ms(&store->db));
    int err = statement_run(&store->db, s);
    return err ? err : kind->touch(store, rollout);
}

int rollout_state_ask(struct store *store, const struct rollout_kind *kind, uint64_t id, uint16_t state)
{
    struct rollout rollout;
    if (state != ROLLOUT_ACTIVE && state != ROLLOUT_PAUSED && state != ROLLOUT_ABORTED)
        return E_RANGE;
    int err = rollout_load(store, kind, id, &rollout);
    if (err || rollout.state == state)
        return err;
    if (rollout.state != ROLLOUT_ACTIVE && rollout.state != ROLLOUT_PAUSED)
        return E_CONFLICT;
    return rollout_state_set(store, kind, &rollout, state, "");
}

int rollout_record(struct store *store, const struct rollout_kind *kind, const struct rollout *rollout,
                   const char *detail)
{
    char path[64], guid[GUID_TEXT_BYTES];
    guid_format(rollout->name, guid);
    snprintf(path, sizeof path, "%s/%s", kind->folder, guid);
    const struct store_caller caller = {
        .principal = span_of("perisphered", 11), .action = kind->action,
        .path = span_of(path, strlen(path)), .detail = span_of(detail, strlen(detail))};
    return audit_append(store, &caller, "Succeeded");
}

static int judge(struct store *store, const struct rollout_kind *kind, uint64_t id)
{
    struct rollout rollout;
    char reason[160], silent[48] = "";
    int err = rollout_load(store, kind, id, &rollout);
    if (err || (rollout.state != ROLLOUT_ACTIVE && rollout.state != ROLLOUT_PAUSED) ||
        rollout.offered < rollout.minimum || rollout.failed * 100 <= rollout.threshold * rollout.offered)
        return err;
    if (rollout.silent)
        snprintf(silent, sizeof silent, " (%" PRIu64 " fell silent)", rollout.silent);
    snprintf(reason, sizeof reason, "%" PRIu64 " of %" PRIu64 " devices failed%s, more than %" PRIu64 " per cent",
             rollout.failed, rollout.offered, silent, rollout.threshold);
    err = rollout_state_set(store, kind, &rollout, ROLLOUT_STOPPED, reason);
    return err ? err : rollout_record(store, kind, &rollout, reason);
}

/* -- devices ----------------------------------------------------------------------- */

/* How a device stands in a rollout; state 0: it was not offered it. */
struct part {
    uint64_t state, silent, since_s;
};

static int part_get(struct store *store, const struct rollout_kind *kind, uint64_t rollout, uint64_t device,
                    struct part *part)
{
    struct statement *s = statement_get(&store->db, kind->device_get);
    bind_number(s, 1, rollout);
    bind_number(s, 2, device);
    int got = statement_step(&store->db, s);
    *part = (struct part){0};
    if (got == 1)
        *part = (struct part){column_number(s, 0), column_number(s, 1), column_number(s, 2)};
    statement_done(s);
    return got < 0 ? got : 0;
}

static int part_set(struct store *store, const struct rollout_kind *kind, uint64_t rollout, uint64_t device,
                    const struct part *before, uint64_t state, bool silent)
{
    struct statement *s = statement_get(&store->db, kind->device_set);
    bind_number(s, 1, rollout);
    bind_number(s, 2, device);
    bind_number(s, 3, state);
    bind_number(s, 4, silent);
    bind_number(s, 5, state == before->state ? before->since_s : database_now_ms(&store->db) / 1000);
    int err = statement_run(&store->db, s);
    if (!err && before->silent) { /* it is heard of again: counted as what it is */
        s = statement_get(&store->db, kind->heard);
        bind_number(s, 1, rollout);
        bind_number(s, 2, state != FAILED);
        err = statement_run(&store->db, s);
    }
    if (err)
        return err;
    bool failed = (state == FAILED && !before->silent) || silent;
    s = statement_get(&store->db, kind->count);
    bind_number(s, 1, rollout);
    bind_number(s, 2, before->state == 0);
    bind_number(s, 3, before->state < UPDATED && state == UPDATED);
    bind_number(s, 4, failed);
    bind_number(s, 5, silent);
    err = statement_run(&store->db, s);
    /* One device more may be what it takes to judge those that failed before. */
    return !err && (failed || before->state == 0) ? judge(store, kind, rollout) : err;
}

/* A device that had it and has it no longer went back by itself. */
static uint64_t state_after(uint64_t state, bool has_it)
{
    return state == FAILED ? FAILED : has_it ? UPDATED : state == UPDATED ? FAILED : OFFERED;
}

bool rollout_news(uint64_t state, bool silent, bool has_it) { return silent || state_after(state, has_it) != state; }

/* Writes only where something changed: a fleet that polls costs nothing. */
int rollout_seen(struct store *store, const struct rollout_kind *kind, uint64_t rollout, uint64_t device, bool has_it)
{
    struct part before;
    int err = part_get(store, kind, rollout, device, &before);
    if (err || !rollout_news(before.state, before.silent != 0, has_it))
        return err;
    return part_set(store, kind, rollout, device, &before, state_after(before.state, has_it), false);
}

static bool is_failure(const struct store_event *event)
{
    return event->category == EVENT_APP_CRASH || event->category == EVENT_APP_CRASH_REGISTERS ||
           event->category == EVENT_UPDATE_REFUSED || (event->category == EVENT_APP_EXIT && event->exit_code != 0);
}

/* A kernel that ended, or a system that did not stay, is the fault of the OS that the device runs or tried. */
static bool is_os_failure(const struct store_event *event, const struct part *part, uint64_t now_s)
{
    if (event->category == EVENT_UPDATE_REFUSED)
        return event->exit_code == MONITOR_UNDONE;
    return event->category == EVENT_KERNEL_RESET && part->state == UPDATED && (event->last_s >= part->since_s || part->since_s > now_s);
}

/* Only what names an image of the rollout: another application's crash is not its fault.  An
 * update that was refused may name no image: then the component. */
static int is_named(struct store *store, const struct rollout_kind *kind, uint64_t rollout, const struct store_event *event)
{
    static const uint8_t none[16];
    struct statement *s = statement_get(&store->db, kind->has);
    bind_number(s, 1, rollout);
    bind_bytes(s, 2, event->image, sizeof event->image);
    bind_bytes(s, 3, event->category == EVENT_UPDATE_REFUSED ? event->component : none, 16);
    int got = statement_step(&store->db, s);
    statement_done(s);
    return got;
}

static int report_take(struct store *store, const struct rollout_kind *kind, uint64_t device,
                       const struct store_event *event)
{
    struct part before;
    struct statement *s = statement_get(&store->db, kind->of_device);
    bind_number(s, 1, device);
    int got = statement_step(&store->db, s);
    uint64_t rollout = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    if (got != 1)
        return got;
    int err = part_get(store, kind, rollout, device, &before);
    if (err || before.state == FAILED)
        return err;
    uint64_t now_s = database_now_ms(&store->db) / 1000;
    got = kind == &rollout_of_os && is_os_failure(event, &before, now_s) ? 1
          : is_failure(event)                                     ? is_named(store, kind, rollout, event)
                                                                  : 0;
    return got == 1 ? part_set(store, kind, rollout, device, &before, FAILED, false) : got;
}

int rollout_report(struct store *store, uint64_t device, const struct store_event *event)
{
    int err = 0;
    if (!is_failure(event) && event->category != EVENT_KERNEL_RESET)
        return 0;
    for (size_t i = 0; !err && i < KINDS; i++)
        err = report_take(store, kinds[i], device, event);
    return err;
}

/* -- the clock --------------------------------------------------------------------- */

/* A step that began later than now begins now. */
static int steps_again(struct store *store)
{
    int err = 0;
    clock_look(store);
    for (size_t i = 0; !err && i < KINDS; i++) {
        struct statement *s = statement_get(&store->db, kinds[i]->again);
        bind_number(s, 1, store->clock.wall_ms);
        bind_number(s, 2, CLOCK_SET_MS);
        err = statement_run(&store->db, s);
    }
    return err;
}

/* -- silence ----------------------------------------------------------------------- */

/* The next rollout of the kind that counts silent devices; id 0: none. */
static int listens_next(struct store *store, struct rollout_silence *silence)
{
    struct statement *s = statement_get(&store->db, kinds[silence->kind]->listens);
    bind_number(s, 1, silence->rollout);
    int got = statement_step(&store->db, s);
    silence->rollout = got == 1 ? column_number(s, 0) : 0;
    silence->checks = got == 1 ? column_number(s, 1) : 0;
    silence->device = 0;
    statement_done(s);
    return got < 0 ? got : 0;
}

/* SILENCE_ROWS devices of the rollout at hand; *whole: these were the last ones. */
static int silence_part(struct store *store, struct rollout_silence *silence, bool *whole)
{
    const struct rollout_kind *kind = kinds[silence->kind];
    struct {
        uint64_t device;
        struct part part;
    } quiet[SILENCE_ROWS];
    size_t count = 0, rows = 0;
    uint64_t now_s = database_now_ms(&store->db) / 1000, wait_s = silence->checks * store->check_interval_s;
    int got, err = 0;
    *whole = true;
    if (clock_good_ms(store) < wait_s * 1000)
        return 0;
    struct statement *s = statement_get(&store->db, kind->hears);
    bind_number(s, 1, silence->rollout);
    bind_number(s, 2, silence->device);
    bind_number(s, 3, SILENCE_ROWS);
    bind_number(s, 4, now_s > wait_s ? now_s - wait_s : 0);
    for (; (got = statement_step(&store->db, s)) == 1 && rows < SILENCE_ROWS; rows++) {
        silence->device = column_number(s, 0);
        if (column_number(s, 2)) {
            quiet[count].device = column_number(s, 0);
            quiet[count++].part = (struct part){.state = column_number(s, 1), .since_s = column_number(s, 3)};
        }
    }
    statement_done(s);
    *whole = rows < SILENCE_ROWS;
    if (got < 0)
        return got;
    for (size_t i = 0; !err && i < count; i++)
        err = part_set(store, kind, silence->rollout, quiet[i].device, &quiet[i].part, quiet[i].part.state, true);
    return err;
}

/* Devices of all rollouts, some at a time; and then nothing for a minute.  Where it stands is this
 * process's alone: what it passes over when a transaction is undone, the next look finds. */
static int silence_look(struct store *store)
{
    struct rollout_silence *silence = &store->silence;
    uint64_t now_ms = database_steady_ms(&store->db);
    bool whole = true;
    unsigned rollouts = 0;
    int err = 0;
    if (now_ms < silence->next_ms)
        return 0;
    if (silence->rollout)
        err = silence_part(store, silence, &whole);
    while (!err && whole && silence->kind < KINDS && rollouts++ < SILENCE_ROLLOUTS) {
        err = listens_next(store, silence);
        if (!err && silence->rollout)
            err = silence_part(store, silence, &whole);
        else
            silence->kind++;
    }
    uint64_t pause_ms = store->check_interval_s * UINT64_C(1000);
    if (silence->kind == KINDS)
        *silence = (struct rollout_silence){.next_ms = now_ms + (pause_ms < SILENCE_PAUSE_MS ? pause_ms : SILENCE_PAUSE_MS)};
    return err;
}

/* -- steps ------------------------------------------------------------------------- */

static int step_next(struct store *store, const struct rollout_kind *kind, const struct rollout *rollout)
{
    char detail[64];
    uint64_t step = rollout->step + 1;
    struct statement *s = statement_get(&store->db, kind->step);
    bind_number(s, 1, rollout->id);
    bind_number(s, 2, step);
    bind_number(s, 3, (uint64_t)rollout->percent[step] * ROLLOUT_BUCKETS_A_PERCENT);
    bind_number(s, 4, database_now_ms(&store->db));
    int err = statement_run(&store->db, s);
    if (!err)
        err = kind->touch(store, rollout);
    snprintf(detail, sizeof detail, "step %" PRIu64 ": %u per cent", step + 1, rollout->percent[step]);
    return err ? err : rollout_record(store, kind, rollout, detail);
}

/* A step that was offered to nobody says nothing before every device has had the time to ask: an interval,
 * and the tenth of it that devices add. */
static int step_due(struct store *store, const struct rollout_kind *kind, bool *more)
{
    struct rollout rollout;
    struct statement *s = statement_get(&store->db, kind->due);
    bind_number(s, 1, database_now_ms(&store->db));
    bind_number(s, 2, clock_good_ms(store));
    bind_number(s, 3, store->check_interval_s * UINT64_C(1100));
    int got = statement_step(&store->db, s);
    uint64_t id = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    *more |= got == 1;
    if (got != 1)
        return got;
    int err = rollout_load(store, kind, id, &rollout);
    if (err)
        return err;
    return rollout.step + 1 < rollout.steps ? step_next(store, kind, &rollout) : kind->complete(store, &rollout);
}

int rollouts_step(struct store *store, bool *more)
{
    *more = false;
    int err = steps_again(store);
    if (!err)
        err = silence_look(store);
    for (size_t i = 0; !err && i < KINDS; i++)
        err = step_due(store, kinds[i], more);
    return err;
}

/* -- figures ----------------------------------------------------------------------- */

int rollouts_count(struct store *store, struct store_rollout_figures figures[static STORE_ROLLOUT_KINDS])
{
    _Static_assert((int)KINDS == (int)STORE_ROLLOUT_KINDS, "one row of figures a kind");
    int got = 0;
    for (size_t i = 0; i < KINDS && got >= 0; i++) {
        struct statement *s = statement_get(&store->db, kinds[i]->states);
        while ((got = statement_step(&store->db, s)) == 1) {
            uint64_t state = column_number(s, 0);
            if (state >= STORE_ROLLOUT_STATES)
                continue;
            figures[i].rollouts[state] = column_number(s, 1);
            if (state != ROLLOUT_ACTIVE && state != ROLLOUT_PAUSED)
                continue;
            figures[i].offered += column_number(s, 2);
            figures[i].updated += column_number(s, 3);
            figures[i].failed += column_number(s, 4);
            figures[i].silent += column_number(s, 5);
        }
        statement_done(s);
    }
    return got;
}
