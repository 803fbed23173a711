/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counts.c's promise: whatever is done to devices, the numbers of table device_count are those
 * that counting would find.  Random operations beside a model in memory; refused ones and ones
 * that were undone leave the numbers alone.  And no statement of a list or a count looks at
 * more of the fleet than it shows (SQLite's own plans).
 *   counts_test [postgresql]   on a database of that kind; without, on SQLite
 */
#include <sqlite3.h>

#include "service/store/store_fixture_test.h"

enum { DEVICES = 24, PLACES = 10, STEPS = 600, CHECK_EVERY = 20, UNREGISTERED = -2, UNCLAIMED = -1 };

/* Two catalogs with two products of two groups each; a catalog's first place is in no group. */
static const struct place_row {
    const char *catalog, *product, *group;
} places[PLACES] = {
    {"a", ".default", ".default"}, {"a", "p", "x"}, {"a", "p", "y"}, {"a", "q", "x"}, {"a", "q", "y"},
    {"b", ".default", ".default"}, {"b", "p", "x"}, {"b", "p", "y"}, {"b", "q", "x"}, {"b", "q", "y"},
};

static int where[DEVICES];

static unsigned chance(unsigned below)
{
    static uint32_t x = 2463534242;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x % below;
}

static bool same_catalog(int a, int b) { return (a < PLACES / 2) == (b < PLACES / 2); }

static struct store_scope scope_of(int place)
{
    return fixture_scope(places[place].catalog, places[place].product, places[place].group);
}

static struct store_scope scope_device(int place, unsigned n, char hex[static 129])
{
    uint8_t id[64];
    struct store_scope scope = scope_of(place);
    fixture_device_id(n, id);
    hex_encode(id, sizeof id, hex);
    scope.name = span_of(hex, 128);
    return scope;
}

static uint64_t counted(struct store_scope scope)
{
    struct store_query query = {.scope = scope};
    struct store_row_count row = {UINT64_MAX};
    CHECK_INT(fixture_api(STORE_OP_DEVICE_COUNT, &store_query_type, &query), 0);
    CHECK_INT(record_parse(&store_row_count_type, fixture_rows().rows, &row), 0);
    return row.count;
}

static uint64_t registered(void)
{
    struct store_query query = {0};
    struct store_row_status row = {0};
    CHECK_INT(fixture_api(STORE_OP_STATUS, &store_query_type, &query), 0);
    CHECK_INT(record_parse(&store_row_status_type, fixture_rows().rows, &row), 0);
    return row.devices;
}

/* Devices in the places from first to the one before last. */
static uint64_t model(int first, int last)
{
    uint64_t count = 0;
    for (unsigned n = 0; n < DEVICES; n++)
        count += where[n] >= first && where[n] < last;
    return count;
}

static void compare(void)
{
    for (int i = 0; i < PLACES; i++)
        CHECK_INT(counted(scope_of(i)), model(i, i + 1));
    for (int i = 0; i < PLACES; i += PLACES / 2) {
        CHECK_INT(counted(fixture_scope(places[i].catalog, "", "")), model(i, i + PLACES / 2));
        CHECK_INT(counted(fixture_scope(places[i].catalog, ".default", "")), model(i, i + 1));
        CHECK_INT(counted(fixture_scope(places[i].catalog, "p", "")), model(i + 1, i + 3));
        CHECK_INT(counted(fixture_scope(places[i].catalog, "q", "")), model(i + 3, i + 5));
    }
    CHECK_INT(registered(), model(UNCLAIMED, PLACES));
}

/* -- what may happen to devices ------------------------------------------------ */

static void step_register(unsigned n)
{
    fixture_register(n); /* again is no second one */
    if (where[n] == UNREGISTERED)
        where[n] = UNCLAIMED;
}

/* Some devices at once, one of them perhaps twice; all or none. */
static void step_claim(unsigned n)
{
    static struct store_device_claim put;
    int place = (int)chance(PLACES);
    bool good = true;
    put = (struct store_device_claim){.scope = scope_of(place), .count = (uint16_t)(1 + chance(4))};
    for (unsigned i = 0; i < put.count; i++) {
        unsigned one = (n + i * chance(2)) % DEVICES;
        fixture_device_id(one, put.device[i].id);
        good = good && where[one] != UNREGISTERED && (where[one] == UNCLAIMED || same_catalog(where[one], place));
    }
    CHECK_INT(fixture_api(STORE_OP_DEVICE_CLAIM, &store_device_claim_type, &put), good ? 0 : E_NOT_FOUND);
    for (unsigned i = 0; good && i < put.count; i++) {
        unsigned one = (unsigned)put.device[i].id[3];
        if (where[one] == UNCLAIMED || place % (PLACES / 2) != 0)
            where[one] = place;
    }
}

static void step_move(unsigned n)
{
    char hex[129];
    int to = (int)chance(PLACES);
    if (where[n] < 0)
        return;
    const struct store_device_move move = {.scope = scope_device(where[n], n, hex), .target = scope_of(to)};
    bool good = same_catalog(where[n], to);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_MOVE, &store_device_move_type, &move), good ? 0 : E_BINDING);
    if (good)
        where[n] = to;
}

