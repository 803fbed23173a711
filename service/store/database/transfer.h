/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All rows of a database, whatever table they are in, for the move to a database of another
 * kind (move.c).  One row a kind: transfer_sqlite, transfer_postgresql.
 *
 * Values go as they are stored: sealed, and nothing here opens them.  Which tables there are
 * and what columns they have is asked of the databases themselves, so that a table which a
 * later migration makes is moved without a word here.
 * Each says on stderr what an operator should see.
 */
#ifndef PERI_SERVICE_STORE_DATABASE_TRANSFER_H
#define PERI_SERVICE_STORE_DATABASE_TRANSFER_H

#include "service/store/database/database.h"

enum { TRANSFER_TABLES_MAX = 64, TRANSFER_COLUMNS_MAX = 48, TRANSFER_NAME_BYTES = 48 };

struct transfer_column {
    char name[TRANSFER_NAME_BYTES];
    enum value_kind kind; /* VALUE_NUMBER, VALUE_BYTES or VALUE_TEXT; any may be VALUE_NULL */
};

struct transfer_table {
    char name[TRANSFER_NAME_BYTES];
    bool numbers; /* gives its rows numbers that it never gives again */
    size_t columns;
    struct transfer_column column[TRANSFER_COLUMNS_MAX];
};

struct transfer_schema {
    size_t tables;
    struct transfer_table table[TRANSFER_TABLES_MAX];
};

/* A row's values, one a column; views that end with the call.  An error ends the reading. */
typedef int transfer_row(void *context, const struct transfer_table *table, const struct value *values);

struct transfer {
    /* A new database where database_open() would look for it, with its schema, in a transaction
     * that stays open: nothing is there before settle().  E_EXISTS: there is one already. */
    int (*make)(struct database *db, const char *folder, const char *url);
    int (*settle)(struct database *db);
    /* After database_close(): gives what was settled its name.  May be NULL. */
    int (*place)(const char *folder);
    /* After a move that failed: nothing of it stays.  May be NULL. */
    void (*discard)(const char *folder);
    /* What is read from now on is one moment's.  E_BUSY: another process works on it. */
    int (*hold)(struct database *db);
    /* Tables of migrations/.  SQLite: one that others refer to before those. */
    int (*schema)(struct database *db, struct transfer_schema *schema);
    int (*count)(struct database *db, const struct transfer_table *table, uint64_t *rows);
    int (*read)(struct database *db, const struct transfer_table *table, transfer_row *row, void *context);
    /* One table at a time, without the rows that the schema begins with.  put_end: err of what went before; the first error comes back. */
    int (*put_begin)(struct database *db, const struct transfer_table *table, void **put);
    int (*put)(struct database *db, void *put, const struct transfer_table *table, const struct value *values);
    int (*put_end)(struct database *db, void *put, int err);
    /* The last number that a table with numbers gave; 0: none. */
    int (*last_get)(struct database *db, const struct transfer_table *table, uint64_t *last);
    int (*last_put)(struct database *db, const struct transfer_table *table, uint64_t last);
};

extern const struct transfer transfer_sqlite, transfer_postgresql;

/* The next column of a schema that is read table by table; numbers: its table gives row numbers.  E_LIMIT; also for a name
 * that is NULL. */
int transfer_column_add(struct transfer_schema *schema, const char *table, const char *column, enum value_kind kind,
                        bool numbers) MUST_CHECK;

/* "a, b, c" of its columns, quoted.  E_RANGE. */
int transfer_columns_write(const struct transfer_table *table, char *text, size_t cap) MUST_CHECK;

/* The same tables with the same columns, in any order of the tables?  Else one line on stderr, and E_VERSION. */
int transfer_schema_compare(const struct transfer_schema *a, const struct transfer_schema *b) MUST_CHECK;

/* What a table holds, in any order of its rows: their number, and the sum of their SHA-256. */
struct transfer_sum {
    uint64_t rows;
    uint64_t digest[4];
};

int transfer_sum_add(struct transfer_sum *sum, const struct transfer_table *table, const struct value *values) MUST_CHECK;

#endif
