/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash dumps: who may bring one, what a device can fill, expiry, and consent that is taken back.
 *   dumps_test [postgresql]   on a database of that kind; without, on SQLite
 */
#include "abi/device_api.h"
#include "lib/crash_dump.h"
#include "lib/hex.h"
#include "service/ipc/dump_ops.h"
#include "service/store/store_fixture_test.h"

enum { START_S = 1800000000, DAY_S = 86400, OF_DEVICE = 8, OF_GROUP = 256, OF_CATALOG = 1024, DEVICES = 160 };

static uint64_t now_s;
static uint8_t tenant[2][16], group_number[6][16];

static void at(uint64_t s)
{
    now_s = s;
    fx.store.db.fixed_now_ms = s * 1000;
}

static struct store_scope scope_of(unsigned catalog, unsigned group)
{
    static const char *const groups[] = {"Production", "Test", "Production"};
    return fixture_scope(catalog ? "fabrikam" : "contoso", "dw100", groups[group]);
}

static int allow(unsigned group, bool yes)
{
    struct store_group_put put = {.scope = scope_of(group == 2, group), .set = STORE_SET_CRASH_DUMPS, .crash_dumps = yes};
    return fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &put);
}

static struct store_dump_consent consent_of(unsigned device, int want)
{
    struct store_dump_device ask = {{0}};
    struct store_dump_consent consent = {0};
    uint8_t bytes[128];
    struct writer w = writer_of(bytes, sizeof bytes);
    fixture_device_id(device, ask.device_id);
    REQUIRE(record_write(&store_dump_device_type, &ask, &w) == 0);
    CHECK_INT(fixture_call(PEER_REPORTS, STORE_OP_DUMP_CONSENT, writer_view(&w)), want);
    if (!want)
        CHECK_INT(record_parse(&store_dump_consent_type, span_of(fx.reply, fx.len), &consent), 0);
    return consent;
}

/* A dump of the device as that group (0 to 2, or one more of_catalog() makes) of that catalog would have it made. */
static struct span dump_of(unsigned device, unsigned catalog, unsigned group, unsigned number)
{
    static uint8_t bytes[4096];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct crash_dump head = {.dump = {(uint8_t)number, (uint8_t)(number >> 8), 1}, .component = {0xC0}, .image = {0x1A},
                              .signal = 11, .time_s = now_s - 5};
    uint8_t private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES], seed[HPKE_SEED_BYTES] = {1};
    fixture_device_id(device, head.device_id);
    memcpy(head.catalog, tenant[catalog], 16);
    memcpy(head.group, group_number[group], 16);
    REQUIRE(hpke_pair(seed, private, public) == 0);
    REQUIRE(crash_dump_seal(&head, public, seed, span_of("a core file of the test", 23), &w) == 0);
    return writer_view(&w);
}

static int bring_as(unsigned sender, struct span dump)
{
    static uint8_t bytes[8192];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct store_dump_add add = {.now_s = now_s, .dump = dump};
    fixture_device_id(sender, add.device_id);
    REQUIRE(record_write(&store_dump_add_type, &add, &w) == 0);
    return fixture_call(PEER_REPORTS, STORE_OP_DUMP_ADD, writer_view(&w));
}

static int bring(unsigned device, unsigned catalog, unsigned group, unsigned number)
{
    return bring_as(device, dump_of(device, catalog, group, number));
}

static struct store_row_dump row;
static size_t list(unsigned catalog, const char *filter)
{
    struct store_query query = {.scope = fixture_scope(catalog ? "fabrikam" : "contoso", "", ""), .limit = 200,
                                .filter = span_of(filter, strlen(filter))};
    size_t count = 0;
    do {
        CHECK_INT(fixture_api(STORE_OP_DUMP_LIST, &store_query_type, &query), 0);
        struct store_rows rows = fixture_rows();
        struct cursor c = cursor_of(rows.rows);
        for (; c.left && !c.err; count++)
            record_get(&store_row_dump_type, &c, &row);
        CHECK_INT(c.err, 0);
        query.after = rows.next;
    } while (query.after);
    return count;
}

