/* SPDX-License-Identifier: BSD-2-Clause */
/* Is there a network?  For Networking_IsNetworkingReady() of applications. */
#ifndef PERI_OS_AZURED_NETWORKING_H
#define PERI_OS_AZURED_NETWORKING_H

#include <stdbool.h>

/* An interface other than the loopback is up and has an IP address. */
bool networking_has_address(void);

#endif
