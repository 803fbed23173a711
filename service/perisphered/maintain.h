/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Backup, restore and a new key, from outside of the service and while it runs.
 * Source: docs/spec/store.md, "Backup and keys".  What the store has to do is asked of
 * it through files in its folder (service/store/requests.h says which).
 * Each tells what it did, or says in one line what failed; the program's exit code.
 * progress: lines "progress DONE TOTAL WHAT" on standard output on the way (tree_copy.h).
 */
#ifndef PERI_SERVICE_PERISPHERED_MAINTAIN_H
#define PERI_SERVICE_PERISPHERED_MAINTAIN_H

#include "service/perisphered/outcome.h"

/* The data folder as it is now, without the key of the data, into out, which must not exist;
 * with PostgreSQL the database too, as store/database.dump. */
int maintain_backup(const char *data, const char *out, bool progress, struct outcome *outcome);
/* A new data folder from a backup; key: the file with the key of the data, NULL when
 * service.json names where it is.  database: of a backup with PostgreSQL, the empty database
 * to restore into; NULL for none. */
int maintain_restore(const char *data, const char *from, const char *key, const char *database, bool progress, struct outcome *outcome);
/* The service must run.  key: a file with the new key; uri: the token's key that is to seal the new one,
 * made where it is missing.  Both NULL: one at random, kept where the present one is. */
int maintain_rotate(const char *data, const char *key, const char *uri, struct outcome *outcome);

#endif
