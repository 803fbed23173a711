/* SPDX-License-Identifier: BSD-2-Clause */
/* networkd, azured and gatewayd: started with exactly their rights, and again if they die. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>


#include "abi/azure_sphere.h"
#include "os/appman/clock.h"
#include "os/appman/credential.h"
#include "os/appman/liveness.h"
#include "os/appman/manager.h"
#include "os/appman/parts.h"

enum { FD_SAFE = 16, FDS_MAX = 6 };
/* On the MCU: also in mounts_mcu.c. */
static char NAMES_FILE[] = "/run/resolv.conf";
#define BIT(n) ((uint64_t)1 << (n))

/* Privileges of each service on one page; docs/processes.md is the drawing. */
static const struct {
    const char *program;
    uint32_t uid;
    uint64_t linux;    /* of Linux's capabilities, bits: the only ones it keeps */
    uint32_t sphere;   /* of the MCU's kernel: AZURE_SPHERE_CAP_* */
    const char *component; /* as which it is known there */
    const char *folder; /* below the configuration folder, its own; NULL = none */
    const char *fds; /* from 3 on: m = monitor, p = root of trust, c = channel to us, l = where it listens, if we do */
    bool vital; /* a device without it cannot be kept in order: ends when it keeps dying */
} rows[SERVICES] = {
    /* low ports: answers of DHCP come to one; given where networkd has an interface of its own */
    [SERVICE_NETWORKD] = {"networkd", 61103, BIT(CAP_NET_ADMIN) | BIT(CAP_NET_BIND_SERVICE), 0,
                          "0b4c5d0e-54a6-4e0f-9f5a-6f1b6c1a7e51", NULL, "c", true},
    [SERVICE_AZURED] = {"azured", 61104, 0,
                        AZURE_SPHERE_CAP_UPDATE_IMAGE | AZURE_SPHERE_CAP_QUERY_IMAGE_INFO |
                            AZURE_SPHERE_CAP_ATTESTATION_RUNTIME | AZURE_SPHERE_CAP_MANAGE_LOG_AND_TELEMETRY,
                        "6d2f8a17-83b1-4c55-b0e7-2a9c4f7d3b62", "azured", "mpc", true},
    /* the capability is for port 443 where it is not handed a socket, and given up once it listens */
    [SERVICE_GATEWAYD] = {"gatewayd", 61105, BIT(CAP_NET_BIND_SERVICE),
                          AZURE_SPHERE_CAP_SIDELOAD | AZURE_SPHERE_CAP_QUERY_IMAGE_INFO |
                              AZURE_SPHERE_CAP_UPDATE_SECURITY_STATE | AZURE_SPHERE_CAP_MANAGE_LOG_AND_TELEMETRY,
                          "3e1a9b74-5c0d-4f28-8b6e-d7f2a05c4e93", "gatewayd", "mpcl", false},
};

uint32_t service_uid(enum service_name which)
{
    return rows[which].uid;
}

const char *service_program(enum service_name which)
{
    return rows[which].program;
}

static _Noreturn void die(enum service_name which, const char *what, const char *subject)
{
    fprintf(stderr, "application-manager: %s: %s \"%s\": %s\n", rows[which].program, what, subject,
            strerror(errno));
    _exit(126);
}

static int settle(const int *fds, size_t count)
{
    int safe[FDS_MAX];
    for (size_t i = 0; i < count; i++)
        if ((safe[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FD_SAFE)) < 0)
            return -1;
    for (size_t i = 0; i < count; i++)
        if (dup2(safe[i], (int)i + 3) < 0)
            return -1;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0)
        return -1;
    return (int)syscall(SYS_close_range, (unsigned)count + 3, ~0u, 0);
}

