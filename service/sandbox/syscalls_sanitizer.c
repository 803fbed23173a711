/* SPDX-License-Identifier: BSD-2-Clause */
/* Only in test builds: see PERI_SANITIZE in CMakeLists.txt. */
#include <seccomp.h>
#include <stdbool.h>

#include "service/sandbox/syscalls.h"

const struct syscall_row syscall_rows_extra[] = {
    {SCMP_SYS(readlink), 0, CHECK_NONE, 0, 0, "report: name of the program"},
    {SCMP_SYS(prctl), 0, CHECK_NONE, 0, 0, "names its mappings"},
    {SCMP_SYS(getrusage), 0, CHECK_NONE, 0, 0, "report: memory in use"},
};
const size_t syscall_row_extra_count = sizeof syscall_rows_extra / sizeof syscall_rows_extra[0];

static bool confined;

void syscalls_confined(void) { confined = true; }

/* The leak checker clones a tracer of its own process at exit, which is exactly
 * what the filter is there to refuse. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) { return confined; }
