/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service/ipc/store_pki_ops.h: the CAs of catalogs, what is revoked and the lists of it, on
 * SQLite or, with the argument "postgresql", there.
 */
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/hex.h"
#include "service/ipc/store_pki_ops.h"
#include "service/store/operations.h"
#include "tests/check.h"
#include "tests/postgresql.h"

#define T(s) span_of(s, sizeof(s) - 1)

static struct store store;
static const uint64_t start_s = 1900000000;
static uint8_t tenant[16], answer_bytes[65536];
static struct store_cas cas;

static const struct store_scope scope = {
    .subscription = {(const uint8_t *)"s", 1}, .resource_group = {(const uint8_t *)"r", 1},
    .catalog = {(const uint8_t *)"c", 1},
};

static int ask(enum store_peer peer, uint16_t number, const struct record_type *type, const void *record,
               struct span *reply)
{
    static uint8_t bytes[16384];
    const struct store_operation *op;
    struct writer w = writer_of(bytes, sizeof bytes);
    struct answer answer = {0};
    REQUIRE(record_write(type, record, &w) == 0 && operation_find((unsigned)peer, number, &op) == 0);
    int err = database_begin(&store.db);
    if (!err)
        err = op->run(&store, writer_view(&w), &answer);
    if (err)
        database_rollback(&store.db);
    else
        err = database_commit(&store.db, true);
    REQUIRE(answer.len <= sizeof answer_bytes);
    if (answer.len)
        memcpy(answer_bytes, answer.at, answer.len);
    *reply = span_of(answer_bytes, answer.len);
    answer_release(&answer);
    return err;
}

static int cas_of(int err, struct span reply)
{
    return err ? err : record_parse(&store_cas_type, reply, &cas);
}

static int get(const uint8_t id[static 16])
{
    struct store_ca_get r;
    struct span reply;
    memcpy(r.tenant, id, 16);
    return cas_of(ask(PEER_ISSUER, STORE_OP_CA_GET, &store_ca_get_type, &r, &reply), reply);
}

static struct store_ca record_of(uint64_t number)
{
    static const char *const sealed[] = {"zero", "one", "two", "three"};
    struct store_ca ca = {.number = number, .not_before_s = start_s, .not_after_s = start_s + 1000 * number,
                          .active_s = start_s + number};
    ca.sealed = span_of(sealed[number % 4], strlen(sealed[number % 4]));
    memcpy(ca.tenant, tenant, 16);
    memset(ca.serial, (int)number, 16);
    memset(ca.anchor_serial, (int)(0x80 + number), 16);
    return ca;
}

static int put(const struct store_ca *ca)
{
    struct span reply;
    return cas_of(ask(PEER_ISSUER, STORE_OP_CA_PUT, &store_ca_type, ca, &reply), reply);
}

static void catalog_make(void)
{
    struct store_catalog_put r = {.scope = scope, .actor = T("t")};
    struct store_row_catalog row;
    struct store_rows rows;
    struct span reply;
    REQUIRE(ask(PEER_API, STORE_OP_CATALOG_PUT, &store_catalog_put_type, &r, &reply) == 0);
    REQUIRE(record_parse(&store_rows_type, reply, &rows) == 0);
    REQUIRE(record_parse(&store_row_catalog_type, rows.rows, &row) == 0);
    memcpy(tenant, row.tenant, 16);
}

