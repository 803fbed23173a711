/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * azured CONFIG_FOLDER DEVICE_CONF
 * Descriptors: 3 monitor, 4 root of trust, 5 application manager.
 * Source: docs/spec/azured.md.  Exit codes: 0 asked to end, 1 a sibling or the
 * set-up is broken (said on standard error), 2 wrong arguments.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/ct.h"
#include "os/azured/app_server.h"
#include "os/azured/confine.h"
#include "os/azured/device_time.h"
#include "os/azured/networking.h"
#include "os/azured/worker.h"
#include "os/config/device_conf.h"

enum { FD_MONITOR = 3, FD_ROOT_OF_TRUST = 4, FD_CHANNEL = 5, NETWORKING_AGE_MS = 1000 };

/* The state of the main loop and of what it shares with the worker. */
static struct azured {
    struct device_conf conf;
    char anchor[2 * DEVICE_CONF_TEXT_MAX];
    int folder, dumps_folder, signals, wake;
    struct key_guard keys;
    struct identities ids;
    struct outbox outbox;
    struct dumps dumps;
    struct deferral deferral;
    struct proxy_settings proxy;
    struct cert_store *certificates;
    int notices; /* eventfd */
    uint64_t started_ms;
    struct app_server apps;
    struct http_client anonymous, identified;
    struct monitor_client monitor;
    struct signer os_key;
    struct worker worker;
    uint64_t networking_ms; /* when it was looked at */
    bool networking;
} azured;

static _Noreturn void fail(const char *what, const char *subject, const char *why)
{
    fprintf(stderr, "azured: %s \"%s\": %s\n", what, subject, why);
    _exit(1); /* not exit(): the worker may run, and may hold anything */
}

static void conf_read(const char *path)
{
    uint8_t bytes[DEVICE_CONF_BYTES_MAX + 1];
    FILE *f = fopen(path, "re");
    if (!f)
        fail("cannot open", path, strerror(errno));
    size_t len = fread(bytes, 1, sizeof bytes, f);
    bool broken = ferror(f) || len == sizeof bytes;
    fclose(f);
    int err = broken ? E_LIMIT : device_conf_parse(span_of(bytes, len), &azured.conf);
    if (err)
        fail("cannot use", path, err_text(err));
    if (!azured.conf.service_url[0] || !azured.conf.trust_anchor[0])
        fail("cannot use", path, "service_url and trust_anchor are needed");

    const char *slash = strrchr(path, '/');
    bool relative = azured.conf.trust_anchor[0] != '/' && slash;
    int n = snprintf(azured.anchor, sizeof azured.anchor, "%.*s%s",
                     relative ? (int)(slash - path + 1) : 0, path, azured.conf.trust_anchor);
    if (n < 0 || (size_t)n >= sizeof azured.anchor)
        fail("cannot use", azured.conf.trust_anchor, err_text(E_LIMIT));
}

static int run_http(void *context, struct http_exchange *exchange)
{
    return http_client_run(context, exchange);
}

static int run_http_at(const char *address, struct http_exchange *exchange)
{
    return http_client_run_at(&azured.anonymous, address, exchange);
}

static int identify(void *context, struct span pem)
{
    (void)context;
    return http_client_identify(&azured.identified, pem, &azured.os_key);
}

static void forget(void *context)
{
    (void)context;
    http_client_close(&azured.anonymous);
}

static uint64_t clock_s(void)
{
    return (uint64_t)time(NULL);
}

static void rest(uint64_t milliseconds)
{
    (void)poll(NULL, 0, milliseconds < 60000 ? (int)milliseconds : 60000);
}

static bool networking_ready(void *context)
{
    (void)context;
    if (identities_reached(&azured.ids))
        return true;
    uint64_t now = clock_ms();
    if (!azured.networking_ms || now - azured.networking_ms >= NETWORKING_AGE_MS) {
        azured.networking = networking_has_address();
        azured.networking_ms = now;
    }
    return azured.networking;
}

