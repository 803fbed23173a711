/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Migrations that move rows (0012 to 0020), over a database of schema 11 with rows for each of them: who
 * may do what and where is what it was, devices are counted and were heard when they were, what was revoked
 * stays so, and the audit log's chain holds.  In the clear, as SQLite had it, and sealed, on both databases: the
 * same text of rows with each value sealed.
 *   migration_rows_test [clear | sealed | postgresql]
 */
#include <sqlite3.h>
#include <stdarg.h>
#include <unistd.h>

#include "service/ipc/key_text.h"
#include "service/ipc/store_pki_ops.h"
#include "service/libpq/libpq.h"
#include "service/store/audit_chain_test.h"
#include "service/store/database/dialect.h"
#include "service/store/database/driver.h"
#include "service/store/store_fixture_test.h"

enum { BEFORE = 11, TEXT_MAX = 1 << 17, DEVICES = 6 };

static char text[TEXT_MAX], clear_rows[TEXT_MAX]; /* what was said; its rows before they were sealed */
static size_t used;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text + used, sizeof text - used, format, arguments);
    va_end(arguments);
    REQUIRE(n >= 0 && (size_t)n < sizeof text - used);
    used += (size_t)n;
}

/* Bytes as the database at hand writes them. */
static const char *hex_of(const uint8_t *bytes, size_t len)
{
    static char ring[8][160];
    static unsigned next;
    char *to = ring[next++ % 8];
    strcpy(to, "x'");
    hex_encode(bytes, len, to + 2);
    strcat(to, "'");
    return to;
}

static const char *guid(uint8_t first)
{
    uint8_t bytes[16] = {first};
    return hex_of(bytes, sizeof bytes);
}

/* -- rows of schema 11 ------------------------------------------------------- */

/* Two catalogs; devices 1 to 3 in the group, 4 in the catalog alone, 5 in the other one, 6 nobody's. */
static void fleet_say(void)
{
    static const struct {
        const char *catalog, *group;
        unsigned last_s, revoked_s;
    } devices[DEVICES] = {{"31", "71", 1001, 0}, {"31", "71", 1002, 900},   {"31", "71", 0, 0},
                          {"31", "NULL", 1004, 0}, {"32", "NULL", 1005, 0}, {"NULL", "NULL", 0, 0}};
    say("INSERT INTO counter VALUES ('sequence', 1700000000000), ('generation', 1700000000000);\n");
    for (unsigned i = 1; i <= 2; i++) {
        say("INSERT INTO resource_group VALUES (2%u, 'Sub', 'rg%u', '', '', '', 11);\n", i, i);
        say("INSERT INTO catalog VALUES (3%u, %s, 'Sub', 'rg%u', 'cat%u', '', 'Ada', 'Ada', 11, 12);\n", i,
            guid((uint8_t)(0xa0 + i)), i, i);
        say("INSERT INTO product VALUES (5%u, 31, 'prod%u', '');\n", i, i);
        say("INSERT INTO device_group VALUES (7%u, 5%u, 'grp%u', '', 0, 0, 0, 0, 21);\n", i, i, i);
    }
    for (unsigned i = 0; i < DEVICES; i++) {
        uint8_t id[64];
        fixture_device_id(i + 1, id);
        say("INSERT INTO device (id, device_id, chip_sku, registered_ms, catalog, device_group, last_request_s, revoked_s) "
            "VALUES (9%u, %s, 'MT3620AN', 31, %s, %s, %u, %u);\n", i + 1, hex_of(id, sizeof id), devices[i].catalog,
            devices[i].group, devices[i].last_s, devices[i].revoked_s);
    }
    /* device 3 was revoked once, and may attest again: one of its certificates is still in the list */
    uint8_t key[64] = {1};
    for (unsigned i = 1; i <= 3; i++)
        say("INSERT INTO certificate VALUES (%s, 9%u, 1, %s, 100, 4000000000, %s);\n", guid((uint8_t)(0xc0 + i)), i,
            guid(0xa1), hex_of(key, sizeof key));
    say("INSERT INTO revocation VALUES (1, 5, %s, %s, 0, 950, 4000000000, '', 'Ada');\n", guid(0xa1), guid(0xc3));
    say("INSERT INTO revocation VALUES (3, 3, %s, %s, 4, 900, 4000000000, '', 'Ada');\n", guid(0xa1), guid(0xc2));
    /* and one that it had for its service, from the CA of the OS */
    say("INSERT INTO revocation VALUES (2, 3, %s, %s, 0, 951, 4000000000, '', 'Ada');\n", guid(0), guid(0xc4));
}

