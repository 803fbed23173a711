/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the SQLite driver share: sqlite.c, sqlite_backup.c, sqlite_transfer.c. */
#ifndef PERI_SERVICE_STORE_DATABASE_SQLITE_H
#define PERI_SERVICE_STORE_DATABASE_SQLITE_H

#include "service/store/database/driver.h"

int sqlite_open_file(struct database *db, const char *folder, const char *url) MUST_CHECK;
/* 0, or the error that a code of SQLite's stands for, which an operator sees unless it is a constraint's. */
int sqlite_fault(struct database *db, int rc) MUST_CHECK;

#endif
