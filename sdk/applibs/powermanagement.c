/* SPDX-License-Identifier: BSD-2-Clause */
#include <applibs/powermanagement.h>

#include <stddef.h>

#include "abi/app_channel.h"
#include "sdk/applibs/channel.h"

int PowerManagement_ForceSystemReboot(void)
{
    return channel_ask(APP_CALL_FORCE_REBOOT, NULL, 0, NULL, 0);
}