static int one(uint16_t operation, unsigned catalog, unsigned number)
{
    char name[GUID_TEXT_BYTES];
    const uint8_t dump[16] = {(uint8_t)number, (uint8_t)(number >> 8), 1};
    guid_format(dump, name);
    struct store_query query = {.scope = fixture_scope(catalog ? "fabrikam" : "contoso", "", "")};
    query.scope.name = span_of(name, strlen(name));
    return fixture_api(operation, &store_query_type, &query);
}

static void consent(void)
{
    static const uint8_t none[16];
    struct store_dump_consent c = consent_of(1, 0);
    CHECK(!c.allowed && memcmp(c.catalog, none, 16) == 0 && memcmp(c.group, none, 16) == 0);
    consent_of(DEVICES, E_NOT_FOUND);
    CHECK_INT(allow(0, true), 0);
    CHECK_INT(allow(2, true), 0);
    c = consent_of(1, 0);
    CHECK(c.allowed);
    memcpy(tenant[0], c.catalog, 16);
    memcpy(group_number[0], c.group, 16);
    CHECK(!consent_of(3, 0).allowed); /* in Test, which does not allow them */
    CHECK(!consent_of(5, 0).allowed); /* in no catalog */
    c = consent_of(4, 0);
    CHECK(c.allowed && memcmp(c.catalog, tenant[0], 16) != 0);
    memcpy(tenant[1], c.catalog, 16);
    memcpy(group_number[2], c.group, 16);
    memcpy(group_number[1], group_number[0], 16);
    group_number[1][0]++;
}

/* Neither the dump nor its head stands in a file of the data folder (SQLite: PostgreSQL has the same values). */
static void sealed_in_files(struct span dump)
{
    static const char *const names[] = {"store.db", "store.db-wal"};
    static uint8_t bytes[8 << 20];
    size_t seen = 0;
    for (size_t i = 0; i < 2 && !fx.on_postgresql; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/%s", fx.folder, names[i]);
        FILE *f = fopen(path, "rb");
        if (!f)
            continue;
        size_t len = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        seen += len;
        for (size_t part = 0; part + 32 <= dump.len; part += 32)
            CHECK(!memmem(bytes, len, dump.at + part, 32));
        CHECK(!memmem(bytes, len, "PDMP", 4));
    }
    CHECK(fx.on_postgresql || seen > 10000);
}

/* Taken once, shown, handed out as it came. */
static void taken(void)
{
    struct store_row_dump_bytes bytes;
    uint8_t kept[4096], id[64];
    struct span dump = dump_of(1, 0, 0, 1);
    memcpy(kept, dump.at, dump.len);
    CHECK_INT(bring_as(1, dump), 0);
    CHECK_INT(bring_as(1, dump), 0); /* the answer was lost */
    sealed_in_files(span_of(kept, dump.len));
    CHECK_INT(list(0, ""), 1);
    CHECK_MEM(row.device_id, (fixture_device_id(1, id), id), 64);
    CHECK(span_equal(row.product, T("dw100")) && span_equal(row.group, T("Production")));
    CHECK_INT(row.signal, 11);
    CHECK_INT(row.component[0], 0xC0);
    CHECK_INT(row.image[0], 0x1A);
    CHECK_INT(row.bytes, 23);
    CHECK_INT(row.crashed_s, now_s - 5);
    CHECK_INT(row.received_s, now_s);
    CHECK_INT(row.expires_s, now_s + 30 * DAY_S);
    CHECK_INT(row.crash_group[0], 0);
    CHECK_INT(list(1, ""), 0);
    CHECK_INT(list(0, "componentId eq '000000c1-0000-0000-0000-000000000000'"), 0);
    CHECK_INT(list(0, "componentId eq '000000c0-0000-0000-0000-000000000000'"), 1);
    CHECK_INT(one(STORE_OP_DUMP_READ, 0, 1), 0);
    struct store_rows rows = fixture_rows();
    CHECK_INT(record_parse(&store_row_dump_bytes_type, rows.rows, &bytes), 0);
    CHECK_INT(bytes.dump.len, dump.len);
    CHECK_MEM(bytes.dump.at, kept, dump.len);
    CHECK_MEM(bytes.catalog, tenant[0], 16);
    CHECK_INT(one(STORE_OP_DUMP_GET, 0, 1), 0);
    CHECK_INT(one(STORE_OP_DUMP_GET, 0, 2), E_NOT_FOUND);
    CHECK_INT(one(STORE_OP_DUMP_GET, 1, 1), E_NOT_FOUND); /* of another catalog */
    CHECK_INT(one(STORE_OP_DUMP_READ, 1, 1), E_NOT_FOUND);
    CHECK_INT(one(STORE_OP_DUMP_DELETE, 1, 1), E_NOT_FOUND);
    CHECK_INT(list(0, ""), 1);
}

