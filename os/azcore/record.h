/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hands a crash report to the monitor, which keeps it over a power cut.
 * Chosen at link time: record_device.c on the MCU; record_none.c on a host, where
 * the application manager sees the deaths itself and the monitor keeps no telemetry.
 */
#ifndef PERI_OS_AZCORE_RECORD_H
#define PERI_OS_AZCORE_RECORD_H

#include "os/azcore/crash.h"

/* id: of abi/crash_report.h.  E_UNSUPPORTED, E_DENIED, E_IO; 0: it is in flash. */
int record(uint32_t id, const struct crash *crash, uint32_t time_s) MUST_CHECK;

#endif
