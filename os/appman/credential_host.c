/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/credential.h"

int credential_enter(const uint8_t component[static CREDENTIAL_ID_BYTES],
                     const uint8_t tenant[static CREDENTIAL_ID_BYTES], uint32_t capabilities)
{
    (void)component; /* rights are the channels that a process was given */
    (void)tenant;
    (void)capabilities;
    return 0;
}