/* One at each of the levels that there were: service, catalog, product, group, device. */
static void roles_say(void)
{
    static const struct {
        const char *principal, *place;
        unsigned role, level;
    } roles[] = {
        {"at:service", "NULL, NULL, NULL, NULL", ROLE_READER, 0},    {"at:catalog", "31, NULL, NULL, NULL", ROLE_OWNER, 1},
        {"at:product", "31, 51, NULL, NULL", ROLE_CONTRIBUTOR, 2},   {"at:group", "31, NULL, 71, NULL", ROLE_PUBLISHER, 3},
        {"at:device", "31, NULL, NULL, 91", ROLE_CONTRIBUTOR, 4},    {"at:other", "32, NULL, NULL, NULL", ROLE_OWNER, 1},
    };
    for (unsigned i = 0; i < sizeof roles / sizeof roles[0]; i++)
        say("INSERT INTO role_assignment (assignment, principal, role, level, catalog, product, device_group, device, "
            "created_by, created_ms) VALUES (%s, '%s', %u, %u, %s, 'Ada', %u);\n", guid((uint8_t)(i + 1)),
            roles[i].principal, roles[i].role, roles[i].level, roles[i].place, 40 + i);
}

static void audit_say(void)
{
    uint8_t digest[32] = {0};
    for (unsigned i = 1; i <= 3; i++) {
        const struct audit_record record = {.sequence = i, .time_ms = 40 + i, .principal = T("Ada"), .action = T("act"),
                                            .path = T("/p"), .detail = T(""), .outcome = T("Succeeded"),
                                            .request_id = T("r")};
        REQUIRE(audit_digest(digest, &record, digest) == 0);
        say("INSERT INTO audit VALUES (%u, %u, 'Ada', 'act', '/p', '', 'Succeeded', 'r', %s);\n", i, 40 + i,
            hex_of(digest, sizeof digest));
    }
}

/* What the migrations give new columns to. */
static void parts_say(void)
{
    say("INSERT INTO rollout (id, rollout, device_group, state, steps, step, share, soak_s, threshold, minimum, step_ms, "
        "offered, updated, failed, reason, created_by, created_ms, changed_ms) "
        "VALUES (81, %s, 71, 2, '10,100', 0, 1000, 86400, 5, 1, 50, 2, 1, 1, '', 'Ada', 50, 51);\n", guid(0x81));
    say("INSERT INTO rollout_device VALUES (81, 91, 2), (81, 92, 3);\n");
    say("INSERT INTO crash_group VALUES (82, %s, 31, %s, %s, 11, 'a.c+1', 60, 61, 7, 1, 0, 0);\n", guid(0x82), guid(5),
        guid(0x51));
    say("INSERT INTO crash_device (crash_group, device) VALUES (82, 91);\n");
    say("INSERT INTO operation VALUES (83, %s, 'Sub', 'uploadImage', 0, 'fine', 71, 72, 'Ada');\n", guid(0x83));
}

/* -- the database before ----------------------------------------------------- */

static struct vault *vault;

