/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real-time clock.
 * Source: ours; the original's registers are not public.
 * Writer: the monitor.  The normal world reads, when the firewall grants it.
 *   off  register    access
 *   000  TIME_LOW    rw  Unix seconds; a read latches TIME_HIGH, a write sets both words
 *   004  TIME_HIGH   rw  as latched; a write waits for TIME_LOW
 *   008  ALARM_LOW   rw  Unix seconds, 0 = none; a write sets both words
 *   00C  ALARM_HIGH  rw  a write waits for ALARM_LOW
 *   010  STATUS      rw  bit 0 alarm reached (SPI RTC), write 1 to clear
 */
#ifndef PERI_ABI_MT3620_RTC_H
#define PERI_ABI_MT3620_RTC_H

enum {
    RTC_TIME_LOW = 0x000,
    RTC_TIME_HIGH = 0x004,
    RTC_ALARM_LOW = 0x008,
    RTC_ALARM_HIGH = 0x00C,
    RTC_STATUS = 0x010,
    RTC_STATUS_ALARM = 1,
};

#endif
