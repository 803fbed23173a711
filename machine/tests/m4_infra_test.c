/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Infra bus of the M4s: abi/mt3620_m4_infra.h. */
#include "abi/mt3620_m4_infra.h"

#include "abi/mt3620.h"
#include "machine/tests/engine.h"
#include "tests/check.h"

static struct bus b;

static const char *const cores[] = { "pluton", "io0", "io1" };
enum { CORES = 3, NOWHERE = 0x20000000 };

static uint32_t get(const char *who, uint32_t offset)
{
    return bus_get(&b, who, MT3620_M4_INFRA + offset);
}

static void set(const char *who, uint32_t offset, uint32_t value)
{
    bus_set(&b, who, MT3620_M4_INFRA + offset, value);
}

static void is(const char *who, uint32_t status, uint32_t address, uint32_t info)
{
    CHECK_INT(get(who, M4_INFRA_STATUS), status);
    CHECK_INT(get(who, M4_INFRA_ADDRESS), address);
    CHECK_INT(get(who, M4_INFRA_INFO), info);
    CHECK_INT(m4_line_up(&b, who, MT3620_IRQ_INFRA), status);
}

/* The first error stays until it is cleared; the other cores hear nothing of it. */
static void errors(unsigned core)
{
    const char *who = cores[core];
    uint32_t value;

    bus_reset(&b);
    is(who, 0, 0, 0);
    CHECK(!bus_read(&b, who, 2, NOWHERE, &value));
    is(who, 1, NOWHERE, 2 << 16);
    CHECK(!bus_write(&b, who, 4, NOWHERE + 4, 1));
    is(who, 1, NOWHERE, 2 << 16);
    set(who, M4_INFRA_STATUS, 0);
    set(who, M4_INFRA_ADDRESS, 5);
    is(who, 1, NOWHERE, 2 << 16);
    set(who, M4_INFRA_STATUS, 1);
    is(who, 0, NOWHERE, 2 << 16);
    CHECK(!bus_write(&b, who, 4, NOWHERE + 4, 1));
    is(who, 1, NOWHERE + 4, 4 << 16 | 1 << 8);
    for (unsigned other = 0; other < CORES; other++) {
        if (other != core) {
            is(cores[other], 0, 0, 0);
        }
    }
}

/* What the firewall refuses counts; what the A7 does wrong does not. */
static void refusals(void)
{
    uint32_t value;

    bus_reset(&b);
    CHECK(!bus_read(&b, "io0", 4, MT3620_RAM, &value));
    is("io0", 1, MT3620_RAM, 4 << 16);
    CHECK(!bus_read(&b, "a7n", 4, MT3620_SECURE_RAM, &value));
    CHECK(!bus_read(&b, "a7s", 4, MT3620_HSP, &value));
    is("pluton", 0, 0, 0);
    is("io1", 0, 0, 0);
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    for (unsigned core = 0; core < CORES; core++) {
        for (uint32_t offset = 0; offset < 12; offset += 4) {
            CHECK(bus_words_only(&b, cores[core], MT3620_M4_INFRA + offset));
        }
        errors(core);
    }
    refusals();
    bus_stop(&b);
    return check_done();
}
