/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite's side of a move: a new database is folder/move.part/store.db, and becomes
 * folder/store.db once all of it is on the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/store/database/sqlite.h"
#include "service/store/database/transfer.h"

enum { PATH_BYTES = 4096, SQL_BYTES = 8192 };

static sqlite3 *handle_of(const struct database *db) { return db->own; }

static int path_of(char path[static PATH_BYTES], const char *folder, const char *name)
{
    return snprintf(path, PATH_BYTES, "%s/%s", folder, name) < PATH_BYTES ? 0 : E_RANGE;
}

static int disk_error(const char *path)
{
    int err = errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO;
    fprintf(stderr, "store: %s: %s\n", path, strerror(errno));
    return err;
}

/* -- a new one --------------------------------------------------------------- */

/* Of a move that was cut off. */
static int part_clear(const char *part)
{
    static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm", "store.db-journal"};
    char path[PATH_BYTES];
    int err = 0;
    for (size_t i = 0; !err && i < sizeof names / sizeof names[0]; i++) {
        err = path_of(path, part, names[i]);
        if (!err && unlink(path) != 0 && errno != ENOENT)
            err = disk_error(path);
    }
    return err;
}

static int make(struct database *db, const char *folder, const char *url)
{
    char part[PATH_BYTES], path[PATH_BYTES];
    int err = path_of(part, folder, "move.part");
    if (!err)
        err = path_of(path, folder, "store.db");
    if (!err && access(path, F_OK) == 0) {
        fprintf(stderr, "store: %s is there already: take it away first\n", path);
        return E_EXISTS;
    }
    if (!err && mkdir(part, 0700) != 0 && errno != EEXIST)
        err = disk_error(part);
    if (!err)
        err = part_clear(part);
    if (!err)
        err = sqlite_open_file(db, part, url);
    return err ? err : sqlite_fault(db, sqlite3_exec(handle_of(db), "BEGIN IMMEDIATE", NULL, NULL, NULL));
}

static int settle(struct database *db)
{
    return sqlite_fault(db, sqlite3_exec(handle_of(db), "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL));
}

static void discard(const char *folder)
{
    char part[PATH_BYTES];
    if (path_of(part, folder, "move.part") == 0 && part_clear(part) == 0)
        (void)rmdir(part);
}

static int place(const char *folder)
{
    char part[PATH_BYTES], from[PATH_BYTES], to[PATH_BYTES];
    int err = path_of(part, folder, "move.part");
    if (!err)
        err = path_of(from, part, "store.db");
    if (!err)
        err = path_of(to, folder, "store.db");
    if (err)
        return err;
    int file = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), above = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0 || above < 0 || fsync(file) != 0 || rename(from, to) != 0 || fsync(above) != 0)
        err = disk_error(from);
    if (file >= 0)
        close(file);
    if (above >= 0)
        close(above);
    if (!err)
        discard(folder);
    return err;
}

/* The lock of the file is exclusive. */
static int hold(struct database *db)
{
    (void)db;
    return 0;
}

/* -- its tables -------------------------------------------------------------- */

static int column_take(struct transfer_schema *schema, sqlite3_stmt *s)
{
    const char *table = (const char *)sqlite3_column_text(s, 0), *column = (const char *)sqlite3_column_text(s, 1),
               *type = (const char *)sqlite3_column_text(s, 2);
    return transfer_column_add(schema, table, column,
                               type && strcmp(type, "INTEGER") == 0 ? VALUE_NUMBER
                               : type && strcmp(type, "BLOB") == 0  ? VALUE_BYTES
                                                                    : VALUE_TEXT,
                               sqlite3_column_int(s, 3) != 0);
}

static size_t table_at(const struct transfer_schema *schema, const char *name)
{
    size_t at = 0;
    while (at < schema->tables && strcmp(schema->table[at].name, name) != 0)
        at++;
    return at;
}

/* before[i]: a bit for each table that table i refers to. */
static int references_read(struct database *db, const struct transfer_schema *schema, uint64_t before[static TRANSFER_TABLES_MAX])
{
    static const char text[] =
        "SELECT t.name, f.\"table\" FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'";
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(handle_of(db), text, -1, &s, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        size_t from = table_at(schema, (const char *)sqlite3_column_text(s, 0));
        size_t to = table_at(schema, (const char *)sqlite3_column_text(s, 1));
        if (from < schema->tables && to < schema->tables && from != to)
            before[from] |= (uint64_t)1 << to;
        rc = SQLITE_OK;
    }
    sqlite3_finalize(s);
    return sqlite_fault(db, rc);
}

static int order(struct database *db, struct transfer_schema *schema)
{
    static struct transfer_schema from;
    uint64_t before[TRANSFER_TABLES_MAX] = {0}, taken = 0;
    _Static_assert(TRANSFER_TABLES_MAX <= 64, "a bit a table");
    int err = references_read(db, schema, before);
    from = *schema;
    schema->tables = 0;
    for (bool more = true; !err && more;) {
        more = false;
        for (size_t i = 0; i < from.tables; i++) {
            if ((taken >> i & 1) || (before[i] & ~taken))
                continue;
            schema->table[schema->tables++] = from.table[i];
            taken |= (uint64_t)1 << i;
            more = true;
        }
    }
    return err ? err : schema->tables == from.tables ? 0 : E_INTERNAL; /* a ring of references: no schema of ours */
}

