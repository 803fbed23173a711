/* SPDX-License-Identifier: BSD-2-Clause */
/* SP 800-90B section 4.4: the cut-offs are met exactly. */
#include "pluton/runtime/health.h"
#include "tests/check.h"

/* 4.4.1: a run of cut-off samples fails, one fewer does not. */
static void repetition(void)
{
    struct health h;
    health_init(&h);
    CHECK(health_sample(&h, 1));
    for (unsigned i = 1; i < HEALTH_REPETITION_CUTOFF; i++)
        CHECK(health_sample(&h, 9));
    CHECK(health_sample(&h, 1)); /* broken off one short of the cut-off */
    for (unsigned i = 1; i < HEALTH_REPETITION_CUTOFF; i++)
        CHECK(health_sample(&h, 9));
    CHECK(!health_sample(&h, 9));
    CHECK(h.failed);
}

/* 4.4.2: a value that comes cut-off times in one window fails. */
static void proportion(void)
{
    struct health h;
    health_init(&h);
    for (unsigned i = 0; i < 2 * (HEALTH_PROPORTION_CUTOFF - 1) - 1; i++)
        CHECK(health_sample(&h, i % 2 ? (uint8_t)(i % 128) : 0xff));
    CHECK_INT(h.occurred, HEALTH_PROPORTION_CUTOFF - 1);
    CHECK(health_sample(&h, 1));
    CHECK(!health_sample(&h, 0xff));
}

/* The count starts anew with each window. */
static void window_restarts(void)
{
    struct health h;
    health_init(&h);
    for (unsigned window = 0; window < 3; window++)
        for (unsigned i = 0; i < HEALTH_WINDOW; i++)
            CHECK(health_sample(&h, i % 4 ? (uint8_t)i : 0xff)); /* 128 of 512 */
    CHECK(health_sample(&h, 0xff));
    CHECK_INT(h.seen, 1);
}

static void failure_latches(void)
{
    struct health h;
    health_init(&h);
    while (health_sample(&h, 0))
        ;
    for (unsigned i = 0; i < 4096; i++)
        CHECK(!health_sample(&h, (uint8_t)(i * 167 + 13)));
    health_init(&h);
    CHECK(health_sample(&h, 0));
}

int main(void)
{
    repetition();
    proportion();
    window_restarts();
    failure_latches();
    return check_done();
}
