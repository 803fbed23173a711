/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a request may go on: asked of the store before anything is done, for
 * every route alike; and the caller as every operation of the store wants it.
 * Source: docs/spec/access.md.
 */
#ifndef PERI_SERVICE_API_ACCESS_H
#define PERI_SERVICE_API_ACCESS_H

#include "service/api/api.h"

/* ACCESS_NONE, which nobody may, for a route without a row. */
enum access_action api_action_of(enum route_id route);
/* "certificate:NAME" or "token:ISSUER#SUBJECT"; the length, or 0 for an identity that is no operator. */
size_t api_principal_write(const struct http_request *http, char *to, size_t cap);
/* Who asks, what for and where; path needs STORE_PATH_MAX + 1 bytes and lives as long as the result. */
struct store_caller api_caller(const struct api_call *call, char path[static STORE_PATH_MAX + 1]);
/* Goes on with allowed(), or ends the call: 403, or 404 where nothing may be seen. */
void api_authorize(struct api_call *call, void (*allowed)(struct api_call *call));
/* The change ended in an error that the store has not recorded: outcome is the API's code. */
void api_audit_failure(struct api_call *call, const char *outcome);

#endif
