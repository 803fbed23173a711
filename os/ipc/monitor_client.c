/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/ipc/monitor_client.h"

#include <string.h>
#include <unistd.h>

#include "abi/smc.h"
#include "os/ipc/transport.h"

static const struct {
    uint32_t status;
    int error;
} status_errors[] = {
    {MONITOR_OK, 0},
    {MONITOR_IMAGE_ALREADY_LOADED, E_EXISTS},
    {MONITOR_NO_FREE_SPACE, E_FULL},
    {MONITOR_NOT_IMPLEMENTED, E_UNSUPPORTED},
    {MONITOR_IMAGE_NOT_FOUND, E_NOT_FOUND},
    {MONITOR_UPDATE_IN_PROGRESS, E_BUSY},
    {MONITOR_BAD_HANDLE, E_RANGE},
    {MONITOR_BAD_OFFSET, E_RANGE},
    {MONITOR_WRITE_FAILED, E_CORRUPT},
    {MONITOR_INVALID_PARAMETER, E_RANGE},
    {MONITOR_VERIFICATION_FAILED, E_SIGNATURE},
    {MONITOR_IMAGE_TOO_LARGE, E_LIMIT},
    {MONITOR_IDENTITY_INCONSISTENT, E_CONFLICT},
    {MONITOR_MUST_DOWNLOAD_MISSING, E_MISSING},
    {MONITOR_MALFORMED_MANIFEST, E_LENGTH},
    {MONITOR_OUT_OF_ORDER, E_ROLLBACK},
    {MONITOR_PERMISSION_DENIED, E_DENIED},
    {MONITOR_NO_UPDATE_IN_PROGRESS, E_CONFLICT},
    {MONITOR_ABI_MISSING, E_MISSING},
    {MONITOR_NOT_FRESH, E_STALE},
    {MONITOR_WRONG_DEVICE, E_BINDING},
    {MONITOR_SECURITY_VERSION, E_ROLLBACK},
    {MONITOR_UNDONE, E_ROLLBACK},
};

int monitor_error(uint32_t status)
{
    for (size_t i = 0; i < sizeof status_errors / sizeof *status_errors; i++)
        if (status_errors[i].status == status)
            return status_errors[i].error;
    return E_MALFORMED;
}

void monitor_client_init(struct monitor_client *client, int fd)
{
    client->fd = fd;
    client->timeout_ms = MONITOR_CLIENT_TIMEOUT_MS;
    client->broken = fd < 0;
    client->status = MONITOR_OK;
}

void monitor_client_release(struct monitor_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    client->broken = true;
}

/* A request starts with a header whose length call_end() fills in. */
static struct writer call_begin(struct monitor_client *client, uint32_t number)
{
    struct writer w = writer_of(client->bytes, sizeof client->bytes);
    client->number = number;
    writer_u32le(&w, number);
    writer_u32le(&w, 0);
    return w;
}

/* Sends what w holds and gives a cursor over the reply's payload. */
static int call_end(struct monitor_client *client, struct writer *w, struct cursor *reply,
                    int *passed)
{
    *reply = cursor_of(span_of(NULL, 0));
    client->status = MONITOR_OK;
    if (passed)
        *passed = -1;
    if (client->broken)
        return E_STATE;
    if (w->err)
        return E_RANGE;
    struct writer length = writer_of(client->bytes + 4, 4);
    writer_u32le(&length, (uint32_t)(w->len - MONITOR_HEADER_BYTES));

    size_t len;
    int e = monitor_exchange(client->fd, client->bytes, w->len, sizeof client->bytes, &len, passed,
                             client->timeout_ms);
    if (!e) {
        struct cursor c = cursor_of(span_of(client->bytes, len));
        uint32_t echoed = cursor_u32le(&c);
        client->status = cursor_u32le(&c);
        uint32_t payload = cursor_u32le(&c);
        if (c.err || echoed != client->number || payload != c.left ||
            (client->status != MONITOR_OK && payload != 0))
            e = E_MALFORMED;
        *reply = c;
    }
    if (e) {
        client->broken = true;
        client->status = MONITOR_OK;
        if (passed && *passed >= 0) {
            close(*passed);
            *passed = -1;
        }
        return e;
    }
    return monitor_error(client->status);
}

/* The payload must be used up; what is left over means we are out of step. */
static int reply_end(struct monitor_client *client, const struct cursor *c)
{
    if (cursor_end(c) == 0)
        return 0;
    client->broken = true;
    return E_MALFORMED;
}

static int call_plain(struct monitor_client *client, struct writer *w)
{
    struct cursor c;
    int e = call_end(client, w, &c, NULL);
    return e ? e : reply_end(client, &c);
}

static int call_u32(struct monitor_client *client, struct writer *w, uint32_t *out)
{
    struct cursor c;
    *out = 0;
    int e = call_end(client, w, &c, NULL);
    if (e)
        return e;
    *out = cursor_u32le(&c);
    return reply_end(client, &c);
}

