/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash groups: what is equal, how many devices, what a device can fill, and the growth alarm.
 *   crash_groups_test [postgresql]   on a database of that kind; without, on SQLite
 */
#include "abi/device_api.h"
#include "service/store/store_fixture_test.h"

enum { DEVICES = 6, HOUR_S = 3600, START_S = 500000 * HOUR_S + 100 };

static uint64_t now_s;

static void at(uint64_t s)
{
    now_s = s;
    fx.store.db.fixed_now_ms = s * 1000;
}

static struct store_event crash_of(uint64_t place)
{
    return (struct store_event){.category = EVENT_APP_CRASH_REGISTERS, .first_s = now_s - 60, .last_s = now_s, .count = 1,
                                .component = {0xC0}, .image = {0x1A}, .signal = 11, .pc = 0x400000 + place,
                                .place = place, .file = "app"};
}

static int report_many(unsigned device, const struct store_event *events, uint16_t count)
{
    static struct store_report r;
    static uint8_t bytes[32768];
    static uint32_t number;
    r = (struct store_report){.now_s = now_s, .count = count};
    fixture_device_id(device, r.device_id);
    number++;
    memcpy(r.batch, &number, sizeof number);
    memcpy(r.at, events, count * sizeof *events);
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(store_report_write(&r, &w) == 0);
    return fixture_call(PEER_REPORTS, STORE_OP_REPORT_ADD, writer_view(&w));
}

static int report(unsigned device, struct store_event event)
{
    return report_many(device, &event, 1);
}

/* The groups of a catalog, at most cap, newest first; how many. */
static struct store_row_crash row[300];
static char sites[300][48];
static size_t list(const char *catalog, const char *filter)
{
    struct store_query query = {.scope = fixture_scope(catalog, "", ""), .limit = 200,
                                .filter = span_of(filter, strlen(filter))};
    size_t count = 0;
    do {
        CHECK_INT(fixture_api(STORE_OP_CRASH_GROUP_LIST, &store_query_type, &query), 0);
        struct store_rows rows = fixture_rows();
        struct cursor c = cursor_of(rows.rows);
        for (; c.left && !c.err && count < 300; count++) {
            record_get(&store_row_crash_type, &c, &row[count]);
            snprintf(sites[count], sizeof sites[count], "%.*s", (int)row[count].site.len, (const char *)row[count].site.at);
        }
        CHECK_INT(c.err, 0);
        query.after = rows.next;
    } while (query.after);
    return count;
}

static uint64_t growing(void)
{
    struct store_query query = {0};
    struct store_row_status status;
    CHECK_INT(fixture_api(STORE_OP_STATUS, &store_query_type, &query), 0);
    struct store_rows rows = fixture_rows();
    CHECK_INT(record_parse(&store_row_status_type, rows.rows, &status), 0);
    return status.crash_groups_growing;
}

static unsigned audited(const char *what)
{
    struct store_query query = {.limit = 200};
    struct store_row_audit record;
    unsigned count = 0;
    CHECK_INT(fixture_api(STORE_OP_AUDIT_LIST, &store_query_type, &query), 0);
    struct store_rows rows = fixture_rows();
    struct cursor c = cursor_of(rows.rows);
    while (c.left && !c.err) {
        record_get(&store_row_audit_type, &c, &record);
        count += span_equal(record.action, span_of(what, strlen(what)));
    }
    return count;
}

