/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PostgreSQL's side of a move: rows as a stream, by COPY in its binary format (PostgreSQL's
 * manual, "COPY", "Binary Format"; all numbers big-endian):
 *   off size field
 *     0   11 "PGCOPY\n\xff\r\n\0"
 *    11    4 flags, 0
 *    15    4 bytes of an extension, 0
 *   a row:  2 number of columns; of each 4 its length (-1: NULL), and so many bytes
 *   end:    2 -1
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/store/database/postgresql.h"
#include "service/store/database/transfer.h"

enum { SQL_BYTES = 8192, SEND_BYTES = 1 << 17 };

static const uint8_t head[19] = "PGCOPY\n\xff\r\n";

static struct postgresql *own(const struct database *db) { return db->own; }

/* -- a new one, and one that is there ------------------------------------------ */

/* In the transaction that postgresql_make() began; the driver's commit says what became of it. */
static int settle(struct database *db)
{
    int err = postgresql_execute(db, "ANALYZE", NULL);
    own(db)->begin_waits = false;
    db->open = true;
    return err ? err : database_commit(db, true);
}

static int hold(struct database *db)
{
    int64_t others = 0;
    int err = postgresql_execute(db, "BEGIN ISOLATION LEVEL REPEATABLE READ", NULL);
    if (!err)
        err = postgresql_number(db, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                                    "AND application_name = 'perisphere' AND pid <> pg_backend_pid()", &others);
    if (err || others == 0)
        return err;
    fprintf(stderr, "store: another service works on the database: stop all of them first\n");
    return E_BUSY;
}

static int column_take(struct database *db, struct transfer_schema *schema, const PGresult *result, int row)
{
    const char *cell[4];
    for (int i = 0; i < 4; i++)
        cell[i] = own(db)->pq->PQgetvalue(result, row, i);
    return transfer_column_add(schema, cell[0], cell[1],
                               strcmp(cell[2], "bigint") == 0  ? VALUE_NUMBER
                               : strcmp(cell[2], "bytea") == 0 ? VALUE_BYTES
                                                               : VALUE_TEXT,
                               strcmp(cell[3], "YES") == 0);
}

/* But those of the driver. */
static int schema_read(struct database *db, struct transfer_schema *schema)
{
    PGresult *result = NULL;
    int err = postgresql_execute(db, "SELECT table_name, column_name, data_type, is_identity FROM information_schema.columns "
                                     "WHERE table_schema = current_schema() "
                                     "AND table_name NOT IN ('perisphere', 'transaction_mark') "
                                     "ORDER BY table_name COLLATE \"C\", ordinal_position", &result);
    schema->tables = 0;
    if (err)
        return err;
    for (int row = 0; !err && row < own(db)->pq->PQntuples(result); row++)
        err = column_take(db, schema, result, row);
    own(db)->pq->PQclear(result);
    return err;
}

static int count(struct database *db, const struct transfer_table *table, uint64_t *rows)
{
    char sql[128];
    int64_t got = 0;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM \"%s\"", table->name);
    int err = postgresql_number(db, sql, &got);
    *rows = got > 0 ? (uint64_t)got : 0;
    return err;
}

/* -- COPY -------------------------------------------------------------------- */

static int copy_begin(struct database *db, const struct transfer_table *table, const char *where, ExecStatusType want)
{
    const struct libpq *pq = own(db)->pq;
    char sql[SQL_BYTES], columns[SQL_BYTES / 2];
    int err = transfer_columns_write(table, columns, sizeof columns);
    if (err)
        return err;
    snprintf(sql, sizeof sql, "COPY \"%s\" (%s) %s (FORMAT binary)", table->name, columns, where);
    PGresult *result = pq->PQexec(own(db)->conn, sql);
    if (pq->PQresultStatus(result) != want) {
        err = postgresql_error(db, result);
        err = err ? err : E_INTERNAL;
    }
    pq->PQclear(result);
    return err;
}

/* What the server says of the whole. */
static int copy_end(struct database *db)
{
    const struct libpq *pq = own(db)->pq;
    int err = 0;
    for (PGresult *result; (result = pq->PQgetResult(own(db)->conn)) != NULL; pq->PQclear(result)) {
        int got = postgresql_error(db, result);
        err = err ? err : got;
    }
    return err;
}

static int value_take(struct cursor *c, enum value_kind kind, struct value *value)
{
    uint32_t len = cursor_u32be(c);
    *value = (struct value){.kind = VALUE_NULL};
    if (len == UINT32_MAX)
        return c->err;
    value->kind = kind;
    if (kind == VALUE_NUMBER && len != 8)
        return E_MALFORMED;
    if (kind == VALUE_NUMBER)
        value->number = cursor_u64be(c);
    else
        value->bytes = cursor_bytes(c, len);
    return c->err;
}

/* 1: a row; 0: the end. */
static int row_take(struct span message, bool first, const struct transfer_table *table, struct value *values)
{
    struct cursor c = cursor_of(message);
    if (first) {
        struct span begins = cursor_bytes(&c, sizeof head);
        if (c.err || memcmp(begins.at, head, sizeof head) != 0)
            return E_MALFORMED;
    }
    uint16_t columns = cursor_u16be(&c);
    if (!c.err && columns == UINT16_MAX)
        return c.left ? E_TRAILING : 0;
    if (c.err || columns != table->columns)
        return E_MALFORMED;
    for (size_t i = 0; i < table->columns; i++) {
        int err = value_take(&c, table->column[i].kind, &values[i]);
        if (err)
            return err;
    }
    return c.left ? E_TRAILING : 1;
}

