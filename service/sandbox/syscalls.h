/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The allow-list of system calls: everything outside it fails with EPERM.
 * Each row: call, the right that brings it (0 = every process), an optional
 * condition on one argument, and why the service needs it.
 */
#ifndef PERI_SERVICE_SANDBOX_SYSCALLS_H
#define PERI_SERVICE_SANDBOX_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>

enum syscall_check {
    CHECK_NONE,
    CHECK_EQUALS, /* argument == value */
    CHECK_CLEAR,  /* argument & value == 0 */
    CHECK_SELF,   /* argument == own process id */
    CHECK_SOCKET, /* value: SOCKET_KIND() of the first three arguments */
};

/* Family, type (flags beside it are free) and protocol in one number. */
#define SOCKET_KIND(family, type, protocol) ((uint64_t)(family) | (uint64_t)(type) << 16 | (uint64_t)(protocol) << 32)
enum { SOCKET_TYPE_MASK = 0xf };

struct syscall_row {
    int number;
    unsigned rights; /* any of enum sandbox_right; 0 = always */
    enum syscall_check check;
    unsigned argument;
    uint64_t value;
    const char *why;
};

extern const struct syscall_row syscall_rows[];
extern const size_t syscall_row_count;
/* syscalls_plain.c: none.  syscalls_sanitizer.c: what the runtimes call. */
extern const struct syscall_row syscall_rows_extra[];
extern const size_t syscall_row_extra_count;
/* Called when the process is confined: the leak checker must not run any more. */
void syscalls_confined(void);

#endif
