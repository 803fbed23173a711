/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is PostgreSQL's alone (docs/spec/store.md, "PostgreSQL"): transactions that
 * meet, connections that go at any moment, the outcome of a commit whose answer was
 * lost, images as rows, and what is refused at start.
 */
#include <unistd.h>

#include "lib/guid.h"
#include "lib/image.h"
#include "service/store/batch.h"
#include "service/store/database/chunks.h"
#include "service/store/database/dialect.h"
#include "service/store/database/postgresql.h"
#include "tests/check.h"
#include "tests/postgresql.h"

static struct postgresql_server server;
static const uint8_t key[32] = {7};
static char folder[] = "/tmp/peri-store-XXXXXX";
static struct store one, two; /* two services on one database */
static struct batch batch_one, batch_two;
static int last_status;
static unsigned replies;
static uint8_t last_reply[65536];
static size_t last_len;

#define T(s) span_of(s, sizeof(s) - 1)

static const struct store_scope scope = {
    .subscription = {(const uint8_t *)"s", 1}, .resource_group = {(const uint8_t *)"r", 1},
    .catalog = {(const uint8_t *)"c", 1},      .product = {(const uint8_t *)"prod", 4},
    .group = {(const uint8_t *)"grp", 3},
};

static void on_reply(void *token, int status, struct span payload)
{
    (void)token;
    replies++;
    last_status = status;
    last_len = payload.len;
    REQUIRE(payload.len <= sizeof last_reply);
    if (payload.len)
        memcpy(last_reply, payload.at, payload.len);
}

static void take(struct batch *batch, uint16_t number, const struct record_type *type, const void *record)
{
    static uint8_t bytes[1 << 20];
    const struct store_operation *op;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(record_write(type, record, &w) == 0 && operation_find(PEER_API, number, &op) == 0);
    (void)batch_take(batch, op, writer_view(&w), NULL);
    memset(bytes, 0xee, w.len); /* the batch must live from its own copy */
}

static int call(struct batch *batch, uint16_t number, const struct record_type *type, const void *record)
{
    take(batch, number, type, record);
    (void)!batch_end(batch);
    return last_status;
}

static int64_t number_of(const char *sql)
{
    struct postgresql *pg = one.db.own;
    PGresult *result = NULL;
    REQUIRE(postgresql_execute(&one.db, sql, &result) == 0);
    int64_t number = strtoll(pg->pq->PQgetvalue(result, 0, 0), NULL, 10);
    pg->pq->PQclear(result);
    return number;
}

/* Ends every connection but store one's. */
static void connections_end(void)
{
    (void)number_of("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE application_name = 'perisphere' AND pid <> pg_backend_pid()");
    while (number_of("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'perisphere'") != 1)
        usleep(1000);
}

static void product_take(struct batch *batch, const char *name)
{
    struct store_product_put put = {.scope = scope, .set_description = true, .description = T("d")};
    put.scope.product = span_of(name, strlen(name));
    take(batch, STORE_OP_PRODUCT_PUT, &store_product_put_type, &put);
}

static void deploy_take(struct batch *batch)
{
    struct store_deployment_put put = {.scope = scope};
    put.scope.name = T(".default");
    take(batch, STORE_OP_DEPLOYMENT_PUT, &store_deployment_put_type, &put);
}

static void fleet_make(void)
{
    struct store_catalog_put catalog = {.scope = scope, .actor = T("t")};
    struct store_product_put product = {.scope = scope};
    struct store_group_put group = {.scope = scope, .set = 31};
    CHECK_INT(call(&batch_one, STORE_OP_CATALOG_PUT, &store_catalog_put_type, &catalog), 0);
    CHECK_INT(call(&batch_one, STORE_OP_PRODUCT_PUT, &store_product_put_type, &product), 0);
    CHECK_INT(call(&batch_one, STORE_OP_GROUP_PUT, &store_group_put_type, &group), 0);
}

/* Both raise the same counter, from the same state: one is carried out again. */
static void test_meeting(void)
{
    int64_t before = number_of("SELECT count(*) FROM deployment");
    for (int i = 0; i < 20; i++) {
        deploy_take(&batch_one);
        deploy_take(&batch_one);
        replies = 0;
        CHECK_INT(batch_end(&batch_one), 0);
        CHECK_INT(last_status, 0);
        /* two reads what one is about to change, and comes second */
        struct store_query query = {.scope = scope};
        take(&batch_two, STORE_OP_GROUP_GET, &store_query_type, &query);
        deploy_take(&batch_one);
        CHECK_INT(batch_end(&batch_one), 0);
        CHECK_INT(last_status, 0);
        deploy_take(&batch_two);
        CHECK_INT(batch_end(&batch_two), 0);
        CHECK_INT(last_status, 0);
        CHECK_INT(replies, 5);
    }
    CHECK_INT(number_of("SELECT count(*) FROM deployment") - before, 80);
}

