/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that are revoked: what that does to one, and which of a catalog are.
 * Source: docs/spec/certificates.md, "Revocation".
 */
#include "lib/hex.h"
#include "service/ipc/store_pki_ops.h"
#include "service/store/operations.h"

/* What it holds is revoked; no more of it, and no update, while it stands revoked. */
static int device_revoke(struct store *store, const struct device *device, const struct store_device_revoke *revoke)
{
    uint64_t now_s = database_now_ms(&store->db) / 1000;
    struct span actor = store->caller && revoke->revoked ? store->caller->principal : span_of(NULL, 0);
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_REVOKE);
    bind_number(s, 1, device->id);
    bind_number(s, 2, revoke->revoked ? now_s : 0);
    bind_number(s, 3, revoke->revoked ? revoke->reason : 0);
    bind_text(s, 4, actor);
    int err = statement_run(&store->db, s);
    if (err || !revoke->revoked)
        return err;
    s = statement_get(&store->db, STATEMENT_DEVICE_CERTIFICATES_REVOKE);
    bind_number(s, 1, device->id);
    bind_number(s, 2, revoke->reason);
    bind_number(s, 3, now_s);
    bind_text(s, 4, actor);
    bind_number(s, 5, device->catalog);
    return statement_run(&store->db, s);
}

int op_device_revoke(struct store *store, struct span payload, struct answer *answer)
{
    struct store_device_revoke revoke;
    struct place place;
    struct device device;
    int err = record_parse(&store_device_revoke_type, payload, &revoke);
    if (!err)
        err = device_at(store, &revoke.scope, &place, &device);
    if (!err)
        err = device_revoke(store, &device, &revoke);
    if (!err)
        err = device_row(store, device.id, answer);
    return err ? err : answer_rows(answer, false, 0);
}

static struct span or_default(struct span name) { return name.len ? name : span_of(".default", 8); }

static int row_revoked_device(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_revoked_device row = {
        .product = or_default(column_span(s, 1)), .group = or_default(column_span(s, 2)),
        .reason = (uint16_t)column_number(s, 3), .revoked_s = column_number(s, 4), .revoked_by = column_span(s, 5),
    };
    column_exact(s, 0, row.device_id, sizeof row.device_id);
    return answer_add(answer, &store_row_revoked_device_type, &row);
}

int op_revoked_device_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    bool narrow, found;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = place_find(store, &query.scope, PLACE_CATALOG, &place);
    if (!err)
        err = device_narrow(store, &store_row_revoked_device_type, &query, &narrow, &found);
    if (err)
        return err;
    if (!found)
        return answer_rows(answer, false, 0);
    /* Where one is asked for: a row of another device is left out by the filter. */
    struct statement *s = statement_get(&store->db, STATEMENT_REVOKED_DEVICE_LIST);
    bind_number(s, 1, place.catalog);
    page_bind(s, 2, &query);
    if (narrow)
        bind_number(s, 3, 1);
    return row_list(store, s, row_revoked_device, &store_row_revoked_device_type, &query, answer);
}

int op_revoked_device_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    struct device device;
    uint8_t device_id[64];
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = place_find(store, &query.scope, PLACE_CATALOG, &place);
    if (!err && hex_decode(query.scope.name, device_id, sizeof device_id) != 0)
        err = E_NOT_FOUND;
    if (!err)
        err = device_find(store, device_id, &device);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_REVOKED_DEVICE_FIND);
    bind_number(s, 1, place.catalog);
    bind_number(s, 2, device.id);
    err = row_one(store, s, row_revoked_device, answer);
    return err ? err : answer_rows(answer, false, 0);
}