int monitor_get_version(struct monitor_client *client, uint32_t *version)
{
    struct writer w = call_begin(client, MONITOR_CALL_GET_VERSION);
    return call_u32(client, &w, version);
}

int monitor_ping(struct monitor_client *client)
{
    struct writer w = call_begin(client, MONITOR_CALL_PING);
    return call_plain(client, &w);
}

int monitor_reset(struct monitor_client *client, bool power_off)
{
    struct writer w = call_begin(client, MONITOR_CALL_RESET);
    writer_u32le(&w, power_off ? 1 : 0);
    return call_plain(client, &w);
}

int monitor_get_components(struct monitor_client *client, struct monitor_components *out)
{
    struct writer w = call_begin(client, MONITOR_CALL_GET_COMPONENTS);
    struct cursor c;
    out->count = 0;
    int e = call_end(client, &w, &c, NULL);
    if (e)
        return e;
    size_t count = 0;
    for (; c.left && !c.err && count < MONITOR_COMPONENTS_MAX; count++) {
        struct monitor_component *at = &out->at[count];
        cursor_copy(&c, at->component, sizeof at->component);
        cursor_copy(&c, at->image, sizeof at->image);
        at->type = cursor_u16le(&c);
        at->flags = cursor_u16le(&c);
        at->file_bytes = cursor_u32le(&c);
        cursor_copy(&c, at->digest, sizeof at->digest);
    }
    e = reply_end(client, &c);
    out->count = e ? 0 : count;
    return e;
}

int monitor_get_abi(struct monitor_client *client, struct monitor_abi *out)
{
    struct writer w = call_begin(client, MONITOR_CALL_GET_ABI);
    struct cursor c;
    out->count = 0;
    int e = call_end(client, &w, &c, NULL);
    if (e)
        return e;
    size_t count = 0;
    for (; c.left && !c.err && count < MONITOR_CLIENT_ABI_MAX; count++) {
        out->at[count].version = cursor_u32le(&c);
        out->at[count].type = cursor_u32le(&c);
    }
    e = reply_end(client, &c);
    out->count = e ? 0 : count;
    return e;
}

int monitor_get_rollback(struct monitor_client *client, struct monitor_rollback *out)
{
    struct writer w = call_begin(client, MONITOR_CALL_GET_ROLLBACK);
    struct cursor c;
    *out = (struct monitor_rollback){0};
    int e = call_end(client, &w, &c, NULL);
    if (e)
        return e;
    struct monitor_rollback got = {.accepted_sequence = cursor_u64le(&c)};
    uint8_t flags = cursor_u8(&c);
    got.undone = flags & MONITOR_ROLLBACK_UNDONE;
    got.on_trial = flags & MONITOR_ROLLBACK_TRIAL;
    got.runs = flags & MONITOR_ROLLBACK_RUNS;
    got.undone_sequence = cursor_u64le(&c);
    got.keystore_version = cursor_u32le(&c);
    if (flags > (MONITOR_ROLLBACK_UNDONE | MONITOR_ROLLBACK_TRIAL | MONITOR_ROLLBACK_RUNS))
        cursor_fail(&c, E_MALFORMED);
    e = reply_end(client, &c);
    if (!e)
        *out = got;
    return e;
}

int monitor_open_application(struct monitor_client *client, const uint8_t component[static 16],
                             uint8_t image[static 16], uint32_t *file_bytes, int *memfd)
{
    struct writer w = call_begin(client, MONITOR_CALL_OPEN_APPLICATION);
    writer_bytes(&w, component, 16);
    struct cursor c;
    *file_bytes = 0;
    memset(image, 0, 16);
    int e = call_end(client, &w, &c, memfd);
    if (!e) {
        cursor_copy(&c, image, 16);
        *file_bytes = cursor_u32le(&c);
        if (*memfd < 0)
            cursor_fail(&c, E_MALFORMED);
        e = reply_end(client, &c);
    }
    if (e && *memfd >= 0) {
        close(*memfd);
        *memfd = -1;
    }
    return e;
}

int monitor_new_update_nonce(struct monitor_client *client, uint8_t nonce[static 32])
{
    struct writer w = call_begin(client, MONITOR_CALL_NEW_UPDATE_NONCE);
    struct cursor c;
    memset(nonce, 0, 32);
    int e = call_end(client, &w, &c, NULL);
    if (e)
        return e;
    cursor_copy(&c, nonce, 32);
    return reply_end(client, &c);
}

int monitor_stage_manifests(struct monitor_client *client, struct span set, uint32_t *missing)
{
    struct writer w = call_begin(client, MONITOR_CALL_STAGE_MANIFESTS);
    writer_bytes(&w, set.at, set.len);
    return call_u32(client, &w, missing);
}

