/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "abi/crash_dump.h"
#include "abi/device_api.h"
#include "os/appman/manager.h"
#include "os/appman/memory_group.h"

enum { SEND_MS = 1000 };

void app_say(const struct app *app, const char *what, const char *detail)
{
    fprintf(stderr, "application-manager: %s: %s%s%s\n", app->id, what, *detail ? ": " : "", detail);
}

/* The uid tells devices on one machine apart. */
static const char *group_name(const struct app *app, char name[static 64])
{
    snprintf(name, 64, "%u-%s", (unsigned)app->uid, app->id);
    return name;
}

int app_send_policy(struct manager *m, struct app *app)
{
    static struct os_message message;
    const struct app_manifest *f = &app->manifest;
    message = (struct os_message){.kind = OS_POLICY_SET, .fd = -1, .u.policy = {.uid = app->uid}};
    struct os_policy *p = &message.u.policy;
    p->host_count = f->connection_count;
    p->tcp_count = f->tcp_port_count;
    p->udp_count = f->udp_port_count;
    memcpy(p->tcp, f->tcp_port, p->tcp_count * sizeof *p->tcp);
    memcpy(p->udp, f->udp_port, p->udp_count * sizeof *p->udp);
    for (size_t i = 0; i < p->host_count; i++)
        snprintf(p->host[i], sizeof p->host[i], "%s", app_manifest_text(f, f->connection[i]));
    return os_channel_send(m->service[SERVICE_NETWORKD].channel, &message, SEND_MS);
}

/* What azured may grant on the channel.  To put an update off one has to hear of it. */
static uint32_t rights_of(const struct app *app)
{
    uint32_t flags = app->manifest.flags, rights = 0;
    if (flags & APP_FLAG_SYSTEM_EVENT_NOTIFICATIONS)
        rights |= OS_APP_SYSTEM_EVENTS | (flags & APP_FLAG_SOFTWARE_UPDATE_DEFERRAL ? OS_APP_UPDATE_DEFERRAL : 0u);
    if (flags & APP_FLAG_FORCE_REBOOT)
        rights |= OS_APP_FORCE_REBOOT;
    if (flags & APP_FLAG_NETWORK_CONFIG)
        rights |= OS_APP_NETWORK_CONFIG;
    if (flags & APP_FLAG_READ_NETWORK_PROXY_CONFIG)
        rights |= OS_APP_READ_PROXY;
    if (flags & APP_FLAG_CERT_STORE)
        rights |= OS_APP_CERT_STORE;
    return rights;
}

int app_send_channel(struct manager *m, struct app *app)
{
    struct os_message message = {.kind = OS_APP_CHANNEL, .fd = app->service_channel};
    memcpy(message.u.app_channel.component, app->component, 16);
    if (app->manifest.has_device_authentication)
        memcpy(message.u.app_channel.tenant, app->manifest.device_authentication, 16);
    message.u.app_channel.rights = rights_of(app);
    int e = os_channel_send(m->service[SERVICE_AZURED].channel, &message, 0);
    if (e || app->service_events < 0)
        return e;
    message = (struct os_message){.kind = OS_APP_EVENTS, .fd = app->service_events};
    memcpy(message.u.app_events, app->component, 16);
    return os_channel_send(m->service[SERVICE_AZURED].channel, &message, 0);
}

static void send_policy_removal(struct manager *m, const struct app *app)
{
    struct os_message message = {.kind = OS_POLICY_REMOVE, .fd = -1, .u.policy_remove = app->uid};
    (void)!os_channel_send(m->service[SERVICE_NETWORKD].channel, &message, SEND_MS);
}

