/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel of the MCU knows a process by, beyond its uid (abi/azure_sphere.h): component,
 * tenant, and which calls to monitor and Pluton it may make.  Held over fork and exec; sets no_new_privs.
 * credential_mcu.c writes it; credential_host.c is for kernels that have none.
 */
#ifndef PERI_OS_APPMAN_CREDENTIAL_H
#define PERI_OS_APPMAN_CREDENTIAL_H

#include "lib/err.h"

#include <stdint.h>

enum { CREDENTIAL_ID_BYTES = 16 };

/* Of the calling process, a child of the application manager, once.  Needs /proc.  tenant: zero for
 * none.  capabilities: AZURE_SPHERE_CAP_*.  0 or E_DENIED. */
int credential_enter(const uint8_t component[static CREDENTIAL_ID_BYTES],
                     const uint8_t tenant[static CREDENTIAL_ID_BYTES], uint32_t capabilities) MUST_CHECK;

#endif
