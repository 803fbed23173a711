/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a staged update may be installed now: what applications are told, and
 * how long they may put it off.
 * Source: docs/update.md; abi/app_channel.h.
 * The worker says what it found and asks deferral_due(); the main thread carries
 * notices to applications and brings their requests.  Both share this, behind its lock.
 *
 *          ready, nobody listens; or it was final before
 *   NONE ------------------------------------------------> READY: install
 *     | ready                  no time left                  ^
 *     +----------------------------------------> FINAL ------+
 *     v              notice_ms                   ^  ^   notice_ms
 *   PENDING -------------------------------------+  |
 *     |   ^                                         | resume
 *     |   +------ the time is over ------ DEFERRED -+
 *     +---------------- defer -------------> |
 *
 * Trust: the application is hostile.  The most that it gets is the limit of the
 * signed manifest set, counted from when the device knew that it has something
 * to install.  That moment, in the service's time, is kept on disk: neither a
 * restart of azured, nor of the device, nor a newer set begins it anew; only an
 * installation, or a service that wants nothing, ends it.
 * Times: ..._ms of the boot clock, ..._s of the service (Unix seconds).
 */
#ifndef PERI_OS_AZURED_DEFERRAL_H
#define PERI_OS_AZURED_DEFERRAL_H

#include <pthread.h>
#include <stdint.h>

#include "abi/app_channel.h"
#include "abi/monitor_call.h"
#include "lib/cursor.h"

enum {
    DEFERRAL_NOTICE_MS = 10000, /* for applications to react; the original's */
    DEFERRAL_NOTICES_MAX = 8,   /* waiting for the main thread; the oldest go first */
    DEFERRAL_RECORD_BYTES = 52,
};

enum deferral_phase { DEFERRAL_NONE, DEFERRAL_PENDING, DEFERRAL_DEFERRED, DEFERRAL_FINAL, DEFERRAL_READY };

struct system_notice {
    uint32_t event, status, minutes, type; /* enum system_event, ..._status; enum update_type */
    size_t changed_count;                  /* components that were replaced: they are ending */
    uint8_t changed[MONITOR_COMPONENTS_MAX][16];
};

/* What is kept on disk.  All zero: no update waits. */
struct deferral_record {
    uint64_t app_known_s, system_known_s; /* 0: not known */
    uint64_t until_s;                     /* put off until then; 0: not put off */
    uint8_t by[16];                       /* component that put it off */
    bool final;                           /* applications were told for the last time */
};

struct deferral_limits {
    uint32_t app_minutes, system_minutes; /* 0: none is allowed */
};

struct deferral {
    pthread_mutex_t lock;
    int folder; /* borrowed */
    int wake;   /* eventfd that notices are signalled at; -1: none */
    uint32_t notice_ms;
    bool listeners;
    bool checked; /* the service has answered a check since the start */
    enum deferral_phase phase;
    uint64_t ends_ms; /* PENDING, DEFERRED, FINAL */
    uint64_t zero_s;  /* the service's time when the boot clock was 0 */
    uint32_t type;    /* enum update_type */
    struct deferral_limits limits;
    struct deferral_record record;
    bool kept; /* there is a file */
    size_t notice_count;
    struct system_notice notice[DEFERRAL_NOTICES_MAX];
};

/* Loads the record; a damaged one is said and left behind. */
void deferral_init(struct deferral *d, int folder, int wake, uint32_t notice_ms);
void deferral_release(struct deferral *d);

/* -- worker */

/* There is an update.  Applications are told, unless it is the one that they put off:
 * nothing of it has to be downloaded. */
void deferral_started(struct deferral *d, bool download);
/* The service wants nothing else than what is installed. */
void deferral_nothing(struct deferral *d);
/* An update of this type is staged and misses nothing.  Again for the same one: what
 * was put off stays so, as far as the limits of now allow. */
void deferral_ready(struct deferral *d, enum update_type type, struct deferral_limits limits, uint64_t now_s,
                    uint64_t now_ms);
/* True: install it now, and say how that went.  Else *next_ms is when to ask again,
 * UINT64_MAX when nothing waits. */
bool deferral_due(struct deferral *d, uint64_t now_ms, uint64_t *next_ms);
/* True between the first notice and the installation, deferral left out: no other set is asked for then. */
bool deferral_notifying(struct deferral *d);
/* changed: components whose image is another one, or gone; at most MONITOR_COMPONENTS_MAX. */
void deferral_installed(struct deferral *d, const uint8_t (*changed)[16], size_t count);
/* It could not be installed: the next deferral_ready() begins anew, its time goes on. */
void deferral_failed(struct deferral *d);

/* -- main thread */

void deferral_listeners(struct deferral *d, bool any);
/* errno values of abi/app_channel.h, EIO: it could not be stored, and nothing changed. */
int deferral_defer(struct deferral *d, const uint8_t component[static 16], uint32_t minutes, uint64_t now_ms);
int deferral_resume(struct deferral *d, const uint8_t component[static 16], uint64_t now_ms);
/* The oldest notice; false: there is none. */
bool deferral_take(struct deferral *d, struct system_notice *notice);
/* The service has said, since azured's start, what it wants. */
bool deferral_checked(struct deferral *d);
/* For an application that comes late: the notice that it can still act on; false: none. */
bool deferral_current(struct deferral *d, uint64_t now_ms, struct system_notice *notice);

/* -- the record's bytes: "PDEF", u16 version 1, u16 0 or 1 final, u64 app known,
 * u64 system known, u64 until, component 16, u32 CRC-32 of all before; little-endian */

int deferral_record_parse(struct span bytes, struct deferral_record *record) MUST_CHECK;
int deferral_record_write(const struct deferral_record *record, struct writer *w) MUST_CHECK;

#define DEFERRAL_RECORD_NAME "deferral"

/* E_NOT_FOUND: there is none. */
int deferral_record_load(int folder, struct deferral_record *record) MUST_CHECK;
int deferral_record_save(int folder, const struct deferral_record *record) MUST_CHECK;

#endif
