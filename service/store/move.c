/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service's data from one kind of database to the other.  Rows go as they are, sealed, table
 * after table, into one transaction of the new database, and are read back and compared there;
 * images, which are files with SQLite and rows with PostgreSQL, go by way of their bytes, whose
 * digests are their names.  A record in the audit log of the new one is the last that is written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crypto.h"
#include "service/ipc/service_move.h"
#include "service/store/database/chunks.h"
#include "service/store/database/data_key.h"
#include "service/store/database/driver.h"
#include "service/store/database/transfer.h"
#include "service/store/operations.h"

enum { TOLD_EVERY = 2000, PACKAGE_FIRST_BYTES = 1 << 20 };

/* Not as rows: pieces of images, which are files with SQLite. */
static const char images_table[] = "image_chunk";

struct state {
    struct service_move *move;
    struct store from, to;
    struct transfer_schema from_schema, to_schema;
    struct transfer_sum sum[TRANSFER_TABLES_MAX]; /* of what was read, by the order of the copy */
    uint64_t done, total;
    /* of the table under way */
    void *put;
    struct transfer_sum reading;
    const char *what;
};

static const struct transfer *transfer_of(const struct store *store) { return store->db.driver->transfer; }
static const char *kind_of(const struct store *store) { return database_shared(&store->db) ? "PostgreSQL" : "SQLite"; }

static void tell(struct state *s)
{
    if (s->move->progress)
        s->move->progress(s->move->context, s->what, s->done, s->total);
}

static void step(struct state *s)
{
    if (++s->done % TOLD_EVERY == 0)
        tell(s);
}

/* In the order in which rows may be put: SQLite's, whichever side it is. */
static const struct transfer_schema *schema_of(const struct state *s)
{
    return database_shared(&s->from.db) ? &s->to_schema : &s->from_schema;
}

static bool is_rows(const struct transfer_table *table) { return strcmp(table->name, images_table) != 0; }

/* -- rows -------------------------------------------------------------------- */

static int row_copy(void *context, const struct transfer_table *table, const struct value *values)
{
    struct state *s = context;
    int err = transfer_of(&s->to)->put(&s->to.db, s->put, table, values);
    if (!err)
        err = transfer_sum_add(&s->reading, table, values);
    step(s);
    return err;
}

static int row_sum(void *context, const struct transfer_table *table, const struct value *values)
{
    struct state *s = context;
    step(s);
    return transfer_sum_add(&s->reading, table, values);
}

static int numbers_copy(struct state *s, const struct transfer_table *table)
{
    uint64_t last, again;
    int err = transfer_of(&s->from)->last_get(&s->from.db, table, &last);
    if (!err)
        err = transfer_of(&s->to)->last_put(&s->to.db, table, last);
    if (!err)
        err = transfer_of(&s->to)->last_get(&s->to.db, table, &again);
    return err ? err : again == last ? 0 : E_INTERNAL;
}

static int table_copy(struct state *s, const struct transfer_table *table, struct transfer_sum *sum)
{
    s->what = table->name;
    s->reading = (struct transfer_sum){0};
    tell(s);
    int err = transfer_of(&s->to)->put_begin(&s->to.db, table, &s->put);
    if (!err)
        err = transfer_of(&s->from)->read(&s->from.db, table, row_copy, s);
    err = transfer_of(&s->to)->put_end(&s->to.db, s->put, err);
    if (!err && table->numbers)
        err = numbers_copy(s, table);
    if (err)
        fprintf(stderr, "store: table %s is not moved: %s\n", table->name, err_text(err));
    *sum = s->reading;
    s->move->rows += sum->rows;
    return err;
}

static int table_compare(struct state *s, const struct transfer_table *table, const struct transfer_sum *sum)
{
    s->reading = (struct transfer_sum){0};
    int err = transfer_of(&s->to)->read(&s->to.db, table, row_sum, s);
    if (!err && memcmp(&s->reading, sum, sizeof *sum) != 0) {
        fprintf(stderr, "store: table %s has other rows in the new database than it had\n", table->name);
        err = E_DIGEST;
    }
    return err;
}

static int rows_move(struct state *s)
{
    const struct transfer_schema *schema = schema_of(s);
    int err = 0;
    for (size_t i = 0; !err && i < schema->tables; i++)
        if (is_rows(&schema->table[i]))
            err = table_copy(s, &schema->table[i], &s->sum[i]);
    s->what = "comparing";
    for (size_t i = 0; !err && i < schema->tables; i++)
        if (is_rows(&schema->table[i]))
            err = table_compare(s, &schema->table[i], &s->sum[i]);
    return err;
}

/* -- images ------------------------------------------------------------------ */

struct package {
    uint8_t *at;
    size_t len, cap;
};

/* All its bytes, which must have the digest. */
static int package_load(struct store *store, const uint8_t digest[static 32], struct package *package)
{
    uint8_t got[SHA256_BYTES];
    int err = 0;
    size_t more = 1;
    for (package->len = 0; !err && more;) {
        if (package->len == package->cap) {
            size_t cap = package->cap ? 2 * package->cap : PACKAGE_FIRST_BYTES;
            uint8_t *at = realloc(package->at, cap);
            if (!at)
                return E_NOMEM;
            package->at = at;
            package->cap = cap;
        }
        err = package_read(store, digest, package->len, package->at + package->len, package->cap - package->len, &more);
        package->len += more;
    }
    const struct span bytes = span_of(package->at, package->len);
    if (!err)
        err = crypto_sha256(&bytes, 1, got);
    return err ? err : memcmp(got, digest, sizeof got) == 0 ? 0 : E_CORRUPT;
}

