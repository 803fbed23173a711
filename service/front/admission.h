/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a request may ask of its route, by its head alone: before any room is held
 * for a body, and before a byte of it is read.
 * Trust: the head is framed and bounded (request.h); what it says is hostile.
 *
 *   in this order                                                       refused by
 *   the connection's identity is one that the route takes               403
 *   or a bearer token stands for one, of OIDC_TOKEN_MAX bytes at most   401
 *   an announced body fits the route                                    413
 *   a body is of the type that the route reads, and not compressed      415
 *   the query fits                                                      414
 *   Expect is 100-continue or absent                                    417
 * Not done here: whether the token is good (the oidc process says that).
 */
#ifndef PERI_SERVICE_FRONT_ADMISSION_H
#define PERI_SERVICE_FRONT_ADMISSION_H

#include "service/api/routes.h"
#include "service/front/request.h"

/* identity: enum http_identity_kind.  0 with body_max of the request and by_token
 * (a token has to be verified first) set, or the HTTP status of the refusal. */
int admission_check(struct request *request, const struct route *route, uint16_t identity, bool *by_token) MUST_CHECK;

#endif
