/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands around gatewayd, for its tests: root of trust, monitor and application
 * manager behind their real channels, each a thread; and a state that a test reads
 * and changes while nothing is asked.
 */
#ifndef PERI_OS_GATEWAYD_FAKE_TEST_H
#define PERI_OS_GATEWAYD_FAKE_TEST_H

#include <pthread.h>

#include "abi/capability.h"
#include "abi/evidence.h"
#include "os/ipc/monitor_client.h"
#include "os/ipc/os_channel.h"

enum { FAKE_APPS = 4 };

struct fake {
    pthread_mutex_t lock;
    pthread_t thread[3];
    int pluton, monitor, manager; /* ours */

    uint32_t lifecycle;
    uint16_t capabilities[CAPABILITY_SLOTS];
    uint8_t good_file[CAPABILITY_FILE_BYTES]; /* the one that APPLY takes: AppDevelopment */

    struct {
        uint8_t component[16], image[16];
        uint32_t bytes;
        bool running, held;
    } app[FAKE_APPS];
    size_t apps;
    uint32_t open_bytes, written, handle;
    bool verified;
    uint8_t staged[32]; /* component, image */
    uint8_t package[65536]; /* what was written */
    uint32_t refuse_call, refuse_status; /* of the monitor */
    bool proxy_silent;     /* azured does not answer */
    int32_t proxy_error;   /* it does, with this */
    uint32_t proxy_status;
    bool proxy_present;
    struct cert_answer cert_answer; /* what azured says to everything but AT, where the index is in the id */
    struct cert_ask cert_ask;       /* what it was asked last */
    size_t cert_staged;
    uint8_t cert_bytes[CERT_STAGE_BYTES];
    struct network_proxy proxy; /* as azured would keep it, password and all */

    /* what was seen: a refused request must leave all of it as it is */
    unsigned changes; /* calls that change something, of root of trust and monitor */
    unsigned controls, followed, restarts, events;
    unsigned proxy_changes, cert_changes;
    uint32_t last_event;
};

/* Ends for gatewayd: monitor, root of trust, manager, in this order. */
void fake_start(struct fake *f, int ends[static 3]);
/* Once gatewayd's ends are closed. */
void fake_stop(struct fake *f);
void fake_attested(struct fake *f); /* says so to gatewayd */
void fake_capability(struct fake *f, uint16_t number); /* only this one; 0 = none */
void fake_app(struct fake *f, uint8_t component, uint8_t image, bool running);

#endif
