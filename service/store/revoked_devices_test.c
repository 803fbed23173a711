/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of revoked devices: who is on it, with the first word of each; by pages and by filter; of its own catalog
 * alone; and a device that goes to another owner takes no name of the former one along.
 *   revoked_devices_test [postgresql]
 */
#include "service/ipc/store_pki_ops.h"
#include "service/store/store_fixture_test.h"

enum { DEVICES = 12 };

static const uint64_t now_s = 1900000000;

/* Even ones in the group, odd ones in no group, the last one of another catalog. */
static struct store_scope scope_of(unsigned n)
{
    return n == DEVICES - 1 ? fixture_scope("other", ".default", ".default")
           : n % 2          ? fixture_scope("c", ".default", ".default")
                            : fixture_scope("c", "p", "g");
}

static struct span hex_of(unsigned n)
{
    static char hex[129];
    uint8_t id[64];
    fixture_device_id(n, id);
    hex_encode(id, sizeof id, hex);
    return span_of(hex, 128);
}

static int device_revoke(unsigned n, bool revoked, uint16_t reason)
{
    const struct store_caller caller = {.principal = T("certificate:grace"), .action = ACCESS_DEVICES_REVOKE};
    struct store_device_revoke r = {.scope = scope_of(n), .revoked = revoked, .reason = reason};
    r.scope.name = hex_of(n);
    fx.store.caller = &caller;
    int err = fixture_api(STORE_OP_DEVICE_REVOKE, &store_device_revoke_type, &r);
    fx.store.caller = NULL;
    return err;
}

static struct store_row_revoked_device row[DEVICES];

/* Rows of one page; *next: where the next one begins, 0: there is none. */
static size_t list(const char *catalog, uint64_t after, uint32_t limit, const char *filter, uint64_t *next)
{
    const struct store_query query = {.scope = fixture_scope(catalog, "", ""), .after = after, .limit = limit,
                                      .filter = span_of(filter, strlen(filter))};
    size_t count = 0;
    CHECK_INT(fixture_api(STORE_OP_REVOKED_DEVICE_LIST, &store_query_type, &query), 0);
    struct store_rows rows = fixture_rows();
    struct cursor c = cursor_of(rows.rows);
    while (c.left && !c.err && count < DEVICES)
        record_get(&store_row_revoked_device_type, &c, &row[count++]);
    CHECK_INT(cursor_end(&c), 0);
    if (next)
        *next = rows.next;
    return count;
}

static unsigned number(size_t i) { return row[i].device_id[2] * 256u + row[i].device_id[3]; }

static int get(unsigned n, const char *catalog)
{
    struct store_query query = {.scope = fixture_scope(catalog, "", "")};
    query.scope.name = hex_of(n);
    int err = fixture_api(STORE_OP_REVOKED_DEVICE_GET, &store_query_type, &query);
    return err ? err : record_parse(&store_row_revoked_device_type, fixture_rows().rows, &row[0]);
}

static void test_first_word(void)
{
    CHECK_INT(list("c", 0, 0, "", NULL), 0);
    CHECK_INT(get(2, "c"), E_NOT_FOUND);
    CHECK_INT(device_revoke(2, true, STORE_REASON_KEY_COMPROMISE), 0);
    fx.store.db.fixed_now_ms += 60000;
    CHECK_INT(device_revoke(2, true, STORE_REASON_SUPERSEDED), 0); /* again: said already */
    CHECK_INT(get(2, "c"), 0);
    CHECK_INT(row[0].revoked_s, now_s);
    CHECK_INT(row[0].reason, STORE_REASON_KEY_COMPROMISE);
    CHECK(span_equal(row[0].revoked_by, T("certificate:grace")));
    CHECK(span_equal(row[0].product, T("p")) && span_equal(row[0].group, T("g")));
    CHECK_INT(device_revoke(2, false, 0), 0);
    CHECK_INT(get(2, "c"), E_NOT_FOUND);
    CHECK_INT(list("c", 0, 0, "", NULL), 0);
    CHECK_INT(device_revoke(2, true, STORE_REASON_SUPERSEDED), 0); /* a new word */
    CHECK_INT(get(2, "c"), 0);
    CHECK(row[0].revoked_s == now_s + 60 && row[0].reason == STORE_REASON_SUPERSEDED);
}