/* keep_uid: this machine has no uids to give and device.conf allows it. */
static int give_up_rights(uint32_t uid, bool keep_uid, uint64_t kept)
{
    for (int cap = 0; cap <= 63; cap++)
        if (!(kept & BIT(cap)) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1 &&
            prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
            return -1;
    if (prctl(PR_SET_KEEPCAPS, kept != 0, 0, 0, 0))
        return -1;
    if (!keep_uid && (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
        return -1;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    for (unsigned i = 0; i < 2; i++) {
        uint32_t word = (uint32_t)(kept >> (32 * i));
        sets[i] = (struct __user_cap_data_struct){word, word, word};
    }
    if (syscall(SYS_capset, &header, sets))
        return -1;
    for (int cap = 0; cap <= 63; cap++)
        if (kept & BIT(cap) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
            return -1;
    struct rlimit no_core = {0, 0};
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
           setrlimit(RLIMIT_CORE, &no_core);
}

static _Noreturn void run(struct manager *m, enum service_name which, int channel)
{
    char program[PATH_MAX], folder[PATH_MAX] = "";
    int fds[FDS_MAX];
    size_t count = 0;
    for (const char *f = rows[which].fds; *f && !(*f == 'l' && m->local_listener < 0); f++)
        fds[count++] = *f == 'c'                   ? channel
                       : *f == 'l'                 ? m->local_listener
                       : which == SERVICE_GATEWAYD ? *f == 'm' ? m->gatewayd_monitor : m->gatewayd_pluton
                       : *f == 'm'                 ? m->azured_monitor
                                                   : m->azured_pluton;
    snprintf(program, sizeof program, "%s/bin/%s", m->services_folder, rows[which].program);
    bool keep_uid = m->missing & m->conf.allow_missing & 1u << PART_UID;
    uint32_t owner = keep_uid ? geteuid() : rows[which].uid;
    if (rows[which].folder) {
        if (manager_path(m, folder, "%s", rows[which].folder) || manager_folder(folder, 0700) ||
            chown(folder, owner, owner))
            die(which, "cannot make", folder);
    }
    if (settle(fds, count))
        die(which, "cannot hand down", "descriptors");
    /* A container may not have it to give; the service then says what it lacks. */
    uint64_t kept = rows[which].linux;
    if ((which == SERVICE_NETWORKD) != (m->interface != NULL))
        kept &= ~BIT(CAP_NET_BIND_SERVICE);
    for (int cap = 0; cap <= 63; cap++)
        if (kept & BIT(cap) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 1)
            kept &= ~BIT(cap);
    static const uint8_t no_tenant[CREDENTIAL_ID_BYTES];
    uint8_t component[CREDENTIAL_ID_BYTES];
    if (guid_parse(span_of(rows[which].component, strlen(rows[which].component)), component) ||
        credential_enter(component, no_tenant, rows[which].sphere))
        die(which, "cannot take", "its credential");
    if (give_up_rights(rows[which].uid, keep_uid, kept))
        die(which, "cannot give up", "rights");
    /* Said here, because the service would only see "permission denied". */
    if (*folder && access(folder, W_OK | X_OK))
        die(which, "needs search permission on the folders above", folder);
    if (*folder && access(m->conf_path, R_OK) && !(m->interface && which == SERVICE_GATEWAYD))
        die(which, "cannot read", m->conf_path);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    char base[16];
    snprintf(base, sizeof base, "%u", (unsigned)m->conf.uid_base);
    char port[16];
    snprintf(port, sizeof port, "%u", (unsigned)device_conf_service_port(&m->conf));
    char *for_networkd[] = {program, base, (char *)(uintptr_t)m->interface, NAMES_FILE, port,
                            (char *)(uintptr_t)m->service_link, NULL};
    char *for_others[] = {program, folder, (char *)(uintptr_t)m->conf_path, NULL};
    char *environment[] = {NULL, NULL};
    char sanitizer[512];
    const char *options = getenv("ASAN_OPTIONS");
    if (options) { /* a test build: its services must stop where it stops */
        snprintf(sanitizer, sizeof sanitizer, "ASAN_OPTIONS=%s", options);
        environment[0] = sanitizer;
    }
    execve(program, which == SERVICE_NETWORKD ? for_networkd : for_others, environment);
    die(which, "cannot execute", program);
}

static void start(struct manager *m, enum service_name which)
{
    struct service *s = &m->service[which];
    int pair[2];
    s->due_ms = INT64_MAX;
    s->started_ms = m->now_ms();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        service_ended(m, which, false);
        return;
    }
    pid_t pid = fork();
    if (pid == 0)
        run(m, which, pair[1]);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        service_ended(m, which, false);
        return;
    }
    s->pid = pid;
    s->channel = pair[0];
    liveness_begin(m, which);
    /* A new one knows nothing: tell it what the old one knew. */
    if (which == SERVICE_GATEWAYD) {
        local_tell_all(m);
        return;
    }
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++) {
        struct app *app = &m->app[i];
        if (!app->used || (app->state != APP_STARTING && app->state != APP_RUNNING))
            continue;
        int e = 0;
        if (which == SERVICE_NETWORKD)
            e = app_send_policy(m, app);
        else if (app->service_channel >= 0)
            e = app_send_channel(m, app);
        if (e)
            fprintf(stderr, "application-manager: %s: %s\n", rows[which].program, err_text(e));
    }
    if (which == SERVICE_AZURED)
        manager_flush_events(m);
}

void service_start_due(struct manager *m)
{
    for (unsigned i = 0; i < SERVICES; i++)
        if (!m->service[i].pid && m->service[i].due_ms <= m->now_ms() && !m->ending)
            start(m, (enum service_name)i);
}

void service_wake(struct manager *m, enum service_name which)
{
    m->service[which].asleep = false;
    m->service[which].due_ms = m->now_ms();
}

void service_ended(struct manager *m, enum service_name which, bool done)
{
    struct service *s = &m->service[which];
    uint64_t ran = (uint64_t)(m->now_ms() - s->started_ms);
    if (s->channel >= 0)
        close(s->channel);
    s->channel = -1;
    s->pid = 0;
    if (m->ending)
        return;
    if (done && which == SERVICE_GATEWAYD && m->interface) {
        s->asleep = true; /* started by service_wake() */
        s->due_ms = INT64_MAX;
        return;
    }
    s->deaths = ran >= BACK_OFF_RESET_MS ? 1 : s->deaths + 1;
    if (s->deaths >= SERVICE_DEATHS_MAX && rows[which].vital) {
        fprintf(stderr, "application-manager: %s ended %u times in a row: giving up\n",
                rows[which].program, s->deaths);
        m->ending = true;
        m->exit_code = 1;
        return;
    }
    uint32_t wait = back_off_after(&s->back_off, ran);
    s->due_ms = m->now_ms() + wait;
    fprintf(stderr, "application-manager: %s ended, started again in %u ms\n", rows[which].program,
            (unsigned)wait);
}

void service_kill(struct manager *m, enum service_name which)
{
    struct service *s = &m->service[which];
    close(s->channel);
    s->channel = -1;
    if (s->pid)
        kill(s->pid, SIGKILL);
}

void service_stop_all(struct manager *m)
{
    for (unsigned i = 0; i < SERVICES; i++)
        if (m->service[i].pid)
            kill(m->service[i].pid, SIGTERM);
}

static void on_ready(struct manager *m, int error)
{
    unsigned bit = 1u << PART_NETWORK_FILTER;
    if (error == 0)
        return;
    m->missing |= bit;
    if (!parts_report(&m->conf, bit))
        return;
    m->refused = true;
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used)
            app_handle(m, &m->app[i], APP_EVENT_STOP);
}

