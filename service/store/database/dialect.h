/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store's SQL in PostgreSQL's words.  The texts are our own (statements.h,
 * migrations/), so this knows the words they use and no others.
 */
#ifndef PERI_SERVICE_STORE_DATABASE_DIALECT_H
#define PERI_SERVICE_STORE_DATABASE_DIALECT_H

#include <stddef.h>

/* ?1 becomes $1.  *count: the highest number.  On the heap; NULL without memory. */
char *dialect_statement(const char *sql, size_t *count);
/* Types and table options: BLOB becomes BYTEA, STRICT goes, and so on; comments go. */
char *dialect_schema(const char *sql);

#endif
