/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/app_state.h"

static const char *const names[APP_STATES] = {
    [APP_STOPPED] = "stopped",   [APP_STARTING] = "starting",       [APP_RUNNING] = "running",
    [APP_STOPPING] = "stopping", [APP_BACKING_OFF] = "backing off",
};

/* clang-format off */
static const struct app_step table[APP_STATES][APP_EVENTS] = {
    [APP_STOPPED] = {
        [APP_EVENT_START]  = {APP_STARTING,    APP_DO_PREPARE},
        [APP_EVENT_POLICY] = {APP_STOPPED,     APP_DO_NOTHING},
        [APP_EVENT_FAILED] = {APP_STOPPED,     APP_DO_NOTHING},
        [APP_EVENT_EXITED] = {APP_STOPPED,     APP_DO_REFUSE},
        [APP_EVENT_STOP]   = {APP_STOPPED,     APP_DO_NOTHING},
        [APP_EVENT_TIMER]  = {APP_STOPPED,     APP_DO_NOTHING},
    },
    [APP_STARTING] = {
        [APP_EVENT_START]  = {APP_STARTING,    APP_DO_NOTHING},
        [APP_EVENT_POLICY] = {APP_RUNNING,     APP_DO_LAUNCH},
        [APP_EVENT_FAILED] = {APP_BACKING_OFF, APP_DO_BACK_OFF},
        [APP_EVENT_EXITED] = {APP_STARTING,    APP_DO_REFUSE},
        [APP_EVENT_STOP]   = {APP_STOPPED,     APP_DO_RELEASE},
        [APP_EVENT_TIMER]  = {APP_BACKING_OFF, APP_DO_BACK_OFF},
    },
    [APP_RUNNING] = {
        [APP_EVENT_START]  = {APP_RUNNING,     APP_DO_NOTHING},
        [APP_EVENT_POLICY] = {APP_RUNNING,     APP_DO_NOTHING},
        [APP_EVENT_FAILED] = {APP_BACKING_OFF, APP_DO_BACK_OFF},
        [APP_EVENT_EXITED] = {APP_BACKING_OFF, APP_DO_REPORT},
        [APP_EVENT_STOP]   = {APP_STOPPING,    APP_DO_TERMINATE},
        [APP_EVENT_TIMER]  = {APP_RUNNING,     APP_DO_NOTHING},
    },
    [APP_STOPPING] = {
        [APP_EVENT_START]  = {APP_STOPPING,    APP_DO_NOTHING},
        [APP_EVENT_POLICY] = {APP_STOPPING,    APP_DO_NOTHING},
        [APP_EVENT_FAILED] = {APP_STOPPED,     APP_DO_RELEASE},
        [APP_EVENT_EXITED] = {APP_STOPPED,     APP_DO_RELEASE},
        [APP_EVENT_STOP]   = {APP_STOPPING,    APP_DO_NOTHING},
        [APP_EVENT_TIMER]  = {APP_STOPPING,    APP_DO_KILL},
    },
    [APP_BACKING_OFF] = {
        [APP_EVENT_START]  = {APP_BACKING_OFF, APP_DO_NOTHING},
        [APP_EVENT_POLICY] = {APP_BACKING_OFF, APP_DO_NOTHING},
        [APP_EVENT_FAILED] = {APP_BACKING_OFF, APP_DO_NOTHING},
        [APP_EVENT_EXITED] = {APP_BACKING_OFF, APP_DO_REFUSE},
        [APP_EVENT_STOP]   = {APP_STOPPED,     APP_DO_RELEASE},
        [APP_EVENT_TIMER]  = {APP_STARTING,    APP_DO_PREPARE},
    },
};
/* clang-format on */

struct app_step app_state_step(enum app_state state, enum app_event event)
{
    return table[state][event];
}

const char *app_state_name(enum app_state state)
{
    return names[state];
}

uint32_t back_off_after(struct back_off *b, uint64_t ran_ms)
{
    if (b->next_ms == 0 || ran_ms >= BACK_OFF_RESET_MS)
        b->next_ms = b->base_ms;
    uint32_t wait = b->next_ms < BACK_OFF_MAX_MS ? b->next_ms : BACK_OFF_MAX_MS;
    b->next_ms = wait > BACK_OFF_MAX_MS / 2 ? BACK_OFF_MAX_MS : wait * 2;
    return wait;
}
