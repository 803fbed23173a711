/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/fake_test.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/image.h"
#include "abi/pluton_call.h"
#include "lib/image.h"
#include "os/ipc/message.h"
#include "tests/check.h"

/* -- root of trust -------------------------------------------------------------- */

static uint16_t pluton_answer(struct fake *f, uint16_t command, struct cursor *in, struct writer *out)
{
    switch (command) {
    case PLUTON_GET_SECURITY_STATE:
        writer_u32le(out, f->lifecycle);
        writer_zero(out, 64);
        for (unsigned i = 0; i < 64; i++)
            writer_u8(out, (uint8_t)(0xA0 + i));
        return PLUTON_OK;
    case PLUTON_GET_ENABLED_CAPABILITIES:
        for (unsigned i = 0; i < CAPABILITY_SLOTS; i++)
            writer_u16le(out, f->capabilities[i]);
        return PLUTON_OK;
    case PLUTON_APPLY_CAPABILITIES:
        if (in->left && (in->left != sizeof f->good_file || memcmp(in->at, f->good_file, in->left) != 0))
            return PLUTON_BAD_SIGNATURE;
        f->changes++;
        memset(f->capabilities, 0, sizeof f->capabilities);
        f->capabilities[0] = in->left ? CAPABILITY_APP_DEVELOPMENT : 0;
        return PLUTON_OK;
    case PLUTON_SET_MANUFACTURING_STATE: {
        cursor_skip(in, 4);
        uint32_t next = cursor_u32le(in);
        if (next <= f->lifecycle)
            return PLUTON_BAD_STATE;
        f->changes++;
        f->lifecycle = next;
        return PLUTON_OK;
    }
    default: return PLUTON_DENIED;
    }
}

static void *pluton_run(void *context)
{
    struct fake *f = context;
    uint8_t in[8192], payload[512], reply[1024];
    size_t len;
    while (message_receive(f->pluton, in, sizeof in, &len, NULL, -1) == 0) {
        struct cursor c = cursor_of(span_of(in, len));
        struct writer p = writer_of(payload, sizeof payload), w = writer_of(reply, sizeof reply);
        uint16_t command = cursor_u16le(&c);
        cursor_skip(&c, 6);
        pthread_mutex_lock(&f->lock);
        uint16_t status = pluton_answer(f, command, &c, &p);
        pthread_mutex_unlock(&f->lock);
        writer_u16le(&w, command);
        writer_u16le(&w, status);
        writer_u32le(&w, (uint32_t)p.len);
        writer_bytes(&w, payload, p.len);
        if (message_send(f->pluton, writer_view(&w), -1, 5000))
            break;
    }
    return NULL;
}

/* -- monitor ------------------------------------------------------------------------ */

static size_t app_at(const struct fake *f, const uint8_t *component)
{
    size_t i = 0;
    while (i < f->apps && memcmp(f->app[i].component, component, 16) != 0)
        i++;
    return i;
}

static uint32_t sideload_answer(struct fake *f, uint32_t number, struct cursor *in, struct writer *out)
{
    uint8_t uid[16];
    switch (number) {
    case MONITOR_CALL_SIDELOAD_OPEN:
        f->open_bytes = cursor_u32le(in);
        f->written = 0;
        f->verified = false;
        f->handle = f->open_bytes ? f->handle + 1 : f->handle;
        writer_u32le(out, f->open_bytes ? f->handle : 0);
        return MONITOR_OK;
    case MONITOR_CALL_SIDELOAD_WRITE: {
        cursor_skip(in, 4);
        uint32_t at = cursor_u32le(in);
        if (at != f->written || in->left > sizeof f->package - at || at + in->left > f->open_bytes)
            return MONITOR_BAD_OFFSET;
        memcpy(f->package + at, in->at, in->left);
        f->written += (uint32_t)in->left;
        return MONITOR_OK;
    }
    case MONITOR_CALL_SIDELOAD_COMMIT: { /* a real package, or "GOOD", component byte, image byte */
        struct image image;
        if (f->written != f->open_bytes || f->written < 6)
            return MONITOR_VERIFICATION_FAILED;
        if (image_parse(span_of(f->package, f->written), &image) == 0) {
            memcpy(f->staged, image.meta.component, 16);
            memcpy(f->staged + 16, image.meta.id, 16);
        } else if (memcmp(f->package, "GOOD", 4) == 0) {
            memset(f->staged, f->package[4], 16);
            memset(f->staged + 16, f->package[5], 16);
        } else
            return MONITOR_VERIFICATION_FAILED;
        f->verified = true;
        writer_bytes(out, f->staged, 32);
        return MONITOR_OK;
    }
    case MONITOR_CALL_SIDELOAD_INSTALL: {
        if (!f->verified)
            return MONITOR_BAD_HANDLE;
        memcpy(uid, f->staged, 16);
        size_t i = app_at(f, uid);
        REQUIRE(i < FAKE_APPS);
        f->apps += i == f->apps;
        memcpy(f->app[i].component, uid, 16);
        memcpy(f->app[i].image, f->staged + 16, 16);
        f->app[i].bytes = f->written;
        f->verified = false;
        return MONITOR_OK;
    }
    default:
        cursor_copy(in, uid, 16);
        size_t i = app_at(f, uid);
        if (i == f->apps)
            return MONITOR_IMAGE_NOT_FOUND;
        f->app[i] = f->app[--f->apps];
        return MONITOR_OK;
    }
}

