/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the PostgreSQL driver share: postgresql.c (statements, transactions),
 * postgresql_flight.c (commands that are sent together) and postgresql_connect.c
 * (connections, schema, outcome of a commit).
 * Source: docs/spec/store.md, "PostgreSQL".
 */
#ifndef PERI_SERVICE_STORE_DATABASE_POSTGRESQL_H
#define PERI_SERVICE_STORE_DATABASE_POSTGRESQL_H

#include "service/libpq/libpq.h"
#include "service/store/database/driver.h"

enum {
    CONNECT_OPTIONS_MAX = 64,
    SAVEPOINTS_MAX = 8,
    FLIGHT_LEGS_MAX = 2 * STATEMENTS_TOGETHER_MAX + 2 * SAVEPOINTS_MAX + 2,
};

struct parameters {
    Oid type[STATEMENT_VALUES_MAX];
    const char *at[STATEMENT_VALUES_MAX];
    int length[STATEMENT_VALUES_MAX], format[STATEMENT_VALUES_MAX];
    uint64_t number[STATEMENT_VALUES_MAX];
};

/* Commands that were sent and whose results were not taken yet, in order. */
struct flight {
    size_t legs, runs;
    struct flight_leg {
        enum { LEG_TEXT, LEG_PREPARE, LEG_RUN } kind;
        size_t statement;
    } leg[FLIGHT_LEGS_MAX];
    PGresult *result[STATEMENTS_TOGETHER_MAX]; /* of the runs, once it has landed */
};

struct postgresql {
    const struct libpq *pq;
    PGconn *conn; /* NULL: lost, and not there again yet */
    /* As the first connection was made, host name resolved: under confinement no
     * name, no password file can be looked up. */
    char *keyword[CONNECT_OPTIONS_MAX], *value[CONNECT_OPTIONS_MAX];
    uint16_t port;
    bool begin_waits;     /* sent with the first statement */
    unsigned marks_wait;  /* savepoints that are sent with the first statement that needs them */
    unsigned keeps_wait;  /* savepoints whose release is sent with the next one */
    bool wrote;           /* a statement of this transaction was not a mere SELECT */
    bool touched;         /* and found, or made, a row */
    uint64_t journeys;    /* to the database and back, so far */
    struct flight flight;
    uint64_t changes, commits;
    unsigned uniques_met; /* since the last commit */
    int64_t down_since_ms; /* 0: connected */
    bool down_said;
    char *sql[STATEMENT_COUNT];
    bool writes[STATEMENT_COUNT], prepared[STATEMENT_COUNT];
};

/* statement.own: what the running statement has brought. */
struct postgresql_rows {
    PGresult *result;
    int row;
};

/* PQexec, its error already turned into ours; the result is the caller's to clear
 * when wanted, else cleared. */
int postgresql_execute(struct database *db, const char *sql, PGresult **wanted) MUST_CHECK;
/* The statement's from now on, before its first row; notes what it changed. */
void postgresql_take(struct statement *s, PGresult *result);
/* 0, or the error that result stands for; sets db->again. */
int postgresql_error(struct database *db, const PGresult *result) MUST_CHECK;
bool postgresql_lost(const struct postgresql *pg);

/* Sends a text without values, a run of a statement; what comes of it, the landing says.  An error
 * here must be followed by flight_land() all the same. */
int flight_text(struct database *db, const char *sql) MUST_CHECK;
int flight_run(struct statement *s, const struct parameters *p) MUST_CHECK;
/* One journey: the results of all that was sent.  The first error; then no result is kept, and none
 * of what came after it was carried out. */
int flight_land(struct database *db) MUST_CHECK;
/* Run number at of those that landed becomes the one whose rows s steps through. */
void flight_take(struct statement *s, size_t at);

int postgresql_open(struct database *db, const char *folder, const char *url) MUST_CHECK;
/* The database must be empty: with its schema, in a transaction that stays open.  E_EXISTS. */
int postgresql_make(struct database *db, const char *folder, const char *url) MUST_CHECK;
void postgresql_close(struct database *db);
/* The one number that sql answers; -1: none. */
int postgresql_number(struct database *db, const char *sql, int64_t *value) MUST_CHECK;
/* After a loss: one attempt.  0 or E_NETWORK. */
int postgresql_reconnect(struct database *db) MUST_CHECK;
bool postgresql_recover(struct database *db, unsigned attempt);
/* The connection went while the transaction that wrote token (32 hex digits) was
 * committed.  0: it is committed.  E_NETWORK: it is not and never will be (db->again
 * is set), or nobody can tell in time (it is not set). */
int postgresql_outcome(struct database *db, const char *token) MUST_CHECK;

#endif