static void step_unassign(unsigned n)
{
    char hex[129];
    if (where[n] < 0)
        return;
    const struct store_query query = {.scope = scope_device(where[n], n, hex)};
    CHECK_INT(fixture_api(STORE_OP_DEVICE_UNASSIGN, &store_query_type, &query), 0);
    where[n] -= where[n] % (PLACES / 2);
}

/* To whoever comes with the token. */
static void step_hand_over(unsigned n)
{
    char hex[129];
    uint8_t token[STORE_TOKEN_MAX];
    struct store_row_token row = {0};
    int to = (int)chance(PLACES);
    if (where[n] < 0)
        return;
    const struct store_device_release release = {.scope = scope_device(where[n], n, hex), .lifetime_s = 60};
    CHECK_INT(fixture_api(STORE_OP_DEVICE_RELEASE, &store_device_release_type, &release), 0);
    CHECK_INT(record_parse(&store_row_token_type, fixture_rows().rows, &row), 0);
    REQUIRE(row.token.len <= sizeof token);
    memcpy(token, row.token.at, row.token.len);
    const struct store_device_take take = {.scope = scope_of(to), .token = span_of(token, row.token.len)};
    bool good = !same_catalog(where[n], to);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_TAKE, &store_device_take_type, &take), good ? 0 : E_CONFLICT);
    if (good)
        where[n] = to;
}

/* Refused while a device is in it; else made again, and nobody is in that one. */
static void step_delete(unsigned n)
{
    int place = (int)(n % PLACES);
    bool group = chance(2), unassigned = place % (PLACES / 2) == 0;
    struct store_query query = {.scope = scope_of(place)};
    if (!group)
        query.scope.group = span_of(NULL, 0);
    int first = group ? place : place - (place % (PLACES / 2) - 1) % 2; /* of the product */
    int want = unassigned ? E_UNSUPPORTED : model(first, group ? place + 1 : first + 2) ? E_CONFLICT : 0;
    CHECK_INT(fixture_api(group ? STORE_OP_GROUP_DELETE : STORE_OP_PRODUCT_DELETE, &store_query_type, &query), want);
    for (int i = group ? place : first; want == 0 && i < (group ? place + 1 : first + 2); i++)
        fixture_place(places[i].catalog, places[i].product, places[i].group);
}

static void (*const steps[])(unsigned n) = {
    step_register, step_claim, step_claim, step_move, step_move, step_unassign, step_hand_over, step_delete,
};

static void test_random(void)
{
    for (unsigned n = 0; n < DEVICES; n++)
        where[n] = UNREGISTERED;
    compare();
    for (int i = 1; i <= STEPS; i++) {
        steps[chance(sizeof steps / sizeof steps[0])](chance(DEVICES));
        if (i % CHECK_EVERY == 0)
            compare();
    }
    CHECK(model(0, PLACES) > DEVICES / 2); /* there was something to count */
}

/* A catalog that goes takes its numbers along; a whole one does not go. */
static void test_catalog(void)
{
    struct store_query query = {.scope = fixture_scope("a", "", "")};
    CHECK_INT(fixture_api(STORE_OP_CATALOG_DELETE, &store_query_type, &query), E_CONFLICT);
    fixture_place("c", "", "");
    query.scope = fixture_scope("c", "", "");
    CHECK_INT(counted(query.scope), 0);
    CHECK_INT(fixture_api(STORE_OP_CATALOG_DELETE, &store_query_type, &query), 0);
    compare();
}

/* -- plans ------------------------------------------------------------------------ */

