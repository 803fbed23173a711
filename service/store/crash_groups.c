/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Equal crashes across the devices of a catalog: one row for a component, image, signal and place
 * of the program counter; how many devices, since when, and whether they grow.
 * Source: docs/spec/crash-report.md, "Crash groups".
 *
 * What devices can fill is bounded: CRASH_OF_DEVICE_MAX groups of its catalog a device is part of (a further one
 * is in its error reports alone), CRASH_OF_CATALOG_MAX groups a catalog (the one not seen longest goes), and what
 * was not seen for CRASH_KEEP_HOURS goes.  Towards growth a device counts CRASH_OF_HOUR_MAX in an hour: more of
 * one that lies would make others' crashes look usual.
 * Hours are those of arrival: a device cannot choose them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "abi/device_api.h"
#include "lib/guid.h"
#include "service/store/operations.h"

enum {
    HOUR_S = 3600,
    CRASH_OF_DEVICE_MAX = 64,
    CRASH_OF_CATALOG_MAX = 10000,
    CRASH_OF_HOUR_MAX = 60,
    CRASH_KEEP_HOURS = 90 * 24,
    CRASH_SITE_MAX = 40, /* file 16, +, 16 digits */
    /* Growth: at least so many in the last two hours, and more than so many times what is usual in two. */
    GROWTH_COUNT_MIN = 10,
    GROWTH_TIMES = 3,
    GROWTH_BASE_HOURS = 168,
    GROWTH_HOURS = 2,
};

static bool grows(uint64_t recent, uint64_t before)
{
    return recent >= GROWTH_COUNT_MIN && recent * (GROWTH_BASE_HOURS / GROWTH_HOURS) > before * GROWTH_TIMES;
}

/* "app+1f78"; "0" where nothing is mapped; empty without registers. */
static struct span site_write(const struct store_event *event, char to[static CRASH_SITE_MAX])
{
    int len = 0;
    size_t file = strnlen(event->file, sizeof event->file);
    if (event->category == EVENT_APP_CRASH_REGISTERS)
        len = snprintf(to, CRASH_SITE_MAX, "%.*s%s%" PRIx64, (int)file, event->file, file ? "+" : "", event->place);
    return span_of(to, len > 0 ? (size_t)len : 0);
}

static int group_find(struct store *store, uint64_t catalog, const struct store_event *event, struct span site,
                      uint64_t *group)
{
    struct statement *s = statement_get(&store->db, STATEMENT_CRASH_FIND);
    bind_number(s, 1, catalog);
    bind_bytes(s, 2, event->component, sizeof event->component);
    bind_bytes(s, 3, event->image, sizeof event->image);
    bind_number(s, 4, event->signal);
    bind_text(s, 5, site);
    return number_get(store, s, group);
}

/* A device's part in a group: its crashes of this hour that count towards growth. */
struct part {
    bool is_new, fits;
    uint64_t counted;
};

static uint64_t hour_kept(uint64_t hour) { return hour > CRASH_KEEP_HOURS ? hour - CRASH_KEEP_HOURS : 0; }

/* Whether this device is one of the group's, or may become one.  What it had with a former owner, and
 * what is old enough to go, takes no room. */
static int part_find(struct store *store, uint64_t catalog, uint64_t group, uint64_t device, uint64_t hour,
                     struct part *part)
{
    uint64_t count = 0;
    *part = (struct part){.is_new = true, .fits = true};
    if (group) {
        struct statement *s = statement_get(&store->db, STATEMENT_CRASH_DEVICE_FIND);
        bind_number(s, 1, group);
        bind_number(s, 2, device);
        int got = statement_step(&store->db, s);
        if (got == 1) {
            part->is_new = false;
            part->counted = column_number(s, 0) == hour ? column_number(s, 1) : 0;
        }
        statement_done(s);
        if (got)
            return got < 0 ? got : 0;
    }
    struct statement *s = statement_get(&store->db, STATEMENT_CRASH_OF_DEVICE);
    bind_number(s, 1, device);
    bind_number(s, 2, CRASH_OF_DEVICE_MAX);
    bind_number(s, 3, catalog);
    bind_number(s, 4, hour_kept(hour));
    int err = number_get(store, s, &count);
    part->fits = count < CRASH_OF_DEVICE_MAX;
    return err;
}

static int catalog_make_room(struct store *store, uint64_t catalog, uint64_t hour)
{
    uint64_t count;
    struct statement *s = statement_get(&store->db, STATEMENT_CRASH_PRUNE);
    bind_number(s, 1, catalog);
    bind_number(s, 2, clock_settled(store) ? hour_kept(hour) : 0);
    int err = statement_run(&store->db, s);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_CRASH_OF_CATALOG);
    bind_number(s, 1, catalog);
    bind_number(s, 2, CRASH_OF_CATALOG_MAX);
    err = number_get(store, s, &count);
    if (err || count < CRASH_OF_CATALOG_MAX)
        return err;
    s = statement_get(&store->db, STATEMENT_CRASH_DROP_OLDEST);
    bind_number(s, 1, catalog);
    return statement_run(&store->db, s);
}

