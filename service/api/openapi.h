/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service's description of itself: OpenAPI 2.0, as the original's is, written
 * from the tables of routes, contracts and schemas.
 * Source: OpenAPI specification 2.0, and the x-ms-* extensions that Azure's clients
 * and validators read.  Why 2.0: docs/decisions/openapi.md.
 */
#ifndef PERI_SERVICE_API_OPENAPI_H
#define PERI_SERVICE_API_OPENAPI_H

#include <jansson.h>

/* base_url without a trailing slash.  The caller's; NULL for lack of memory. */
json_t *openapi_document(const char *base_url);

#endif