/* The addresses of AllowedConnections are the only names an application knows. */
static int write_hosts(struct manager *m, const struct app *app, const struct os_addresses *from)
{
    static char text[OS_HOSTS_MAX * OS_ADDRESSES_MAX * (INET6_ADDRSTRLEN + OS_HOST_BYTES_MAX + 2)];
    struct writer w = writer_of(text, sizeof text);
    for (size_t h = 0; h < from->host_count && h < app->manifest.connection_count; h++) {
        const char *name = app_manifest_text(&app->manifest, app->manifest.connection[h]);
        for (size_t i = 0; i < from->host[h].count; i++) {
            const struct os_address *a = &from->host[h].at[i];
            char address[INET6_ADDRSTRLEN];
            if (!inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, address, sizeof address))
                return E_MALFORMED;
            writer_bytes(&w, address, strlen(address));
            writer_u8(&w, ' ');
            writer_bytes(&w, name, strlen(name));
            writer_u8(&w, '\n');
        }
    }
    char path[PATH_MAX];
    int e = manager_path(m, path, "run/%s/etc/hosts", app->id);
    return e ? e : manager_write_file(path, writer_view(&w), 0644);
}

static int write_certificate(struct manager *m, const struct app *app)
{
    char path[PATH_MAX];
    int e = manager_path(m, path, "run/%s/perisphere/device-auth.pem", app->id);
    if (e || !app->manifest.has_device_authentication)
        return e;
    for (size_t i = 0; i < MANAGER_CERTIFICATES_MAX; i++)
        if (m->certificate[i].len &&
            guid_equal(m->certificate[i].tenant, app->manifest.device_authentication))
            return manager_write_file(path, span_of(m->certificate[i].pem, m->certificate[i].len),
                                      0644);
    return 0; /* not there yet: azured will bring it */
}

static int make_run_folders(struct manager *m, const struct app *app)
{
    static const struct {
        const char *path, *text;
    } files[] = {
        {"etc/hosts", ""},
        {"etc/resolv.conf", ""},              /* no resolver: names come from hosts alone */
        {"etc/nsswitch.conf", "hosts: files\n"},
    };
    char path[PATH_MAX];
    static const char *const folders[] = {"", "/etc", "/perisphere"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        int e = manager_path(m, path, "run/%s%s", app->id, folders[i]);
        if (!e)
            e = manager_folder(path, 0755);
        if (e)
            return e;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int e = manager_path(m, path, "run/%s/%s", app->id, files[i].path);
        if (!e)
            e = manager_write_file(path, span_of(files[i].text, strlen(files[i].text)), 0644);
        if (e)
            return e;
    }
    char image[GUID_TEXT_BYTES];
    guid_format(app->image, image);
    int e = manager_path(m, path, "run/%s/" OS_IMAGE_FILE, app->id);
    if (!e)
        e = manager_write_file(path, span_of(image, sizeof image - 1), 0600);
    if (e)
        return e;
    /* What an earlier version of the application was allowed to show. */
    e = manager_path(m, path, "run/%s/perisphere/device-auth.pem", app->id);
    if (!e)
        (void)unlink(path);
    return e ? e : write_certificate(m, app);
}

static int prepare(struct manager *m, struct app *app)
{
    package_drop(app);
    /* The uid first: the MCU mounts the image under it. */
    int e = uid_map_assign(&m->uids, app->component, &app->uid);
    if (!e)
        e = installed_save(m);
    if (!e)
        e = package_open(m, app);
    if (!e)
        e = make_run_folders(m, app);
    if (!e && m->service[SERVICE_NETWORKD].channel < 0)
        e = E_NETWORK;
    if (!e)
        e = app_send_policy(m, app);
    return e;
}

/* Exists for as long as the application is installed; owned by its uid of now. */
static int make_storage(struct manager *m, const struct app *app, char path[static PATH_MAX])
{
    path[0] = '\0';
    if (app->manifest.storage_kb == 0)
        return 0;
    int e = manager_path(m, path, "storage/%s", app->id);
    if (!e)
        e = manager_folder(path, 0700);
    if (!e)
        e = manager_path(m, path, "storage/%s/file", app->id);
    if (e)
        return e;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return E_IO;
    uint32_t owner = m->missing & 1u << PART_UID ? 0 : app->uid;
    e = fchown(fd, owner, owner) || fchmod(fd, 0600) ? E_IO : 0;
    close(fd);
    return e;
}

