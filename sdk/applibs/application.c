/* SPDX-License-Identifier: BSD-2-Clause */
#include <applibs/application.h>

#include <errno.h>

#include "abi/app_channel.h"
#include "sdk/applibs/channel.h"

int Application_IsDeviceAuthReady(bool *outIsDeviceAuthReady)
{
    uint8_t ready;
    if (!outIsDeviceAuthReady) {
        errno = EFAULT;
        return -1;
    }
    *outIsDeviceAuthReady = false;
    if (channel_ask(APP_CALL_DEVICE_AUTH_READY, NULL, 0, &ready, 1) != 0)
        return -1;
    *outIsDeviceAuthReady = ready != 0;
    return 0;
}
