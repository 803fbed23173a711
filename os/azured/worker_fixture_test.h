/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worker with all that stands around it, for the tests of its flows: world_make() .. world_end(), which finds nothing left.
 * Nothing waits: step_again() makes due what failed.
 */
#ifndef PERI_OS_AZURED_WORKER_FIXTURE_TEST_H
#define PERI_OS_AZURED_WORKER_FIXTURE_TEST_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/guid.h"
#include "os/azured/fake_device_test.h"
#include "os/azured/worker.h"
#include "tests/check.h"

static unsigned pauses;

struct world {
    struct fake_pluton pluton;
    struct fake_monitor monitor;
    struct fake_service service;
    struct key_guard keys;
    struct identities ids;
    struct outbox outbox;
    struct deferral deferral;
    struct monitor_client client;
    struct worker worker;
    int manager, folder;
    char path[40];
    unsigned identified, forgotten;
    unsigned attested; /* messages that say so of the OS */
};

static inline int identify(void *context, struct span pem)
{
    struct world *w = context;
    CHECK(pem.len > 100 && memcmp(pem.at, "-----BEGIN CERTIFICATE-----\n", 28) == 0);
    w->identified++;
    return 0;
}

static inline void forget(void *context)
{
    ((struct world *)context)->forgotten++;
}

static inline void no_pause(uint64_t milliseconds)
{
    (void)milliseconds;
    pauses++;
}

static inline void world_make(struct world *w)
{
    int pair[2];
    memset(w, 0, sizeof *w);
    strcpy(w->path, "/tmp/peri-azured-XXXXXX");
    REQUIRE(mkdtemp(w->path) != NULL);
    w->folder = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(w->folder >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    w->manager = pair[0];
    key_guard_init(&w->keys, rot_new(fake_pluton_start(&w->pluton)));
    monitor_client_init(&w->client, fake_monitor_start(&w->monitor));
    fake_service_init(&w->service);
    identities_init(&w->ids);
    outbox_init(&w->outbox, w->folder);
    deferral_init(&w->deferral, w->folder, -1, 0);
    w->worker = (struct worker){
        .keys = &w->keys, .ids = &w->ids, .outbox = &w->outbox, .channel = pair[1],
        .identify = identify, .forget = forget, .context = w, .deferral = &w->deferral,
        .anonymous = {fake_service_run, &w->service, &w->ids},
        .identified = {fake_service_run, &w->service, &w->ids},
    };
    w->worker.update = (struct update){.service = &w->worker.identified, .monitor = &w->client,
                                       .keys = &w->keys, .outbox = &w->outbox, .pause = no_pause, .deferral = &w->deferral};
    w->worker.telemetry = (struct telemetry){.monitor = &w->client, .outbox = &w->outbox};
    REQUIRE(telemetry_init(&w->worker.telemetry) == 0);
    w->service.sequence = 1;
    fake_app(&w->service.wanted, 1, 2);
}

static inline void world_end(struct world *w)
{
    key_guard_release(&w->keys);
    monitor_client_release(&w->client);
    fake_pluton_stop(&w->pluton);
    fake_monitor_stop(&w->monitor);
    fake_service_release(&w->service);
    outbox_release(&w->outbox);
    identities_release(&w->ids);
    deferral_release(&w->deferral);
    close(w->manager);
    close(w->worker.channel);
    (void)unlinkat(w->folder, "reports", 0);
    CHECK(unlinkat(w->folder, "reports.new", 0) != 0); /* nothing half-written stays */
    close(w->folder);
    CHECK_INT(rmdir(w->path), 0);
}

/* The kind of the next message to the manager, 0 when there is none.
 * That the OS is attested is counted apart: it is said at every renewal. */
static inline int told(struct world *w, struct os_message *m)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    int err;
    while ((err = os_channel_receive(w->manager, buffer, m, 0)) == 0 && m->kind == OS_CERTIFICATE &&
           guid_is_zero(m->u.certificate.tenant))
        w->attested++;
    return err ? 0 : (int)m->kind;
}

/* Everything is due at once again: tests do not wait. */
static inline void step_again(struct world *w)
{
    for (size_t i = 0; i < IDENTITIES_MAX; i++)
        if (w->worker.tenant[i].back_off.failures)
            w->worker.tenant[i].due_ms = 0;
    w->worker.check_due_ms = 0;
    worker_step(&w->worker);
}

#endif
