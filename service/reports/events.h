/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error report events as a device sends them (abi/device_api.h).
 * Trust: hostile; exactly one encoding of each batch is accepted, and nothing
 * of a batch when any of its events is wrong.
 * Times before EVENTS_CLOCK_SET_S are replaced by the service's.
 * Not done here: whether component and image exist (a report about software
 * that the service no longer has is still worth keeping).
 */
#ifndef PERI_SERVICE_REPORTS_EVENTS_H
#define PERI_SERVICE_REPORTS_EVENTS_H

#include "abi/device_api.h"
#include "service/ipc/store_ops.h"

enum {
    EVENTS_FUTURE_S = 24 * 60 * 60, /* a device's clock may be this far ahead; what is later is dated now */
    EVENTS_SIGNAL_MAX = 64,
    EVENTS_CLOCK_SET_S = 1577836800, /* 2020: before this a device's clock was never set */
};

/* Fills batch, now_s, count and events; the device id is the caller's to add.
 * 0, or the parser's error; E_RANGE: category, times, count or signal make no
 * sense.  Emptied on failure. */
int events_parse(struct span body, uint64_t now_s, struct store_report *report) MUST_CHECK;

#endif
