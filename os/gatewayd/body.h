/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request's body as one flat JSON object with members that a table names: each at most once, no others.
 * Source: docs/spec/local-rest.md.
 */
#ifndef PERI_OS_GATEWAYD_BODY_H
#define PERI_OS_GATEWAYD_BODY_H

#include "lib/json_read.h"
#include "os/gatewayd/gateway.h"

enum { BODY_NAME_MAX = 32, BODY_MEMBERS_MAX = 32 };

/* Takes exactly the value of member which.  0, or the error that the request is answered with. */
typedef uint32_t body_take(struct json_reader *r, unsigned which, void *to);

/*
 * Every member of g's body once to take, with its number in names (count of them, each at most BODY_NAME_MAX bytes).
 * 0; REST_INVALID_JSON: no JSON, nothing was taken; REST_INVALID_JSON_DATA: not an object, a member that names has not
 * or that came before, or one of needed (1 << number) missing; or the first error of take.
 */
uint32_t body_read(const struct gateway *g, const char *const names[], unsigned count, uint32_t needed, body_take *take, void *to);

/*
 * A body with that one member, a string: 0 and its text, terminated, in text (cap bytes).  A longer text, or a U+0000
 * in it: REST_INVALID_JSON_DATA.
 */
uint32_t body_text(const struct gateway *g, const char *name, char *text, size_t cap);

#endif
