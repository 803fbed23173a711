/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/database.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "service/store/driver.h"

const char *const statement_sql[STATEMENT_COUNT] = {
#define STATEMENT_SQL(name, text) [STATEMENT_##name] = text,
    STATEMENT_TABLE(STATEMENT_SQL)
#undef STATEMENT_SQL
};

/* -- opening ------------------------------------------------------------- */

static const struct kind_row {
    const char *begins; /* of the url */
    const struct driver *driver;
} kinds[] = {
    {"postgresql://", &driver_postgresql},
    {"postgres://", &driver_postgresql},
};

static const struct driver *driver_find(const char *url)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(url, kinds[i].begins, strlen(kinds[i].begins)) == 0)
            return kinds[i].driver;
    return NULL;
}

int database_open(struct database *db, const char *folder, const char *url)
{
    *db = (struct database){0};
    db->driver = *url ? driver_find(url) : &driver_sqlite;
    if (!db->driver) {
        fprintf(stderr, "store: the database must be postgresql://..., or empty for a file of the service's own\n");
        return E_RANGE;
    }
    for (int i = 0; i < STATEMENT_COUNT; i++)
        db->statement[i].db = db;
    int err = db->driver->open(db, folder, url);
    if (err)
        database_close(db);
    return err;
}

void database_close(struct database *db)
{
    if (db->driver)
        db->driver->close(db);
    *db = (struct database){0};
}

bool database_shared(const struct database *db) { return db->driver->shared; }
uint16_t database_port(const struct database *db) { return db->driver->port ? db->driver->port(db) : 0; }

/* -- transactions -------------------------------------------------------- */

int database_begin(struct database *db)
{
    db->again = false;
    int err = db->driver->begin(db);
    db->open = !err;
    return err;
}

int database_commit(struct database *db, bool changed)
{
    int err = db->driver->commit(db, changed);
    if (err)
        database_rollback(db);
    db->open = false;
    return err;
}

void database_rollback(struct database *db)
{
    if (db->open)
        db->driver->rollback(db);
    db->open = false;
}

int database_mark(struct database *db) { return db->driver->mark(db); }
int database_keep(struct database *db) { return db->driver->keep(db); }
int database_undo(struct database *db) { return db->driver->undo(db); }

bool database_again(struct database *db, unsigned attempt)
{
    if (!db->again)
        return false;
    database_rollback(db);
    db->again = false;
    return db->driver->recover(db, attempt);
}

/* -- statements ---------------------------------------------------------- */

struct statement *statement_get(struct database *db, enum statement_id id)
{
    statement_done(&db->statement[id]);
    return &db->statement[id];
}

static struct value *value_at(struct statement *s, int at)
{
    static struct value nowhere; /* a wrong index is our own bug: the statement refuses the NULL */
    return at >= 1 && (size_t)at <= s->count ? &s->value[at - 1] : &nowhere;
}

void bind_number(struct statement *s, int at, uint64_t v)
{
    *value_at(s, at) = (struct value){.kind = VALUE_NUMBER, .number = v};
}

void bind_number_or_null(struct statement *s, int at, uint64_t v)
{
    if (v)
        bind_number(s, at, v);
    else
        *value_at(s, at) = (struct value){.kind = VALUE_NULL};
}

void bind_bytes(struct statement *s, int at, const void *bytes, size_t len)
{
    *value_at(s, at) = (struct value){.kind = VALUE_BYTES, .bytes = span_of(bytes, len)};
}

void bind_text(struct statement *s, int at, struct span text)
{
    *value_at(s, at) = (struct value){.kind = VALUE_TEXT, .bytes = text};
}

int statement_step(struct database *db, struct statement *s)
{
    (void)db;
    int got = s->db->driver->step(s);
    s->running = true;
    return got;
}

int statement_run(struct database *db, struct statement *s)
{
    db->inserted = 0;
    int got = statement_step(db, s);
    if (got == 1) { /* RETURNING id */
        db->inserted = column_number(s, 0);
        got = statement_step(db, s);
    }
    statement_done(s);
    return got == 1 ? E_INTERNAL : got;
}

void statement_done(struct statement *s)
{
    if (s->running)
        s->db->driver->done(s);
    s->running = false;
    memset(s->value, 0, s->count * sizeof s->value[0]);
}

int column_count(struct statement *s) { return s->db->driver->column_count(s); }
uint64_t column_number(struct statement *s, int at) { return s->db->driver->column_number(s, at); }
struct span column_span(struct statement *s, int at) { return s->db->driver->column_span(s, at); }

void column_exact(struct statement *s, int at, void *to, size_t len)
{
    struct span got = column_span(s, at);
    if (got.len == len)
        memcpy(to, got.at, len);
    else
        memset(to, 0, len);
}

uint64_t database_inserted(struct database *db) { return db->inserted; }
uint64_t database_changes(struct database *db) { return db->driver->changes(db); }
uint64_t database_bytes(struct database *db) { return db->driver->bytes(db); }

uint64_t database_now_ms(const struct database *db)
{
    struct timespec now;
    if (db->fixed_now_ms)
        return db->fixed_now_ms;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* -- counter ------------------------------------------------------------- */

int counter_last(struct database *db, uint64_t *value)
{
    struct statement *s = statement_get(db, STATEMENT_COUNTER_GET);
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
    struct statement *s = statement_get(db, STATEMENT_COUNTER_SET);
    bind_number(s, 1, *value);
    return statement_run(db, s);
}