static void what_is_equal(void)
{
    at(START_S);
    struct store_event e = crash_of(0x1f78), other;
    CHECK_INT(report(0, e), 0);
    e.pc += 0x1000, e.lr = 7, e.sp = 9; /* another start of the same program */
    CHECK_INT(report(1, e), 0);
    e.count = 3;
    at(START_S + 1000);
    e.last_s = now_s;
    CHECK_INT(report(1, e), 0);
    CHECK_INT(list("c", ""), 1);
    CHECK_INT(row[0].count, 5);
    CHECK_INT(row[0].devices, 2);
    CHECK_INT(row[0].signal, 11);
    CHECK_INT(row[0].component[0], 0xC0);
    CHECK_INT(row[0].image[0], 0x1A);
    CHECK_STR(sites[0], "app+1f78");
    CHECK_INT(row[0].first_s, START_S - 60);
    CHECK_INT(row[0].last_s, START_S + 1000);
    CHECK_INT(row[0].recent, 5);
    CHECK(!row[0].growing);

    other = e, other.place++;
    CHECK_INT(report(0, other), 0);
    other = e, other.signal = 6;
    CHECK_INT(report(0, other), 0);
    other = e, other.image[0]++;
    CHECK_INT(report(0, other), 0);
    other = e, other.component[0]++;
    CHECK_INT(report(0, other), 0);
    other = e, memset(other.file, 0, sizeof other.file), other.place = other.pc = UINT64_MAX;
    CHECK_INT(report(0, other), 0);
    CHECK_INT(list("c", ""), 6);
    CHECK_STR(sites[0], "ffffffffffffffff"); /* nowhere */
    other = e, other.category = EVENT_APP_CRASH; /* of a Linux device: no registers */
    CHECK_INT(report(0, other), 0);
    CHECK_INT(list("c", ""), 7);
    CHECK_STR(sites[0], "");

    /* What is no crash makes no group; nor does a device that is nobody's. */
    other = e, other.category = EVENT_APP_EXIT, other.signal = 0;
    CHECK_INT(report(0, other), 0);
    CHECK_INT(report(DEVICES - 1, e), 0);
    CHECK_INT(list("c", ""), 7);
    CHECK_INT(list("other", ""), 0);
    /* Another catalog's are its own. */
    CHECK_INT(report(DEVICES - 2, e), 0);
    CHECK_INT(list("other", ""), 1);
    CHECK_INT(row[0].devices, 1);
    CHECK_INT(list("c", "programCounter eq 'app+1f78' and deviceCount ge 2"), 1);
}

static void one_of_them(void)
{
    char name[GUID_TEXT_BYTES];
    CHECK_INT(list("c", "programCounter eq 'app+1f78' and deviceCount ge 2"), 1);
    guid_format(row[0].crash_group, name);
    struct store_query query = {.scope = fixture_scope("c", "", "")};
    query.scope.name = span_of(name, strlen(name));
    CHECK_INT(fixture_api(STORE_OP_CRASH_GROUP_GET, &store_query_type, &query), 0);
    struct store_rows rows = fixture_rows();
    struct store_row_crash one;
    CHECK_INT(record_parse(&store_row_crash_type, rows.rows, &one), 0);
    CHECK_INT(one.devices, 2);
    query.scope = fixture_scope("other", "", "");
    query.scope.name = span_of(name, strlen(name));
    CHECK_INT(fixture_api(STORE_OP_CRASH_GROUP_GET, &store_query_type, &query), E_NOT_FOUND);
    query.scope.name = T("not a guid");
    CHECK_INT(fixture_api(STORE_OP_CRASH_GROUP_GET, &store_query_type, &query), E_NOT_FOUND);
    query.scope = fixture_scope("none", "", "");
    CHECK_INT(fixture_api(STORE_OP_CRASH_GROUP_LIST, &store_query_type, &query), E_MISSING);
}

/* The devices of the group: how often each, paged; one that left is there without its place. */
static size_t devices_of(const uint8_t guid[static 16], uint32_t limit, struct store_row_crash_device *at, size_t cap)
{
    char name[GUID_TEXT_BYTES];
    struct store_query query = {.scope = fixture_scope("c", "", ""), .limit = limit};
    size_t count = 0;
    guid_format(guid, name);
    query.scope.name = span_of(name, strlen(name));
    do {
        CHECK_INT(fixture_api(STORE_OP_CRASH_DEVICE_LIST, &store_query_type, &query), 0);
        struct store_rows rows = fixture_rows();
        size_t page = 0;
        for (struct cursor c = cursor_of(rows.rows); c.left && !c.err && count < cap; page++)
            record_get(&store_row_crash_device_type, &c, &at[count++]);
        CHECK(page <= limit);
        query.after = rows.next;
    } while (query.after);
    return count;
}

