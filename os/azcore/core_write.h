/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small ELF core: registers and stack of one thread, and what is mapped where.
 * Source: docs/spec/crash-dump.md; ELF gABI, Linux's notes of a core (CORE, LINUX names) and /proc/PID/maps.
 * Writer: the init of a compartment, for the application that dies in it.  Readers: gdb, readelf, crash_parse().
 * Trust: what a process did shapes its memory map and the names in it; all is bounded here.
 * Layout: header, one note segment, a load segment for each mapping.  Bytes in the file have that of the stack, from below
 * sp on, and the first page of the program and of its libraries, by which a debugger knows them: these are bytes of
 * their files.  The heap and other data are not in it.
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
    CORE_STACK_MAX = 24576,
    CORE_HEADS_MAX = 5,          /* files whose first page is in it */
    CORE_HEAD_BYTES = 4096,
    CORE_STACK_BELOW = 256,      /* below sp: where a leaf function may have its variables */
    CORE_NOTE_MAX = 2048,        /* one note of the machine */
};

enum core_right { CORE_EXECUTE = 1, CORE_WRITE = 2, CORE_READ = 4 }; /* as in p_flags */

struct core_mapping {
    uint64_t begin, end, offset; /* offset in the file, bytes */
    unsigned rights;
    struct span file; /* view of the text; empty: none */
    uint64_t from;    /* of bytes, those of its memory that the core has; may be none */
    struct span bytes;
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
};

/* E_FULL, E_LIMIT (a note). */
int core_write(const struct core_parts *parts, struct writer *w) MUST_CHECK;
/* The mapping of the stack, and which bytes of it are to be read: *from below sp, at most CORE_STACK_MAX; NULL: sp is in
 * no mapping that can be read. */
struct core_mapping *core_stack(struct core_mapping *mapping, size_t count, uint64_t sp, size_t *len);
/* Is its begin the head of a file? */
bool core_is_head(const struct core_mapping *mapping);

#endif
