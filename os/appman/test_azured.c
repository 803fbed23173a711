/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stand-in for azured in the tests of the application manager: writes what it
 * is told into <its folder>/told, a line each, and on SIGUSR1 says that the
 * installed set changed.  Sends a certificate for each tenant it hears of.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/guid.h"
#include "os/ipc/os_channel.h"

enum { CHANNEL = 5 };

int main(int argc, char **argv)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m;
    char path[4096], id[GUID_TEXT_BYTES];
    if (argc != 3)
        return 2;
    snprintf(path, sizeof path, "%s/told", argv[1]);
    FILE *told = fopen(path, "a");
    if (!told)
        return 3;
    setvbuf(told, NULL, _IOLBF, 0);
    sigset_t asked;
    sigemptyset(&asked);
    sigaddset(&asked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &asked, NULL);
    int signals = signalfd(-1, &asked, 0);
    fprintf(told, "pid %d uid %d\n", (int)getpid(), (int)getuid());
    for (;;) {
        struct pollfd p[2] = {{.fd = CHANNEL, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
        if (poll(p, 2, -1) < 0)
            continue;
        if (p[1].revents) {
            struct signalfd_siginfo info;
            m = (struct os_message){.kind = OS_CHANGED, .fd = -1};
            if (read(signals, &info, sizeof info) < 0 || os_channel_send(CHANNEL, &m, 1000))
                return 4;
        }
        if (!p[0].revents)
            continue;
        if (os_channel_receive(CHANNEL, buffer, &m, 0))
            return 0;
        if (m.kind == OS_PING) {
            m.kind = OS_PONG;
            if (os_channel_send(CHANNEL, &m, 1000))
                return 6;
            continue;
        }
        if (m.kind == OS_EVENT) {
            guid_format(m.u.event.component, id);
            fprintf(told, "event %u %s exit %u signal %u\n", (unsigned)m.u.event.category, id,
                    (unsigned)m.u.event.exit_code, (unsigned)m.u.event.signal);
        }
        if (m.kind == OS_APP_EVENTS) {
            guid_format(m.u.app_events, id);
            fprintf(told, "events %s\n", id);
            close(m.fd);
        }
        if (m.kind == OS_APP_CHANNEL) {
            guid_format(m.u.app_channel.component, id);
            fprintf(told, "channel %s rights %u\n", id, (unsigned)m.u.app_channel.rights);
            close(m.fd);
            if (!guid_is_zero(m.u.app_channel.tenant)) {
                struct os_message pem = {.kind = OS_CERTIFICATE, .fd = -1};
                memcpy(pem.u.certificate.tenant, m.u.app_channel.tenant, 16);
                pem.u.certificate.pem = span_of("-----BEGIN CERTIFICATE-----\n", 28);
                if (os_channel_send(CHANNEL, &pem, 1000))
                    return 5;
            }
        }
    }
}
