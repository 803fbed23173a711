/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/app_server.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "lib/guid.h"
#include "os/ipc/message.h"

void app_server_init(struct app_server *server, struct identities *ids, struct key_guard *keys,
                     bool (*networking_ready)(void *context), void *context)
{
    *server = (struct app_server){.ids = ids, .keys = keys, .networking_ready = networking_ready,
                                  .context = context};
}

void app_server_release(struct app_server *server)
{
    for (size_t i = 0; i < server->count; i++)
        if (server->at[i].fd >= 0)
            close(server->at[i].fd);
    server->count = 0;
}

int app_server_add(struct app_server *server, const struct os_app_channel *who, int fd)
{
    struct app *app = NULL;
    for (size_t i = 0; i < server->count && !app; i++)
        if (guid_equal(server->at[i].component, who->component))
            app = &server->at[i];
    if (app) {
        if (app->fd >= 0)
            close(app->fd);
    } else if (server->count < APP_SERVER_MAX) {
        app = &server->at[server->count++];
    } else {
        close(fd);
        return E_FULL;
    }
    memcpy(app->component, who->component, sizeof app->component);
    memcpy(app->tenant, who->tenant, sizeof app->tenant);
    app->fd = fd;
    return 0;
}

/* What a call needs of its arguments and answers into out. */
struct call {
    struct app_server *server;
    const uint8_t *tenant;
    struct cursor in;
    uint64_t now_ms;
};

static int networking_ready(struct call *call, struct writer *out)
{
    writer_u8(out, call->server->networking_ready(call->server->context));
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

static const struct row {
    enum app_call number;
    size_t request_bytes;
    int (*handle)(struct call *call, struct writer *out); /* an errno value */
} rows[] = {
    {APP_CALL_NETWORKING_READY, 0, networking_ready},
    {APP_CALL_DEVICE_AUTH_READY, 0, device_auth_ready},
    {APP_CALL_SIGN_DIGEST, ROT_DIGEST_BYTES, sign_digest},
};

bool app_server_answer(struct app_server *server, const uint8_t tenant[static 16], struct span request,
                       uint64_t now_ms, struct writer *reply)
{
    struct call call = {.server = server, .tenant = tenant, .in = cursor_of(request), .now_ms = now_ms};
    uint16_t number = cursor_u16le(&call.in), length = cursor_u16le(&call.in);
    uint8_t payload[APP_CHANNEL_REPLY_MAX];
    struct writer out = writer_of(payload, sizeof payload);
    const struct row *row = NULL;
    if (call.in.err || length != call.in.left)
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((uint16_t)rows[i].number == number)
            row = &rows[i];
    if (row && row->request_bytes != length)
        return false;
    /* A call that is not in our table may be in a later one: an application
     * that was built for it can ask and go on. */
    int error = row ? row->handle(&call, &out) : ENOSYS;
    writer_u16le(reply, number);
    writer_u16le(reply, error ? 0 : (uint16_t)out.len);
    writer_u32le(reply, (uint32_t)error);
    if (!error)
        writer_bytes(reply, out.at, out.len);
    return !reply->err;
}

void app_server_serve(struct app_server *server, size_t index)
{
    struct app *app = &server->at[index];
    uint8_t request[APP_CHANNEL_REQUEST_MAX], bytes[APP_CHANNEL_REPLY_MAX];
    struct writer reply = writer_of(bytes, sizeof bytes);
    size_t len;
    int err = message_receive(app->fd, request, sizeof request, &len, NULL, 0);
    if (err == E_TIMEOUT)
        return;
    if (!err && !app_server_answer(server, app->tenant, span_of(request, len), clock_ms(), &reply))
        err = E_MALFORMED;
    if (!err)
        err = message_send(app->fd, writer_view(&reply), -1, 0);
    if (err) {
        close(app->fd);
        app->fd = -1;
    }
}

void app_server_sweep(struct app_server *server)
{
    size_t kept = 0;
    for (size_t i = 0; i < server->count; i++)
        if (server->at[i].fd >= 0)
            server->at[kept++] = server->at[i];
    server->count = kept;
}
