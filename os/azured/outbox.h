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
    uint64_t dropped_said;
    struct reports reports;
};

/* Loads what is stored; a damaged file is said and left behind. */
void outbox_init(struct outbox *box, int folder);
void outbox_release(struct outbox *box);
void outbox_add(struct outbox *box, const struct os_event *event);
/* Stores what is new.  0 or E_IO. */
int outbox_save(struct outbox *box) MUST_CHECK;
/* Sends everything, batch by batch.  0; E_IO: a batch that cannot be stored is
 * not sent; service_ask()'s, with failure: the batch waits for the next time. */
int outbox_send(struct outbox *box, struct service_link *service, struct key_guard *keys,
                struct failure *failure) MUST_CHECK;

#endif
