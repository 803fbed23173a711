/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program itself, confined as on a device, between a service behind real
 * TLS, a monitor, a root of trust and an application: boot to certificate,
 * update, signature, report, end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "os/azured/fake_device_test.h"
#include "os/ipc/message.h"
#include "os/ipc/os_channel.h"
#include "tests/check.h"

enum { WAIT_MS = 60000 };

static const uint8_t catalog[16] = {0xca, 7};
static char folder[] = "/tmp/peri-azured-XXXXXX", conf[64];
static bool saw_client_certificate, saw_anonymous_check;

static bool script(void *context, SSL *ssl, int fd, const struct tls_request *r)
{
    static struct fake_answer a; /* one connection at a time */
    char path[128];
    (void)fd;
    REQUIRE(sscanf(r->head, "%*s %127s", path) == 1);
    if (strcmp(path, DEVICE_API_CHECK) == 0) {
        saw_client_certificate |= r->client_certificate;
        saw_anonymous_check |= !r->client_certificate;
    }
    fake_service_answer(context, path, span_of(r->body, r->body_len), r->range_from, &a);
    tls_answer(ssl, a.status, NULL, span_of(a.body, a.len));
    /* The next connection may be the other one, with or without certificate. */
    return false;
}

static pid_t program_start(int monitor, int pluton, int channel, int log)
{
    char program[512], config[64];
    const char *bin = getenv("PERI_BIN");
    snprintf(program, sizeof program, "%s/azured", bin ? bin : "build/test/bin");
    snprintf(config, sizeof config, "%s/config", folder);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid > 0)
        return pid;
    int from[3] = {fcntl(monitor, F_DUPFD, 20), fcntl(pluton, F_DUPFD, 20), fcntl(channel, F_DUPFD, 20)};
    for (int i = 0; i < 3; i++)
        if (dup2(from[i], 3 + i) < 0)
            _exit(125);
    if (log >= 0)
        (void)dup2(log, 2);
    close_range(6, ~0u, 0);
    execl(program, program, config, conf, (char *)NULL);
    _exit(126);
}

/* A message of this kind has come; which of two kinds is first is not fixed. */
static bool told(int channel, int kind)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m;
    static unsigned seen[OS_ADDRESSES + 1];
    while (!seen[kind]) {
        if (os_channel_receive(channel, buffer, &m, WAIT_MS))
            return false;
        seen[m.kind]++;
    }
    seen[kind]--;
    return true;
}

static int app_ask(int fd, uint16_t number, struct span payload, uint8_t *out, size_t *out_len)
{
    uint8_t bytes[256];
    struct writer w = writer_of(bytes, sizeof bytes);
    size_t len;
    writer_u16le(&w, number);
    writer_u16le(&w, (uint16_t)payload.len);
    writer_bytes(&w, payload.at, payload.len);
    REQUIRE(message_send(fd, writer_view(&w), -1, WAIT_MS) == 0);
    REQUIRE(message_receive(fd, bytes, sizeof bytes, &len, NULL, WAIT_MS) == 0);
    struct cursor c = cursor_of(span_of(bytes, len));
    CHECK_INT(cursor_u16le(&c), number);
    CHECK_INT(cursor_u16le(&c), len - 8);
    int error = (int)cursor_u32le(&c);
    *out_len = c.left;
    memcpy(out, c.at, c.left);
    return error;
}

static void ends_with(pid_t pid, int code)
{
    int status;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), code);
}

/* The events of this application until one has this status; those seen, as bits of status. */
static unsigned events_until(int fd, uint32_t last)
{
    unsigned seen = 0;
    for (uint32_t status = UINT32_MAX; status != last;) {
        uint8_t bytes[APP_EVENT_BYTES];
        size_t len;
        REQUIRE(message_receive(fd, bytes, sizeof bytes, &len, NULL, WAIT_MS) == 0 && len == sizeof bytes);
        struct cursor c = cursor_of(span_of(bytes, len));
        uint32_t event = cursor_u32le(&c);
        status = cursor_u32le(&c);
        if (event == SYSTEM_EVENT_UPDATE_READY)
            seen |= 1u << status;
    }
    return seen;
}

