/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error reports that wait for delivery.
 * Source: docs/spec/azured.md; abi/device_api.h for what is sent.
 * Events that differ in time alone are one entry with a count.  Up to
 * DEVICE_API_EVENTS_MAX entries make a batch: it gets a random id, is stored
 * with it before it is first sent, and is sent unchanged until the service has
 * taken or refused it, so that the service counts it once.
 *
 * Stored form, little-endian:
 *   off size field
 *     0    4 magic "PRPT"
 *     4    2 version 1
 *     6    2 entries waiting     0..REPORTS_MAX
 *     8    2 entries in batch    0..DEVICE_API_EVENTS_MAX
 *    10    2 0
 *    12   16 batch id            zero when the batch is empty
 *    28   8  events dropped
 *    36  64n entries, the batch's first: u32 category, component 16, image 16,
 *            u32 exit code, u32 signal, u64 first, u64 last (Unix s), u32 count
 *     .    4 CRC-32 of all before: finds accidents; the folder is private
 * Not for threads: the caller locks.
 */
#ifndef PERI_OS_AZURED_REPORTS_H
#define PERI_OS_AZURED_REPORTS_H

#include "abi/device_api.h"
#include "lib/cursor.h"
#include "os/ipc/os_channel.h"

enum {
    REPORTS_MAX = 128,
    REPORTS_HEADER_BYTES = 36,
    REPORTS_ENTRY_BYTES = 64,
    REPORTS_BYTES_MAX = REPORTS_HEADER_BYTES + (REPORTS_MAX + DEVICE_API_EVENTS_MAX) * REPORTS_ENTRY_BYTES + 4,
    REPORTS_MAGIC = 0x54505250,
    REPORTS_VERSION = 1,
};

struct report {
    struct os_event event; /* time_s: the first */
    uint64_t last_s;
    uint32_t count;
};

struct reports {
    size_t waiting, in_batch;
    uint64_t dropped;
    uint8_t batch_id[16];
    struct report batch[DEVICE_API_EVENTS_MAX];
    struct report at[REPORTS_MAX]; /* oldest first */
};

/* false when there is no room: it is counted in dropped. */
bool reports_add(struct reports *r, const struct os_event *event);
/* Moves the oldest entries into the empty batch; false when there are none. */
bool reports_batch_make(struct reports *r, const uint8_t id[static 16]);
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
