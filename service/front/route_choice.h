/* SPDX-License-Identifier: BSD-2-Clause */
/* From a request's method and path to a route, or to the status that says there is none. */
#ifndef PERI_SERVICE_FRONT_ROUTE_CHOICE_H
#define PERI_SERVICE_FRONT_ROUTE_CHOICE_H

#include "service/api/routes.h"
#include "service/front/request.h"

/* 0 and match, or 400, 404, 405, 414. */
int route_choose(const struct request *request, struct route_match *match) MUST_CHECK;
/* The methods that a path takes, as Allow lists them; text is returned. */
const char *allow_list(struct span path, char text[static 64]);

#endif
