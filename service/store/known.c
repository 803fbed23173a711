/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/known.h"

#include <stdlib.h>
#include <string.h>

#include "abi/keystore.h"
#include "lib/image.h"
#include "service/store/operations.h"

void known_image_read(struct statement *s, struct known_image *known)
{
    struct store_wanted_image *image = &known->image;
    column_exact(s, 0, image->image, sizeof image->image);
    column_exact(s, 1, image->component, sizeof image->component);
    image->type = (uint16_t)column_number(s, 2);
    image->file_bytes = (uint32_t)column_number(s, 3);
    image->provides_version = (uint32_t)column_number(s, 4);
    image->provides_type = (uint32_t)column_number(s, 5);
    image->depends_version = (uint32_t)column_number(s, 6);
    image->depends_type = (uint32_t)column_number(s, 7);
    column_exact(s, 8, known->file.digest, sizeof known->file.digest);
    known->file.row = column_number(s, 9);
    known->file.bytes = image->file_bytes;
}

/* -- from the database --------------------------------------------------------- */

/* Its security version: in the package, which never changes. */
static int keystore_version(struct store *store, struct image_file *file)
{
    uint8_t bytes[KEYSTORE_FILE_BYTES_MAX];
    struct image image;
    size_t got = 0;
    file->version = UINT32_MAX;
    if (file->bytes > sizeof bytes)
        return 0; /* no device takes it */
    int err = package_read(store, file->digest, 0, bytes, (size_t)file->bytes, &got);
    if (!err)
        err = image_parse(span_of(bytes, got), &image);
    if (!err)
        file->version = image.meta.security_version;
    return err;
}

static const struct kind_row {
    enum statement_id statement;
    int values; /* of the key: a, b, c */
} kinds[] = {
    [KNOWN_APPLICATIONS] = {STATEMENT_WANTED_APPLICATIONS, 1},
    [KNOWN_ROLLOUT] = {STATEMENT_WANTED_ROLLOUT, 1},
    [KNOWN_OS] = {STATEMENT_WANTED_OS, 2},
    [KNOWN_OS_ROLLOUT] = {STATEMENT_WANTED_OS_ROLLOUT, 1},
    [KNOWN_KEYSTORES] = {STATEMENT_WANTED_KEYSTORES, 3},
};

static int images_load(struct store *store, struct known *known)
{
    static struct known_image images[STORE_WANTED_MAX]; /* one thread */
    const struct known_key *key = &known->key;
    const uint64_t value[] = {key->a, key->b, key->c};
    struct statement *s = statement_get(&store->db, kinds[key->kind].statement);
    int got;
    for (int i = 0; i < kinds[key->kind].values; i++)
        bind_number(s, i + 1, value[i]);
    while ((got = statement_step(&store->db, s)) == 1 && known->count < STORE_WANTED_MAX)
        known_image_read(s, &images[known->count++]);
    statement_done(s);
    if (got != 0)
        return got < 0 ? got : E_LIMIT; /* half a set is no set */
    int err = 0;
    for (uint16_t i = 0; key->kind == KNOWN_KEYSTORES && !err && i < known->count; i++)
        err = keystore_version(store, &images[i].file);
    if (err || known->count == 0)
        return err;
    known->image = malloc(known->count * sizeof images[0]);
    if (!known->image)
        return E_NOMEM;
    memcpy(known->image, images, known->count * sizeof images[0]);
    return 0;
}

static int release_load(struct store *store, struct known *known)
{
    uint8_t image[16];
    struct known_release *release = known->release = calloc(1, sizeof *release);
    if (!release)
        return E_NOMEM;
    memcpy(image, &known->key.a, 8);
    memcpy(image + 8, &known->key.b, 8);
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_OF_IMAGE);
    bind_bytes(s, 1, image, sizeof image);
    int got = statement_step(&store->db, s);
    struct span text = got == 1 ? column_span(s, 0) : span_of(NULL, 0);
    if (text.len && text.len < sizeof release->version) {
        memcpy(release->version, text.at, text.len);
        release->version_bytes = text.len;
        release->hardware = column_number(s, 1);
    }
    statement_done(s);
    return got < 0 ? got : 0;
}