/* [0] the application's, [1] azured's.  Small: an application that does not read may
 * hold a handful of events, not the kernel's memory. */
static int events_open(int pair[static 2])
{
    int bytes = 4096;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return E_IO;
    bool small = setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0 &&
                 setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0;
    /* One direction: what the application sends is refused. */
    return small && shutdown(pair[1], SHUT_RD) == 0 ? 0 : E_IO;
}

/*
 * Where a core goes: memory of a fixed size, and only while azured has the key that dumps are sealed to, which
 * is there while the device's group allows them.
 */
static int core_place(struct manager *m)
{
    char path[PATH_MAX];
    if (manager_path(m, path, "azured/%s", OS_DUMP_KEY_FILE) || access(path, F_OK))
        return -1;
    int fd = memfd_create("core", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && (ftruncate(fd, CRASH_DUMP_CORE_MAX) ||
                    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int launch(struct manager *m, struct app *app)
{
    char root[PATH_MAX], etc[PATH_MAX], run[PATH_MAX], storage[PATH_MAX], log[PATH_MAX],
        group[PATH_MAX] = "", prefix[64];
    int channel[2] = {-1, -1}, events[2] = {-1, -1}, output = -1;
    int e = manager_path(m, root, "run/root");
    if (!e)
        e = manager_path(m, etc, "run/%s/etc", app->id);
    if (!e)
        e = manager_path(m, run, "run/%s/perisphere", app->id);
    if (!e)
        e = manager_path(m, log, "log/%s.log", app->id);
    if (!e)
        e = make_storage(m, app, storage);
    if (!e && m->conf.app_memory_kib && !(m->missing & 1u << PART_CGROUP_MEMORY))
        e = memory_group_make(group_name(app, prefix), m->conf.app_memory_kib, group);
    if (e)
        return e;
    snprintf(prefix, sizeof prefix, "app %.8s", app->id);
    e = app_log_open(&app->log, log, prefix, &output);
    if (e)
        return e;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel)) {
        e = E_IO;
        goto out;
    }
    app->service_channel = channel[1];
    channel[1] = -1;
    if (rights_of(app) & OS_APP_SYSTEM_EVENTS) {
        e = events_open(events);
        if (e)
            goto out;
        app->service_events = events[1];
        events[1] = -1;
    }
    app->core = core_place(m);
    app->core_bytes = 0;
    if (m->service[SERVICE_AZURED].channel >= 0)
        (void)!app_send_channel(m, app); /* sent again when azured is started again */

    struct compartment_spec spec = {
        .manifest = &app->manifest,
        .image = &app->fs,
        .component = app->component,
        .uid = app->uid,
        .missing = m->missing,
        .root_folder = root,
        .etc_folder = etc,
        .run_folder = run,
        .storage_file = *storage ? storage : NULL,
        .memory_group = *group ? group : NULL,
        .output = output,
        .channel = channel[0],
        .events = events[0],
        .core = app->core,
    };
    app->failed = app->has_status = false;
    app->started_ms = m->now_ms();
    e = compartment_start(&spec, &app->init, &app->outcome);
out:
    if (output >= 0)
        close(output);
    const int left[] = {channel[0], channel[1], events[0], events[1]};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] >= 0)
            close(left[i]);
    package_drop(app);
    return e;
}

/* Closes what a compartment had; its processes are gone. */
static void clear_compartment(struct app *app)
{
    if (app->outcome >= 0)
        close(app->outcome);
    if (app->service_channel >= 0)
        close(app->service_channel);
    if (app->service_events >= 0)
        close(app->service_events);
    app_log_close(&app->log);
    if (app->core >= 0)
        close(app->core);
    app->outcome = app->service_channel = app->service_events = app->core = -1;
    app->init = 0;
    package_drop(app);
}

