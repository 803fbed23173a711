/* SPDX-License-Identifier: BSD-2-Clause */
/* The audit log: rows are only added, each with the digest that chains it to the
 * one before (lib/audit.h); the oldest go with a checkpoint that says where the chain is to be taken up. */
#include <string.h>

#include "lib/audit.h"
#include "service/store/operations.h"

/* The highest record that a statement finds, and its digest. */
static int highest_get(struct store *store, enum statement_id id, uint64_t *sequence, uint8_t digest[static 32])
{
    struct statement *s = statement_get(&store->db, id);
    int got = statement_step(&store->db, s);
    *sequence = 0;
    memset(digest, 0, 32);
    if (got == 1) {
        *sequence = column_number(s, 0);
        column_exact(s, 1, digest, 32);
    }
    statement_done(s);
    return got < 0 ? got : 0;
}

/* Of the log, or, where all that was in it went, of what went. */
static int head_get(struct store *store, uint64_t *sequence, uint8_t digest[static 32])
{
    int err = highest_get(store, STATEMENT_AUDIT_LAST, sequence, digest);
    return err || *sequence ? err : highest_get(store, STATEMENT_CHECKPOINT_LAST, sequence, digest);
}

int audit_append(struct store *store, const struct store_caller *caller, const char *outcome)
{
    uint8_t digest[32];
    struct audit_record record = {
        .time_ms = database_now_ms(&store->db),
        .principal = caller->principal,
        .path = caller->path,
        .detail = caller->detail,
        .request_id = caller->request_id,
    };
    const char *action = access_actions[caller->action].text;
    record.action = span_of(action, strlen(action));
    record.outcome = span_of(outcome, strlen(outcome));
    int err = head_get(store, &record.sequence, digest);
    record.sequence++;
    if (!err)
        err = audit_digest(digest, &record, digest);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_AUDIT_INSERT);
    bind_number(s, 1, record.sequence);
    bind_number(s, 2, record.time_ms);
    bind_text(s, 3, record.principal);
    bind_text(s, 4, record.action);
    bind_text(s, 5, record.path);
    bind_text(s, 6, record.detail);
    bind_text(s, 7, record.outcome);
    bind_text(s, 8, record.request_id);
    bind_bytes(s, 9, digest, sizeof digest);
    return statement_run(&store->db, s);
}

int op_audit_add(struct store *store, struct span payload, struct answer *answer)
{
    struct store_audit_add add;
    char outcome[STORE_OUTCOME_MAX + 1] = "";
    (void)answer;
    int err = record_parse(&store_audit_add_type, payload, &add);
    if (err)
        return err;
    if (add.outcome.len)
        memcpy(outcome, add.outcome.at, add.outcome.len);
    return audit_append(store, &add.caller, outcome);
}

static int row_audit(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_audit row = {
        .time_ms = column_number(s, 0),
        .principal = column_span(s, 1),
        .action = column_span(s, 2),
        .path = column_span(s, 3),
        .detail = column_span(s, 4),
        .outcome = column_span(s, 5),
        .request_id = column_span(s, 6),
        .sequence = column_number(s, 8),
    };
    column_exact(s, 7, row.digest, sizeof row.digest);
    return answer_add(answer, &store_row_audit_type, &row);
}

int op_audit_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_AUDIT_LIST);
    page_bind(s, 1, &query);
    return row_list(store, s, row_audit, &store_row_audit_type, &query, answer);
}

int op_audit_head(struct store *store, struct span payload, struct answer *answer)
{
    struct store_row_audit_head row;
    if (payload.len)
        return E_TRAILING;
    int err = head_get(store, &row.sequence, row.digest);
    return err ? err : answer_add(answer, &store_row_audit_head_type, &row);
}

/* -- retention ----------------------------------------------------------------- */

static int row_checkpoint(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_checkpoint row = {.sequence = column_number(s, 3), .time_ms = column_number(s, 0)};
    column_exact(s, 1, row.digest, sizeof row.digest);
    column_exact(s, 2, row.signature, sizeof row.signature);
    return answer_add(answer, &store_checkpoint_type, &row);
}

int op_checkpoint_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (err)
        return err;
    if (query.filter.len)
        return E_MALFORMED;
    struct statement *s = statement_get(&store->db, STATEMENT_CHECKPOINT_LIST);
    page_bind(s, 1, &query);
    return row_page(store, s, row_checkpoint, page_limit(&query), answer);
}

/* The issuer's signature is not looked at here: who brings it is api, and it must not be api alone that says how old
 * a record is.  A record is no younger than its seal, so what the issuer lets go is old enough here too. */
static bool is_old(const struct store *store, uint64_t time_ms)
{
    uint64_t now_ms = database_now_ms(&store->db);
    return now_ms >= time_ms && now_ms - time_ms >= store->audit_keep_ms;
}

/* The record is there, is this one, and is old enough. */
static int prune_check(struct store *store, const struct store_checkpoint *checkpoint)
{
    uint8_t digest[32];
    struct statement *s = statement_get(&store->db, STATEMENT_AUDIT_AT);
    bind_number(s, 1, checkpoint->sequence);
    int got = statement_step(&store->db, s);
    column_exact(s, 0, digest, sizeof digest);
    uint64_t time_ms = column_number(s, 1);
    statement_done(s);
    if (got <= 0)
        return got < 0 ? got : E_NOT_FOUND;
    if (memcmp(digest, checkpoint->digest, sizeof digest) != 0)
        return E_CONFLICT;
    return is_old(store, time_ms) ? 0 : E_STATE;
}

int op_audit_prune(struct store *store, struct span payload, struct answer *answer)
{
    struct store_checkpoint checkpoint;
    int err = record_parse(&store_checkpoint_type, payload, &checkpoint);
    if (!err && !clock_settled(store))
        err = E_STATE; /* its age may be the clock's */
    if (!err)
        err = prune_check(store, &checkpoint);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CHECKPOINT_INSERT);
    bind_number(s, 1, checkpoint.sequence);
    bind_number(s, 2, checkpoint.time_ms);
    bind_bytes(s, 3, checkpoint.digest, sizeof checkpoint.digest);
    bind_bytes(s, 4, checkpoint.signature, sizeof checkpoint.signature);
    err = statement_run(&store->db, s);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_AUDIT_PRUNE);
    bind_number(s, 1, checkpoint.sequence);
    err = statement_run(&store->db, s);
    if (!err)
        err = answer_add(answer, &store_checkpoint_type, &checkpoint);
    return err ? err : answer_rows(answer, false, 0);
}