static void its_devices(void)
{
    struct store_row_crash_device at[8];
    char name[GUID_TEXT_BYTES];
    CHECK_INT(list("c", "programCounter eq 'app+1f78' and deviceCount ge 2"), 1);
    for (uint32_t limit = 1; limit <= 3; limit++) {
        CHECK_INT(devices_of(row[0].crash_group, limit, at, 8), 2);
        CHECK_INT(at[0].device_id[3], 0);
        CHECK_INT(at[0].count, 1);
        CHECK(at[0].in_catalog);
        CHECK_INT(at[1].device_id[3], 1);
        CHECK_INT(at[1].count, 4);
        CHECK_INT(at[1].first_s, START_S - 60);
        CHECK_INT(at[1].last_s, START_S + 1000);
    }
    guid_format(row[0].crash_group, name);
    struct store_query query = {.scope = fixture_scope("other", "", "")};
    query.scope.name = span_of(name, strlen(name));
    CHECK_INT(fixture_api(STORE_OP_CRASH_DEVICE_LIST, &store_query_type, &query), E_NOT_FOUND);
    query.scope.name = T("x");
    CHECK_INT(fixture_api(STORE_OP_CRASH_DEVICE_LIST, &store_query_type, &query), E_NOT_FOUND);
}

/* Times that cannot be: nothing is seen in the future, nor before anybody would remember it. */
static void times_within_reason(void)
{
    struct store_event e = crash_of(0x9999);
    e.first_s = 5;
    e.last_s = now_s + 1000000;
    CHECK_INT(report(0, e), 0);
    CHECK_INT(list("c", "programCounter eq 'app+9999'"), 1);
    CHECK_INT(row[0].last_s, now_s);
    CHECK_INT(row[0].first_s, now_s - 90 * 24 * HOUR_S);
}

/* Of the OS: what names an image of the provider, or no component. */
static void of_the_os(void)
{
    uint8_t bytes[1024];
    struct image_meta meta = {.type = 9, .signing_type = IMAGE_SIGNING_ECDSA256, .has_debug = true, .name = "n",
                              .component = {0x05}, .id = {0x77}};
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_zero(&w, 64);
    REQUIRE(image_meta_write(&w, &meta) == 0);
    writer_zero(&w, IMAGE_SIGNATURE_BYTES);
    const struct store_image_put put = {.package = writer_view(&w)};
    CHECK_INT(fixture_api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), 0);
    struct store_event e = crash_of(0x8000);
    e.component[0] = 0x05;
    CHECK_INT(report(0, e), 0);
    CHECK_INT(list("c", "programCounter eq 'app+8000'"), 1);
    CHECK(row[0].of_os);
    e = crash_of(0x8001);
    memset(e.component, 0, sizeof e.component);
    CHECK_INT(report(0, e), 0);
    CHECK_INT(list("c", "programCounter eq 'app+8001'"), 1);
    CHECK(row[0].of_os);
    CHECK_INT(report(0, crash_of(0x8002)), 0);
    CHECK_INT(list("c", "programCounter eq 'app+8002'"), 1);
    CHECK(!row[0].of_os);
    unsigned os = 0, seen = 0;
    struct store_query query = {.scope = fixture_scope("c", "", ""), .limit = 3};
    CHECK_INT(fixture_api(STORE_OP_INSIGHT_LIST, &store_query_type, &query), 0);
    for (struct cursor c = cursor_of(fixture_rows().rows); c.left && !c.err; seen++) {
        struct store_row_insight one;
        record_get(&store_row_insight_type, &c, &one);
        CHECK_INT(one.of_os, seen > 0); /* the newest first */
        os += one.of_os;
    }
    CHECK_INT(seen, 3);
    CHECK_INT(os, 2);
}