/* An application that may hear of updates, and restart the device. */
static void a_listener(int channel, struct fake_service *service)
{
    int app[2], events[2];
    uint8_t out[256];
    size_t len;
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, app) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, events) == 0);
    struct os_message m = {.kind = OS_APP_CHANNEL, .fd = app[1], .u.app_channel = {.component = {7}, .rights = OS_APP_RIGHTS}};
    REQUIRE(os_channel_send(channel, &m, WAIT_MS) == 0);
    m = (struct os_message){.kind = OS_APP_EVENTS, .fd = events[1], .u.app_events = {7}};
    REQUIRE(os_channel_send(channel, &m, WAIT_MS) == 0);
    close(app[1]);
    close(events[1]);
    CHECK_INT(app_ask(app[0], APP_CALL_EVENTS_LISTEN, span_of(NULL, 0), out, &len), 0);
    service->wanted.count = 0;
    service->sequence++;
    fake_app(&service->wanted, 1, 11);
    CHECK_INT(events_until(events[0], SYSTEM_EVENT_COMPLETE),
              1u << SYSTEM_EVENT_PENDING | 1u << SYSTEM_EVENT_FINAL | 1u << SYSTEM_EVENT_COMPLETE);
    CHECK(told(channel, OS_CHANGED));
    CHECK_INT(app_ask(app[0], APP_CALL_FORCE_REBOOT, span_of(NULL, 0), out, &len), 0);
    CHECK(told(channel, OS_RESTART));
    close(app[0]);
    close(events[0]);
}

static void whole_life(struct tls_server *server, struct fake_service *service)
{
    static struct fake_pluton pluton;
    static struct fake_monitor monitor;
    int channel[2], app[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, app) == 0);
    int to_monitor = fake_monitor_start(&monitor), to_pluton = fake_pluton_start(&pluton);
    pid_t pid = program_start(to_monitor, to_pluton, channel[1], -1);
    close(to_monitor);
    close(to_pluton);
    close(channel[1]);
    (void)server;

    /* An application with a tenant, and an event of the manager. */
    struct os_message m = {.kind = OS_APP_CHANNEL, .fd = app[1]};
    memcpy(m.u.app_channel.tenant, catalog, 16);
    m.u.app_channel.component[0] = 1;
    REQUIRE(os_channel_send(channel[0], &m, WAIT_MS) == 0);
    close(app[1]);
    m = (struct os_message){.kind = OS_EVENT, .fd = -1, .u.event = {.category = EVENT_APP_CRASH, .signal = 11, .time_s = 9}};
    REQUIRE(os_channel_send(channel[0], &m, WAIT_MS) == 0);

    CHECK(told(channel[0], OS_CERTIFICATE)); /* of the OS */
    CHECK(told(channel[0], OS_CERTIFICATE)); /* of the catalog */
    uint8_t out[256];
    size_t len;
    CHECK_INT(app_ask(app[0], APP_CALL_DEVICE_AUTH_READY, span_of(NULL, 0), out, &len), 0);
    CHECK(len == 1 && out[0] == 1);
    CHECK_INT(app_ask(app[0], APP_CALL_NETWORKING_READY, span_of(NULL, 0), out, &len), 0);
    CHECK(len == 1 && out[0] == 1);
    uint8_t digest[32] = {3};
    CHECK_INT(app_ask(app[0], APP_CALL_SIGN_DIGEST, span_of(digest, 32), out, &len), 0);
    CHECK_INT(len, 64);

    CHECK(told(channel[0], OS_CHANGED));
    CHECK_INT(monitor.installs, 1);
    /* A new release is found at the next check, a second later. */
    service->wanted.count = 0;
    service->sequence++;
    fake_app(&service->wanted, 1, 9);
    CHECK(told(channel[0], OS_CHANGED));
    CHECK_INT(monitor.installs, 2);
    a_listener(channel[0], service);
    CHECK_INT(monitor.installs, 3);
    CHECK(saw_client_certificate && !saw_anonymous_check);
    CHECK(service->events >= 2);

    REQUIRE(kill(pid, SIGTERM) == 0);
    ends_with(pid, 0);
    close(channel[0]);
    close(app[0]);
    fake_monitor_stop(&monitor);
    fake_pluton_stop(&pluton);
}

