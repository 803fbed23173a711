/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot record: which of the two systems runs.
 * Source: docs/spec/flash-layout.md.  Writer and reader: the monitor alone.
 * Two copies, in the first sector of STATE_A and of STATE_B; the valid one with
 * the higher sequence counts.  Neither valid: system A, as the factory leaves it.
 *   off size field     little-endian
 *     0    4 magic     "BOOT"
 *     4    4 version   1
 *     8    4 sequence  1..
 *    12    4 system    0 = A, 1 = B
 *    16    4 crc       CRC-32 of the 16 bytes before
 * It is not signed and need not be: both systems are verified before they run.
 */
#ifndef PERI_MONITOR_SVC_BOOT_RECORD_H
#define PERI_MONITOR_SVC_BOOT_RECORD_H

#include "monitor/svc/flash.h"

enum boot_system { BOOT_SYSTEM_A = 0, BOOT_SYSTEM_B = 1 };

enum boot_system boot_record_load(void);
/* Replaces the older copy: a cut leaves the old choice or the new one.
 * E_RANGE, E_IO. */
int boot_record_store(enum boot_system system) MUST_CHECK;

#endif