/* The same batch again counts once, in the groups too. */
static void a_batch_counts_once(void)
{
    static struct store_report r;
    uint8_t bytes[4096];
    at(START_S + 2000);
    r = (struct store_report){.batch = {0xBB, 0xBB}, .now_s = now_s, .count = 1};
    fixture_device_id(2, r.device_id);
    r.at[0] = crash_of(0x77);
    for (int twice = 0; twice < 2; twice++) {
        struct writer w = writer_of(bytes, sizeof bytes);
        REQUIRE(store_report_write(&r, &w) == 0);
        CHECK_INT(fixture_call(PEER_REPORTS, STORE_OP_REPORT_ADD, writer_view(&w)), 0);
    }
    CHECK_INT(list("c", "programCounter eq 'app+77'"), 1);
    CHECK_INT(row[0].count, 1);
}

/* docs/spec/crash-report.md: 10 in two hours, and more than three times the usual. */
static void growth(void)
{
    const uint64_t day = 24 * HOUR_S, begin = START_S + 30 * day;
    const char only[] = "programCounter eq 'app+500'";
    at(begin);
    struct store_event e = crash_of(0x500);
    e.count = 9;
    CHECK_INT(report(0, e), 0);
    CHECK_INT(growing(), 0);
    unsigned before = audited("Perisphere/crashGroups/growth");
    at(begin + HOUR_S);
    e.count = 1;
    CHECK_INT(report(1, e), 0); /* the tenth within two hours: new, and many */
    CHECK_INT(growing(), 1);
    CHECK_INT(list("c", only), 1);
    CHECK(row[0].growing);
    CHECK_INT(row[0].growing_s, begin + HOUR_S);
    CHECK_INT(audited("Perisphere/crashGroups/growth"), before + 1);
    CHECK_INT(report(1, e), 0); /* goes on: told once */
    CHECK_INT(audited("Perisphere/crashGroups/growth"), before + 1);
    CHECK_INT(list("c", "growing eq true"), 1);
    at(begin + 3 * HOUR_S); /* nothing more came */
    CHECK_INT(growing(), 0);
    CHECK_INT(list("c", only), 1);
    CHECK(!row[0].growing);
    CHECK_INT(row[0].growing_s, 0);
    CHECK_INT(row[0].recent, 0);
    CHECK_INT(row[0].before, 11);

    /* Ten an hour for a week: that is usual, and 60 in two hours are not more than three times that. */
    e.count = 10;
    for (uint64_t h = 3; h < 3 + 7 * 24; h++) {
        at(begin + h * HOUR_S);
        CHECK_INT(report(0, e), 0);
    }
    /* every first hours of a group are growth; after a week they are not */
    CHECK_INT(growing(), 0);
    unsigned told = audited("Perisphere/crashGroups/growth");
    at(now_s + HOUR_S);
    e.count = 40;
    CHECK_INT(report(0, e), 0); /* 50 in two hours */
    CHECK_INT(growing(), 0);
    e.count = 11;
    CHECK_INT(report(0, e), 0); /* 61: before has 1,669 or so in 167 hours */
    CHECK_INT(growing(), 1);
    CHECK_INT(audited("Perisphere/crashGroups/growth"), told + 1);
}

