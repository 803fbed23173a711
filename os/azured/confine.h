/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What azured gives up before it reads a byte from outside.
 * Paths by Landlock, system calls by seccomp, new privileges for good.  A kernel
 * that lacks a part: one line and the process ends, unless device.conf's
 * allow_missing names it, then one line and it goes on without.
 */
#ifndef PERI_OS_AZURED_CONFINE_H
#define PERI_OS_AZURED_CONFINE_H

struct confine_spec {
    const char *folder;       /* read and write */
    const char *dumps_folder; /* the same; may be the same, or NULL */
    const char *trust_anchor; /* read */
    unsigned allow_missing;   /* bit 1 << enum part */
};

/* All threads to come are confined.  Ends the process when it cannot. */
void confine(const struct confine_spec *spec);
/* The system-call half, chosen at link time: confine_calls.c on a host,
 * confine_calls_mcu.c on the MCU.  0 or E_UNSUPPORTED. */
int confine_calls(void);

#endif
