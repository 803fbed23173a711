/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store's operations as such: who may ask what, what shares a commit, what has an end,
 * and what the database refuses at start (docs/spec/store.md).
 *   store_test [postgresql]   on a database of that kind; without, on SQLite
 */
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "service/ipc/dump_ops.h"
#include "service/store/database/postgresql.h"
#include "service/store/fleet_fixture_test.h"

/* Every operation by every peer: allowed exactly where the table of
 * store_ops.h says so, and a refusal reaches no handler. */
static void test_peers(void)
{
    for (uint32_t number = 0; number < STORE_OP_AUTHORIZE; number++)
        for (unsigned bit = 1; bit <= PEER_API; bit <<= 1) {
            const struct store_operation *op;
            bool daa = number >= STORE_OP_DEVICE_GET && number <= STORE_OP_ATTEST_RECORD;
            bool ota = number == STORE_OP_WANTED_GET || number == STORE_OP_IMAGE_READ ||
                       number == STORE_OP_IMAGE_ADDRESS;
            bool may = bit == PEER_DAA ? daa
                       : bit == PEER_OTA ? ota
                       : bit == PEER_REPORTS ? number == STORE_OP_REPORT_ADD || number == STORE_OP_DUMP_CONSENT || number == STORE_OP_DUMP_ADD
                                             : (number >= STORE_OP_CATALOG_GET && number <= STORE_OP_CRASH_GROUP_GET) ||
                                                   (number >= STORE_OP_RESOURCE_GROUP_GET &&
                                                    number <= STORE_OP_DUMP_DELETE) ||
                                                   (number >= STORE_OP_OPERATION_RUN &&
                                                    number <= STORE_OP_OPERATION_HOLD) ||
                                                   (number >= STORE_OP_OS_ROLLOUT_GET &&
                                                    number <= STORE_OP_CRASH_DEVICE_LIST);
            CHECK_INT(operation_find(bit, (uint16_t)number, &op), may ? 0 : E_DENIED);
            CHECK(may == (op != NULL));
        }
    /* rubbish as payload is refused by every one */
    for (size_t i = 0; i < store_operation_count; i++)
        CHECK(fixture_call(store_operations[i].peers, store_operations[i].number, T("\x9f\xff rubbish")) < 0);
}

static struct store_row_insight insight(size_t at, size_t *count)
{
    struct store_query query = {.scope = scope, .limit = STORE_PAGE_MAX};
    struct store_rows rows;
    struct store_row_insight row, found = {0};
    CHECK_INT(fixture_api(STORE_OP_INSIGHT_LIST, &store_query_type, &query), 0);
    CHECK_INT(record_parse(&store_rows_type, span_of(fx.reply, fx.len), &rows), 0);
    struct cursor c = cursor_of(rows.rows);
    for (*count = 0; c.left && !c.err; (*count)++) {
        record_get(&store_row_insight_type, &c, &row);
        if (*count == at)
            found = row;
    }
    return found;
}

static int report(uint8_t batch_id, uint64_t now_s, uint16_t category, uint64_t first_s, uint64_t last_s, uint32_t n)
{
    struct store_report r = {.batch = {batch_id, 7}, .now_s = now_s, .count = 1};
    memcpy(r.device_id, device_a, 64);
    r.at[0] = (struct store_event){.category = category, .first_s = first_s, .last_s = last_s, .count = n,
                                   .exit_code = (uint32_t)-3};
    return DEVICE_CALL(PEER_REPORTS, REPORT_ADD, report, r);
}