static void test_pages(void)
{
    uint64_t next;
    for (unsigned n = 0; n < DEVICES; n++)
        if (n != 5)
            CHECK_INT(device_revoke(n, true, n == 3 ? STORE_REASON_CESSATION : STORE_REASON_KEY_COMPROMISE), 0);
    CHECK_INT(list("c", 0, 4, "", &next), 4);
    CHECK(number(0) == 0 && number(3) == 3);
    CHECK(span_equal(row[3].product, T(".default")) && span_equal(row[3].group, T(".default")));
    CHECK_INT(list("c", next, 4, "", &next), 4);
    CHECK(number(0) == 4 && number(1) == 6); /* 5 is not revoked */
    CHECK_INT(list("c", next, 4, "", &next), 2);
    CHECK_INT(next, 0);
    CHECK_INT(list("other", 0, 0, "", NULL), 1);
    CHECK_INT(number(0), DEVICES - 1);
}

static void test_filter(void)
{
    char filter[256];
    CHECK_INT(list("c", 0, 0, "reason eq 'cessationOfOperation'", NULL), 1);
    CHECK_INT(number(0), 3);
    CHECK_INT(list("c", 0, 0, "productName eq 'P' and revokedBy eq 'certificate:grace'", NULL), 6);
    CHECK_INT(list("c", 0, 0, "revokedUtc lt 2020-01-01T00:00:00Z", NULL), 0);
    snprintf(filter, sizeof filter, "deviceId eq '%s'", (const char *)hex_of(4).at);
    CHECK_INT(list("c", 0, 0, filter, NULL), 1);
    CHECK_INT(number(0), 4);
    CHECK_INT(list("other", 0, 0, filter, NULL), 0); /* of another catalog: no word of it */
    static const unsigned absent[] = {5, DEVICES - 1}; /* not revoked; of another catalog */
    for (size_t i = 0; i < 2; i++) {
        snprintf(filter, sizeof filter, "name eq '%s'", (const char *)hex_of(absent[i]).at);
        CHECK_INT(list("c", 0, 0, filter, NULL), 0);
        CHECK_INT(get(absent[i], "c"), E_NOT_FOUND);
    }
    CHECK_INT(list("c", 0, 0, "name eq 'none'", NULL), 0);
    CHECK_INT(get(DEVICES - 1, "other"), 0);
}

/* It stays revoked; by whom is the former owner's to know. */
static void test_handed_over(void)
{
    struct store_device_release release = {.scope = scope_of(3), .lifetime_s = 600};
    struct store_row_token token;
    static uint8_t bytes[512];
    release.scope.name = hex_of(3);
    REQUIRE(fixture_api(STORE_OP_DEVICE_RELEASE, &store_device_release_type, &release) == 0);
    REQUIRE(record_parse(&store_row_token_type, fixture_rows().rows, &token) == 0 && token.token.len <= sizeof bytes);
    memcpy(bytes, token.token.at, token.token.len);
    const struct store_device_take take = {.scope = fixture_scope("other", ".default", ".default"),
                                           .token = span_of(bytes, token.token.len)};
    REQUIRE(fixture_api(STORE_OP_DEVICE_TAKE, &store_device_take_type, &take) == 0);
    CHECK_INT(get(3, "c"), E_NOT_FOUND);
    CHECK_INT(get(3, "other"), 0);
    CHECK(row[0].reason == STORE_REASON_CESSATION && row[0].revoked_s && row[0].revoked_by.len == 0);
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    fx.store.db.fixed_now_ms = now_s * 1000;
    fixture_place("c", "p", "g");
    fixture_place("other", "", "");
    for (unsigned n = 0; n < DEVICES; n++) {
        fixture_register(n);
        CHECK_INT(fixture_claim(n, scope_of(n)), 0);
    }
    test_first_word();
    test_pages();
    test_filter();
    test_handed_over();
    fixture_end();
    return check_done();
}
