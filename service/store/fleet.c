/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices: registered by the factory, claimed into one catalog for ever, moved
 * between its groups.  Every change of place raises the assignment sequence, so
 * that a device takes the new set although its numbers may be older.
 */
#include <string.h>

#include "lib/hex.h"
#include "service/store/operations.h"

int device_find(struct store *store, const uint8_t device_id[static 64], struct device *device)
{
    *device = (struct device){0};
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_FIND);
    bind_bytes(s, 1, device_id, 64);
    int got = statement_step(&store->db, s);
    if (got == 1)
        *device = (struct device){column_number(s, 0), column_number(s, 1), column_number(s, 2)};
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

int device_at(struct store *store, const struct store_scope *scope, struct place *place, struct device *device)
{
    uint8_t device_id[64];
    int err = place_find(store, scope, PLACE_GROUP, place);
    if (err)
        return err;
    if (hex_decode(scope->name, device_id, sizeof device_id) != 0)
        return E_NOT_FOUND;
    err = device_find(store, device_id, device);
    if (err)
        return err;
    return device->catalog == place->catalog && device->group == place->group ? 0 : E_NOT_FOUND;
}

int device_row(struct store *store, uint64_t id, struct answer *answer)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_ROW);
    bind_number(s, 1, id);
    return row_one(store, s, row_device, answer);
}

int device_place(struct store *store, uint64_t id, uint64_t catalog, uint64_t group, uint64_t sequence)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_ASSIGN);
    bind_number(s, 1, id);
    bind_number(s, 2, catalog);
    bind_number_or_null(s, 3, group);
    bind_number(s, 4, sequence);
    return statement_run(&store->db, s);
}

int device_assign(struct store *store, const struct device *device, uint64_t catalog, uint64_t group)
{
    uint64_t sequence;
    int err = counter_next(&store->db, &sequence);
    if (!err)
        err = device_place(store, device->id, catalog, group, sequence);
    if (!err && device->catalog)
        err = devices_counted(store, device->catalog, device->group, -1);
    return err ? err : devices_counted(store, catalog, group, 1);
}

/* Without a catalog in scope: any registered device, for the factory. */
int op_device_show(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    struct device device;
    uint8_t device_id[64];
    int err = record_parse(&store_query_type, payload, &query);
    if (err)
        return err;
    if (query.scope.catalog.len)
        err = device_at(store, &query.scope, &place, &device);
    else if (hex_decode(query.scope.name, device_id, sizeof device_id) != 0)
        err = E_NOT_FOUND;
    else
        err = device_find(store, device_id, &device);
    if (!err)
        err = device_row(store, device.id, answer);
    return err ? err : answer_rows(answer, false, 0);
}

int device_narrow(struct store *store, const struct record_type *row, struct store_query *query, bool *narrow, bool *found)
{
    static struct filter filter;
    char reason[FILTER_REASON_MAX];
    struct span hex;
    struct device device;
    uint8_t device_id[64];
    *narrow = false;
    *found = true;
    int err = query->filter.len ? filter_parse(filter_list_of(row), query->filter, &filter, reason)
                                : 0;
    if (err || !query->filter.len ||
        !(filter_requires(&filter, "deviceId", &hex) || filter_requires(&filter, "name", &hex)))
        return err;
    *narrow = true;
    err = hex_decode(hex, device_id, sizeof device_id) == 0 ? device_find(store, device_id, &device) : E_NOT_FOUND;
    *found = !err && device.id > query->after;
    if (*found)
        query->after = device.id - 1;
    return err == E_NOT_FOUND ? 0 : err;
}

/* Texts that a filter asks of every row, '' where it does not: sealed texts can be compared, so that the database
 * hands out no others.  Views into the filter. */
struct texts {
    struct span sku, os;
};

static int texts_of(const struct store_query *query, struct texts *texts)
{
    static struct filter filter; /* one thread */
    char reason[FILTER_REASON_MAX];
    *texts = (struct texts){.sku = {NULL, 0}};
    int err = query->filter.len ? filter_parse(filter_list_of(&store_row_device_type), query->filter, &filter, reason) : 0;
    if (err || !query->filter.len)
        return err;
    (void)filter_requires(&filter, "chipSku", &texts->sku);
    (void)filter_requires(&filter, "lastInstalledOsVersion", &texts->os);
    return 0;
}

/* Where the rows end that a page may look at; 0: there are no more of the list. */
static int list_end(struct store *store, enum statement_id id, uint64_t of, uint64_t after, uint64_t *end)
{
    struct statement *s = statement_get(&store->db, id);
    int at = 1;
    if (of)
        bind_number(s, at++, of);
    bind_number(s, at, after);
    bind_number(s, at + 1, scan_limit(store));
    int got = statement_step(&store->db, s);
    *end = got == 1 && column_number(s, 0) == scan_limit(store) ? column_number(s, 1) : 0;
    statement_done(s);
    return got < 0 ? got : 0;
}

static const struct list_row {
    enum statement_id list, end;
} device_lists[] = {
    {STATEMENT_DEVICE_LIST_ALL, STATEMENT_DEVICE_LIST_ALL_END},
    {STATEMENT_DEVICE_LIST_CATALOG, STATEMENT_DEVICE_LIST_CATALOG_END},
    {STATEMENT_DEVICE_LIST_GROUP, STATEMENT_DEVICE_LIST_GROUP_END},
    {STATEMENT_DEVICE_LIST_UNASSIGNED, STATEMENT_DEVICE_LIST_UNASSIGNED_END},
};

