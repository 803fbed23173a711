/* SPDX-License-Identifier: BSD-2-Clause */
/* The form of a monitor call (abi/smc.h). */
#include "tests/hostile/kernel/hostile.h"

struct smc_registers smc_raw(uint32_t id, uint32_t request, uint32_t bytes, uint32_t reply, uint32_t room)
{
    struct smc_registers call = {.r = {id, request, bytes, reply, room}};
    for (uint32_t i = 5; i < 13; i++)
        call.r[i] = SMC_PATTERN + i;
    barrier();
    hostile_smc(call.r);
    barrier();
    return call;
}

uint32_t smc_call(unsigned number, const void *request, uint32_t bytes, void *reply, uint32_t room,
                  uint32_t *status)
{
    const struct smc_registers call = smc_raw(SMC_FUNCTION(number), (uint32_t)(uintptr_t)request, bytes,
                                         (uint32_t)(uintptr_t)reply, room);
    *status = call.r[0];
    return call.r[1];
}
