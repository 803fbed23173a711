/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The database of the store as its operations see it: statements and transactions.
 * Source: docs/spec/store.md; why these two: docs/decisions/sqlite.md.
 * Called by the files of service/store only, from one thread.
 * Behind it stands a driver (driver.h): SQLite, or PostgreSQL.
 *
 * Every text and every run of bytes is sealed on its way in and opened on its way
 * out (vault.h), so that operations and their SQL know nothing of it.  Comparing for
 * equality works as ever, without case where the column says so; SQL that looks into a
 * text (substr, LIKE, <) sees its sealed form and has to be done in C.
 *
 * Statements: every SQL text stands in STATEMENT_TABLE (statements.h), is
 * prepared once and takes values only through the bind_* calls.  A statement
 * in use is reset by statement_done(), and by the next statement_get().
 * Errors, of the driver's own codes: E_FULL, E_IO, E_CORRUPT, E_CONFLICT (a
 * constraint), E_NOMEM, E_BUSY, E_NETWORK, E_LIMIT, E_INTERNAL.
 *
 * Transactions: database_begin() once a batch, then each request between
 * database_mark() and database_keep() or database_undo(); database_commit()
 * makes the batch durable.  After a failed commit nothing of the batch is there.
 * When database_again() says so after an error, the whole transaction may be
 * carried out once more: it met another one, or the connection was lost.
 */
#ifndef PERI_SERVICE_STORE_DATABASE_DATABASE_H
#define PERI_SERVICE_STORE_DATABASE_DATABASE_H

#include "lib/cursor.h"
#include "lib/err.h"
#include "service/store/database/statements.h"
#include "service/store/database/vault.h"

enum {
    DATABASE_SCHEMA = 22,
    STATEMENT_VALUES_MAX = 20,
};

struct database;
struct driver;

/* CLEAR: bytes that are not sealed here. */
enum value_kind { VALUE_NULL, VALUE_NUMBER, VALUE_BYTES, VALUE_TEXT, VALUE_CLEAR };

/* Memory for the sealed and opened forms of one statement. */
struct arena_block;
struct arena {
    struct arena_block *first;
    size_t used; /* of the first */
};

struct value {
    enum value_kind kind;
    uint64_t number;
    struct span bytes;
};

struct statement {
    struct database *db;
    void *own; /* the driver's */
    bool running;
    size_t count; /* of values the text takes */
    struct value value[STATEMENT_VALUES_MAX];
    struct arena sealed, opened; /* of its values; of the row that stands ready */
};

struct database {
    const struct driver *driver;
    void *own; /* the driver's */
    struct vault *vault; /* NULL: not unlocked yet, nothing is sealed or opened */
    void *copy;   /* the driver's, while a backup is under way */
    bool damaged; /* a value did not open: the request that met it fails */
    struct statement statement[STATEMENT_COUNT];
    bool open;     /* a transaction is */
    bool lax;      /* and a power cut may take it back */
    uint64_t begun, undone; /* transactions so far; of them, those that were rolled back */
    bool again;    /* the last error passes when the transaction is carried out again */
    uint64_t inserted;
    bool clock_settled, clock_jumped; /* clock.h, as of the last look */
    /* Tests move it; 0 = the system's clock. */
    uint64_t fixed_now_ms;
    int64_t fixed_jump_ms; /* of it, what the clock was set and no time that passed */
};

/* Opens or creates the database and brings its schema up to date: folder/store.db
 * when url is empty, else the PostgreSQL that url ("postgresql://...") names.  On
 * failure one line on stderr says what is wrong: E_VERSION (made by a newer
 * program), E_CORRUPT, E_BUSY (another process has it), E_IO, E_FULL, E_NETWORK,
 * E_RANGE (no such kind of database), E_UNSUPPORTED (libpq is missing). */
