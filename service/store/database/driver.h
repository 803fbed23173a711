/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kind of database does for database.c.  One row a kind: driver_sqlite
 * (sqlite.c) and driver_postgresql (postgresql.c).
 *
 * Statements and schema are written once, in SQL that SQLite takes; a driver for
 * another database puts them into its own words when it opens (dialect.h).
 * A driver keeps what it needs in db->own and statement.own, says on stderr what
 * an operator should see, and sets db->again as database.h describes.
 */
#ifndef PERI_SERVICE_STORE_DATABASE_DRIVER_H
#define PERI_SERVICE_STORE_DATABASE_DRIVER_H

#include "service/store/database/database.h"

enum { STATEMENTS_TOGETHER_MAX = 64 };

struct driver {
    /* Several processes may work on it at once: images are rows, not files. */
    bool shared;
    int (*open)(struct database *db, const char *folder, const char *url);
    void (*close)(struct database *db);
    uint16_t (*port)(const struct database *db); /* NULL: 0 */
    int (*begin)(struct database *db); /* db->lax: see database_begin_lax() */
    int (*commit)(struct database *db, bool changed);
    void (*rollback)(struct database *db);
    int (*mark)(struct database *db);
    int (*keep)(struct database *db);
    int (*undo)(struct database *db);
    bool (*recover)(struct database *db, unsigned attempt); /* database_again() */
    /* The first step takes the statement's values.  1, 0 or an error. */
    int (*step)(struct statement *s);
    void (*done)(struct statement *s);
    /* statement_each() in one journey: start() with the values of each run, at most
     * STATEMENTS_TOGETHER_MAX; land() once, also after an error of start(); then, if it went well, take()
     * and step() for each.  NULL: a run costs no journey. */
    int (*start)(struct statement *s);
    int (*land)(struct database *db);
    void (*take)(struct statement *s, size_t at);
    int (*column_count)(struct statement *s);
    uint64_t (*column_number)(struct statement *s, int at);
    struct span (*column_span)(struct statement *s, int at);
    bool (*column_is_text)(struct statement *s, int at);
    /* Inside a transaction: seals what an older schema left in the clear. */
    int (*rows_seal)(struct database *db);
    int (*swept)(struct database *db); /* after it: no copy in the clear stays.  May be NULL */
    /* A copy at path, while the database is in use: begin, step outside of transactions
     * until done, end (also after a failed step).  NULL: not here. */
    int (*backup_begin)(struct database *db, const char *path);
    int (*backup_step)(struct database *db, bool *done);
    int (*backup_end)(struct database *db);
    uint64_t (*changes)(struct database *db);
    uint64_t (*bytes)(struct database *db);
    const struct transfer *transfer; /* transfer.h */
};

extern const struct driver driver_sqlite, driver_postgresql;

/* The texts of statements.h, by enum statement_id. */
extern const char *const statement_sql[STATEMENT_COUNT];
/* From the migration files, by the build. */
extern const char *const database_migrations[DATABASE_SCHEMA];

#endif