static int group_insert(struct store *store, uint64_t catalog, const struct store_event *event, struct span site,
                        uint64_t hour, uint64_t *group)
{
    uint8_t guid[16];
    int err = random_guid(guid);
    if (!err)
        err = catalog_make_room(store, catalog, hour);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CRASH_INSERT);
    bind_bytes(s, 1, guid, sizeof guid);
    bind_number(s, 2, catalog);
    bind_bytes(s, 3, event->component, sizeof event->component);
    bind_bytes(s, 4, event->image, sizeof event->image);
    bind_number(s, 5, event->signal);
    bind_text(s, 6, site);
    bind_number(s, 7, event->first_s);
    bind_number(s, 8, event->last_s);
    bind_number(s, 9, hour);
    err = statement_run(&store->db, s);
    *group = database_inserted(&store->db);
    return err;
}

static int count_add(struct store *store, uint64_t group, uint64_t device, const struct part *part,
                     const struct store_event *event, uint64_t hour)
{
    uint64_t room = part->counted < CRASH_OF_HOUR_MAX ? CRASH_OF_HOUR_MAX - part->counted : 0;
    uint64_t counts = event->count < room ? event->count : room;
    struct statement *s = statement_get(&store->db, STATEMENT_CRASH_DEVICE_SET);
    bind_number(s, 1, group);
    bind_number(s, 2, device);
    bind_number(s, 3, hour);
    bind_number(s, 4, part->counted + counts);
    bind_number(s, 5, event->count);
    bind_number(s, 6, event->first_s);
    bind_number(s, 7, event->last_s);
    int err = statement_run(&store->db, s);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_CRASH_COUNT);
    bind_number(s, 1, group);
    bind_number(s, 2, event->count);
    bind_number(s, 3, event->first_s);
    bind_number(s, 4, event->last_s);
    bind_number(s, 5, part->is_new);
    bind_number(s, 6, hour);
    err = statement_run(&store->db, s);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_CRASH_HOUR_ADD);
    bind_number(s, 1, group);
    bind_number(s, 2, hour);
    bind_number(s, 3, counts);
    err = statement_run(&store->db, s);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_CRASH_HOUR_PRUNE);
    bind_number(s, 1, group);
    bind_number(s, 2, clock_settled(store) ? hour - GROWTH_BASE_HOURS - GROWTH_HOURS : 0);
    bind_number(s, 3, clock_settled(store) ? hour + GROWTH_HOURS : INT64_MAX); /* of a clock that was ahead */
    return statement_run(&store->db, s);
}

/* Said where the operators look: log, audit log, the group itself. */
static int growth_tell(struct store *store, const uint8_t guid[static 16], uint64_t recent, uint64_t before)
{
    char text[GUID_TEXT_BYTES], path[96], detail[96];
    guid_format(guid, text);
    snprintf(path, sizeof path, "/providers/Perisphere/crashGroups/%s", text);
    snprintf(detail, sizeof detail, "%" PRIu64 " crashes in two hours, %" PRIu64 " in the seven days before", recent, before);
    fprintf(stderr, "store: crash group %s grows: %s\n", text, detail);
    const struct store_caller service = {
        .principal = span_of("perisphered", 11), .action = ACCESS_CRASH_GROUPS_GROWTH,
        .path = span_of(path, strlen(path)), .detail = span_of(detail, strlen(detail)),
    };
    return audit_append(store, &service, "Succeeded");
}

static int growth_judge(struct store *store, uint64_t group, uint64_t hour, uint64_t now_s)
{
    uint8_t guid[16];
    struct statement *s = statement_get(&store->db, STATEMENT_CRASH_GROWTH);
    bind_number(s, 1, hour);
    bind_number(s, 2, group);
    int got = statement_step(&store->db, s);
    if (got != 1) {
        statement_done(s);
        return got < 0 ? got : E_INTERNAL;
    }
    bool known = column_number(s, 0) != 0;
    uint64_t recent = column_number(s, 1), before = column_number(s, 2);
    column_exact(s, 3, guid, sizeof guid);
    statement_done(s);
    bool now = grows(recent, before);
    if (now == known)
        return 0;
    s = statement_get(&store->db, STATEMENT_CRASH_GROWING_SET);
    bind_number(s, 1, group);
    bind_number(s, 2, now ? now_s : 0);
    int err = statement_run(&store->db, s);
    return err || !now ? err : growth_tell(store, guid, recent, before);
}