static uint32_t monitor_answer(struct fake *f, uint32_t number, struct cursor *in, struct writer *out)
{
    static const uint8_t zero[32];
    if (number == f->refuse_call)
        return f->refuse_status;
    if (number >= MONITOR_CALL_SIDELOAD_OPEN && number <= MONITOR_CALL_SIDELOAD_REMOVE) {
        f->changes++;
        return sideload_answer(f, number, in, out);
    }
    if (number == MONITOR_CALL_GET_ABI) {
        writer_u32le(out, 5);
        writer_u32le(out, IMAGE_IDENTITY_APPLICATION_RUNTIME);
        return MONITOR_OK;
    }
    if (number != MONITOR_CALL_GET_COMPONENTS)
        return MONITOR_PERMISSION_DENIED;
    for (unsigned i = 0; i < 32; i++)
        writer_u8(out, i < 16 ? 0x51 : 0x01);
    writer_u16le(out, IMAGE_TYPE_SERVICES);
    writer_u16le(out, 0);
    writer_u32le(out, 4096);
    writer_bytes(out, zero, 32);
    for (size_t i = 0; i < f->apps; i++) {
        writer_bytes(out, f->app[i].component, 16);
        writer_bytes(out, f->app[i].image, 16);
        writer_u16le(out, IMAGE_TYPE_APPLICATIONS);
        writer_u16le(out, MONITOR_COMPONENT_UNDER_DEVELOPMENT);
        writer_u32le(out, f->app[i].bytes);
        writer_bytes(out, zero, 32);
    }
    return MONITOR_OK;
}

static void *monitor_run(void *context)
{
    struct fake *f = context;
    static uint8_t in[MONITOR_HEADER_BYTES + MONITOR_PAYLOAD_MAX];
    uint8_t payload[2048], reply[4096];
    size_t len;
    while (message_receive(f->monitor, in, sizeof in, &len, NULL, -1) == 0) {
        struct cursor c = cursor_of(span_of(in, len));
        struct writer p = writer_of(payload, sizeof payload), w = writer_of(reply, sizeof reply);
        uint32_t number = cursor_u32le(&c);
        cursor_skip(&c, 4);
        pthread_mutex_lock(&f->lock);
        uint32_t status = monitor_answer(f, number, &c, &p);
        pthread_mutex_unlock(&f->lock);
        if (status != MONITOR_OK)
            p.len = 0;
        writer_u32le(&w, number);
        writer_u32le(&w, status);
        writer_u32le(&w, (uint32_t)p.len);
        writer_bytes(&w, payload, p.len);
        if (message_send(f->monitor, writer_view(&w), -1, 5000))
            break;
    }
    return NULL;
}

/* -- application manager -------------------------------------------------------------- */

static void tell(struct fake *f, const uint8_t *component)
{
    size_t i = app_at(f, component);
    struct os_message m = {.kind = OS_APP_STATE, .fd = -1,
                           .u.app_state = {.state = OS_APP_NOT_PRESENT, .used_kb = 3, .limit_kb = 64, .memory_kb = 512, .memory_peak_kb = 700}};
    memcpy(m.u.app_state.component, component, 16);
    if (i < f->apps)
        m.u.app_state.state = f->app[i].running ? OS_APP_RUNNING : OS_APP_STOPPED;
    (void)!os_channel_send(f->manager, &m, 5000);
}

void fake_attested(struct fake *f)
{
    const struct os_message m = {.kind = OS_ATTESTED, .fd = -1};
    REQUIRE(os_channel_send(f->manager, &m, 5000) == 0);
}

/* azured, behind the manager: it keeps the password, and never says it. */
static void proxy_take(struct fake *f, const struct os_proxy_set *set)
{
    static struct os_message m;
    if (set->action != OS_PROXY_TELL)
        f->proxy_changes++;
    if (!f->proxy_error && set->action == OS_PROXY_APPLY)
        f->proxy = set->proxy;
    if (!f->proxy_error && set->action != OS_PROXY_TELL)
        f->proxy_present = set->action == OS_PROXY_APPLY;
    if (f->proxy_silent)
        return;
    m = (struct os_message){.kind = OS_PROXY_STATE, .fd = -1,
                            .u.proxy_state = {set->number, f->proxy_error, f->proxy_status, f->proxy_present, f->proxy}};
    network_proxy_hide(&m.u.proxy_state.proxy);
    (void)!os_channel_send(f->manager, &m, 5000);
}

