/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A data folder as a backup, and a backup as a data folder: all of it appears under its name at once, on disk, or nothing does.
 * Source: docs/spec/store.md, "Backup and keys".  Caller: maintain.c, as the owner of the service.  What fails is one line on
 * stderr; the answers are exit codes.
 */
#ifndef PERI_SERVICE_PERISPHERED_TREE_COPY_H
#define PERI_SERVICE_PERISPHERED_TREE_COPY_H

#include <stdbool.h>
#include <sys/types.h>

/* In a backup: the database of a service on PostgreSQL. */
#define TREE_DUMP "store/database.dump"

struct tree_copy {
    const char *from, *to; /* folders; to must not exist */
    bool live;             /* the database is in store/snapshot.db, and becomes store/store.db */
    const char *key;       /* a file that becomes store/data.key; NULL: none does */
    bool check;            /* the key opens what was copied, or the copy is refused */
    const char *dump;      /* a file that becomes TREE_DUMP; NULL: none does */
    const char *what;      /* lines "progress DONE TOTAL WHAT" on standard output, bytes; NULL: none */
};

int tree_copy(const struct tree_copy *copy);
/* Where a new folder is to be: nothing may have its name, and what it goes into must be there. */
int tree_place_check(const char *to);
/* 0 too where from is gone. */
int tree_file_copy(const char *from, const char *to, mode_t mode);

#endif
