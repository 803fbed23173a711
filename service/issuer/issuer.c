/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The issuer process: holds every private key, answers twelve requests, each only
 * to the sibling that has a use for it, and asks the store for what it keeps sealed.
 * Confinement: its own folder, and with keys in a PKCS#11 token what its module needs.
 */
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "service/ipc/audit_ops.h"
#include "service/ipc/dump_ops.h"
#include "service/ipc/issuer_ops.h"
#include "service/ipc/process.h"
#include "service/issuer/catalogs.h"
#include "service/issuer/issue.h"
#include "service/issuer/rotation.h"
#include "service/issuer/state.h"
#include "service/sandbox/sandbox.h"

enum {
    ROUNDS_MAX = 6,       /* questions to the store for one request */
    RENEWAL_FIRST_S = 10, /* after the start, then every hour */
    RENEWAL_S = 3600,
};

struct issuer_process {
    struct process *self;
    struct issuer *issuer;
    const char *folder;
    struct channel *store;
    struct event *renewal;
    struct rotation *rotation;
    unsigned looks; /* one an hour */
    int code;
};

/* A request whose operation has to wait for the store. */
struct waiting {
    struct issuer_process *process;
    struct channel_request *request; /* NULL: the issuer's own */
    issuer_operation *operation;
    unsigned rounds;
    enum issuer_want_kind asked;
    bool can_wait;
    uint8_t catalog[16];
    size_t len;
    uint8_t payload[];
};

static uint64_t now_s(void) { return (uint64_t)time(NULL); }

static void waiting_end(struct waiting *waiting, int status, struct span payload)
{
    if (waiting->request)
        channel_reply(waiting->request, status, payload);
    free(waiting);
}

static void waiting_run(struct waiting *waiting, enum issuer_want_kind brought);

/* What the store said is taken, and the operation runs again at once: nothing comes between. */
static int reply_take(struct waiting *waiting, struct span payload)
{
    struct issuer *issuer = waiting->process->issuer;
    switch (waiting->asked) {
    case ISSUER_WANTS_CAS:
    case ISSUER_WANTS_CA_KEPT:
        return issuer_bring(issuer, waiting->catalog, payload, now_s());
    case ISSUER_WANTS_REVOKED:
        return issuer_revoked_bring(issuer, payload);
    case ISSUER_WANTS_CRL_KEPT:
        return 0;
    case ISSUER_WANTS_NOTHING:
        break;
    }
    return E_INTERNAL;
}

static void on_store(void *context, int status, struct span payload)
{
    struct waiting *waiting = context;
    int err = status ? status : reply_take(waiting, payload);
    if (status && waiting->can_wait) {
        issuer_want_fail(waiting->process->issuer, waiting->catalog, now_s());
        err = 0;
    }
    if (err)
        waiting_end(waiting, err, span_of(NULL, 0));
    else
        waiting_run(waiting, waiting->asked);
}

/* The question that meets a want. */
static const struct want_row {
    uint16_t operation;
    const struct record_type *type;
} want_rows[] = {
    [ISSUER_WANTS_CAS] = {STORE_OP_CA_GET, &store_ca_get_type},
    [ISSUER_WANTS_CA_KEPT] = {STORE_OP_CA_PUT, &store_ca_type},
    [ISSUER_WANTS_REVOKED] = {STORE_OP_CRL_ENTRIES, &store_crl_type},
    [ISSUER_WANTS_CRL_KEPT] = {STORE_OP_CRL_PUT, &store_crl_type},
};

static int store_ask(struct waiting *waiting)
{
    const struct issuer_want *want = issuer_want(waiting->process->issuer);
    const struct want_row *row = &want_rows[want->what];
    struct channel *store = waiting->process->store;
    struct store_ca_get get;
    if (++waiting->rounds > ROUNDS_MAX || !row->type)
        return E_INTERNAL;
    waiting->asked = want->what;
    waiting->can_wait = want->what == ISSUER_WANTS_CA_KEPT && want->can_wait;
    memcpy(waiting->catalog, want->ca.tenant, sizeof waiting->catalog);
    memcpy(get.tenant, want->ca.tenant, sizeof get.tenant);
    const void *record = want->what == ISSUER_WANTS_CAS       ? (const void *)&get
                         : want->what == ISSUER_WANTS_CA_KEPT ? (const void *)&want->ca
                                                              : (const void *)&want->crl;
    size_t cap = record_bytes(row->type, record);
    uint8_t *bytes = malloc(cap);
    struct writer w = writer_of(bytes, cap);
    int err = bytes ? record_write(row->type, record, &w) : E_NOMEM;
    if (!err)
        err = store ? channel_call(store, row->operation, writer_view(&w), on_store, waiting) : E_NETWORK;
    free(bytes);
    return err;
}

