/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/host/boot.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/host/confine.h"
#include "monitor/host/log.h"
#include "monitor/host/medium_files.h"
#include "monitor/host/pluton_client.h"
#include "monitor/host/serve.h"
#include "monitor/host/services.h"

enum {
    APPMAN_RIGHTS = MONITOR_RIGHT_QUERY | MONITOR_RIGHT_RUN | MONITOR_RIGHT_RESET |
                    MONITOR_RIGHT_TELEMETRY | MONITOR_RIGHT_CONFIRM,
    AZURED_RIGHTS = MONITOR_RIGHT_QUERY | MONITOR_RIGHT_UPDATE | MONITOR_RIGHT_RESET |
                    MONITOR_RIGHT_TELEMETRY,
    GATEWAYD_RIGHTS = MONITOR_RIGHT_QUERY | MONITOR_RIGHT_SIDELOAD,
};

/* One device, one process: its only state, and too large for the stack. */
static struct server server;
static struct keystore keystore;
static uint32_t keystore_version;
static struct medium_files files;

/* Pluton verified the image; its seals say that it is still that image. */
static int keystore_load(int fd)
{
    struct stat st;
    struct image image;
    int err = E_IO;
    if (fstat(fd, &st) != 0 || st.st_size <= 0)
        return E_IO;
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return E_IO;
    err = image_parse(span_of(map, (size_t)st.st_size), &image);
    if (!err && image.meta.type != IMAGE_TYPE_TRUSTED_KEYSTORE)
        err = E_KEY_UNKNOWN;
    if (!err)
        err = keystore_parse(image.body, &keystore);
    if (!err)
        keystore_version = image.meta.security_version;
    munmap(map, (size_t)st.st_size);
    return err;
}

static int measure(const struct image *image, const struct component *component)
{
    struct measurement m = {.type = component->type,
                            .security_version = image->meta.security_version};
    memcpy(m.component, component->component, sizeof m.component);
    memcpy(m.digest, component->digest, sizeof m.digest);
    int err = pluton_measure(PLUTON_HOST_FD_MONITOR, &m);
    return err ? err : pluton_close_measurements(PLUTON_HOST_FD_MONITOR);
}

/* Everything that is judged: 0, or what the process exits with. */
static int trusted_load(struct image *services)
{
    uint8_t device_id[P256_PUBLIC_BYTES];
    struct component component;
    int err = keystore_load(PLUTON_HOST_FD_KEYSTORE);
    if (err)
        return log_error(err, "keystore"), BOOT_EXIT_REFUSED;
    err = pluton_device_id(PLUTON_HOST_FD_MONITOR, device_id);
    if (err)
        return log_error(err, "device id"), 1;
    err = medium_files_open(&files, PLUTON_HOST_FD_DEVICE, MEDIUM_FILES_WRITE);
    if (err)
        return log_error(err, "flash"), 1;
    serve_init(&server, PLUTON_HOST_FD_MONITOR);
    err = engine_init(&server.engine, &files.medium, &server, &keystore, keystore_version,
                      device_id, &server.scratch);
    if (err)
        return log_error(err, "state record"), BOOT_EXIT_REFUSED;
    firmware_map(PLUTON_HOST_FD_DEVICE, server.firmware);
    err = keystore_follow(&server.engine, PLUTON_HOST_FD_DEVICE, PLUTON_HOST_FD_MONITOR, &keystore);
    if (err)
        log_error(err, "new keystore: the old one stays in use");
    enum monitor_status status = engine_services(&server.engine, services, &component);
    if (status != MONITOR_OK)
        return log_line("services image refused: monitor status %d%s", (int)status,
                        status == MONITOR_VERIFICATION_FAILED ? ": does not verify"
                        : status == MONITOR_SECURITY_VERSION  ? ": security version is too old"
                        : status == MONITOR_IMAGE_NOT_FOUND   ? ": none is installed"
                                                              : ""),
               BOOT_EXIT_REFUSED;
    if (server.engine.trial_runs)
        log_line("system on trial, %u tries left after this one", (unsigned)server.engine.live.tries);
    else if (server.engine.live.undone)
        log_line("the system of sequence %llu did not stay: the one before it runs",
                 (unsigned long long)server.engine.live.undone_sequence);
    err = measure(services, &component);
    if (err)
        return log_error(err, "measurement"), BOOT_EXIT_REFUSED;
    return 0;
}

int boot_run(const struct boot_options *options)
{
    int appman[2], azured[2], gatewayd[2];
    struct image services;
    sigset_t signals;

    if (geteuid() != 0)
        return log_line("must be started as root, gives it up later"), 1;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int code = trusted_load(&services);
    if (code)
        return code;
    server.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (server.signals < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, appman) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, azured) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gatewayd) != 0)
        return log_errno(1, "channels");
    struct services_channels channels = {.appman = appman[1], .azured = azured[1],
                                         .gatewayd = gatewayd[1],
                                         .pluton_gatewayd = PLUTON_HOST_FD_GATEWAYD,
                                         .pluton_azured = PLUTON_HOST_FD_AZURED,
                                         .pluton_appman = PLUTON_HOST_FD_APPMAN};
    if (services_start(services.body, PLUTON_HOST_FD_DEVICE, &channels, &server.manager) != 0)
        return BOOT_EXIT_REFUSED;
    signal(SIGPIPE, SIG_IGN); /* a log that nobody reads */
    close(appman[1]);
    close(azured[1]);
    close(gatewayd[1]);
    /* What was only to be handed on is not the monitor's to use. */
    close(PLUTON_HOST_FD_AZURED);
    close(PLUTON_HOST_FD_APPMAN);
    close(PLUTON_HOST_FD_GATEWAYD);
    close(PLUTON_HOST_FD_DEVICE);
    close(PLUTON_HOST_FD_KEYSTORE);
    struct confine confine = {.uid = options->uid, .manager = server.manager,
                              .without_landlock = options->without_landlock,
                              .without_seccomp = options->without_seccomp};
    if (confine_enter(&confine) != 0) {
        kill(server.manager, SIGKILL);
        return 1;
    }
    server.channel[0].fd = appman[0];
    server.channel[0].rights = APPMAN_RIGHTS;
    server.channel[1].fd = azured[0];
    server.channel[1].rights = AZURED_RIGHTS;
    server.channel[2].fd = gatewayd[0];
    server.channel[2].rights = GATEWAYD_RIGHTS;
    return serve_run(&server);
}
