/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash dumps: taken while the device's group allows them, kept sealed as they came until they expire.
 * Source: docs/spec/crash-dump.md.
 *
 * The head of a dump says in which group it was made, and for which catalog's key: both must be where the device
 * is now.  So a device cannot bring what its group does not allow, nor what it kept from a former owner's time.
 * What devices can fill is bounded; a further dump is refused, the ones that are there stay.
 * Who may see a dump is decided as for everything else (access.c), a download is in the audit log.
 */
#include <string.h>

#include "lib/crash_dump.h"
#include "lib/guid.h"
#include "service/ipc/dump_ops.h"
#include "service/store/operations.h"

enum {
    DAY_S = 86400,
    DUMPS_OF_DEVICE_MAX = 8,
    DUMPS_OF_GROUP_MAX = 256,
    DUMPS_OF_CATALOG_MAX = 1024, /* 64 MiB at most */
    CLOCK_SET_S = 1577836800,    /* 2020: what is earlier comes from a clock that was never set */
    SEALED_MAX = CRASH_DUMP_BYTES_MAX + VAULT_CHUNK_EXTRA,
};

/* Where a device is, and whether dumps are allowed there. */
struct dump_place {
    uint64_t device, catalog, group;
    struct store_dump_consent consent;
};

static int dump_place_find(struct store *store, const uint8_t device_id[static 64], const uint8_t serial[static 16],
                           struct dump_place *place)
{
    *place = (struct dump_place){0};
    struct statement *s = statement_get(&store->db, STATEMENT_DUMP_PLACE);
    bind_bytes(s, 1, device_id, 64);
    int got = statement_step(&store->db, s);
    bool revoked = got == 1 && column_number(s, 5) != 0, was_revoked = got == 1 && column_number(s, 6) != 0;
    if (got == 1 && !revoked) {
        place->device = column_number(s, 0);
        place->catalog = column_number(s, 1);
        place->group = column_number(s, 2);
        place->consent.allowed = place->catalog && place->group && column_number(s, 3) != 0;
        if (place->consent.allowed) {
            column_exact(s, 4, place->consent.catalog, sizeof place->consent.catalog);
            store_group_number(place->group, place->consent.group);
        }
    }
    statement_done(s);
    if (got != 1)
        return got < 0 ? got : E_NOT_FOUND;
    return device_admit(store, revoked, was_revoked, serial);
}

int op_dump_consent(struct store *store, struct span payload, struct answer *answer)
{
    struct store_dump_device ask;
    struct dump_place place;
    int err = record_parse(&store_dump_device_type, payload, &ask);
    if (!err)
        err = dump_place_find(store, ask.device_id, ask.serial, &place);
    return err ? err : answer_add(answer, &store_dump_consent_type, &place.consent);
}

/* within: a catalog, where the statement asks for one; else 0. */
static int count_of(struct store *store, enum statement_id id, uint64_t whose, uint64_t within, uint64_t most, bool *full)
{
    struct statement *s = statement_get(&store->db, id);
    bind_number(s, 1, whose);
    bind_number(s, 2, most);
    if (within)
        bind_number(s, 3, within);
    int got = statement_step(&store->db, s);
    *full = got != 1 || column_number(s, 0) >= most;
    statement_done(s);
    return got < 0 ? got : 0;
}