static int operation_run(struct issuer_process *p, issuer_operation *operation, struct span payload,
                         enum issuer_want_kind brought, struct span *view)
{
    static uint8_t bytes[ISSUER_REPLY_MAX];
    struct writer reply = writer_of(bytes, sizeof bytes);
    issuer_again(p->issuer, brought);
    uint64_t now = now_s();
    int err = issuer_clock_check(p->issuer, now);
    if (!err)
        err = operation(p->issuer, payload, now, &reply);
    if (!err)
        err = reply.err;
    *view = err ? span_of(NULL, 0) : writer_view(&reply);
    return err;
}

static void waiting_run(struct waiting *waiting, enum issuer_want_kind brought)
{
    struct span view;
    int err = operation_run(waiting->process, waiting->operation, span_of(waiting->payload, waiting->len), brought,
                            &view);
    if (err == E_BUSY && (err = store_ask(waiting)) == 0)
        return;
    waiting_end(waiting, err, err ? span_of(NULL, 0) : view);
}

static struct waiting *waiting_new(struct issuer_process *p, struct channel_request *request, struct span payload,
                                   issuer_operation *operation)
{
    struct waiting *waiting = calloc(1, sizeof *waiting + payload.len);
    if (!waiting)
        return NULL;
    waiting->process = p;
    waiting->request = request;
    waiting->operation = operation;
    waiting->len = payload.len;
    if (payload.len)
        memcpy(waiting->payload, payload.at, payload.len);
    return waiting;
}

static void serve(void *context, struct channel_request *request, struct span payload,
                  issuer_operation *operation)
{
    struct issuer_process *p = context;
    struct span view;
    int err = operation_run(p, operation, payload, ISSUER_WANTS_NOTHING, &view);
    if (err == E_BUSY) {
        struct waiting *waiting = waiting_new(p, request, payload, operation);
        if (waiting && (err = store_ask(waiting)) == 0)
            return;
        err = waiting ? err : E_NOMEM;
        free(waiting);
    }
    channel_reply(request, err, err ? span_of(NULL, 0) : view);
}

/* -- renewal where nobody asks ------------------------------------------------------ */

static void on_due(void *context, int status, struct span payload)
{
    struct issuer_process *p = context;
    struct store_tenants due;
    if (status || record_parse(&store_tenants_type, payload, &due) != 0)
        return;
    for (uint32_t i = 0; i < due.count; i++) {
        struct issuer_catalog_request r;
        uint8_t bytes[64];
        struct writer w = writer_of(bytes, sizeof bytes);
        memcpy(r.catalog, due.at[i].id, sizeof r.catalog);
        struct waiting *waiting = issuer_catalog_request_write(&r, &w) == 0
                                      ? waiting_new(p, NULL, writer_view(&w), issuer_catalog_list) : NULL;
        if (waiting)
            waiting_run(waiting, ISSUER_WANTS_NOTHING);
    }
}

/* Lists under the names without a key are the present CA's, whoever signed those that the store has. */
static void lists_begin(struct issuer_process *p)
{
    for (uint16_t authority = STORE_AUTHORITY_ROOT; authority < STORE_AUTHORITY_CATALOG; authority++) {
        const struct store_crl of = {.authority = authority};
        uint8_t bytes[256];
        struct writer w = writer_of(bytes, sizeof bytes);
        struct waiting *waiting = record_write(&store_crl_type, &of, &w) == 0
                                      ? waiting_new(p, NULL, writer_view(&w), issuer_crl) : NULL;
        if (waiting)
            waiting_run(waiting, ISSUER_WANTS_NOTHING);
    }
}

static void on_renewal(evutil_socket_t fd, short what, void *context)
{
    static const struct timeval often = {RENEWAL_S, 0};
    struct issuer_process *p = context;
    const struct store_ca_due due = {now_s() + CATALOG_RENEW_BEFORE_S};
    uint8_t bytes[32];
    struct writer w = writer_of(bytes, sizeof bytes);
    (void)fd;
    (void)what;
    (void)event_add(p->renewal, &often);
    if (p->looks++ % 24 == 0)
        (void)issuer_ends_say(p->issuer, now_s(), stderr);
    former_cas_expire(&p->issuer->former_cas, p->folder, now_s());
    if (!p->store || record_write(&store_ca_due_type, &due, &w) != 0 ||
        channel_call(p->store, STORE_OP_CA_DUE, writer_view(&w), on_due, p) != 0)
        fprintf(stderr, "issuer: the store could not be asked which CAs are to be renewed\n");
}

