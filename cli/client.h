/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls to the service: HTTPS by libcurl, client certificate of the profile,
 * JSON by jansson.  Every call prints its own error and returns an exit code;
 * answers are new references.
 */
#ifndef PERI_CLI_CLIENT_H
#define PERI_CLI_CLIENT_H

#include "cli/command.h"

#define API_VERSION "2024-04-01"

enum { PATH_MAX_BYTES = 4096 };

/* One request below the profile's endpoint.  path begins with '/'; api-version is
 * added.  body may be NULL.  Follows long-running operations of both styles to
 * their end.  answer may be NULL; *answer is NULL for an empty body. */
int client_call(struct peri *peri, const char *method, const char *path, json_t *body,
                json_t **answer);
/* All pages of a list, as one array. */
int client_list(struct peri *peri, const char *method, const char *path, json_t *body,
                json_t **rows);

/* Path of the catalog named by --catalog or the profile, and of things below it:
 * client_path(peri, path, "products", name, NULL).  Segments are escaped. */
int client_path(struct peri *peri, char path[static PATH_MAX_BYTES], ...);
/* Path below the provider of this project: /providers/Perisphere/... */
int client_our_path(char path[static PATH_MAX_BYTES], ...);

#endif