/* -- the table ------------------------------------------------------------------- */

static void known_free(struct known *known)
{
    free(known->image);
    free(known->release);
    free(known->standing);
    *known = (struct known){.key.kind = KNOWN_NONE};
}

void known_clear(struct known_table *table)
{
    for (size_t i = 0; i < KNOWN_BUCKETS; i++)
        for (size_t k = 0; k < KNOWN_WAYS; k++)
            known_free(&table->at[i][k]);
}

static struct known *bucket_of(struct known_table *table, const struct known_key *key)
{
    const uint64_t words[] = {key->kind, key->generation, key->a, key->b, key->c};
    uint64_t x = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        x = (x ^ words[i]) * 0x9e3779b97f4a7c15u;
        x ^= x >> 29;
    }
    return table->at[x % KNOWN_BUCKETS];
}

static bool key_equal(const struct known_key *x, const struct known_key *y)
{
    return x->kind == y->kind && x->generation == y->generation && x->a == y->a && x->b == y->b && x->c == y->c;
}

/* Only the last transaction that loaded something can have gone since: after the one before it
 * this was asked already. */
static void undone_forget(struct known_table *table, const struct database *db)
{
    for (size_t i = 0; i < KNOWN_BUCKETS && table->undone != db->undone; i++)
        for (size_t k = 0; k < KNOWN_WAYS; k++)
            if (table->at[i][k].begun == table->begun)
                known_free(&table->at[i][k]);
    table->undone = db->undone;
}

const struct known *known_find(struct store *store, const struct known_key *key)
{
    struct known_table *table = &store->known;
    undone_forget(table, &store->db);
    struct known *bucket = bucket_of(table, key);
    for (size_t i = 0; i < KNOWN_WAYS; i++)
        if (key_equal(&bucket[i].key, key)) {
            bucket[i].used = ++table->clock;
            return &bucket[i];
        }
    return NULL;
}

/* The row that goes for it.  Devices may say any image: those that no release holds have the first row of a
 * bucket alone, so that nobody pushes out what the others need. */
static struct known *row_for(struct known *bucket, const struct known *known)
{
    struct known *oldest = &bucket[1];
    if (known->release && !known->release->version_bytes)
        return &bucket[0];
    for (size_t i = 2; i < KNOWN_WAYS; i++)
        if (bucket[i].used < oldest->used)
            oldest = &bucket[i];
    return oldest;
}

int known_load(struct store *store, const struct known_key *key, const struct known **found)
{
    struct known *bucket = bucket_of(&store->known, key);
    *found = known_find(store, key);
    if (*found)
        return 0;
    struct known known = {.key = *key, .used = ++store->known.clock, .begun = store->db.begun};
    store->known.begun = store->db.begun;
    int err = key->kind == KNOWN_VERSION ? release_load(store, &known) : images_load(store, &known);
    if (!err && store->db.damaged)
        err = E_CORRUPT; /* the request fails; what it met is not kept */
    if (err) {
        known_free(&known);
        return err;
    }
    struct known *oldest = row_for(bucket, &known);
    known_free(oldest);
    *oldest = known;
    *found = oldest;
    return 0;
}

void known_keep(struct store *store, const struct known_key *key, const struct known_standing *standing)
{
    if (store->db.damaged || known_find(store, key))
        return;
    struct known known = {.key = *key, .used = ++store->known.clock, .begun = store->db.begun,
                          .standing = malloc(sizeof *standing)};
    if (!known.standing)
        return;
    *known.standing = *standing;
    store->known.begun = store->db.begun;
    struct known *oldest = row_for(bucket_of(&store->known, key), &known);
    known_free(oldest);
    *oldest = known;
}