/* A sibling that goes away, or speaks nonsense, ends it. */
static void broken_sibling(int which)
{
    static struct fake_pluton pluton;
    static struct fake_monitor monitor;
    int channel[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) == 0);
    int to_monitor = fake_monitor_start(&monitor), to_pluton = fake_pluton_start(&pluton);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    pid_t pid = program_start(to_monitor, to_pluton, channel[1], null);
    close(null);
    close(to_monitor);
    close(to_pluton);
    close(channel[1]);
    if (which == 0)
        shutdown(channel[0], SHUT_RDWR);
    else if (which == 1)
        REQUIRE(message_send(channel[0], span_of("nonsense", 8), -1, WAIT_MS) == 0);
    else if (which == 2)
        shutdown(pluton.fd, SHUT_RDWR);
    else
        shutdown(monitor.fd, SHUT_RDWR);
    ends_with(pid, 1);
    close(channel[0]);
    fake_monitor_stop(&monitor);
    fake_pluton_stop(&pluton);
}

static void conf_write(const char *text)
{
    FILE *f = fopen(conf, "w");
    REQUIRE(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void wrong_set_up(void)
{
    static const char *const texts[] = {
        "", "{}", "{\"service_url\":\"http://plain.example\",\"trust_anchor\":\"anchor.pem\"}",
        "{\"service_url\":\"https://localhost\",\"trust_anchor\":\"no-such-file\"}",
        "{\"service_url\":\"https://localhost\",\"trust_anchor\":\"device.conf\"}",
        "{\"service_url\":\"https://localhost\"}",
    };
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        conf_write(texts[i]);
        ends_with(program_start(null, null, null, null), 1);
    }
    close(null);
}

int main(void)
{
    static struct fake_service service;
    struct test_ca ca;
    struct tls_server server = {.script = script, .script_context = &service};
    char path[96], text[256];
    signal(SIGPIPE, SIG_IGN);
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/config", folder);
    REQUIRE(mkdir(path, 0700) == 0);
    snprintf(conf, sizeof conf, "%s/device.conf", folder);
    snprintf(path, sizeof path, "%s/anchor.pem", folder);
    test_ca_make(&ca, "service CA");
    test_write_pem(path, ca.certificate);
    fake_service_init(&service);
    service.check_interval_s = 1;
    service.sequence = 1;
    fake_app(&service.wanted, 1, 2);
    tls_server_start(&server, &ca, "DNS:localhost", &service.device_ca, TLS1_3_VERSION);
    snprintf(text, sizeof text,
             "{\"service_url\":\"%s\",\"trust_anchor\":\"anchor.pem\",\"update_notice_ms\":100,"
             "\"allow_missing\":[\"landlock\"]}",
             server.url);
    conf_write(text);

    whole_life(&server, &service);
    for (int which = 0; which < 4; which++)
        broken_sibling(which);
    wrong_set_up();

    tls_server_stop(&server);
    fake_service_release(&service);
    test_ca_release(&ca);
    /* The worker may have been writing when it was ended. */
    static const char *const left[] = {"config/reports", "config/reports.new", "config/deferral", "config/deferral.new", "anchor.pem", "device.conf"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, left[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/config", folder);
    CHECK_INT(rmdir(path), 0);
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