/* Once: azured keeps it, or is not there. */
static void send_dump(struct manager *m, const struct app *app, const struct os_event *event)
{
    struct os_message message = {.kind = OS_CRASH_DUMP, .fd = app->core,
                                 .u.crash_dump = {.signal = event->signal, .bytes = app->core_bytes, .time_s = event->time_s}};
    memcpy(message.u.crash_dump.component, app->component, 16);
    memcpy(message.u.crash_dump.image, app->image, 16);
    int fd = m->service[SERVICE_AZURED].channel, e = fd < 0 ? E_STATE : os_channel_send(fd, &message, 0);
    if (e)
        app_say(app, "crash dump", err_text(e));
}

static void report(struct manager *m, const struct app *app)
{
    bool crash = WIFSIGNALED(app->status);
    struct os_event event = {
        .category = crash ? EVENT_APP_CRASH : EVENT_APP_EXIT,
        /* of a crash: the signal_code of siginfo, as the original reports it */
        .exit_code = !crash                  ? (uint32_t)WEXITSTATUS(app->status)
                     : WCOREDUMP(app->status) ? CLD_DUMPED
                                              : CLD_KILLED,
        .signal = crash ? (uint32_t)WTERMSIG(app->status) : 0,
        .time_s = (uint64_t)time(NULL),
    };
    memcpy(event.component, app->component, 16);
    memcpy(event.image, app->image, 16);
    char text[64];
    snprintf(text, sizeof text, crash ? "signal %u" : "exit code %u",
             crash ? event.signal : event.exit_code);
    app_say(app, crash ? "crashed" : "exited", text);
    manager_event(m, &event);
    if (crash && app->core_bytes)
        send_dump(m, app, &event);
}

void manager_event(struct manager *m, const struct os_event *event)
{
    if (m->event_count == MANAGER_EVENTS_MAX) /* the newest tell more */
        memmove(m->event, m->event + 1, --m->event_count * sizeof *m->event);
    m->event[m->event_count++] = *event;
    manager_flush_events(m);
}

void manager_flush_events(struct manager *m)
{
    int fd = m->service[SERVICE_AZURED].channel;
    while (fd >= 0 && m->event_count) {
        struct os_message message = {.kind = OS_EVENT, .fd = -1, .u.event = m->event[0]};
        if (os_channel_send(fd, &message, 0))
            return; /* tried again later */
        memmove(m->event, m->event + 1, --m->event_count * sizeof *m->event);
    }
}

static void back_off(struct manager *m, struct app *app, uint64_t ran_ms)
{
    char text[64];
    clear_compartment(app);
    uint64_t delay_ms = back_off_after(&app->back_off, ran_ms);
    app->due_ms = m->now_ms() + (int64_t)delay_ms;
    snprintf(text, sizeof text, "in %llu ms", (unsigned long long)delay_ms);
    app_say(app, "restart", text);
}

static void release(struct manager *m, struct app *app)
{
    clear_compartment(app);
    char name[64];
    if (app->uid && m->conf.app_memory_kib)
        memory_group_remove(group_name(app, name));
    if (app->uid)
        send_policy_removal(m, app);
    app_say(app, "stopped", "");
    if (app->wanted)
        return; /* the loop starts it again */
    package_forget(app);
    app->used = false;
    installed_tidy(m);
}

