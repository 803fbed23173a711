/* SPDX-License-Identifier: BSD-2-Clause */
#include <applibs/networking.h>

#include <errno.h>

#include "abi/app_channel.h"
#include "sdk/applibs/channel.h"

int Networking_IsNetworkingReady(bool *outIsNetworkingReady)
{
    uint8_t ready;
    if (!outIsNetworkingReady) {
        errno = EFAULT;
        return -1;
    }
    *outIsNetworkingReady = false;
    if (channel_ask(APP_CALL_NETWORKING_READY, NULL, 0, &ready, 1) != 0)
        return -1;
    *outIsNetworkingReady = ready != 0;
    return 0;
}