/* A row a message: PQgetCopyData() promises it.  After an error the rest is let pass. */
static int read_rows(struct database *db, const struct transfer_table *table, transfer_row *row, void *context)
{
    const struct libpq *pq = own(db)->pq;
    struct value values[TRANSFER_COLUMNS_MAX];
    char *message;
    int len, err = copy_begin(db, table, "TO STDOUT", PGRES_COPY_OUT);
    if (err)
        return err;
    for (bool first = true; (len = pq->PQgetCopyData(own(db)->conn, &message, 0)) > 0; first = false) {
        int got = err ? err : row_take(span_of(message, (size_t)len), first, table, values);
        if (got == 1)
            got = row(context, table, values);
        err = got;
        pq->PQfreemem(message);
    }
    int end = copy_end(db);
    return err ? err : end;
}

/* Rows that wait to be sent. */
struct sending {
    struct writer w;
    uint8_t bytes[SEND_BYTES];
};

static int send_waiting(struct database *db, struct sending *sending)
{
    struct span bytes = writer_view(&sending->w);
    int sent = bytes.len ? own(db)->pq->PQputCopyData(own(db)->conn, (const char *)bytes.at, (int)bytes.len) : 1;
    sending->w = writer_of(sending->bytes, sizeof sending->bytes);
    return sent == 1 ? 0 : E_NETWORK; /* put_end() says why */
}

static int send(struct database *db, struct sending *sending, struct span bytes)
{
    while (bytes.len) {
        size_t room = sending->w.cap - sending->w.len, len = bytes.len < room ? bytes.len : room;
        writer_bytes(&sending->w, bytes.at, len);
        bytes = span_of(bytes.at + len, bytes.len - len);
        int err = sending->w.len == sending->w.cap ? send_waiting(db, sending) : 0;
        if (err)
            return err;
    }
    return 0;
}

static int send_number(struct database *db, struct sending *sending, uint64_t number, size_t bytes)
{
    uint8_t be[8];
    for (size_t i = 0; i < bytes; i++)
        be[i] = (uint8_t)(number >> 8 * (bytes - 1 - i));
    return send(db, sending, span_of(be, bytes));
}

static int put_begin(struct database *db, const struct transfer_table *table, void **put)
{
    char sql[128];
    snprintf(sql, sizeof sql, "DELETE FROM \"%s\"", table->name);
    int err = postgresql_execute(db, sql, NULL);
    if (!err)
        err = copy_begin(db, table, "FROM STDIN", PGRES_COPY_IN);
    struct sending *sending = *put = err ? NULL : malloc(sizeof *sending);
    if (err || !sending)
        return err ? err : E_NOMEM;
    sending->w = writer_of(sending->bytes, sizeof sending->bytes);
    return send(db, sending, span_of(head, sizeof head));
}

static int put_row(struct database *db, void *put, const struct transfer_table *table, const struct value *values)
{
    int err = send_number(db, put, table->columns, 2);
    for (size_t i = 0; !err && i < table->columns; i++) {
        const struct value *v = &values[i];
        if (v->kind == VALUE_NULL) {
            err = send_number(db, put, UINT32_MAX, 4);
            continue;
        }
        if (v->kind != table->column[i].kind)
            return E_CORRUPT;
        err = send_number(db, put, v->kind == VALUE_NUMBER ? 8 : v->bytes.len, 4);
        if (!err)
            err = v->kind == VALUE_NUMBER ? send_number(db, put, v->number, 8) : send(db, put, v->bytes);
    }
    return err;
}

/* The server's reason comes before "cannot be sent". */
static int put_end(struct database *db, void *put, int err)
{
    const struct libpq *pq = own(db)->pq;
    struct sending *sending = put;
    if (!sending)
        return err;
    if (!err)
        err = send_number(db, sending, UINT16_MAX, 2);
    if (!err)
        err = send_waiting(db, sending);
    free(sending);
    bool refused = err && err != E_NETWORK; /* here, not there: it is not asked what it thinks of it */
    if (pq->PQputCopyEnd(own(db)->conn, err ? "the move was given up" : NULL) != 1)
        return E_NETWORK;
    if (refused) {
        for (PGresult *result; (result = pq->PQgetResult(own(db)->conn)) != NULL;)
            pq->PQclear(result);
        return err;
    }
    int end = copy_end(db);
    return end ? end : err;
}

static int last_get(struct database *db, const struct transfer_table *table, uint64_t *last)
{
    char sql[512];
    int64_t got = 0;
    snprintf(sql, sizeof sql, "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('%s', 'id')::regclass), 0)",
             table->name);
    int err = postgresql_number(db, sql, &got);
    *last = got > 0 ? (uint64_t)got : 0;
    return err;
}

static int last_put(struct database *db, const struct transfer_table *table, uint64_t last)
{
    char sql[512];
    snprintf(sql, sizeof sql, "SELECT setval(pg_get_serial_sequence('%s', 'id'), %llu, %s)", table->name,
             (unsigned long long)(last ? last : 1), last ? "true" : "false");
    return postgresql_execute(db, sql, NULL);
}

const struct transfer transfer_postgresql = {
    .make = postgresql_make,
    .settle = settle,
    .hold = hold,
    .schema = schema_read,
    .count = count,
    .read = read_rows,
    .put_begin = put_begin,
    .put = put_row,
    .put_end = put_end,
    .last_get = last_get,
    .last_put = last_put,
};
