/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Group commit: the requests that wait at one moment share one transaction.
 * Source: docs/spec/store.md, "durability".
 *
 * batch_take() carries a request out at once, inside its own savepoint, and keeps
 * the reply; batch_end() commits and only then hands out every reply through
 * reply().  When the commit fails, every request of the batch gets the error and
 * nothing of it is stored: no reply ever speaks of work that is not on disk.
 * Only a batch of mere reads is answered all the same: what could not be written
 * are check-ins, which wait in memory.
 *
 * Requests of an operation that can mostly be answered ahead (struct store_ahead) wait for the end of the
 * batch where the database is elsewhere, and then share one journey to it, outside of a transaction
 * unless one is open; those that it does not answer are carried out like the others.
 *
 * A shared database may refuse a transaction because it met another one, or the
 * connection may go.  Then the batch is carried out again, from copies of its
 * requests; when it keeps meeting others, each request in a transaction of its own.
 */
#ifndef PERI_SERVICE_STORE_BATCH_H
#define PERI_SERVICE_STORE_BATCH_H

#include "service/store/operations.h"

enum {
    BATCH_REQUESTS_MAX = 256,
    BATCH_BYTES_MAX = 8 << 20, /* of replies, and of requests that are kept, in memory */
};

struct batch_entry {
    void *token;
    const struct store_operation *operation;
    uint8_t *request; /* the copy, where the batch may have to be carried out again */
    size_t request_len;
    bool waits; /* for the end of the batch, to be answered ahead */
    const struct store_ahead *ahead; /* how it is to be looked at next; NULL: it is to be carried out */
    int status;
    struct answer answer;
};

struct batch {
    struct store *store;
    void (*reply)(void *token, int status, struct span payload);
    size_t count, bytes;
    size_t checkins_written;
    bool changed; /* by a request of this batch */
    bool again;   /* to be carried out again: until then requests are only kept */
    struct batch_entry at[BATCH_REQUESTS_MAX];
};

void batch_init(struct batch *batch, struct store *store,
                void (*reply)(void *token, int status, struct span payload));
/* token comes back in reply() exactly once.  True: batch_end() is due now. */
bool batch_take(struct batch *batch, const struct store_operation *operation, struct span payload, void *token);
/* Commits and answers; harmless when nothing waits.  0 or the commit's error. */
int batch_end(struct batch *batch) MUST_CHECK;
/* Writes the check-ins that wait, for the timer: for themselves, where no request is under way. */
int batch_flush(struct batch *batch) MUST_CHECK;

#endif