static void test_put(void)
{
    struct store_ca ca = record_of(1), other;
    CHECK_INT(get(tenant), 0);
    CHECK_INT(cas.count, 0);
    CHECK_INT(put(&ca), 0);
    CHECK_INT(cas.count, 1);
    /* The number is taken: the first stays, and the second learns of it. */
    other = record_of(1);
    memset(other.serial, 0x55, 16);
    memset(other.anchor_serial, 0x56, 16);
    other.sealed = T("another");
    CHECK_INT(put(&other), 0);
    CHECK_INT(cas.count, 1);
    CHECK_MEM(cas.at[0].serial, ca.serial, 16);
    CHECK(span_equal(cas.at[0].sealed, T("one")));
    ca = record_of(2);
    CHECK_INT(put(&ca), 0);
    CHECK_INT(cas.count, 2);
    CHECK(cas.at[0].number == 2 && cas.at[1].number == 1); /* newest first */
    CHECK_MEM(cas.at[0].tenant, tenant, 16);
    CHECK_MEM(cas.at[0].anchor_serial, ca.anchor_serial, 16);
    CHECK(cas.at[0].not_before_s == start_s && cas.at[0].not_after_s == start_s + 2000);
    CHECK(cas.at[0].active_s == start_s + 2 && cas.at[0].revoked_s == 0);
    CHECK(span_equal(cas.at[0].sealed, T("two")));
    /* Refused, and nothing of it is there. */
    ca = record_of(3);
    ca.tenant[0] ^= 1;
    CHECK_INT(put(&ca), E_NOT_FOUND);
    ca = record_of(3);
    ca.number = 0;
    CHECK_INT(put(&ca), E_RANGE);
    ca = record_of(3);
    ca.sealed.len = 0;
    CHECK_INT(put(&ca), E_RANGE);
    ca = record_of(3);
    ca.not_after_s = ca.not_before_s;
    CHECK_INT(put(&ca), E_RANGE);
    ca = record_of(3);
    memcpy(ca.serial, cas.at[0].serial, 16); /* of another CA */
    CHECK_INT(put(&ca), E_CONFLICT);
    CHECK_INT(get(tenant), 0);
    CHECK_INT(cas.count, 2);
    for (uint64_t number = 3; number <= STORE_CAS_MAX + 2; number++) {
        ca = record_of(number);
        CHECK_INT(put(&ca), 0);
    }
    CHECK_INT(cas.count, STORE_CAS_MAX);
    CHECK_INT(cas.at[0].number, STORE_CAS_MAX + 2);
}

/* -- another key seals them ------------------------------------------------------ */

static int page(const struct store_ca_after *after, struct store_ca_page *got)
{
    struct span reply;
    int err = ask(PEER_ISSUER, STORE_OP_CA_PAGE, &store_ca_after_type, after, &reply);
    return err ? err : record_parse(&store_ca_page_type, reply, got);
}

static int reseal(const struct store_cas *fresh)
{
    struct span reply;
    return ask(PEER_ISSUER, STORE_OP_CA_RESEAL, &store_cas_type, fresh, &reply);
}

/* Each once, of all catalogs, however many pages; and what is brought takes the place of what is there, all or nothing. */
static void test_reseal(void)
{
    static struct store_ca_page got;
    static struct store_cas fresh;
    struct store_ca_after after = {.first = true};
    unsigned seen = 0, pages = 0;
    bool met[STORE_CAS_MAX + 3] = {false};
    for (;; pages++) {
        REQUIRE(pages < 10 && page(&after, &got) == 0);
        CHECK_INT(got.total, STORE_CAS_MAX + 2);
        if (got.count == 0)
            break;
        for (uint32_t i = 0; i < got.count; i++, seen++) {
            const struct store_ca *ca = &got.at[i];
            REQUIRE(ca->number >= 1 && ca->number <= STORE_CAS_MAX + 2 && !met[ca->number]);
            CHECK_MEM(ca->tenant, tenant, 16);
            met[ca->number] = true;
            const struct store_ca put_before = record_of(ca->number);
            CHECK(span_equal(ca->sealed, put_before.sealed));
            CHECK_MEM(ca->serial, put_before.serial, 16);
        }
        after = (struct store_ca_after){.number = got.at[got.count - 1].number};
        memcpy(after.tenant, got.at[got.count - 1].tenant, 16);
    }
    CHECK_INT(seen, STORE_CAS_MAX + 2);
    CHECK_INT(pages, 2);
    fresh.count = 2;
    fresh.at[0] = record_of(STORE_CAS_MAX + 2);
    fresh.at[1] = record_of(STORE_CAS_MAX + 1);
    fresh.at[0].sealed = fresh.at[1].sealed = T("anew");
    fresh.at[1].serial[0] ^= 1;
    CHECK_INT(reseal(&fresh), E_NOT_FOUND);
    fresh.at[1].serial[0] ^= 1;
    fresh.at[1].tenant[0] ^= 1;
    CHECK_INT(reseal(&fresh), E_NOT_FOUND);
    fresh.at[1].tenant[0] ^= 1;
    fresh.at[1].sealed.len = 0;
    CHECK_INT(reseal(&fresh), E_RANGE);
    CHECK_INT(get(tenant), 0);
    CHECK(!span_equal(cas.at[0].sealed, T("anew")));
    fresh.at[1].sealed = T("anew");
    fresh.at[0].active_s = 1; /* is not taken: it is no new CA */
    for (unsigned again = 0; again < 2; again++) {
        CHECK_INT(reseal(&fresh), 0);
        CHECK_INT(get(tenant), 0);
        CHECK(span_equal(cas.at[0].sealed, T("anew")) && span_equal(cas.at[1].sealed, T("anew")));
        CHECK(!span_equal(cas.at[2].sealed, T("anew")));
        CHECK_INT(cas.at[0].active_s, start_s + STORE_CAS_MAX + 2);
    }
    const struct store_operation *op;
    CHECK_INT(operation_find(PEER_API, STORE_OP_CA_PAGE, &op), E_DENIED);
    CHECK_INT(operation_find(PEER_API, STORE_OP_CA_RESEAL, &op), E_DENIED);
    CHECK_INT(operation_find(PEER_API, STORE_OP_WRAP_CHANGED, &op), E_DENIED);
}