/* The group of the equal crash is named once the device reported it. */
static void grouped(void)
{
    static struct store_report report;
    static uint8_t bytes[4096];
    struct writer w = writer_of(bytes, sizeof bytes);
    static const uint8_t none[16];
    report = (struct store_report){.now_s = now_s, .batch = {9}, .count = 1};
    fixture_device_id(1, report.device_id);
    report.at[0] = (struct store_event){.category = EVENT_APP_CRASH, .first_s = now_s, .last_s = now_s, .count = 1,
                                        .component = {0xC0}, .image = {0x1A}, .signal = 11};
    REQUIRE(store_report_write(&report, &w) == 0);
    CHECK_INT(fixture_call(PEER_REPORTS, STORE_OP_REPORT_ADD, writer_view(&w)), 0);
    CHECK_INT(list(0, ""), 1);
    CHECK(memcmp(row.crash_group, none, 16) != 0);
}

/* Nothing of a refused dump is kept. */
static void refused(void)
{
    uint8_t cut[4096];
    struct span dump = dump_of(1, 0, 0, 2);
    CHECK_INT(bring_as(2, dump), E_DENIED);  /* another's, in the same group */
    CHECK_INT(bring_as(DEVICES, dump), E_DENIED); /* and by a device that nobody knows */
    CHECK_INT(bring(DEVICES, 0, 0, 2), E_NOT_FOUND);
    CHECK_INT(bring(3, 0, 1, 2), E_DENIED);  /* its group does not allow them */
    CHECK_INT(bring(3, 0, 0, 2), E_DENIED);  /* and it is not in the one that does */
    CHECK_INT(bring(5, 0, 0, 2), E_DENIED);  /* claimed by nobody */
    CHECK_INT(bring(4, 0, 2, 2), E_DENIED);  /* to another catalog's key */
    CHECK_INT(bring(1, 1, 0, 2), E_DENIED);
    CHECK_INT(bring(1, 0, 1, 2), E_DENIED);  /* made in another group */
    memcpy(cut, dump.at, dump.len);
    dump = dump_of(1, 0, 0, 2);
    for (size_t len = 0; len < dump.len; len += 41)
        CHECK_INT(bring_as(1, span_of(cut, len)), E_MORE);
    CHECK_INT(bring_as(1, span_of(cut, dump.len + 1)), E_TRAILING);
    CHECK_INT(list(0, ""), 1);
    CHECK_INT(list(1, ""), 0);
    CHECK_INT(fixture_call(PEER_OTA, STORE_OP_DUMP_ADD, span_of(NULL, 0)), E_DENIED);
    CHECK_INT(fixture_call(PEER_API, STORE_OP_DUMP_ADD, span_of(NULL, 0)), E_DENIED);
    CHECK_INT(fixture_call(PEER_REPORTS, STORE_OP_DUMP_READ, span_of(NULL, 0)), E_DENIED);
}

static void limits(void)
{
    for (unsigned i = 0; i < OF_DEVICE - 1; i++)
        CHECK_INT(bring(1, 0, 0, 100 + i), 0);
    CHECK_INT(bring(1, 0, 0, 200), E_FULL);
    CHECK_INT(bring(1, 0, 0, 100), 0); /* it has that one */
    CHECK_INT(bring(2, 0, 0, 201), 0); /* others have their own room */
    CHECK_INT(list(0, ""), OF_DEVICE + 1);
    CHECK_INT(one(STORE_OP_DUMP_DELETE, 0, 100), 0);
    CHECK_INT(one(STORE_OP_DUMP_DELETE, 0, 100), E_NOT_FOUND);
    CHECK_INT(bring(1, 0, 0, 200), 0);
    CHECK_INT(list(0, "deviceId ne ''"), OF_DEVICE + 1);
    /* the whole group */
    unsigned there = OF_DEVICE + 1;
    for (unsigned device = 10; there < OF_GROUP; device++)
        for (unsigned i = 0; i < OF_DEVICE && there < OF_GROUP; i++, there++)
            CHECK_INT(bring(device, 0, 0, 1000 + there), 0);
    CHECK_INT(bring(45, 0, 0, 5000), E_FULL);
    CHECK_INT(bring(4, 1, 2, 5001), 0);
    CHECK_INT(list(0, ""), OF_GROUP);
}

