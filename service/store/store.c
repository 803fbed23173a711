/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing what the operations work on. */
#include <string.h>
#include <sys/stat.h>

#include "service/store/database/chunks.h"
#include "service/store/database/data_key.h"
#include "service/store/operations.h"

static bool digest_used(void *context, const uint8_t digest[static 32])
{
    struct store *store = context;
    struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_DIGEST_USED);
    bind_bytes(s, 1, digest, 32);
    int got = statement_step(&store->db, s);
    statement_done(s);
    return got != 0; /* when in doubt it stays */
}

/* What a program before encryption left as files in the clear. */
static int files_seal(struct store *store)
{
    struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_DIGESTS);
    int got, err = 0;
    while (!err && (got = statement_step(&store->db, s)) != 0) {
        uint8_t digest[32];
        column_exact(s, 0, digest, sizeof digest);
        err = got < 0 ? got : file_seal_old(&store->files, digest);
    }
    statement_done(s);
    return err;
}

int store_open(struct store *store, const char *folder, const char *database, const uint8_t *key)
{
    return store_open_by(store, folder, database, &(struct data_key_source){.key = key});
}

int store_open_by(struct store *store, const char *folder, const char *database, const struct data_key_source *source)
{
    *store = (struct store){.files.folder_fd = -1};
    (void)mkdir(folder, 0700); /* database_open() says what is wrong */
    int err = database_open(&store->db, folder, database);
    if (!err)
        err = data_key_bring(&store->db, folder, source);
    if (!err && !database_shared(&store->db)) {
        err = files_open(&store->files, folder, store->db.vault);
        if (!err)
            err = files_seal(store);
    }
    if (!err)
        err = releases_learn(store);
    if (!err)
        err = random_guid(store->runner);
    if (err) {
        store_close(store);
        return err;
    }
    if (!database_shared(&store->db))
        files_sweep(&store->files, digest_used, store);
    return 0;
}

void store_close(struct store *store)
{
    known_clear(&store->known);
    files_close(&store->files);
    database_close(&store->db);
}

void doomed_remove(struct store *store)
{
    if (store->hold_files)
        return;
    for (size_t i = 0; i < store->doomed_count; i++)
        if (!digest_used(store, store->doomed[i]))
            file_remove(&store->files, store->doomed[i]);
    store->doomed_count = 0;
}

/* The end of the batch removes the file unless a row names it then: after a
 * deletion, and after an upload whose row did not come to be. */
static void file_doubt(struct store *store, const uint8_t digest[static 32])
{
    if (store->doomed_count < STORE_DOOMED_MAX) /* else: the next start removes it */
        memcpy(store->doomed[store->doomed_count++], digest, 32);
}

int package_put(struct store *store, const uint8_t digest[static 32], struct span bytes)
{
    if (database_shared(&store->db))
        return chunks_put(&store->db, digest, bytes);
    int err = file_put(&store->files, digest, bytes);
    if (!err)
        file_doubt(store, digest);
    return err;
}

int package_read(struct store *store, const uint8_t digest[static 32], uint64_t offset, uint8_t *to,
                 size_t len, size_t *got)
{
    if (database_shared(&store->db))
        return chunks_read(&store->db, digest, offset, to, len, got);
    return file_read(&store->files, digest, offset, to, len, got);
}

int package_remove(struct store *store, const uint8_t digest[static 32])
{
    if (database_shared(&store->db))
        return chunks_remove(&store->db, digest);
    file_doubt(store, digest);
    return 0;
}

int packages_sweep(struct store *store)
{
    return database_shared(&store->db) ? chunks_sweep(&store->db) : 0;
}
