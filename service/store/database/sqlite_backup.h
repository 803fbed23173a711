/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of the SQLite driver that copies its database; see driver.h. */
#ifndef PERI_SERVICE_STORE_DATABASE_SQLITE_BACKUP_H
#define PERI_SERVICE_STORE_DATABASE_SQLITE_BACKUP_H

#include "service/store/database/database.h"

int sqlite_backup_begin(struct database *db, const char *path) MUST_CHECK;
int sqlite_backup_step(struct database *db, bool *done) MUST_CHECK;
int sqlite_backup_end(struct database *db);

#endif