/* One event; an action that fails becomes the next event, at most once. */
static void handle(struct manager *m, struct app *app, enum app_event event)
{
    for (;;) {
        struct app_step step = app_state_step(app->state, event);
        int e = 0;
        app->state = step.next;
        switch (step.action) {
        case APP_DO_NOTHING:
            return;
        case APP_DO_PREPARE:
            app->due_ms = m->now_ms() + APP_POLICY_MS;
            e = prepare(m, app);
            break;
        case APP_DO_LAUNCH:
            app->due_ms = INT64_MAX;
            e = launch(m, app);
            if (!e)
                app_say(app, "started", app_manifest_text(&app->manifest, app->manifest.name));
            break;
        case APP_DO_TERMINATE:
            app->due_ms = m->now_ms() + APP_TERMINATE_MS;
            if (app->init > 0)
                kill(app->init, SIGTERM);
            return;
        case APP_DO_KILL:
            app->due_ms = INT64_MAX;
            if (app->init > 0)
                kill(app->init, SIGKILL);
            return;
        case APP_DO_REPORT:
            report(m, app);
            back_off(m, app, (uint64_t)(m->now_ms() - app->started_ms));
            return;
        case APP_DO_BACK_OFF:
            back_off(m, app, 0);
            return;
        case APP_DO_RELEASE:
            app->due_ms = INT64_MAX;
            release(m, app);
            return;
        case APP_DO_REFUSE:
            fprintf(stderr, "application-manager: %s: event %d in state \"%s\"\n", app->id,
                    (int)event, app_state_name(app->state));
            return;
        }
        if (e == 0)
            return;
        app_say(app, "not started", err_text(e));
        event = APP_EVENT_FAILED;
    }
}

void app_handle(struct manager *m, struct app *app, enum app_event event)
{
    enum app_state before = app->state;
    handle(m, app, event);
    if (app->state != before || !app->used)
        local_tell(m, app);
}

void app_ended(struct manager *m, struct app *app, int init_status)
{
    struct compartment_record record;
    while (app->outcome >= 0 && read(app->outcome, &record, sizeof record) == sizeof record) {
        record.text[sizeof record.text - 1] = '\0';
        if (record.kind == COMPARTMENT_FAILED) {
            char text[160];
            snprintf(text, sizeof text, "%s: %s", record.text, strerror(record.value));
            app_say(app, "compartment failed", text);
            app->failed = true;
        } else if (record.kind == COMPARTMENT_EXITED) {
            app->status = record.value;
            app->has_status = true;
        } else if (record.kind == COMPARTMENT_CORE && record.value > 0 && record.value <= CRASH_DUMP_CORE_MAX) {
            app->core_bytes = (uint32_t)record.value;
        } else if (record.kind == COMPARTMENT_UNWATCHED) {
            app_say(app, "no crash dumps of it", strerror(record.value));
        }
    }
    app->init = 0;
    if (!app->has_status)
        app->status = init_status; /* killed before it could tell */
    app_handle(m, app, app->failed ? APP_EVENT_FAILED : APP_EVENT_EXITED);
}

void app_addresses(struct manager *m, const struct os_addresses *addresses)
{
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++) {
        struct app *app = &m->app[i];
        if (!app->used || app->uid != addresses->uid || app->state == APP_STOPPED ||
            app->state == APP_BACKING_OFF)
            continue;
        int e = addresses->error ? addresses->error : write_hosts(m, app, addresses);
        if (e)
            app_say(app, "network policy", err_text(e));
        if (!e)
            app_handle(m, app, APP_EVENT_POLICY);
        else if (app->state == APP_STARTING) /* one that runs keeps what it has */
            app_handle(m, app, APP_EVENT_FAILED);
    }
}

void app_certificate(struct manager *m, const struct os_certificate *certificate)
{
    size_t at = 0;
    while (at < MANAGER_CERTIFICATES_MAX && m->certificate[at].len &&
           !guid_equal(m->certificate[at].tenant, certificate->tenant))
        at++;
    if (at == MANAGER_CERTIFICATES_MAX)
        return; /* more tenants than the root of trust has keys for */
    memcpy(m->certificate[at].tenant, certificate->tenant, 16);
    memcpy(m->certificate[at].pem, certificate->pem.at, certificate->pem.len);
    m->certificate[at].len = certificate->pem.len;
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used && (m->app[i].state == APP_STARTING || m->app[i].state == APP_RUNNING)) {
            int e = write_certificate(m, &m->app[i]);
            if (e)
                app_say(&m->app[i], "certificate", err_text(e));
        }
}
