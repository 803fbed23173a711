/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/reports/dumps.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cbor.h"
#include "lib/crash_dump.h"
#include "service/ipc/dump_ops.h"
#include "service/ipc/issuer_ops.h"

enum { CERTIFICATES_BYTES_MAX = 4096 };

struct reports_call *reports_call_new(struct reports_server *server, struct channel_request *request)
{
    struct reports_call *call = malloc(sizeof *call);
    if (call)
        *call = (struct reports_call){server, request};
    else
        reports_unavailable(server, request);
    return call;
}

static void not_allowed(const struct reports_call *call)
{
    reports_refuse(call->server, call->request, 403, "crash dumps are not allowed",
                   "the device group that the device is in must have allowed them when the dump was made, and now");
}

/* -- the key ---------------------------------------------------------------------- */

static void certified(void *context, int status, struct span payload)
{
    struct reports_call *call = context;
    struct issuer_certificates chain;
    uint8_t bytes[CERTIFICATES_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = status ? status : issuer_certificates_parse(payload, &chain);
    if (!err) {
        cbor_put_map(&w, 1);
        cbor_put_uint(&w, 1);
        cbor_put_array(&w, chain.count);
        for (unsigned i = 0; i < chain.count; i++)
            cbor_put_bytes(&w, chain.der[i].at, chain.der[i].len);
        err = w.err;
    }
    static const char type[] = "application/cbor";
    if (err)
        reports_unavailable(call->server, call->request);
    else
        http_reply(call->request, &(struct http_response){.status = 200,
                                                          .content_type = span_of(type, sizeof type - 1),
                                                          .body = writer_view(&w)});
    free(call);
}

static void consent_known(void *context, int status, struct span payload)
{
    struct reports_call *call = context;
    struct store_dump_consent consent;
    struct issuer_catalog_request ask;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = status ? status : record_parse(&store_dump_consent_type, payload, &consent);
    if (!err && consent.allowed) {
        memcpy(ask.catalog, consent.catalog, sizeof ask.catalog);
        err = issuer_catalog_request_write(&ask, &w);
        if (!err)
            err = call->server->issuer ? channel_call(call->server->issuer, ISSUER_OP_DUMP_CERTIFICATE,
                                                      writer_view(&w), certified, call)
                                       : E_NETWORK;
        if (!err)
            return;
    }
    if (err)
        reports_fail(call->server, call->request, err);
    else
        not_allowed(call);
    free(call);
}

void dump_key_handle(struct reports_server *server, struct channel_request *request, const struct http_request *http,
                     const uint8_t device_id[static 64])
{
    struct store_dump_device ask;
    uint8_t bytes[128];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct reports_call *call = reports_call_new(server, request);
    if (!call)
        return;
    memcpy(ask.device_id, device_id, sizeof ask.device_id);
    memcpy(ask.serial, http->identity_serial, sizeof ask.serial);
    if (record_write(&store_dump_device_type, &ask, &w) == 0 &&
        channel_call(server->store, STORE_OP_DUMP_CONSENT, writer_view(&w), consent_known, call) == 0)
        return;
    reports_unavailable(server, request);
    free(call);
}

/* -- a dump ------------------------------------------------------------------------- */

static void stored(void *context, int status, struct span payload)
{
    struct reports_call *call = context;
    (void)payload;
    if (status == 0) {
        call->server->count.dumps++;
        http_reply(call->request, &(struct http_response){.status = 204});
    } else if (status == E_DENIED) {
        not_allowed(call);
    } else if (status == E_FULL) {
        call->server->count.refused++;
        http_reply_problem(call->request, 429, "as many crash dumps as are kept",
                           "of a device 8, of a group 256, of a catalog 1,024: delete what was looked at", REPORTS_FULL_S);
    } else {
        reports_fail(call->server, call->request, status);
    }
    free(call);
}

void dump_handle(struct reports_server *server, struct channel_request *request, const struct http_request *http,
                 const uint8_t device_id[static 64])
{
    static uint8_t bytes[CRASH_DUMP_BYTES_MAX + 256]; /* too large for the stack; used up before return */
    struct writer w = writer_of(bytes, sizeof bytes);
    struct crash_dump dump;
    if (crash_dump_parse(http->body, &dump) != 0) {
        reports_refuse(server, request, 400, "crash dump is malformed", "send what docs/spec/crash-dump.md describes");
        return;
    }
    if (memcmp(dump.device_id, device_id, sizeof dump.device_id) != 0) {
        reports_refuse(server, request, 403, "crash dump is of another device", "a device sends its own alone");
        return;
    }
    struct store_dump_add add = {.now_s = server->now_s(), .dump = http->body};
    memcpy(add.device_id, device_id, sizeof add.device_id);
    memcpy(add.serial, http->identity_serial, sizeof add.serial);
    struct reports_call *call = reports_call_new(server, request);
    if (!call)
        return;
    if (record_write(&store_dump_add_type, &add, &w) == 0 &&
        channel_call(server->store, STORE_OP_DUMP_ADD, writer_view(&w), stored, call) == 0)
        return;
    reports_unavailable(server, request);
    free(call);
}