/* A text or bytes as the store would have written them. */
static void literal_seal(struct span plain, bool bytes)
{
    uint8_t sealed[4096];
    char hex[2 * sizeof sealed + 1];
    size_t len = bytes ? plain.len : vault_text_sealed(plain.len);
    REQUIRE(len <= sizeof sealed / 2);
    if (!plain.len)
        say("''");
    else if (bytes) {
        REQUIRE(vault_id_seal(vault, plain, sealed) == 0);
        hex_encode(sealed, len, hex);
        say(fx.on_postgresql ? "'\\x%s'" : "x'%s'", hex);
    } else {
        REQUIRE(vault_text_seal(vault, plain, sealed) == 0);
        say("'%.*s'", (int)len, (const char *)sealed);
    }
}

/* Every literal of the rows but the names of counters, which are never sealed. */
static void rows_seal(const char *from)
{
    bool counter = false;
    while (*from) {
        uint8_t bytes[256];
        bool binary = from[0] == 'x' && from[1] == '\'';
        if (strncmp(from, "INSERT INTO ", 12) == 0)
            counter = strncmp(from + 12, "counter ", 8) == 0;
        if (counter || (from[0] != '\'' && !binary)) {
            say("%c", *from++);
            continue;
        }
        from += binary ? 2 : 1;
        size_t len = strcspn(from, "'");
        struct span plain = span_of(from, len);
        if (binary) {
            REQUIRE(len / 2 <= sizeof bytes && hex_decode(plain, bytes, len / 2) == 0);
            plain = span_of(bytes, len / 2);
        }
        literal_seal(plain, binary);
        from += len + 1;
    }
}

/* The key that the service finds, and the one that it opens. */
static void key_say(void)
{
    static const uint8_t data_key[VAULT_KEY_BYTES] = {7};
    uint8_t key[KEY_TEXT_BYTES], wrapped[VAULT_WRAPPED_BYTES];
    char path[128], hex[2 * VAULT_WRAPPED_BYTES + 1];
    snprintf(path, sizeof path, "%s/data.key", fx.folder);
    REQUIRE(key_text_make(path, key) == 0 && vault_key_wrap(key, data_key, wrapped) == 0);
    REQUIRE(vault_open(data_key, &vault) == 0);
    hex_encode(wrapped, sizeof wrapped, hex);
    say(fx.on_postgresql ? "INSERT INTO data_key VALUES (1, '\\x%s', 5);\n" : "INSERT INTO data_key VALUES (1, x'%s', 5);\n", hex);
}

static void postgresql_run(PGconn *c, const struct libpq *pq, const char *sql)
{
    PGresult *result = pq->PQexec(c, sql);
    if (pq->PQresultStatus(result) != PGRES_COMMAND_OK)
        fprintf(stderr, "%s\n", pq->PQerrorMessage(c));
    REQUIRE(pq->PQresultStatus(result) == PGRES_COMMAND_OK);
    pq->PQclear(result);
}

/* As postgresql_connect.c begins a database; then the schema, and the rows. */
static void postgresql_make_before(void)
{
    const struct libpq *pq;
    REQUIRE(libpq_load(&pq) == 0);
    PGconn *c = pq->PQconnectdbParams((const char *const[]){"dbname", NULL}, (const char *const[]){fx.server.url, NULL}, 1);
    REQUIRE(pq->PQstatus(c) == CONNECTION_OK);
    postgresql_run(c, pq, "CREATE TABLE perisphere (schema BIGINT NOT NULL);"
                          "CREATE TABLE transaction_mark (token BYTEA PRIMARY KEY, made_ms BIGINT NOT NULL);"
                          "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
                          "INSERT INTO perisphere VALUES (11)");
    for (int i = 0; i < BEFORE; i++) {
        char *sql = dialect_schema(database_migrations[i]);
        REQUIRE(sql != NULL);
        postgresql_run(c, pq, sql);
        free(sql);
    }
    postgresql_run(c, pq, text);
    pq->PQfinish(c);
}

static void sqlite_make(void)
{
    char path[128], *error = NULL;
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/store.db", fx.folder);
    REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    (void)sqlite3_exec(db, text, NULL, NULL, &error);
    if (error)
        fprintf(stderr, "%s\n", error);
    REQUIRE(error == NULL);
    sqlite3_close(db);
}