/* What a device says of times counts within what can be: not before anything here would remember it. */
static struct store_event event_at(const struct store_event *said, uint64_t now_s)
{
    struct store_event event = *said;
    uint64_t oldest = now_s > CRASH_KEEP_HOURS * HOUR_S ? now_s - CRASH_KEEP_HOURS * HOUR_S : 0;
    event.first_s = event.first_s < oldest ? oldest : event.first_s > now_s ? now_s : event.first_s;
    event.last_s = event.last_s < event.first_s ? event.first_s : event.last_s > now_s ? now_s : event.last_s;
    return event;
}

int crash_group_add(struct store *store, uint64_t catalog, uint64_t device, const struct store_event *said,
                    uint64_t now_s)
{
    const struct store_event within = event_at(said, now_s), *event = &within;
    char text[CRASH_SITE_MAX];
    struct span site = site_write(event, text);
    uint64_t group, hour = now_s / HOUR_S;
    struct part part;
    int err = group_find(store, catalog, event, site, &group);
    if (!err)
        err = part_find(store, catalog, group, device, hour, &part);
    if (err || !part.fits)
        return err;
    if (!group)
        err = group_insert(store, catalog, event, site, hour, &group);
    if (!err)
        err = count_add(store, group, device, &part, event, hour);
    return err ? err : growth_judge(store, group, hour, now_s);
}

/* -- asking ----------------------------------------------------------------------- */

int crash_groups_growing(struct store *store, uint64_t *count)
{
    struct statement *s = statement_get(&store->db, STATEMENT_CRASH_ACTIVE);
    int got;
    bind_number(s, 1, database_now_ms(&store->db) / 1000 / HOUR_S);
    for (*count = 0; (got = statement_step(&store->db, s)) == 1;)
        *count += grows(column_number(s, 0), column_number(s, 1));
    statement_done(s);
    return got;
}

int row_crash(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_crash row = {
        .signal = (uint16_t)column_number(s, 3),
        .site = column_span(s, 4),
        .first_s = column_number(s, 5),
        .last_s = column_number(s, 6),
        .count = column_number(s, 7),
        .devices = column_number(s, 8),
        .recent = column_number(s, 10),
        .before = column_number(s, 11),
    };
    row.growing = grows(row.recent, row.before);
    row.growing_s = row.growing ? column_number(s, 9) : 0;
    column_exact(s, 0, row.crash_group, sizeof row.crash_group);
    column_exact(s, 1, row.component, sizeof row.component);
    row.of_os = column_number(s, 12) != 0 || guid_is_zero(row.component);
    column_exact(s, 2, row.image, sizeof row.image);
    return answer_add(answer, &store_row_crash_type, &row);
}

int op_crash_group_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = query_place(store, payload, PLACE_CATALOG, &query, &place);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CRASH_LIST);
    bind_number(s, 1, database_now_ms(&store->db) / 1000 / HOUR_S);
    bind_number(s, 2, place.catalog);
    page_bind(s, 3, &query);
    bind_number(s, 3, query.after ? query.after : INT64_MAX);
    return row_list(store, s, row_crash, &store_row_crash_type, &query, answer);
}

int op_crash_group_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    uint8_t guid[16];
    int err = query_place(store, payload, PLACE_CATALOG, &query, &place);
    if (!err && guid_parse(query.scope.name, guid) != 0)
        err = E_NOT_FOUND;
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CRASH_GET);
    bind_number(s, 1, database_now_ms(&store->db) / 1000 / HOUR_S);
    bind_number(s, 2, place.catalog);
    bind_bytes(s, 3, guid, sizeof guid);
    err = row_one(store, s, row_crash, answer);
    return err ? err : answer_rows(answer, false, 0);
}

static int row_crash_device(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_crash_device row = {
        .in_catalog = column_number(s, 1) != 0,
        .product = column_span(s, 2),
        .group = column_span(s, 3),
        .count = column_number(s, 4),
        .first_s = column_number(s, 5),
        .last_s = column_number(s, 6),
    };
    column_exact(s, 0, row.device_id, sizeof row.device_id);
    return answer_add(answer, &store_row_crash_device_type, &row);
}

int op_crash_device_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    uint8_t guid[16];
    uint64_t group;
    int err = query_place(store, payload, PLACE_CATALOG, &query, &place);
    if (!err && guid_parse(query.scope.name, guid) != 0)
        err = E_NOT_FOUND;
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CRASH_NAMED);
    bind_number(s, 1, place.catalog);
    bind_bytes(s, 2, guid, sizeof guid);
    err = number_get(store, s, &group);
    if (err || !group)
        return err ? err : E_NOT_FOUND;
    s = statement_get(&store->db, STATEMENT_CRASH_DEVICE_LIST);
    bind_number(s, 1, group);
    page_bind(s, 2, &query);
    return row_list(store, s, row_crash_device, &store_row_crash_device_type, &query, answer);
}