static void test_reports(void)
{
    size_t count;
    const uint64_t day = 86400, now = 100 * day;
    fx.store.db.fixed_now_ms = now * 1000;
    CHECK_INT(report(1, now, EVENT_APP_EXIT, now - day, now - day + 5, 2), 0);
    CHECK_INT(report(1, now, EVENT_APP_EXIT, now - day, now - day + 5, 2), 0); /* the batch again */
    struct store_row_insight row = insight(0, &count);
    CHECK_INT(count, 1);
    CHECK_INT(row.count, 2);
    CHECK(span_equal(span_of(row.description.at, 23), T("AppExit (exit_code=-3; ")));
    CHECK_INT(report(2, now, EVENT_APP_EXIT, now - 1, now, 3), 0); /* within 24 h of the first */
    row = insight(0, &count);
    CHECK_INT(count, 1);
    CHECK_INT(row.count, 5);
    CHECK_INT(row.last_s, now);
    CHECK_INT(report(3, now, EVENT_APP_EXIT, now, now, UINT32_MAX), 0); /* 24 h later: a new row */
    row = insight(0, &count); /* newest first */
    CHECK_INT(count, 2);
    CHECK_INT(row.count, INT32_MAX);
    CHECK_INT(report(4, now, 99, now, now, 1), E_MALFORMED);
    CHECK_INT(report(4, now, EVENT_APP_EXIT, now, now - 1, 1), E_MALFORMED);
    CHECK_INT(report(4, now, EVENT_APP_EXIT, now, now, 0), E_MALFORMED);
    CHECK_INT(report(4, now, EVENT_OS_UPDATE, now, now, 1), 0); /* the refused batch was not remembered */
    (void)insight(0, &count);
    CHECK_INT(count, 3);
    fx.store.db.fixed_now_ms = (now + 15 * day) * 1000; /* older than 14 days */
    (void)insight(0, &count);
    CHECK_INT(count, 0);
    fx.store.db.fixed_now_ms = 0;
}