static void rows_say(bool sealed)
{
    size_t from = used;
    fleet_say();
    roles_say();
    audit_say();
    parts_say();
    if (!sealed)
        return;
    strcpy(clear_rows, text + from);
    used = from;
    key_say();
    rows_seal(clear_rows);
    vault_close(vault);
}

static void before_make(bool sealed)
{
    _Static_assert(BEFORE == 11, "as postgresql_make_before() says");
    if (!fx.on_postgresql) {
        say("PRAGMA application_id = 1346720329; PRAGMA user_version = %d;\n", BEFORE);
        for (int i = 0; i < BEFORE; i++)
            say("%s\n", database_migrations[i]);
    }
    rows_say(sealed);
    if (fx.on_postgresql)
        postgresql_make_before();
    else
        sqlite_make();
}

/* -- and after --------------------------------------------------------------- */

static struct store_scope at(const char *catalog, const char *product, const char *group)
{
    return (struct store_scope){.subscription = T("sub"),
                                .resource_group = strcmp(catalog, "cat2") == 0 ? T("rg2") : T("rg1"),
                                .catalog = span_of(catalog, strlen(catalog)),
                                .product = span_of(product, strlen(product)),
                                .group = span_of(group, strlen(group))};
}

static void check_rights(void)
{
    enum { A = VERDICT_ALLOWED, R = VERDICT_REFUSED, H = VERDICT_HIDDEN };
    static const struct {
        const char *catalog, *product, *group;
        unsigned device;
        uint16_t action;
        /* of who stood at: service, catalog, product, group, device, the other catalog */
        uint16_t want[6];
    } rows[] = {
        {"", "", "", 0, ACCESS_STATUS_READ, {A, R, R, R, R, R}},
        {"cat1", "", "", 0, ACCESS_CATALOGS_READ, {A, A, R, R, R, H}},
        {"cat1", "", "", 0, ACCESS_CATALOGS_DELETE, {R, A, R, R, R, H}},
        {"cat2", "", "", 0, ACCESS_CATALOGS_READ, {A, H, H, H, H, A}},
        {"cat2", "", "", 0, ACCESS_CATALOGS_DELETE, {R, H, H, H, H, A}},
        {"cat1", "prod1", "", 0, ACCESS_PRODUCTS_WRITE, {R, A, A, R, R, H}},
        {"cat1", "prod2", "", 0, ACCESS_PRODUCTS_WRITE, {R, A, R, R, R, H}},
        {"cat1", "prod1", "grp1", 0, ACCESS_DEPLOYMENTS_WRITE, {R, A, A, R, R, H}},
        {"cat1", "prod2", "grp2", 0, ACCESS_DEPLOYMENTS_READ, {A, A, R, R, R, H}},
        {"cat1", "prod1", "grp1", 0, ACCESS_GROUPS_DELETE, {R, A, A, R, R, H}},
        {"cat1", "prod1", "grp1", 1, ACCESS_DEVICES_WRITE, {R, A, A, R, A, H}},
        {"cat1", "prod1", "grp1", 2, ACCESS_DEVICES_WRITE, {R, A, A, R, R, H}},
        {"cat1", "prod1", "grp1", 2, ACCESS_DEVICES_READ, {A, A, A, A, R, H}},
    };
    static const char *const who[] = {"at:service", "at:catalog", "at:product", "at:group", "at:device", "at:other"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t w = 0; w < sizeof who / sizeof who[0]; w++) {
            char hex[129];
            uint8_t id[64];
            uint16_t got = 0;
            fixture_device_id(rows[i].device, id);
            hex_encode(id, sizeof id, hex);
            const struct store_caller caller = {.principal = span_of(who[w], strlen(who[w])), .action = rows[i].action,
                                                .scope = at(rows[i].catalog, rows[i].product, rows[i].group),
                                                .device = span_of(hex, rows[i].device ? 128 : 0)};
            CHECK_INT(access_verdict(&fx.store, &caller, &got), 0);
            CHECK_INT(got, rows[i].want[w]);
            if (got != rows[i].want[w])
                fprintf(stderr, "  row %zu, %s\n", i, who[w]);
        }
}

