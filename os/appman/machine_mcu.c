/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/machine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/azure_sphere.h"
#include "abi/capability.h"
#include "abi/pluton_call.h"
#include "abi/service_link.h"
#include "abi/smc.h"
#include "os/appman/budget_mcu.h"
#include "os/appman/health.h"
#include "os/appman/mounts_mcu.h"
#include "os/appman/safe_mode.h"
#include "os/appman/settings_mcu.h"
#include "os/dumps/dump_files.h"

/* Of this process; its kinds in docs/spec/kernel.md: shown by the next boot. */
enum post_code {
    POST_STARTED = 0x01000001,
    POST_MOUNTED = 0x01000002,
    POST_RUNNING = 0x01000003,
    POST_SAFE_MODE = 0x01000004,
    POST_NOT_WELL = 0x01000005,
    POST_ENDING = 0x01000006,
    POST_FAILED = 0x010000FF,
};

enum { BUDGET_MS = 10000 };

static struct machine {
    int monitor, pluton;
    int64_t tended_ms, good_since_ms, ending_ms;
    bool well_kept;    /* the count of starts is back at 0 */
    unsigned starts;
    bool said_not_well, said_budget;
} machine = {.monitor = -1, .pluton = -1, .tended_ms = -1, .good_since_ms = -1, .ending_ms = -1};

static long call(int fd, unsigned number, const void *request, unsigned bytes)
{
    struct azure_sphere_call c = {
        .number = number, .request = (unsigned)(uintptr_t)request, .request_bytes = bytes};
    return ioctl(fd, (int)AZURE_SPHERE_CALL, &c);
}

static void post(enum post_code code)
{
    uint32_t word = (uint32_t)code; /* little-endian, as this processor is */
    (void)call(machine.pluton, PLUTON_SET_POSTCODE, &word, sizeof word);
}

static int open_device(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        fprintf(stderr, "application-manager: cannot open \"%s\": %s\n", path, strerror(errno));
    return fd;
}

static int keep_starts(const struct manager *m, unsigned starts)
{
    char path[PATH_MAX];
    uint8_t text[SAFE_MODE_TEXT_MAX];
    struct writer w = writer_of(text, sizeof text);
    safe_mode_write(starts, &w);
    int e = manager_path(m, path, "starts");
    return e ? e : manager_write_file(path, writer_view(&w), 0600);
}

/* Counted before anything that could fail is started. */
static void count_start(struct manager *m)
{
    char path[PATH_MAX];
    uint8_t text[SAFE_MODE_TEXT_MAX + 1];
    ssize_t n = 0;
    if (manager_path(m, path, "starts") == 0) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        n = fd < 0 ? 0 : read(fd, text, sizeof text);
        if (fd >= 0)
            close(fd);
    }
    machine.starts = safe_mode_next(span_of(text, n > 0 ? (size_t)n : 0));
    m->safe = safe_mode_is(machine.starts);
    if (keep_starts(m, machine.starts))
        fprintf(stderr, "application-manager: the count of starts cannot be kept\n");
    if (m->safe) {
        post(POST_SAFE_MODE);
        fprintf(stderr, "application-manager: safe mode: %u starts in a row failed; no application is started\n",
                machine.starts - 1);
    }
}

/* azured keeps the key there and takes dumps away, azcore, which is root's without rights, puts them in.  What power cut short
 * goes. */
static int dumps_folder(const struct manager *m)
{
    char path[PATH_MAX];
    int e = manager_path(m, path, DUMP_FILES_NAME "/" DUMP_FILES_FRESH);
    if (!e)
        (void)unlink(path);
    if (!e)
        e = manager_path(m, path, DUMP_FILES_NAME);
    if (!e)
        e = manager_folder(path, 0770);
    return e ? e : chown(path, 0, service_uid(SERVICE_AZURED)) ? E_IO : 0;
}