/* The audit log has it. */
static void test_wrap_changed(void)
{
    const struct store_wrap_changed changed = {12, 1};
    struct span reply;
    CHECK_INT(ask(PEER_ISSUER, STORE_OP_WRAP_CHANGED, &store_wrap_changed_type, &changed, &reply), 0);
    CHECK_INT(database_begin(&store.db), 0);
    struct statement *s = statement_get(&store.db, STATEMENT_AUDIT_LIST);
    bind_number(s, 1, 0);
    bind_number(s, 2, 100);
    bind_number(s, 3, 0);
    unsigned found = 0;
    int got;
    while ((got = statement_step(&store.db, s)) == 1)
        if (span_equal(column_span(s, 2), T("Perisphere/serviceKeys/rotate/action"))) {
            found++;
            CHECK(span_equal(column_span(s, 1), T("perisphered")));
            CHECK(span_equal(column_span(s, 4), T("CAs of catalogs sealed by a new key: 12, that do not open: 1")));
            CHECK(span_equal(column_span(s, 5), T("Failed")));
        }
    statement_done(s);
    database_rollback(&store.db);
    CHECK_INT(got, 0);
    CHECK_INT(found, 1);
}

static uint32_t due(uint64_t before_s)
{
    struct store_ca_due r = {before_s};
    struct store_tenants tenants = {0};
    struct span reply;
    CHECK_INT(ask(PEER_ISSUER, STORE_OP_CA_DUE, &store_ca_due_type, &r, &reply), 0);
    CHECK_INT(record_parse(&store_tenants_type, reply, &tenants), 0);
    if (tenants.count)
        CHECK_MEM(tenants.at[0].id, tenant, 16);
    return tenants.count;
}

static int activate(uint8_t filling)
{
    struct store_ca_change r = {.scope = scope};
    struct span reply;
    memset(r.serial, filling, 16);
    return ask(PEER_API, STORE_OP_CA_ACTIVATE, &store_ca_change_type, &r, &reply);
}

static void test_times(void)
{
    uint64_t last = start_s + 1000 * (STORE_CAS_MAX + 2);
    CHECK_INT(due(last - 1), 0);
    CHECK_INT(due(last), 1); /* that moment is its first without one */
    store.db.fixed_now_ms = (start_s + 2000) * 1000;
    CHECK_INT(activate(1), E_CONFLICT); /* its life is over */
    CHECK_INT(activate(2), E_CONFLICT);
    CHECK_INT(activate(0x77), E_NOT_FOUND);
    store.db.fixed_now_ms = (start_s + 5) * 1000;
    CHECK_INT(activate(9), 0);
    CHECK_INT(activate(0x88), 0); /* by its anchor's; active since before: stays so */
    CHECK_INT(get(tenant), 0);
    CHECK_INT(cas.at[1].number, 9);
    CHECK_INT(cas.at[1].active_s, start_s + 5);
    CHECK_INT(cas.at[2].active_s, start_s + 5);
    CHECK_INT(activate(3), 0);
    CHECK_INT(get(tenant), 0);
    CHECK_INT(cas.at[7].number, 3);
    CHECK_INT(cas.at[7].active_s, start_s + 3);
}

/* -- revocation ------------------------------------------------------------------- */

static struct store_scope device_scope;
static uint8_t device_id[64] = {0xab};
static char device_hex[129];