/* number, name, longest request, who asks */
#define OPERATION_TABLE(X)                                       \
    X(ISSUE_DEVICE, issue_device, 8192, DAA)                     \
    X(CATALOG_CREATE, catalog_create, 64, API)                   \
    X(CATALOG_LIST, catalog_list, 64, API)                       \
    X(CATALOG_RENEW, catalog_renew, 64, API)                     \
    X(CRL, crl, 512, API)                                        \
    X(PROVE_POSSESSION, prove_possession, 256, API)              \
    X(SIGN_MANIFEST, sign_manifest, 36864, OTA)                  \
    X(SIGN_CAPABILITY, sign_capability, 256, API)                \
    X(AUDIT_SEAL, audit_seal, 64, API)                           \
    X(AUDIT_SEALS, audit_seals, 64, API)                         \
    X(AUDIT_CHECKPOINT, audit_checkpoint, 64, API)               \
    X(DUMP_CERTIFICATE, dump_certificate, 64, REPORTS)           \
    X(DUMP_OPEN, dump_open, 512, API)

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

static int channels_open(struct issuer_process *p, struct channel *channel[PROCESS_COUNT],
                         struct channel_operation allowed[PROCESS_COUNT][OPERATIONS])
{
    for (unsigned i = 0; i < PROCESS_COUNT; i++) {
        size_t count = 0;
        if (p->self->peer_fd[i] < 0)
            continue;
        for (size_t k = 0; k < OPERATIONS; k++)
            if (rows[k].who == (enum process_id)i)
                allowed[i][count++] = rows[k].operation;
        channel[i] = channel_new(p->self->base, p->self->peer_fd[i], allowed[i], count, p, on_closed);
        if (!channel[i])
            return E_NOMEM;
    }
    p->store = channel[PROCESS_STORE];
    return 0;
}

static int renewal_start(struct issuer_process *p)
{
    static const struct timeval first = {RENEWAL_FIRST_S, 0};
    p->renewal = event_new(p->self->base, -1, 0, on_renewal, p);
    return p->renewal && event_add(p->renewal, &first) == 0 ? 0 : E_NOMEM;
}

int issuer_run(struct process *self)
{
    struct issuer_process p = {.self = self, .code = PROCESS_EXIT_CANNOT_START};
    struct channel_operation allowed[PROCESS_COUNT][OPERATIONS];
    struct channel *channel[PROCESS_COUNT] = {NULL};
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/issuer", self->data);
    p.folder = folder;
    /* A token's module is loaded, started and logged in by then; what it goes on to use is named
     * in service.json, and nothing is added where no module is. */
    const struct service_config *config = self->config;
    bool has_token = config->pkcs11_module[0] != '\0';
    struct token *token = NULL;
    struct sandbox sandbox = {.name = "issuer", .folder = folder,
                              .rights = SANDBOX_FILES_READ | SANDBOX_FILES_WRITE |
                                        (has_token && config->pkcs11_sockets ? SANDBOX_CONNECT_UNIX : 0u) |
                                        (has_token && config->pkcs11_port ? SANDBOX_CONNECT_TCP : 0u),
                              .paths = has_token ? config->pkcs11_paths : NULL,
                              .connect_port = has_token ? config->pkcs11_port : 0,
                              .allow_missing = self->allow_unconfined};
    int err = has_token ? token_open(config->pkcs11_module, config->pin, &token) : 0;
    if (!err)
        err = issuer_open(self->data, token, &p.issuer);
    if (err && token && token_pin_refused(token))
        p.code = PROCESS_EXIT_REFUSED;
    if (err || sandbox_enter(&sandbox) != 0 || issuer_try(p.issuer) != 0)
        goto out;
    issuer_lists_at(p.issuer, config->crl_base_address);
    issuer_audit_keep(p.issuer, self->config->audit_keep_days);
    p.code = 1;
    if (channels_open(&p, channel, allowed) != 0 || renewal_start(&p) != 0 ||
        rotation_new(self->base, p.issuer, token, folder, (uint64_t)config->crash_dump_days * 86400, p.store, &p.rotation) != 0)
        goto out;
    p.code = 0;
    lists_begin(&p);
    event_base_dispatch(self->base);
out:
    /* The store first: what waits for it still answers those who asked. */
    p.store = NULL;
    rotation_stop(p.rotation);
    channel_free(channel[PROCESS_STORE]);
    channel[PROCESS_STORE] = NULL;
    for (unsigned i = 0; i < PROCESS_COUNT; i++)
        channel_free(channel[i]);
    rotation_free(p.rotation);
    if (p.renewal)
        event_free(p.renewal);
    issuer_close(p.issuer);
    token_close(token);
    return p.code;
}
