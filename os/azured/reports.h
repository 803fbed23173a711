/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error reports that wait for delivery.
 * Source: docs/spec/azured.md; abi/device_api.h for what is sent.
 * Events that differ in time alone, crashes also in registers, are one entry with a count.  Up to
 * DEVICE_API_EVENTS_MAX entries make a batch: it gets a random id, is stored
 * with it before it is first sent, and is sent unchanged until the service has
 * taken or refused it, so that the service counts it once.
 *
 * A crash on the MCU is told twice: by the application manager, which knows the image, and
 * by a record of the crash handler, which knows the registers (os/azured/telemetry.h).
 * reports_join() makes one entry of them, whichever comes first: with reports_hold() on, an
 * EVENT_APP_CRASH of a signal that makes a core waits until the records were looked through once.
 *
 * Stored form, little-endian:
 *   off size field
 *     0    4 magic "PRPT"
 *     4    2 version 2; 1, which is read too, has neither taken nor registers
 *     6    2 entries waiting     0..REPORTS_MAX
 *     8    2 entries in batch    0..DEVICE_API_EVENTS_MAX
 *    10    2 0
 *    12   16 batch id            zero when the batch is empty
 *    28   8  events dropped
 *    36   4  telemetry taken: bytes of the monitor's text that are entries here already
 *    40   4  and their CRC-32; both 0: none
 *    44 116n entries, the batch's first: u32 category, component 16, image 16,
 *            u32 exit code, u32 signal, u64 first, u64 last (Unix s), u32 count,
 *            u32 errno, u64 pc, u64 lr, u64 sp, u64 place, file 16
 *            (0 but for EVENT_APP_CRASH_REGISTERS)
 *     .    4 CRC-32 of all before: finds accidents; the folder is private
 * Not for threads: the caller locks.
 */
#ifndef PERI_OS_AZURED_REPORTS_H
#define PERI_OS_AZURED_REPORTS_H

#include "abi/crash_report.h"
#include "abi/device_api.h"
#include "lib/cursor.h"
#include "os/ipc/os_channel.h"

enum {
    REPORTS_MAX = 128,
    REPORTS_HEADER_BYTES = 44,
    REPORTS_ENTRY_BYTES = 116,
    REPORTS_BYTES_MAX = REPORTS_HEADER_BYTES + (REPORTS_MAX + DEVICE_API_EVENTS_MAX) * REPORTS_ENTRY_BYTES + 4,
    REPORTS_MAGIC = 0x54505250,
    REPORTS_VERSION = 2,
};

/* Of a crash; all 0 for everything else. */
struct registers {
    uint32_t error; /* errno */
    uint64_t pc, lr, sp; /* differ at each start: of the first crash of an entry */
    uint64_t place;      /* of pc in file, abi/crash_report.h: these two make the kind */
    char file[CRASH_NAME_BYTES];
};

enum report_hold { REPORT_FREE, REPORT_HELD, REPORT_SEEN /* by the look through the records under way */ };

struct report {
    struct os_event event; /* time_s: the first */
    struct registers registers;
    uint64_t last_s;
    uint32_t count;
    enum report_hold hold; /* not stored: a crash is held again after a start */
};

struct reports {
    size_t waiting, in_batch;
    uint64_t dropped; /* since it was last told */
    bool holds;       /* crashes wait for their records */
    uint32_t taken_bytes, taken_crc;
    uint8_t batch_id[16];
    struct report batch[DEVICE_API_EVENTS_MAX];
    struct report at[REPORTS_MAX]; /* oldest first */
};

/* count events alike, the last of them at last_s (>= event->time_s).  False when there is no room:
 * they are counted in dropped. */
bool reports_add(struct reports *r, const struct os_event *event);
bool reports_add_many(struct reports *r, const struct os_event *event, const struct registers *registers,
                      uint32_t count, uint64_t last_s);
/* Crashes wait for their records from now on, or no longer. */
void reports_hold(struct reports *r, bool on);
/* Around a look through the records: what was held before it and found no record goes
 * as it is afterwards.  end without done: it goes on waiting. */
void reports_look_begin(struct reports *r);
void reports_look_end(struct reports *r, bool done);
/* Takes one crash of this component and signal out of what is held, and gives its image and time;
 * false when none is. */
bool reports_join(struct reports *r, const uint8_t component[static 16], uint32_t signal,
                  uint8_t image[static 16], uint64_t *time_s);
/* Whether one more kind of event fits. */
bool reports_has_room(const struct reports *r);
/* Moves the oldest entries that are not held into the empty batch, and tells what was dropped; false
 * when there are none.  now_s: the service's time, and no event is later. */
bool reports_batch_make(struct reports *r, const uint8_t id[static 16], uint64_t now_s);
/* The batch is delivered, or refused for good. */
void reports_batch_end(struct reports *r);
/* Body of POST /reports/v1/events. */
int reports_batch_write(const struct reports *r, struct writer *w) MUST_CHECK;

/* 0; E_MORE, E_MALFORMED, E_VERSION, E_LIMIT, E_TRAILING, E_CORRUPT: empty then. */
int reports_parse(struct span bytes, struct reports *r) MUST_CHECK;
int reports_write(const struct reports *r, struct writer *w) MUST_CHECK;

/* The file "reports" of the folder, replaced as a whole.  load: E_NOT_FOUND,
 * E_IO, and reports_parse()'s; empty then.  save: E_IO; the old file stays. */
int reports_load(int folder, struct reports *r) MUST_CHECK;
int reports_save(int folder, const struct reports *r) MUST_CHECK;

#endif
