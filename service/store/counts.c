/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many devices stand where: numbers that move with the devices, in the same
 * transaction, so that asking costs the same for ten devices and for a million.
 * Table device_count, one row a place: a group, a catalog without a group, and all that
 * are registered.  A catalog's or product's number is the sum over its groups.
 *
 * Two services on one database that change one row meet, and one of them goes again; those
 * changes meet in the audit log's chain anyway (audit.c), so a row that many share makes no new
 * place to meet: docs/figures.md, "A million devices".
 */
#include "service/store/operations.h"

int devices_counted(struct store *store, uint64_t catalog, uint64_t group, int64_t more)
{
    if (more == 0)
        return 0;
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_COUNT_ADD);
    bind_number_or_null(s, 1, catalog);
    bind_number_or_null(s, 2, group);
    bind_number(s, 3, (uint64_t)more);
    return statement_run(&store->db, s);
}

int op_device_count(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct store_row_count row;
    struct place place;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = place_find(store, &query.scope,
                         query.scope.group.len     ? PLACE_GROUP
                         : query.scope.product.len ? PLACE_PRODUCT
                                                   : PLACE_CATALOG,
                         &place);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, place.group        ? STATEMENT_DEVICE_COUNT_GROUP
                                                : place.unassigned ? STATEMENT_DEVICE_COUNT_UNASSIGNED
                                                : place.product    ? STATEMENT_DEVICE_COUNT_PRODUCT
                                                                   : STATEMENT_DEVICE_COUNT_CATALOG);
    bind_number(s, 1, place.group ? place.group : place.product ? place.product : place.catalog);
    int got = statement_step(&store->db, s);
    row.count = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    if (got != 1)
        return got < 0 ? got : E_INTERNAL;
    err = answer_add(answer, &store_row_count_type, &row);
    return err ? err : answer_rows(answer, false, 0);
}