/* Room for one more of the device in its catalog, of its group and of its catalog.  E_FULL. */
static int room_find(struct store *store, const struct dump_place *place)
{
    const struct {
        enum statement_id id;
        uint64_t whose, within, most;
    } rows[] = {
        {STATEMENT_DUMP_OF_DEVICE, place->device, place->catalog, DUMPS_OF_DEVICE_MAX},
        {STATEMENT_DUMP_OF_GROUP, place->group, 0, DUMPS_OF_GROUP_MAX},
        {STATEMENT_DUMP_OF_CATALOG, place->catalog, 0, DUMPS_OF_CATALOG_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool full;
        int err = count_of(store, rows[i].id, rows[i].whose, rows[i].within, rows[i].most, &full);
        if (err || full)
            return err ? err : E_FULL;
    }
    return 0;
}

/* What the vault binds the bytes to: this row and no other. */
static void digest_of(const uint8_t dump[static 16], const uint8_t component[static 16], uint8_t digest[static 32])
{
    memcpy(digest, dump, 16);
    memcpy(digest + 16, component, 16);
}

static bool known(struct store *store, const struct dump_place *place, const uint8_t dump[static 16], int *err)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DUMP_FIND);
    bind_number(s, 1, place->catalog);
    bind_bytes(s, 2, dump, 16);
    int got = statement_step(&store->db, s);
    statement_done(s);
    *err = got < 0 ? got : 0;
    return got == 1;
}

static uint64_t keep_s(const struct store *store)
{
    return store->dump_keep_s ? store->dump_keep_s : STORE_DUMP_DAYS * (uint64_t)DAY_S;
}

static int dump_insert(struct store *store, const struct dump_place *place, const struct crash_dump *dump,
                       struct span bytes, uint64_t now_s)
{
    static uint8_t sealed[SEALED_MAX]; /* one thread */
    uint8_t digest[32];
    bool dated = dump->time_s >= CLOCK_SET_S && dump->time_s <= now_s + DAY_S;
    digest_of(dump->dump, dump->component, digest);
    int err = vault_chunk_seal(store->db.vault, digest, 0, bytes, sealed);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_DUMP_INSERT);
    bind_bytes(s, 1, dump->dump, sizeof dump->dump);
    bind_number(s, 2, place->catalog);
    bind_number(s, 3, place->group);
    bind_number(s, 4, place->device);
    bind_bytes(s, 5, dump->component, sizeof dump->component);
    bind_bytes(s, 6, dump->image, sizeof dump->image);
    bind_number(s, 7, dump->signal);
    bind_number(s, 8, dated ? dump->time_s : now_s);
    bind_number(s, 9, now_s);
    bind_number(s, 10, now_s + keep_s(store));
    bind_number(s, 11, dump->core_bytes);
    bind_clear(s, 12, sealed, bytes.len + VAULT_CHUNK_EXTRA);
    return statement_run(&store->db, s);
}

int dumps_expire(struct store *store, uint64_t now_s)
{
    if (!clock_settled(store))
        return 0;
    struct statement *s = statement_get(&store->db, STATEMENT_DUMP_EXPIRE);
    bind_number(s, 1, now_s);
    int err = statement_run(&store->db, s);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_DUMP_AHEAD);
    bind_number(s, 1, now_s);
    bind_number(s, 2, now_s + keep_s(store));
    return statement_run(&store->db, s);
}

int dumps_forget(struct store *store, uint64_t group)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DUMP_FORGET);
    bind_number(s, 1, group);
    return statement_run(&store->db, s);
}

int op_dump_add(struct store *store, struct span payload, struct answer *answer)
{
    struct store_dump_add add;
    struct crash_dump dump;
    struct dump_place place;
    (void)answer;
    int err = record_parse(&store_dump_add_type, payload, &add);
    if (!err)
        err = crash_dump_parse(add.dump, &dump);
    if (!err && memcmp(dump.device_id, add.device_id, sizeof dump.device_id) != 0)
        err = E_DENIED;
    if (!err)
        err = dump_place_find(store, add.device_id, add.serial, &place);
    if (!err && (!place.consent.allowed || !guid_equal(place.consent.catalog, dump.catalog) ||
                 !guid_equal(place.consent.group, dump.group)))
        err = E_DENIED;
    if (!err)
        err = dumps_expire(store, add.now_s);
    if (err || known(store, &place, dump.dump, &err) || err)
        return err;
    err = room_find(store, &place);
    return err ? err : dump_insert(store, &place, &dump, add.dump, add.now_s);
}

/* -- asking ----------------------------------------------------------------------- */

