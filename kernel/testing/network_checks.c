// SPDX-License-Identifier: GPL-2.0-or-later
/* IPv4 on the loopback, and who may touch the packet filter. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/testing/check.h"

enum { IPT_GET_INFO = 64, TABLE_NAME_BYTES = 32, INFO_BYTES = 84, WAIT_MS = 5000 };

static bool interface_up(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_UP };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	const bool good = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	close(fd);
	return good;
}

static bool loop(int type)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t bytes = sizeof address;
	const int server = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	const int client = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	char text[8] = "";
	int peer = server;
	bool good = bind(server, (struct sockaddr *)&address, sizeof address) == 0 &&
		    getsockname(server, (struct sockaddr *)&address, &bytes) == 0 &&
		    (type == SOCK_DGRAM || listen(server, 1) == 0) &&
		    connect(client, (struct sockaddr *)&address, sizeof address) == 0;

	if (good && type == SOCK_STREAM)
		peer = accept(server, NULL, NULL);
	struct pollfd wait = { .fd = peer, .events = POLLIN };
	good = good && write(client, "hello", 5) == 5 && poll(&wait, 1, WAIT_MS) == 1 &&
	       read(peer, text, sizeof text) == 5 && memcmp(text, "hello", 5) == 0;
	if (peer != server)
		close(peer);
	close(client);
	close(server);
	return good;
}

/* Reads the head of the filter table. */
static int filter_info(void)
{
	unsigned char info[INFO_BYTES] = "filter";
	socklen_t bytes = sizeof info;
	const int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	const int got = fd < 0 || getsockopt(fd, IPPROTO_IP, IPT_GET_INFO, info, &bytes) ? errno : 0;

	if (fd >= 0)
		close(fd);
	return got;
}

static int filter_as_application(void *unused)
{
	(void)unused;
	if (setgid(1001) || setuid(1001))
		return 1;
	return filter_info() == EPERM ? 0 : 2;
}

/*
 * DHCP without a packet socket: an offer to an interface that has no address yet.
 * The requested reply is a broadcast, as a client of this kind asks for.
 */
static bool dhcp_offer(const char *interface)
{
	unsigned char packet[300] = { 1, 1, 6, 0, 'p', 'e', 'r', 'i', 0, 0, 0x80, 0 };
	static const unsigned char options[] = { 99, 130, 83, 99, 53, 1, 1, 255 };
	const struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(68) };
	const struct sockaddr_in all = { .sin_family = AF_INET,
					 .sin_port = htons(67),
					 .sin_addr.s_addr = htonl(INADDR_BROADCAST) };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	bool good = ioctl(fd, SIOCGIFHWADDR, &request) == 0;
	memcpy(packet + 28, request.ifr_hwaddr.sa_data, 6);
	memcpy(packet + 236, options, sizeof options);
	good = good && setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) == 0 &&
	       bind(fd, (const struct sockaddr *)&own, sizeof own) == 0 &&
	       sendto(fd, packet, sizeof packet, 0, (const struct sockaddr *)&all, sizeof all) ==
		       (ssize_t)sizeof packet;
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	good = good && poll(&wait, 1, WAIT_MS) == 1 && read(fd, packet, sizeof packet) > 240 &&
	       packet[0] == 2 && memcmp(packet + 4, "peri", 4) == 0;
	close(fd);
	return good;
}

void network_checks(void)
{
	check("network", "loopback comes up", interface_up("lo"), "%s", strerror(errno));
	check("network", "UDP", loop(SOCK_DGRAM), "%s", strerror(errno));
	check("network", "TCP", loop(SOCK_STREAM), "%s", strerror(errno));
	check("network", "the packet filter is there", filter_info() == 0, "%s", strerror(filter_info()));
	const int step = in_child(filter_as_application, NULL);
	check("network", "and not for applications", step == 0, "step %d", step);
	if (interface_up("eth0")) { /* when the machine was given a network */
		check("network", "an offer by DHCP", dhcp_offer("eth0"), "%s", strerror(errno));
		memory_print("with the network up");
	}
}
