/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gatewayd FOLDER DEVICE_CONF
 * Descriptors: 3 monitor, 4 root of trust, 5 application manager.
 * Source: docs/spec/local-rest.md.  Exit codes: 0 asked to end, 1 a sibling or the
 * set-up is broken (said on standard error), 2 wrong arguments.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/hex.h"
#include "os/config/device_conf.h"
#include "os/gatewayd/confine.h"
#include "os/gatewayd/server.h"

enum { FD_MONITOR = 3, FD_ROOT_OF_TRUST = 4, FD_CHANNEL = 5 };

static struct gateway gateway;
static struct device_conf conf;
static struct server server;

static _Noreturn void fail(const char *what, const char *subject, const char *why)
{
    fprintf(stderr, "gatewayd: %s \"%s\": %s\n", what, subject, why);
    _exit(1);
}

static void conf_read(const char *path)
{
    static uint8_t bytes[DEVICE_CONF_BYTES_MAX + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail("cannot open", path, strerror(errno));
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    int err = n < 0                           ? E_IO
              : (size_t)n == sizeof bytes ? E_LIMIT
                                          : device_conf_parse(span_of(bytes, (size_t)n), &conf);
    if (err)
        fail("cannot use", path, err_text(err));
    if (!conf.service_interface[0])
        fail("cannot use", path, "service_interface is needed");
}

static void signals_open(struct gateway *g)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    g->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    if (g->signals < 0)
        fail("cannot make", "signal descriptor", strerror(errno));
}

static void folders_open(struct gateway *g, const char *folder)
{
    char log[512];
    g->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (g->folder < 0)
        fail("cannot open", folder, strerror(errno));
    snprintf(log, sizeof log, "%s/../log", folder);
    g->log = open(log, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* may not be ours to read */
}

/* Returns the listening socket. */
static int set_up(const char *folder, const char *conf_path)
{
    struct gateway *g = &gateway;
    struct rot_identity id;
    struct identity identity;
    char name[33];
    int listener;
    conf_read(conf_path);
    folders_open(g, folder);
    for (int fd = FD_MONITOR; fd <= FD_CHANNEL; fd++)
        if (fcntl(fd, F_SETFD, FD_CLOEXEC))
            fail("descriptor is missing", fd == 3 ? "3" : fd == 4 ? "4" : "5", strerror(errno));
    signals_open(g);
    int err = server_listen(conf.service_interface, &listener);
    if (err)
        fail("cannot listen on", conf.service_interface, err == E_IO ? strerror(errno) : err_text(err));
    g->channel = FD_CHANNEL;
    monitor_client_init(&g->monitor, FD_MONITOR);
    g->rot = rot_new(FD_ROOT_OF_TRUST);
    if (!g->rot)
        fail("cannot start", "root of trust", err_text(E_NOMEM));
    confine(&(struct confine_spec){.folder = folder, .allow_missing = conf.allow_missing});
    err = rot_identity(g->rot, &id);
    if (err)
        fail("cannot ask", "root of trust", err_text(err));
    hex_encode(id.device_id, 16, name);
    err = identity_load(g->folder, name, &identity);
    if (!err)
        err = server_init(&server, g, &identity);
    identity_wipe(&identity);
    if (err)
        fail("cannot use", "key of the local interface", err_text(err));
    capabilities_restore(g);
    fprintf(stderr, "gatewayd: local interface on %s\n", conf.service_interface);
    return listener;
}

static void serve(int listener)
{
    struct gateway *g = &gateway;
    while (!g->ending && !g->broken) {
        struct pollfd p[] = {{.fd = g->signals, .events = POLLIN},
                             {.fd = g->channel, .events = POLLIN},
                             {.fd = listener, .events = POLLIN}};
        if (poll(p, 3, -1) < 0 && errno != EINTR)
            fail("cannot wait for", "events", strerror(errno));
        if (p[0].revents)
            return;
        if (p[1].revents && !gateway_listen(g, 0))
            return;
        int fd = p[2].revents ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd >= 0)
            server_serve(&server, fd);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: gatewayd FOLDER DEVICE_CONF\n");
        return 2;
    }
    serve(set_up(argv[1], argv[2]));
    fflush(NULL);
    _exit(gateway.broken ? 1 : 0); /* no handlers: they would meet the system-call filter */
}
