/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Landlock by raw system calls: glibc 2.36 has no wrappers, and Debian 12's
 * header knows only the second ABI, so later bits are written down here.
 * Everything the running kernel can handle is denied, then the folder and the paths named are allowed.
 */
#ifndef PERI_SERVICE_SANDBOX_LANDLOCK_H
#define PERI_SERVICE_SANDBOX_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

/* folder may be NULL.  paths: further folders or files between colons, with the same rights; NULL for
 * none.  connect_port: the TCP port that may be connected to, 0 for none; older kernels know no ports:
 * landlock_has_ports().  abi: of landlock_abi(), or less.
 * 0, E_UNSUPPORTED (kernel), E_NOT_FOUND (folder, path), E_IO. */
int landlock_enter(long abi, const char *folder, const char *paths, bool read, bool write, uint16_t connect_port) MUST_CHECK;
/* The version that the kernel has; below 1: none. */
long landlock_abi(void);
/* Linux 6.7 on. */
bool landlock_has_ports(long abi);

#endif
