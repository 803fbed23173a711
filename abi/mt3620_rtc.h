/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real-time clock: calendar time in UTC, and an alarm.
 * Source: public memory maps of the MT3620 for the place of each field; the rest is ours.
 * Writer: the monitor (A7 secure world).  The normal world reads, when the firewall lets
 * it; its writes are bus errors.
 *
 * Time and alarm have the same seven fields, one a word, from TIME and from ALARM:
 *   +00 year from 2000 (0..99)   +04 month 1..12   +08 day 1..31   +0C weekday, 0 = Sunday
 *   +10 hour   +14 minute   +18 second (0..59)
 *
 * Reading: fields are live; read the second first and last, and again if they differ.
 * Writing: fields are collected; the write of the second makes them the time (the alarm) at
 * once.  Fields not written since then are those of the clock.  What is not a date, or after
 * 2099, is refused and logged.  The weekday follows from the date; what is written there is dropped.
 *
 * The interrupt (SPI RTC) is a level: CONTROL bit 0 is 1 and the alarm's second has come.
 * It falls when bit 0 is cleared or the alarm is moved ahead.
 * Kept over a chip reset: time.  Lost there: alarm, CONTROL, PMU_EN.
 */
#ifndef PERI_ABI_MT3620_RTC_H
#define PERI_ABI_MT3620_RTC_H

enum {
    RTC_PMU_EN = 0x30, /* rw  wake sources: 4 alarm, 5 timer, 6 external; kept, without effect */
    RTC_TIME = 0x40,
    RTC_ALARM = 0x60,
    RTC_CONTROL = 0x7C, /* rw  0 alarm on */

    RTC_YEAR = 0x00, /* from TIME or ALARM */
    RTC_MONTH = 0x04,
    RTC_DAY = 0x08,
    RTC_WEEKDAY = 0x0C,
    RTC_HOUR = 0x10,
    RTC_MINUTE = 0x14,
    RTC_SECOND = 0x18,
    RTC_FIELDS = 7,
    RTC_FIRST_YEAR = 2000,
    RTC_CONTROL_ALARM = 1,
};

#endif