static void device_make(void)
{
    struct store_device_register r = {.chip_sku = T("x")};
    static struct store_device_claim claim;
    struct span reply;
    memcpy(r.device_id, device_id, 64);
    REQUIRE(ask(PEER_API, STORE_OP_DEVICE_REGISTER, &store_device_register_type, &r, &reply) == 0);
    claim.scope = scope;
    claim.scope.product = claim.scope.group = T(".default");
    claim.count = 1;
    memcpy(claim.device[0].id, device_id, 64);
    REQUIRE(ask(PEER_API, STORE_OP_DEVICE_CLAIM, &store_device_claim_type, &claim, &reply) == 0);
    hex_encode(device_id, sizeof device_id, device_hex);
    device_scope = claim.scope;
    device_scope.name = span_of(device_hex, 128);
}

static int raw(enum store_peer peer, uint16_t number, struct span payload, struct answer *answer)
{
    const struct store_operation *op;
    REQUIRE(operation_find((unsigned)peer, number, &op) == 0 && database_begin(&store.db) == 0);
    int err = op->run(&store, payload, answer);
    if (err)
        database_rollback(&store.db);
    else
        REQUIRE(database_commit(&store.db, true) == 0);
    return err;
}

/* A certificate of the device, until life_s from now. */
static int attest(uint16_t kind, uint8_t filling, uint64_t life_s)
{
    uint8_t bytes[512];
    struct answer answer = {0};
    struct store_attest r = {.kind = kind, .not_before_s = store.db.fixed_now_ms / 1000,
                             .not_after_s = store.db.fixed_now_ms / 1000 + life_s};
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(r.device_id, device_id, 64);
    if (kind == 3)
        memcpy(r.catalog, tenant, 16);
    memset(r.serial, filling, 16);
    REQUIRE(store_attest_write(&r, &w) == 0);
    int err = raw(PEER_DAA, STORE_OP_ATTEST_RECORD, writer_view(&w), &answer);
    answer_release(&answer);
    return err;
}

static bool device_is_revoked(void)
{
    uint8_t bytes[128];
    struct answer answer = {0};
    struct store_device_get r;
    struct store_device device;
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(r.device_id, device_id, 64);
    REQUIRE(store_device_get_write(&r, &w) == 0);
    REQUIRE(raw(PEER_DAA, STORE_OP_DEVICE_GET, writer_view(&w), &answer) == 0);
    REQUIRE(store_device_parse(span_of(answer.at, answer.len), &device) == 0);
    answer_release(&answer);
    return device.revoked;
}

/* What the device asks for by its certificate. */
static int wanted(void)
{
    uint8_t bytes[256];
    struct answer answer = {0};
    struct store_wanted_request r = {.now_s = store.db.fixed_now_ms / 1000};
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(r.device_id, device_id, 64);
    REQUIRE(store_wanted_request_write(&r, &w) == 0);
    int err = raw(PEER_OTA, STORE_OP_WANTED_GET, writer_view(&w), &answer);
    answer_release(&answer);
    return err;
}

static int device_revoke(bool revoked)
{
    struct store_device_revoke r = {.scope = device_scope, .revoked = revoked, .reason = STORE_REASON_KEY_COMPROMISE};
    struct span reply;
    return ask(PEER_API, STORE_OP_DEVICE_REVOKE, &store_device_revoke_type, &r, &reply);
}

static struct store_crl crl;
static struct store_crl_entries *entries;

static int crl_get(const char *name)
{
    struct store_crl_get r = {span_of(name, strlen(name))};
    struct span reply;
    int err = ask(PEER_API, STORE_OP_CRL_GET, &store_crl_get_type, &r, &reply);
    return err ? err : record_parse(&store_crl_type, reply, &crl);
}

static int entries_get(void)
{
    struct store_crl of = crl;
    struct span reply;
    of.der = span_of(NULL, 0);
    int err = ask(PEER_ISSUER, STORE_OP_CRL_ENTRIES, &store_crl_type, &of, &reply);
    return err ? err : record_parse(&store_crl_entries_type, reply, entries);
}

static int crl_put(uint64_t number, uint64_t revision, const char *der)
{
    struct store_crl r = crl;
    struct span reply;
    r.number = number;
    r.revision = revision;
    r.this_s = store.db.fixed_now_ms / 1000 - 300;
    r.next_s = r.this_s + 7 * 86400;
    r.der = span_of(der, strlen(der));
    return ask(PEER_ISSUER, STORE_OP_CRL_PUT, &store_crl_type, &r, &reply);
}

