/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network of the test's own: nothing but a loopback interface.  Packet filters
 * that the test's programs make go with it, also when they are killed.
 */
#ifndef PERI_TESTS_OWN_NETWORK_H
#define PERI_TESTS_OWN_NETWORK_H

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/check.h"

/* Needs root.  Call it first thing in main: it holds for this process and what it starts. */
static inline void own_network(void)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING};
    REQUIRE(unshare(CLONE_NEWNET) == 0);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0);
    close(fd);
}

#endif
