/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azcore/record.h"

int record(uint32_t id, const struct crash *crash, uint32_t time_s)
{
    (void)id, (void)crash, (void)time_s;
    return E_UNSUPPORTED;
}
