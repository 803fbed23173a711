/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service's data from SQLite to PostgreSQL, or back, while it does not run.
 * Source: docs/spec/store.md, "Move to another database".
 */
#ifndef PERI_SERVICE_PERISPHERED_MOVE_DATABASE_H
#define PERI_SERVICE_PERISPHERED_MOVE_DATABASE_H

#include "service/perisphered/outcome.h"
#include "service/perisphered/options.h"

/* options->move: "postgresql://..." of an empty database, or "sqlite".  service.json changes last; the SQLite file
 * that was left stays, as store/store.db.moved.  On standard output lines "progress DONE TOTAL WHAT" where
 * options->progress asks for them, and nothing else; the program's exit code. */
int move_database_run(const struct options *options, struct outcome *outcome);

#endif
