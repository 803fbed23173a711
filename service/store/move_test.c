/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/store.md, "Move to another database": with rows in every table there is, to PostgreSQL and
 * back, and nothing is another; the numbers of rows go on; a move that is refused, or killed at any step,
 * leaves the old database as it was and no new one.
 *   move_test [STEP]     kills at every STEP-th step (12); 1: at each
 */
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#include "service/ipc/service_move.h"
#include "service/libpq/libpq.h"
#include "service/store/store_fixture_test.h"

enum { PACKAGE_BYTES = 150000, STEP = 12, SQL_BYTES = 8192, PRUNED = 100 };

static struct postgresql_server server;
static char first[96], file[96]; /* the database as it was, and where it is */
static uint8_t package[PACKAGE_BYTES + 4096];
static size_t package_bytes;

/* -- a service's data ---------------------------------------------------------- */

static void image_make(void)
{
    struct image_meta meta = {.type = IMAGE_TYPE_APPLICATIONS, .signing_type = IMAGE_SIGNING_ECDSA256, .has_debug = true,
                              .name = "Dishes"};
    struct writer w = writer_of(package, sizeof package);
    for (size_t i = 0; i < PACKAGE_BYTES; i++) /* no piece is like another */
        writer_u8(&w, (uint8_t)(i * 7 + (i >> 8) * 13 + (i >> 16)));
    meta.id[0] = 1;
    meta.component[0] = 2;
    REQUIRE(image_meta_write(&w, &meta) == 0);
    writer_zero(&w, IMAGE_SIGNATURE_BYTES);
    package_bytes = w.len;
    const struct store_image_put put = {.scope = fixture_scope("Contoso", "", ""), .package = writer_view(&w)};
    CHECK_INT(fixture_api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), 0);
}

static void records_add(unsigned count)
{
    const struct store_caller caller = {.principal = T("certificate:Olga"), .action = ACCESS_CATALOGS_WRITE,
                                        .path = T("/subscriptions/x"), .detail = T("Straße"), .request_id = T("r")};
    REQUIRE(database_begin(&fx.store.db) == 0);
    for (unsigned i = 0; i < count; i++)
        CHECK_INT(audit_append(&fx.store, &caller, i % 2 ? "Succeeded" : ""), 0);
    REQUIRE(database_commit(&fx.store.db, true) == 0);
}

/* A log that does not begin with its first record. */
static void records_go(void)
{
    struct store_checkpoint c = {.sequence = PRUNED, .time_ms = 5, .signature = {1}};
    struct statement *s = statement_get(&fx.store.db, STATEMENT_AUDIT_AT);
    bind_number(s, 1, PRUNED);
    REQUIRE(statement_step(&fx.store.db, s) == 1);
    column_exact(s, 0, c.digest, sizeof c.digest);
    statement_done(s);
    CHECK_INT(fixture_api(STORE_OP_AUDIT_PRUNE, &store_checkpoint_type, &c), 0);
}

/* Numbers above those of the rows that are left were given. */
static void product_come_and_go(void)
{
    struct store_query query = {.scope = fixture_scope("Contoso", "Gone", "")};
    fixture_place("Contoso", "Gone", "");
    CHECK_INT(fixture_api(STORE_OP_PRODUCT_DELETE, &store_query_type, &query), 0);
}

static void run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    (void)sqlite3_exec(db, sql, NULL, NULL, &why);
    if (why)
        fprintf(stderr, "%s: %s\n", sql, why);
    REQUIRE(why == NULL);
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    REQUIRE(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK);
    REQUIRE(sqlite3_step(s) == SQLITE_ROW);
    int64_t value = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return value;
}

/* The bytes that a CHECK of the table's own text asks of a column. */
static unsigned length_of(const char *schema, const char *column)
{
    char text[96];
    unsigned bytes = 16;
    snprintf(text, sizeof text, "length(%s) = ", column);
    const char *at = strstr(schema, text);
    if (at)
        bytes = (unsigned)strtoul(at + strlen(text), NULL, 10);
    return bytes;
}

