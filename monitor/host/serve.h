/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's loop on the host: three channels, served one call after the
 * other, the application manager's life, and signals.
 * Trust: everything that arrives is hostile.  A peer that does not read its
 * replies loses them; it never holds the loop up.
 *
 *   running --RESET, SIGTERM--> stopping (SIGTERM sent) --4 s--> SIGKILL sent
 *      |  root of trust gone        |                                |
 *      +-- manager ended: RESET     +-- manager ended: as asked -----+
 */
#ifndef PERI_MONITOR_HOST_SERVE_H
#define PERI_MONITOR_HOST_SERVE_H

#include <sys/types.h>

#include "monitor/engine/engine.h"
#include "monitor/host/keystore.h"
#include "monitor/host/sealed.h"

enum { SERVE_CHANNELS = 3, SERVE_STOP_MS = 4000 };

struct server {
    struct engine engine;
    struct engine_scratch scratch;
    int pluton;
    struct span firmware[FIRMWARE_COPIES];
    int signals; /* signalfd of SIGTERM, SIGINT and SIGCHLD */
    pid_t manager;
    struct {
        int fd;
        uint32_t rights;
        unsigned long dropped; /* replies that the peer did not take */
    } channel[SERVE_CHANNELS];
    struct sealed sealed; /* application image of the call under way */
    bool give;            /* it goes out with the reply */
    bool reset_asked;
    enum engine_reset reset;
    uint8_t request[ENGINE_REQUEST_MAX];
    uint8_t reply[ENGINE_REPLY_MAX];
};

/* The engine's platform is the server: monitor/engine/platform.h is here. */
void serve_init(struct server *s, int pluton);
/* Serves until the application manager has ended; the exit code of the monitor. */
int serve_run(struct server *s);

#endif
