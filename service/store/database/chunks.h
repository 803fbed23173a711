/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Image packages as rows: where several processes share the database, they share
 * the images with it.  Table image_chunk: pieces of CHUNK_BYTES, numbered from 0,
 * each sealed by itself.
 * Called inside the transaction that writes or removes the image's own row, so
 * that one never is without the other.
 */
#ifndef PERI_SERVICE_STORE_DATABASE_CHUNKS_H
#define PERI_SERVICE_STORE_DATABASE_CHUNKS_H

#include "service/store/database/database.h"

enum { CHUNK_BYTES = VAULT_CHUNK_BYTES };

int chunks_put(struct database *db, const uint8_t digest[static 32], struct span bytes) MUST_CHECK;
/* As file_read(): got < len only at the end. */
int chunks_read(struct database *db, const uint8_t digest[static 32], uint64_t offset, uint8_t *to,
                size_t len, size_t *got) MUST_CHECK;
/* Unless another image has the same bytes. */
int chunks_remove(struct database *db, const uint8_t digest[static 32]) MUST_CHECK;
/* All that no image names. */
int chunks_sweep(struct database *db) MUST_CHECK;

#endif