/* One that any table takes: what may be missing is, numbers are 1, bytes are as long as they must be. */
static void row_invent(sqlite3 *db, const char *table, const char *schema)
{
    char sql[SQL_BYTES], names[SQL_BYTES / 4] = "", values[SQL_BYTES / 4] = "", text[128];
    sqlite3_stmt *s = NULL;
    snprintf(sql, sizeof sql, "SELECT name, type, \"notnull\" FROM pragma_table_info('%s')", table);
    REQUIRE(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 0), *type = (const char *)sqlite3_column_text(s, 1);
        bool number = strcmp(type, "INTEGER") == 0;
        if (!number && !sqlite3_column_int(s, 2))
            continue;
        if (number && !sqlite3_column_int(s, 2) && strcmp(name, "id") != 0)
            continue;
        if (number)
            strcpy(text, strcmp(name, "level") == 0 ? "0" : "1"); /* a role at the service: no place beside it */
        else if (strcmp(type, "BLOB") == 0)
            snprintf(text, sizeof text, "zeroblob(%u)", length_of(schema, name));
        else
            strcpy(text, "'aB'");
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? ", " : "", name);
        snprintf(values + strlen(values), sizeof values - strlen(values), "%s%s", *values ? ", " : "", text);
    }
    sqlite3_finalize(s);
    snprintf(sql, sizeof sql, "INSERT INTO %s (%s) VALUES (%s)", table, names, values);
    run(db, sql);
}