int op_device_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place = {0};
    struct texts texts = {.sku = {NULL, 0}};
    uint64_t end = 0;
    bool narrow = false, found = false;
    int at = 1, err = record_parse(&store_query_type, payload, &query);
    if (!err && query.scope.catalog.len)
        err = place_find(store, &query.scope, query.scope.group.len ? PLACE_GROUP : PLACE_CATALOG, &place);
    if (!err)
        err = device_narrow(store, &store_row_device_type, &query, &narrow, &found);
    if (!err && !narrow)
        err = texts_of(&query, &texts);
    if (err)
        return err;
    if (!found)
        return answer_rows(answer, false, 0);
    const struct list_row *list = &device_lists[!place.catalog ? 0 : place.group ? 2 : place.unassigned ? 3 : 1];
    uint64_t of = place.group ? place.group : place.catalog;
    bool chosen = texts.sku.len || texts.os.len;
    if (chosen)
        err = list_end(store, list->end, of, query.after, &end);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, list->list);
    if (of)
        bind_number(s, at++, of);
    page_bind(s, at, &query);
    if (narrow || chosen)
        bind_number(s, at + 1, narrow ? 1 : scan_limit(store));
    bind_text(s, at + 3, texts.sku);
    bind_text(s, at + 4, texts.os);
    return row_list_within(store, s, row_device, &store_row_device_type, &query, end, answer);
}

int device_insert(struct store *store, const uint8_t device_id[static 64], struct span chip_sku, uint64_t *id)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_INSERT);
    bind_bytes(s, 1, device_id, 64);
    bind_text(s, 2, chip_sku);
    bind_number(s, 3, database_now_ms(&store->db));
    int err = statement_run(&store->db, s);
    *id = database_inserted(&store->db);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_DEVICE_SEEN_INSERT);
    bind_number(s, 1, *id);
    return statement_run(&store->db, s);
}

int op_device_register(struct store *store, struct span payload, struct answer *answer)
{
    struct store_device_register put;
    struct device device;
    int err = record_parse(&store_device_register_type, payload, &put);
    if (err)
        return err;
    err = device_find(store, put.device_id, &device);
    bool created = err == E_NOT_FOUND;
    if (created) {
        err = device_insert(store, put.device_id, put.chip_sku, &device.id);
        if (!err)
            err = devices_counted(store, 0, 0, 1);
    }
    if (!err)
        err = device_row(store, device.id, answer);
    return err ? err : answer_rows(answer, created, 0);
}

static int leave_allowed(struct store *store, const struct device *device)
{
    struct place from = {.catalog = device->catalog, .group = device->group, .device = device->id};
    if (!device->group)
        return 0;
    struct statement *s = statement_get(&store->db, STATEMENT_GROUP_PRODUCT);
    bind_number(s, 1, device->group);
    int got = statement_step(&store->db, s);
    from.product = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    return got < 0 ? got : access_require(store, ACCESS_DEVICES_WRITE, &from);
}

/* Of one request: all its devices get one sequence, and are counted once. */
struct claim {
    struct place place;
    uint64_t sequence; /* 0: none yet */
    int64_t fresh;     /* devices that nobody had */
};

/* In another catalog and unknown are one answer: whose a device is stays private. */
static int claim_one(struct store *store, struct claim *claim, const uint8_t device_id[static 64], struct answer *answer)
{
    const struct place *place = &claim->place;
    struct device device;
    int err = device_find(store, device_id, &device);
    if (err)
        return err;
    if (device.catalog && device.catalog != place->catalog)
        return E_NOT_FOUND;
    /* A claim without a group does not take a device out of the one it is in. */
    bool stays = device.catalog && (place->unassigned || device.group == place->group);
    if (!device.catalog) {
        if (!claim->sequence)
            err = counter_next(&store->db, &claim->sequence);
        if (!err)
            err = device_place(store, device.id, place->catalog, place->group, claim->sequence);
        claim->fresh++;
    } else if (!stays) { /* whoever takes it out of a group needs the right to that too */
        err = leave_allowed(store, &device);
        if (!err)
            err = device_assign(store, &device, place->catalog, place->group);
    }
    return err ? err : device_row(store, device.id, answer);
}

int op_device_claim(struct store *store, struct span payload, struct answer *answer)
{
    static struct store_device_claim put; /* 64 KB; one thread */
    struct claim claim = {0};
    int err = record_parse(&store_device_claim_type, payload, &put);
    if (!err)
        err = place_find(store, &put.scope, PLACE_GROUP, &claim.place);
    for (size_t i = 0; !err && i < put.count; i++)
        err = claim_one(store, &claim, put.device[i].id, answer);
    if (!err)
        err = devices_counted(store, claim.place.catalog, claim.place.group, claim.fresh);
    return err ? err : answer_rows(answer, claim.fresh != 0, 0);
}

int op_device_move(struct store *store, struct span payload, struct answer *answer)
{
    struct store_device_move move;
    struct place from, to;
    struct device device;
    int err = record_parse(&store_device_move_type, payload, &move);
    if (!err)
        err = device_at(store, &move.scope, &from, &device);
    if (err)
        return err;
    err = place_find(store, &move.target, PLACE_GROUP, &to);
    if (err)
        return err == E_MISSING ? E_RANGE : err;
    if (to.catalog != from.catalog)
        return E_BINDING; /* a device never changes its catalog */
    if (to.group)
        err = access_require(store, ACCESS_DEVICES_WRITE, &to);
    if (err)
        return err;
    if (to.group != from.group)
        err = device_assign(store, &device, from.catalog, to.group);
    if (!err)
        err = device_row(store, device.id, answer);
    return err ? err : answer_rows(answer, false, 0);
}

/* It stays in the catalog. */
int op_device_unassign(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    struct device device;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = device_at(store, &query.scope, &place, &device);
    if (!err && device.group)
        err = device_assign(store, &device, device.catalog, 0);
    return err ? err : answer_rows(answer, false, 0);
}
