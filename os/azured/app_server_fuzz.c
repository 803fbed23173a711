/* SPDX-License-Identifier: BSD-2-Clause */
/* An application that says anything on its channel, and a deferral on disk that is
 * anything.  Input: one byte rights (bits 0..2, 6, 7) and whether it has a tenant (bit 3), then
 * requests, {u8 length, bytes} each; the whole is tried as a stored deferral as well.
 * Replies are whole and bounded, rights hold, and stored deferrals have one form. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/app_channel.h"
#include "os/azured/app_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool networking_ready(void *context)
{
    (void)context;
    return true;
}

static int restart(void *context)
{
    (void)context;
    return 0;
}

static void proxy_changed(void *context) { (void)context; }

static const struct app_host host = {.networking_ready = networking_ready, .restart = restart, .proxy_changed = proxy_changed};

static void reply_check(struct span reply, uint16_t asked)
{
    struct cursor c = cursor_of(reply);
    uint16_t number = cursor_u16le(&c), length = cursor_u16le(&c);
    uint32_t error = cursor_u32le(&c);
    cursor_skip(&c, length);
    if (cursor_end(&c) != 0 || number != asked || (error && length) || error > 4095)
        abort();
}

static void request_try(struct app_server *server, const struct os_app_channel *who, struct span request)
{
    uint8_t bytes[APP_CHANNEL_REPLY_MAX];
    struct writer reply = writer_of(bytes, sizeof bytes);
    struct deferral *d = server->deferral;
    enum deferral_phase before = d->phase;
    bool listens = false;
    if (app_server_answer(server, who, request, 1000, &reply, &listens))
        reply_check(writer_view(&reply), (uint16_t)(request.at[0] | request.at[1] << 8));
    if (reply.len > 8 && request.at[0] == APP_CALL_PROXY_GET && request.at[1] == 0 &&
        !(who->rights & (OS_APP_NETWORK_CONFIG | OS_APP_READ_PROXY)))
        abort();
    if (listens && !(who->rights & OS_APP_SYSTEM_EVENTS))
        abort();
    if (d->phase != before && !(who->rights & OS_APP_UPDATE_DEFERRAL))
        abort();
}

static void record_try(struct span bytes)
{
    struct deferral_record record;
    uint8_t again[DEFERRAL_RECORD_BYTES];
    struct writer w = writer_of(again, sizeof again);
    if (deferral_record_parse(bytes, &record) != 0)
        return;
    if (deferral_record_write(&record, &w) != 0 || !span_equal(writer_view(&w), bytes))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct identities ids;
    static struct deferral deferral;
    static struct app_server server;
    struct os_app_channel who = {.component = {1}};
    struct span request;
    struct cursor c = cursor_of(span_of(data, size));
    record_try(span_of(data, size));
    identities_init(&ids);
    deferral = (struct deferral){.folder = -1, .wake = -1, .notice_ms = 1000}; /* no folder: nothing can be kept */
    pthread_mutex_init(&deferral.lock, NULL);
    app_server_init(&server, &ids, NULL, &deferral, &host, NULL);
    static struct proxy_settings proxy; /* set, and there is no folder to keep another in */
    proxy = (struct proxy_settings){.lock = PTHREAD_MUTEX_INITIALIZER, .folder = -1, .present = true,
                                    .proxy = {.enabled = true, .port = 1, .address = "p"}};
    server.proxy = &proxy;
    static struct cert_store *certificates; /* no folder either */
    if (!certificates)
        certificates = cert_store_open(-1);
    server.certificates = certificates;
    deferral_listeners(&deferral, true);
    uint8_t first = cursor_u8(&c);
    who.rights = (first & 7u) | (first >> 6 & 3u) << 3 | (first & 0x80 ? OS_APP_CERT_STORE : 0u);
    who.tenant[0] = first >> 3 & 1;
    deferral.phase = (enum deferral_phase)(first >> 4 & 3);
    deferral.ends_ms = 5000;
    deferral.type = UPDATE_TYPE_APP;
    deferral.limits.app_minutes = 60;
    deferral.record.app_known_s = 1;
    memcpy(deferral.record.by, who.component, 16);
    while (!c.err && c.left) {
        request = cursor_bytes(&c, cursor_u8(&c));
        if (!c.err)
            request_try(&server, &who, request);
    }
    if (proxy.generation)
        abort();
    deferral_release(&deferral);
    identities_release(&ids);
    return 0;
}
