/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands before the memory in an ELF core: header, segments, notes.
 * Source: ELF gABI, Linux's elf_prstatus, elf_prpsinfo and siginfo of the machine.
 * Writer: the kernel, or core_write().  Readers: crash.c (what happened), core_cut.c (what of it is kept).
 * Trust: the process that died chose much of it; every offset and size is bounded by the bytes that are there.
 * Views are of the bytes given, and live as long as they.
 */
#ifndef PERI_OS_AZCORE_CORE_HEAD_H
#define PERI_OS_AZCORE_CORE_HEAD_H

#include "lib/cursor.h"
#include "os/ipc/crash_report.h"

enum {
    CORE_SEGMENTS_MAX = 512,
    CORE_NOTES_MAX = 1024,
    CORE_FILES_MAX = 512, /* mapped files that are looked at */
    CORE_SEGMENT_LOAD = 1,
    CORE_SEGMENT_NOTE = 4,
    CORE_NOTE_PRSTATUS = 1,
    CORE_NOTE_PRPSINFO = 3,
    CORE_NOTE_SIGINFO = 0x53494749,
    CORE_NOTE_FILE = 0x46494c45,
};

/* Where the notes of each machine have what; register offsets are of elf_prstatus. */
struct core_layout {
    uint16_t elf_machine;
    uint8_t elf_class;
    enum crash_machine machine;
    uint16_t pid, pc, lr, sp;      /* prstatus; lr 0: none */
    uint16_t uid, uid_bytes, name; /* prpsinfo */
    uint16_t address;              /* siginfo */
};

struct core_head {
    const struct core_layout *layout;
    uint64_t table; /* where the segments stand */
    uint16_t size, count;
};

struct core_segment {
    uint32_t type, flags;
    uint64_t offset, address, bytes, memory; /* bytes: in the file */
};

struct core_note {
    uint32_t type;
    bool core; /* its name is CORE */
    struct span name, contents;
};

struct core_file {
    uint64_t begin, end, offset; /* offset in the file, bytes */
    struct span name;
};

bool core_is_wide(const struct core_layout *layout);
/* A word of the machine. */
uint64_t core_word(struct cursor *c, const struct core_layout *layout);
/* E_MORE: not all of header and segments is there; E_MALFORMED, E_UNSUPPORTED (machine), E_LIMIT. */
int core_head_read(struct span bytes, struct core_head *head) MUST_CHECK;
/* Segment i, below head->count.  E_MORE. */
int core_segment_read(struct span bytes, const struct core_head *head, uint16_t i, struct core_segment *segment) MUST_CHECK;
/* The bytes of a segment; E_MORE: they are not there. */
int core_segment_bytes(struct span bytes, const struct core_segment *segment, struct span *view) MUST_CHECK;
/* The next note.  E_NOT_FOUND: there is none; E_MALFORMED. */
int core_note_next(struct cursor *c, struct core_note *note) MUST_CHECK;
/* The file that is mapped at address, in the contents of CORE_NOTE_FILE.  E_NOT_FOUND, E_MALFORMED, E_LIMIT. */
int core_file_find(const struct core_layout *layout, struct span note, uint64_t address, struct core_file *file) MUST_CHECK;
/* The stack pointer of a CORE_NOTE_PRSTATUS.  E_MALFORMED. */
int core_stack_pointer(const struct core_layout *layout, struct span note, uint64_t *sp) MUST_CHECK;

#endif
