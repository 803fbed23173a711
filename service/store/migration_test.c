/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A database of every schema that was ever released (testdata/schema_N.sql) comes
 * up under this program, and what was in it is what the operations answer.
 */
#include <ftw.h>
#include <sqlite3.h>
#include <unistd.h>

#include "lib/hex.h"
#include "service/store/operations.h"
#include "tests/check.h"

static char folder[64];
static struct store store;
static uint8_t reply[65536];

#define T(s) span_of(s, sizeof(s) - 1)

static const struct store_scope scope = {
    .subscription = {(const uint8_t *)"sub", 3}, .resource_group = {(const uint8_t *)"RG", 2},
    .catalog = {(const uint8_t *)"contoso", 7},  .product = {(const uint8_t *)"DISHWASHER", 10},
    .group = {(const uint8_t *)"production", 10},
};

static void database_make(int schema)
{
    char path[128], source[64];
    sqlite3 *db;
    size_t len;
    snprintf(source, sizeof source, "service/store/testdata/schema_%d.sql", schema);
    uint8_t *sql = check_read_file(source, &len);
    char *text = calloc(1, len + 1);
    REQUIRE(text != NULL);
    memcpy(text, sql, len);
    snprintf(path, sizeof path, "%s/store.db", folder);
    REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    free(text);
    free(sql);
}

/* The reply's rows, behind whatever stands before them. */
static struct span rows_of(uint16_t number, const struct store_query *query)
{
    uint8_t bytes[1024];
    const struct store_operation *op;
    struct writer w = writer_of(bytes, sizeof bytes);
    struct answer answer = {0};
    struct store_rows rows;
    REQUIRE(record_write(&store_query_type, query, &w) == 0 && operation_find(PEER_API, number, &op) == 0);
    CHECK_INT(op->run(&store, writer_view(&w), &answer), 0);
    REQUIRE(answer.len <= sizeof reply);
    memcpy(reply, answer.at, answer.len);
    REQUIRE(record_parse(&store_rows_type, span_of(reply, answer.len), &rows) == 0);
    answer_release(&answer);
    return rows.rows;
}

static void check_fleet(void)
{
    struct store_query query = {.scope = scope};
    struct store_row_catalog catalog;
    struct store_row_product product;
    struct store_row_group group;
    struct store_row_device device;
    struct store_row_image image;
    struct store_row_deployment deployment;
    struct store_row_release release;
    CHECK_INT(record_parse(&store_row_catalog_type, rows_of(STORE_OP_CATALOG_GET, &query), &catalog), 0);
    CHECK(span_equal(catalog.name, T("Contoso")) && span_equal(catalog.tags, T("{\"a\":\"b\"}")));
    CHECK(span_equal(catalog.created_by, T("Ada")) && span_equal(catalog.modified_by, T("Bob")));
    CHECK(catalog.tenant[15] == 0xff && catalog.created_ms == 11 && catalog.modified_ms == 12);
    CHECK_INT(record_parse(&store_row_product_type, rows_of(STORE_OP_PRODUCT_GET, &query), &product), 0);
    CHECK(span_equal(product.name, T("Dishwasher")) && span_equal(product.description, T("washes")));
    CHECK_INT(record_parse(&store_row_group_type, rows_of(STORE_OP_GROUP_GET, &query), &group), 0);
    CHECK(span_equal(group.name, T("Production")) && group.feed == 1 && group.crash_dumps && group.has_deployment);
    char hex[129];
    uint8_t id[64];
    memset(id, 0x0a, sizeof id);
    hex_encode(id, sizeof id, hex);
    query.scope.name = span_of(hex, 128);
    CHECK_INT(record_parse(&store_row_device_type, rows_of(STORE_OP_DEVICE_SHOW, &query), &device), 0);
    CHECK(memcmp(device.device_id, id, sizeof id) == 0 && span_equal(device.installed_os, T("1.0")));
    CHECK(span_equal(device.available_os, T("1.0")) && span_equal(device.group, T("Production")));
    query.scope.name = T(".default");
    CHECK_INT(record_parse(&store_row_deployment_type, rows_of(STORE_OP_DEPLOYMENT_GET, &query), &deployment), 0);
    CHECK(deployment.deployment[0] == 0xd1);
    CHECK_INT(record_parse(&store_row_image_type, deployment.images, &image), 0);
    CHECK(image.image[0] == 0x51 && span_equal(image.name, T("dw100")) && image.file_bytes == 64);
    query.scope.name = T("1.0");
    CHECK_INT(record_parse(&store_row_release_type, rows_of(STORE_OP_RELEASE_GET, &query), &release), 0);
    CHECK(release.sequence == 23 && release.state == 1);
}

/* Of devices that were there before anybody kept count. */
static void check_counts(void)
{
    struct store_query query = {.scope = scope};
    struct store_row_count count;
    struct store_row_status status;
    CHECK_INT(record_parse(&store_row_count_type, rows_of(STORE_OP_DEVICE_COUNT, &query), &count), 0);
    CHECK_INT(count.count, 1);
    query.scope.product = query.scope.group = T("");
    CHECK_INT(record_parse(&store_row_count_type, rows_of(STORE_OP_DEVICE_COUNT, &query), &count), 0);
    CHECK_INT(count.count, 1);
    CHECK_INT(record_parse(&store_row_status_type, rows_of(STORE_OP_STATUS, &query), &status), 0);
    CHECK_INT(status.devices, 2);
}

/* Those of the catalogs that were there before groups were rows. */
static void check_groups(void)
{
    struct store_query query = {.scope = scope};
    struct store_row_resource_group group;
    CHECK_INT(record_parse(&store_row_resource_group_type, rows_of(STORE_OP_RESOURCE_GROUP_GET, &query), &group), 0);
    CHECK(span_equal(group.name, T("Rg")) && span_equal(group.subscription, T("Sub")) && group.created_ms == 11);
}

static void check_reports(void)
{
    struct store_query query = {.scope = scope};
    struct store_row_insight insight;
    struct store_row_operation operation;
    store.db.fixed_now_ms = 2000000;
    CHECK_INT(record_parse(&store_row_insight_type, rows_of(STORE_OP_INSIGHT_LIST, &query), &insight), 0);
    CHECK(insight.count == 4 && span_equal(insight.description, T("AppCrash (exit_status=11)")));
    CHECK(insight.device_id[63] == 0x0a);
    query.scope.name = T("0000000e-0000-0000-0000-000000000000");
    CHECK_INT(record_parse(&store_row_operation_type, rows_of(STORE_OP_OPERATION_GET, &query), &operation), 0);
    CHECK(span_equal(operation.detail, T("fine")) && operation.started_ms == 71);
    uint64_t last;
    CHECK_INT(counter_last(&store.db, &last), 0);
    CHECK_INT(last, 1700000000000);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

int main(void)
{
    static const int released[] = {1};
    for (size_t i = 0; i < sizeof released / sizeof released[0]; i++) {
        strcpy(folder, "/tmp/perisphere-migration-XXXXXX");
        REQUIRE(mkdtemp(folder) != NULL);
        database_make(released[i]);
        for (int time = 0; time < 2; time++) { /* the second finds nothing left to do */
            REQUIRE(store_open(&store, folder, "", NULL) == 0);
            check_fleet();
            check_groups();
            check_counts();
            check_reports();
            store_close(&store);
        }
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    return check_done();
}
