/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service/ipc/store_pki_ops.h: the CAs of catalogs in the store, on SQLite or, with the
 * argument "postgresql", there.
 */
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

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
    test_times();
    store_close(&store);
    if (shared)
        postgresql_server_stop(&server);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return check_done();
}