/*
 * An application that restarts the device as soon as it runs would keep it from updates
 * for ever: the service is asked first, for a while.
 */
static int restart(void *context)
{
    enum { UPDATES_FIRST_MS = 60000 };
    (void)context;
    if (!deferral_checked(&azured.deferral) && clock_ms() - azured.started_ms < UPDATES_FIRST_MS)
        return EAGAIN;
    fprintf(stderr, "azured: an application restarts the device\n");
    struct os_message message = {.kind = OS_RESTART, .fd = -1};
    int err = os_channel_send(FD_CHANNEL, &message, 5000);
    if (err)
        fail("cannot send to", "application manager", err_text(err));
    return 0;
}

static void wake_worker(void)
{
    uint64_t one = 1;
    if (write(azured.wake, &one, sizeof one) < 0 && errno != EAGAIN)
        fail("cannot wake", "worker", strerror(errno));
}

static void proxy_changed(void *context)
{
    (void)context;
    wake_worker();
}

static const struct app_host host = {.networking_ready = networking_ready, .restart = restart, .proxy_changed = proxy_changed};

static void set_up(const char *folder, const char *conf_path)
{
    azured.started_ms = clock_ms();
    conf_read(conf_path);
    azured.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (azured.folder < 0)
        fail("cannot open", folder, strerror(errno));
    const char *dumps = dumps_place(folder);
    azured.dumps_folder = open(dumps, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (azured.dumps_folder < 0)
        fprintf(stderr, "azured: no crash dumps: cannot open \"%s\": %s\n", dumps, strerror(errno));
    for (int fd = FD_MONITOR; fd <= FD_CHANNEL; fd++)
        if (fcntl(fd, F_SETFD, FD_CLOEXEC))
            fail("descriptor is missing", fd == 3 ? "3" : fd == 4 ? "4" : "5", strerror(errno));

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    azured.signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    azured.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    azured.notices = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (azured.signals < 0 || azured.wake < 0 || azured.notices < 0)
        fail("cannot make", "signal and wake-up descriptors", strerror(errno));

    struct rot *rot = rot_new(FD_ROOT_OF_TRUST);
    if (!rot)
        fail("cannot start", "root of trust", err_text(E_NOMEM));
    key_guard_init(&azured.keys, rot);
    identities_init(&azured.ids);
    monitor_client_init(&azured.monitor, FD_MONITOR);
    confine(&(struct confine_spec){.folder = folder, .dumps_folder = azured.dumps_folder < 0 ? NULL : dumps,
                                   .trust_anchor = azured.anchor,
                                   .allow_missing = azured.conf.allow_missing});
    outbox_init(&azured.outbox, azured.folder);
    if (azured.dumps_folder >= 0)
        dumps_init(&azured.dumps, azured.dumps_folder, azured.anchor);
    proxy_settings_init(&azured.proxy, azured.folder);
    azured.certificates = cert_store_open(azured.folder);
    deferral_init(&azured.deferral, azured.folder, azured.notices, azured.conf.update_notice_ms);
    app_server_init(&azured.apps, &azured.ids, &azured.keys, &azured.deferral, &host, NULL);
    azured.apps.proxy = &azured.proxy;
    azured.apps.certificates = azured.certificates;

    device_time_init();
    int err = http_client_init(&azured.anonymous, azured.conf.service_url, azured.anchor);
    if (!err)
        err = http_client_init(&azured.identified, azured.conf.service_url, azured.anchor);
    if (err)
        fail("cannot use", err == E_DENIED ? azured.anchor : azured.conf.service_url, err_text(err));
    azured.anonymous.proxy = azured.identified.proxy = &azured.proxy;
    azured.os_key = (struct signer){key_sign_os, &azured.keys};
}

static void *work(void *context)
{
    (void)context;
    struct worker *w = &azured.worker;
    *w = (struct worker){
        .keys = &azured.keys, .ids = &azured.ids, .outbox = &azured.outbox, .dumps = azured.dumps_folder < 0 ? NULL : &azured.dumps,
        .channel = FD_CHANNEL,
        .identify = identify, .forget = forget, .deferral = &azured.deferral, .proxy = &azured.proxy,
        .anonymous = {run_http, &azured.anonymous, &azured.ids, azured.anchor},
        .identified = {run_http, &azured.identified, &azured.ids, NULL, run_http_at},
    };
    w->update = (struct update){.service = &w->identified, .monitor = &azured.monitor,
                                .keys = &azured.keys, .outbox = &azured.outbox, .pause = rest,
                                .deferral = &azured.deferral};
    w->telemetry = (struct telemetry){.monitor = &azured.monitor, .outbox = &azured.outbox, .clock_s = clock_s};
    worker_run(w, azured.wake);
}

/* A new application: its channel, and the certificate that may be there already. */
static void app_arrived(const struct os_app_channel *who, int fd)
{
    static const uint8_t no_tenant[16];
    static uint8_t pem[OS_PEM_MAX];
    int err = app_server_add(&azured.apps, who, fd);
    if (!err && memcmp(who->tenant, no_tenant, 16) != 0)
        err = identities_want(&azured.ids, who->tenant);
    if (err)
        fprintf(stderr, "azured: channel of an application: %s\n", err_text(err));
    size_t len = identities_pem(&azured.ids, who->tenant, clock_ms(), pem);
    if (len && memcmp(who->tenant, no_tenant, 16) != 0) {
        struct os_message message = {.kind = OS_CERTIFICATE, .fd = -1,
                                     .u.certificate.pem = span_of(pem, len)};
        memcpy(message.u.certificate.tenant, who->tenant, 16);
        err = os_channel_send(FD_CHANNEL, &message, 5000);
        if (err)
            fail("cannot send to", "application manager", err_text(err));
    }
    wake_worker();
}

/* What somebody at the cable asks of the network proxy, and what it is now; its password stays here. */
static void proxy_serve(struct os_message *message)
{
    const struct os_proxy_set *set = &message->u.proxy_set;
    const uint32_t number = set->number, action = set->action;
    int32_t error = action == OS_PROXY_APPLY    ? proxy_settings_set(&azured.proxy, &set->proxy)
                    : action == OS_PROXY_DELETE ? proxy_settings_delete(&azured.proxy)
                                                : 0;
    struct os_proxy_state *state = &message->u.proxy_state; /* in the same place: a message is large, and the MCU small */
    ct_wipe(&message->u, sizeof *set > sizeof *state ? sizeof *set : sizeof *state);
    message->kind = OS_PROXY_STATE;
    state->number = number;
    state->error = error;
    state->present = proxy_settings_get(&azured.proxy, &state->proxy, NULL);
    state->status = proxy_settings_status(&azured.proxy);
    network_proxy_hide(&state->proxy);
    int err = os_channel_send(FD_CHANNEL, message, 5000);
    if (err)
        fail("cannot send to", "application manager", err_text(err));
    if (action != OS_PROXY_TELL)
        wake_worker(); /* what could not be reached may be now */
}

static const uint8_t local_owner[CERT_OWNER_BYTES]; /* somebody at the cable */

/* In the place of the question, as above. */
static void certificates_serve(struct os_message *message)
{
    const struct os_cert_ask ask = message->u.cert_ask;
    message->kind = OS_CERT_ANSWER;
    message->u.cert_answer.number = ask.number;
    cert_store_ask(azured.certificates, local_owner, &ask.ask, &message->u.cert_answer.answer);
    int err = os_channel_send(FD_CHANNEL, message, 5000);
    if (err)
        fail("cannot send to", "application manager", err_text(err));
}

static void channel_serve(void)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message message;
    int err = os_channel_receive(FD_CHANNEL, buffer, &message, 0);
    if (err == E_TIMEOUT)
        return;
    if (!err && message.kind == OS_EVENT) {
        outbox_add(&azured.outbox, &message.u.event);
        return;
    }
    if (!err && message.kind == OS_CRASH_DUMP) {
        err = azured.dumps_folder < 0 ? E_DENIED : dumps_take(&azured.dumps, &azured.keys, &message);
        if (err)
            fprintf(stderr, "azured: crash dump not kept: %s\n",
                    err == E_DENIED ? "not allowed" : err == E_EXISTS ? "one of its kind waits" : err_text(err));
        dumps_lost(err, &message.u.crash_dump, &azured.outbox);
        close(message.fd);
        return;
    }
    if (!err && message.kind == OS_PING) {
        message.kind = OS_PONG; /* with its number */
        err = os_channel_send(FD_CHANNEL, &message, 5000);
        if (err)
            fail("cannot send to", "application manager", err_text(err));
        return;
    }
    if (!err && message.kind == OS_APP_CHANNEL) {
        app_arrived(&message.u.app_channel, message.fd);
        return;
    }
    if (!err && message.kind == OS_PROXY_SET) {
        proxy_serve(&message);
        ct_wipe(buffer, OS_PROXY_SET_BYTES_MAX);
        return;
    }
    if (!err && message.kind == OS_CERT_STAGE) {
        const struct os_cert_stage *stage = &message.u.cert_stage;
        /* What does not fit is not there when it is to be installed: who asks for that is told. */
        (void)!cert_store_stage(azured.certificates, local_owner, stage->offset, stage->bytes);
        os_message_wipe(&message, buffer);
        return;
    }
    if (!err && message.kind == OS_CERT_ASK) {
        certificates_serve(&message);
        return;
    }
    if (!err && message.kind == OS_APP_EVENTS) {
        app_server_events(&azured.apps, message.u.app_events, message.fd);
        return;
    }
    fprintf(stderr, "azured: application manager: %s: ending\n", err_text(err ? err : E_MALFORMED));
    _exit(1);
}

