/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite: one file, one process.  Settings: WAL, synchronous FULL, foreign keys,
 * exclusive lock for the life of the process (a second service on the same data
 * is refused at start).
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/store/database/sqlite.h"
#include "service/store/database/sqlite_backup.h"
#include "service/store/database/transfer.h"

enum {
    APPLICATION_ID = 0x50455249, /* "PERI" in the file's head: not somebody else's database */
    CHECK_BYTES_MAX = 16 << 20,  /* a whole check at start only while it takes no time */
    BUSY_MS = 2000,              /* a former process may still be closing */
};

static sqlite3 *handle_of(const struct database *db) { return db->own; }
static sqlite3_stmt *stmt_of(const struct statement *s) { return s->own; }
static uint64_t file_bytes(struct database *db);

static int error_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_FULL:
        return E_FULL;
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return E_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return E_CORRUPT;
    case SQLITE_CONSTRAINT:
        return E_CONFLICT;
    case SQLITE_NOMEM:
        return E_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return E_BUSY;
    case SQLITE_TOOBIG:
        return E_LIMIT;
    default:
        return E_INTERNAL;
    }
}

/* What an operator should see; refusals by a constraint are ordinary. */
int sqlite_fault(struct database *db, int rc)
{
    int err = error_of(rc);
    if (err && err != E_CONFLICT)
        fprintf(stderr, "store: database: %s\n", sqlite3_errmsg(handle_of(db)));
    return err;
}

/* -- opening ------------------------------------------------------------- */

