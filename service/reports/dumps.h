/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash dumps of devices: the key that they are sealed to, and their intake.
 * Source: docs/spec/crash-dump.md, docs/spec/device-api.md.
 * Whether a device may is the store's to say, for both requests, at the moment of each.  Nothing here can open a dump.
 */
#ifndef PERI_SERVICE_REPORTS_DUMPS_H
#define PERI_SERVICE_REPORTS_DUMPS_H

#include "service/ipc/channel.h"
#include "service/ipc/http_message.h"
#include "service/reports/server.h"

/* A request that waits for a sibling. */
struct reports_call {
    struct reports_server *server;
    struct channel_request *request;
};

/* On the heap; NULL: no memory, and the request is answered. */
struct reports_call *reports_call_new(struct reports_server *server, struct channel_request *request);

typedef void reports_handler(struct reports_server *server, struct channel_request *request,
                             const struct http_request *http, const uint8_t device_id[static 64]);
reports_handler dump_key_handle, dump_handle;

/* Answers, for all handlers (server.c). */
void reports_unavailable(struct reports_server *server, struct channel_request *request);
void reports_refuse(struct reports_server *server, struct channel_request *request, uint16_t status,
                    const char *title, const char *detail);
/* From a code of the store. */
void reports_fail(struct reports_server *server, struct channel_request *request, int status);

#endif
