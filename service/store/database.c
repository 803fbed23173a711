/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/database.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    APPLICATION_ID = 0x50455249, /* "PERI" in the file's head: not somebody else's database */
    CHECK_BYTES_MAX = 16 << 20,  /* a whole check at start only while it takes no time */
    BUSY_MS = 2000,              /* a former process may still be closing */
};

static const char *const sql[STATEMENT_COUNT] = {
#define STATEMENT_SQL(name, text) [STATEMENT_##name] = text,
    STATEMENT_TABLE(STATEMENT_SQL)
#undef STATEMENT_SQL
};

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
static int fault(struct database *db, int rc)
{
    int err = error_of(rc);
    if (err && err != E_CONFLICT)
        fprintf(stderr, "store: database: %s\n", sqlite3_errmsg(db->handle));
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
    int rc = sqlite3_prepare_v2(db->handle, text, -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    *value = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return rc == SQLITE_ROW ? 0 : fault(db, rc);
}

static int check_whole(struct database *db)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(db->handle, "PRAGMA quick_check(1)", -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    bool good = rc == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0;
    sqlite3_finalize(s);
    if (good)
        return 0;
    return rc == SQLITE_ROW ? E_CORRUPT : fault(db, rc);
}

static int migrate(struct database *db, int64_t from)
{
    char done[96];
    for (int64_t v = from; v < DATABASE_SCHEMA; v++) {
        snprintf(done, sizeof done, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                 APPLICATION_ID, (int)v + 1);
        int rc = sqlite3_exec(db->handle, "BEGIN EXCLUSIVE", NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(db->handle, database_migrations[v], NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(db->handle, done, NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(db->handle, "COMMIT", NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            return fault(db, rc);
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
    if (database_bytes(db) <= CHECK_BYTES_MAX && (err = check_whole(db)) != 0)
        return err;
    return migrate(db, version);
}

static int statements_prepare(struct database *db)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        int rc = sqlite3_prepare_v3(db->handle, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                    &db->statement[i], NULL);
        if (rc != SQLITE_OK)
            return fault(db, rc);
    }
    return 0;
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

int database_open(struct database *db, const char *folder)
{
    char path[4096];
    int err = E_RANGE;
    *db = (struct database){0};
    if (snprintf(path, sizeof path, "%s/store.db", folder) >= (int)sizeof path)
        return E_RANGE;
    int rc = sqlite3_open_v2(path, &db->handle,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
                             vfs_register());
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(db->handle, BUSY_MS);
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        rc = sqlite3_exec(db->handle, settings, NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK) {
        err = schema_bring(db, path);
        if (!err)
            err = statements_prepare(db);
        /* A read-only disk shows itself now, not at the first device. */
        if (!err)
            err = error_of(sqlite3_exec(db->handle, "BEGIN IMMEDIATE; UPDATE counter SET value = value; COMMIT",
                                        NULL, NULL, NULL));
    } else {
        err = error_of(rc);
    }
    if (err) {
        fprintf(stderr, "store: cannot open \"%s\": %s%s%s\n", path, err_text(err),
                err == E_BUSY ? ": a service already runs on these data" : "",
                err == E_CORRUPT ? ": restore it from a backup" : "");
        database_close(db);
        return err;
    }
    (void)chmod(path, 0600);
    return 0;
}

void database_close(struct database *db)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(db->statement[i]);
    sqlite3_close(db->handle);
    *db = (struct database){0};
}

/* -- transactions -------------------------------------------------------- */

static int run(struct database *db, enum statement_id id)
{
    return statement_run(db, statement_get(db, id));
}

int database_begin(struct database *db)
{
    int err = run(db, STATEMENT_BEGIN);
    db->open = !err;
    return err;
}

int database_commit(struct database *db)
{
    int err = run(db, STATEMENT_COMMIT);
    if (err)
        database_rollback(db);
    db->open = false;
    return err;
}

void database_rollback(struct database *db)
{
    /* Full disk and the like have rolled back by themselves already. */
    if (db->open && !sqlite3_get_autocommit(db->handle) && run(db, STATEMENT_ROLLBACK) != 0)
        fprintf(stderr, "store: rollback failed\n");
    db->open = false;
}

int database_mark(struct database *db) { return run(db, STATEMENT_MARK); }
int database_keep(struct database *db) { return run(db, STATEMENT_KEEP); }

int database_undo(struct database *db)
{
    if (sqlite3_get_autocommit(db->handle)) {
        db->open = false;
        return E_STATE;
    }
    int err = run(db, STATEMENT_UNDO);
    return err ? err : run(db, STATEMENT_KEEP);
}

/* -- statements ---------------------------------------------------------- */

sqlite3_stmt *statement_get(struct database *db, enum statement_id id)
{
    statement_done(db->statement[id]);
    return db->statement[id];
}

/* A bind can only fail for a wrong index or for lack of memory of the copy that
 * SQLITE_STATIC does not make; an unbound value is NULL and NOT NULL refuses it. */
void bind_number(sqlite3_stmt *s, int at, uint64_t v)
{
    (void)sqlite3_bind_int64(s, at, (sqlite3_int64)v);
}

void bind_number_or_null(sqlite3_stmt *s, int at, uint64_t v)
{
    if (v)
        bind_number(s, at, v);
    else
        (void)sqlite3_bind_null(s, at);
}

void bind_bytes(sqlite3_stmt *s, int at, const void *bytes, size_t len)
{
    (void)sqlite3_bind_blob64(s, at, len ? bytes : "", len, SQLITE_STATIC);
}

void bind_text(sqlite3_stmt *s, int at, struct span text)
{
    (void)sqlite3_bind_text64(s, at, text.len ? (const char *)text.at : "", text.len, SQLITE_STATIC,
                              SQLITE_UTF8);
}

int statement_step(struct database *db, sqlite3_stmt *s)
{
    int rc = sqlite3_step(s);
    return rc == SQLITE_ROW ? 1 : fault(db, rc);
}

int statement_run(struct database *db, sqlite3_stmt *s)
{
    int got = statement_step(db, s);
    statement_done(s);
    return got == 1 ? E_INTERNAL : got;
}

void statement_done(sqlite3_stmt *s)
{
    (void)sqlite3_reset(s); /* repeats the error of the step, which was handled */
    (void)sqlite3_clear_bindings(s);
}

uint64_t column_number(sqlite3_stmt *s, int at) { return (uint64_t)sqlite3_column_int64(s, at); }

struct span column_span(sqlite3_stmt *s, int at)
{
    const void *bytes = sqlite3_column_type(s, at) == SQLITE_TEXT ? (const void *)sqlite3_column_text(s, at)
                                                                  : sqlite3_column_blob(s, at);
    size_t len = (size_t)sqlite3_column_bytes(s, at);
    return span_of(bytes, bytes ? len : 0);
}

void column_exact(sqlite3_stmt *s, int at, void *to, size_t len)
{
    struct span got = column_span(s, at);
    if (got.len == len)
        memcpy(to, got.at, len);
    else
        memset(to, 0, len);
}

uint64_t database_inserted(struct database *db) { return (uint64_t)sqlite3_last_insert_rowid(db->handle); }
uint64_t database_changes(struct database *db) { return (uint64_t)sqlite3_changes64(db->handle); }

uint64_t database_now_ms(const struct database *db)
{
    struct timespec now;
    if (db->fixed_now_ms)
        return db->fixed_now_ms;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t database_bytes(const struct database *db)
{
    struct stat st;
    const char *path = sqlite3_db_filename(db->handle, "main");
    return path && stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* -- counter ------------------------------------------------------------- */

int counter_last(struct database *db, uint64_t *value)
{
    sqlite3_stmt *s = statement_get(db, STATEMENT_COUNTER_GET);
    int got = statement_step(db, s);
    *value = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    return got < 0 ? got : 0;
}

int counter_next(struct database *db, uint64_t *value)
{
    uint64_t last, now = database_now_ms(db);
    int err = counter_last(db, &last);
    if (err)
        return err;
    *value = now > last ? now : last + 1;
    sqlite3_stmt *s = statement_get(db, STATEMENT_COUNTER_SET);
    bind_number(s, 1, *value);
    return statement_run(db, s);
}
