/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/app_server.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "lib/ct.h"
#include "lib/guid.h"
#include "os/ipc/message.h"

enum { ANY = APP_CHANNEL_REQUEST_MAX };

void app_server_init(struct app_server *server, struct identities *ids, struct key_guard *keys,
                     struct deferral *deferral, const struct app_host *host, void *context)
{
    *server = (struct app_server){.ids = ids, .keys = keys, .deferral = deferral,
                                  .host = host, .context = context};
}

static void app_close(struct app *app)
{
    if (app->fd >= 0)
        close(app->fd);
    if (app->events >= 0)
        close(app->events);
    app->fd = app->events = -1;
}

/* Whoever may hear of an update is waited for, registered yet or not: an application
 * that is just starting would miss it. */
static void listeners_count(struct app_server *server)
{
    bool any = false;
    for (size_t i = 0; i < server->count; i++)
        any |= server->at[i].fd >= 0 && (server->at[i].who.rights & OS_APP_SYSTEM_EVENTS);
    deferral_listeners(server->deferral, any);
}

void app_server_release(struct app_server *server)
{
    for (size_t i = 0; i < server->count; i++)
        app_close(&server->at[i]);
    server->count = 0;
}

int app_server_add(struct app_server *server, const struct os_app_channel *who, int fd)
{
    struct app *app = NULL;
    for (size_t i = 0; i < server->count && !app; i++)
        if (guid_equal(server->at[i].who.component, who->component))
            app = &server->at[i];
    if (app) {
        app_close(app);
    } else if (server->count < APP_SERVER_MAX) {
        app = &server->at[server->count++];
    } else {
        close(fd);
        return E_FULL;
    }
    *app = (struct app){.who = *who, .fd = fd, .events = -1};
    listeners_count(server);
    return 0;
}

/* What a call needs of its arguments and answers into out. */
struct call {
    struct app_server *server;
    const struct os_app_channel *who;
    const uint8_t *tenant;
    struct cursor in;
    uint64_t now_ms;
    bool listens;
};

static int networking_ready(struct call *call, struct writer *out)
{
    writer_u8(out, call->server->host->networking_ready(call->server->context));
    return 0;
}

static int device_auth_ready(struct call *call, struct writer *out)
{
    if (guid_is_zero(call->tenant))
        return EACCES;
    writer_u8(out, identities_valid(call->server->ids, call->tenant, call->now_ms));
    return 0;
}

static int sign_digest(struct call *call, struct writer *out)
{
    uint8_t digest[ROT_DIGEST_BYTES], signature[ROT_SIGNATURE_BYTES];
    cursor_copy(&call->in, digest, sizeof digest);
    if (guid_is_zero(call->tenant))
        return EACCES; /* else it would sign with the OS's own key */
    if (!identities_valid(call->server->ids, call->tenant, call->now_ms))
        return EAGAIN;
    if (key_sign(call->server->keys, call->tenant, digest, signature))
        return EAGAIN;
    writer_bytes(out, signature, sizeof signature);
    return 0;
}

static void event_write(const struct system_notice *notice, struct writer *w)
{
    writer_u32le(w, notice->event);
    writer_u32le(w, notice->status);
    writer_u32le(w, notice->minutes);
    writer_u32le(w, notice->type);
}

