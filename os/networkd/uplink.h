/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one interface by which the device reaches the world: its address by DHCP, its name
 * servers, the time by SNTP.  Sockets and files; what the datagrams mean is decided in
 * dhcp_client.c and sntp_message.c.
 * Caller: networkd's loop, before and after it confined itself: nothing is opened by path here.
 */
#ifndef PERI_OS_NETWORKD_UPLINK_H
#define PERI_OS_NETWORKD_UPLINK_H

#include "os/networkd/dhcp_client.h"
#include "os/networkd/interface.h"
#include "os/networkd/sntp_message.h"

enum {
    UPLINK_FDS = 2,
    UPLINK_TIME_FIRST_MS = 500,      /* after an address came */
    UPLINK_TIME_RETRY_MS = 16000,    /* doubled with each failure; RFC 4330: never below 15 s */
    UPLINK_TIME_AGAIN_MS = 1024000,  /* after a success, and the longest wait */
    UPLINK_TIME_ANSWER_MS = 3000,
};

struct uplink {
    char name[INTERFACE_NAME_MAX + 1];
    int names_fd; /* name servers are written here, as resolv.conf(5) */
    int dhcp_fd, time_fd; /* -1: not started; nothing happens then */
    unsigned leases;      /* times that name servers were written */
    struct dhcp_client dhcp;
    struct {
        uint32_t server[DHCP_SERVERS_MAX]; /* of the lease; 0 = none or told to go away */
        unsigned next;
        uint8_t cookie[SNTP_COOKIE_BYTES];
        int64_t sent_ms, due_ms, wait_ms;
    } time;
};

void uplink_init(struct uplink *u);
/* Brings the interface up and begins to ask.  names_fd stays the caller's. */
int uplink_start(struct uplink *u, const char *name, int names_fd, int64_t now_ms) MUST_CHECK;
void uplink_stop(struct uplink *u);
/* Time of the next uplink_run(), and what to wait for. */
int64_t uplink_due_ms(const struct uplink *u);
void uplink_fds(const struct uplink *u, int fd[static UPLINK_FDS]);
/* Does what is due and reads what came.  True with a sample when a time server answered. */
bool uplink_run(struct uplink *u, int64_t now_ms, struct sntp_sample *sample);

#endif
