/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the management API: a real store process behind a socketpair, an
 * issuer that is played here, and requests as front would send them, from a
 * method, a path and a body.
 */
#ifndef PERI_SERVICE_API_HARNESS_TEST_H
#define PERI_SERVICE_API_HARNESS_TEST_H

#include "service/api/api.h"

enum { HARNESS_IDENTITY_MAX = 64 };

struct harness_answer {
    int status;      /* of HTTP; 0 when the channel refused */
    int channel;     /* status of the channel */
    json_t *json;    /* NULL without a body of JSON */
    char text[4096]; /* a body that is none */
    char location[4096], async_operation[4096];
    uint32_t retry_after_s;
};

/* Makes a folder and starts the store on it.  separate: the api runs confined in
 * a process of its own; else in this one, where the leak checker sees it. */
void harness_start(bool separate);
/* Stops everything and removes the folder. */
void harness_stop(void);
/* The store process ends, as if it had crashed, and comes back on the same data. */
void harness_store_restart(void);
/* path may begin with the base URL; without a query "?api-version=..." is added.
 * The answer lives until the next request. */
const struct harness_answer *harness_request(const char *method, const char *path, const char *body);
const struct harness_answer *harness_request_bytes(const char *method, const char *path,
                                                   const void *body, size_t len);
/* Who asks from now on, by certificate; "olga", who owns the service, at first. */
void harness_as(const char *name);
/* Sends a store operation as another process would. */
int harness_store(uint16_t operation, struct span payload, uint8_t *reply, size_t cap, size_t *len);
void harness_issuer_fails(bool fails);
void harness_issuer_busy(bool busy);
/* The next certificate of a catalog is not answered until it is let go. */
void harness_issuer_holds(void);
void harness_issuer_lets_go(void);
/* How often leases of operations were renewed. */
uint64_t harness_holds(void);
/* Takes up operations that were left behind; the requests that follow give them time. */
void harness_jobs_look(void);
/* A whole package with a signature of zeros; returns its length. */
size_t harness_package(uint16_t type, uint8_t component, uint8_t image, uint8_t filling, size_t body_len,
                       uint8_t *to, size_t cap);
/* {"properties":{"image":"<base64>"}}, on the heap. */
char *harness_image_body(uint16_t type, uint8_t component, uint8_t image, uint8_t filling, size_t body_len);

#endif