/* Tables with rows for each device or more, and the statements that may read one whole, or a partial index of it. */
static const char *const grows[] = {"device", "certificate", "event", "batch", "operation", "audit", "rollout_device",
                                    "crash_device", "crash_dump", "handover", "os_rollout_device", "revocation"};
static const struct exception_row {
    const char *name, *by, *why;
} exceptions[] = {
    {"AUDIT_LAST", "SCAN audit", "from the end, one row"},
    {"DEVICE_HARDWARE_LEARN", "SCAN device", "once, after the upgrade to schema 5"},
    {"OPERATION_DUE", "USING INDEX operation_running", "those that run alone"},
};

static bool is_name(char c) { return c == '_' || (c >= 'a' && c <= 'z'); }

/* Does word stand for a table that grows, by its name or as an alias in sql? */
static bool grows_with_fleet(const char *sql, const char *word, size_t len)
{
    char alias[64];
    for (size_t i = 0; i < sizeof grows / sizeof grows[0]; i++) {
        if (strlen(grows[i]) == len && strncmp(grows[i], word, len) == 0)
            return true;
        int n = snprintf(alias, sizeof alias, " %s %.*s", grows[i], (int)len, word);
        const char *at = strstr(sql, alias);
        if (at && !is_name(at[n]))
            return true;
    }
    return false;
}

static bool excepted(const char *name, const char *detail)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(exceptions[i].name, name) == 0 && strstr(detail, exceptions[i].by))
            return true;
    return false;
}

/* "CO-ROUTINE d": made before the rest of the statement; its own rows of the plan stand below it.  Its name where it is a
 * page, "LIMIT ?n OFFSET ?m) d", so that what reads or sorts it does not grow. */
static const char *page_of(const char *sql, const char *detail)
{
    enum { PAGE_WORDS = 18 }; /* "LIMIT ?3 OFFSET ?4" */
    char ends[64];
    if (strncmp(detail, "CO-ROUTINE ", 11) != 0)
        return NULL;
    snprintf(ends, sizeof ends, ") %s ", detail + 11);
    const char *at = strstr(sql, ends);
    return at && at - sql >= PAGE_WORDS && strncmp(at - PAGE_WORDS, "LIMIT ?", 7) == 0 ? detail + 11 : NULL;
}

/* Nothing is read whole and nothing sorted, but a page. */
static void plan_check(const char *name, const char *sql)
{
    char explain[4096], page[32] = "";
    sqlite3_stmt *s = NULL;
    bool revoked = strcmp(name, "REVOKED_DEVICE_LIST") == 0, by_index = false;
    REQUIRE(snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql) < (int)sizeof explain);
    REQUIRE(sqlite3_prepare_v2(fx.store.db.own, explain, -1, &s, NULL) == SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(s, 3);
        bool outside = sqlite3_column_int(s, 1) == 0;
        if (outside && page_of(sql, detail))
            snprintf(page, sizeof page, "%s", page_of(sql, detail));
        if (outside && *page &&
            (strstr(detail, "TEMP B-TREE") || (strncmp(detail, "SCAN ", 5) == 0 && strcmp(detail + 5, page) == 0)))
            continue;
        bool whole = strncmp(detail, "SCAN ", 5) == 0 && grows_with_fleet(sql, detail + 5, strcspn(detail + 5, " ")) &&
                     !excepted(name, detail);
        by_index = by_index || strstr(detail, "INDEX device_revoked ");
        bool sorted = (revoked || strncmp(name, "DEVICE_", 7) == 0) && strstr(detail, "TEMP B-TREE");
        if (whole || sorted)
            fprintf(stderr, "%s: %s\n", name, detail);
        CHECK(!whole && !sorted);
    }
    CHECK(!revoked || by_index); /* however many devices are not */
    sqlite3_finalize(s);
}

static void test_plans(void)
{
    static const struct {
        const char *name, *sql;
    } all[] = {
#define PLAN_ROW(name, sql) {#name, sql},
        STATEMENT_TABLE(PLAN_ROW)
#undef PLAN_ROW
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        plan_check(all[i].name, all[i].sql);
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    for (int i = 0; i < PLACES; i++)
        if (i % (PLACES / 2) != 0)
            fixture_place(places[i].catalog, places[i].product, places[i].group);
    test_random();
    test_catalog();
    if (!fx.on_postgresql)
        test_plans();
    fixture_end();
    return check_done();
}