static void test_device_revoked(void)
{
    store.db.fixed_now_ms = start_s * 1000;
    device_make();
    CHECK_INT(attest(1, 0x31, 86400), 0);
    CHECK_INT(attest(3, 0x33, 86400), 0);
    store.db.fixed_now_ms += 50000 * 1000;
    CHECK_INT(attest(3, 0x34, 86400), 0);
    store.db.fixed_now_ms += 40000 * 1000; /* the first two are over */
    CHECK_INT(wanted(), 0);
    CHECK(!device_is_revoked());
    CHECK_INT(device_revoke(true), 0);
    CHECK(device_is_revoked());
    CHECK_INT(wanted(), E_LIFECYCLE);
    CHECK_INT(attest(3, 0x35, 86400), E_LIFECYCLE); /* issued a moment before: not recorded, so not handed out */
    /* The list of its catalog has what it still held, that of the OS nothing. */
    char name[33];
    uint8_t serial[16];
    memset(serial, STORE_CAS_MAX + 2, 16);
    hex_encode(serial, 16, name);
    CHECK_INT(crl_get(name), 0);
    CHECK(crl.authority == STORE_AUTHORITY_CATALOG && crl.der.len == 0 && !crl.fresh);
    CHECK_MEM(crl.tenant, tenant, 16);
    CHECK_MEM(crl.ca, serial, 16);
    CHECK_INT(entries_get(), 0);
    CHECK_INT(entries->count, 1);
    CHECK(entries->at[0].serial[0] == 0x34 && entries->at[0].reason == STORE_REASON_KEY_COMPROMISE);
    CHECK_INT(entries->at[0].revoked_s, store.db.fixed_now_ms / 1000);
    CHECK_INT(crl_get("os"), 0);
    CHECK_INT(entries_get(), 0);
    CHECK_INT(entries->count, 0);
    /* Reinstated: it attests again; what it held before stays revoked. */
    CHECK_INT(device_revoke(false), 0);
    CHECK_INT(wanted(), 0);
    CHECK_INT(attest(1, 0x36, 86400), 0);
    CHECK_INT(crl_get(name), 0);
    CHECK_INT(entries_get(), 0);
    CHECK_INT(entries->count, 1);
    store.db.fixed_now_ms += 90000 * 1000ull; /* an entry goes when the certificate is over */
    CHECK_INT(entries_get(), 0);
    CHECK_INT(entries->count, 0);
}

static void test_list(void)
{
    CHECK_INT(crl_get("nothing"), E_NOT_FOUND);
    CHECK_INT(crl_get("server"), E_NOT_FOUND);
    CHECK_INT(crl_get("00112233445566778899aabbccddeeff"), E_NOT_FOUND);
    CHECK_INT(crl_get("os"), 0);
    CHECK_INT(entries_get(), 0);
    CHECK_INT(entries->number, 0);
    CHECK_INT(crl_put(1, entries->revision, "one"), 0);
    CHECK_INT(crl_get("os"), 0);
    CHECK(crl.fresh && crl.number == 1 && span_equal(crl.der, T("one")));
    CHECK_INT(crl_put(1, 7, "other"), 0); /* another service was first */
    CHECK_INT(crl_get("os"), 0);
    CHECK(span_equal(crl.der, T("one")));
    /* Old after a day, and at once when something is revoked; a clock that went back too. */
    store.db.fixed_now_ms += (STORE_CRL_FRESH_S - 301) * 1000ull;
    CHECK_INT(crl_get("os"), 0);
    CHECK(crl.fresh);
    store.db.fixed_now_ms += 2000;
    CHECK_INT(crl_get("os"), 0);
    CHECK(!crl.fresh && span_equal(crl.der, T("one")));
    CHECK_INT(entries_get(), 0);
    CHECK_INT(entries->number, 1);
    CHECK_INT(crl_put(2, entries->revision, "two"), 0);
    CHECK_INT(crl_get("os"), 0);
    CHECK(crl.fresh && span_equal(crl.der, T("two")));
    store.db.fixed_now_ms -= 86400 * 1000ull;
    CHECK_INT(crl_get("os"), 0);
    CHECK(!crl.fresh);
    store.db.fixed_now_ms += 86400 * 1000ull;
    REQUIRE(attest(1, 0x37, 86400) == 0 && device_revoke(true) == 0);
    CHECK_INT(crl_get("os"), 0);
    CHECK(!crl.fresh);
}

