/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small ELF core: registers and stack of one thread, and what is mapped where.
 * Source: docs/spec/crash-dump.md; ELF gABI, Linux's notes of a core (CORE, LINUX names) and /proc/PID/maps.
 * Writer: the init of a compartment, for the application that dies in it.  Readers: gdb, readelf, crash_parse().
 * Trust: what a process did shapes its memory map and the names in it; all is bounded here.
 * Layout: header, one note segment, a load segment for each mapping; only that of the stack has bytes in the file, and
 * of the stack those from below sp on.  The heap and other data are not in it.
 * Not done here: reading of another process (os/appman/watch_host.c).
 */
#ifndef PERI_OS_AZCORE_CORE_WRITE_H
#define PERI_OS_AZCORE_CORE_WRITE_H

#include "abi/crash_dump.h"
#include "lib/cursor.h"
#include "lib/err.h"

enum {
    CORE_MAPPINGS_MAX = 128,     /* more of a process are left out */
    CORE_NAMES_MAX = 8192,       /* bytes of file names; what is beyond has none */
    CORE_STACK_MAX = 40960,
    CORE_STACK_BELOW = 256,      /* below sp: where a leaf function may have its variables */
    CORE_NOTE_MAX = 2048,        /* one note of the machine */
};

enum core_right { CORE_EXECUTE = 1, CORE_WRITE = 2, CORE_READ = 4 }; /* as in p_flags */

struct core_mapping {
    uint64_t begin, end, offset; /* offset in the file, bytes */
    unsigned rights;
    struct span file; /* view of the text; empty: none */
};

/* From the text of /proc/PID/maps.  The rows that fit; E_MALFORMED. */
int core_maps_parse(struct span text, struct core_mapping mapping[static CORE_MAPPINGS_MAX], size_t *count) MUST_CHECK;

/* Contents of the notes, in the machine's own layout; empty: left out. */
struct core_parts {
    struct span status;   /* elf_prstatus */
    struct span process;  /* elf_prpsinfo */
    struct span floating, signal, auxiliary;
    const struct core_mapping *mapping;
    size_t count;
    uint64_t stack_begin; /* where stack was; in a mapping */
    struct span stack;    /* empty: none */
};

/* E_FULL, E_LIMIT (a note). */
int core_write(const struct core_parts *parts, struct writer *w) MUST_CHECK;
/* Which bytes of the stack are to be read: from below sp to the mapping's end, at most CORE_STACK_MAX; 0: sp is in no
 * mapping that can be read. */
size_t core_stack(const struct core_parts *parts, uint64_t sp, uint64_t *begin);

#endif
