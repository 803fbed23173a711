/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON bodies of requests, strictly: one object, RFC 8259, UTF-8, no duplicate
 * names, no NUL, at most BODY_DEPTH_MAX deep.
 * Source: docs/decisions/json.md.  Trust: hostile until body_parse() returned 0.
 * What members there may be is the business of schema.h.
 */
#ifndef PERI_SERVICE_API_BODY_H
#define PERI_SERVICE_API_BODY_H

#include <jansson.h>

#include "lib/cursor.h"

enum { BODY_DEPTH_MAX = 16 };

/* An empty body gives *body NULL and 0.  E_MALFORMED, E_DUPLICATE, E_LIMIT (depth),
 * with a sentence for the caller in reason. */
int body_parse(struct span bytes, json_t **body, char reason[static 160]) MUST_CHECK;
/* Member of an object, or NULL when absent or null. */
json_t *body_get(const json_t *object, const char *name);
/* Text of a string member; false when absent.  A view that lives as long as the object. */
bool body_text(const json_t *object, const char *name, struct span *text);

#endif
