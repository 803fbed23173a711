/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PostgreSQL: statements and transactions.  Every transaction is SERIALIZABLE, so
 * the operations need no locks of their own; one that meets another fails with
 * 40001 or 40P01 and is carried out again (batch.c).
 *
 * What is sent together saves journeys: BEGIN and savepoints go with the first statement that
 * needs them, the release of a savepoint with the next savepoint, the mark of a transaction
 * with its COMMIT.  A savepoint is needed for what writes, and for what comes after it: before
 * the first write there is nothing to go back to.
 */
#include "service/store/database/postgresql.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/hex.h"
#include "service/store/database/transfer.h"

/* PostgreSQL's numbers for the types in use (pg_type.dat). */
enum { TYPE_ANY = 0, TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_TEXT = 25 };
enum { TOKEN_BYTES = 16, MARKS_PRUNE_EVERY = 4096, MARK_KEEP_MS = 86400000, UNIQUES_AGAIN_MAX = 3 };

static struct postgresql *own(const struct database *db) { return db->own; }

/* -- errors -------------------------------------------------------------- */

/* By the first characters of SQLSTATE; the first that fits. */
static const struct state_row {
    const char *begins;
    int err;
    bool again;
} states[] = {
    {"40001", E_BUSY, true},     /* serialisation failure */
    {"40P01", E_BUSY, true},     /* deadlock */
    {"55P03", E_BUSY, true},     /* a lock was not to be had in time */
    {"08", E_NETWORK, true},     /* connection exception */
    {"57P", E_NETWORK, true},    /* the server shuts down, crashed, starts */
    {"23", E_CONFLICT, false},   /* integrity constraint */
    {"53100", E_FULL, false},    /* disk full */
    {"53", E_BUSY, false},       /* other resources */
    {"54", E_LIMIT, false},      /* program limit */
    {"25006", E_IO, false},      /* read-only */
    {"58", E_IO, false},         /* the server's own input and output */
    {"XX001", E_CORRUPT, false}, /* data, index corrupted */
    {"XX002", E_CORRUPT, false},
};

bool postgresql_lost(const struct postgresql *pg)
{
    return !pg->conn || pg->pq->PQstatus(pg->conn) != CONNECTION_OK;
}

int postgresql_error(struct database *db, const PGresult *result)
{
    struct postgresql *pg = own(db);
    ExecStatusType status = pg->pq->PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return 0;
    const char *state = pg->pq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!state && postgresql_lost(pg)) {
        db->again = true;
        return E_NETWORK;
    }
    /* Two who write the same new key at one moment: whoever comes second should see
     * the other's row before it decides.  One that is really there stays. */
    if (state && strcmp(state, "23505") == 0 && db->open && pg->uniques_met < UNIQUES_AGAIN_MAX) {
        pg->uniques_met++;
        db->again = true;
        return E_CONFLICT;
    }
    const char *text = pg->pq->PQresultErrorMessage(result); /* of a flight, the connection has none */
    for (size_t i = 0; state && i < sizeof states / sizeof states[0]; i++)
        if (strncmp(state, states[i].begins, strlen(states[i].begins)) == 0) {
            db->again |= states[i].again;
            if (!states[i].again && states[i].err != E_CONFLICT)
                fprintf(stderr, "store: database: %s", text);
            return states[i].err;
        }
    fprintf(stderr, "store: database: %s", *text ? text : pg->pq->PQerrorMessage(pg->conn));
    return E_INTERNAL;
}

int postgresql_execute(struct database *db, const char *sql, PGresult **wanted)
{
    struct postgresql *pg = own(db);
    if (postgresql_lost(pg)) {
        db->again = true;
        return E_NETWORK;
    }
    pg->journeys++;
    PGresult *result = pg->pq->PQexec(pg->conn, sql);
    int err = postgresql_error(db, result);
    if (wanted && !err)
        *wanted = result;
    else
        pg->pq->PQclear(result);
    return err;
}

/* -- transactions -------------------------------------------------------- */

static int begin(struct database *db)
{
    struct postgresql *pg = own(db);
    if (postgresql_lost(pg) && postgresql_reconnect(db) != 0) {
        db->again = true;
        return E_NETWORK;
    }
    pg->begin_waits = true;
    pg->wrote = pg->touched = false;
    pg->marks_wait = pg->keeps_wait = 0;
    return 0;
}

/* Whether something has to go before a statement that writes, or does not. */
static bool something_waits(const struct postgresql *pg, bool writes)
{
    return pg->begin_waits || (pg->marks_wait && (writes || pg->wrote));
}

static int waiting_send(struct database *db, bool writes)
{
    struct postgresql *pg = own(db);
    int err = 0;
    if (pg->begin_waits) {
        pg->begin_waits = false;
        err = flight_text(db, "BEGIN ISOLATION LEVEL SERIALIZABLE");
        if (!err && db->lax)
            err = flight_text(db, "SET LOCAL synchronous_commit = off");
    }
    if (!writes && !pg->wrote)
        return err;
    for (; !err && pg->marks_wait && pg->keeps_wait; pg->keeps_wait--)
        err = flight_text(db, "RELEASE request");
    for (; !err && pg->marks_wait; pg->marks_wait--)
        err = flight_text(db, "SAVEPOINT request");
    return err;
}

