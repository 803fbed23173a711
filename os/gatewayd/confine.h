/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What gatewayd may still do once it listens: its own folder, reading the logs of
 * applications, the system calls of calls.c.  It has no capability left, can make no
 * socket but the one that lists interfaces, and no code can come into it.
 * Source: docs/spec/local-rest.md, "rights".
 */
#ifndef PERI_OS_GATEWAYD_CONFINE_H
#define PERI_OS_GATEWAYD_CONFINE_H

#include "lib/err.h"

struct confine_spec {
    const char *folder;     /* own */
    unsigned allow_missing; /* of device.conf: 1 << enum part */
};

/* Ends the process when it cannot. */
void confine(const struct confine_spec *spec);
/* The system-call half, chosen at link time.  0 or E_UNSUPPORTED. */
int confine_calls(void) MUST_CHECK;

#endif
