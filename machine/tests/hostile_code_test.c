/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arbitrary code on the I/O cores and the A7: whatever it does, the emulator lives, and what the
 * core may not reach stays as it was.  "Each layer assumes that the layer above it is compromised":
 * here the layer is the chip.
 *   machine_hostile_code_test [ROUNDS [SEED]]
 */
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_reset.h"
#include "machine/tests/bus.h"
#include "tests/check.h"

#include <time.h>

enum { ROUNDS = 25, CODE_WORDS = 256, GUARD_WORDS = 64, RUN_NS = 4000000 };

static struct bus b;
static uint64_t state;

/* xorshift64*: the same storm for the same seed */
static uint32_t random_word(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)(state * 0x2545F4914F6CDD1Dull >> 32);
}

static uint32_t guard(unsigned i)
{
    return 0x5EC0DE00 + i;
}

static void guards_set(void)
{
    for (unsigned i = 0; i < GUARD_WORDS; i++) {
        bus_set(&b, "pluton", MT3620_SECURE_RAM + 4 * i, guard(i));
        bus_set(&b, "pluton", MT3620_TCM + 4 * i, guard(i));
        bus_set(&b, "io1", MT3620_TCM + 4 * i, guard(i));
    }
}

static void guards_stand(bool io1)
{
    for (unsigned i = 0; i < GUARD_WORDS; i++) {
        CHECK_INT(bus_get(&b, "pluton", MT3620_SECURE_RAM + 4 * i), guard(i));
        CHECK_INT(bus_get(&b, "pluton", MT3620_TCM + 4 * i), guard(i));
        CHECK(!io1 || bus_get(&b, "io1", MT3620_TCM + 4 * i) == guard(i));
    }
}

static void run_a_while(void)
{
    struct timespec time = { .tv_nsec = RUN_NS };

    nanosleep(&time, NULL);
}

/* Addresses worth hitting stand in the code as literals. */
static uint32_t code_word(void)
{
    static const uint32_t worth[] = { MT3620_SECURE_RAM, MT3620_FIREWALL, MT3620_FLASH_CONTROLLER,
        MT3620_M4_MAILBOX_A7, MT3620_M4_WDT + 0x44, MT3620_TCM, 0xE000ED0C, 0xE000ED94, MT3620_FLASH,
        MT3620_GIC_DISTRIBUTOR, MT3620_RAM, 0x1209, 0x2201, MT3620_IO_XIP, MT3620_IO_GPIO };
    uint32_t word = random_word();

    return word % 8 == 0 ? worth[word / 8 % (sizeof(worth) / sizeof(worth[0]))] : random_word();
}

static void io_round(void)
{
    uint32_t at = MT3620_TCM + 0x400;

    bus_set(&b, "a7s", MT3620_INFRA + RESET_IO0_CONTROL, 0);
    bus_set(&b, "a7s", MT3620_INFRA + RESET_IO_SELECT, 0);
    bus_set(&b, "a7s", MT3620_INFRA + RESET_IO_ADDRESS, MT3620_TCM);
    bus_set(&b, "a7s", MT3620_INFRA + RESET_IO_DATA, MT3620_TCM + 0x8000); /* stack */
    for (unsigned i = 1; i < 128; i++) { /* every exception goes on in the same code */
        bus_set(&b, "a7s", MT3620_INFRA + RESET_IO_DATA, (at + random_word() % 256 * 4) | 1);
    }
    bus_set(&b, "a7s", MT3620_INFRA + RESET_IO_ADDRESS, at);
    for (unsigned i = 0; i < CODE_WORDS; i++) {
        bus_set(&b, "a7s", MT3620_INFRA + RESET_IO_DATA, code_word());
    }
    bus_set(&b, "a7s", MT3620_INFRA + RESET_IO0_VECTORS, MT3620_TCM);
    bus_set(&b, "a7s", MT3620_INFRA + RESET_IO0_CONTROL, RESET_CONTROL_RUN);
    run_a_while();
    guards_stand(true);
}

/* In the secure world, which may do all that an A7 can; but not to Pluton. */
static void a7_round(void)
{
    for (unsigned i = 0; i < CODE_WORDS; i++) {
        bus_set(&b, "pluton", MT3620_RAM + 0x1000 + 4 * i, code_word());
    }
    bus_set(&b, "pluton", MT3620_PLUTON_RESET + RESET_A7_START,
            MT3620_RAM + 0x1000 + (random_word() & 1));
    bus_set(&b, "pluton", MT3620_PLUTON_RESET + RESET_A7_CONTROL, RESET_CONTROL_RUN);
    run_a_while();
    bus_reset(&b); /* holds it again */
    for (unsigned i = 0; i < GUARD_WORDS; i++) {
        CHECK_INT(bus_get(&b, "pluton", MT3620_TCM + 4 * i), guard(i));
    }
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

    state = seed * 0x9E3779B97F4A7C15ull | 1;
    bus_start(&b, BUS_CORES, "", NULL);
    guards_set();
    for (unsigned i = 0; i < rounds; i++) {
        io_round();
    }
    bus_reset(&b);
    guards_stand(true);
    for (unsigned i = 0; i < rounds; i++) {
        a7_round();
    }
    bus_set(&b, "pluton", MT3620_PLUTON_RESET + RESET_POWER, RESET_KEY_POWER);
    CHECK_INT(bus_end(&b), MT3620_END_POWER_OFF);
    return check_done();
}