/* Three groups more that are full, so that the catalog is. */
static void of_catalog(void)
{
    unsigned there = OF_GROUP, device = 50;
    for (unsigned group = 3; group < 6; group++) {
        const char *const names[] = {"Third", "Fourth", "Fifth"};
        struct store_group_put put = {.scope = fixture_scope("contoso", "dw100", names[group - 3]),
                                      .set = STORE_SET_CRASH_DUMPS, .crash_dumps = true};
        CHECK_INT(fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &put), 0);
        for (unsigned i = 0; i < OF_GROUP; i++, there++) {
            if (i % OF_DEVICE == 0)
                CHECK_INT(fixture_claim(++device, put.scope), 0);
            memcpy(group_number[group], consent_of(device, 0).group, 16);
            CHECK_INT(bring(device, 0, group, 10000 + there), 0);
        }
    }
    CHECK_INT(there, OF_CATALOG);
    CHECK_INT(list(0, ""), OF_CATALOG);
    struct store_group_put more = {.scope = fixture_scope("contoso", "dw100", "More"), .set = STORE_SET_CRASH_DUMPS,
                                   .crash_dumps = true};
    CHECK_INT(fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &more), 0);
    CHECK_INT(fixture_claim(++device, more.scope), 0);
    memcpy(group_number[5], consent_of(device, 0).group, 16);
    CHECK_INT(bring(device, 0, 5, 20000), E_FULL); /* its group has none */
    CHECK_INT(one(STORE_OP_DUMP_DELETE, 0, 10000 + OF_GROUP), 0);
    CHECK_INT(bring(device, 0, 5, 20000), 0);
    CHECK_INT(bring(4, 1, 2, 20001), 0); /* another catalog has its own room */
}

static void over(void)
{
    at(now_s + 30 * DAY_S - 1);
    CHECK_INT(list(0, ""), OF_CATALOG);
    at(now_s + 1);
    CHECK_INT(list(0, ""), 0); /* expired, whether it is gone yet or not */
    CHECK_INT(one(STORE_OP_DUMP_GET, 0, 1), E_NOT_FOUND);
    CHECK_INT(one(STORE_OP_DUMP_READ, 0, 1), E_NOT_FOUND);
    CHECK_INT(bring(1, 0, 0, 1), 0); /* and gives its room back */
    CHECK_INT(list(0, ""), 1);
    fx.store.dump_keep_s = DAY_S;
    CHECK_INT(bring(1, 0, 0, 2), 0);
    at(now_s + DAY_S);
    CHECK_INT(list(0, ""), 1);
    fx.store.dump_keep_s = 0;
}

static void clock_set(int64_t s)
{
    fx.store.db.fixed_jump_ms += s * 1000;
    at(now_s + (uint64_t)s);
}

/* What a clock that is ahead hides is there again; what it dates ahead does not stay for ever. */
static void clock_was_ahead(void)
{
    CHECK_INT(list(0, ""), 1);
    clock_set(400 * DAY_S);
    CHECK_INT(bring(1, 0, 0, 3), 0); /* which looks for expired ones */
    CHECK_INT(list(0, ""), 1);
    clock_set(-400 * DAY_S);
    CHECK_INT(list(0, ""), 2);
    CHECK_INT(one(STORE_OP_DUMP_GET, 0, 1), 0);
    at(now_s + DAY_S); /* and nothing is in doubt any more */
    CHECK_INT(bring(1, 0, 0, 4), 0);
    CHECK_INT(one(STORE_OP_DUMP_GET, 0, 3), 0);
    CHECK_INT(record_parse(&store_row_dump_type, fixture_rows().rows, &row), 0);
    CHECK_INT(row.expires_s, now_s + 30 * DAY_S);
    CHECK_INT(one(STORE_OP_DUMP_DELETE, 0, 3), 0);
    CHECK_INT(one(STORE_OP_DUMP_DELETE, 0, 4), 0);
    CHECK_INT(list(0, ""), 1);
}

