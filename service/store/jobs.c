/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long-running operations as work to be done: begun, taken, carried out, ended.
 * Source: docs/spec/store.md, "operations that run on".
 *
 * OPERATION_RUN carries the kept request out and ends the operation in one
 * transaction: whoever comes second, after a crash or on another replica, finds
 * it ended.  A lease only keeps two from doing the same work at once, and says when
 * somebody else may: the effect is single without it.  While the transaction itself is under way nobody else may, however
 * long it takes: on PostgreSQL by an advisory lock of that transaction (SQL_AT_WORK).
 *
 *   begun --TAKE, RUN--> ended          a kill anywhere before the end: begun still,
 *     ^                                  with a lease that runs out; on a database of
 *     +--- lease over                    one service (SQLite) the next start need not wait
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guid.h"
#include "service/store/database/chunks.h"
#include "service/store/operations.h"

enum {
    KEEP_MS = 7 * 86400 * 1000, /* 604,800,000: fits an int */
    LEASE_MS = 10 * 1000,
};

static const uint8_t no_id[16];

/* -- the kept request ---------------------------------------------------------- */

/* Chunks are bound to the operation, and to not being an image's. */
static void request_bind(const uint8_t operation[static 16], uint8_t bound[static 32])
{
    memcpy(bound, operation, 16);
    memcpy(bound + 16, "operation\0\0\0\0\0\0", 16);
}

static int request_put(struct store *store, uint64_t id, const uint8_t operation[static 16], struct span request)
{
    static uint8_t sealed[CHUNK_BYTES + VAULT_CHUNK_EXTRA]; /* one thread */
    uint8_t bound[32];
    int err = 0;
    request_bind(operation, bound);
    for (uint64_t number = 0; !err && request.len; number++) {
        size_t len = request.len < CHUNK_BYTES ? request.len : CHUNK_BYTES;
        err = vault_chunk_seal(store->db.vault, bound, number, span_of(request.at, len), sealed);
        if (err)
            break;
        struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_REQUEST_PUT);
        bind_number(s, 1, id);
        bind_number(s, 2, number);
        bind_clear(s, 3, sealed, len + VAULT_CHUNK_EXTRA);
        err = statement_run(&store->db, s);
        request.at += len;
        request.len -= len;
    }
    return err;
}

static int request_chunk(struct store *store, const uint8_t bound[static 32], uint64_t number, struct span sealed,
                         uint8_t **request, size_t *len)
{
    if (sealed.len < VAULT_CHUNK_EXTRA || sealed.len > CHUNK_BYTES + VAULT_CHUNK_EXTRA ||
        *len > STORE_JOB_BYTES_MAX)
        return E_CORRUPT;
    size_t more = sealed.len - VAULT_CHUNK_EXTRA;
    uint8_t *grown = realloc(*request, *len + more + 1);
    if (!grown)
        return E_NOMEM;
    *request = grown;
    int err = vault_chunk_open(store->db.vault, bound, number, sealed, grown + *len);
    if (!err)
        *len += more;
    return err;
}

/* On the heap; E_NOT_FOUND: the operation has none. */
static int request_get(struct store *store, uint64_t id, const uint8_t operation[static 16], uint8_t **request,
                       size_t *len)
{
    uint8_t bound[32];
    uint64_t number = 0;
    int got, err = 0;
    *request = NULL;
    *len = 0;
    request_bind(operation, bound);
    struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_REQUEST_GET);
    bind_number(s, 1, id);
    while (!err && (got = statement_step(&store->db, s)) != 0)
        err = got < 0 ? got : request_chunk(store, bound, number++, column_clear(s, 0), request, len);
    statement_done(s);
    if (!err && number == 0)
        err = E_NOT_FOUND;
    if (err) {
        free(*request);
        *request = NULL;
    }
    return err;
}

/* -- beginning and ending ------------------------------------------------------- */

static int operations_prune(struct store *store)
{
    uint64_t now = database_now_ms(&store->db);
    if (!clock_settled(store))
        return 0;
    struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_PRUNE);
    bind_number(s, 1, now > (uint64_t)KEEP_MS ? now - (uint64_t)KEEP_MS : 0);
    return statement_run(&store->db, s);
}

int job_begin(struct store *store, const struct store_operation_begin *begin, const uint8_t operation[static 16],
              const uint8_t tenant[static 16])
{
    uint64_t now = database_now_ms(&store->db);
    int err = operations_prune(store);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_INSERT);
    bind_bytes(s, 1, operation, 16);
    bind_text(s, 2, begin->subscription);
    bind_text(s, 3, begin->kind);
    bind_number(s, 4, now);
    bind_text(s, 5, begin->principal);
    if (guid_is_zero(tenant))
        bind_number_or_null(s, 6, 0);
    else
        bind_bytes(s, 6, tenant, 16);
    bind_bytes(s, 7, store->runner, sizeof store->runner);
    bind_number(s, 8, now + LEASE_MS);
    err = statement_run(&store->db, s);
    return err ? err : request_put(store, database_inserted(&store->db), operation, begin->request);
}

