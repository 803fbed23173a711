/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls to the service: HTTPS by libcurl, client certificate of the profile,
 * JSON by jansson.  Every call prints its own error and returns an exit code;
 * answers are new references.
 * Source: long-running operations and paging as Azure Resource Manager has them.
 * Trust: answers are hostile: bounded in size, number of pages and polls, JSON
 * or refused, and addresses in them are followed within the profile's scheme,
 * host and port only (cli/client/origin.h).
 */
#ifndef PERI_CLI_CLIENT_CLIENT_H
#define PERI_CLI_CLIENT_CLIENT_H

#include "cli/command.h"

#define API_VERSION "2024-04-01"

enum { PATH_MAX_BYTES = 4096 };

/* One request below the profile's endpoint.  path begins with '/'; api-version is
 * added.  body may be NULL.  Follows long-running operations of both styles to
 * their end.  answer may be NULL; *answer is NULL for an empty body. */
int client_call(struct peri *peri, const char *method, const char *path, json_t *body,
                json_t **answer);
/* The bytes at an address that the service gave, which must be the profile's own: malloc'd. */
int client_fetch(struct peri *peri, const char *link, uint8_t **bytes, size_t *len);
/* GET of what is no JSON, into a file: written whole or not at all. */
int client_save(struct peri *peri, const char *path, const char *file);
/* All pages of a list, as one array. */
int client_list(struct peri *peri, const char *method, const char *path, json_t *body,
                json_t **rows);
/* A list page by page: take sees each row, and ends the walk with a code that is not
 * PERI_EXIT_OK. */
int client_each(struct peri *peri, const char *path, int (*take)(void *context, json_t *row), void *context);
/* The same two, and the answer printed; they take a code of what came before, and
 * do nothing but return it when it is not PERI_EXIT_OK.  body is not kept.  The list is
 * that of --filter, where the verb has it. */
int client_show(struct peri *peri, int code, const char *method, const char *path, json_t *body);
int client_show_list(struct peri *peri, int code, const char *method, const char *path, json_t *body);

/* Names in paths: not empty, no '/', no control characters, not "." or ".."; all
 * else is escaped.  PERI_EXIT_USAGE after a message.
 *
 * Path of the catalog named by --catalog or the profile, and of things below it:
 * client_path(peri, path, "products", name, NULL). */
int client_path(struct peri *peri, char path[static PATH_MAX_BYTES], ...) __attribute__((sentinel));
/* The same as a resource id: names as they are, for use in JSON. */
int client_id(struct peri *peri, char id[static PATH_MAX_BYTES], ...) __attribute__((sentinel));
/* Path of a resource id that the service gave. */
int client_path_of_id(const char *id, char path[static PATH_MAX_BYTES]);
/* Path of catalogs in a resource group, NULL: in all of the subscription. */
int client_group_path(struct peri *peri, const char *group, char path[static PATH_MAX_BYTES], ...)
    __attribute__((sentinel));
/* Adds $filter to a path: only those rows of a list; OData, docs/spec/management-api.md. */
int client_filter(char path[static PATH_MAX_BYTES], const char *condition);
/* Path below the provider of this project: /providers/Perisphere/... */
int client_our_path(char path[static PATH_MAX_BYTES], ...) __attribute__((sentinel));

#endif
