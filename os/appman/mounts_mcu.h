/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the first process of the MCU mounts, in one table.
 */
#ifndef PERI_OS_APPMAN_MOUNTS_MCU_H
#define PERI_OS_APPMAN_MOUNTS_MCU_H

#include "lib/err.h"

/* All of it; a line on stderr names what fails.  E_IO. */
int mounts_make(void) MUST_CHECK;

#endif