int monitor_get_missing(struct monitor_client *client, struct monitor_missing *out)
{
    struct writer w = call_begin(client, MONITOR_CALL_GET_MISSING);
    struct cursor c;
    out->count = 0;
    int e = call_end(client, &w, &c, NULL);
    if (e)
        return e;
    size_t count = 0;
    for (; c.left && !c.err && count < MONITOR_CLIENT_MISSING_MAX; count++) {
        cursor_copy(&c, out->at[count].image, sizeof out->at[count].image);
        out->at[count].file_bytes = cursor_u32le(&c);
    }
    e = reply_end(client, &c);
    out->count = e ? 0 : count;
    return e;
}

int monitor_open_staging(struct monitor_client *client, const uint8_t image[static 16],
                         uint32_t *handle)
{
    struct writer w = call_begin(client, MONITOR_CALL_OPEN_STAGING);
    writer_bytes(&w, image, 16);
    return call_u32(client, &w, handle);
}

static int write_block(struct monitor_client *client, uint32_t number, uint32_t handle,
                       uint32_t offset, struct span block)
{
    if (block.len == 0 || block.len > MONITOR_BLOCK_MAX)
        return E_RANGE;
    struct writer w = call_begin(client, number);
    writer_u32le(&w, handle);
    writer_u32le(&w, offset);
    writer_bytes(&w, block.at, block.len);
    return call_plain(client, &w);
}

int monitor_write_block(struct monitor_client *client, uint32_t handle, uint32_t offset,
                        struct span block)
{
    return write_block(client, MONITOR_CALL_WRITE_BLOCK, handle, offset, block);
}

int monitor_commit_staging(struct monitor_client *client, uint32_t handle)
{
    struct writer w = call_begin(client, MONITOR_CALL_COMMIT_STAGING);
    writer_u32le(&w, handle);
    return call_plain(client, &w);
}

int monitor_abort_staging(struct monitor_client *client, uint32_t handle)
{
    struct writer w = call_begin(client, MONITOR_CALL_ABORT_STAGING);
    writer_u32le(&w, handle);
    return call_plain(client, &w);
}

int monitor_install(struct monitor_client *client, bool *restart_needed)
{
    struct writer w = call_begin(client, MONITOR_CALL_INSTALL);
    uint32_t flags;
    int e = call_u32(client, &w, &flags);
    *restart_needed = !e && (flags & 1);
    return e;
}

int monitor_confirm(struct monitor_client *client, bool *ended)
{
    uint32_t flag;
    struct writer w = call_begin(client, MONITOR_CALL_CONFIRM);
    int e = call_u32(client, &w, &flag);
    *ended = !e && flag == 1;
    return e;
}

int monitor_sideload_open(struct monitor_client *client, uint32_t file_bytes, uint32_t *handle)
{
    struct writer w = call_begin(client, MONITOR_CALL_SIDELOAD_OPEN);
    writer_u32le(&w, file_bytes);
    return call_u32(client, &w, handle);
}

int monitor_sideload_write(struct monitor_client *client, uint32_t handle, uint32_t offset,
                           struct span block)
{
    return write_block(client, MONITOR_CALL_SIDELOAD_WRITE, handle, offset, block);
}

int monitor_sideload_commit(struct monitor_client *client, uint32_t handle, uint8_t component[static 16],
                            uint8_t image[static 16])
{
    struct writer w = call_begin(client, MONITOR_CALL_SIDELOAD_COMMIT);
    struct cursor c;
    memset(component, 0, 16);
    memset(image, 0, 16);
    writer_u32le(&w, handle);
    int e = call_end(client, &w, &c, NULL);
    if (e)
        return e;
    cursor_copy(&c, component, 16);
    cursor_copy(&c, image, 16);
    return reply_end(client, &c);
}

int monitor_sideload_install(struct monitor_client *client, uint32_t handle)
{
    struct writer w = call_begin(client, MONITOR_CALL_SIDELOAD_INSTALL);
    writer_u32le(&w, handle);
    return call_plain(client, &w);
}

int monitor_sideload_remove(struct monitor_client *client, const uint8_t component[static 16])
{
    struct writer w = call_begin(client, MONITOR_CALL_SIDELOAD_REMOVE);
    writer_bytes(&w, component, 16);
    return call_plain(client, &w);
}

int monitor_telemetry_read(struct monitor_client *client, uint32_t offset, uint8_t *to, uint32_t len,
                           uint32_t *got)
{
    struct writer w = call_begin(client, SMC_GET_TELEMETRY);
    struct cursor c;
    *got = 0;
    writer_u32le(&w, offset);
    writer_u32le(&w, len);
    int e = call_end(client, &w, &c, NULL);
    if (e)
        return e;
    if (c.left > len) {
        client->broken = true;
        return E_MALFORMED;
    }
    *got = (uint32_t)c.left;
    cursor_copy(&c, to, c.left);
    return reply_end(client, &c);
}

int monitor_telemetry_forget(struct monitor_client *client)
{
    struct writer w = call_begin(client, SMC_RESET_TELEMETRY);
    return call_plain(client, &w);
}

int monitor_telemetry_keep(struct monitor_client *client)
{
    struct writer w = call_begin(client, SMC_RETAIN_TELEMETRY);
    return call_plain(client, &w);
}