int database_open(struct database *db, const char *folder, const char *url) MUST_CHECK;
/* The same for a new one, which must not be there yet, in a transaction that stays open (transfer.h). */
int database_begin_new(struct database *db, const char *folder, const char *url) MUST_CHECK;
void database_close(struct database *db);
/* Several processes may work on it at once. */
bool database_shared(const struct database *db);
/* The TCP port that connections go to; 0: none, or a socket of this machine. */
uint16_t database_port(const struct database *db);

int database_begin(struct database *db) MUST_CHECK;
/* The same for what a power cut may take back: its commit waits for no disk.  What is committed
 * afterwards is as durable as ever. */
int database_begin_lax(struct database *db) MUST_CHECK;
/* changed: something was written, so that its outcome must be certain. */
int database_commit(struct database *db, bool changed) MUST_CHECK;
void database_rollback(struct database *db);
int database_mark(struct database *db) MUST_CHECK;
int database_keep(struct database *db) MUST_CHECK;
/* E_CORRUPT and the like when not even going back works: end the batch. */
int database_undo(struct database *db) MUST_CHECK;
/* After an error: would the same transaction, carried out again, go through?
 * Rolls back, connects again where that is needed, and waits a little longer each
 * attempt (from 0).  False: no, or not any more. */
bool database_again(struct database *db, unsigned attempt);

struct statement *statement_get(struct database *db, enum statement_id id);
void bind_number(struct statement *s, int at, uint64_t v);
void bind_number_or_null(struct statement *s, int at, uint64_t v); /* 0 = NULL */
/* The bytes must live until statement_done(). */
void bind_bytes(struct statement *s, int at, const void *bytes, size_t len);
void bind_text(struct statement *s, int at, struct span text);
/* Not sealed on its way: what is sealed already. */
void bind_clear(struct statement *s, int at, const void *bytes, size_t len);
/* 1: a row stands ready; 0: finished; or an error. */
int statement_step(struct database *db, struct statement *s) MUST_CHECK;
/* For statements without rows, or that end in RETURNING id: 0 or an error; resets. */
int statement_run(struct database *db, struct statement *s) MUST_CHECK;
void statement_done(struct statement *s);
/* The same statement once for each of count, in as few journeys to the database as there can be: first
 * bind() gives the values of each, which must live until the next bind(); then row() is called for each in
 * the same order, its first row at hand when found.  0, or the first error, of row() too.
 * Outside of a transaction only for statements that read: each then sees the state of one moment. */
struct statement_each {
    void *context;
    void (*bind)(void *context, size_t at, struct statement *s);
    int (*row)(void *context, size_t at, struct statement *s, bool found); /* NULL: nothing is looked at */
};
int statement_each(struct database *db, enum statement_id id, size_t count, const struct statement_each *each) MUST_CHECK;
/* Columns of the row that stands ready; bytes are views until the next step. */
int column_count(struct statement *s);
uint64_t column_number(struct statement *s, int at);
struct span column_span(struct statement *s, int at);
struct span column_clear(struct statement *s, int at); /* what bind_clear() gave */
/* Zeroed unless the column has exactly len bytes. */
void column_exact(struct statement *s, int at, void *to, size_t len);

/* The id of the last statement_run(), whose text ends in RETURNING id; else 0. */
uint64_t database_inserted(struct database *db);
/* Rows that the last statement_run() changed. */
uint64_t database_changes(struct database *db);
uint64_t database_now_ms(const struct database *db);
/* Milliseconds that nobody sets, and that stand still while the machine sleeps: for what waits within one process. */
uint64_t database_steady_ms(const struct database *db);
uint64_t database_bytes(struct database *db);
/* A number above every one given before: max(last + 1, Unix ms), so that a
 * service put back from a backup does not fall behind what devices have seen. */
int counter_next(struct database *db, uint64_t *value) MUST_CHECK;
/* The last one given; 0 = none. */
int counter_last(struct database *db, uint64_t *value) MUST_CHECK;

#endif