static int mark(struct database *db)
{
    struct postgresql *pg = own(db);
    if (pg->marks_wait + pg->keeps_wait >= SAVEPOINTS_MAX)
        return E_INTERNAL; /* nothing nests so deep */
    pg->marks_wait++;
    return 0;
}

static int keep(struct database *db)
{
    struct postgresql *pg = own(db);
    if (pg->marks_wait)
        pg->marks_wait--; /* nothing was written since */
    else if (pg->keeps_wait + 1 >= SAVEPOINTS_MAX)
        return E_INTERNAL;
    else
        pg->keeps_wait++;
    return 0;
}

/* Savepoints that wait to be released lie above the one that is gone back to. */
static int undo(struct database *db)
{
    struct postgresql *pg = own(db);
    char sql[64 * SAVEPOINTS_MAX] = "";
    if (pg->marks_wait) { /* nothing was written since; but a statement that fails ends the transaction */
        pg->marks_wait--;
        return postgresql_lost(pg) || pg->pq->PQtransactionStatus(pg->conn) == PQTRANS_INERROR ? E_STATE : 0;
    }
    for (unsigned i = 0; i <= pg->keeps_wait; i++)
        strcat(sql, "ROLLBACK TO request;RELEASE request;");
    pg->keeps_wait = 0;
    return postgresql_execute(db, sql, NULL);
}

/* The mark says later whether this transaction came to be. */
static int commit_certain(struct database *db)
{
    struct postgresql *pg = own(db);
    uint8_t random[TOKEN_BYTES];
    char token[2 * TOKEN_BYTES + 1], sql[320], prune[128] = "";
    uint64_t now = database_now_ms(db);
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return E_ENTROPY;
    hex_encode(random, sizeof random, token);
    if (++pg->commits % MARKS_PRUNE_EVERY == 0 && db->clock_settled)
        snprintf(prune, sizeof prune, "DELETE FROM transaction_mark WHERE made_ms < %llu;",
                 (unsigned long long)(now > MARK_KEEP_MS ? now - MARK_KEEP_MS : 0));
    snprintf(sql, sizeof sql, "%sINSERT INTO transaction_mark VALUES ('\\x%s', %llu);COMMIT", prune, token,
             (unsigned long long)now);
    int err = postgresql_execute(db, sql, NULL);
    return err && postgresql_lost(pg) ? postgresql_outcome(db, token) : err;
}

static int commit(struct database *db, bool changed)
{
    struct postgresql *pg = own(db);
    PGresult *result = NULL;
    pg->marks_wait = pg->keeps_wait = 0;
    if (pg->begin_waits) { /* nothing was asked of it */
        pg->begin_waits = false;
        return 0;
    }
    pg->uniques_met = 0;
    if (changed && pg->touched) /* one that changed no row waits for no disk, and leaves no mark */
        return commit_certain(db);
    int err = postgresql_execute(db, "COMMIT", &result);
    if (err)
        return err;
    /* An aborted transaction ends with success, and says ROLLBACK. */
    err = strcmp(pg->pq->PQcmdStatus(result), "COMMIT") == 0 ? 0 : E_INTERNAL;
    pg->pq->PQclear(result);
    return err;
}

static void rollback(struct database *db)
{
    struct postgresql *pg = own(db);
    bool again = db->again;
    pg->marks_wait = pg->keeps_wait = 0;
    if (!pg->begin_waits && !postgresql_lost(pg) && postgresql_execute(db, "ROLLBACK", NULL) != 0 &&
        !postgresql_lost(pg))
        fprintf(stderr, "store: rollback failed\n");
    pg->begin_waits = false;
    db->again = again;
}

/* -- statements ---------------------------------------------------------- */

static void parameters_make(const struct statement *s, struct parameters *p)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct value *v = &s->value[i];
        p->at[i] = v->bytes.len ? (const char *)v->bytes.at : "";
        p->length[i] = (int)v->bytes.len;
        p->format[i] = 1;
        switch (v->kind) {
        case VALUE_NULL:
            p->type[i] = TYPE_ANY;
            p->at[i] = NULL;
            break;
        case VALUE_NUMBER:
            p->type[i] = TYPE_INT8;
            p->number[i] = htobe64(v->number);
            p->at[i] = (const char *)&p->number[i];
            p->length[i] = sizeof p->number[i];
            break;
        case VALUE_BYTES:
        case VALUE_CLEAR:
            p->type[i] = TYPE_BYTEA;
            break;
        case VALUE_TEXT:
            p->type[i] = TYPE_TEXT;
            break;
        }
    }
}

void postgresql_take(struct statement *s, PGresult *result)
{
    struct postgresql *pg = own(s->db);
    *(struct postgresql_rows *)s->own = (struct postgresql_rows){result, -1};
    pg->changes = strtoull(pg->pq->PQcmdTuples(result), NULL, 10);
    pg->touched |= pg->writes[s - s->db->statement] && pg->changes;
}

