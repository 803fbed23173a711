/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/budget.h"

#include "monitor/svc/plat.h"

bool budget_take(struct budget *budget, uint32_t bytes)
{
    const uint32_t now = plat_ticks(), passed = now - budget->ticked;
    const uint32_t back = passed < BUDGET_BYTES / BUDGET_PER_TICK ? passed * BUDGET_PER_TICK : BUDGET_BYTES;

    budget->ticked = now;
    budget->spent -= back < budget->spent ? back : budget->spent;
    if (bytes > BUDGET_BYTES || BUDGET_RECORD_BYTES + bytes > BUDGET_BYTES - budget->spent)
        return false;
    budget->spent += BUDGET_RECORD_BYTES + bytes;
    return true;
}