/* Which kinds a service may send; anything else ends it. */
void service_receive(struct manager *m, enum service_name which)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message message;
    struct service *s = &m->service[which];
    int e = os_channel_receive(s->channel, buffer, &message, 0);
    if (e == E_TIMEOUT)
        return;
    bool networkd = which == SERVICE_NETWORKD, azured = which == SERVICE_AZURED,
         gatewayd = which == SERVICE_GATEWAYD;
    if (!e && networkd && message.kind == OS_READY)
        on_ready(m, message.u.ready);
    else if (!e && networkd && message.kind == OS_NETWORK_TIME)
        clock_suggest(message.u.network_time.unix_ms / 1000);
    else if (!e && networkd && message.kind == OS_ADDRESSES)
        app_addresses(m, &message.u.addresses);
    else if (!e && !networkd && message.kind == OS_CHANGED)
        e = installed_follow(m);
    else if (!e && !gatewayd && message.kind == OS_PONG)
        e = liveness_answer(s, message.u.ping);
    else if (!e && azured && message.kind == OS_CERTIFICATE)
        guid_is_zero(message.u.certificate.tenant) ? trial_attested(m)
                                                   : app_certificate(m, &message.u.certificate);
    else if (!e && azured && message.kind == OS_TIME)
        clock_offer(message.u.time_s);
    else if (!e && !networkd && message.kind == OS_RESTART)
        m->ending = m->reset = true;
    else if (!e && gatewayd && message.kind == OS_APP_CONTROL)
        e = local_control(m, &message.u.app_control);
    else if (!e && gatewayd && (message.kind == OS_PROXY_SET || message.kind == OS_CERT_STAGE || message.kind == OS_CERT_ASK))
        local_ask(m, &message);
    else if (!e && azured && (message.kind == OS_PROXY_STATE || message.kind == OS_CERT_ANSWER))
        e = local_answer(m, &message);
    else if (!e && gatewayd && message.kind == OS_EVENT)
        e = local_event(m, &message.u.event);
    else {
        if (!e)
            e = E_MALFORMED;
        if (message.fd >= 0)
            close(message.fd);
    }
    os_message_wipe(&message, buffer);
    if (e) {
        if (!m->ending)
            fprintf(stderr, "application-manager: %s: %s\n", rows[which].program, err_text(e));
        service_kill(m, which);
    }
}
