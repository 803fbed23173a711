/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/database/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "service/store/database/driver.h"
#include "service/store/database/transfer.h"

const char *const statement_sql[STATEMENT_COUNT] = {
#define STATEMENT_SQL(name, text) [STATEMENT_##name] = text,
    STATEMENT_TABLE(STATEMENT_SQL)
#undef STATEMENT_SQL
};

/* -- memory of statements -------------------------------------------------- */

enum { ARENA_BLOCK_BYTES = 2048 };

struct arena_block {
    struct arena_block *next;
    size_t bytes;
    uint8_t at[];
};

static uint8_t *arena_take(struct arena *arena, size_t len)
{
    if (!arena->first || arena->first->bytes - arena->used < len) {
        size_t bytes = len > ARENA_BLOCK_BYTES ? len : ARENA_BLOCK_BYTES;
        struct arena_block *block = malloc(sizeof *block + bytes);
        if (!block)
            return NULL;
        block->next = arena->first;
        block->bytes = bytes;
        arena->first = block;
        arena->used = 0;
    }
    arena->used += len;
    return arena->first->at + arena->used - len;
}

/* Keeps one block of the usual size for the next time. */
static void arena_reset(struct arena *arena)
{
    while (arena->first && (arena->first->next || arena->first->bytes > ARENA_BLOCK_BYTES)) {
        struct arena_block *next = arena->first->next;
        free(arena->first);
        arena->first = next;
    }
    arena->used = 0;
}

static void arena_clear(struct arena *arena)
{
    arena_reset(arena);
    free(arena->first);
    arena->first = NULL;
}

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

static int driver_choose(struct database *db, const char *url)
{
    *db = (struct database){0};
    db->driver = *url ? driver_find(url) : &driver_sqlite;
    if (!db->driver) {
        fprintf(stderr, "store: the database must be postgresql://..., or empty for a file of the service's own\n");
        return E_RANGE;
    }
    for (int i = 0; i < STATEMENT_COUNT; i++)
        db->statement[i].db = db;
    return 0;
}

int database_open(struct database *db, const char *folder, const char *url)
{
    int err = driver_choose(db, url);
    if (!err)
        err = db->driver->open(db, folder, url);
    if (err)
        database_close(db);
    return err;
}

int database_begin_new(struct database *db, const char *folder, const char *url)
{
    int err = driver_choose(db, url);
    if (!err)
        err = db->driver->transfer->make(db, folder, url);
    if (err)
        database_close(db);
    return err;
}

void database_close(struct database *db)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        arena_clear(&db->statement[i].sealed);
        arena_clear(&db->statement[i].opened);
    }
    if (db->driver)
        db->driver->close(db);
    vault_close(db->vault);
    *db = (struct database){0};
}

bool database_shared(const struct database *db) { return db->driver->shared; }
uint16_t database_port(const struct database *db) { return db->driver->port ? db->driver->port(db) : 0; }

/* -- transactions -------------------------------------------------------- */

static int begin(struct database *db, bool lax)
{
    db->again = db->damaged = false;
    db->lax = lax;
    db->begun++;
    int err = db->driver->begin(db);
    db->open = !err;
    return err;
}

int database_begin(struct database *db) { return begin(db, false); }
int database_begin_lax(struct database *db) { return begin(db, true); }

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
    db->undone++;
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

void bind_clear(struct statement *s, int at, const void *bytes, size_t len)
{
    *value_at(s, at) = (struct value){.kind = VALUE_CLEAR, .bytes = span_of(bytes, len)};
}

static int value_seal(struct statement *s, struct value *v)
{
    bool text = v->kind == VALUE_TEXT;
    size_t len = text ? vault_text_sealed(v->bytes.len) : v->bytes.len;
    if (v->bytes.len == 0)
        return 0;
    uint8_t *sealed = arena_take(&s->sealed, len);
    if (!sealed)
        return E_NOMEM;
    int err = text ? vault_text_seal(s->db->vault, v->bytes, sealed) : vault_id_seal(s->db->vault, v->bytes, sealed);
    v->bytes = span_of(sealed, len);
    return err;
}

