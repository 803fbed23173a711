/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of libpq that the PostgreSQL driver calls, found when the first
 * database of that kind is opened.  The service is one program for all of its
 * processes: linked, libpq and the twenty libraries behind it would be mapped by
 * every process of every installation, most of which have no PostgreSQL.
 */
#ifndef PERI_SERVICE_LIBPQ_LIBPQ_H
#define PERI_SERVICE_LIBPQ_LIBPQ_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "lib/err.h"

#define LIBPQ_TABLE(X)                                                                          \
    X(PQconnectdbParams) X(PQconninfo) X(PQconninfoFree) X(PQconninfoParse) X(PQfinish) X(PQstatus)  \
    X(PQtransactionStatus) X(PQerrorMessage) X(PQhostaddr) X(PQport) X(PQpass)                     \
    X(PQsetNoticeProcessor) X(PQexec) X(PQexecPrepared) X(PQsendQueryParams) X(PQsendPrepare)      \
    X(PQsendQueryPrepared) X(PQenterPipelineMode) X(PQexitPipelineMode) X(PQpipelineSync)          \
    X(PQgetResult) X(PQresultStatus) X(PQresultErrorField) X(PQresultErrorMessage) X(PQclear)      \
    X(PQntuples) X(PQnfields) X(PQgetvalue) X(PQgetlength) X(PQcmdTuples) X(PQcmdStatus) X(PQftype) \
    X(PQputCopyData) X(PQputCopyEnd) X(PQgetCopyData) X(PQfreemem)

struct libpq {
#define LIBPQ_MEMBER(name) __typeof__(name) *name;
    LIBPQ_TABLE(LIBPQ_MEMBER)
#undef LIBPQ_MEMBER
};

/* The same table at each call; before confinement.  E_UNSUPPORTED after one line
 * on stderr: the library is not installed, or older than 14 (no pipeline mode). */
int libpq_load(const struct libpq **libpq) MUST_CHECK;

/* Options that name a file; the last one is read at the first connection alone, the others at each. */
enum { LIBPQ_FILE_OPTIONS = 6 };
extern const char *const libpq_file_options[LIBPQ_FILE_OPTIONS];
/* The option is one of them, and names a file otherwise than from the root. */
bool libpq_file_is_relative(const PQconninfoOption *option);

#endif