/* A device that lies counts as any other: what it says does not make the crashes of others look usual. */
static void one_that_lies(void)
{
    const char only[] = "programCounter eq 'app+600'";
    struct store_event e;
    at(now_s + 24 * HOUR_S);
    e = crash_of(0x600);
    e.count = UINT32_MAX;
    for (int again = 0; again < 2; again++)
        CHECK_INT(report(1, e), 0);
    CHECK_INT(list("c", only), 1);
    CHECK_INT(row[0].count, 2 * (uint64_t)UINT32_MAX);
    CHECK_INT(row[0].recent, 60);
    at(now_s + HOUR_S);
    CHECK_INT(report(1, e), 0); /* in another hour as many */
    CHECK_INT(list("c", only), 1);
    CHECK_INT(row[0].recent, 120);
    at(now_s + 3 * HOUR_S);
    CHECK_INT(list("c", only), 1);
    CHECK(!row[0].growing);
    for (unsigned n = 0; n < 3; n++) {
        e = crash_of(0x600);
        e.count = 4;
        CHECK_INT(report(n, e), 0);
    }
    CHECK_INT(list("c", only), 1);
    CHECK(row[0].growing);
}

/* The groups that a device filled under its former owner are not in the way of the new one. */
static void another_owner(void)
{
    static struct store_event events[STORE_EVENTS_MAX];
    struct store_device_release release = {.scope = fixture_scope("c", ".default", ".default"), .lifetime_s = 3600};
    struct store_device_take take = {.scope = fixture_scope("other", ".default", ".default")};
    struct store_row_token token;
    uint8_t id[64], bytes[STORE_TOKEN_MAX];
    char hex[129];
    size_t before = list("other", "");
    for (uint64_t i = 0; i < STORE_EVENTS_MAX; i++)
        events[i] = crash_of(0x400000 + i);
    CHECK_INT(report_many(2, events, STORE_EVENTS_MAX), 0);
    fixture_device_id(2, id);
    hex_encode(id, sizeof id, hex);
    release.scope.name = span_of(hex, strlen(hex));
    CHECK_INT(fixture_api(STORE_OP_DEVICE_RELEASE, &store_device_release_type, &release), 0);
    REQUIRE(record_parse(&store_row_token_type, fixture_rows().rows, &token) == 0 && token.token.len <= sizeof bytes);
    memcpy(bytes, token.token.at, token.token.len);
    take.token = span_of(bytes, token.token.len);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_TAKE, &store_device_take_type, &take), 0);
    CHECK_INT(report(2, crash_of(0x400000)), 0);
    CHECK_INT(list("other", "") - before, 1);
    struct store_row_crash_device at[4];
    CHECK_INT(list("c", "programCounter eq 'app+400000'"), 1);
    CHECK_INT(devices_of(row[0].crash_group, 10, at, 4), 1);
    CHECK(!at[0].in_catalog && at[0].group.len == 0 && at[0].count == 1);

    /* Nor do its reports push those out that it sent under the former one. */
    unsigned former = 0;
    for (uint32_t batch = 0; batch < 17; batch++) {
        for (uint32_t i = 0; i < STORE_EVENTS_MAX; i++) {
            events[i] = crash_of(0);
            events[i].category = EVENT_APP_EXIT;
            events[i].signal = 0;
            events[i].exit_code = batch * STORE_EVENTS_MAX + i;
        }
        CHECK_INT(report_many(2, events, STORE_EVENTS_MAX), 0);
    }
    char filter[200];
    snprintf(filter, sizeof filter, "deviceId eq '%s'", hex);
    struct store_query query = {.scope = fixture_scope("c", "", ""), .limit = 200, .filter = span_of(filter, strlen(filter))};
    do {
        CHECK_INT(fixture_api(STORE_OP_INSIGHT_LIST, &store_query_type, &query), 0);
        struct store_rows rows = fixture_rows();
        for (struct cursor c = cursor_of(rows.rows); c.left && !c.err; former++) {
            struct store_row_insight one;
            record_get(&store_row_insight_type, &c, &one);
        }
        query.after = rows.next;
    } while (query.after);
    CHECK(former >= STORE_EVENTS_MAX);
}

