/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A copy of the database while it is in use: some pages at a time, between two
 * transactions.  What is written meanwhile goes through the same connection, so
 * SQLite puts it into the copy too: the copy is the database as it is at the end.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/store/database/sqlite_backup.h"

enum { PAGES_A_STEP = 512 };

struct copy {
    sqlite3 *to;
    sqlite3_backup *backup;
};

int sqlite_backup_begin(struct database *db, const char *path)
{
    struct copy *copy = db->copy = calloc(1, sizeof *copy);
    if (!copy)
        return E_NOMEM;
    (void)remove(path);
    if (sqlite3_open_v2(path, &copy->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
                        "perisphere") == SQLITE_OK)
        copy->backup = sqlite3_backup_init(copy->to, "main", db->own, "main");
    if (copy->backup)
        return 0;
    sqlite_backup_end(db);
    return E_IO;
}

int sqlite_backup_step(struct database *db, bool *done)
{
    struct copy *copy = db->copy;
    int rc = sqlite3_backup_step(copy->backup, PAGES_A_STEP);
    *done = rc == SQLITE_DONE;
    if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
        return 0;
    fprintf(stderr, "store: backup: %s\n", sqlite3_errstr(rc));
    return (rc & 0xff) == SQLITE_FULL ? E_FULL : E_IO;
}

int sqlite_backup_end(struct database *db)
{
    struct copy *copy = db->copy;
    if (!copy)
        return 0;
    int rc = sqlite3_backup_finish(copy->backup);
    /* The log of the copy goes into it, so that it is one file. */
    if (rc == SQLITE_OK && sqlite3_exec(copy->to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) != SQLITE_OK)
        rc = SQLITE_IOERR;
    if (sqlite3_close(copy->to) != SQLITE_OK)
        rc = SQLITE_IOERR;
    free(copy);
    db->copy = NULL;
    return rc == SQLITE_OK ? 0 : E_IO;
}
