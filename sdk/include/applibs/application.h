/* SPDX-License-Identifier: BSD-2-Clause */
/* Device authentication, first slice; inter-core connections are not here yet. */
#pragma once

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* False until the device's certificate for the manifest's catalog is there.
 * -1 with EFAULT, EACCES without DeviceAuthentication, EAGAIN. */
int Application_IsDeviceAuthReady(bool *outIsDeviceAuthReady);

#ifdef __cplusplus
}
#endif
