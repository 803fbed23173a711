/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gatewayd FOLDER DEVICE_CONF
 * Descriptors: 3 monitor, 4 root of trust, 5 application manager; on the MCU 6, where it listens.
 * Source: docs/spec/local-rest.md.  Exit codes: 0 asked to end, or idle on the MCU, 1 a sibling or the
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
#include "os/gatewayd/confine.h"
#include "os/gatewayd/listen.h"
#include "os/gatewayd/server.h"

enum { FD_MONITOR = 3, FD_ROOT_OF_TRUST = 4, FD_CHANNEL = 5 };

static struct gateway gateway;
static struct server server;

static _Noreturn void fail(const char *what, const char *subject, const char *why)
{
    fprintf(stderr, "gatewayd: %s \"%s\": %s\n", what, subject, why);
    _exit(1);
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

static void set_up(const char *folder, const char *conf_path, struct listen *listener)
{
    struct gateway *g = &gateway;
    struct rot_identity id;
    struct identity identity;
    char name[33];
    folders_open(g, folder);
    for (int fd = FD_MONITOR; fd <= FD_CHANNEL; fd++)
        if (fcntl(fd, F_SETFD, FD_CLOEXEC))
            fail("descriptor is missing", fd == 3 ? "3" : fd == 4 ? "4" : "5", strerror(errno));
    signals_open(g);
    listen_open(conf_path, listener);
    g->channel = FD_CHANNEL;
    monitor_client_init(&g->monitor, FD_MONITOR);
    g->rot = rot_new(FD_ROOT_OF_TRUST);
    if (!g->rot)
        fail("cannot start", "root of trust", err_text(E_NOMEM));
    confine(&(struct confine_spec){.folder = folder, .allow_missing = listener->allow_missing});
    int err = rot_identity(g->rot, &id);
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
}

static void serve(const struct listen *listener)
{
    struct gateway *g = &gateway;
    while (!g->ending && !g->broken) {
        struct pollfd p[] = {{.fd = g->signals, .events = POLLIN},
                             {.fd = g->channel, .events = POLLIN},
                             {.fd = listener->fd, .events = POLLIN}};
        int n = poll(p, 3, listener->idle_ms);
        if (n < 0 && errno != EINTR)
            fail("cannot wait for", "events", strerror(errno));
        if (n == 0 || (n > 0 && p[0].revents))
            return;
        if (p[1].revents && !gateway_listen(g, 0))
            return;
        int fd = p[2].revents ? accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC) : -1;
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
    struct listen listener;
    set_up(argv[1], argv[2], &listener);
    serve(&listener);
    fflush(NULL);
    _exit(gateway.broken ? 1 : 0); /* no handlers: they would meet the system-call filter */
}
