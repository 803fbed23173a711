/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random SMC calls, many of them:
 *   monitor_smc_storm CALLS [SEED]
 * An ordinary test run plays some ten thousand; figures of long ones: docs/spec/smc.md.
 */
#include "monitor/svc/hostile_test.h"
#include "tests/check.h"

enum { STREAM_BYTES = 512, RESTART_STREAMS = 4096 };

static uint64_t state;

static uint8_t random_byte(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint8_t)(state >> 32);
}

int main(int argc, char **argv)
{
    static uint8_t stream[STREAM_BYTES];
    const unsigned long want = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    REQUIRE(want > 0 && state != 0);
    unsigned long calls = 0;
    for (unsigned streams = 0; calls < want; streams++) {
        if (streams % RESTART_STREAMS == 0)
            hostile_start();
        for (unsigned i = 0; i < STREAM_BYTES; i++)
            stream[i] = random_byte();
        calls += hostile_play(span_of(stream, STREAM_BYTES));
    }
    printf("%lu calls\n", calls);
    CHECK_INT(hostile_report(), 0); /* the storm reaches behind every check */
    return check_done();
}
