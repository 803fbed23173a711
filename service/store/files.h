/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Image files: <folder>/images/<sealed SHA-256 in hex>, written once, never changed.
 * Source: docs/spec/store.md, "image files".
 *
 * A file is its package in pieces of VAULT_CHUNK_BYTES, each sealed by itself
 * (vault.h) and bound to the digest and its number, so that a range is read without
 * the rest, and no piece stands for another.
 *
 * A file appears under its name only when it is whole and on disk: temporary
 * name, fsync, rename, fsync of the folder.  The row that names it is committed
 * afterwards, so a crash leaves at most a file that no row names; the next start
 * removes it.
 */
#ifndef PERI_SERVICE_STORE_FILES_H
#define PERI_SERVICE_STORE_FILES_H

#include "lib/cursor.h"
#include "lib/err.h"
#include "service/store/database/vault.h"

struct image_files {
    int folder_fd; /* -1 when closed */
    struct vault *vault;
};

/* Makes folder/images when it is not there.  0, E_IO, E_FULL. */
int files_open(struct image_files *files, const char *folder, struct vault *vault) MUST_CHECK;
void files_close(struct image_files *files);
/* 0 once the file is durable under the name of digest, which the caller has
 * computed from bytes; E_FULL, E_IO. */
int file_put(struct image_files *files, const uint8_t digest[static 32], struct span bytes) MUST_CHECK;
/* Reads at most len bytes at offset; got < len only at the end.  E_CORRUPT: no such
 * file, or a piece of it was changed. */
int file_read(struct image_files *files, const uint8_t digest[static 32], uint64_t offset,
              uint8_t *to, size_t len, size_t *got) MUST_CHECK;
/* Seals a file that an older program left under its digest, in the clear; nothing when
 * there is none.  The one in the clear goes with the next files_sweep(). */
int file_seal_old(struct image_files *files, const uint8_t digest[static 32]) MUST_CHECK;
void file_remove(struct image_files *files, const uint8_t digest[static 32]);
/* Removes temporary files, and every file that keep says no to. */
void files_sweep(struct image_files *files, bool (*keep)(void *context, const uint8_t digest[static 32]),
                 void *context);

#endif