/* Lost before, between and after the requests of a batch: each is there once. */
static void test_lost(void)
{
    for (unsigned when = 0; when < 8; when++) {
        int64_t before = number_of("SELECT count(*) FROM deployment");
        replies = 0;
        for (unsigned i = 0; i < 3; i++) {
            if (when & 1u << i)
                connections_end();
            deploy_take(&batch_two);
        }
        if (when == 0)
            connections_end();
        CHECK_INT(batch_end(&batch_two), 0);
        CHECK_INT(replies, 3);
        CHECK_INT(last_status, 0);
        CHECK_INT(number_of("SELECT count(*) FROM deployment") - before, 3);
    }
    /* one that fails for its own reasons still does, and takes nobody with it */
    struct store_query gone = {.scope = scope};
    gone.scope.product = T("never");
    product_take(&batch_two, "beside a failure");
    take(&batch_two, STORE_OP_PRODUCT_DELETE, &store_query_type, &gone);
    connections_end();
    CHECK_INT(batch_end(&batch_two), 0);
    CHECK_INT(last_status, E_NOT_FOUND);
    CHECK_INT(number_of("SELECT count(*) FROM product"), 2);
}

/* The answer to a commit was lost: the token tells what became of it, and a
 * transaction that was asked about and had not written it never can. */
static void test_outcome(void)
{
    static const char token[] = "00112233445566778899aabbccddeeff", other[] = "ffeeddccbbaa99887766554433221100";
    char sql[128];
    snprintf(sql, sizeof sql, "INSERT INTO transaction_mark VALUES ('\\x%s', 1)", token);
    CHECK_INT(postgresql_execute(&one.db, sql, NULL), 0);
    CHECK_INT(postgresql_outcome(&two.db, token), 0); /* committed */
    CHECK(!two.db.again);
    CHECK_INT(postgresql_outcome(&two.db, other), E_NETWORK); /* never came there */
    CHECK(two.db.again);
    snprintf(sql, sizeof sql, "INSERT INTO transaction_mark VALUES ('\\x%s', 1)", other);
    CHECK_INT(postgresql_execute(&one.db, sql, NULL), E_CONFLICT); /* and is too late now */
    two.db.again = false;
}

static void test_images(void)
{
    static uint8_t bytes[3 * CHUNK_BYTES + 100], got[sizeof bytes];
    uint8_t digest[32] = {9};
    size_t n;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    REQUIRE(database_begin(&one.db) == 0);
    CHECK_INT(chunks_put(&one.db, digest, span_of(bytes, sizeof bytes)), 0);
    CHECK_INT(chunks_put(&one.db, digest, span_of(bytes, sizeof bytes)), 0); /* the same bytes of another catalog */
    REQUIRE(database_commit(&one.db, true) == 0);
    static const struct {
        uint64_t offset;
        size_t len, want;
    } reads[] = {
        {0, sizeof bytes, sizeof bytes},      {CHUNK_BYTES - 1, 2, 2},       {CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES},
        {2 * CHUNK_BYTES + 5, 70000, 65631},  {sizeof bytes - 1, 100, 1},    {sizeof bytes, 10, 0},
        {sizeof bytes + 5 * CHUNK_BYTES, 1, 0},
    };
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        CHECK_INT(chunks_read(&two.db, digest, reads[i].offset, got, reads[i].len, &n), 0);
        CHECK_INT(n, reads[i].want);
        CHECK(n == 0 || memcmp(got, bytes + reads[i].offset, n) == 0);
    }
    CHECK_INT(chunks_sweep(&one.db), 0); /* no image names it */
    CHECK_INT(chunks_read(&two.db, digest, 0, got, 1, &n), 0);
    CHECK_INT(n, 0);
    CHECK_INT(number_of("SELECT count(*) FROM image_chunk"), 0);
}

