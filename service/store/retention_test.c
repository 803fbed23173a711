/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/audit.md, "Retention": the oldest records go with a checkpoint, behind which the chain goes on;
 * never another record than the one that was signed, nor a young one, whatever api brings; and again, to the last one.
 *   retention_test [postgresql]
 */
#include "service/store/store_fixture_test.h"

#define DAY_MS UINT64_C(86400000)

enum { KEEP_DAYS = 30 };

static void records_add(unsigned count)
{
    const struct store_caller caller = {.principal = T("certificate:olga"), .action = ACCESS_CATALOGS_WRITE, .path = T("/x"),
                                        .request_id = T("r")};
    REQUIRE(database_begin(&fx.store.db) == 0);
    for (unsigned i = 0; i < count; i++)
        CHECK_INT(audit_append(&fx.store, &caller, "Succeeded"), 0);
    REQUIRE(database_commit(&fx.store.db, true) == 0);
}

/* Of the records behind after; how many. */
static unsigned listed(uint64_t after, uint64_t *first, uint8_t digest_of_first[static 32])
{
    const struct store_query query = {.after = after, .limit = 200};
    unsigned count = 0;
    CHECK_INT(fixture_api(STORE_OP_AUDIT_LIST, &store_query_type, &query), 0);
    *first = 0;
    for (struct cursor c = cursor_of(fixture_rows().rows); c.left; count++) {
        struct store_row_audit row;
        record_get(&store_row_audit_type, &c, &row);
        REQUIRE(c.err == 0);
        if (count == 0) {
            *first = row.sequence;
            memcpy(digest_of_first, row.digest, 32);
        }
    }
    return count;
}

static struct store_checkpoint of(uint64_t sequence)
{
    struct store_checkpoint c = {.sequence = sequence, .time_ms = 5, .signature = {1}};
    uint64_t first;
    (void)listed(sequence - 1, &first, c.digest);
    return c;
}

static int prune(const struct store_checkpoint *c) { return fixture_api(STORE_OP_AUDIT_PRUNE, &store_checkpoint_type, c); }

static void check_log(uint64_t begins, uint64_t ends)
{
    uint64_t first, last;
    uint8_t digest[32];
    CHECK_INT(listed(0, &first, digest), ends - begins);
    CHECK_INT(first, begins + 1);
    CHECK_INT(audit_verify(&fx.store, &last), 0);
    CHECK_INT(last, ends);
}

/* Whose signature it is the store does not see: a broken api signs what it likes. */
static void test_young(void)
{
    struct store_checkpoint c = of(6);
    CHECK_INT(prune(&c), E_STATE);
    fx.store.db.fixed_now_ms += KEEP_DAYS * DAY_MS - 1;
    CHECK_INT(prune(&c), E_STATE);
    fx.store.db.fixed_now_ms -= 2 * KEEP_DAYS * DAY_MS; /* behind */
    CHECK_INT(prune(&c), E_STATE);
    fx.store.db.fixed_now_ms += 3 * KEEP_DAYS * DAY_MS;
    check_log(0, 10);
}

static void test_prune(void)
{
    struct store_checkpoint c = of(6), wrong = c;
    uint64_t last;
    wrong.digest[0] ^= 1;
    CHECK_INT(prune(&wrong), E_CONFLICT);
    wrong.sequence = 11;
    CHECK_INT(prune(&wrong), E_NOT_FOUND);
    wrong.sequence = 0;
    CHECK_INT(prune(&wrong), E_NOT_FOUND);
    check_log(0, 10);
    CHECK_INT(prune(&c), 0);
    check_log(6, 10);
    CHECK_INT(prune(&c), E_NOT_FOUND);
    records_add(3);
    check_log(6, 13);
    fx.store.db.fixed_now_ms += KEEP_DAYS * DAY_MS;
    c = of(7);
    CHECK_INT(prune(&c), 0);
    records_add(1);
    check_log(7, 14);
    fx.store.db.fixed_now_ms += KEEP_DAYS * DAY_MS;
    c = of(14); /* all of them, and it goes on */
    CHECK_INT(prune(&c), 0);
    CHECK_INT(audit_verify(&fx.store, &last), 0);
    CHECK_INT(last, 14);
    records_add(4);
    check_log(14, 18);
}

static void test_listed(void)
{
    static const uint64_t want[] = {6, 7, 14};
    const struct store_query query = {.limit = 10};
    CHECK_INT(fixture_api(STORE_OP_CHECKPOINT_LIST, &store_query_type, &query), 0);
    struct cursor c = cursor_of(fixture_rows().rows);
    for (size_t i = 0; i < 3; i++) {
        struct store_checkpoint row;
        record_get(&store_checkpoint_type, &c, &row);
        REQUIRE(c.err == 0);
        CHECK_INT(row.sequence, want[i]);
        CHECK(row.time_ms == 5 && row.signature[0] == 1);
    }
    CHECK_INT(c.left, 0);
}

/* What is in the way of the chain is found: records that went without a word, and one put in their place. */
static void test_tampered(void)
{
    uint64_t last;
    struct statement *s = statement_get(&fx.store.db, STATEMENT_AUDIT_PRUNE);
    REQUIRE(database_begin(&fx.store.db) == 0);
    bind_number(s, 1, 16);
    CHECK_INT(statement_run(&fx.store.db, s), 0);
    CHECK_INT(audit_verify(&fx.store, &last), E_MISSING);
    database_rollback(&fx.store.db);
    CHECK_INT(audit_verify(&fx.store, &last), 0);
}

/* A clock that was set makes nothing old. */
static void test_clock(void)
{
    struct store_checkpoint c = of(16);
    fx.store.db.fixed_now_ms += KEEP_DAYS * DAY_MS;
    fx.store.clock.doubt_ms = database_steady_ms(&fx.store.db);
    CHECK_INT(prune(&c), E_STATE);
    fx.store.clock.doubt_ms = 0;
    check_log(14, 18);
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    fx.store.audit_keep_ms = KEEP_DAYS * DAY_MS;
    fx.store.db.fixed_now_ms = 1800000000 * UINT64_C(1000);
    records_add(10);
    test_young();
    test_prune();
    test_listed();
    test_tampered();
    test_clock();
    store_close(&fx.store); /* and the next start finds it so */
    REQUIRE(store_open(&fx.store, fx.folder, fx.server.url, NULL) == 0);
    batch_init(&fx.batch, &fx.store, fixture_replied);
    check_log(14, 18);
    test_listed();
    fixture_end();
    return check_done();
}
