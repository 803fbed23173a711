/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PostgreSQL database as one file, by PostgreSQL's own programs (pg_dump, pg_restore:
 * Debian package postgresql-client).  Its values are sealed, so the file is as the
 * database is; it is one moment's snapshot, taken while the service writes.
 * The connection string goes to them by environment variables of libpq, because everybody
 * may read the words of a command line, and a password may be in it.
 * folder: of the data, or their backup: names of files in url (sslrootcert=store/ca.pem) are below it.
 * Each prints one line when it fails; 0 or 1.
 */
#ifndef PERI_SERVICE_PERISPHERED_DUMP_H
#define PERI_SERVICE_PERISPHERED_DUMP_H

int dump_write(const char *url, const char *folder, const char *file);
/* Into a database that has no tables of a service yet; all of it or nothing. */
int dump_read(const char *url, const char *folder, const char *file);

#endif