static int schema_read(struct database *db, struct transfer_schema *schema)
{
    static const char text[] =
        "SELECT t.name, c.name, c.type, t.sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema t, pragma_table_info(t.name) c "
        "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid";
    sqlite3_stmt *s = NULL;
    int err = 0, rc = sqlite3_prepare_v2(handle_of(db), text, -1, &s, NULL);
    schema->tables = 0;
    while (rc == SQLITE_OK && !err && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        err = column_take(schema, s);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(s);
    if (!err)
        err = sqlite_fault(db, rc);
    return err ? err : order(db, schema);
}

/* -- rows -------------------------------------------------------------------- */

static int count(struct database *db, const struct transfer_table *table, uint64_t *rows)
{
    char sql[SQL_BYTES];
    sqlite3_stmt *s = NULL;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM \"%s\"", table->name);
    int rc = sqlite3_prepare_v2(handle_of(db), sql, -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    *rows = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return sqlite_fault(db, rc);
}

static struct value value_read(sqlite3_stmt *s, int at)
{
    switch (sqlite3_column_type(s, at)) {
    case SQLITE_INTEGER:
        return (struct value){.kind = VALUE_NUMBER, .number = (uint64_t)sqlite3_column_int64(s, at)};
    case SQLITE_TEXT: {
        const void *text = sqlite3_column_text(s, at);
        return (struct value){.kind = VALUE_TEXT, .bytes = span_of(text, (size_t)sqlite3_column_bytes(s, at))};
    }
    case SQLITE_BLOB: {
        const void *bytes = sqlite3_column_blob(s, at);
        return (struct value){.kind = VALUE_BYTES, .bytes = span_of(bytes, (size_t)sqlite3_column_bytes(s, at))};
    }
    default: /* STRICT tables hold no other types */
        return (struct value){.kind = VALUE_NULL};
    }
}

static int read_rows(struct database *db, const struct transfer_table *table, transfer_row *row, void *context)
{
    char sql[SQL_BYTES], columns[SQL_BYTES / 2];
    struct value values[TRANSFER_COLUMNS_MAX];
    sqlite3_stmt *s = NULL;
    int err = transfer_columns_write(table, columns, sizeof columns);
    if (err)
        return err;
    snprintf(sql, sizeof sql, "SELECT %s FROM \"%s\"", columns, table->name);
    int rc = sqlite3_prepare_v2(handle_of(db), sql, -1, &s, NULL);
    while (rc == SQLITE_OK && !err && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        for (size_t i = 0; i < table->columns; i++)
            values[i] = value_read(s, (int)i);
        err = row(context, table, values);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(s);
    return err ? err : sqlite_fault(db, rc);
}

static int put_begin(struct database *db, const struct transfer_table *table, void **put)
{
    char sql[SQL_BYTES], columns[SQL_BYTES / 2], marks[2 * TRANSFER_COLUMNS_MAX + 1];
    sqlite3_stmt *s = NULL;
    *put = NULL;
    int err = transfer_columns_write(table, columns, sizeof columns);
    if (err)
        return err;
    char *to = marks;
    for (size_t i = 0; i < table->columns; i++)
        to = stpcpy(to, i ? ",?" : "?");
    snprintf(sql, sizeof sql, "INSERT INTO \"%s\" (%s) VALUES (%s)", table->name, columns, marks);
    int rc = sqlite3_prepare_v2(handle_of(db), sql, -1, &s, NULL);
    *put = s;
    snprintf(sql, sizeof sql, "DELETE FROM \"%s\"", table->name);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(handle_of(db), sql, NULL, NULL, NULL);
    return sqlite_fault(db, rc);
}

static int value_bind(sqlite3_stmt *s, int at, const struct value *v)
{
    const void *bytes = v->bytes.len ? (const void *)v->bytes.at : "";
    switch (v->kind) {
    case VALUE_NUMBER:
        return sqlite3_bind_int64(s, at, (sqlite3_int64)v->number);
    case VALUE_TEXT:
        return sqlite3_bind_text64(s, at, bytes, v->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case VALUE_BYTES:
    case VALUE_CLEAR:
        return sqlite3_bind_blob64(s, at, bytes, v->bytes.len, SQLITE_STATIC);
    case VALUE_NULL:
        break;
    }
    return sqlite3_bind_null(s, at);
}

static int put_row(struct database *db, void *put, const struct transfer_table *table, const struct value *values)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < table->columns; i++)
        rc = value_bind(put, (int)i + 1, &values[i]);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(put);
    int err = sqlite_fault(db, rc);
    (void)sqlite3_reset(put); /* repeats the error of the step */
    if (err)
        fprintf(stderr, "store: table %s: a row is not taken: %s\n", table->name, sqlite3_errmsg(handle_of(db)));
    return err;
}

static int put_end(struct database *db, void *put, int err)
{
    (void)db;
    sqlite3_finalize(put);
    return err;
}

static int last_get(struct database *db, const struct transfer_table *table, uint64_t *last)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(handle_of(db), "SELECT seq FROM sqlite_sequence WHERE name = ?1", -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(s, 1, table->name, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    *last = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return sqlite_fault(db, rc);
}

static int last_put(struct database *db, const struct transfer_table *table, uint64_t last)
{
    char sql[SQL_BYTES];
    snprintf(sql, sizeof sql,
             "DELETE FROM sqlite_sequence WHERE name = '%s'; INSERT INTO sqlite_sequence (name, seq) VALUES ('%s', %lld)",
             table->name, table->name, (long long)last);
    return sqlite_fault(db, sqlite3_exec(handle_of(db), sql, NULL, NULL, NULL));
}

const struct transfer transfer_sqlite = {
    .make = make,
    .settle = settle,
    .place = place,
    .discard = discard,
    .hold = hold,
    .schema = schema_read,
    .count = count,
    .read = read_rows,
    .put_begin = put_begin,
    .put = put_row,
    .put_end = put_end,
    .last_get = last_get,
    .last_put = last_put,
};
