/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/mcu/postcode.h"

#include "abi/mcu_boot.h"
#include "pluton/mcu/reg.h"

static uint32_t check(const struct postcode *r)
{
    return BOOT_POSTCODE_CHECK0 ^ r->code ^ r->boots ^ r->reached;
}

static volatile uint32_t *words(void)
{
    return reg_memory(BOOT_POSTCODE_AT);
}

void postcode_forget(void)
{
    words()[0] = 0;
}

bool postcode_read(struct postcode *record)
{
    const volatile uint32_t *w = words();
    *record = (struct postcode){w[2], w[3], w[4]};
    if (w[0] == BOOT_POSTCODE_CHECK0 && w[1] == check(record))
        return true;
    *record = (struct postcode){0};
    return false;
}

void postcode_write(const struct postcode *record)
{
    volatile uint32_t *w = words();
    w[0] = 0;
    w[1] = check(record);
    w[2] = record->code;
    w[3] = record->boots;
    w[4] = record->reached;
    w[5] = w[6] = w[7] = 0;
    w[0] = BOOT_POSTCODE_CHECK0;
}

void postcode_reached(enum postcode_stage stage, uint32_t flags, uint32_t cause)
{
    struct postcode record;
    (void)postcode_read(&record);
    record.reached = (uint32_t)stage << 24 | (flags & 0xFF) << 16 | (cause & 0xFFFF);
    postcode_write(&record);
}
