/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * application-manager: the first process of the OS.  machine.h says how it is started and what its
 * end means on each target.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/appman/liveness.h"
#include "os/appman/machine.h"

enum {
    SERVICE_STOP_MS = 2000,
    POLL_FIXED = 3 + SERVICES, /* signals, monitor, who comes by the cable */
    POLL_MAX = POLL_FIXED + MANAGER_APPS_MAX,
};

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void reap(struct manager *m)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        for (unsigned i = 0; i < SERVICES; i++)
            if (m->service[i].pid == pid)
                service_ended(m, (enum service_name)i, WIFEXITED(status) && WEXITSTATUS(status) == 0);
        for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
            if (m->app[i].used && m->app[i].init == pid)
                app_ended(m, &m->app[i], status);
    }
}

static void on_signals(struct manager *m, int fd)
{
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD)
            m->ending = true;
    reap(m);
}

/* Times that are over; the next one that will be. */
static int64_t run_timers(struct manager *m)
{
    int64_t now = m->now_ms(), next = INT64_MAX;
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++) {
        struct app *app = &m->app[i];
        if (app->used && app->due_ms <= now) {
            app->due_ms = INT64_MAX;
            app_handle(m, app, APP_EVENT_TIMER);
        }
        if (app->used && app->state == APP_STOPPED && app->wanted && !app->held && !m->ending && !m->refused && !m->safe)
            app_handle(m, app, APP_EVENT_START);
        if (app->used && app->due_ms < next)
            next = app->due_ms;
    }
    service_start_due(m);
    int64_t ask = liveness_run(m), tend = machine_tend(m);
    if (ask < next)
        next = ask;
    if (tend < next)
        next = tend;
    if (m->trial_ends_ms <= now)
        trial_run_out(m);
    if (m->trial_ends_ms < next)
        next = m->trial_ends_ms;
    for (unsigned i = 0; i < SERVICES; i++)
        if (m->service[i].due_ms < next)
            next = m->service[i].due_ms;
    return next;
}

static void wait_once(struct manager *m, int signals, int64_t until)
{
    struct pollfd p[POLL_MAX];
    struct app *of[POLL_MAX] = {NULL};
    nfds_t n = 0;
    p[n++] = (struct pollfd){.fd = signals, .events = POLLIN};
    for (unsigned i = 0; i < SERVICES; i++)
        p[n++] = (struct pollfd){.fd = m->service[i].channel, .events = POLLIN};
    /* Only whether it is still there: nothing runs without it. */
    p[n++] = (struct pollfd){.fd = m->ending ? -1 : m->monitor_watched};
    bool sleeps = m->service[SERVICE_GATEWAYD].asleep && !m->ending;
    p[n++] = (struct pollfd){.fd = sleeps ? m->local_listener : -1, .events = POLLIN};
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used && m->app[i].log.from >= 0) {
            of[n] = &m->app[i];
            p[n++] = (struct pollfd){.fd = m->app[i].log.from, .events = POLLIN};
        }
    int64_t left = until == INT64_MAX ? 60000 : until - m->now_ms();
    if (m->event_count && left > 1000)
        left = 1000; /* azured was busy: offer it the events again */
    if (poll(p, n, left < 0 ? 0 : left > 60000 ? 60000 : (int)left) <= 0)
        return;
    if (p[1 + SERVICES].revents && !m->ending) {
        fprintf(stderr, "application-manager: the monitor is gone: ending\n");
        m->ending = true;
        m->exit_code = 1;
    }
    if (p[2 + SERVICES].revents)
        service_wake(m, SERVICE_GATEWAYD);
    for (nfds_t i = POLL_FIXED; i < n; i++)
        if (p[i].revents && !app_log_read(&of[i]->log)) {
            close(of[i]->log.from); /* it closed its output; the end comes by SIGCHLD */
            of[i]->log.from = -1;
        }
    for (unsigned i = 0; i < SERVICES; i++)
        if (p[1 + i].revents && m->service[i].channel == p[1 + i].fd)
            service_receive(m, (enum service_name)i);
    if (p[0].revents)
        on_signals(m, signals);
}

static bool anything_runs(const struct manager *m)
{
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used && m->app[i].state != APP_STOPPED)
            return true;
    return false;
}

static void run(struct manager *m, int signals)
{
    while (!m->ending) {
        manager_flush_events(m);
        wait_once(m, signals, run_timers(m));
    }
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used)
            app_handle(m, &m->app[i], APP_EVENT_STOP);
    while (anything_runs(m)) /* bounded: SIGKILL follows in 2 s */
        wait_once(m, signals, run_timers(m));
    service_stop_all(m);
    int64_t until = m->now_ms() + SERVICE_STOP_MS;
    while (m->service[SERVICE_NETWORKD].pid || m->service[SERVICE_AZURED].pid ||
           m->service[SERVICE_GATEWAYD].pid) {
        if (m->now_ms() >= until) {
            for (unsigned i = 0; i < SERVICES; i++)
                if (m->service[i].pid)
                    kill(m->service[i].pid, SIGKILL);
            until = INT64_MAX;
        }
        wait_once(m, signals, until);
    }
}

static int start(struct manager *m, int *signals)
{
    for (unsigned i = 0; i < SERVICES; i++)
        m->service[i] = (struct service){.channel = -1, .back_off.base_ms = m->conf.restart_delay_ms};
    machine_local_interface(m);
    /* A chip that was made without a service still runs its applications. */
    if (m->interface && !m->conf.service_url[0]) {
        m->service[SERVICE_AZURED].unused = true;
        m->service[SERVICE_AZURED].due_ms = INT64_MAX;
    }
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &handled, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return E_IO;
    *signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
    if (*signals < 0)
        return E_IO;
    int e = installed_load(m);
    if (!e)
        e = installed_follow(m);
    return e;
}

int main(int argc, char **argv)
{
    static struct manager m;
    int signals = -1;
    m.now_ms = monotonic_ms;
    umask(0022);
    int code = machine_start(&m, argc, argv);
    if (code)
        return machine_end(&m, code);
    if (start(&m, &signals))
        return machine_end(&m, 1);
    trial_begin(&m);
    service_start_due(&m); /* networkd before the first application asks it */
    run(&m, signals);
    close(signals);
    return machine_end(&m, m.exit_code);
}