/* Lists of one CA's keys beside each other: each is kept, and has what is revoked of all. */
static void test_list_of_key(void)
{
    static const char *const bad[] = {"os-", "os-00", "os-00112233445566778899aabbccddeeff00", "os-00112233445566778899aabbccddeefg",
                                      "os_00112233445566778899aabbccddeeff", "server-00112233445566778899aabbccddeeff",
                                      "os00112233445566778899aabbccddeeff"};
    uint8_t key[16];
    REQUIRE(hex_decode(T("00112233445566778899aabbccddeeff"), key, sizeof key) == 0);
    CHECK_INT(crl_get("os"), 0);
    struct store_crl present = crl;
    CHECK_INT(entries_get(), 0);
    const uint64_t revision = entries->revision;
    const uint32_t count = entries->count;
    CHECK_INT(crl_get("os-00112233445566778899aabbccddeeff"), 0);
    CHECK(crl.authority == STORE_AUTHORITY_OS && crl.der.len == 0 && crl.number == 0);
    CHECK_MEM(crl.ca, key, sizeof key);
    CHECK_INT(entries_get(), 0);
    CHECK_INT(entries->number, 0);
    CHECK(entries->revision == revision && entries->count == count);
    CHECK_INT(crl_put(1000, entries->revision, "by the key"), 0);
    CHECK_INT(crl_get("os-00112233445566778899aabbccddeeff"), 0);
    CHECK(crl.fresh && span_equal(crl.der, T("by the key")));
    CHECK_INT(crl_get("update-only-00112233445566778899aabbccddeeff"), 0);
    CHECK(crl.authority == STORE_AUTHORITY_UPDATE_ONLY && crl.der.len == 0);
    CHECK_INT(crl_get("os"), 0);
    CHECK_INT(crl.number, present.number);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(crl_get(bad[i]), E_NOT_FOUND);
}

static void test_operators(void)
{
    struct store_operator_revoke r = {.serial = {0x61}, .reason = STORE_REASON_SUPERSEDED, .name = T("grace")};
    struct store_caller caller = {.principal = T("certificate:grace"), .action = ACCESS_SIGNED_IN, .serial = {0x61}};
    struct store_query query = {.limit = 10};
    struct store_row_revoked row;
    struct store_rows rows;
    struct span reply;
    uint16_t verdict;
    CHECK_INT(access_verdict(&store, &caller, &verdict), 0);
    CHECK_INT(verdict, VERDICT_ALLOWED);
    CHECK_INT(ask(PEER_API, STORE_OP_OPERATOR_REVOKE, &store_operator_revoke_type, &r, &reply), 0);
    REQUIRE(record_parse(&store_rows_type, reply, &rows) == 0);
    CHECK(rows.created);
    CHECK_INT(access_verdict(&store, &caller, &verdict), 0);
    CHECK_INT(verdict, VERDICT_REVOKED); /* even what every operator may */
    caller.serial[1] = 1;
    CHECK_INT(access_verdict(&store, &caller, &verdict), 0);
    CHECK_INT(verdict, VERDICT_ALLOWED);
    /* The first date stands. */
    uint64_t first = store.db.fixed_now_ms / 1000;
    store.db.fixed_now_ms += 5000;
    CHECK_INT(ask(PEER_API, STORE_OP_OPERATOR_REVOKE, &store_operator_revoke_type, &r, &reply), 0);
    REQUIRE(record_parse(&store_rows_type, reply, &rows) == 0);
    CHECK(!rows.created);
    CHECK_INT(ask(PEER_API, STORE_OP_REVOKED_LIST, &store_query_type, &query, &reply), 0);
    REQUIRE(record_parse(&store_rows_type, reply, &rows) == 0);
    CHECK_INT(record_parse(&store_row_revoked_type, rows.rows, &row), 0); /* one alone: devices are not among them */
    CHECK(row.serial[0] == 0x61 && row.revoked_s == first && span_equal(row.name, T("grace")));
    query.filter = T("operatorName eq 'grace' and reason eq 'superseded'");
    CHECK_INT(ask(PEER_API, STORE_OP_REVOKED_LIST, &store_query_type, &query, &reply), 0);
    REQUIRE(record_parse(&store_rows_type, reply, &rows) == 0);
    CHECK_INT(record_parse(&store_row_revoked_type, rows.rows, &row), 0);
    query.filter = T("operatorName eq 'ada'");
    CHECK_INT(ask(PEER_API, STORE_OP_REVOKED_LIST, &store_query_type, &query, &reply), 0);
    REQUIRE(record_parse(&store_rows_type, reply, &rows) == 0);
    CHECK_INT(rows.rows.len, 0);
    memset(r.serial, 0, sizeof r.serial);
    CHECK_INT(ask(PEER_API, STORE_OP_OPERATOR_REVOKE, &store_operator_revoke_type, &r, &reply), E_RANGE);
}