/* false: the application does not read, which is its loss. */
static bool event_send(const struct app *app, const struct system_notice *notice)
{
    uint8_t bytes[APP_EVENT_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    event_write(notice, &w);
    return app->events >= 0 && message_send(app->events, writer_view(&w), -1, 0) == 0;
}

static int events_listen(struct call *call, struct writer *out)
{
    (void)out;
    if (!(call->who->rights & OS_APP_SYSTEM_EVENTS))
        return EACCES;
    call->listens = true;
    return 0;
}

static int event_defer(struct call *call, struct writer *out)
{
    uint32_t event = cursor_u32le(&call->in), minutes = cursor_u32le(&call->in);
    (void)out;
    if (!(call->who->rights & OS_APP_UPDATE_DEFERRAL))
        return EACCES;
    if (event != SYSTEM_EVENT_UPDATE_READY)
        return EINVAL;
    return deferral_defer(call->server->deferral, call->who->component, minutes, call->now_ms);
}

static int event_resume(struct call *call, struct writer *out)
{
    uint32_t event = cursor_u32le(&call->in);
    (void)out;
    if (!(call->who->rights & OS_APP_UPDATE_DEFERRAL))
        return EACCES;
    if (event != SYSTEM_EVENT_UPDATE_READY)
        return EINVAL;
    return deferral_resume(call->server->deferral, call->who->component, call->now_ms);
}

static int force_reboot(struct call *call, struct writer *out)
{
    (void)out;
    if (!(call->who->rights & OS_APP_FORCE_REBOOT))
        return EACCES;
    return call->server->host->restart(call->server->context);
}

static int proxy_get(struct call *call, struct writer *out)
{
    struct network_proxy proxy;
    if (!(call->who->rights & (OS_APP_NETWORK_CONFIG | OS_APP_READ_PROXY)))
        return EACCES;
    int error = !proxy_settings_get(call->server->proxy, &proxy, NULL) ? ENOENT
                : network_proxy_write(&proxy, out)                     ? EIO
                                                                       : 0;
    ct_wipe(&proxy, sizeof proxy);
    return error;
}

static int proxy_apply(struct call *call, struct writer *out)
{
    struct network_proxy proxy;
    (void)out;
    if (!(call->who->rights & OS_APP_NETWORK_CONFIG))
        return EACCES;
    int err = network_proxy_read(&call->in, &proxy);
    if (!err)
        err = cursor_end(&call->in);
    if (!err)
        err = proxy_settings_set(call->server->proxy, &proxy);
    ct_wipe(&proxy, sizeof proxy);
    if (!err)
        call->server->host->proxy_changed(call->server->context);
    return !err ? 0 : err == E_IO ? EIO : err == E_UNSUPPORTED ? ENOTSUP : EINVAL;
}

static int proxy_status(struct call *call, struct writer *out)
{
    writer_u32le(out, proxy_settings_status(call->server->proxy));
    return 0;
}

static int cert_stage(struct call *call, struct writer *out)
{
    uint32_t offset = cursor_u32le(&call->in);
    (void)out;
    if (!(call->who->rights & OS_APP_CERT_STORE))
        return EACCES;
    if (call->in.err || call->in.left == 0)
        return EINVAL;
    int err = cert_store_stage(call->server->certificates, call->who->component, offset, cursor_bytes(&call->in, call->in.left));
    return !err ? 0 : err == E_UNSUPPORTED ? ENOTSUP : EINVAL;
}

static int cert_ask(struct call *call, struct writer *out)
{
    struct cert_ask ask;
    struct cert_answer answer;
    if (!(call->who->rights & OS_APP_CERT_STORE))
        return EACCES;
    int err = cert_ask_read(&call->in, &ask);
    if (!err)
        err = cursor_end(&call->in);
    if (err)
        return EINVAL;
    cert_store_ask(call->server->certificates, call->who->component, &ask, &answer);
    return answer.error == CERT_NOT_HERE ? ENOTSUP : cert_answer_write(&answer, out) ? EIO : 0;
}

static const struct row {
    enum app_call number;
    size_t request_bytes; /* exactly; ANY: the handler looks */
    int (*handle)(struct call *call, struct writer *out); /* an errno value */
} rows[] = {
    {APP_CALL_NETWORKING_READY, 0, networking_ready},
    {APP_CALL_DEVICE_AUTH_READY, 0, device_auth_ready},
    {APP_CALL_SIGN_DIGEST, ROT_DIGEST_BYTES, sign_digest},
    {APP_CALL_EVENTS_LISTEN, 0, events_listen},
    {APP_CALL_EVENT_DEFER, 8, event_defer},
    {APP_CALL_EVENT_RESUME, 4, event_resume},
    {APP_CALL_FORCE_REBOOT, 0, force_reboot},
    {APP_CALL_PROXY_GET, 0, proxy_get},
    {APP_CALL_PROXY_APPLY, ANY, proxy_apply},
    {APP_CALL_PROXY_STATUS, 0, proxy_status},
    {APP_CALL_CERT_STAGE, ANY, cert_stage},
    {APP_CALL_CERT, ANY, cert_ask},
};

bool app_server_answer(struct app_server *server, const struct os_app_channel *who, struct span request,
                       uint64_t now_ms, struct writer *reply, bool *listens)
{
    struct call call = {.server = server, .who = who, .tenant = who->tenant, .in = cursor_of(request),
                        .now_ms = now_ms};
    uint16_t number = cursor_u16le(&call.in), length = cursor_u16le(&call.in);
    uint8_t payload[APP_CHANNEL_REPLY_MAX];
    struct writer out = writer_of(payload, sizeof payload);
    const struct row *row = NULL;
    if (call.in.err || length != call.in.left)
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((uint16_t)rows[i].number == number)
            row = &rows[i];
    if (row && row->request_bytes != ANY && row->request_bytes != length)
        return false;
    /* A call that is not in our table may be in a later one: an application
     * that was built for it can ask and go on. */
    int error = row ? row->handle(&call, &out) : ENOSYS;
    writer_u16le(reply, number);
    writer_u16le(reply, error ? 0 : (uint16_t)out.len);
    writer_u32le(reply, (uint32_t)error);
    if (!error)
        writer_bytes(reply, out.at, out.len);
    *listens = call.listens;
    return !reply->err;
}

void app_server_serve(struct app_server *server, size_t index)
{
    struct app *app = &server->at[index];
    uint8_t request[APP_CHANNEL_REQUEST_MAX], bytes[APP_CHANNEL_REPLY_MAX];
    struct writer reply = writer_of(bytes, sizeof bytes);
    struct system_notice notice;
    size_t len;
    bool listens = false;
    uint64_t now_ms = clock_ms();
    int err = message_receive(app->fd, request, sizeof request, &len, NULL, 0);
    if (err == E_TIMEOUT)
        return;
    if (!err && !app_server_answer(server, &app->who, span_of(request, len), now_ms, &reply, &listens))
        err = E_MALFORMED;
    if (!err)
        err = message_send(app->fd, writer_view(&reply), -1, 0);
    ct_wipe(request, sizeof request); /* a password may have stood there */
    ct_wipe(bytes, sizeof bytes);
    if (err)
        app_close(app);
    else if (listens && deferral_current(server->deferral, now_ms, &notice))
        (void)event_send(app, &notice);
}

static bool is_changed(const struct system_notice *notice, const struct app *app)
{
    for (size_t i = 0; i < notice->changed_count; i++)
        if (guid_equal(notice->changed[i], app->who.component))
            return true;
    return false;
}

void app_server_notify(struct app_server *server, const struct system_notice *notice)
{
    for (size_t i = 0; i < server->count; i++)
        if (server->at[i].who.rights & OS_APP_SYSTEM_EVENTS && !is_changed(notice, &server->at[i]))
            (void)event_send(&server->at[i], notice);
}

void app_server_events(struct app_server *server, const uint8_t component[static 16], int fd)
{
    for (size_t i = 0; i < server->count; i++) {
        struct app *app = &server->at[i];
        if (!guid_equal(app->who.component, component))
            continue;
        if (app->events >= 0)
            close(app->events);
        app->events = fd;
        return;
    }
    close(fd);
}

void app_server_sweep(struct app_server *server)
{
    size_t kept = 0;
    for (size_t i = 0; i < server->count; i++)
        if (server->at[i].fd >= 0)
            server->at[kept++] = server->at[i];
    bool fewer = kept < server->count;
    server->count = kept;
    if (fewer)
        listeners_count(server);
}
