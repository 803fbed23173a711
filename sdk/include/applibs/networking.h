/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Networking, first slice: readiness.  The rest of the original's networking.h
 * is not here yet (see README, "not yet").
 */
#pragma once

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* True when an interface is up with an address and the time is known.
 * -1 with EFAULT, or EAGAIN while the OS service behind it is starting. */
int Networking_IsNetworkingReady(bool *outIsNetworkingReady);

#ifdef __cplusplus
}
#endif
