/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each route takes and answers: the row of a route beside its row in
 * routes.h.  Bodies are checked by it (call.c), the description is written from it
 * (openapi.c); openapi_test.c finds a route without one.
 */
#ifndef PERI_SERVICE_API_CONTRACT_H
#define PERI_SERVICE_API_CONTRACT_H

#include "service/api/routes.h"
#include "service/api/schema.h"

enum contract_flag {
    CONTRACT_PAGED = 1,    /* nextLink leads to the next page */
    CONTRACT_OPTIONS = 2,  /* $filter, $top, $skip, $maxpagesize */
    CONTRACT_CREATES = 4,  /* 201 when it was not there */
    CONTRACT_STATUS = 8,   /* may run on: Azure-AsyncOperation */
    CONTRACT_LOCATION = 16, /* may run on: 202 with Location */
    CONTRACT_ACCEPTS = 32, /* always 202 */
    CONTRACT_DELETES = 64, /* 200, or 204 when it was not there */
    CONTRACT_CBOR = 128,   /* of devices: not JSON */
    CONTRACT_ANY_VERSION = 512, /* of Microsoft.Resources: any date is a version */
    CONTRACT_PLAIN = 256,  /* no api-version; not the conventions of Azure Resource Manager */
};

struct contract {
    enum schema_id body;
    const char *body_name; /* NULL: no body is looked at */
    enum schema_id result; /* SCHEMA_NONE: no body */
    unsigned flags;
    bool known; /* the row exists */
};

extern const struct contract contract_table[ROUTE_COUNT];

#endif
