/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dump of a crash, where the device's group allows one and it is an application that crashed.
 * Chosen at link time: dump_mcu.c on the MCU; dump_none.c on a host, where the init of a compartment looks on
 * (os/appman/watch.h).
 */
#ifndef PERI_OS_AZCORE_DUMP_H
#define PERI_OS_AZCORE_DUMP_H

#include "os/azcore/crash.h"

/* begin: what was read of the core already, as far as crash_parse() needed it; the rest is on standard input.
 * *bytes: of the dump; 0 with 0: none is wanted of this one.  Errors: of spool.h and core_cut.h; there is no dump then. */
int dump_keep(const struct crash *crash, struct span begin, uint64_t time_s, size_t *bytes) MUST_CHECK;

#endif
