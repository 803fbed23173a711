/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash report: what the crash handler records as telemetry (abi/smc.h, RECORD_TELEMETRY).
 * Source: docs/spec/crash-report.md (ours: the original's is not public); its contents
 * are the register form of the original's AppCrash.
 * Writer: os/azcore.  Reader: whoever collects telemetry.
 * Trust: what a crashed process left behind, hostile like its memory: numbers and a
 * name to show, never to follow.
 *
 * Telemetry id CRASH_REPORT_ID, and CRASH_DUMP_LOST_ID behind it where its dump was not kept, bytes:
 *   off size field          little-endian
 *     0    1 version        2; 1 ends before place
 *     1    1 machine        #define CRASH_FILE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-"

enum crash_machine: which registers
 *     2    2 signal
 *     4    4 code           si_code, signed; of CRASH_DUMP_LOST_ID: enum event_dump_lost (abi/device_api.h)
 *     8    4 errno          si_errno, signed
 *    12    4 process id
 *    16    4 user id        of the process; 0xFFFFFFFF unknown
 *    20   16 component      GUID of its credential; zero unknown
 *    36    8 pc
 *    44    8 lr             0 where the machine has none
 *    52    8 sp
 *    60    8 address        si_addr: the address that was not there
 *    68   16 name           of the program, zero padded; any bytes
 *    84    8 place          where pc stands in the file that it executes, from the file's begin: the
 *                           same at every start, which pc is not.  pc itself without a file
 *    92   16 file           base name of that file, zero padded, letters, digits and ._+- alone; none: zero
 */
#ifndef PERI_ABI_CRASH_REPORT_H
#define PERI_ABI_CRASH_REPORT_H

enum {
    CRASH_REPORT_ID = 45, /* the original's error category of azcore */
    CRASH_DUMP_LOST_ID = 46,
    CRASH_REPORT_VERSION = 2,
    CRASH_REPORT_BYTES = 108,
    CRASH_REPORT_1_BYTES = 84,
    CRASH_NAME_BYTES = 16,
};

#define CRASH_FILE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-"

enum crash_machine { CRASH_MACHINE_ARM = 1, CRASH_MACHINE_X86_64 = 2, CRASH_MACHINE_AARCH64 = 3 };

#endif
