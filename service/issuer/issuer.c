/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The issuer process: holds every private key, answers eight requests, each only
 * to the sibling that has a use for it.
 * Confinement: its own folder, where a catalog's CA is stored when it is made.
 */
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "service/ipc/audit_ops.h"
#include "service/ipc/issuer_ops.h"
#include "service/ipc/process.h"
#include "service/issuer/issue.h"
#include "service/sandbox/sandbox.h"


struct issuer_process {
    struct process *self;
    struct issuer *issuer;
    int code;
};

static void serve(void *context, struct channel_request *request, struct span payload,
                  issuer_operation *operation)
{
    static uint8_t bytes[ISSUER_REPLY_MAX];
    struct issuer_process *p = context;
    struct writer reply = writer_of(bytes, sizeof bytes);
    int err = operation(p->issuer, payload, (uint64_t)time(NULL), &reply);
    if (!err)
        err = reply.err;
    channel_reply(request, err, err ? span_of(NULL, 0) : writer_view(&reply));
}

/* number, name, longest request, who asks */
#define OPERATION_TABLE(X)                                       \
    X(ISSUE_DEVICE, issue_device, 8192, DAA)                     \
    X(CATALOG_CREATE, catalog_create, 64, API)                   \
    X(CATALOG_CHAIN, catalog_chain, 64, API)                     \
    X(PROVE_POSSESSION, prove_possession, 256, API)              \
    X(SIGN_MANIFEST, sign_manifest, 36864, OTA)                  \
    X(SIGN_CAPABILITY, sign_capability, 256, API)                \
    X(AUDIT_SEAL, audit_seal, 64, API)                           \
    X(AUDIT_SEALS, audit_seals, 64, API)

#define OPERATION_HANDLER(number, name, most, who)                                            \
    static void name##_serve(void *context, struct channel_request *request, struct span payload) \
    {                                                                                         \
        serve(context, request, payload, issuer_##name);                                      \
    }
OPERATION_TABLE(OPERATION_HANDLER)
#undef OPERATION_HANDLER

static const struct operation_row {
    struct channel_operation operation;
    enum process_id who;
} rows[] = {
#define OPERATION_ROW(number, name, most, who) \
    {{ISSUER_OP_##number, #name, most, name##_serve}, PROCESS_##who},
    OPERATION_TABLE(OPERATION_ROW)
#undef OPERATION_ROW
};
enum { OPERATIONS = sizeof rows / sizeof rows[0] };

static void on_closed(void *context, struct channel *channel)
{
    struct issuer_process *p = context;
    (void)channel;
    if (!*p->self->stopping)
        p->code = 1;
    event_base_loopexit(p->self->base, NULL);
}

int issuer_run(struct process *self)
{
    struct issuer_process p = {.self = self, .code = PROCESS_EXIT_CANNOT_START};
    struct channel_operation allowed[PROCESS_COUNT][OPERATIONS];
    struct channel *channel[PROCESS_COUNT] = {NULL};
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/issuer", self->data);
    struct sandbox sandbox = {.name = "issuer", .folder = folder,
                              .rights = SANDBOX_FILES_READ | SANDBOX_FILES_WRITE,
                              .allow_missing = self->allow_unconfined};
    if (issuer_open(self->data, &p.issuer) != 0 || sandbox_enter(&sandbox) != 0)
        goto out;
    p.code = 1;
    for (unsigned i = 0; i < PROCESS_COUNT; i++) {
        size_t count = 0;
        if (self->peer_fd[i] < 0)
            continue;
        for (size_t k = 0; k < OPERATIONS; k++)
            if (rows[k].who == (enum process_id)i)
                allowed[i][count++] = rows[k].operation;
        channel[i] = channel_new(self->base, self->peer_fd[i], allowed[i], count, &p, on_closed);
        if (!channel[i])
            goto out;
    }
    p.code = 0;
    event_base_dispatch(self->base);
out:
    for (unsigned i = 0; i < PROCESS_COUNT; i++)
        channel_free(channel[i]);
    issuer_close(p.issuer);
    return p.code;
}