/* In the order in which they were given, with who gave them and when, at their new numbers. */
static void check_assignments(void)
{
    static const struct {
        const char *principal;
        uint16_t level;
    } want[] = {{"at:service", LEVEL_SERVICE}, {"at:catalog", LEVEL_CATALOG}, {"at:product", LEVEL_PRODUCT},
                {"at:group", LEVEL_GROUP},     {"at:device", LEVEL_DEVICE},   {"at:other", LEVEL_CATALOG}};
    const struct store_role_query query = {.limit = 100};
    struct store_row_role row;
    size_t count = 0;
    CHECK_INT(fixture_api(STORE_OP_ROLE_LIST, &store_role_query_type, &query), 0);
    for (struct cursor c = cursor_of(fixture_rows().rows); c.left && count < 6; count++) {
        record_get(&store_row_role_type, &c, &row);
        REQUIRE(c.err == 0);
        CHECK(span_equal(row.principal, span_of(want[count].principal, strlen(want[count].principal))));
        CHECK_INT(row.level, want[count].level);
        CHECK(span_equal(row.created_by, T("Ada")) && row.created_ms == 40 + count);
    }
    CHECK_INT(count, 6);
}

static uint64_t count_of(const char *catalog, const char *product, const char *group)
{
    const struct store_query query = {.scope = at(catalog, product, group)};
    struct store_row_count row = {0};
    CHECK_INT(fixture_api(STORE_OP_DEVICE_COUNT, &store_query_type, &query), 0);
    CHECK_INT(record_parse(&store_row_count_type, fixture_rows().rows, &row), 0);
    return row.count;
}

static void check_devices(void)
{
    static const struct {
        uint64_t last_s;
        bool revoked, was;
    } want[DEVICES] = {{1001, false, false}, {1002, true, true},   {0, false, true},
                       {1004, false, false}, {1005, false, false}, {0, false, false}};
    struct store_row_status status;
    const struct store_query query = {.scope = at("", "", "")};
    CHECK_INT(count_of("cat1", "", ""), 4);
    CHECK_INT(count_of("cat2", "", ""), 1);
    CHECK_INT(count_of("cat1", "prod1", "grp1"), 3);
    CHECK_INT(count_of("cat1", "prod2", "grp2"), 0);
    CHECK_INT(fixture_api(STORE_OP_STATUS, &store_query_type, &query), 0);
    CHECK_INT(record_parse(&store_row_status_type, fixture_rows().rows, &status), 0);
    CHECK_INT(status.devices, DEVICES);
    for (unsigned i = 0; i < DEVICES; i++) {
        uint8_t id[64];
        fixture_device_id(i + 1, id);
        struct statement *s = statement_get(&fx.store.db, STATEMENT_DEVICE_FIND);
        bind_bytes(s, 1, id, sizeof id);
        REQUIRE(statement_step(&fx.store.db, s) == 1);
        CHECK_INT(column_number(s, 3) != 0, want[i].revoked);
        CHECK_INT(column_number(s, 4) != 0, want[i].was);
        statement_done(s);
    }
    /* heard when they were: the row is there for each, also for who was never heard */
    for (unsigned i = 0; i < DEVICES; i++) {
        struct store_query show = {.scope = i < 3 ? at("cat1", "prod1", "grp1")
                                            : i == 3 ? at("cat1", ".default", ".default")
                                                     : at("cat2", ".default", ".default")};
        struct store_row_device row;
        char hex[129];
        uint8_t id[64];
        if (i == DEVICES - 1)
            break; /* nobody's, whom nobody can ask for */
        fixture_device_id(i + 1, id);
        hex_encode(id, sizeof id, hex);
        show.scope.name = span_of(hex, 128);
        CHECK_INT(fixture_api(STORE_OP_DEVICE_SHOW, &store_query_type, &show), 0);
        REQUIRE(record_parse(&store_row_device_type, fixture_rows().rows, &row) == 0);
        CHECK_INT(row.last_request_s, want[i].last_s);
    }
}

