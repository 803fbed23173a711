/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which files networkd and its resolver may open: what name resolution reads, and
 * nothing to write or to execute.  By Landlock.  A kernel without it: the
 * application manager has seen that, and whether device.conf allows it; networkd
 * goes on.
 */
#ifndef PERI_OS_NETWORKD_CONFINE_H
#define PERI_OS_NETWORKD_CONFINE_H

#include "lib/err.h"

/* For this process and all that it makes.  E_UNSUPPORTED: not in this kernel. */
int networkd_confine(void) MUST_CHECK;

#endif
