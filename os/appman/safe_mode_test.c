/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting starts: what a damaged file means, and when applications stay away. */
#include "os/appman/safe_mode.h"

#include "tests/check.h"

static unsigned next(const char *text)
{
    return safe_mode_next(span_of(text, strlen(text)));
}

int main(void)
{
    CHECK_INT(next("0\n"), 1);
    CHECK_INT(next("3\n"), 4);
    CHECK_INT(next("999998\n"), 999999);
    static const char *const damaged[] = {"", "\n", "3", "-3\n", "3 \n", "x\n", "9999999\n", "3\n\n",
                                          "00000000000000000000003\n"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        CHECK_INT(next(damaged[i]), 1);
    for (unsigned i = 0; i < SAFE_MODE_STARTS; i++)
        CHECK(!safe_mode_is(i)); /* three starts may fail */
    CHECK(safe_mode_is(4) && !safe_mode_is(5) && safe_mode_is(6)); /* then every second one is safe */
    /* a safe start is for a time; what it counts is forgotten after work with applications alone */
    CHECK_INT(safe_mode_step(false, 0), SAFE_MODE_GO_ON);
    CHECK_INT(safe_mode_step(false, SAFE_MODE_GOOD_MS - 1), SAFE_MODE_GO_ON);
    CHECK_INT(safe_mode_step(false, SAFE_MODE_GOOD_MS), SAFE_MODE_FORGET);
    CHECK_INT(safe_mode_step(true, SAFE_MODE_GOOD_MS), SAFE_MODE_GO_ON);
    CHECK_INT(safe_mode_step(true, SAFE_MODE_END_MS - 1), SAFE_MODE_GO_ON);
    CHECK_INT(safe_mode_step(true, SAFE_MODE_END_MS), SAFE_MODE_LEAVE);
    uint8_t text[SAFE_MODE_TEXT_MAX];
    for (unsigned n = 0; n < 20; n++) {
        struct writer w = writer_of(text, sizeof text);
        safe_mode_write(n, &w);
        CHECK_INT(safe_mode_next(writer_view(&w)), n + 1);
    }
    return check_done();
}