/* locking_mode stands before journal_mode: then WAL needs no shared memory. */
static const char settings[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA cache_size = -4096;";

static int pragma_number(struct database *db, const char *text, int64_t *value)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(handle_of(db), text, -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    *value = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return rc == SQLITE_ROW ? 0 : sqlite_fault(db, rc);
}

static int check_whole(struct database *db)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(handle_of(db), "PRAGMA quick_check(1)", -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    bool good = rc == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0;
    sqlite3_finalize(s);
    if (good)
        return 0;
    return rc == SQLITE_ROW ? E_CORRUPT : sqlite_fault(db, rc);
}

static int migrate(struct database *db, int64_t from)
{
    char done[96];
    for (int64_t v = from; v < DATABASE_SCHEMA; v++) {
        snprintf(done, sizeof done, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                 APPLICATION_ID, (int)v + 1);
        int rc = sqlite3_exec(handle_of(db), "BEGIN EXCLUSIVE", NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(handle_of(db), database_migrations[v], NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(handle_of(db), done, NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(handle_of(db), "COMMIT", NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            return sqlite_fault(db, rc);
    }
    return 0;
}

static int schema_bring(struct database *db, const char *path)
{
    int64_t version, application, tables;
    int err = pragma_number(db, "PRAGMA user_version", &version);
    if (!err)
        err = pragma_number(db, "PRAGMA application_id", &application);
    if (!err)
        err = pragma_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (err)
        return err;
    if (tables == 0 && version == 0)
        return migrate(db, 0);
    if (application != APPLICATION_ID || version < 1) {
        fprintf(stderr, "store: \"%s\" is not a database of this service\n", path);
        return E_CORRUPT;
    }
    if (version > DATABASE_SCHEMA) {
        fprintf(stderr, "store: \"%s\" has schema %lld, this program knows up to %d: use the newer program\n",
                path, (long long)version, DATABASE_SCHEMA);
        return E_VERSION;
    }
    if (file_bytes(db) <= CHECK_BYTES_MAX && (err = check_whole(db)) != 0)
        return err;
    return migrate(db, version);
}

static int statements_prepare(struct database *db)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_stmt *own = NULL;
        int rc = sqlite3_prepare_v3(handle_of(db), statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &own, NULL);
        if (rc != SQLITE_OK)
            return sqlite_fault(db, rc);
        db->statement[i].own = own;
        db->statement[i].count = (size_t)sqlite3_bind_parameter_count(own);
    }
    return 0;
}

/* greatest(a, b) and least(a, b), as PostgreSQL calls them: min() and max() of two. */
static void two_compare(sqlite3_context *context, int count, sqlite3_value **value)
{
    (void)count;
    bool first = sqlite3_value_int64(value[0]) > sqlite3_value_int64(value[1]);
    bool least = sqlite3_user_data(context) != NULL;
    sqlite3_result_value(context, value[first == least ? 1 : 0]);
}

/* pg_try_advisory_xact_lock(key): there is nobody else. */
static void lock_take(sqlite3_context *context, int count, sqlite3_value **value)
{
    (void)count;
    (void)value;
    sqlite3_result_int(context, 1);
}

static int functions_make(sqlite3 *handle)
{
    static int least;
    const int how = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int rc = sqlite3_create_function(handle, "greatest", 2, how, NULL, two_compare, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function(handle, "pg_try_advisory_xact_lock", 1, how, NULL, lock_take, NULL, NULL);
    return rc ? rc : sqlite3_create_function(handle, "least", 2, how, &least, two_compare, NULL, NULL);
}

/* SQLite makes names absolute and looks at every folder on the way, which this
 * process may not be able to search; ours are relative to where it stands. */
static int name_keep(sqlite3_vfs *vfs, const char *name, int cap, char *out)
{
    (void)vfs;
    return snprintf(out, (size_t)cap, "%s", name) < cap ? SQLITE_OK : SQLITE_CANTOPEN;
}

static const char *vfs_register(void)
{
    static sqlite3_vfs ours;
    if (!ours.zName) {
        const sqlite3_vfs *system = sqlite3_vfs_find(NULL);
        if (!system)
            return NULL;
        ours = *system;
        ours.pNext = NULL;
        ours.zName = "perisphere";
        ours.xFullPathname = name_keep;
        if (sqlite3_vfs_register(&ours, 0) != SQLITE_OK)
            return NULL;
    }
    return ours.zName;
}

static void close_all(struct database *db)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(stmt_of(&db->statement[i]));
    (void)sqlite_backup_end(db);
    sqlite3_close(handle_of(db));
    db->own = NULL;
}

/* After a move to PostgreSQL a new, empty database would hide where the service's data are. */
static bool moved_away(const char *folder, const char *path)
{
    char moved[4096];
    if (snprintf(moved, sizeof moved, "%s/store.db.moved", folder) >= (int)sizeof moved || access(path, F_OK) == 0 ||
        access(moved, F_OK) != 0)
        return false;
    fprintf(stderr, "store: \"%s\" is not there, but \"store.db.moved\" is: these data moved to PostgreSQL. Name it in \"database\" of "
            "service.json; or, to go back to the moment before the move, rename store.db.moved to store.db\n", path);
    return true;
}

int sqlite_open_file(struct database *db, const char *folder, const char *url)
{
    (void)url;
    char path[4096];
    sqlite3 *handle = NULL;
    int err = E_RANGE;
    if (snprintf(path, sizeof path, "%s/store.db", folder) >= (int)sizeof path)
        return E_RANGE;
    if (moved_away(folder, path))
        return E_STATE;
    int rc = sqlite3_open_v2(path, &handle,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
                             vfs_register());
    db->own = handle;
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(handle, BUSY_MS);
        sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        rc = functions_make(handle);
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(handle, settings, NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        err = schema_bring(db, path);
        if (!err)
            err = statements_prepare(db);
        /* A read-only disk shows itself now, not at the first device. */
        if (!err)
            err = error_of(sqlite3_exec(handle, "BEGIN IMMEDIATE; UPDATE counter SET value = value; COMMIT",
                                        NULL, NULL, NULL));
    } else {
        err = error_of(rc);
    }
    if (err && err != E_VERSION) /* which has been said, with what to do */
        fprintf(stderr, "store: cannot open \"%s\": %s%s%s\n", path, err_text(err),
                err == E_BUSY ? ": a service already runs on these data" : "",
                err == E_CORRUPT ? ": restore it from a backup" : "");
    if (err)
        return err;
    (void)chmod(path, 0600);
    return 0;
}

/* -- transactions -------------------------------------------------------- */

static int run(struct database *db, enum statement_id id)
{
    return statement_run(db, statement_get(db, id));
}

/* With NORMAL a commit is in the log, which the next one with FULL brings to the disk. */
static int begin(struct database *db)
{
    int rc = sqlite3_exec(handle_of(db), db->lax ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", NULL, NULL,
                          NULL);
    return rc == SQLITE_OK ? run(db, STATEMENT_BEGIN) : sqlite_fault(db, rc);
}
static int mark(struct database *db) { return run(db, STATEMENT_MARK); }
static int keep(struct database *db) { return run(db, STATEMENT_KEEP); }

static int commit(struct database *db, bool changed)
{
    (void)changed; /* the outcome of a local commit is certain */
    return run(db, STATEMENT_COMMIT);
}

static void rollback(struct database *db)
{
    /* Full disk and the like have rolled back by themselves already. */
    if (!sqlite3_get_autocommit(handle_of(db)) && run(db, STATEMENT_ROLLBACK) != 0)
        fprintf(stderr, "store: rollback failed\n");
}

static int undo(struct database *db)
{
    if (sqlite3_get_autocommit(handle_of(db))) {
        db->open = false;
        return E_STATE;
    }
    int err = run(db, STATEMENT_UNDO);
    return err ? err : run(db, STATEMENT_KEEP);
}

/* There is no other writer, and no connection. */
static bool recover(struct database *db, unsigned attempt)
{
    (void)db;
    (void)attempt;
    return false;
}

/* -- statements ---------------------------------------------------------- */

/* A bind can only fail for a wrong index or for lack of memory of the copy that
 * SQLITE_STATIC does not make; an unbound value is NULL and NOT NULL refuses it. */
static void values_bind(struct statement *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct value *v = &s->value[i];
        const void *bytes = v->bytes.len ? (const void *)v->bytes.at : "";
        int at = (int)i + 1;
        switch (v->kind) {
        case VALUE_NULL:
            break;
        case VALUE_NUMBER:
            (void)sqlite3_bind_int64(stmt_of(s), at, (sqlite3_int64)v->number);
            break;
        case VALUE_BYTES:
        case VALUE_CLEAR:
            (void)sqlite3_bind_blob64(stmt_of(s), at, bytes, v->bytes.len, SQLITE_STATIC);
            break;
        case VALUE_TEXT:
            (void)sqlite3_bind_text64(stmt_of(s), at, bytes, v->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
            break;
        }
    }
}

static int step(struct statement *s)
{
    if (!s->running)
        values_bind(s);
    int rc = sqlite3_step(stmt_of(s));
    return rc == SQLITE_ROW ? 1 : sqlite_fault(s->db, rc);
}

static void done(struct statement *s)
{
    (void)sqlite3_reset(stmt_of(s)); /* repeats the error of the step, which was handled */
    (void)sqlite3_clear_bindings(stmt_of(s));
}

static int columns(struct statement *s) { return sqlite3_column_count(stmt_of(s)); }
static uint64_t number(struct statement *s, int at) { return (uint64_t)sqlite3_column_int64(stmt_of(s), at); }

static struct span bytes_of(struct statement *s, int at)
{
    const void *bytes = sqlite3_column_type(stmt_of(s), at) == SQLITE_TEXT
                            ? (const void *)sqlite3_column_text(stmt_of(s), at)
                            : sqlite3_column_blob(stmt_of(s), at);
    size_t len = (size_t)sqlite3_column_bytes(stmt_of(s), at);
    return span_of(bytes, bytes ? len : 0);
}

static bool is_text(struct statement *s, int at) { return sqlite3_column_type(stmt_of(s), at) == SQLITE_TEXT; }

/* -- sealing what was in the clear ------------------------------------------ */

/* Texts and bytes that stay as they are. */
static const struct clear_row {
    const char *table, *column;
} clear_rows[] = {
    {"counter", "name"},       /* four words of this program */
    {"image_chunk", "bytes"},  /* sealed by chunks.c */
    {"operation_request", "bytes"}, /* sealed by jobs.c */
    {"crash_dump", "sealed"},  /* sealed by dumps.c */
    {"data_key", "wrapped"},   /* sealed by the operator's key */
};

/* seal(x): a text or bytes, by what it is. */
static void value_seal(sqlite3_context *context, int count, sqlite3_value **value)
{
    struct vault *vault = sqlite3_user_data(context);
    bool text = sqlite3_value_type(value[0]) == SQLITE_TEXT;
    (void)count;
    if (!text && sqlite3_value_type(value[0]) != SQLITE_BLOB) {
        sqlite3_result_value(context, value[0]);
        return;
    }
    struct span plain = span_of(sqlite3_value_blob(value[0]), (size_t)sqlite3_value_bytes(value[0]));
    size_t len = text ? vault_text_sealed(plain.len) : plain.len;
    uint8_t *sealed = sqlite3_malloc64(len + 1);
    int err = !sealed ? E_NOMEM : text ? vault_text_seal(vault, plain, sealed) : vault_id_seal(vault, plain, sealed);
    if (err) {
        sqlite3_free(sealed);
        sqlite3_result_error(context, err_text(err), -1);
    } else if (text) {
        sqlite3_result_text64(context, (char *)sealed, len, sqlite3_free, SQLITE_UTF8);
    } else {
        sqlite3_result_blob64(context, sealed, len, sqlite3_free);
    }
}

static bool stays_clear(const char *table, const char *column)
{
    for (size_t i = 0; i < sizeof clear_rows / sizeof clear_rows[0]; i++)
        if (strcmp(clear_rows[i].table, table) == 0 && strcmp(clear_rows[i].column, column) == 0)
            return true;
    return false;
}

/* Column after column of every table: the sealed forms have the lengths and order of
 * case that CHECKs and collations ask for. */
static int rows_seal(struct database *db)
{
    static const char columns_of[] =
        "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c "
        "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND c.type IN ('TEXT', 'BLOB')";
    sqlite3_stmt *s = NULL;
    char sql[256];
    int rc = sqlite3_create_function(handle_of(db), "seal", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, db->vault,
                                     value_seal, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(handle_of(db), columns_of, -1, &s, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(s, 0);
        const char *column = (const char *)sqlite3_column_text(s, 1);
        rc = SQLITE_OK;
        if (stays_clear(table, column))
            continue;
        if (snprintf(sql, sizeof sql, "UPDATE %s SET %s = seal(%s)", table, column, column) >= (int)sizeof sql)
            rc = SQLITE_TOOBIG;
        else
            rc = sqlite3_exec(handle_of(db), sql, NULL, NULL, NULL);
    }
    sqlite3_finalize(s);
    return sqlite_fault(db, rc);
}

/* Pages that were freed and the log still hold what was in the clear. */
static int swept(struct database *db)
{
    return sqlite_fault(db, sqlite3_exec(handle_of(db), "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL));
}

static uint64_t changes(struct database *db) { return (uint64_t)sqlite3_changes64(handle_of(db)); }

static uint64_t file_bytes(struct database *db)
{
    struct stat st;
    const char *path = sqlite3_db_filename(handle_of(db), "main");
    return path && stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

const struct driver driver_sqlite = {
    .open = sqlite_open_file,
    .close = close_all,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .mark = mark,
    .keep = keep,
    .undo = undo,
    .recover = recover,
    .step = step,
    .done = done,
    .column_count = columns,
    .column_number = number,
    .column_span = bytes_of,
    .column_is_text = is_text,
    .rows_seal = rows_seal,
    .swept = swept,
    .backup_begin = sqlite_backup_begin,
    .backup_step = sqlite_backup_step,
    .backup_end = sqlite_backup_end,
    .changes = changes,
    .bytes = file_bytes,
    .transfer = &transfer_sqlite,
};
