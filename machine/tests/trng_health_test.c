/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Health tests of the noise source: SP 800-90B, 4.4.1 and 4.4.2. */
#include "machine/trng_health.h"

#include "tests/check.h"

static struct trng_health health;

/* Bits taken before the alarm; limit when there was none. */
static unsigned feed(unsigned (*bit)(unsigned), unsigned limit)
{
    trng_health_init(&health);
    for (unsigned i = 0; i < limit; i++) {
        if (!trng_health_bit(&health, bit(i))) {
            return i;
        }
    }
    return limit;
}

static unsigned zero(unsigned i) { return 0 * i; }
static unsigned one(unsigned i) { return 1 + 0 * i; }
static unsigned turns(unsigned i) { return i & 1; }
/* Runs of one bit less than the limit, in a window that stays even. */
static unsigned longest_runs(unsigned i) { return i / (TRNG_REPETITION_LIMIT - 1) & 1; }
static unsigned four_of_five(unsigned i) { return i % 5 != 4; }

/* The first 809 of a window in runs that are allowed equal its first bit; 810 do not pass. */
static unsigned equal_bits;
static unsigned counted(unsigned i)
{
    unsigned spare = TRNG_WINDOW - equal_bits;

    /* spread the other bits evenly over the window, none first */
    return (i + 1) * spare / TRNG_WINDOW == i * spare / TRNG_WINDOW;
}

/* Xorshift: a fixed stream that looks random. */
static unsigned stream(unsigned i)
{
    static uint64_t state;

    if (i == 0) {
        state = 0x9E3779B97F4A7C15u;
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 63);
}

static void repetition(void)
{
    CHECK_INT(feed(zero, 5000), TRNG_REPETITION_LIMIT - 1);
    CHECK_INT(feed(one, 5000), TRNG_REPETITION_LIMIT - 1);
    CHECK_INT(feed(longest_runs, 5000), 5000);
}

static void proportion(void)
{
    CHECK_INT(feed(turns, 5000), 5000);
    equal_bits = TRNG_PROPORTION_LIMIT - 1;
    CHECK_INT(feed(counted, TRNG_WINDOW), TRNG_WINDOW);
    equal_bits = TRNG_PROPORTION_LIMIT;
    CHECK(feed(counted, TRNG_WINDOW) < TRNG_WINDOW);
    CHECK(feed(four_of_five, TRNG_WINDOW) < TRNG_WINDOW);
}

/* An alarm stays whatever comes after it, for more bits than any counter is wide. */
static void sticky(void)
{
    feed(zero, 100);
    for (unsigned i = 0; i < 200000; i++) {
        REQUIRE(!trng_health_bit(&health, zero(i)));
    }
    for (unsigned i = 0; i < 5000; i++) {
        REQUIRE(!trng_health_bit(&health, turns(i)));
    }
}

static void good_source(void)
{
    CHECK_INT(feed(stream, 4000000), 4000000);
}

static void bytes_are_bits(void)
{
    static const uint8_t zeroes[8], mixed[8] = { 0x5A, 0xC3, 0x99, 0x0F, 0xA5, 0x3C, 0x66, 0xF0 };

    trng_health_init(&health);
    CHECK(trng_health_bytes(&health, mixed, sizeof(mixed)));
    CHECK_INT(health.seen, 64);
    trng_health_init(&health);
    CHECK(trng_health_bytes(&health, zeroes, 7));
    CHECK(!trng_health_bytes(&health, zeroes, 1));
}

int main(void)
{
    repetition();
    proportion();
    sticky();
    good_source();
    bytes_are_bits();
    return check_done();
}
