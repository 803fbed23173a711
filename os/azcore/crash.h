/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the head of an ELF core file to a crash report.
 * Source: ELF gABI, Linux's elf_prstatus, elf_prpsinfo and siginfo of the machine;
 * abi/crash_report.h.
 * Trust: the kernel writes headers and notes, but the process chose much of what is in
 * them; every offset and size is bounded by the bytes that are there.
 * Only the notes are looked at, the memory behind them never: a core may be as large as
 * it likes, CRASH_HEAD_MAX bytes of it are read.
 */
#ifndef PERI_OS_AZCORE_CRASH_H
#define PERI_OS_AZCORE_CRASH_H

#include "abi/crash_report.h"
#include "lib/cursor.h"

enum {
    CRASH_HEAD_MAX = 65536, /* notes of a process with 64 threads fit */
    CRASH_SEGMENTS_MAX = 512,
    CRASH_NOTES_MAX = 1024,
    CRASH_FILES_MAX = 512, /* mapped files that are looked at */
};

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

/* Of the first thread, which is the one that crashed.  E_MALFORMED, E_MORE (cut before
 * the notes end), E_LIMIT, E_UNSUPPORTED (machine), E_MISSING (no registers); zero then. */
int crash_parse(struct span head, struct crash *crash) MUST_CHECK;
/* The report's bytes.  And back, of both versions: E_VERSION, E_MALFORMED, E_MORE, E_TRAILING. */
int crash_report_write(const struct crash *crash, struct writer *w) MUST_CHECK;
int crash_report_parse(struct span bytes, struct crash *crash) MUST_CHECK;
/* "AppCrash (pc=...; lr=...; sp=...; signo=11; errno=0; code=1; component_id=...)", cut
 * to cap; terminated. */
void crash_text(const struct crash *crash, char *text, size_t cap);
/* Whether file is of the characters that it may have, padded with zero. */
bool crash_file_plain(const struct crash *crash);
/* The component in what /proc/PID/attr/current says ("CID: <guid>", first line); zero
 * when it says something else. */
void crash_component(struct span text, uint8_t component[static 16]);

#endif
