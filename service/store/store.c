/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing what the operations work on. */
#include <sys/stat.h>

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

int store_open(struct store *store, const char *folder)
{
    *store = (struct store){.files.folder_fd = -1};
    (void)mkdir(folder, 0700); /* database_open() says what is wrong */
    int err = database_open(&store->db, folder);
    if (!err)
        err = files_open(&store->files, folder);
    if (err) {
        store_close(store);
        return err;
    }
    files_sweep(&store->files, digest_used, store);
    return 0;
}

void store_close(struct store *store)
{
    files_close(&store->files);
    database_close(&store->db);
}

void doomed_remove(struct store *store)
{
    for (size_t i = 0; i < store->doomed_count; i++)
        if (!digest_used(store, store->doomed[i]))
            file_remove(&store->files, store->doomed[i]);
    store->doomed_count = 0;
}
