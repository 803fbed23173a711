/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/hostile_cable.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "abi/service_link.h"

/* A socket that gives up after a second, and on the link alone if that can be had. */
static int open_socket(int type, bool on_link)
{
    const struct timeval second = {.tv_sec = 1};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    if (on_link && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, SERVICE_LINK_NAME, sizeof SERVICE_LINK_NAME)) {
        close(fd);
        return -1;
    }
    return fd;
}

static struct sockaddr_in at(const char *text, int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    (void)inet_pton(AF_INET, text, &a.sin_addr);
    return a;
}

static bool reaches(const char *text, int port, bool on_link)
{
    struct sockaddr_in to = at(text, port);
    int fd = open_socket(SOCK_STREAM, on_link);
    bool reached = fd >= 0 && connect(fd, (const void *)&to, sizeof to) == 0;
    close(fd);
    return reached;
}

static bool sends(const char *text, bool on_link)
{
    struct sockaddr_in to = at(text, 7777);
    int fd = open_socket(SOCK_DGRAM, on_link);
    bool sent = fd >= 0 && sendto(fd, "x", 1, 0, (const void *)&to, sizeof to) == 1;
    close(fd);
    return sent;
}

static bool gateway(void) { return reaches(SERVICE_LINK_ADDRESS_TEXT, SERVICE_LINK_PORT, false); }
static bool gateway_by_link(void) { return reaches(SERVICE_LINK_ADDRESS_TEXT, SERVICE_LINK_PORT, true); }
static bool computer(void) { return reaches(SERVICE_LINK_HOST_TEXT, SERVICE_LINK_PORT, false); }
static bool datagram(void) { return sends(SERVICE_LINK_HOST_TEXT, false); }
static bool datagram_by_link(void) { return sends(SERVICE_LINK_HOST_TEXT, true); }

static bool port_taken(void)
{
    struct sockaddr_in here = at(SERVICE_LINK_ADDRESS_TEXT, SERVICE_LINK_PORT);
    int fd = open_socket(SOCK_STREAM, false);
    bool bound = fd >= 0 && bind(fd, (const void *)&here, sizeof here) == 0;
    close(fd);
    return bound;
}

static const struct {
    const char *name;
    bool (*succeeds)(void);
} attempts[] = {
    {"connect to the local interface", gateway},
    {"connect to the local interface by the service link", gateway_by_link},
    {"connect to the computer at the service link", computer},
    {"send to the computer at the service link", datagram},
    {"send to it by the service link", datagram_by_link},
    {"be the local interface", port_taken},
};

size_t hostile_cable_try(void)
{
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        printf("%s %s\n", attempts[i].succeeds() ? "ALLOWED" : "refused", attempts[i].name);
    return sizeof attempts / sizeof *attempts;
}
