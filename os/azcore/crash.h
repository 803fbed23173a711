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

#include "os/ipc/crash_report.h"

enum {
    CRASH_HEAD_MAX = 65536, /* notes of a process with 64 threads fit */
};

/* Of the first thread, which is the one that crashed.  E_MALFORMED, E_MORE (cut before
 * the notes end), E_LIMIT, E_UNSUPPORTED (machine), E_MISSING (no registers); zero then. */
int crash_parse(struct span head, struct crash *crash) MUST_CHECK;
/* The component in what /proc/PID/attr/current says ("CID: <guid>", first line); zero
 * when it says something else. */
void crash_component(struct span text, uint8_t component[static 16]);

#endif
