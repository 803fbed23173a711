/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Life of one application, as a table of state x event; no system calls.
 * Source: docs/spec/compartment.md section 4.
 *
 *             start                policy             stop
 *   STOPPED ---------> STARTING ---------> RUNNING ---------> STOPPING --exited--> STOPPED
 *                         ^  | failed,       | exited,           ^ | timer: SIGKILL
 *                   timer |  | timer         | failed            |_|
 *                         |  v               v
 *                       BACKING_OFF <--------+
 *
 * Any exit, with any code, leads to a restart; only `stop` ends an application.
 * The states live in memory: after a restart of the manager all are STOPPED.
 */
#ifndef PERI_OS_APPMAN_APP_STATE_H
#define PERI_OS_APPMAN_APP_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum app_state {
    APP_STOPPED,     /* nothing runs, nothing is held */
    APP_STARTING,    /* image is open; the network policy is asked for */
    APP_RUNNING,     /* its compartment exists */
    APP_STOPPING,    /* SIGTERM was sent, SIGKILL follows */
    APP_BACKING_OFF, /* waits to be started again */
    APP_STATES
};

enum app_event {
    APP_EVENT_START,  /* it is installed and not running */
    APP_EVENT_POLICY, /* networkd has its policy in force */
    APP_EVENT_FAILED, /* it could not be started */
    APP_EVENT_EXITED, /* its compartment is empty */
    APP_EVENT_STOP,   /* removed, replaced, or the manager ends */
    APP_EVENT_TIMER,  /* the time of this state is over */
    APP_EVENTS
};

enum app_action {
    APP_DO_NOTHING,
    APP_DO_PREPARE,   /* open and check the image, ask for the policy */
    APP_DO_LAUNCH,    /* make the compartment */
    APP_DO_TERMINATE, /* SIGTERM, start the 2 s */
    APP_DO_KILL,      /* SIGKILL to the whole compartment */
    APP_DO_REPORT,    /* error report event, then as BACK_OFF */
    APP_DO_BACK_OFF,  /* start the back-off time */
    APP_DO_RELEASE,   /* give back what is held */
    APP_DO_REFUSE,    /* cannot happen: our own bug */
};

struct app_step {
    enum app_state next;
    enum app_action action;
};

struct app_step app_state_step(enum app_state state, enum app_event event);
const char *app_state_name(enum app_state state);

/* Back-off: base, doubled with each failure up to the ceiling, back to the base
 * after a run that was long enough. */
enum {
    BACK_OFF_MAX_MS = 60000,
    BACK_OFF_RESET_MS = 60000, /* a run this long forgives what came before */
    APP_TERMINATE_MS = 2000,   /* from SIGTERM to SIGKILL */
    APP_POLICY_MS = 15000,     /* for networkd to resolve and answer */
};

struct back_off {
    uint32_t base_ms;
    uint32_t next_ms; /* 0 = base */
};

/* Time to wait after a run of ran_ms. */
uint32_t back_off_after(struct back_off *b, uint64_t ran_ms);

#endif
