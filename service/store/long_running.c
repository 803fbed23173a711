/* SPDX-License-Identifier: BSD-2-Clause */
/* Long-running operations as their polls see them (jobs.c carries them out), and the store's status. */
#include <string.h>

#include "lib/guid.h"
#include "service/store/operations.h"

bool error_is_outcome(int error)
{
    switch (err_category(error)) {
    case ERR_CAT_NONE:
    case ERR_CAT_CALLER:
    case ERR_CAT_DATA:
    case ERR_CAT_DENIED:
    case ERR_CAT_STATE:
        return true;
    default:
        return false;
    }
}

static int operation_row(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_operation row = {
        .kind = column_span(s, 1),
        .status = (uint16_t)column_number(s, 2),
        .detail = column_span(s, 3),
        .started_ms = column_number(s, 4),
        .ended_ms = column_number(s, 5),
        .error = (uint16_t)column_number(s, 6),
    };
    column_exact(s, 0, row.operation, sizeof row.operation);
    return answer_add(answer, &store_row_operation_type, &row);
}

int operation_answer(struct store *store, const uint8_t operation[static 16],
                     struct span subscription, struct span principal, struct answer *answer)
{
    struct statement *s = statement_get(&store->db, STATEMENT_OPERATION_GET);
    bind_bytes(s, 1, operation, 16);
    bind_text(s, 2, subscription);
    bind_text(s, 3, principal);
    return row_one(store, s, operation_row, answer);
}

/* For who began it, and for those with a role at the service. */
int op_operation_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    uint8_t operation[16];
    int err = record_parse(&store_query_type, payload, &query);
    if (!err && guid_parse(query.scope.name, operation) != 0)
        err = E_NOT_FOUND;
    if (!err)
        err = operation_answer(store, operation, query.scope.subscription,
                               store->caller ? store->caller->principal : span_of(NULL, 0), answer);
    return err ? err : answer_rows(answer, false, 0);
}

int op_status(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct store_row_status row = {.schema = DATABASE_SCHEMA, .database_bytes = database_bytes(&store->db),
                                   .clock_settled = clock_settled(store), .clock_behind_s = clock_behind_s(store)};
    int err = record_parse(&store_query_type, payload, &query);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_STATUS);
    int got = statement_step(&store->db, s);
    if (got == 1) {
        row.catalogs = column_number(s, 0);
        row.devices = column_number(s, 1);
        row.images = column_number(s, 2);
    }
    statement_done(s);
    if (got != 1)
        return got < 0 ? got : E_INTERNAL;
    err = crash_groups_growing(store, &row.crash_groups_growing);
    if (!err)
        err = rollouts_count(store, row.rollout);
    if (!err)
        err = answer_add(answer, &store_row_status_type, &row);
    return err ? err : answer_rows(answer, false, 0);
}
