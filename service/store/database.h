/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The database of the store: opening, schema, statements, transactions.
 * Source: docs/spec/store.md; why SQLite: docs/decisions/sqlite.md.
 * Called by the files of service/store only, from one thread.
 *
 * Settings: WAL, synchronous FULL, foreign keys, exclusive lock for the life of
 * the process (a second service on the same data is refused at start).
 *
 * Statements: every SQL text stands in STATEMENT_TABLE (statements.h), is
 * prepared once and takes values only through the bind_* calls.  A statement
 * in use is reset by statement_done(), and by the next statement_get().
 * Errors: of SQLite's codes one function makes ours: E_FULL, E_IO, E_CORRUPT,
 * E_CONFLICT (a constraint), E_NOMEM, E_BUSY, E_INTERNAL.
 *
 * Transactions: database_begin() once a batch, then each request between
 * database_mark() and database_keep() or database_undo(); database_commit()
 * makes the batch durable.  After a failed commit nothing of the batch is there.
 */
#ifndef PERI_SERVICE_STORE_DATABASE_H
#define PERI_SERVICE_STORE_DATABASE_H

#include <sqlite3.h>

#include "lib/cursor.h"
#include "service/store/statements.h"

enum { DATABASE_SCHEMA = 1 };

struct database {
    sqlite3 *handle;
    sqlite3_stmt *statement[STATEMENT_COUNT];
    bool open; /* a transaction is */
    /* Tests move it; 0 = the system's clock. */
    uint64_t fixed_now_ms;
};

/* Opens or creates folder/store.db and brings its schema up to date.  On failure
 * one line on stderr says what is wrong: E_VERSION (made by a newer program),
 * E_CORRUPT, E_BUSY (another process has it), E_IO, E_FULL. */
int database_open(struct database *db, const char *folder) MUST_CHECK;
void database_close(struct database *db);

int database_begin(struct database *db) MUST_CHECK;
int database_commit(struct database *db) MUST_CHECK;
void database_rollback(struct database *db);
int database_mark(struct database *db) MUST_CHECK;
int database_keep(struct database *db) MUST_CHECK;
/* E_CORRUPT and the like when not even going back works: end the batch. */
int database_undo(struct database *db) MUST_CHECK;

sqlite3_stmt *statement_get(struct database *db, enum statement_id id);
void bind_number(sqlite3_stmt *s, int at, uint64_t v);
void bind_number_or_null(sqlite3_stmt *s, int at, uint64_t v); /* 0 = NULL */
/* The bytes must live until statement_done(). */
void bind_bytes(sqlite3_stmt *s, int at, const void *bytes, size_t len);
void bind_text(sqlite3_stmt *s, int at, struct span text);
/* 1: a row stands ready; 0: finished; or an error. */
int statement_step(struct database *db, sqlite3_stmt *s) MUST_CHECK;
/* For statements without rows: 0 or an error; resets. */
int statement_run(struct database *db, sqlite3_stmt *s) MUST_CHECK;
void statement_done(sqlite3_stmt *s);
/* Columns of the row that stands ready; views until the next step. */
uint64_t column_number(sqlite3_stmt *s, int at);
struct span column_span(sqlite3_stmt *s, int at);
/* Zeroed unless the column has exactly len bytes. */
void column_exact(sqlite3_stmt *s, int at, void *to, size_t len);

uint64_t database_inserted(struct database *db);
uint64_t database_changes(struct database *db);
uint64_t database_now_ms(const struct database *db);
uint64_t database_bytes(const struct database *db);
/* A number above every one given before: max(last + 1, Unix ms), so that a
 * service put back from a backup does not fall behind what devices have seen. */
int counter_next(struct database *db, uint64_t *value) MUST_CHECK;
/* The last one given; 0 = none. */
int counter_last(struct database *db, uint64_t *value) MUST_CHECK;

/* From the migration files, by the build. */
extern const char *const database_migrations[DATABASE_SCHEMA];

#endif
