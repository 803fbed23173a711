/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the two files of the PostgreSQL driver share: postgresql.c (statements,
 * transactions) and postgresql_connect.c (connections, schema, outcome of a commit).
 * Source: docs/spec/store.md, "PostgreSQL".
 */
#ifndef PERI_SERVICE_STORE_POSTGRESQL_H
#define PERI_SERVICE_STORE_POSTGRESQL_H

#include "service/store/driver.h"
#include "service/libpq/libpq.h"

enum { CONNECT_OPTIONS_MAX = 64 };

struct postgresql {
    const struct libpq *pq;
    PGconn *conn; /* NULL: lost, and not there again yet */
    /* As the first connection was made, host name resolved: under confinement no
     * name, no password file can be looked up. */
    char *keyword[CONNECT_OPTIONS_MAX], *value[CONNECT_OPTIONS_MAX];
    uint16_t port;
    bool begin_waits;     /* sent with the first statement */
    unsigned keeps_wait;  /* savepoints whose release is sent with the next one */
    uint64_t changes, commits;
    unsigned uniques_met; /* since the last commit */
    int64_t down_since_ms; /* 0: connected */
    bool down_said;
    char *sql[STATEMENT_COUNT];
    bool prepared[STATEMENT_COUNT];
};

/* statement.own: what the running statement has brought. */
struct postgresql_rows {
    PGresult *result;
    int row;
};

/* PQexec, its error already turned into ours; the result is the caller's to clear
 * when wanted, else cleared. */
int postgresql_execute(struct database *db, const char *sql, PGresult **wanted) MUST_CHECK;
/* 0, or the error that result stands for; sets db->again. */
int postgresql_error(struct database *db, const PGresult *result) MUST_CHECK;
bool postgresql_lost(const struct postgresql *pg);

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
