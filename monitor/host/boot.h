/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's own boot on the host, in order: keystore from Pluton, device
 * id, state record, Services image verified, measured, measurements closed,
 * OS started, rights dropped, loop.
 * Started by plutond with the descriptors PLUTON_HOST_FD_* (abi/pluton_call.h).
 */
#ifndef PERI_MONITOR_HOST_BOOT_H
#define PERI_MONITOR_HOST_BOOT_H

#include <stdbool.h>
#include <sys/types.h>

enum {
    BOOT_UID = 61102,
    BOOT_EXIT_REFUSED = 3, /* something that must be right to start is not */
};

struct boot_options {
    uid_t uid;
    bool without_landlock, without_seccomp;
};

/* The exit code: PLUTON_HOST_EXIT_*, BOOT_EXIT_REFUSED, or 1 for the rest. */
int boot_run(const struct boot_options *options);

#endif