static void cert_take(struct fake *f, const struct os_cert_ask *ask)
{
    struct os_message m = {.kind = OS_CERT_ANSWER, .fd = -1, .u.cert_answer = {ask->number, f->cert_answer}};
    struct cert_answer *answer = &m.u.cert_answer.answer;
    f->cert_ask = ask->ask;
    f->cert_changes += ask->ask.action >= CERT_INSTALL;
    if (ask->ask.action == CERT_AT)
        snprintf(answer->id, sizeof answer->id, "cert-%u", (unsigned)ask->ask.index);
    (void)!os_channel_send(f->manager, &m, 5000);
}

static void manager_take(struct fake *f, const struct os_message *m)
{
    static uint8_t known[FAKE_APPS][16];
    static size_t knowns;
    if (m->kind == OS_RESTART)
        f->restarts++;
    else if (m->kind == OS_PROXY_SET)
        proxy_take(f, &m->u.proxy_set);
    else if (m->kind == OS_CERT_ASK)
        cert_take(f, &m->u.cert_ask);
    else if (m->kind == OS_CERT_STAGE) {
        const struct os_cert_stage *s = &m->u.cert_stage;
        f->cert_staged = s->offset == 0 ? 0 : f->cert_staged;
        REQUIRE(s->offset == f->cert_staged && s->bytes.len <= sizeof f->cert_bytes - f->cert_staged);
        memcpy(f->cert_bytes + s->offset, s->bytes.at, s->bytes.len);
        f->cert_staged += s->bytes.len;
    }
    else if (m->kind == OS_EVENT) {
        f->events++;
        f->last_event = m->u.event.exit_code;
    } else if (m->kind == OS_CHANGED || m->kind == OS_APP_CONTROL) {
        f->followed++;
        for (size_t i = 0; i < knowns; i++)
            if (app_at(f, known[i]) == f->apps)
                tell(f, known[i]); /* it is gone */
        knowns = f->apps;
        for (size_t i = 0; i < f->apps; i++)
            memcpy(known[i], f->app[i].component, 16);
        if (m->kind == OS_CHANGED)
            return;
        f->controls += m->u.app_control.action != OS_APP_TELL;
        size_t i = app_at(f, m->u.app_control.component);
        if (i < f->apps && m->u.app_control.action != OS_APP_TELL) {
            f->app[i].running = m->u.app_control.action == OS_APP_START;
            f->app[i].held = !f->app[i].running;
        }
        tell(f, m->u.app_control.component);
    }
}

static void *manager_run(void *context)
{
    struct fake *f = context;
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m;
    while (os_channel_receive(f->manager, buffer, &m, -1) == 0) {
        pthread_mutex_lock(&f->lock);
        manager_take(f, &m);
        pthread_mutex_unlock(&f->lock);
    }
    return NULL;
}

void fake_start(struct fake *f, int ends[static 3])
{
    int *const ours[3] = {&f->monitor, &f->pluton, &f->manager};
    void *(*const run[3])(void *) = {monitor_run, pluton_run, manager_run};
    pthread_mutex_init(&f->lock, NULL);
    for (unsigned i = 0; i < sizeof f->good_file; i++)
        f->good_file[i] = (uint8_t)(i * 7);
    for (unsigned i = 0; i < 3; i++) {
        int pair[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
        *ours[i] = pair[0];
        ends[i] = pair[1];
    }
    for (size_t i = 0; i < f->apps; i++)
        tell(f, f->app[i].component);
    for (unsigned i = 0; i < 3; i++)
        REQUIRE(pthread_create(&f->thread[i], NULL, run[i], f) == 0);
}

void fake_stop(struct fake *f)
{
    for (unsigned i = 0; i < 3; i++)
        pthread_join(f->thread[i], NULL);
    close(f->monitor);
    close(f->pluton);
    close(f->manager);
    pthread_mutex_destroy(&f->lock);
}

void fake_capability(struct fake *f, uint16_t number)
{
    pthread_mutex_lock(&f->lock);
    memset(f->capabilities, 0, sizeof f->capabilities);
    f->capabilities[5] = number; /* places are free */
    pthread_mutex_unlock(&f->lock);
}

void fake_app(struct fake *f, uint8_t component, uint8_t image, bool running)
{
    REQUIRE(f->apps < FAKE_APPS);
    memset(f->app[f->apps].component, component, 16);
    memset(f->app[f->apps].image, image, 16);
    f->app[f->apps].bytes = 1000;
    f->app[f->apps++].running = running;
}
