/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routes of the local interface, one table; docs/spec/local-rest.md is the same list.
 * A path that ends with a slash and a star has an argument as its last part.
 * Gate: what must hold before the handler, or one byte of the body, is looked at.
 */
#ifndef PERI_OS_GATEWAYD_ROUTE_H
#define PERI_OS_GATEWAYD_ROUTE_H

#include "os/gatewayd/gateway.h"

enum gate {
    GATE_NONE,
    /* AppDevelopment or FieldServicing is enabled, or the device is not DeviceComplete. */
    GATE_CAPABILITY,
};

enum body_kind { BODY_NONE, BODY_SMALL, BODY_OPTIONAL, BODY_SETTINGS, BODY_CERTIFICATE, BODY_PACKAGE };

struct route {
    enum request_method method;
    const char *path;
    enum gate gate;
    enum body_kind body;
    handler *handle;
};

extern const struct route routes[];
extern const size_t route_count;

/* The route; NULL and *error otherwise.  argument: room for 64 bytes, "" without one. */
const struct route *route_find(enum request_method method, const char *path, char *argument,
                               uint32_t *error);
/* 0 or REST_NOT_AUTHORIZED; asks the root of trust now. */
uint32_t gate_check(struct gateway *g, enum gate gate);
/* 0, or why a body of that length is not taken. */
uint32_t route_body_check(const struct route *route, bool has_length, uint64_t length);

#endif