static void notices_serve(void)
{
    static struct system_notice notice;
    uint64_t count;
    if (read(azured.notices, &count, sizeof count) < 0)
        return;
    while (deferral_take(&azured.deferral, &notice))
        app_server_notify(&azured.apps, &notice);
    wake_worker(); /* an application may have changed when it is due */
}

/* Returns when asked to end. */
static void serve(void)
{
    enum { FIRST_APP = 3 };
    for (;;) {
        struct pollfd p[FIRST_APP + APP_SERVER_MAX] = {{.fd = azured.signals, .events = POLLIN},
                                                       {.fd = FD_CHANNEL, .events = POLLIN},
                                                       {.fd = azured.notices, .events = POLLIN}};
        size_t apps = azured.apps.count;
        for (size_t i = 0; i < apps; i++)
            p[FIRST_APP + i] = (struct pollfd){.fd = azured.apps.at[i].fd, .events = POLLIN};
        if (poll(p, (nfds_t)(FIRST_APP + apps), -1) < 0 && errno != EINTR)
            fail("cannot wait for", "events", strerror(errno));
        if (p[0].revents)
            return;
        for (size_t i = 0; i < apps; i++)
            if (p[FIRST_APP + i].revents)
                app_server_serve(&azured.apps, i);
        app_server_sweep(&azured.apps);
        if (p[2].revents) /* before new applications: see the worker's install() */
            notices_serve();
        if (p[1].revents)
            channel_serve();
    }
}

int main(int argc, char **argv)
{
    pthread_t worker;
    if (argc != 3) {
        fprintf(stderr, "usage: azured CONFIG_FOLDER DEVICE_CONF\n");
        return 2;
    }
    set_up(argv[1], argv[2]);
    int err = pthread_create(&worker, NULL, work, NULL);
    if (err)
        fail("cannot start", "worker", strerror(err));
    serve();
    err = outbox_save(&azured.outbox);
    if (err)
        fprintf(stderr, "azured: storing reports: %s\n", err_text(err));
    fflush(NULL);
    _exit(0); /* the worker may wait for the network: it holds nothing that must be ended */
}
