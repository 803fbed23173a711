/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/appman/parts.h"

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

int machine_start(struct manager *m, int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: application-manager <services folder> <configuration folder> "
                        "<device.conf>\n");
        return 2;
    }
    m->services_folder = argv[1];
    m->config_folder = argv[2];
    m->conf_path = argv[3];
    for (int fd = MONITOR_HOST_FD_APPMAN; fd <= MONITOR_HOST_FD_PLUTON_GATEWAYD; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* nothing is inherited by accident */
    m->local_listener = -1;
    monitor_client_init(&m->monitor, MONITOR_HOST_FD_APPMAN);
    m->monitor_watched = MONITOR_HOST_FD_APPMAN;
    m->azured_monitor = MONITOR_HOST_FD_AZURED;
    m->azured_pluton = MONITOR_HOST_FD_PLUTON_AZURED;
    m->gatewayd_monitor = MONITOR_HOST_FD_GATEWAYD;
    m->gatewayd_pluton = MONITOR_HOST_FD_PLUTON_GATEWAYD;
    if (manager_read_conf(m->conf_path, &m->conf) || claim_uids(&m->conf))
        return 1;
    m->missing = parts_missing(&m->conf);
    m->refused = parts_report(&m->conf, m->missing) != 0;
    return 0;
}

void machine_local_interface(struct manager *m)
{
    if (m->conf.service_interface[0])
        return; /* gatewayd listens by itself */
    m->service[SERVICE_GATEWAYD].unused = true;
    m->service[SERVICE_GATEWAYD].due_ms = INT64_MAX;
}

int64_t machine_tend(struct manager *m)
{
    (void)m; /* nobody waits for a host's device */
    return INT64_MAX;
}

int machine_end(struct manager *m, int code)
{
    if (m->reset && monitor_reset(&m->monitor, false))
        fprintf(stderr, "application-manager: the monitor refuses to restart the device\n");
    monitor_client_release(&m->monitor);
    return code;
}