/* What one device can fill. */
static void limits(void)
{
    static struct store_event events[STORE_EVENTS_MAX];
    at(START_S + 60 * 24 * HOUR_S);
    size_t before = list("c", "");
    for (uint64_t batch = 0; batch < 3; batch++) {
        for (uint64_t i = 0; i < STORE_EVENTS_MAX; i++)
            events[i] = crash_of(0x100000 + batch * 1000 + i);
        CHECK_INT(report_many(3, events, STORE_EVENTS_MAX), 0);
    }
    CHECK_INT(list("c", "") - before, 64);
    /* The groups that it is part of go on counting, and others' are not touched. */
    CHECK_INT(report(3, crash_of(0x100000)), 0);
    CHECK_INT(report(0, crash_of(0x200000)), 0);
    CHECK_INT(list("c", "programCounter eq 'app+100000'"), 1);
    CHECK_INT(row[0].count, 2);
    CHECK_INT(list("c", "programCounter eq 'app+200000'"), 1);
    /* 90 days later the old ones go when a new one comes. */
    at(now_s + 91 * 24 * HOUR_S);
    CHECK_INT(report(3, crash_of(0x300000)), 0); /* and its 64 with them: it may be the only device */
    CHECK_INT(list("c", ""), 1);
    CHECK_INT(row[0].devices, 1);
    CHECK_INT(report(3, crash_of(0x300001)), 0);
    CHECK_INT(list("c", ""), 2);
}

/* The error reports of one device: the newest 1,000 of 14 days, whatever it sends. */
static void reports_of_a_device(void)
{
    static struct store_event events[STORE_EVENTS_MAX];
    unsigned seen = 0, oldest = UINT32_MAX;
    for (uint32_t batch = 0; batch < 17; batch++) {
        for (uint32_t i = 0; i < STORE_EVENTS_MAX; i++) {
            events[i] = crash_of(0);
            events[i].category = EVENT_APP_EXIT;
            events[i].signal = 0;
            events[i].exit_code = batch * STORE_EVENTS_MAX + i;
        }
        CHECK_INT(report_many(4, events, STORE_EVENTS_MAX), 0);
    }
    struct store_query query = {.scope = fixture_scope("other", "", ""), .limit = 200};
    do {
        CHECK_INT(fixture_api(STORE_OP_INSIGHT_LIST, &store_query_type, &query), 0);
        struct store_rows rows = fixture_rows();
        struct cursor c = cursor_of(rows.rows);
        for (; c.left && !c.err; seen++) {
            struct store_row_insight one;
            char text[64];
            unsigned code;
            record_get(&store_row_insight_type, &c, &one);
            snprintf(text, sizeof text, "%.*s", (int)one.description.len, (const char *)one.description.at);
            REQUIRE(sscanf(text, "AppExit (exit_code=%u;", &code) == 1);
            oldest = code < oldest ? code : oldest;
        }
        query.after = rows.next;
    } while (query.after && seen < 2000);
    CHECK_INT(seen, 1000);
    CHECK_INT(oldest, 17 * STORE_EVENTS_MAX - 1000);
}

/* A catalog takes its groups along. */
static void catalog_goes(void)
{
    struct store_query query = {.scope = fixture_scope("gone", "", "")};
    fixture_place("gone", "", "");
    CHECK_INT(fixture_api(STORE_OP_CATALOG_DELETE, &store_query_type, &query), 0);
    CHECK_INT(list("c", ""), 2);
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    fixture_place("c", "", "");
    fixture_place("other", "", "");
    for (unsigned n = 0; n < DEVICES; n++) {
        fixture_register(n);
        if (n < DEVICES - 1)
            CHECK_INT(fixture_claim(n, fixture_scope(n < DEVICES - 2 ? "c" : "other", ".default", ".default")), 0);
    }
    what_is_equal();
    one_of_them();
    its_devices();
    a_batch_counts_once();
    times_within_reason();
    of_the_os();
    growth();
    one_that_lies();
    another_owner();
    limits();
    reports_of_a_device();
    catalog_goes();
    fixture_end();
    return check_done();
}
