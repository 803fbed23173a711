/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A folder that appears whole or not at all: made beside its final place, and there by one
 * rename; whatever fails before leaves only a folder that is removed again.
 */
#ifndef PERI_SERVICE_ISSUER_FOLDER_PART_H
#define PERI_SERVICE_ISSUER_FOLDER_PART_H

#include <limits.h>

#include "lib/err.h"

/* A new folder beside final, which must not exist; its name in part.  E_EXISTS, E_RANGE, E_IO. */
int folder_part_open(const char *final, char part[static PATH_MAX]) MUST_CHECK;
/* err 0: becomes final, for good.  Else part goes, with all in it, and err comes back. */
int folder_part_close(const char *part, const char *final, int err) MUST_CHECK;
/* The two fail for few reasons: one line on stderr with what to do.  err comes back. */
int folder_part_fail(const char *what, const char *subject, int err);

#endif