int op_operation_begin(struct store *store, struct span payload, struct answer *answer)
{
    struct store_operation_begin begin;
    uint8_t operation[16];
    int err = record_parse(&store_operation_begin_type, payload, &begin);
    if (!err && begin.request.len == 0)
        err = E_LIMIT;
    if (!err)
        err = random_guid(operation);
    if (!err)
        err = job_begin(store, &begin, operation, no_id);
    if (!err)
        err = operation_answer(store, operation, begin.subscription, begin.principal, answer);
    return err ? err : answer_rows(answer, true, 0);
}

/* Of one whose request nobody can read, or that has none. */
static enum access_action action_of(struct span kind)
{
    static const struct {
        const char *kind;
        enum access_action action;
    } rows[] = {{"createCatalog", ACCESS_CATALOGS_WRITE},
                {"uploadImage", ACCESS_CATALOGS_UPLOAD},
                {"claimDevices", ACCESS_GROUPS_CLAIM},
                {"deleteResourceGroup", ACCESS_RESOURCE_GROUPS_DELETE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (span_equal(kind, span_of(rows[i].kind, strlen(rows[i].kind))))
            return rows[i].action;
    return ACCESS_NONE;
}

struct job_known {
    uint64_t id, ended_ms;
    char subscription[STORE_TEXT_MAX + 1], kind[STORE_TEXT_MAX + 1], principal[STORE_PRINCIPAL_MAX + 1];
};

static int text_copy(struct span text, char *to, size_t cap)
{
    if (text.len >= cap)
        return E_CORRUPT; /* longer than what was let in */
    if (text.len)
        memcpy(to, text.at, text.len);
    return 0;
}

/* 1, 0: there is none; or an error. */
static int job_known(struct store *store, const uint8_t operation[static 16], struct job_known *known)
{
    struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_FIND);
    *known = (struct job_known){0};
    bind_bytes(s, 1, operation, 16);
    int err = 0, got = statement_step(&store->db, s);
    if (got == 1) {
        known->id = column_number(s, 0);
        known->ended_ms = column_number(s, 1);
        err = text_copy(column_span(s, 2), known->subscription, sizeof known->subscription);
        if (!err)
            err = text_copy(column_span(s, 3), known->kind, sizeof known->kind);
        if (!err)
            err = text_copy(column_span(s, 4), known->principal, sizeof known->principal);
    }
    statement_done(s);
    return err ? err : got;
}

/* The audit log has the end of an operation that OPERATION_RUN did not carry out: by the request as it was kept, else by
 * what is known of the operation. */
static int failure_record(struct store *store, const uint8_t operation[static 16])
{
    static const char outcome[] = "OperationFailed";
    struct job_known known;
    struct store_ask ask;
    uint8_t *request = NULL;
    size_t len;
    char path[2 * STORE_TEXT_MAX], guid[GUID_TEXT_BYTES];
    int got = job_known(store, operation, &known);
    if (got != 1)
        return got;
    int err = request_get(store, known.id, operation, &request, &len);
    if (err == E_IO || err == E_NOMEM)
        return err; /* the request may be there */
    if (!err && record_parse(&store_ask_type, span_of(request, len), &ask) == 0 && ask.caller.action < ACCESS_ACTION_COUNT) {
        err = audit_append(store, &ask.caller, outcome);
    } else {
        struct span kind = span_of(known.kind, strlen(known.kind));
        guid_format(operation, guid);
        int n = snprintf(path, sizeof path, "/subscriptions/%s/providers/Microsoft.AzureSphere/locations/global/operationStatuses/%s",
                         known.subscription, guid);
        const struct store_caller caller = {.principal = span_of(known.principal, strlen(known.principal)),
                                            .action = (uint16_t)action_of(kind),
                                            .path = span_of(path, n < (int)sizeof path ? (size_t)n : sizeof path - 1),
                                            .detail = kind};
        err = audit_append(store, &caller, outcome);
    }
    free(request);
    return err;
}

/* The first end counts. */
static int job_end(struct store *store, const struct store_operation_end *end, uint16_t outcome)
{
    struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_END);
    bind_bytes(s, 1, end->operation, sizeof end->operation);
    bind_number(s, 2, end->status);
    bind_text(s, 3, end->detail);
    bind_number(s, 4, database_now_ms(&store->db));
    bind_number(s, 5, outcome);
    int err = statement_run(&store->db, s);
    if (!err && end->status != 0 && database_changes(&store->db) == 1)
        err = failure_record(store, end->operation);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_OPERATION_REQUEST_DELETE);
    bind_bytes(s, 1, end->operation, sizeof end->operation);
    return statement_run(&store->db, s);
}

