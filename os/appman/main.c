/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * application-manager <services folder> <configuration folder> <device.conf>
 * First process of the OS; started by the monitor with the descriptors of
 * abi/monitor_call.h.  Ends with 0 after SIGTERM, 1 when the device cannot be
 * run any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/appman/manager.h"
#include "os/appman/parts.h"

enum {
    SERVICE_STOP_MS = 2000,
    POLL_FIXED = 2 + SERVICES, /* signals, monitor */
    POLL_MAX = POLL_FIXED + MANAGER_APPS_MAX,
};

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int read_conf(const char *path, struct device_conf *conf)
{
    static uint8_t text[DEVICE_CONF_BYTES_MAX + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    if (n < 0) {
        fprintf(stderr, "application-manager: device.conf \"%s\": %s\n", path, strerror(errno));
        return E_IO;
    }
    int e = (size_t)n == sizeof text ? E_LIMIT : device_conf_parse(span_of(text, (size_t)n), conf);
    if (e)
        fprintf(stderr, "application-manager: device.conf \"%s\": %s\n", path, err_text(e));
    return e;
}

/* Two devices whose ranges meet would share uids and replace each other's
 * filter.  An abstract name is held for as long as we live, and counts within
 * the network namespace, as the filter does. */
static socklen_t name_of(uint32_t base, struct sockaddr_un *name)
{
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(name->sun_path + 1, sizeof name->sun_path - 1, "perisphere-%u", (unsigned)base);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

static int claim_uids(const struct device_conf *conf)
{
    struct sockaddr_un name;
    socklen_t len = name_of(conf->uid_base, &name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool held = fd >= 0 && bind(fd, (void *)&name, len) == 0, taken = !held && errno == EADDRINUSE;
    /* First ours, then theirs: of two that start at once at least one sees the other. */
    for (uint32_t base = conf->uid_base - (UID_MAP_MAX - 1);
         held && !taken && base < conf->uid_base + UID_MAP_MAX; base++) {
        len = name_of(base, &name);
        taken = base != conf->uid_base && connect(fd, (void *)&name, len) == 0;
    }
    if (held && !taken)
        return 0; /* kept open on purpose */
    fprintf(stderr, "application-manager: uid_base %u: %s\n", (unsigned)conf->uid_base,
            taken ? "in use by another device on this machine" : strerror(errno));
    if (fd >= 0)
        close(fd);
    return E_CONFLICT;
}

static void reap(struct manager *m)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        for (unsigned i = 0; i < SERVICES; i++)
            if (m->service[i].pid == pid)
                service_ended(m, (enum service_name)i);
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
        if (app->used && app->state == APP_STOPPED && app->wanted && !app->held && !m->ending && !m->refused)
            app_handle(m, app, APP_EVENT_START);
        if (app->used && app->due_ms < next)
            next = app->due_ms;
    }
    service_start_due(m);
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
    p[n++] = (struct pollfd){.fd = m->ending ? -1 : MONITOR_HOST_FD_APPMAN};
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

int main(int argc, char **argv)
{
    static struct manager m;
    if (argc != 4) {
        fprintf(stderr, "usage: application-manager <services folder> <configuration folder> "
                        "<device.conf>\n");
        return 2;
    }
    m.services_folder = argv[1];
    m.config_folder = argv[2];
    m.conf_path = argv[3];
    m.now_ms = monotonic_ms;
    for (int fd = MONITOR_HOST_FD_APPMAN; fd <= MONITOR_HOST_FD_PLUTON_GATEWAYD; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* nothing is inherited by accident */
    monitor_client_init(&m.monitor, MONITOR_HOST_FD_APPMAN);
    m.azured_monitor = MONITOR_HOST_FD_AZURED;
    m.azured_pluton = MONITOR_HOST_FD_PLUTON_AZURED;
    m.gatewayd_monitor = MONITOR_HOST_FD_GATEWAYD;
    m.gatewayd_pluton = MONITOR_HOST_FD_PLUTON_GATEWAYD;
    if (read_conf(m.conf_path, &m.conf) || claim_uids(&m.conf))
        return 1;
    for (unsigned i = 0; i < SERVICES; i++)
        m.service[i] = (struct service){.channel = -1, .back_off.base_ms = m.conf.restart_delay_ms};
    if (!m.conf.service_interface[0])
        m.service[SERVICE_GATEWAYD].due_ms = INT64_MAX; /* no local interface here */

    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGCHLD);
    umask(0022);
    unsigned missing = parts_missing(&m.conf);
    m.refused = parts_report(&m.conf, missing) != 0;
    m.missing = missing;
    if (sigprocmask(SIG_BLOCK, &handled, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 1;
    int signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0 || installed_load(&m) || installed_follow(&m))
        return 1;
    trial_begin(&m);
    service_start_due(&m); /* networkd before the first application asks it */
    run(&m, signals);
    if (m.reset && monitor_reset(&m.monitor, false))
        fprintf(stderr, "application-manager: the monitor refuses to restart the device\n");
    monitor_client_release(&m.monitor);
    close(signals);
    return m.exit_code;
}