static void test_ca_revoked(void)
{
    struct store_ca_change r = {.scope = scope, .reason = STORE_REASON_CA_COMPROMISE};
    struct span reply;
    store.db.fixed_now_ms = start_s * 1000;
    memset(r.serial, 9, 16);
    CHECK_INT(ask(PEER_API, STORE_OP_CA_REVOKE, &store_ca_change_type, &r, &reply), 0);
    CHECK_INT(get(tenant), 0);
    CHECK_INT(cas.at[1].number, 9);
    CHECK_INT(cas.at[1].revoked_s, start_s);
    CHECK_INT(activate(9), E_CONFLICT);
    store.db.fixed_now_ms += 5000;
    CHECK_INT(ask(PEER_API, STORE_OP_CA_REVOKE, &store_ca_change_type, &r, &reply), 0);
    CHECK_INT(get(tenant), 0);
    CHECK_INT(cas.at[1].revoked_s, start_s);
    CHECK_INT(crl_get("root"), 0);
    CHECK_INT(entries_get(), 0);
    CHECK_INT(entries->count, 1);
    CHECK(entries->at[0].serial[0] == 9 && entries->at[0].reason == STORE_REASON_CA_COMPROMISE);
    memset(r.serial, 0x77, 16);
    CHECK_INT(ask(PEER_API, STORE_OP_CA_REVOKE, &store_ca_change_type, &r, &reply), E_NOT_FOUND);
}

/* A resource group takes its catalogs along, and their CAs are revoked as by a deletion of their own. */
static void test_group_deleted(void)
{
    struct store_catalog_put r = {.scope = scope, .actor = T("t")};
    struct store_row_catalog row;
    struct store_rows rows;
    struct span reply;
    r.scope.resource_group = T("leaving");
    REQUIRE(ask(PEER_API, STORE_OP_CATALOG_PUT, &store_catalog_put_type, &r, &reply) == 0);
    REQUIRE(record_parse(&store_rows_type, reply, &rows) == 0);
    REQUIRE(record_parse(&store_row_catalog_type, rows.rows, &row) == 0);
    struct store_ca ca = record_of(1);
    memcpy(ca.tenant, row.tenant, 16);
    memset(ca.serial, 0x4c, 16);
    memset(ca.anchor_serial, 0xcc, 16);
    CHECK_INT(put(&ca), 0);
    CHECK_INT(crl_get("root"), 0);
    CHECK_INT(entries_get(), 0);
    uint32_t before = entries->count;
    const struct store_query query = {.scope = r.scope};
    CHECK_INT(ask(PEER_API, STORE_OP_RESOURCE_GROUP_DELETE, &store_query_type, &query, &reply), 0);
    CHECK_INT(crl_get("root"), 0);
    CHECK_INT(entries_get(), 0);
    REQUIRE(entries->count == before + 1);
    CHECK(entries->at[before].serial[0] == 0x4c && entries->at[before].reason == STORE_REASON_CESSATION);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

int main(int argc, char **argv)
{
    static struct postgresql_server server;
    const uint8_t key[32] = {9};
    bool shared = argc > 1 && strcmp(argv[1], "postgresql") == 0;
    char folder[] = "/tmp/perisphere-authorities-XXXXXX";
    REQUIRE(mkdtemp(folder) != NULL);
    if (shared)
        postgresql_server_start(&server);
    REQUIRE(store_open(&store, folder, shared ? server.url : "", key) == 0);
    catalog_make();
    test_put();
    test_reseal();
    test_wrap_changed();
    test_times();
    entries = calloc(1, sizeof *entries);
    REQUIRE(entries != NULL);
    test_device_revoked();
    test_list();
    test_list_of_key();
    test_operators();
    test_ca_revoked();
    test_group_deleted();
    free(entries);
    store_close(&store);
    if (shared)
        postgresql_server_stop(&server);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return check_done();
}