int machine_start(struct manager *m, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    m->services_folder = "/mnt/sys";
    m->config_folder = "/mnt/config";
    m->conf_path = "/etc/device.conf";
    m->monitor_watched = -1;
    m->interface = "eth0";
    m->local_listener = -1;
    machine.pluton = open_device(AZURE_SPHERE_PLUTON_DEVICE);
    machine.monitor = open_device(AZURE_SPHERE_MONITOR_DEVICE);
    if (machine.pluton < 0 || machine.monitor < 0)
        return 1;
    post(POST_STARTED);
    if (mounts_make())
        return 1;
    post(POST_MOUNTED);
    settings_make();
    monitor_client_init(&m->monitor, machine.monitor);
    m->azured_monitor = m->gatewayd_monitor = machine.monitor; /* who asks is the kernel's to know */
    m->azured_pluton = m->gatewayd_pluton = machine.pluton;
    count_start(m);
    int e = dumps_folder(m);
    if (e) /* a diagnosis less is no reason not to start */
        fprintf(stderr, "application-manager: folder of crash dumps: %s\n", err_text(e));
    /* A chip that was made without a service has none. */
    e = access(m->conf_path, F_OK) ? device_conf_parse(span_of("{}", 2), &m->conf)
                                   : manager_read_conf(m->conf_path, &m->conf);
    if (e)
        return 1;
    if (m->conf.app_memory_kib == 0)
        m->conf.app_memory_kib = MACHINE_APP_MEMORY_KIB; /* here it is not a matter of choice */
    post(POST_RUNNING);
    return 0;
}

/* On the service link alone, whatever address a packet names (its device is bound), and before networkd has
 * given the link its address. */
static int listen_locally(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(SERVICE_LINK_PORT),
                             .sin_addr.s_addr = htonl(SERVICE_LINK_ADDRESS)};
    static const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, SERVICE_LINK_NAME, sizeof SERVICE_LINK_NAME) ||
        setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on) || bind(fd, (void *)&at, sizeof at) ||
        listen(fd, SERVICE_LINK_BACKLOG)) {
        fprintf(stderr, "application-manager: the service link cannot be listened on: %s\n", strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

void machine_local_interface(struct manager *m)
{
    struct service *s = &m->service[SERVICE_GATEWAYD];
    char stored[PATH_MAX];
    if (if_nametoindex(SERVICE_LINK_NAME)) {
        m->service_link = SERVICE_LINK_NAME;
        m->local_listener = listen_locally();
    }
    /* A capability that was stored is put in force at each start, cable or not. */
    if (manager_path(m, stored, "gatewayd/" CAPABILITY_STORED_NAME) == 0 && access(stored, F_OK) == 0)
        return;
    s->asleep = m->local_listener >= 0;
    s->unused = !s->asleep;
    s->due_ms = INT64_MAX;
}

static void tell_not_well(void)
{
    if (!machine.said_not_well) {
        post(POST_NOT_WELL);
        fprintf(stderr, "application-manager: the device does not do its work: the watchdog is not tended\n");
    }
    machine.said_not_well = true;
}

/* Since when nothing has started any more: what starts takes more memory than what runs. */
static int64_t rests_since_ms(const struct manager *m)
{
    int64_t since = machine.good_since_ms;
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used && m->app[i].started_ms > since)
            since = m->app[i].started_ms;
    return since;
}

static void good_work_tell(struct manager *m, int64_t now)
{
    if (machine.well_kept || m->ending)
        return;
    enum safe_mode_step step = safe_mode_step(m->safe, now - machine.good_since_ms);
    if (step == SAFE_MODE_FORGET)
        machine.well_kept = keep_starts(m, 0) == 0;
    if (step != SAFE_MODE_LEAVE)
        return;
    fprintf(stderr, "application-manager: safe mode ends: applications are started\n");
    post(POST_RUNNING);
    m->safe = false;
    machine.good_since_ms = now;
}

int64_t machine_tend(struct manager *m)
{
    int64_t now = m->now_ms();
    if (m->ending && machine.ending_ms < 0)
        machine.ending_ms = now;
    if (!health_good(m, now, machine.ending_ms)) {
        machine.good_since_ms = -1;
        tell_not_well();
        return now + HEALTH_TEND_MS;
    }
    machine.said_not_well = false;
    if (machine.good_since_ms < 0)
        machine.good_since_ms = now;
    good_work_tell(m, now);
    if (!machine.said_budget && now - rests_since_ms(m) >= BUDGET_MS) {
        budget_tell(m, now); /* once */
        machine.said_budget = true;
    }
    if (machine.tended_ms < 0 || now - machine.tended_ms >= HEALTH_TEND_MS) {
        (void)call(machine.monitor, SMC_TEND_WATCHDOG, NULL, 0);
        machine.tended_ms = now;
    }
    return machine.tended_ms + HEALTH_TEND_MS;
}

int machine_end(struct manager *m, int code)
{
    bool asked_off = code == 0 && !m->reset;
    post(code ? POST_FAILED : POST_ENDING);
    fprintf(stderr, "application-manager: %s\n", asked_off ? "power off" : "restart");
    if (!code && m->reset)
        (void)keep_starts(m, 0); /* a restart that is part of the work */
    sync();
    reboot(asked_off ? RB_POWER_OFF : RB_AUTOBOOT);
    return code; /* the kernel panics, which is a restart too */
}
