/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of a crash as a struct, as bytes and in words.
 * Source: abi/crash_report.h.  Writer: azcore, into the monitor's telemetry.  Reader: azured.
 * Trust: hostile, as what it tells of; a parsed record has a known version and machine, no more.
 */
#ifndef PERI_OS_IPC_CRASH_REPORT_H
#define PERI_OS_IPC_CRASH_REPORT_H

#include "abi/crash_report.h"
#include "lib/cursor.h"

struct crash {
    enum crash_machine machine;
    uint16_t signal;
    int32_t code, error;
    uint32_t pid, uid;
    uint8_t component[16]; /* not from the core */
    uint64_t pc, lr, sp, address;
    char name[CRASH_NAME_BYTES]; /* not terminated */
    uint64_t place;              /* of pc in file; pc when there is none */
    char file[CRASH_NAME_BYTES]; /* not terminated */
};

/* The report's bytes.  And back, of both versions: E_VERSION, E_MALFORMED, E_MORE, E_TRAILING. */
int crash_report_write(const struct crash *crash, struct writer *w) MUST_CHECK;
int crash_report_parse(struct span bytes, struct crash *crash) MUST_CHECK;
/* "AppCrash (pc=...; lr=...; sp=...; signo=11; errno=0; code=1; component_id=...)", cut
 * to cap; terminated. */
void crash_text(const struct crash *crash, char *text, size_t cap);
/* Whether file is of the characters that it may have, padded with zero. */
bool crash_file_plain(const struct crash *crash);
#endif