static int package_move(struct state *s, const uint8_t digest[static 32], struct package *package)
{
    int err = package_load(&s->from, digest, package);
    if (err)
        fprintf(stderr, "store: an image's bytes are missing or damaged: %s\n", err_text(err));
    const struct span bytes = span_of(package->at, package->len);
    if (!err)
        err = database_shared(&s->to.db) ? chunks_put(&s->to.db, digest, bytes) : file_put(&s->to.files, digest, bytes);
    if (!err)
        err = package_load(&s->to, digest, package);
    s->move->images++;
    s->done++;
    tell(s);
    return err;
}

static int images_count(struct state *s, uint64_t *count)
{
    struct statement *all = statement_get(&s->from.db, STATEMENT_IMAGE_DIGESTS);
    int got;
    for (*count = 0; (got = statement_step(&s->from.db, all)) == 1;)
        (*count)++;
    statement_done(all);
    return got;
}

static int images_move(struct state *s)
{
    struct package package = {0};
    struct statement *all = statement_get(&s->from.db, STATEMENT_IMAGE_DIGESTS);
    int got, err = 0;
    s->what = "images";
    while (!err && (got = statement_step(&s->from.db, all)) != 0) {
        uint8_t digest[32];
        column_exact(all, 0, digest, sizeof digest);
        err = got < 0 ? got : s->from.db.damaged ? E_CORRUPT : package_move(s, digest, &package);
    }
    statement_done(all);
    free(package.at);
    return err;
}

/* -- the whole --------------------------------------------------------------- */

static int total_count(struct state *s)
{
    const struct transfer_schema *schema = schema_of(s);
    uint64_t rows = 0, images;
    int err = images_count(s, &images);
    for (size_t i = 0; !err && i < schema->tables; i++) {
        uint64_t count = 0;
        if (is_rows(&schema->table[i]))
            err = transfer_of(&s->from)->count(&s->from.db, &schema->table[i], &count);
        rows += count;
    }
    s->total = 2 * rows + images;
    s->move->tables = schema->tables;
    return err;
}

/* The new one's: with the same data key under the same operator's key. */
static int vault_bring(struct state *s, const struct data_key_source *source)
{
    int err = data_key_bring(&s->to.db, s->move->folder, source);
    if (!err && !database_shared(&s->to.db))
        err = files_open(&s->to.files, s->move->folder, s->to.db.vault);
    return err;
}

static int record_add(struct state *s)
{
    char detail[160];
    snprintf(detail, sizeof detail, "from %s to %s: %llu rows, %llu images", kind_of(&s->from), kind_of(&s->to),
             (unsigned long long)s->move->rows, (unsigned long long)s->move->images);
    static const char path[] = "/providers/Perisphere/database";
    const struct store_caller service = {
        .principal = span_of("perisphered", 11), .action = ACCESS_DATABASE_MOVE,
        .path = span_of(path, strlen(path)), .detail = span_of(detail, strlen(detail)),
    };
    return audit_append(&s->to, &service, "Succeeded");
}

static int all_move(struct state *s, const struct data_key_source *source)
{
    int err = transfer_of(&s->from)->schema(&s->from.db, &s->from_schema);
    if (!err)
        err = transfer_of(&s->to)->schema(&s->to.db, &s->to_schema);
    if (!err)
        err = transfer_schema_compare(&s->from_schema, &s->to_schema);
    if (!err)
        err = total_count(s);
    if (!err)
        err = rows_move(s);
    if (!err)
        err = vault_bring(s, source);
    if (!err)
        err = images_move(s);
    if (!err)
        err = record_add(s);
    if (!err)
        err = audit_verify(&s->to, &s->move->audit_records);
    if (!err)
        err = transfer_of(&s->to)->settle(&s->to.db);
    return err;
}

static int ends_open(struct state *s, const struct data_key_source *source)
{
    int err = store_open_by(&s->from, s->move->folder, s->move->from, source);
    if (!err)
        err = transfer_of(&s->from)->hold(&s->from.db);
    if (!err)
        err = database_begin_new(&s->to.db, s->move->folder, s->move->to);
    return err;
}

int service_move(struct service_move *move)
{
    struct state *s = calloc(1, sizeof *s);
    const struct data_key_source source = {.key = move->key, .own = move->key_own, .next = move->key_next};
    if (!s)
        return E_NOMEM;
    move->tables = move->rows = move->images = move->audit_records = 0;
    s->move = move;
    s->from.files.folder_fd = s->to.files.folder_fd = -1;
    int err = ends_open(s, &source);
    const struct transfer *to = err ? NULL : transfer_of(&s->to);
    if (!err)
        err = all_move(s, &source);
    store_close(&s->to);
    store_close(&s->from);
    if (to && !err && to->place)
        err = to->place(move->folder);
    if (to && err && to->discard)
        to->discard(move->folder);
    free(s);
    return err;
}
