/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The listening socket of the local interface; one file of two:
 *
 *   listen_host.c   opens the address that device.conf names; served for as long as the device runs
 *   listen_mcu.c    descriptor 6: the application manager opened it on the service link, and starts
 *                   gatewayd when somebody connects.  With nobody there for LISTEN_IDLE_MS gatewayd
 *                   ends again: memory is scarce.  Without a link there is none, and it ends at once
 */
#ifndef PERI_OS_GATEWAYD_LISTEN_H
#define PERI_OS_GATEWAYD_LISTEN_H

#include "lib/err.h"

enum {
    LISTEN_BACKLOG = 4,
    LISTEN_FD = 6,
    LISTEN_IDLE_MS = 30000, /* a person's next command finds it still there */
};

struct listen {
    int fd;                 /* -1: nobody can come */
    int idle_ms;            /* ends after so long; -1: never */
    unsigned allow_missing; /* of device.conf: 1 << enum part */
};

/* Ends the process, with a message, when it cannot. */
void listen_open(const char *conf_path, struct listen *to);
/* "ADDRESS", "ADDRESS:PORT", "[V6]:PORT": a listening socket, or E_MALFORMED, E_IO (errno).  listen_host.c alone. */
int listen_address(const char *where, int *fd) MUST_CHECK;

#endif