static int values_seal(struct statement *s)
{
    int err = 0;
    for (size_t i = 0; s->db->vault && !err && i < s->count; i++)
        if (s->value[i].kind == VALUE_TEXT || s->value[i].kind == VALUE_BYTES)
            err = value_seal(s, &s->value[i]);
    return err;
}

int statement_step(struct database *db, struct statement *s)
{
    (void)db;
    int err = s->running ? 0 : values_seal(s);
    if (err)
        return err;
    arena_reset(&s->opened);
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
    arena_reset(&s->sealed);
    arena_reset(&s->opened);
    memset(s->value, 0, s->count * sizeof s->value[0]);
}

/* -- many at once ---------------------------------------------------------- */

static int row_give(struct statement *s, const struct statement_each *each, size_t at)
{
    int got = statement_step(s->db, s);
    int err = got < 0 ? got : 0;
    if (!err && each->row)
        err = each->row(each->context, at, s, got == 1);
    statement_done(s);
    return err;
}

static int each_alone(struct database *db, enum statement_id id, size_t count, const struct statement_each *each)
{
    int err = 0;
    for (size_t i = 0; !err && i < count; i++) {
        struct statement *s = statement_get(db, id);
        each->bind(each->context, i, s);
        err = row_give(s, each, i);
    }
    return err;
}

/* Those from from on, no more than the driver takes. */
static int each_together(struct database *db, enum statement_id id, size_t from, size_t count,
                         const struct statement_each *each)
{
    int err = 0;
    for (size_t i = from; !err && i < from + count; i++) {
        struct statement *s = statement_get(db, id);
        each->bind(each->context, i, s);
        err = values_seal(s);
        if (!err)
            err = db->driver->start(s);
    }
    int landed = db->driver->land(db);
    err = err ? err : landed;
    for (size_t i = 0; !landed && i < count; i++) {
        struct statement *s = statement_get(db, id);
        db->driver->take(s, i);
        s->running = true;
        if (!err)
            err = row_give(s, each, from + i);
    }
    statement_done(&db->statement[id]);
    return err;
}

int statement_each(struct database *db, enum statement_id id, size_t count, const struct statement_each *each)
{
    int err = 0;
    if (!db->driver->start)
        return each_alone(db, id, count, each);
    for (size_t from = 0; !err && from < count; from += STATEMENTS_TOGETHER_MAX)
        err = each_together(db, id, from, count - from < STATEMENTS_TOGETHER_MAX ? count - from : STATEMENTS_TOGETHER_MAX,
                            each);
    return err;
}

int column_count(struct statement *s) { return s->db->driver->column_count(s); }
uint64_t column_number(struct statement *s, int at) { return s->db->driver->column_number(s, at); }
struct span column_clear(struct statement *s, int at) { return s->db->driver->column_span(s, at); }

struct span column_span(struct statement *s, int at)
{
    struct database *db = s->db;
    struct span sealed = column_clear(s, at);
    if (!db->vault || sealed.len == 0)
        return sealed;
    bool text = db->driver->column_is_text(s, at);
    size_t len = text ? vault_text_plain(sealed.len) : sealed.len;
    uint8_t *plain = len ? arena_take(&s->opened, len) : NULL;
    int err = !plain ? (len ? E_NOMEM : E_CORRUPT)
              : text ? vault_text_open(db->vault, sealed, plain)
                     : vault_id_open(db->vault, sealed, plain);
    if (!err)
        return span_of(plain, len);
    if (!db->damaged)
        fprintf(stderr, "store: a value of the database does not open: %s\n", err_text(err));
    db->damaged = true;
    return span_of(NULL, 0);
}

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

uint64_t database_steady_ms(const struct database *db)
{
    struct timespec now;
    if (db->fixed_now_ms)
        return db->fixed_now_ms - (uint64_t)db->fixed_jump_ms;
    clock_gettime(CLOCK_MONOTONIC, &now);
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
    /* A clock that is years ahead for a moment would take the sequence along, and a backup of before it would be behind
     * what devices have seen for as long. */
    *value = now > last && !db->clock_jumped ? now : last + 1;
    struct statement *s = statement_get(db, STATEMENT_COUNTER_SET);
    bind_number(s, 1, *value);
    return statement_run(db, s);
}