int op_operation_end(struct store *store, struct span payload, struct answer *answer)
{
    struct store_operation_end end;
    int err = record_parse(&store_operation_end_type, payload, &end);
    if (!err)
        err = job_end(store, &end, 0);
    return err ? err : answer_rows(answer, false, 0);
}

/* -- carrying out ----------------------------------------------------------------- */

/* From here to the commit nobody takes it, though a lease runs out meanwhile.  Somebody may be at work already: then one
 * of the two commits, and the other finds it ended. */
static int work_begin(struct store *store, const uint8_t operation[static 16])
{
    uint64_t alone;
    struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_AT_WORK);
    bind_bytes(s, 1, operation, 16);
    return number_get(store, s, &alone);
}

static int request_run(struct store *store, uint64_t id, const uint8_t operation[static 16])
{
    struct store_ask ask;
    struct store_operation_end end = {.status = 0};
    struct answer reply = {0};
    uint8_t *request;
    size_t len;
    int outcome = 0, err = work_begin(store, operation);
    if (err)
        return err;
    err = request_get(store, id, operation, &request, &len);
    if (!err)
        err = record_parse(&store_ask_type, span_of(request, len), &ask);
    if (!err)
        err = ask_carry_out(store, &ask, &reply, &outcome);
    answer_release(&reply);
    free(request);
    if (err)
        return err;
    memcpy(end.operation, operation, sizeof end.operation);
    return job_end(store, &end, (uint16_t)-outcome);
}

/* Ended already: the row as it is. */
int op_operation_run(struct store *store, struct span payload, struct answer *answer)
{
    struct store_operation_id run;
    struct job_known known;
    int err = record_parse(&store_operation_id_type, payload, &run);
    if (err)
        return err;
    int got = job_known(store, run.operation, &known);
    if (got != 1)
        return got < 0 ? got : E_NOT_FOUND;
    if (!known.ended_ms)
        err = request_run(store, known.id, run.operation);
    if (!err)
        err = operation_answer(store, run.operation, span_of(known.subscription, strlen(known.subscription)),
                               span_of(NULL, 0), answer);
    return err ? err : answer_rows(answer, false, 0);
}

/* -- going on after somebody else --------------------------------------------------- */

static int job_row(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_job row = {
        .subscription = column_span(s, 1),
        .kind = column_span(s, 2),
        .attempts = (uint16_t)column_number(s, 4),
    };
    column_exact(s, 0, row.operation, sizeof row.operation);
    column_exact(s, 3, row.tenant, sizeof row.tenant);
    row.whole = column_number(s, 5) || !guid_is_zero(row.tenant);
    return answer_add(answer, &store_row_job_type, &row);
}

/* Where nobody else can be at work, what a former process of ours held is free. */
static void due_bind(struct store *store, struct statement *s)
{
    bind_number(s, 1, database_now_ms(&store->db));
    if (database_shared(&store->db))
        bind_number_or_null(s, 2, 0);
    else
        bind_bytes(s, 2, store->runner, sizeof store->runner);
}

int op_operation_due(struct store *store, struct span payload, struct answer *answer)
{
    struct store_operation_id any;
    int got, err = record_parse(&store_operation_id_type, payload, &any);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_DUE);
    due_bind(store, s);
    bind_number(s, 3, STORE_JOBS_DUE_MAX);
    while (!err && (got = statement_step(&store->db, s)) != 0)
        err = got < 0 ? got : job_row(store, s, answer);
    statement_done(s);
    return err ? err : answer_rows(answer, false, 0);
}

int op_operation_take(struct store *store, struct span payload, struct answer *answer)
{
    struct store_operation_id take;
    int err = record_parse(&store_operation_id_type, payload, &take);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_TAKE);
    due_bind(store, s);
    bind_bytes(s, 3, take.operation, sizeof take.operation);
    bind_number(s, 4, database_now_ms(&store->db) + LEASE_MS);
    bind_bytes(s, 5, store->runner, sizeof store->runner);
    err = statement_run(&store->db, s);
    if (!err && database_changes(&store->db) == 1) {
        s = statement_get(&store->db, STATEMENT_OPERATION_JOB);
        bind_bytes(s, 1, take.operation, sizeof take.operation);
        err = row_one(store, s, job_row, answer);
    }
    return err ? err : answer_rows(answer, false, 0);
}

int op_operation_hold(struct store *store, struct span payload, struct answer *answer)
{
    struct store_operation_id hold;
    int err = record_parse(&store_operation_id_type, payload, &hold);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_HOLD);
    bind_bytes(s, 1, hold.operation, sizeof hold.operation);
    bind_number(s, 2, database_now_ms(&store->db) + LEASE_MS);
    bind_bytes(s, 3, store->runner, sizeof store->runner);
    err = statement_run(&store->db, s);
    return err ? err : answer_rows(answer, false, 0);
}