/* Whatever table a migration makes has a row here. */
static void rows_everywhere(void)
{
    sqlite3 *db;
    sqlite3_stmt *s = NULL;
    char sql[256];
    unsigned tables = 0;
    REQUIRE(sqlite3_open(file, &db) == SQLITE_OK);
    REQUIRE(sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'", -1,
                               &s, NULL) == SQLITE_OK);
    for (; sqlite3_step(s) == SQLITE_ROW; tables++) {
        const char *table = (const char *)sqlite3_column_text(s, 0);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
        if (strcmp(table, "image_chunk") != 0 && ask(db, sql) == 0)
            row_invent(db, table, (const char *)sqlite3_column_text(s, 1));
    }
    sqlite3_finalize(s);
    CHECK(tables > 30);
    CHECK_INT(ask(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(db);
}

static void file_copy(const char *from, const char *to)
{
    size_t len;
    uint8_t *bytes = check_read_file(from, &len);
    FILE *f = fopen(to, "we");
    REQUIRE(f != NULL && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
    free(bytes);
}

static void data_make(void)
{
    fixture_place("Contoso", "Dishwasher", "Production");
    for (unsigned i = 1; i <= 2500; i++) /* more than go together */
        fixture_register(i);
    CHECK_INT(fixture_claim(1, fixture_scope("Contoso", "Dishwasher", "Production")), 0);
    image_make();
    records_add(2300);
    records_go();
    product_come_and_go();
    store_close(&fx.store);
    rows_everywhere();
    file_copy(file, first);
}

/* -- what is where --------------------------------------------------------------- */

static int64_t pg_ask(const char *url, const char *sql)
{
    const struct libpq *pq;
    REQUIRE(libpq_load(&pq) == 0);
    PGconn *c = pq->PQconnectdbParams((const char *const[]){"dbname", NULL}, (const char *const[]){url, NULL}, 1);
    REQUIRE(pq->PQstatus(c) == CONNECTION_OK);
    pq->PQclear(pq->PQexec(c, "SET client_min_messages = error"));
    PGresult *result = pq->PQexec(c, sql);
    bool good = pq->PQresultStatus(result) == PGRES_TUPLES_OK || pq->PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!good)
        fprintf(stderr, "%s: %s", sql, pq->PQerrorMessage(c));
    REQUIRE(good);
    int64_t value = pq->PQntuples(result) == 1 ? strtoll(pq->PQgetvalue(result, 0, 0), NULL, 10) : -1;
    pq->PQclear(result);
    pq->PQfinish(c);
    return value;
}

static void pg_empty(void)
{
    (void)pg_ask(server.url, "DROP SCHEMA public CASCADE");
    (void)pg_ask(server.url, "CREATE SCHEMA public");
}

/* Once the server has seen that whoever worked on it is gone. */
static bool pg_has_nothing(void)
{
    static const struct timespec pause = {0, 20 * 1000000};
    while (pg_ask(server.url, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'perisphere'") > 0)
        nanosleep(&pause, NULL);
    return pg_ask(server.url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0;
}

/* How many rows one of the two files has that the other has not, in all tables together; with the numbers given. */
static int64_t files_differ(const char *but)
{
    sqlite3 *db;
    sqlite3_stmt *s = NULL;
    char sql[512];
    int64_t differ = 0;
    REQUIRE(sqlite3_open(first, &db) == SQLITE_OK);
    snprintf(sql, sizeof sql, "ATTACH '%s' AS other", file);
    run(db, sql);
    REQUIRE(sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%'", -1, &s,
                               NULL) == SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *t = (const char *)sqlite3_column_text(s, 0);
        if (but && strcmp(t, but) == 0)
            continue;
        snprintf(sql, sizeof sql, "SELECT (SELECT count(*) FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM other.%s)) + "
                                  "(SELECT count(*) FROM (SELECT * FROM other.%s EXCEPT SELECT * FROM main.%s))", t, t, t, t);
        int64_t here = ask(db, sql);
        if (here)
            fprintf(stderr, "  table %s: %lld rows\n", t, (long long)here);
        differ += here;
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    return differ;
}

static struct service_move moving(const char *from, const char *to)
{
    return (struct service_move){.folder = fx.folder, .from = from, .to = to};
}

static void check_contents(const char *url)
{
    uint64_t records;
    uint8_t digest[32];
    static uint8_t got[sizeof package];
    size_t len = 0;
    const struct span bytes = span_of(package, package_bytes);
    REQUIRE(store_open(&fx.store, fx.folder, url, NULL) == 0);
    batch_init(&fx.batch, &fx.store, fixture_replied);
    CHECK_INT(audit_verify(&fx.store, &records), 0);
    CHECK(records > 2300);
    struct store_query query = {.scope = fixture_scope("CONTOSO", "dishwasher", "")};
    CHECK_INT(fixture_api(STORE_OP_PRODUCT_GET, &store_query_type, &query), 0);
    CHECK_INT(crypto_sha256(&bytes, 1, digest), 0);
    CHECK_INT(package_read(&fx.store, digest, 0, got, sizeof got, &len), 0);
    CHECK_INT(len, package_bytes);
    CHECK_MEM(got, package, package_bytes);
    store_close(&fx.store);
}

/* -- there and back ---------------------------------------------------------------- */

static unsigned told;
static void count_told(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)context;
    CHECK(*what && done <= total);
    told++;
}

static void test_there_and_back(void)
{
    struct service_move move = moving("", server.url);
    move.progress = count_told;
    CHECK_INT(service_move(&move), 0);
    CHECK(move.tables > 30 && move.rows > 7000 && move.images == 1 && told > 40);
    CHECK_INT(move.audit_records, 2301);
    CHECK_INT(files_differ(NULL), 0); /* the old one is as it was */
    CHECK_INT(pg_ask(server.url, "SELECT count(*) FROM image_chunk"), 3);
    check_contents(server.url);

    /* numbers go on above those that were given */
    REQUIRE(store_open(&fx.store, fx.folder, server.url, NULL) == 0);
    batch_init(&fx.batch, &fx.store, fixture_replied);
    fixture_place("Contoso", "Later", "");
    product_come_and_go();
    store_close(&fx.store);
    CHECK_INT(pg_ask(server.url, "SELECT max(id) FROM product"), 3);
    (void)pg_ask(server.url, "DELETE FROM product WHERE id = 3");
    (void)pg_ask(server.url, "SELECT setval(pg_get_serial_sequence('product', 'id'), 2)");

    CHECK_INT(unlink(file), 0);
    move = moving(server.url, "");
    CHECK_INT(service_move(&move), 0);
    CHECK_INT(move.audit_records, 2302);
    CHECK_INT(files_differ("audit"), 0);
    sqlite3 *db;
    REQUIRE(sqlite3_open(file, &db) == SQLITE_OK);
    CHECK_INT(ask(db, "SELECT count(*) FROM audit"), 2302 - PRUNED);
    sqlite3_close(db);
    check_contents("");
    file_copy(first, file);
}

/* -- refused ------------------------------------------------------------------------- */

static void refused(struct service_move move, int want)
{
    CHECK_INT(service_move(&move), want);
    CHECK(*move.to ? pg_has_nothing() : access(file, F_OK) != 0);
}

static void source_change(const char *sql)
{
    sqlite3 *db;
    REQUIRE(sqlite3_open(file, &db) == SQLITE_OK);
    run(db, sql);
    sqlite3_close(db);
}

static void test_refused(void)
{
    struct service_move move = moving("", server.url);
    CHECK_INT(service_move(&move), E_EXISTS); /* it has the data of the first move */
    pg_empty();
    (void)pg_ask(server.url, "CREATE TABLE somebodys (x int)");
    CHECK_INT(service_move(&move), E_CORRUPT);
    CHECK_INT(pg_ask(server.url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), 1);
    pg_empty();

    static const uint8_t other[32] = {1};
    move.key = other;
    refused(move, E_KEY_UNKNOWN);
    move.key = NULL;

    REQUIRE(store_open(&fx.store, fx.folder, "", NULL) == 0);
    refused(move, E_BUSY);
    store_close(&fx.store);

    source_change("CREATE TABLE later (x INTEGER NOT NULL) STRICT");
    refused(move, E_VERSION);
    file_copy(first, file);
    source_change("ALTER TABLE product ADD COLUMN later INTEGER NOT NULL DEFAULT 0");
    refused(move, E_VERSION);
    file_copy(first, file);
    source_change("UPDATE audit SET time_ms = time_ms + 1 WHERE sequence = 2200");
    refused(move, E_DIGEST);
    file_copy(first, file);
    source_change("DELETE FROM audit WHERE sequence = 700");
    refused(move, E_MISSING);
    file_copy(first, file);

    char images[128];
    snprintf(images, sizeof images, "%s/images", fx.folder);
    char away[160];
    snprintf(away, sizeof away, "%s.away", images);
    REQUIRE(rename(images, away) == 0);
    refused(move, E_CORRUPT);
    REQUIRE(rmdir(images) == 0 && rename(away, images) == 0);
}

/* -- killed ---------------------------------------------------------------------------- */

static unsigned steps_left;
static void step_kill(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)context, (void)what, (void)done, (void)total;
    if (--steps_left == 0)
        kill(getpid(), SIGKILL);
}

/* Did it come to its end? */
static bool killed_at(struct service_move move, unsigned at)
{
    int status;
    steps_left = at;
    move.progress = step_kill;
    pid_t pid = fork();
    if (pid == 0)
        _exit(service_move(&move) == 0 ? 0 : 1);
    REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (WIFSIGNALED(status))
        return false;
    CHECK_INT(WEXITSTATUS(status), 0);
    return true;
}

static unsigned test_killed_to_postgresql(unsigned step)
{
    unsigned kills = 0;
    for (unsigned at = 1; !killed_at(moving("", server.url), at); at += step, kills++) {
        CHECK(pg_has_nothing());
        CHECK_INT(files_differ(NULL), 0);
    }
    check_contents(server.url);
    return kills;
}

/* From what the last one brought there. */
static unsigned test_killed_to_sqlite(unsigned step)
{
    unsigned kills = 0;
    int64_t rows = pg_ask(server.url, "SELECT count(*) FROM device");
    REQUIRE(unlink(file) == 0);
    for (unsigned at = 1; !killed_at(moving(server.url, ""), at); at += step, kills++) {
        CHECK(access(file, F_OK) != 0);
        (void)pg_has_nothing(); /* waits until it is alone */
    }
    CHECK_INT(pg_ask(server.url, "SELECT count(*) FROM device"), rows);
    CHECK_INT(files_differ("audit"), 0);
    check_contents("");
    return kills;
}

int main(int argc, char **argv)
{
    unsigned step = argc > 1 ? (unsigned)atoi(argv[1]) : STEP;
    fixture_begin(1, argv);
    snprintf(file, sizeof file, "%s/store.db", fx.folder);
    snprintf(first, sizeof first, "%s/first.db", fx.folder);
    postgresql_server_start(&server);
    data_make();
    test_there_and_back();
    test_refused();
    unsigned there = test_killed_to_postgresql(step);
    unsigned back = test_killed_to_sqlite(step);
    CHECK(there > 2 && back > 2);
    printf("killed %u times on the way there, %u times on the way back\n", there, back);
    postgresql_server_stop(&server);
    fixture_end();
    return check_done();
}