static void taken_back(void)
{
    CHECK_INT(bring(4, 1, 2, 60), 0);
    struct store_group_put other = {.scope = scope_of(0, 0), .set = STORE_SET_DESCRIPTION, .description = T("text")};
    CHECK_INT(fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &other), 0);
    CHECK_INT(list(0, ""), 1); /* another change of the group */
    CHECK_INT(allow(0, true), 0);
    CHECK_INT(list(0, ""), 1);
    CHECK_INT(allow(0, false), 0);
    CHECK_INT(list(0, ""), 0);
    CHECK_INT(bring(1, 0, 0, 61), E_DENIED);
    CHECK_INT(list(1, ""), 1); /* of another group */
    /* allowed again: they do not come back */
    CHECK_INT(allow(0, true), 0);
    CHECK_INT(list(0, ""), 0);
    CHECK_INT(bring(1, 0, 0, 62), 0);
    /* A device that moves leaves what is there; what it brings from before is refused. */
    struct span late = dump_of(1, 0, 0, 63);
    CHECK_INT(allow(1, true), 0);
    struct store_device_move move = {.scope = scope_of(0, 0), .target = scope_of(0, 1)};
    char hex[129];
    uint8_t id[64];
    fixture_device_id(1, id);
    hex_encode(id, 64, hex);
    move.scope.name = span_of(hex, 128);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_MOVE, &store_device_move_type, &move), 0);
    CHECK_INT(bring_as(1, late), E_DENIED);
    CHECK_INT(list(0, ""), 1);
}

/* What a former owner keeps of a device takes nothing from the next one. */
static void owners(void)
{
    struct store_device_take take = {.scope = scope_of(1, 2)};
    struct store_device_release release = {.scope = scope_of(0, 0), .lifetime_s = 3600};
    struct store_row_token token;
    uint8_t id[64], bytes[STORE_TOKEN_MAX];
    char hex[129];
    size_t before = list(0, "");
    for (unsigned i = 0; i < OF_DEVICE; i++)
        CHECK_INT(bring(6, 0, 0, 7000 + i), 0);
    CHECK_INT(bring(6, 0, 0, 7100), E_FULL);
    fixture_device_id(6, id);
    hex_encode(id, sizeof id, hex);
    release.scope.name = span_of(hex, 128);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_RELEASE, &store_device_release_type, &release), 0);
    REQUIRE(record_parse(&store_row_token_type, fixture_rows().rows, &token) == 0 && token.token.len <= sizeof bytes);
    memcpy(bytes, token.token.at, token.token.len);
    take.token = span_of(bytes, token.token.len);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_TAKE, &store_device_take_type, &take), 0);
    for (unsigned i = 0; i < OF_DEVICE; i++)
        CHECK_INT(bring(6, 1, 2, 7200 + i), 0);
    CHECK_INT(bring(6, 1, 2, 7300), E_FULL);
    CHECK_INT(list(0, ""), before + OF_DEVICE);
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    at(START_S);
    for (unsigned device = 1; device < DEVICES; device++)
        fixture_register(device);
    for (unsigned catalog = 0; catalog < 2; catalog++) {
        struct store_catalog_put put = {.scope = fixture_scope(catalog ? "fabrikam" : "contoso", "", "")};
        CHECK_INT(fixture_api(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &put), 0);
        struct store_product_put product = {.scope = fixture_scope(catalog ? "fabrikam" : "contoso", "dw100", "")};
        CHECK_INT(fixture_api(STORE_OP_PRODUCT_PUT, &store_product_put_type, &product), 0);
    }
    for (unsigned group = 0; group < 3; group++)
        CHECK_INT(allow(group, false), 0);
    for (unsigned device = 1; device < 50; device++)
        if (device != 5)
            CHECK_INT(fixture_claim(device, device == 4 ? scope_of(1, 2) : scope_of(0, device == 3)), 0);
    consent();
    taken();
    grouped();
    refused();
    limits();
    of_catalog();
    over();
    clock_was_ahead();
    taken_back();
    owners();
    fixture_end();
    return check_done();
}
