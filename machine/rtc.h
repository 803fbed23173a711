/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real-time clock.
 * Source: abi/mt3620_rtc.h.
 *
 * Interface
 *   region 0          registers; the firewall lets nobody but the A7's secure world write
 *   sysbus interrupt  0 alarm
 *
 * The time at power-on is that of QEMU's -rtc option: the host's, unless base= says another.
 *
 * Differences from silicon: a time that was set is lost at the end of the run; the
 * alarm does not end a power-down, which ends the run.
 */
#ifndef PERI_MACHINE_RTC_H
#define PERI_MACHINE_RTC_H

#include "qom/object.h"

#define TYPE_MT3620_RTC_DEVICE "mt3620-rtc"
OBJECT_DECLARE_SIMPLE_TYPE(RtcState, MT3620_RTC_DEVICE)

#endif
