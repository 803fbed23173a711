/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small core out of the one that the kernel pours into its crash handler, without holding either.
 * Source: docs/spec/crash-dump.md.  The kernel writes header, segments, notes, and then the memory of each segment in their
 * order; what is kept of the memory is decided from the first three, so the size is known before a byte of memory came.
 * Trust: the process that died chose sizes, addresses and number of segments, names and threads; all is bounded here.
 *
 * Kept: every note (of as many threads as fit), every segment as a row, and of the memory, first come first served:
 *   1. the stack of the thread that crashed, from below sp on
 *   2. what is writable of the program and of its libraries: a file is mapped there, or right before it (their variables)
 *   3. the stacks of the other threads
 * One run of bytes of each segment.  Not kept: heap, code and constants: the debugger has their file, and on the MCU, where they
 * are run in place, the kernel's core has zeros instead.
 * No heap, no files: reading and writing are the caller's (spool.c).
 */
#ifndef PERI_OS_AZCORE_CORE_CUT_H
#define PERI_OS_AZCORE_CORE_CUT_H

#include "os/azcore/core_head.h"

enum {
    CORE_CUT_BYTES_MAX = 40960,   /* flash: two of them beside what applications keep */
    CORE_CUT_SEGMENTS_MAX = 128,  /* more of a process are left out */
    CORE_CUT_NOTES_MAX = 8192,    /* bytes; notes beyond are left out */
    CORE_CUT_THREADS_MAX = 16,    /* whose stacks are looked for */
    CORE_CUT_STACK_MAX = 16384,   /* of the thread that crashed */
    CORE_CUT_OTHER_STACK_MAX = 2048,
    CORE_CUT_DATA_MAX = 8192,     /* of one segment */
    CORE_CUT_BELOW = 256,         /* below sp: where a leaf function may have its variables */
    CORE_CUT_HEAD_MAX = 64 + (CORE_CUT_SEGMENTS_MAX + 1) * 56 + CORE_CUT_NOTES_MAX + 8,
};

/* A run of bytes that is kept: at an offset of the kernel's core. */
struct core_piece {
    uint64_t from;
    uint32_t len;
};

struct core_cut {
    uint8_t head[CORE_CUT_HEAD_MAX]; /* of the new core */
    size_t head_len;
    struct core_piece piece[CORE_CUT_SEGMENTS_MAX]; /* rising, none overlaps another */
    size_t pieces;
    uint32_t bytes; /* of the new core: head and pieces, one after the other; at most CORE_CUT_BYTES_MAX */
};

/* From the kernel's core, at least as far as crash_parse() needs it.  What crash_parse() answers; E_LIMIT: the head alone is
 * too large.  cut is empty on failure. */
int core_cut_plan(struct span bytes, struct core_cut *cut) MUST_CHECK;

#endif
