/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash dumps that wait for delivery.
 * Source: docs/spec/crash-dump.md.
 *
 *   a set allows dumps -> the key is fetched -> cores are sealed and kept -> delivered -> removed
 *   a set does not, or the device has another catalog or group -> key and dumps are removed
 *
 * A core rests nowhere but in memory: the files are sealed, azured itself cannot open them.
 * DUMP_FILES_MAX of them wait; of one component, image and signal one alone, so that a program that crashes all the time
 * fills nothing.  What waits DUMPS_WAIT_S is removed.
 *
 * The service answers a dump with       then
 *   204                                 it is removed
 *   4xx, but for 408 and 429            after DUMPS_REFUSED_MAX such answers removed, those behind it are sent meanwhile
 *   408, 429, 5xx, anything else        it waits, and those that were put off less often are sent before it
 *   nothing                             all wait
 * The answers are counted in memory: a restart of azured forgets them, what waits too long goes all the same.
 * Threads: the main thread takes cores, the worker does the rest.  The lock is not held while the network is waited for.
 */
#ifndef PERI_OS_AZURED_DUMPS_H
#define PERI_OS_AZURED_DUMPS_H

#include <pthread.h>

#include "os/azured/dump_key.h"
#include "os/azured/key_guard.h"
#include "os/azured/outbox.h"
#include "os/azured/service_link.h"
#include "os/dumps/dump_files.h"
#include "os/ipc/os_channel.h"

enum {
    DUMPS_WAIT_S = 7 * 86400,
    DUMPS_TIME_KNOWN_S = 1577836800, /* 2020: before that a device's clock was not set */
    DUMPS_KEY_S = 86400, /* the key is asked for again: after a day a new one of the service is in use */
    DUMPS_AGAIN_MS = 600000,  /* after an error, unless the service says longer */
    DUMPS_REFUSED_MAX = 3,    /* so much apart: one answer may be of somebody between, or of a service that is being restored */
};

/* Of the dump in a place, so far. */
struct dump_answers {
    uint8_t refused, put_off;
};

struct dumps {
    pthread_mutex_t lock;
    int folder;         /* borrowed */
    const char *anchor; /* path */
    struct dump_key key;
    struct dump_consent wanted; /* what the last set says */
    uint64_t due_ms;    /* boot clock: not before */
    int said;           /* the last error of the worker's */
    struct dump_answers answers[DUMP_FILES_MAX]; /* the worker's, but for forget() */
};

/* Loads the key; a damaged one is as none. */
void dumps_init(struct dumps *dumps, int folder, const char *anchor);
void dumps_release(struct dumps *dumps);
/* What a set says that the monitor has accepted. */
void dumps_consent(struct dumps *dumps, const struct dump_consent *consent);
/* The folder of dumps: azured's own, or another one.  Chosen at link time, with the next: dumps_host.c, dumps_mcu.c. */
const char *dumps_place(const char *own);
/* A core of the manager's: message->fd stays the caller's.  0; E_DENIED: no consent; E_EXISTS: one of its kind waits;
 * E_FULL; E_MALFORMED: no core of that signal; E_IO. */
int dumps_take(struct dumps *dumps, struct key_guard *keys, const struct os_message *message) MUST_CHECK;
/* Reports that one which is allowed was not kept: err is dumps_take()'s. */
void dumps_lost(int err, const struct os_crash_dump *what, struct outbox *outbox);
/* Fetches the key when that is due, and delivers what waits.  now_s: the service's time.  Errors are logged, once each,
 * and tried again with a later check: a dump is no reason for a check to fail. */
void dumps_work(struct dumps *dumps, struct service_link *service, uint64_t now_s);

#endif
