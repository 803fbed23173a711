/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/batch.h"

#include <string.h>

void batch_init(struct batch *batch, struct store *store,
                void (*reply)(void *token, int status, struct span payload))
{
    memset(batch, 0, sizeof *batch);
    batch->store = store;
    batch->reply = reply;
}

/* Once a batch: those that came in before it are written, later ones wait. */
static int checkins_due(struct batch *batch)
{
    if (batch->checkins_written || batch->store->checkin_count == 0)
        return 0;
    int err = checkins_write(batch->store);
    if (!err)
        batch->checkins_written = batch->store->checkin_count;
    return err;
}

static int carry_out(struct batch *batch, const struct store_operation *operation, struct span payload,
                     struct answer *answer)
{
    struct store *store = batch->store;
    int err = 0;
    if (!store->db.open)
        err = database_begin(&store->db);
    if (!err && (operation->access != ACCESS_QUICK || store->checkin_count == STORE_CHECKINS_MAX))
        err = checkins_due(batch);
    if (!err)
        err = database_mark(&store->db);
    if (err)
        return err;
    err = operation->run(store, payload, answer);
    if (!err)
        err = database_keep(&store->db);
    if (!err)
        return 0;
    answer_release(answer);
    if (database_undo(&store->db) != 0)
        database_rollback(&store->db);
    return err;
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

bool batch_take(struct batch *batch, const struct store_operation *operation, struct span payload, void *token)
{
    struct batch_entry *entry = &batch->at[batch->count];
    *entry = (struct batch_entry){.token = token};
    int err = carry_out(batch, operation, payload, &entry->answer);
    entry->status = err;
    if (err)
        answer_release(&entry->answer);
    else
        batch->changed |= operation->access == ACCESS_WRITE;
    batch->count++;
    batch->bytes += entry->answer.len;
    if (err && !batch->store->db.open)
        batch_fail(batch, err);
    return batch->count == BATCH_REQUESTS_MAX || batch->bytes > BATCH_BYTES_MAX;
}

static void checkins_forget(struct batch *batch)
{
    struct store *store = batch->store;
    size_t written = batch->checkins_written;
    memmove(store->checkin, store->checkin + written,
            (store->checkin_count - written) * sizeof store->checkin[0]);
    store->checkin_count -= written;
    batch->checkins_written = 0;
}

int batch_end(struct batch *batch)
{
    int err = 0;
    if (batch->store->db.open)
        err = database_commit(&batch->store->db, batch->changed || batch->checkins_written);
    if (err)
        batch_fail(batch, err);
    else
        checkins_forget(batch);
    doomed_remove(batch->store);
    /* reply() may not come back into the batch: channels defer their callbacks. */
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *entry = &batch->at[i];
        batch->reply(entry->token, entry->status, span_of(entry->answer.at, entry->answer.len));
        answer_release(&entry->answer);
    }
    batch->count = 0;
    batch->bytes = 0;
    batch->changed = false;
    return err;
}

int batch_flush(struct batch *batch)
{
    int err = 0;
    if (!batch->store->db.open)
        err = database_begin(&batch->store->db);
    if (!err)
        err = checkins_due(batch);
    if (err)
        batch_fail(batch, err);
    int end = batch_end(batch);
    return err ? err : end;
}
