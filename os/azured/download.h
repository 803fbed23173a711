/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One image from the service into the monitor's staging.
 * A download that breaks off goes on by range, into the same staging handle.
 * Bounded: DOWNLOAD_TRIES exchanges in a row that bring less than
 * DOWNLOAD_PROGRESS_BYTES end it, so a service that drips (Uptane's slow
 * retrieval) holds us for DOWNLOAD_TRIES * HTTP_CLIENT_EXCHANGE_MS per step, and
 * more bytes than the manifest promised (endless data) are never taken.
 * A place for images that the service names is asked DOWNLOAD_ELSEWHERE_TRIES times for an image at most, each time
 * at an address that is new; not again where it brought less than DOWNLOAD_PROGRESS_BYTES.
 */
#ifndef PERI_OS_AZURED_DOWNLOAD_H
#define PERI_OS_AZURED_DOWNLOAD_H

#include "os/azured/key_guard.h"
#include "os/azured/service_link.h"
#include "os/ipc/monitor_client.h"

enum { DOWNLOAD_TRIES = 8, DOWNLOAD_PROGRESS_BYTES = 4096, DOWNLOAD_ELSEWHERE_TRIES = 4 };

struct download {
    struct service_link *service;
    struct monitor_client *monitor;
    struct key_guard *keys;          /* jitter */
    void (*pause)(uint64_t milliseconds); /* between tries */
};

/* 0: staged and committed.  Else failure is set, nothing is staged of it, and
 * monitor->status tells whether it was the monitor that refused. */
int download_image(struct download *d, const uint8_t image[static 16], uint32_t file_bytes,
                   struct failure *failure) MUST_CHECK;

#endif
