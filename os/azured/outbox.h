/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports between both threads, the disk and the service.
 * Anybody adds; the worker stores and sends.  Lock order: none is held while
 * the network is waited for.
 */
#ifndef PERI_OS_AZURED_OUTBOX_H
#define PERI_OS_AZURED_OUTBOX_H

#include <pthread.h>

#include "os/azured/key_guard.h"
#include "os/azured/reports.h"
#include "os/azured/service_link.h"

struct outbox {
    pthread_mutex_t lock;
    int folder; /* borrowed */
    bool dirty;
    bool failing; /* the last store failed: told once */
    uint64_t dropped_said;
    struct reports reports;
};

/* Loads what is stored; a damaged file is said and left behind. */
void outbox_init(struct outbox *box, int folder);
void outbox_release(struct outbox *box);
void outbox_add(struct outbox *box, const struct os_event *event);
/* The same, but a further one of a kind that waits already is no reason to store: flash is spared while
 * a service is away for weeks. */
void outbox_count(struct outbox *box, const struct os_event *event);
/* The reports, locked until outbox_unlock(): no call to the network or to another lock in between. */
struct reports *outbox_lock(struct outbox *box);
void outbox_unlock(struct outbox *box, bool changed);
/* Stores what is new.  0 or E_IO. */
int outbox_save(struct outbox *box) MUST_CHECK;
/* Sends everything that is not held, batch by batch; now_s is the service's time.  0; E_IO: a batch that cannot be stored is
 * not sent; service_ask()'s, with failure: the batch waits for the next time. */
int outbox_send(struct outbox *box, struct service_link *service, struct key_guard *keys, uint64_t now_s,
                struct failure *failure) MUST_CHECK;

#endif