static int row_dump(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_dump row = {
        .product = column_span(s, 2),
        .group = column_span(s, 3),
        .signal = (uint16_t)column_number(s, 6),
        .crashed_s = column_number(s, 7),
        .received_s = column_number(s, 8),
        .expires_s = column_number(s, 9),
        .bytes = (uint32_t)column_number(s, 10),
    };
    column_exact(s, 0, row.dump, sizeof row.dump);
    column_exact(s, 1, row.device_id, sizeof row.device_id);
    column_exact(s, 4, row.component, sizeof row.component);
    column_exact(s, 5, row.image, sizeof row.image);
    column_exact(s, 11, row.crash_group, sizeof row.crash_group);
    return answer_add(answer, &store_row_dump_type, &row);
}

int op_dump_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = query_place(store, payload, PLACE_CATALOG, &query, &place);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_DUMP_LIST);
    bind_number(s, 1, place.catalog);
    bind_number(s, 2, database_now_ms(&store->db) / 1000);
    page_bind(s, 3, &query);
    bind_number(s, 3, query.after ? query.after : INT64_MAX);
    return row_list(store, s, row_dump, &store_row_dump_type, &query, answer);
}

/* Which one the query names; E_NOT_FOUND: no name of one. */
static int named(struct store *store, struct span payload, struct place *place, uint8_t dump[static 16])
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = place_find(store, &query.scope, PLACE_CATALOG, place);
    return !err && guid_parse(query.scope.name, dump) != 0 ? E_NOT_FOUND : err;
}

/* Finds nothing of one that is expired, too. */
static struct statement *named_get(struct store *store, enum statement_id id, const struct place *place,
                                   const uint8_t dump[static 16])
{
    struct statement *s = statement_get(&store->db, id);
    bind_number(s, 1, place->catalog);
    bind_number(s, 2, database_now_ms(&store->db) / 1000);
    bind_bytes(s, 3, dump, 16);
    return s;
}

int op_dump_get(struct store *store, struct span payload, struct answer *answer)
{
    struct place place;
    uint8_t dump[16];
    int err = named(store, payload, &place, dump);
    if (!err)
        err = row_one(store, named_get(store, STATEMENT_DUMP_GET, &place, dump), row_dump, answer);
    return err ? err : answer_rows(answer, false, 0);
}

int op_dump_delete(struct store *store, struct span payload, struct answer *answer)
{
    struct place place;
    uint8_t dump[16];
    int err = named(store, payload, &place, dump);
    if (!err)
        err = statement_run(&store->db, named_get(store, STATEMENT_DUMP_DELETE, &place, dump));
    if (!err && database_changes(&store->db) == 0)
        err = E_NOT_FOUND;
    return err ? err : answer_rows(answer, false, 0);
}

static int row_bytes(struct store *store, struct statement *s, struct answer *answer)
{
    static uint8_t plain[CRASH_DUMP_BYTES_MAX]; /* one thread */
    struct store_row_dump_bytes row = {0};
    uint8_t dump[16], component[16], digest[32];
    struct span sealed = column_clear(s, 2);
    column_exact(s, 0, dump, sizeof dump);
    column_exact(s, 1, component, sizeof component);
    column_exact(s, 3, row.catalog, sizeof row.catalog);
    digest_of(dump, component, digest);
    if (sealed.len <= VAULT_CHUNK_EXTRA || sealed.len > SEALED_MAX)
        return E_CORRUPT;
    int err = vault_chunk_open(store->db.vault, digest, 0, sealed, plain);
    row.dump = span_of(plain, sealed.len - VAULT_CHUNK_EXTRA);
    return err ? err : answer_add(answer, &store_row_dump_bytes_type, &row);
}

int op_dump_read(struct store *store, struct span payload, struct answer *answer)
{
    struct place place;
    uint8_t dump[16];
    int err = named(store, payload, &place, dump);
    if (!err)
        err = row_one(store, named_get(store, STATEMENT_DUMP_READ, &place, dump), row_bytes, answer);
    return err ? err : answer_rows(answer, false, 0);
}
