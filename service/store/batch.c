/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/batch.h"

#include <stdlib.h>
#include <string.h>

enum { TOGETHER_MAX = 3 }; /* times the whole batch is tried again before each goes alone */

void batch_init(struct batch *batch, struct store *store,
                void (*reply)(void *token, int status, struct span payload))
{
    memset(batch, 0, sizeof *batch);
    batch->store = store;
    batch->reply = reply;
}

/* Once a batch: those that came in before it are written, later ones wait.  count: so many of them. */
static int checkins_due(struct batch *batch, size_t count)
{
    if (batch->checkins_written || count == 0)
        return 0;
    int err = checkins_write(batch->store, count);
    if (!err)
        batch->checkins_written = count;
    return err;
}

/* What rides along with a request: a few, so that who asks sees them at once; many wait for their sweep,
 * unless there will soon be no room for those of this batch. */
static size_t checkins_riding(const struct store *store, enum store_access access)
{
    bool full = store->checkin_count >= STORE_CHECKINS_FULL;
    return full || (access != ACCESS_QUICK && store->checkin_count <= STORE_CHECKINS_FEW) ? store->checkin_count : 0;
}

static int carry_out(struct batch *batch, const struct store_operation *operation, struct span payload,
                     struct answer *answer)
{
    struct store *store = batch->store;
    int err = 0;
    clock_look(store);
    if (!store->db.open)
        err = database_begin(&store->db);
    if (!err)
        err = checkins_due(batch, checkins_riding(store, operation->access));
    if (!err)
        err = database_mark(&store->db);
    if (err)
        return err;
    store->db.damaged = false;
    err = operation->run(store, payload, answer);
    if (!err && store->db.damaged)
        err = E_CORRUPT;
    if (!err)
        err = database_keep(&store->db);
    if (!err)
        return 0;
    answer_release(answer);
    if (!store->db.again && database_undo(&store->db) != 0)
        database_rollback(&store->db);
    return err;
}

/* Fills in what came of it; false: the transaction has to be carried out again. */
static bool entry_run(struct batch *batch, struct batch_entry *entry, struct span payload)
{
    struct database *db = &batch->store->db;
    entry->status = carry_out(batch, entry->operation, payload, &entry->answer);
    if (entry->status)
        answer_release(&entry->answer);
    else
        batch->changed |= entry->operation->access == ACCESS_WRITE;
    return !db->again;
}

/* The transaction is gone (SQLite ends it by itself on a full disk or an I/O
 * error): what the batch did before is gone with it. */
static void batch_fail(struct batch *batch, int err)
{
    database_rollback(&batch->store->db);
    batch->checkins_written = 0;
    for (size_t i = 0; i < batch->count && batch->changed; i++)
        if (batch->at[i].status == 0) {
            batch->at[i].status = err;
            answer_release(&batch->at[i].answer);
        }
}

static int request_keep(struct batch *batch, struct batch_entry *entry, struct span payload)
{
    if (!database_shared(&batch->store->db) || payload.len == 0)
        return 0;
    entry->request = malloc(payload.len);
    if (!entry->request)
        return E_NOMEM;
    memcpy(entry->request, payload.at, payload.len);
    entry->request_len = payload.len;
    return 0;
}

static void entry_take(struct batch *batch, struct batch_entry *entry, struct span payload)
{
    if (batch->again)
        return;
    batch->again = !entry_run(batch, entry, payload);
    if (!batch->again && entry->status && !batch->store->db.open)
        batch_fail(batch, entry->status);
}

bool batch_take(struct batch *batch, const struct store_operation *operation, struct span payload, void *token)
{
    struct batch_entry *entry = &batch->at[batch->count++];
    *entry = (struct batch_entry){.token = token, .operation = operation};
    entry->status = request_keep(batch, entry, payload);
    if (entry->status)
        entry->operation = NULL; /* answered; never carried out */
    else if (operation->ahead && database_shared(&batch->store->db)) {
        entry->waits = true;
        entry->ahead = operation->ahead;
    } else
        entry_take(batch, entry, payload);
    batch->bytes += entry->answer.len + entry->request_len;
    return batch->count == BATCH_REQUESTS_MAX || batch->bytes > BATCH_BYTES_MAX;
}

/* -- ahead ----------------------------------------------------------------- */

static struct span request_of(const struct batch_entry *entry)
{
    return span_of(entry->request, entry->request_len);
}

/* Those that are looked at in one way, in order. */
struct looking {
    struct store *store;
    const struct store_ahead *ahead;
    size_t count;
    struct batch_entry *entry[BATCH_REQUESTS_MAX];
};

static void looking_bind(void *context, size_t at, struct statement *s)
{
    const struct looking *looking = context;
    looking->ahead->bind(s, request_of(looking->entry[at]));
}

static int looking_row(void *context, size_t at, struct statement *s, bool found)
{
    struct looking *looking = context;
    struct batch_entry *entry = looking->entry[at];
    looking->store->db.damaged = false;
    enum store_ahead_end end =
        looking->ahead->answer(looking->store, s, found, request_of(entry), &entry->answer, &entry->status);
    entry->waits = end != AHEAD_ANSWERED;
    entry->ahead = end == AHEAD_LOOK_ON ? looking->ahead->on : NULL;
    if (!entry->waits && !entry->status && looking->store->db.damaged)
        entry->status = E_CORRUPT;
    if (entry->waits || entry->status)
        answer_release(&entry->answer);
    return 0;
}

