/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an I/O core loads of a 32-bit Arm ELF file: its PT_LOAD segments.
 * Source: System V ABI, ELF-32, little-endian, EM_ARM, ET_EXEC.
 * Trust: hostile bytes; everything in struct elf was bounds-checked against the
 * file.  Not done here: whether the core has memory at those addresses.
 */
#ifndef PERI_MONITOR_SVC_ELF_H
#define PERI_MONITOR_SVC_ELF_H

#include "lib/cursor.h"

enum { ELF_SEGMENTS_MAX = 8 };

struct elf_segment {
    uint32_t address;      /* of the core */
    uint32_t file_at;      /* offset in the file */
    uint32_t file_bytes;   /* <= memory_bytes */
    uint32_t memory_bytes; /* not 0; address + memory_bytes does not wrap */
};

struct elf {
    uint32_t entry; /* real-time applications: their vector table */
    uint32_t count;
    struct elf_segment at[ELF_SEGMENTS_MAX];
};

/* 0, E_MORE, E_MALFORMED, E_UNSUPPORTED (another machine or kind), E_LIMIT. */
int elf_parse(struct span file, struct elf *elf) MUST_CHECK;

#endif