/* In a flight, with what waits. */
static int start(struct statement *s)
{
    struct database *db = s->db;
    struct postgresql *pg = own(db);
    struct parameters p;
    bool writes = pg->writes[s - db->statement];
    int err = waiting_send(db, writes);
    if (err)
        return err;
    pg->wrote |= writes;
    parameters_make(s, &p);
    return flight_run(s, &p);
}

static int start_alone(struct statement *s)
{
    struct database *db = s->db;
    struct postgresql *pg = own(db);
    struct parameters p;
    char name[16];
    size_t id = (size_t)(s - db->statement);
    if (something_waits(pg, pg->writes[id]) || !pg->prepared[id] || postgresql_lost(pg)) {
        int err = start(s), landed = flight_land(db);
        err = err ? err : landed;
        if (!err)
            flight_take(s, 0);
        return err;
    }
    pg->wrote |= pg->writes[id];
    parameters_make(s, &p);
    snprintf(name, sizeof name, "s%zu", id);
    pg->journeys++;
    PGresult *result = pg->pq->PQexecPrepared(pg->conn, name, (int)s->count, p.at, p.length, p.format, 1);
    int err = postgresql_error(db, result);
    if (err) {
        pg->pq->PQclear(result);
        return err;
    }
    postgresql_take(s, result);
    return 0;
}

static int step(struct statement *s)
{
    struct postgresql *pg = own(s->db);
    struct postgresql_rows *rows = s->own;
    int err = s->running ? 0 : start_alone(s);
    if (err)
        return err;
    if (!rows->result)
        return E_STATE; /* it failed before */
    return ++rows->row < pg->pq->PQntuples(rows->result) ? 1 : 0;
}

static void done(struct statement *s)
{
    struct postgresql_rows *rows = s->own;
    own(s->db)->pq->PQclear(rows->result);
    *rows = (struct postgresql_rows){0};
}

static int columns(struct statement *s)
{
    const struct postgresql_rows *rows = s->own;
    return rows->result ? own(s->db)->pq->PQnfields(rows->result) : 0;
}

static struct span column_bytes(struct statement *s, int at)
{
    struct postgresql *pg = own(s->db);
    struct postgresql_rows *rows = s->own;
    if (!rows->result || rows->row >= pg->pq->PQntuples(rows->result))
        return span_of(NULL, 0);
    int len = pg->pq->PQgetlength(rows->result, rows->row, at); /* 0 for NULL */
    return span_of(len ? (const uint8_t *)pg->pq->PQgetvalue(rows->result, rows->row, at) : NULL, (size_t)len);
}

/* Whole numbers of any width, and true: big-endian. */
static uint64_t column_whole(struct statement *s, int at)
{
    struct span bytes = column_bytes(s, at);
    uint64_t v = bytes.len && bytes.len < 8 && (bytes.at[0] & 0x80) ? UINT64_MAX : 0;
    for (size_t i = 0; i < bytes.len && bytes.len <= 8; i++)
        v = v << 8 | bytes.at[i];
    return v;
}

static bool is_text(struct statement *s, int at)
{
    const struct postgresql_rows *rows = s->own;
    return rows->result && own(s->db)->pq->PQftype(rows->result, at) == TYPE_TEXT;
}

/* No program that was released wrote to PostgreSQL in the clear. */
static int rows_seal(struct database *db)
{
    struct postgresql *pg = own(db);
    PGresult *result = NULL;
    int err = postgresql_execute(db, "SELECT (EXISTS (SELECT 1 FROM catalog) OR EXISTS (SELECT 1 FROM device))::int", &result);
    if (err)
        return err;
    bool empty = strcmp(pg->pq->PQgetvalue(result, 0, 0), "0") == 0;
    pg->pq->PQclear(result);
    if (!empty)
        fprintf(stderr, "store: the database holds data in the clear, and no key of theirs\n");
    return empty ? 0 : E_CORRUPT;
}

static uint64_t changes(struct database *db) { return own(db)->changes; }

static uint64_t bytes(struct database *db)
{
    struct postgresql *pg = own(db);
    PGresult *result = NULL;
    if (postgresql_execute(db, "SELECT pg_database_size(current_database())", &result) != 0)
        return 0;
    uint64_t size = pg->pq->PQntuples(result) ? strtoull(pg->pq->PQgetvalue(result, 0, 0), NULL, 10) : 0;
    pg->pq->PQclear(result);
    return size;
}

static uint16_t port(const struct database *db) { return own(db)->port; }

const struct driver driver_postgresql = {
    .shared = true,
    .open = postgresql_open,
    .close = postgresql_close,
    .port = port,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .mark = mark,
    .keep = keep,
    .undo = undo,
    .recover = postgresql_recover,
    .step = step,
    .done = done,
    .start = start,
    .land = flight_land,
    .take = flight_take,
    .column_count = columns,
    .column_number = column_whole,
    .column_span = column_bytes,
    .column_is_text = is_text,
    .rows_seal = rows_seal,
    .changes = changes,
    .bytes = bytes,
    .transfer = &transfer_postgresql,
};