static void check_parts(void)
{
    struct store_query query = {.scope = at("cat1", "prod1", "grp1")};
    struct store_row_rollout rollout;
    struct store_row_operation operation;
    query.scope.name = T("00000081-0000-0000-0000-000000000000");
    CHECK_INT(fixture_api(STORE_OP_ROLLOUT_GET, &store_query_type, &query), 0);
    REQUIRE(record_parse(&store_row_rollout_type, fixture_rows().rows, &rollout) == 0);
    CHECK(rollout.state == ROLLOUT_PAUSED && rollout.offered == 2 && rollout.updated == 1 && rollout.failed == 1);
    CHECK(rollout.silent == 0 && rollout.silent_checks == 0); /* what ran on goes on as it was asked for */
    query.scope.name = T("00000083-0000-0000-0000-000000000000");
    CHECK_INT(fixture_api(STORE_OP_OPERATION_GET, &store_query_type, &query), 0);
    REQUIRE(record_parse(&store_row_operation_type, fixture_rows().rows, &operation) == 0);
    CHECK(span_equal(operation.detail, T("fine")) && operation.ended_ms == 72);

    query = (struct store_query){.scope = at("cat1", "", ""), .limit = 100};
    query.scope.name = T("00000082-0000-0000-0000-000000000000");
    CHECK_INT(fixture_api(STORE_OP_CRASH_DEVICE_LIST, &store_query_type, &query), 0);
    struct store_row_crash_device crash = {{0}};
    struct cursor c = cursor_of(fixture_rows().rows);
    record_get(&store_row_crash_device_type, &c, &crash);
    CHECK(c.err == 0 && c.left == 0 && crash.in_catalog && crash.count == 0);

    /* what was revoked stays so, and who did it is known where a certificate of the device says it */
    struct store_row_revoked_device device;
    query = (struct store_query){.scope = at("cat1", "", ""), .limit = 100};
    CHECK_INT(fixture_api(STORE_OP_REVOKED_DEVICE_LIST, &store_query_type, &query), 0);
    REQUIRE(record_parse(&store_row_revoked_device_type, fixture_rows().rows, &device) == 0); /* one alone */
    CHECK(device.revoked_s == 900 && device.reason == STORE_REASON_SUPERSEDED && span_equal(device.group, T("grp1")));
    CHECK(device.revoked_by.len == 0); /* schema 11 did not know whose the certificate was */
    CHECK_INT(device_admit(&fx.store, false, true, (const uint8_t[16]){0xc4}), E_STALE);
    CHECK_INT(device_admit(&fx.store, false, true, (const uint8_t[16]){0xc5}), 0);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "clear";
    fx.on_postgresql = strcmp(how, "postgresql") == 0;
    strcpy(fx.folder, "/tmp/perisphere-store-XXXXXX");
    REQUIRE(mkdtemp(fx.folder) != NULL);
    if (fx.on_postgresql)
        postgresql_server_start(&fx.server);
    before_make(strcmp(how, "clear") != 0);
    for (int time = 0; time < 2; time++) { /* the second finds nothing left to do */
        REQUIRE(store_open(&fx.store, fx.folder, fx.server.url, NULL) == 0);
        batch_init(&fx.batch, &fx.store, fixture_replied);
        CHECK_INT(audit_chain_check(&fx.store), 3);
        check_rights();
        check_assignments();
        check_devices();
        check_parts();
        if (time == 0)
            store_close(&fx.store);
    }
    fixture_end();
    return check_done();
}
