/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of app_state.h against its drawing, and the back-off. */
#include "os/appman/app_state.h"
#include "tests/check.h"

/* Every cell, said a second time in the order of the enums. */
static const struct app_step want[APP_STATES][APP_EVENTS] = {
    /* start, policy, failed, exited, stop, timer */
    {{APP_STARTING, APP_DO_PREPARE}, {APP_STOPPED, APP_DO_NOTHING}, {APP_STOPPED, APP_DO_NOTHING},
     {APP_STOPPED, APP_DO_REFUSE}, {APP_STOPPED, APP_DO_NOTHING}, {APP_STOPPED, APP_DO_NOTHING}},
    {{APP_STARTING, APP_DO_NOTHING}, {APP_RUNNING, APP_DO_LAUNCH}, {APP_BACKING_OFF, APP_DO_BACK_OFF},
     {APP_STARTING, APP_DO_REFUSE}, {APP_STOPPED, APP_DO_RELEASE}, {APP_BACKING_OFF, APP_DO_BACK_OFF}},
    {{APP_RUNNING, APP_DO_NOTHING}, {APP_RUNNING, APP_DO_NOTHING}, {APP_BACKING_OFF, APP_DO_BACK_OFF},
     {APP_BACKING_OFF, APP_DO_REPORT}, {APP_STOPPING, APP_DO_TERMINATE}, {APP_RUNNING, APP_DO_NOTHING}},
    {{APP_STOPPING, APP_DO_NOTHING}, {APP_STOPPING, APP_DO_NOTHING}, {APP_STOPPED, APP_DO_RELEASE},
     {APP_STOPPED, APP_DO_RELEASE}, {APP_STOPPING, APP_DO_NOTHING}, {APP_STOPPING, APP_DO_KILL}},
    {{APP_BACKING_OFF, APP_DO_NOTHING}, {APP_BACKING_OFF, APP_DO_NOTHING},
     {APP_BACKING_OFF, APP_DO_NOTHING}, {APP_BACKING_OFF, APP_DO_REFUSE},
     {APP_STOPPED, APP_DO_RELEASE}, {APP_STARTING, APP_DO_PREPARE}},
};

static void test_table(void)
{
    for (unsigned s = 0; s < APP_STATES; s++)
        for (unsigned e = 0; e < APP_EVENTS; e++) {
            struct app_step got = app_state_step((enum app_state)s, (enum app_event)e);
            if (got.next != want[s][e].next || got.action != want[s][e].action)
                fprintf(stderr, "state %s, event %u\n", app_state_name((enum app_state)s), e);
            CHECK_INT(got.next, want[s][e].next);
            CHECK_INT(got.action, want[s][e].action);
        }
}

/* Nothing but `stop` ends an application: from any state, without it, some
 * event leads back to running. */
static void test_restarts(void)
{
    for (unsigned s = 0; s < APP_STATES; s++) {
        if (s == APP_STOPPING)
            continue;
        enum app_state at = (enum app_state)s;
        static const enum app_event path[] = {APP_EVENT_EXITED, APP_EVENT_TIMER, APP_EVENT_START,
                                              APP_EVENT_POLICY};
        for (size_t i = 0; i < 4; i++)
            at = app_state_step(at, path[i]).next;
        if (s == APP_STARTING) { /* its timer is a failure: once more round */
            at = app_state_step(at, APP_EVENT_TIMER).next;
            at = app_state_step(at, APP_EVENT_POLICY).next;
        }
        CHECK_INT(at, APP_RUNNING);
    }
}

static void test_back_off(void)
{
    struct back_off b = {.base_ms = 1000};
    static const uint32_t expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        CHECK_INT(back_off_after(&b, 10), expected[i]);
    CHECK_INT(back_off_after(&b, BACK_OFF_RESET_MS - 1), 60000);
    CHECK_INT(back_off_after(&b, BACK_OFF_RESET_MS), 1000);
    CHECK_INT(back_off_after(&b, 0), 2000);
    b = (struct back_off){.base_ms = 60000};
    CHECK_INT(back_off_after(&b, 0), 60000);
    CHECK_INT(back_off_after(&b, 0), 60000);
}

int main(void)
{
    test_table();
    test_restarts();
    test_back_off();
    return check_done();
}
