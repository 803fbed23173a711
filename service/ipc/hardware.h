/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an OS release is for: a chip's board, or Linux on an architecture.
 * Source: docs/spec/store.md, "hardware".  A new board or architecture is a new row;
 * numbers are in the database and never change their meaning.
 *   name, number, text of the API, e_machine of its programs (ELF; 0: not a host),
 *   a "compatible" of its device tree's root (NULL: a host)
 */
#ifndef PERI_SERVICE_IPC_HARDWARE_H
#define PERI_SERVICE_IPC_HARDWARE_H

#include <stddef.h>

#define HARDWARE_TABLE(X)                              \
    X(MT3620, 1, "mt3620", 0, "mediatek,mt3620")       \
    X(LINUX_X86_64, 2, "linux-x86_64", 62, NULL)       \
    X(LINUX_AARCH64, 3, "linux-aarch64", 183, NULL)    \
    X(LINUX_ARM, 4, "linux-arm", 40, NULL)             \
    X(LINUX_RISCV64, 5, "linux-riscv64", 243, NULL)    \
    X(LINUX_I386, 6, "linux-i386", 3, NULL)

enum hardware {
    HARDWARE_UNSTATED = 0, /* of a device: not known yet; of a reference value: any */
#define HARDWARE_ENUM(name, number, text, machine, compatible) HARDWARE_##name = number,
    HARDWARE_TABLE(HARDWARE_ENUM)
#undef HARDWARE_ENUM
};

enum { HARDWARE_MAX = HARDWARE_LINUX_I386 };

/* NULL for HARDWARE_UNSTATED and numbers that are not in the table. */
static inline const char *hardware_text(unsigned number)
{
    static const char *const texts[HARDWARE_MAX + 1] = {
#define HARDWARE_TEXT(name, number, text, machine, compatible) [number] = text,
        HARDWARE_TABLE(HARDWARE_TEXT)
#undef HARDWARE_TEXT
    };
    return number <= HARDWARE_MAX ? texts[number] : NULL;
}

#endif
