/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secrets taken out of text that is handed to others: private keys in PEM, and what stands
 * behind a name that says it is one ("password", "psk", "token", SharedAccessKey=...), in
 * JSON, in settings and in logs.
 * Limit: a secret without such a name is not known for one; who hands the archive on is told
 * to look at it.
 */
#ifndef PERI_CLI_LOCAL_SUPPORT_SCRUB_H
#define PERI_CLI_LOCAL_SUPPORT_SCRUB_H

#include <jansson.h>

#include "lib/err.h"

#define SUPPORT_LEFT_OUT "(left out)"

/* A copy without them: malloc'd, NULL without memory.  For logs and lines: of a value over several
 * lines only the first is found, so JSON goes through support_scrub_json() before it is laid out. */
char *support_scrub(const char *text);
/* The value of each member with such a name becomes "(left out)", whatever it is, at any depth; each
 * other text is scrubbed as above.  In place.  0, E_NOMEM: then it is not to be handed on. */
int support_scrub_json(json_t *value) MUST_CHECK;

#endif