/* Through the operations: rows come and go with the image's own. */
static void test_packages(void)
{
    static uint8_t package[150000];
    struct image_meta meta = {.type = IMAGE_TYPE_APPLICATIONS, .signing_type = IMAGE_SIGNING_ECDSA256,
                              .component = {7}, .id = {0x71}, .has_debug = true, .name = "rows"};
    struct writer p = writer_of(package, sizeof package);
    char guid[GUID_TEXT_BYTES];
    writer_zero(&p, 140000);
    REQUIRE(image_meta_write(&p, &meta) == 0);
    writer_zero(&p, IMAGE_SIGNATURE_BYTES);
    struct store_image_put put = {.scope = scope, .package = writer_view(&p)};
    CHECK_INT(call(&batch_one, STORE_OP_IMAGE_PUT, &store_image_put_type, &put), 0);
    CHECK_INT(number_of("SELECT count(*) FROM image_chunk"), 3);
    struct store_query query = {.scope = scope};
    guid_format(meta.id, guid);
    query.scope.name = span_of(guid, strlen(guid));
    CHECK_INT(call(&batch_two, STORE_OP_IMAGE_DELETE, &store_query_type, &query), 0);
    CHECK_INT(number_of("SELECT count(*) FROM image_chunk"), 0);
}

/* -- what is refused at start ------------------------------------------------ */

static int open_again(void)
{
    struct store *other = calloc(1, sizeof *other);
    REQUIRE(other != NULL);
    int err = store_open(other, folder, server.url, key);
    if (!err)
        store_close(other);
    free(other);
    return err;
}

static void test_start(void)
{
    CHECK_INT(open_again(), 0);
    struct store *other = calloc(1, sizeof *other);
    REQUIRE(other != NULL);
    CHECK_INT(store_open(other, folder, server.url, (const uint8_t[32]){8}), E_KEY_UNKNOWN);
    CHECK_INT(store_open(other, folder, server.url, NULL), E_NOT_FOUND); /* a key of its own would not do */
    free(other);
    CHECK_INT(postgresql_execute(&one.db, "UPDATE perisphere SET schema = 99", NULL), 0);
    CHECK_INT(open_again(), E_VERSION);
    CHECK_INT(postgresql_execute(&one.db, "ALTER TABLE perisphere RENAME TO foreign_table", NULL), 0);
    CHECK_INT(open_again(), E_CORRUPT); /* somebody else's database */
    CHECK_INT(number_of("SELECT count(*) FROM pg_tables WHERE tablename = 'perisphere'"), 0);
    CHECK_INT(postgresql_execute(&one.db, "ALTER TABLE foreign_table RENAME TO perisphere", NULL), 0);
    char schema[64];
    snprintf(schema, sizeof schema, "UPDATE perisphere SET schema = %d", DATABASE_SCHEMA);
    CHECK_INT(postgresql_execute(&one.db, schema, NULL), 0);
    CHECK_INT(open_again(), 0);
    CHECK_INT(postgresql_execute(&one.db, "ALTER DATABASE service SET default_transaction_read_only = on", NULL), 0);
    CHECK_INT(open_again(), E_IO);
    CHECK_INT(postgresql_execute(&one.db, "ALTER DATABASE service RESET default_transaction_read_only", NULL), 0);
    char kept[sizeof server.url];
    strcpy(kept, server.url);
    strcpy(server.url, "postgresql://perisphere@/service?host=/nonexistent");
    CHECK_INT(open_again(), E_NETWORK);
    strcpy(server.url, "mysql://a/b");
    CHECK_INT(open_again(), E_RANGE);
    strcpy(server.url, kept);
}

static void test_dialect(void)
{
    size_t count;
    char *text = dialect_statement("SELECT a FROM b WHERE c = ?2 AND d = ?1 LIMIT ?12", &count);
    CHECK_STR(text, "SELECT a FROM b WHERE c = $2 AND d = $1 LIMIT $12");
    CHECK_INT(count, 12);
    free(text);
    text = dialect_schema("-- BLOB\nCREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, INTEGERS BLOB, "
                          "n TEXT COLLATE NOCASE) STRICT, WITHOUT ROWID;");
    CHECK_STR(text, "\nCREATE TABLE t (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, INTEGERS BYTEA, "
                    "n TEXT COLLATE nocase) ;");
    free(text);
}

int main(void)
{
    test_dialect();
    REQUIRE(mkdtemp(folder) != NULL);
    postgresql_server_start(&server);
    REQUIRE(store_open(&one, folder, server.url, key) == 0);
    REQUIRE(store_open(&two, folder, server.url, key) == 0);
    batch_init(&batch_one, &one, on_reply);
    batch_init(&batch_two, &two, on_reply);
    fleet_make();
    test_meeting();
    test_lost();
    test_outcome();
    test_images();
    test_packages();
    test_start();
    store_close(&one);
    store_close(&two);
    char begun[80];
    snprintf(begun, sizeof begun, "%s/begun", folder);
    CHECK_INT(unlink(begun), 0); /* data_key.h */
    CHECK_INT(rmdir(folder), 0); /* nothing else was written beside the database */
    postgresql_server_stop(&server);
    return check_done();
}
