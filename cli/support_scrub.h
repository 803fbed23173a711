/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secrets taken out of text that is handed to others: private keys in PEM, and what stands
 * behind a name that says it is one ("password", "psk", "token", SharedAccessKey=...), in
 * JSON, in settings and in logs.
 * Limit: a secret without such a name is not known for one; who hands the archive on is told
 * to look at it.
 */
#ifndef PERI_CLI_SUPPORT_SCRUB_H
#define PERI_CLI_SUPPORT_SCRUB_H

#define SUPPORT_LEFT_OUT "(left out)"

/* A copy without them: malloc'd, NULL without memory. */
char *support_scrub(const char *text);

#endif
