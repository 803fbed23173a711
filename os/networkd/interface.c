/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/interface.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>

_Static_assert(INTERFACE_NAME_MAX == IFNAMSIZ - 1, "length of a name");

bool interface_name_good(const char *name)
{
    size_t len = strnlen(name, IFNAMSIZ);
    for (size_t i = 0; i < len; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9')))
            return false;
    return len > 0 && len < IFNAMSIZ;
}

static int error_of(int number)
{
    switch (number) {
    case ENODEV:
    case ENXIO:
        return E_NOT_FOUND;
    case EPERM:
    case EACCES:
        return E_DENIED;
    default:
        return E_IO;
    }
}

static struct ifreq request_of(const char *name)
{
    struct ifreq r;
    memset(&r, 0, sizeof r);
    memcpy(r.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
    return r;
}

int interface_up(const char *name, uint8_t mac[static DHCP_MAC_BYTES])
{
    memset(mac, 0, DHCP_MAC_BYTES);
    struct ifreq r = request_of(name);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), e = 0;
    if (fd < 0)
        return E_IO;
    if (ioctl(fd, SIOCGIFHWADDR, &r))
        e = error_of(errno);
    else if (r.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        e = E_UNSUPPORTED;
    else
        memcpy(mac, r.ifr_hwaddr.sa_data, DHCP_MAC_BYTES);
    if (!e && ioctl(fd, SIOCGIFFLAGS, &r))
        e = error_of(errno);
    r.ifr_flags |= IFF_UP;
    if (!e && ioctl(fd, SIOCSIFFLAGS, &r))
        e = error_of(errno);
    close(fd);
    return e;
}

static struct sockaddr address_of(uint32_t number)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(number)};
    struct sockaddr out;
    memcpy(&out, &in, sizeof out);
    return out;
}

static int set(int fd, const char *name, unsigned long command, uint32_t number)
{
    struct ifreq r = request_of(name);
    r.ifr_addr = address_of(number);
    return ioctl(fd, command, &r) ? error_of(errno) : 0;
}

static int add_route(int fd, const char *name, uint32_t router)
{
    char device[IFNAMSIZ] = "";
    memcpy(device, name, strnlen(name, IFNAMSIZ - 1));
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = device};
    route.rt_dst = route.rt_genmask = address_of(0);
    route.rt_gateway = address_of(router);
    return ioctl(fd, SIOCADDRT, &route) && errno != EEXIST ? error_of(errno) : 0;
}

int interface_configure(const char *name, const struct dhcp_reply *lease)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return E_IO;
    /* Address 0 takes away the old one with all its routes, also for a renewal with other values. */
    int e = set(fd, name, SIOCSIFADDR, 0);
    if (!e && lease->address) {
        e = set(fd, name, SIOCSIFADDR, lease->address);
        if (!e)
            e = set(fd, name, SIOCSIFNETMASK, lease->mask);
        if (!e)
            e = set(fd, name, SIOCSIFBRDADDR, lease->address | ~lease->mask);
        if (!e && lease->router)
            e = add_route(fd, name, lease->router);
    }
    close(fd);
    return e;
}