static int64_t rows_of(const char *sql)
{
    int64_t count;
    if (fx.on_postgresql) {
        struct postgresql *pg = fx.store.db.own;
        PGresult *result = NULL;
        REQUIRE(postgresql_execute(&fx.store.db, sql, &result) == 0);
        count = strtoll(pg->pq->PQgetvalue(result, 0, 0), NULL, 10);
        pg->pq->PQclear(result);
        return count;
    }
    sqlite3_stmt *s = NULL;
    REQUIRE(sqlite3_prepare_v2(fx.store.db.own, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW);
    count = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return count;
}

/* Many requests share a commit. */
static void queue(unsigned peer, uint16_t number, struct span payload)
{
    const struct store_operation *op;
    REQUIRE(operation_find(peer, number, &op) == 0);
    if (batch_take(&fx.batch, op, payload, NULL))
        CHECK_INT(batch_end(&fx.batch), 0);
}

/* What one device can make the store keep has an end, however often it asks. */
static void test_bounds(void)
{
    enum { OFTEN = 1040, KEPT = 1000 };
    const uint64_t now = 20000000;
    fx.store.db.fixed_now_ms = now * 1000;
    for (uint64_t i = 0; i < OFTEN; i++) {
        struct store_attest attest = {.kind = ISSUER_KIND_OS, .serial = {0xB0, (uint8_t)i, (uint8_t)(i >> 8)},
                                      .not_before_s = now + i, .not_after_s = now + 86400 + i};
        struct store_report r = {.batch = {0xB1, (uint8_t)i, (uint8_t)(i >> 8)}, .now_s = now + i, .count = 1};
        memcpy(attest.device_id, device_b, 64);
        memcpy(r.device_id, device_b, 64);
        r.at[0] = (struct store_event){.category = EVENT_APP_EXIT, .first_s = now + i, .last_s = now + i, .count = 1,
                                       .exit_code = (uint32_t)i};
        w = writer_of(buffer, sizeof buffer);
        REQUIRE(store_attest_write(&attest, &w) == 0);
        queue(PEER_DAA, STORE_OP_ATTEST_RECORD, writer_view(&w));
        w = writer_of(buffer, sizeof buffer);
        REQUIRE(store_report_write(&r, &w) == 0);
        queue(PEER_REPORTS, STORE_OP_REPORT_ADD, writer_view(&w));
    }
    CHECK_INT(batch_end(&fx.batch), 0);
    CHECK_INT(fx.status, 0);
    fx.store.db.fixed_now_ms = 0;
    /* Those beyond are refused: none that is good was forgotten for one. */
    CHECK_INT(rows_of("SELECT count(*) FROM certificate WHERE not_before_s >= 20000000"), KEPT);
    CHECK_INT(rows_of("SELECT min(not_after_s) FROM certificate WHERE not_before_s >= 20000000"), now + 86400);
    CHECK(rows_of("SELECT count(*) FROM batch WHERE received_s >= 20000000") <= KEPT + 8);
    CHECK(rows_of("SELECT count(*) FROM event") <= KEPT + 8);
}

/* A request that fails leaves nothing, and those beside it are kept. */
static void test_batch(void)
{
    const struct store_operation *good, *bad;
    struct store_product_put put = {.scope = scope};
    struct store_query gone = {.scope = scope};
    uint8_t a[512], b[512];
    struct writer wa = writer_of(a, sizeof a), wb = writer_of(b, sizeof b);
    put.scope.product = T("batched");
    gone.scope.product = T("never");
    REQUIRE(operation_find(PEER_API, STORE_OP_PRODUCT_PUT, &good) == 0);
    REQUIRE(operation_find(PEER_API, STORE_OP_PRODUCT_DELETE, &bad) == 0);
    REQUIRE(record_write(&store_product_put_type, &put, &wa) == 0);
    REQUIRE(record_write(&store_query_type, &gone, &wb) == 0);
    fx.replies = 0;
    CHECK(!batch_take(&fx.batch, good, writer_view(&wa), NULL));
    CHECK(!batch_take(&fx.batch, bad, writer_view(&wb), NULL));
    CHECK_INT(fx.replies, 0); /* nothing is said before the commit */
    CHECK_INT(batch_end(&fx.batch), 0);
    CHECK_INT(fx.replies, 2);
    CHECK_INT(fx.status, E_NOT_FOUND);
    struct store_query there = {.scope = put.scope};
    CHECK_INT(fixture_api(STORE_OP_PRODUCT_GET, &store_query_type, &there), 0);
    if (fx.on_postgresql)
        return; /* what becomes of a commit that fails there: postgresql_test.c */
    /* a commit that fails is nobody's success, and leaves nothing */
    put.scope.product = T("lost");
    wa = writer_of(a, sizeof a);
    REQUIRE(record_write(&store_product_put_type, &put, &wa) == 0);
    CHECK(!batch_take(&fx.batch, good, writer_view(&wa), NULL));
    REQUIRE(sqlite3_exec(fx.store.db.own, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(batch_end(&fx.batch) != 0);
    CHECK(fx.status != 0);
    there.scope = put.scope;
    CHECK_INT(fixture_api(STORE_OP_PRODUCT_GET, &store_query_type, &there), E_NOT_FOUND);
    /* a disk that takes no check-ins does not stop the reading */
    const struct store_operation *get;
    there.scope.product = T("batched");
    wa = writer_of(a, sizeof a);
    REQUIRE(operation_find(PEER_API, STORE_OP_PRODUCT_GET, &get) == 0);
    REQUIRE(record_write(&store_query_type, &there, &wa) == 0);
    CHECK_INT(want(device_b, 9000, 0), 0);
    CHECK_INT(fx.store.checkin_count, 1);
    CHECK(!batch_take(&fx.batch, get, writer_view(&wa), NULL));
    REQUIRE(sqlite3_exec(fx.store.db.own, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(batch_end(&fx.batch) != 0);
    CHECK_INT(fx.status, 0);
    CHECK(fx.len > 0);
    CHECK_INT(fx.store.checkin_count, 1);
    CHECK_INT(batch_flush(&fx.batch), 0);
    CHECK_INT(fx.store.checkin_count, 0);
}

/* Full: SQLite's own limit of pages stands in for a full disk. */
static void test_full(void)
{
    static char long_text[STORE_DESCRIPTION_MAX];
    struct store_product_put put = {.scope = scope, .set_description = true};
    char name[32];
    int err = 0, made = 0;
    memset(long_text, 'x', sizeof long_text);
    put.description = span_of(long_text, sizeof long_text);
    sqlite3_stmt *count;
    REQUIRE(sqlite3_prepare_v2(fx.store.db.own, "PRAGMA page_count", -1, &count, NULL) == SQLITE_OK &&
            sqlite3_step(count) == SQLITE_ROW);
    sqlite3_int64 pages = sqlite3_column_int64(count, 0) + 40;
    sqlite3_finalize(count);
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %lld", (long long)pages);
    REQUIRE(sqlite3_exec(fx.store.db.own, pragma, NULL, NULL, NULL) == SQLITE_OK);
    for (; !err && made < 200; made++) {
        snprintf(name, sizeof name, "full %d", made);
        put.scope.product = span_of(name, strlen(name));
        err = fixture_api(STORE_OP_PRODUCT_PUT, &store_product_put_type, &put);
    }
    CHECK_INT(err, E_FULL);
    struct store_query query = {.scope = put.scope};
    CHECK_INT(fixture_api(STORE_OP_PRODUCT_GET, &store_query_type, &query), E_NOT_FOUND);
    snprintf(name, sizeof name, "full %d", made - 2);
    query.scope.product = span_of(name, strlen(name));
    CHECK_INT(fixture_api(STORE_OP_PRODUCT_GET, &store_query_type, &query), 0);
    REQUIRE(sqlite3_exec(fx.store.db.own, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL) == SQLITE_OK);
    CHECK_INT(fixture_api(STORE_OP_PRODUCT_PUT, &store_product_put_type, &put), 0); /* goes on once there is room */
}

/* The sequence rises even when the clock, or the database, went back. */
static void test_counter(void)
{
    uint64_t a, b;
    fx.store.db.fixed_now_ms = 5000000000000;
    REQUIRE(database_begin(&fx.store.db) == 0);
    CHECK_INT(counter_next(&fx.store.db, &a), 0);
    CHECK(a == 5000000000000);
    fx.store.db.fixed_now_ms = 1000;
    CHECK_INT(counter_next(&fx.store.db, &b), 0);
    CHECK(b == a + 1);
    database_rollback(&fx.store.db);
    fx.store.db.fixed_now_ms = 0;
}

/* Image files: rows decide; what a crash left is removed at the next start. */
static size_t files_count(void)
{
    char path[256];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/images", fx.folder);
    DIR *dir = opendir(path);
    REQUIRE(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* An upload whose row does not come to be leaves no file: on a full disk it would
 * keep the room that is needed. */
static void test_upload_undone(void)
{
    static uint8_t package[8192], bytes[16384];
    const struct store_operation *put_op;
    struct image_meta meta = {.type = IMAGE_TYPE_APPLICATIONS, .signing_type = IMAGE_SIGNING_ECDSA256,
                              .component = {7}, .id = {0x71}, .has_debug = true, .name = "undone"};
    struct writer p = writer_of(package, sizeof package), in = writer_of(bytes, sizeof bytes);
    size_t before = files_count();
    writer_zero(&p, 4096);
    REQUIRE(image_meta_write(&p, &meta) == 0);
    writer_zero(&p, IMAGE_SIGNATURE_BYTES);
    struct store_image_put put = {.scope = scope, .package = writer_view(&p)};
    REQUIRE(record_write(&store_image_put_type, &put, &in) == 0);
    REQUIRE(operation_find(PEER_API, STORE_OP_IMAGE_PUT, &put_op) == 0);
    CHECK(!batch_take(&fx.batch, put_op, writer_view(&in), NULL));
    CHECK_INT(files_count(), before + 1);
    REQUIRE(sqlite3_exec(fx.store.db.own, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(batch_end(&fx.batch) != 0);
    CHECK(fx.status != 0);
    CHECK_INT(files_count(), before);
    CHECK(!batch_take(&fx.batch, put_op, writer_view(&in), NULL));
    CHECK_INT(batch_end(&fx.batch), 0);
    CHECK_INT(fx.status, 0);
    CHECK_INT(files_count(), before + 1);
    /* a deletion that is undone takes nothing away */
    const struct store_operation *delete_op;
    char guid[40];
    struct store_query gone = {.scope = scope};
    guid_format(meta.id, guid);
    gone.scope.name = span_of(guid, 36);
    in = writer_of(bytes, sizeof bytes);
    REQUIRE(record_write(&store_query_type, &gone, &in) == 0);
    REQUIRE(operation_find(PEER_API, STORE_OP_IMAGE_DELETE, &delete_op) == 0);
    CHECK(!batch_take(&fx.batch, delete_op, writer_view(&in), NULL));
    REQUIRE(sqlite3_exec(fx.store.db.own, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(batch_end(&fx.batch) != 0);
    CHECK_INT(files_count(), before + 1);
    CHECK_INT(fixture_call(PEER_API, STORE_OP_IMAGE_DELETE, writer_view(&in)), 0);
    CHECK_INT(files_count(), before);
}

/* -- what is refused at start ------------------------------------------------------- */

static void quiet(void)
{
    REQUIRE(freopen("/dev/null", "w", stderr) != NULL);
}

static int open_again(void)
{
    struct store *other = calloc(1, sizeof *other);
    REQUIRE(other != NULL);
    int err = store_open(other, fx.folder, fx.server.url, NULL);
    if (!err)
        store_close(other);
    free(other);
    return err;
}

static void execute(const char *sql)
{
    sqlite3 *db;
    char path[128];
    snprintf(path, sizeof path, "%s/store.db", fx.folder);
    REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

static void test_start(void)
{
    char path[128];
    int status;
    snprintf(path, sizeof path, "%s/store.db", fx.folder);
    pid_t second = fork(); /* POSIX locks do not hold within one process */
    REQUIRE(second >= 0);
    if (second == 0) {
        quiet();
        _exit(open_again() == E_BUSY ? 0 : 1);
    }
    REQUIRE(waitpid(second, &status, 0) == second);
    CHECK_INT(status, 0);
    store_close(&fx.store);
    CHECK_INT(open_again(), 0);
    execute("PRAGMA user_version = 99");
    CHECK_INT(open_again(), E_VERSION);
    execute("PRAGMA application_id = 5");
    CHECK_INT(open_again(), E_CORRUPT);
    char back[80];
    snprintf(back, sizeof back, "PRAGMA application_id = 1346720329; PRAGMA user_version = %d", DATABASE_SCHEMA);
    execute(back);
    CHECK_INT(open_again(), 0);
    int fd = open(path, O_RDWR);
    REQUIRE(fd >= 0);
    for (off_t page = 1; page < 30; page++)
        REQUIRE(pwrite(fd, "garbage, garbage, garbage", 25, page * 4096) == 25);
    close(fd);
    CHECK_INT(open_again(), E_CORRUPT);
    fd = open(path, O_RDWR | O_TRUNC);
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, "this is no database at all, but it is long enough for a header ..............................................", 100) == 100);
    close(fd);
    CHECK_INT(open_again(), E_CORRUPT);
    REQUIRE(unlink(path) == 0 && mkdir(path, 0700) == 0);
    CHECK_INT(open_again(), E_IO);
    REQUIRE(rmdir(path) == 0);
    CHECK_INT(open_again(), E_NOT_FOUND); /* the data are gone */
    snprintf(path, sizeof path, "%s/begun", fx.folder);
    REQUIRE(unlink(path) == 0);
    REQUIRE(store_open(&fx.store, fx.folder, fx.server.url, NULL) == 0);
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    test_peers();
    fleet_make();
    CHECK_INT(claim(device_a), 0);
    CHECK_INT(attest_as(device_b, HARDWARE_LINUX_X86_64), 0);
    test_reports();
    test_batch();
    test_counter();
    if (!fx.on_postgresql) {
        test_full();
        test_upload_undone();
    }
    test_bounds();
    if (!fx.on_postgresql)
        test_start();
    fixture_end();
    return check_done();
}
