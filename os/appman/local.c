/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What gatewayd may ask of the manager, and what it is told.  Trust: gatewayd is
 * reached by whoever holds the service cable and may be taken over.  It can stop and
 * start installed applications, and add its own kind of error report; each is
 * something that the person at the cable may do anyway.
 */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/device_api.h"
#include "os/appman/app_memory.h"
#include "os/appman/manager.h"

enum { TELL_MS = 1000 };

static uint32_t storage_used_kb(const struct manager *m, const struct app *app)
{
    char path[PATH_MAX];
    struct stat s;
    if (app->manifest.storage_kb == 0 || manager_path(m, path, "storage/%s/file", app->id) ||
        lstat(path, &s) || s.st_size <= 0)
        return 0;
    return (uint32_t)(((uint64_t)s.st_size + 1023) / 1024);
}

static void send(struct manager *m, const struct os_message *message)
{
    struct service *s = &m->service[SERVICE_GATEWAYD];
    if (s->channel < 0 || os_channel_send(s->channel, message, TELL_MS) == 0)
        return;
    close(s->channel); /* it does not listen: started again, it is told everything */
    s->channel = -1;
    if (s->pid)
        kill(s->pid, SIGKILL);
}

static void tell(struct manager *m, const struct os_app_status *status)
{
    struct os_message message = {.kind = OS_APP_STATE, .fd = -1, .u.app_state = *status};
    send(m, &message);
}

void local_attested(struct manager *m)
{
    const struct os_message message = {.kind = OS_ATTESTED, .fd = -1};
    if (!m->attested)
        send(m, &message);
    m->attested = true;
}

static void tell_app(struct manager *m, const struct app *app, bool memory)
{
    struct os_app_status status = {.state = !app->used                   ? OS_APP_NOT_PRESENT
                                            : app->state == APP_RUNNING || app->state == APP_STOPPING ? OS_APP_RUNNING
                                                                        : OS_APP_STOPPED};
    memcpy(status.component, app->component, 16);
    if (app->used) {
        status.limit_kb = app->manifest.storage_kb;
        status.used_kb = storage_used_kb(m, app);
    }
    if (app->used && memory) { /* it takes a walk through all processes */
        struct app_memory held;
        app_memory_read(app->uid, &held);
        status.memory_kb = held.now_kb;
        status.memory_peak_kb = held.peak_kb;
    }
    tell(m, &status);
}

void local_tell(struct manager *m, const struct app *app) { tell_app(m, app, false); }

void local_tell_all(struct manager *m)
{
    const struct os_message attested = {.kind = OS_ATTESTED, .fd = -1};
    if (m->attested)
        send(m, &attested);
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used)
            local_tell(m, &m->app[i]);
}

int local_control(struct manager *m, const struct os_app_control *control)
{
    struct os_app_status absent = {.state = OS_APP_NOT_PRESENT};
    int e = installed_follow(m);
    if (e)
        return e;
    struct app *app = installed_find(m, control->component);
    if (!app) {
        memcpy(absent.component, control->component, 16);
        tell(m, &absent);
        return 0;
    }
    if (control->action == OS_APP_STOP) {
        app->held = true;
        app_handle(m, app, APP_EVENT_STOP);
    } else if (control->action == OS_APP_START) {
        app->held = false; /* the loop starts what is stopped */
        if (app->state == APP_BACKING_OFF) {
            app->back_off.next_ms = 0;
            app_handle(m, app, APP_EVENT_TIMER);
        }
    }
    tell_app(m, app, true);
    return 0;
}

/* azured is not there, or does not take it: gatewayd waits in vain and says so, nothing more. */
void local_ask(struct manager *m, const struct os_message *message)
{
    int channel = m->service[SERVICE_AZURED].channel;
    if (channel >= 0 && os_channel_send(channel, message, 0) == 0 && message->kind != OS_CERT_STAGE)
        m->local_asked++;
}

/* An azured that was taken over must not hold gatewayd up with answers that nobody asked for. */
int local_answer(struct manager *m, const struct os_message *message)
{
    if (!m->local_asked)
        return E_MALFORMED;
    m->local_asked--;
    send(m, message);
    return 0;
}

int local_event(struct manager *m, const struct os_event *event)
{
    if (event->category != EVENT_LOCAL_REFUSED)
        return E_MALFORMED; /* the other kinds are not gatewayd's to tell */
    manager_event(m, event);
    return 0;
}