/* Inside a transaction an error ends all that is in it, so that all has to be carried out again; outside it
 * means nothing: those that wait are carried out. */
static void look(struct batch *batch, const struct store_ahead *ahead)
{
    static struct looking looking; /* one thread */
    struct database *db = &batch->store->db;
    const struct statement_each each = {.context = &looking, .bind = looking_bind, .row = looking_row};
    looking.store = batch->store;
    looking.ahead = ahead;
    looking.count = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->at[i].waits && batch->at[i].ahead == ahead)
            looking.entry[looking.count++] = &batch->at[i];
    if (!looking.count)
        return;
    int err = statement_each(db, ahead->statement(batch->store), looking.count, &each);
    for (size_t i = 0; err && i < looking.count; i++)
        looking.entry[i]->ahead = NULL;
    if (err && db->open)
        batch->again = db->again = true;
}

/* All that wait are answered, or carried out. */
static void ahead_take(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct store_operation *operation = batch->at[i].operation;
        if (!batch->at[i].waits)
            continue;
        if (batch->store->checkin_count + batch->count < STORE_CHECKINS_FULL)
            for (const struct store_ahead *ahead = operation->ahead; ahead && !batch->again; ahead = ahead->on)
                look(batch, ahead);
        for (size_t k = i; k < batch->count; k++) {
            struct batch_entry *entry = &batch->at[k];
            if (!entry->waits || entry->operation != operation)
                continue;
            entry->waits = false;
            entry_take(batch, entry, request_of(entry));
        }
    }
}

/* -- again ----------------------------------------------------------------- */

/* What is done here is one transaction, whoever of from to end takes part. */
static int run_once(struct batch *batch, size_t from, size_t end)
{
    struct database *db = &batch->store->db;
    size_t written = batch->checkins_written;
    batch->changed = false;
    int err = database_begin(db);
    if (!err)
        err = checkins_due(batch, checkins_riding(batch->store, ACCESS_READ));
    for (size_t i = from; !err && i < end; i++) {
        struct batch_entry *entry = &batch->at[i];
        answer_release(&entry->answer);
        if (!entry->operation)
            continue;
        if (!entry_run(batch, entry, request_of(entry)) || (entry->status && !db->open))
            err = entry->status;
    }
    if (!err && db->open)
        err = database_commit(db, batch->changed || batch->checkins_written != written);
    if (!err)
        return 0;
    database_rollback(db);
    batch->checkins_written = written;
    return err;
}

/* Until it goes through, or would not.  attempts: at most. */
static int run_until(struct batch *batch, size_t from, size_t end, unsigned attempts)
{
    int err = E_BUSY;
    for (unsigned attempt = 0; err && attempt < attempts && database_again(&batch->store->db, attempt); attempt++)
        err = run_once(batch, from, end);
    return err;
}

static void entries_fail(struct batch *batch, size_t from, size_t end, int err)
{
    for (size_t i = from; i < end; i++)
        if (batch->at[i].operation) {
            batch->at[i].status = err;
            answer_release(&batch->at[i].answer);
        }
}

static int batch_again(struct batch *batch)
{
    struct database *db = &batch->store->db;
    database_rollback(db);
    batch->checkins_written = 0;
    int err = run_until(batch, 0, batch->count, TOGETHER_MAX);
    if (!err || !db->again) {
        if (err)
            entries_fail(batch, 0, batch->count, err);
        return err;
    }
    for (size_t i = 0; i < batch->count; i++) {
        db->again = true; /* one more chance for each, whatever became of the one before */
        err = run_until(batch, i, i + 1, UINT32_MAX);
        size_t end = err == E_NETWORK ? batch->count : i + 1; /* nobody will fare better */
        if (err)
            entries_fail(batch, i, end, err);
        i = end - 1;
    }
    return 0;
}

/* -- the end ----------------------------------------------------------------- */

static int commit(struct batch *batch)
{
    struct database *db = &batch->store->db;
    int err = 0;
    ahead_take(batch);
    if (!batch->again && db->open) {
        err = database_commit(db, batch->changed || (batch->checkins_written && !db->lax));
        batch->again = err && db->again;
    }
    if (batch->again)
        err = batch_again(batch);
    else if (err)
        batch_fail(batch, err);
    batch->again = false;
    if (!err) {
        checkins_forget(batch->store, batch->checkins_written);
        batch->checkins_written = 0;
    }
    return err;
}

int batch_end(struct batch *batch)
{
    int err = commit(batch);
    doomed_remove(batch->store);
    /* reply() may not come back into the batch: channels defer their callbacks. */
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *entry = &batch->at[i];
        batch->reply(entry->token, entry->status, span_of(entry->answer.at, entry->answer.len));
        answer_release(&entry->answer);
        free(entry->request);
    }
    batch->count = 0;
    batch->bytes = 0;
    batch->changed = false;
    return err;
}

int batch_flush(struct batch *batch)
{
    struct database *db = &batch->store->db;
    int err = 0;
    ahead_take(batch); /* what one of them writes is not to be lax */
    if (batch->again)
        return batch_end(batch);
    if (!db->open)
        err = database_begin_lax(db);
    if (!err)
        err = checkins_due(batch, checkins_slice(batch->store));
    if (err && db->again) {
        batch->again = true;
        err = 0;
    } else if (err) {
        batch_fail(batch, err);
    }
    int end = batch_end(batch);
    return err ? err : end;
}
