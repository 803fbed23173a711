/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contoso DW100 dishwasher: sends its state to a broker that admits only devices
 * of Contoso's catalog.  Arguments (CmdArgs): broker host, port.
 *
 * Built twice: as version 1.0, and as version 1.1, whose rinse cycle follows a
 * null pointer (DW100_RINSE_BUG).
 */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <applibs/application.h>
#include <applibs/eventloop.h>
#include <applibs/log.h>
#include <applibs/networking.h>
#include <applibs/storage.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "examples/dw100/mqtt.h"

enum exit_code {
    EXIT_CODE_SUCCESS = 0,
    EXIT_CODE_TERMINATED = 1, /* SIGTERM */
    EXIT_CODE_ARGUMENTS = 2,
    EXIT_CODE_EVENT_LOOP = 3,
    EXIT_CODE_STORAGE = 4,
};

struct rinse {
    int litres;
};

struct dishwasher {
    struct mqtt mqtt;
    const char *host, *port;
    char *anchor;
    bool connected;
    unsigned cycles; /* kept in the mutable file */
    const struct rinse *rinse;
};

static volatile sig_atomic_t terminated;

static void on_term(int signal)
{
    (void)signal;
    terminated = 1;
}

/* The count of cycles survives updates and restarts. */
static int cycles_load(struct dishwasher *dw)
{
    int fd = Storage_OpenMutableFile();
    if (fd < 0)
        return -1;
    if (read(fd, &dw->cycles, sizeof dw->cycles) != (ssize_t)sizeof dw->cycles)
        dw->cycles = 0;
    return close(fd);
}

static int cycles_save(const struct dishwasher *dw)
{
    int fd = Storage_OpenMutableFile();
    if (fd < 0)
        return -1;
    bool good = write(fd, &dw->cycles, sizeof dw->cycles) == (ssize_t)sizeof dw->cycles;
    return close(fd) == 0 && good ? 0 : -1;
}

static bool system_ready(void)
{
    bool network = false, certificate = false;
    if (Networking_IsNetworkingReady(&network) != 0 || Application_IsDeviceAuthReady(&certificate) != 0)
        return false;
    return network && certificate;
}

static int rinse_litres(const struct dishwasher *dw)
{
#ifdef DW100_RINSE_BUG
    return dw->rinse->litres; /* nobody sets rinse in this version */
#else
    return dw->rinse ? dw->rinse->litres : 4;
#endif
}

static void report(struct dishwasher *dw)
{
    char payload[128];
    if (!dw->connected) {
        mqtt_close(&dw->mqtt);
        if (mqtt_connect(&dw->mqtt, dw->host, dw->port, dw->anchor, "dw100") != 0)
            return;
        dw->connected = true;
        Log_Debug("dw100: connected to the broker\n");
    }
    dw->cycles++;
    snprintf(payload, sizeof payload, "{\"version\":\"%s\",\"cycles\":%u,\"rinseLitres\":%d}",
             DW100_VERSION, dw->cycles, rinse_litres(dw));
    if (mqtt_publish(&dw->mqtt, "dw100/telemetry", payload) != 0) {
        dw->connected = false;
        return;
    }
    if (cycles_save(dw) != 0)
        Log_Debug("dw100: cannot keep the count of cycles: %s\n", strerror(errno));
    Log_Debug("dw100: sent %s\n", payload);
}

static void on_tick(EventLoop *el, int fd, EventLoop_IoEvents events, void *context)
{
    uint64_t ticks;
    (void)el, (void)events;
    if (read(fd, &ticks, sizeof ticks) == (ssize_t)sizeof ticks && system_ready())
        report(context);
}

int main(int argc, char **argv)
{
    struct dishwasher dw = {.mqtt.fd = -1};
    struct sigaction action = {.sa_handler = on_term}; /* no SA_RESTART: the loop must see it */
    struct itimerspec every = {.it_value.tv_nsec = 1, .it_interval.tv_nsec = 500000000};
    if (argc != 3) {
        Log_Debug("dw100: CmdArgs must name the broker's host and port\n");
        return EXIT_CODE_ARGUMENTS;
    }
    dw.host = argv[1];
    dw.port = argv[2];
    dw.anchor = Storage_GetAbsolutePathInImagePackage("certs/broker-ca.pem");
    Log_Debug("dw100: version %s\n", DW100_VERSION);
    if (!dw.anchor || cycles_load(&dw) != 0) {
        Log_Debug("dw100: no storage: %s\n", strerror(errno));
        return EXIT_CODE_STORAGE;
    }
    wolfSSL_Init();
    EventLoop *el = EventLoop_Create();
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (sigaction(SIGTERM, &action, NULL) != 0 || !el || timer < 0 ||
        timerfd_settime(timer, 0, &every, NULL) != 0 ||
        !EventLoop_RegisterIo(el, timer, EventLoop_Input, on_tick, &dw))
        return EXIT_CODE_EVENT_LOOP;

    while (!terminated)
        if (EventLoop_Run(el, -1, true) == EventLoop_Run_Failed && errno != EINTR)
            return EXIT_CODE_EVENT_LOOP;

    mqtt_close(&dw.mqtt);
    EventLoop_Close(el);
    close(timer);
    free(dw.anchor);
    wolfSSL_Cleanup();
    return EXIT_CODE_TERMINATED;
}
