/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PostgreSQL: commands that are sent together and answered together, in libpq's pipeline mode
 * (libpq 14).  A flight costs one journey whatever its length.
 *
 * The server carries out one command after the other and passes over all that follow an error, so
 * that the first error is the flight's.  A connection that goes takes the flight with it: what of it
 * was carried out nobody can say here, as for a single command.
 * While a flight is in the air no other command may be sent: from the first flight_text() or
 * flight_run() to flight_land().
 * libpq takes in what the server says while it waits to send, so that neither waits for the other.
 */
#include <stdio.h>
#include <stdlib.h>

#include "service/store/database/postgresql.h"

static struct postgresql *own(const struct database *db) { return db->own; }

static int lost(struct database *db)
{
    db->again = true;
    return E_NETWORK;
}

static int take_off(struct database *db)
{
    struct postgresql *pg = own(db);
    if (postgresql_lost(pg))
        return lost(db);
    if (pg->flight.legs == FLIGHT_LEGS_MAX)
        return E_INTERNAL;
    return pg->flight.legs || pg->pq->PQenterPipelineMode(pg->conn) ? 0 : E_INTERNAL;
}

/* sent: what libpq said of it. */
static int leg_add(struct database *db, int sent, struct flight_leg leg)
{
    struct postgresql *pg = own(db);
    if (!sent)
        return postgresql_lost(pg) ? lost(db) : E_INTERNAL;
    pg->flight.leg[pg->flight.legs++] = leg;
    return 0;
}

int flight_text(struct database *db, const char *sql)
{
    struct postgresql *pg = own(db);
    int err = take_off(db);
    if (err)
        return err;
    return leg_add(db, pg->pq->PQsendQueryParams(pg->conn, sql, 0, NULL, NULL, NULL, NULL, 1),
                   (struct flight_leg){.kind = LEG_TEXT});
}

/* Types come from the first values, so that every text can be told what it gets. */
static int prepare(struct statement *s, size_t id, const char *name, const struct parameters *p)
{
    struct postgresql *pg = own(s->db);
    int err = take_off(s->db);
    if (err || pg->prepared[id])
        return err;
    err = leg_add(s->db, pg->pq->PQsendPrepare(pg->conn, name, pg->sql[id], (int)s->count, p->type),
                  (struct flight_leg){LEG_PREPARE, id});
    pg->prepared[id] = !err; /* until the landing says otherwise */
    return err;
}

int flight_run(struct statement *s, const struct parameters *p)
{
    struct postgresql *pg = own(s->db);
    char name[16];
    size_t id = (size_t)(s - s->db->statement);
    snprintf(name, sizeof name, "s%zu", id);
    int err = prepare(s, id, name, p);
    if (!err)
        err = take_off(s->db);
    if (err)
        return err;
    return leg_add(s->db, pg->pq->PQsendQueryPrepared(pg->conn, name, (int)s->count, p->at, p->length, p->format, 1),
                   (struct flight_leg){LEG_RUN, id});
}

/* What came of a leg, up to the NULL behind it: the first error, else what it brought.  NULL: nothing came. */
static PGresult *leg_land(struct postgresql *pg)
{
    PGresult *result = pg->pq->PQgetResult(pg->conn), *more;
    while (result && !postgresql_lost(pg) && (more = pg->pq->PQgetResult(pg->conn)) != NULL) {
        if (pg->pq->PQresultStatus(result) == PGRES_FATAL_ERROR) {
            pg->pq->PQclear(more);
        } else {
            pg->pq->PQclear(result);
            result = more;
        }
    }
    return result;
}

static void results_drop(struct postgresql *pg)
{
    for (size_t i = 0; i < pg->flight.runs; i++) {
        pg->pq->PQclear(pg->flight.result[i]);
        pg->flight.result[i] = NULL;
    }
    pg->flight.runs = 0;
}

static int legs_land(struct database *db)
{
    struct postgresql *pg = own(db);
    struct flight *flight = &pg->flight;
    int err = 0;
    for (size_t i = 0; i < flight->legs; i++) {
        PGresult *result = postgresql_lost(pg) ? NULL : leg_land(pg);
        if (!err)
            err = result ? postgresql_error(db, result) : lost(db);
        if (err && flight->leg[i].kind == LEG_PREPARE)
            pg->prepared[flight->leg[i].statement] = false;
        if (!err && flight->leg[i].kind == LEG_RUN)
            flight->result[flight->runs++] = result;
        else
            pg->pq->PQclear(result);
    }
    return err;
}

/* Up to the mark that the landing set.  Before it the server may say once more that something failed: where there
 * is no transaction, it commits here. */
static int mark_land(struct database *db)
{
    struct postgresql *pg = own(db);
    int err = 0;
    for (unsigned nothing = 0; !postgresql_lost(pg) && nothing < 2;) {
        PGresult *result = pg->pq->PQgetResult(pg->conn);
        bool mark = result && pg->pq->PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        nothing = result ? 0 : nothing + 1;
        if (result && !mark && !err)
            err = postgresql_error(db, result);
        pg->pq->PQclear(result);
        if (mark && pg->pq->PQexitPipelineMode(pg->conn))
            return err;
    }
    if (!postgresql_lost(pg)) { /* out of step with the server: of no use any more */
        pg->pq->PQfinish(pg->conn);
        pg->conn = NULL;
    }
    return lost(db);
}

int flight_land(struct database *db)
{
    struct postgresql *pg = own(db);
    results_drop(pg);
    if (!pg->flight.legs)
        return 0;
    pg->journeys++;
    int sent = pg->pq->PQpipelineSync(pg->conn) ? 0 : lost(db);
    int legs = legs_land(db), mark = mark_land(db);
    int err = sent ? sent : legs ? legs : mark;
    pg->flight.legs = 0;
    if (err)
        results_drop(pg);
    return err;
}

void flight_take(struct statement *s, size_t at)
{
    struct postgresql *pg = own(s->db);
    if (at >= pg->flight.runs)
        return; /* nothing was sent: step() says so */
    postgresql_take(s, pg->flight.result[at]);
    pg->flight.result[at] = NULL;
}
