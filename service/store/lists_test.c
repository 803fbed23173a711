/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists with $filter and $skip: every row once whatever the page is, work bounded by what a
 * filter may look at, one device found without looking at others.
 *   lists_test [postgresql]   on a database of that kind; without, on SQLite
 */
#include "service/store/store_fixture_test.h"

enum { DEVICES = 12 };

static struct store_query query_make(const char *filter)
{
    return (struct store_query){.scope = fixture_scope("c", "", ""), .limit = STORE_PAGE_MAX,
                                .filter = span_of(filter, strlen(filter))};
}

/* The first bytes of the device ids of all pages as digits; pages in *pages. */
static const char *walk(struct store_query query, unsigned *pages)
{
    static char seen[64];
    size_t len = 0;
    for (*pages = 0; *pages < 32;) {
        CHECK_INT(fixture_api(STORE_OP_DEVICE_LIST, &store_query_type, &query), 0);
        struct store_rows rows = fixture_rows();
        struct cursor c = cursor_of(rows.rows);
        struct store_row_device row;
        unsigned count = 0;
        for (; c.left && !c.err && len < sizeof seen - 1; count++) {
            record_get(&store_row_device_type, &c, &row);
            seen[len++] = "0123456789ab"[row.device_id[3]];
        }
        CHECK_INT(c.err, 0);
        CHECK(count <= query.limit);
        (*pages)++;
        if (!rows.next)
            break;
        CHECK(rows.next > query.after);
        query.after = rows.next;
        query.skip = rows.skip;
    }
    seen[len] = '\0';
    return seen;
}

static void expect(const char *filter, uint32_t limit, uint32_t skip, const char *want, unsigned want_pages)
{
    struct store_query query = query_make(filter);
    unsigned pages;
    query.limit = limit;
    query.skip = skip;
    CHECK_STR(walk(query, &pages), want);
    if (want_pages)
        CHECK_INT(pages, want_pages);
}

#define ODD "(startswith(deviceId,'00000001') or startswith(deviceId,'00000003') or startswith(deviceId,'00000009'))"

static void test_pages(void)
{
    expect("", 5, 0, "0123456789ab", 3);
    expect("", 5, 2, "23456789ab", 2);
    expect(ODD, 200, 0, "139", 1);
    expect(ODD, 1, 0, "139", 3);
    expect(ODD, 2, 0, "139", 2);
    expect(ODD, 200, 1, "39", 1);
    expect(ODD, 1, 1, "39", 2);
    expect(ODD, 200, 3, "", 1);
    expect("not " ODD, 4, 0, "024567" "8ab", 3);
    expect("chipSku eq 'mt3620an'", 200, 0, "0123456789ab", 1);
    expect("chipSku eq 'other'", 200, 0, "", 1);
}

/* Few rows a request: pages are short, and nothing is lost or skipped twice. */
static void test_scan(void)
{
    fx.store.scan_max = 3;
    expect(ODD, 200, 0, "139", 4);
    expect(ODD, 1, 0, "139", 0);
    expect(ODD, 200, 2, "9", 4);
    expect("chipSku ne 'mt3620an'", 200, 0, "", 4);
    expect("lastUpdateRequestUtc eq null", 2, 1, "123456789ab", 0);
    fx.store.scan_max = 0;
}

/* Texts that every row must have: the database leaves out the others, and pages are the same. */
static void test_texts(void)
{
    for (uint32_t scan = 1; scan < DEVICES + 2; scan++) {
        fx.store.scan_max = scan;
        expect("lastInstalledOsVersion eq '2.0'", 200, 0, "37", 0);
        expect("LASTINSTALLEDOSVERSION eq '2.0' and chipSku eq 'MT3620aN'", 1, 0, "37", 0);
        expect("lastInstalledOsVersion eq '2.0' and " ODD, 200, 0, "3", 0);
        expect("lastInstalledOsVersion eq '2.0'", 200, 1, "7", 0);
        expect("lastInstalledOsVersion eq '2.0' or " ODD, 200, 0, "1379", 0);
        expect("not (lastInstalledOsVersion eq '2.0')", 5, 0, "01245689ab", 0);
        expect("lastInstalledOsVersion eq 'rc-A'", 200, 0, "8", 0); /* is rc-a there */
        expect("lastInstalledOsVersion eq ''", 200, 2, "4569ab", 0);
        expect("lastInstalledOsVersion eq '2.0' and lastInstalledOsVersion eq '1.0'", 200, 0, "", 0);
        expect("chipSku eq 'none'", 200, 0, "", DEVICES / scan + 1);
    }
    fx.store.scan_max = 0;
    expect("chipSku eq 'none'", 200, 0, "", 1);
}

static void installed_set(unsigned n, const char *version)
{
    uint8_t id[64];
    fixture_device_id(n, id);
    struct statement *s = statement_get(&fx.store.db, STATEMENT_DEVICE_OS_SET);
    bind_bytes(s, 1, id, sizeof id);
    bind_text(s, 2, span_of(version, strlen(version)));
    bind_number(s, 3, 5);
    CHECK_INT(statement_run(&fx.store.db, s), 0);
}

/* By the index, not by looking: even where one row may be looked at. */
static void test_one_device(void)
{
    char filter[256], hex[129];
    uint8_t id[64];
    unsigned pages;
    fixture_device_id(7, id);
    hex_encode(id, sizeof id, hex);
    fx.store.scan_max = 1;
    snprintf(filter, sizeof filter, "chipSku ne 'x' and deviceId eq '%s'", hex);
    expect(filter, 200, 0, "7", 1);
    snprintf(filter, sizeof filter, "deviceId eq '%s' and chipSku eq 'x'", hex);
    expect(filter, 200, 0, "", 1);
    struct store_query query = query_make(filter);
    snprintf(filter, sizeof filter, "name eq '%s'", hex);
    query.filter = span_of(filter, strlen(filter));
    query.scope = fixture_scope("other", "", "");
    CHECK_STR(walk(query, &pages), ""); /* not of that catalog */
    fixture_device_id(99, id);
    hex_encode(id, sizeof id, hex);
    snprintf(filter, sizeof filter, "deviceId eq '%s'", hex);
    expect(filter, 200, 0, "", 1);
    expect("deviceId eq 'no hexadecimal digits'", 200, 0, "", 1);
    fx.store.scan_max = 0;
}

/* What api should have refused. */
static void test_refused(void)
{
    struct store_query query = query_make("colour eq 'red'");
    CHECK_INT(fixture_api(STORE_OP_DEVICE_LIST, &store_query_type, &query), E_MALFORMED);
    CHECK_INT(fixture_api(STORE_OP_PRODUCT_LIST, &store_query_type, &query), E_MALFORMED);
    CHECK_INT(fixture_api(STORE_OP_INSIGHT_LIST, &store_query_type, &query), E_MALFORMED);
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    fixture_place("c", "", "");
    fixture_place("other", "", "");
    for (unsigned n = 0; n < DEVICES; n++) {
        fixture_register(n);
        CHECK_INT(fixture_claim(n, fixture_scope("c", ".default", ".default")), 0);
    }
    test_pages();
    test_scan();
    REQUIRE(database_begin(&fx.store.db) == 0);
    installed_set(0, "1.0");
    installed_set(3, "2.0");
    installed_set(7, "2.0");
    installed_set(8, "rc-a");
    REQUIRE(database_commit(&fx.store.db, true) == 0);
    test_texts();
    test_one_device();
    test_refused();
    fixture_end();
    return check_done();
}
