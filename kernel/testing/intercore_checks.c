// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * I/O cores and AF_AZSPIO: control by right, messages by the list of pairs, and a
 * core that breaks the protocol (kernel/testing/iocore/core.c plays it).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "abi/azure_sphere.h"
#include "abi/intercore.h"
#include "kernel/testing/check.h"
#include "kernel/testing/check_credential.h"
#include "kernel/testing/intercore_acts.h"

enum { CORE = INTERCORE_TEST_COMPONENT_BYTE, APP = 7, OTHER = 8, SECONDS = 20 };
#define PROGRAM "/mnt/bin/app"

static long request(unsigned what, unsigned core, int fd, unsigned flags, int component)
{
	struct azure_sphere_io_core r = { (unsigned short)what, (unsigned short)core, fd, flags, { 0 } };
	const int device = open(AZURE_SPHERE_MONITOR_DEVICE, O_RDWR | O_CLOEXEC);

	memset(r.component, component, sizeof r.component);
	const long got = ioctl(device, (int)AZURE_SPHERE_IO_CORE, &r);
	const int error = errno;
	close(device);
	errno = error;
	return got;
}

static long run_file(unsigned core, const char *path, unsigned flags, int component)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const long got = request(AZURE_SPHERE_IO_CORE_RUN, core, fd, flags, component);
	const int error = errno;

	close(fd);
	errno = error;
	return got;
}

/* Starts the program anew, with new rings. */
static bool restart(void)
{
	return run_file(0, PROGRAM, 0, CORE) == 0 && request(AZURE_SPHERE_IO_CORE_TALK, 0, -1, 0, 0) == 0;
}

static struct intercore_address address_of(int component)
{
	struct intercore_address address = { INTERCORE_FAMILY, 0, { 0 } };

	memset(address.component, component, sizeof address.component);
	return address;
}

static long pair(unsigned command, int source, int destination)
{
	struct intercore_pair p = { address_of(source), address_of(destination) };
	const int fd = socket(INTERCORE_FAMILY, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const long got = ioctl(fd, (int)command, &p);
	const int error = errno;

	close(fd);
	errno = error;
	return got;
}

static int become(unsigned char component)
{
	unsigned char credential[AZURE_SPHERE_CREDENTIAL_BYTES];

	credential_make(credential, component, 0);
	return credential_set(credential, sizeof credential) == sizeof credential ? 0 : -1;
}

static int connect_to(int fd, int component)
{
	const struct intercore_address address = address_of(component);

	return connect(fd, (const struct sockaddr *)&address, sizeof address);
}

/* As an application: a connected socket with a time limit, or -1. */
static int app_socket(void)
{
	const struct timeval limit = { SECONDS, 0 };
	const int fd = socket(INTERCORE_FAMILY, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	return connect_to(fd, CORE) ? -1 : fd;
}

/* ---- in children; 0 or the step that failed ---- */

static bool echoes(int fd, size_t bytes)
{
	static unsigned char out[INTERCORE_PAYLOAD_MAX], in[INTERCORE_PAYLOAD_MAX + 1];

	for (size_t i = 0; i < bytes; i++)
		out[i] = (unsigned char)(bytes + i);
	return send(fd, out, bytes, 0) == (ssize_t)bytes && recv(fd, in, sizeof in, 0) == (ssize_t)bytes &&
	       memcmp(in, out, bytes) == 0;
}

static int without_rights(void *unused)
{
	(void)unused;
	if (become(APP))
		return 1;
	for (unsigned what = 0; what < 4; what++)
		if (request(what, 0, -1, 0, CORE) != -1 || errno != EACCES)
			return 2;
	if (pair(INTERCORE_ALLOW, APP, CORE) != -1 || errno != EPERM)
		return 3;
	if (pair(INTERCORE_DISALLOW, APP, CORE) != -1 || errno != EPERM)
		return 4;
	return 0;
}

static int unconnected(void *unused)
{
	struct intercore_address address = address_of(OTHER);
	char byte = 0;

	(void)unused;
	if (become(APP))
		return 1;
	const int fd = socket(INTERCORE_FAMILY, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect_to(fd, CORE) != -1 || errno != EPERM)
		return 2;
	if (send(fd, "x", 1, 0) != -1 || errno != ENOTCONN)
		return 3;
	if (recv(fd, &byte, 1, MSG_DONTWAIT) != -1 || errno != ENOTCONN)
		return 4;
	if (bind(fd, (struct sockaddr *)&address, sizeof address) != -1 || errno != EACCES)
		return 5;
	address = address_of(CORE);
	if (connect(fd, (struct sockaddr *)&address, sizeof address - 1) != -1 || errno != EINVAL)
		return 6;
	address.port = 1;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != -1 || errno != EINVAL)
		return 7;
	return 0;
}

static int talking(void *unused)
{
	static char byte, large[INTERCORE_PAYLOAD_MAX + 1];
	struct intercore_address name;
	socklen_t length = sizeof name;

	(void)unused;
	if (become(APP))
		return 1;
	const int fd = app_socket(), second = socket(INTERCORE_FAMILY, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect_to(second, CORE) != -1 || errno != EADDRINUSE)
		return 2;
	for (size_t bytes = 0; bytes <= INTERCORE_PAYLOAD_MAX; bytes += 13)
		if (!echoes(fd, bytes))
			return 3;
	if (!echoes(fd, INTERCORE_PAYLOAD_MAX))
		return 4;
	if (send(fd, large, sizeof large, 0) != -1 || errno != EMSGSIZE)
		return 5;
	if (send(fd, &byte, 1, MSG_OOB) != -1 || errno != EINVAL)
		return 6;
	if (recv(fd, &byte, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN)
		return 7;
	if (getpeername(fd, (struct sockaddr *)&name, &length) || length != sizeof name ||
	    name.component[5] != CORE || getsockname(fd, (struct sockaddr *)&name, &length) ||
	    name.component[5] != APP)
		return 8;
	if (send(fd, "abc", 3, 0) != 3 || recv(fd, &byte, 1, 0) != 1 || byte != 'a' ||
	    recv(fd, &byte, 1, MSG_DONTWAIT) != -1)
		return 9; /* the rest of a message is gone, as with any datagram */
	close(fd);
	return connect_to(second, CORE) ? 10 : 0;
}

/* Not allowed to talk to, and a receiver that is late: nothing lost, nothing out of order. */
static int holding_back(void *unused)
{
	const struct timespec late = { 0, 300000000 };
	unsigned char in[200];

	(void)unused;
	if (become(APP))
		return 1;
	const int fd = app_socket();
	if (fd < 0 || send(fd, "!n", 2, 0) != 2)
		return 2;
	nanosleep(&late, NULL);
	for (unsigned i = 0; i < ACT_MANY_COUNT; i++)
		if (recv(fd, in, sizeof in, 0) != 100 || in[0] != i)
			return 3;
	return echoes(fd, 5) ? 0 : 4;
}

static int deaf(void *unused)
{
	const struct timeval short_limit = { 0, 100000 };
	static char large[INTERCORE_PAYLOAD_MAX];
	struct pollfd waiting = { 0, POLLOUT, 0 };
	unsigned sent = 0;

	(void)unused;
	if (become(APP))
		return 1;
	const int fd = waiting.fd = app_socket();
	if (fd < 0 || send(fd, "!d", 2, 0) != 2)
		return 2;
	while (sent < 100 && send(fd, large, sizeof large, MSG_DONTWAIT) == sizeof large)
		sent++;
	if (sent > 4 || errno != EAGAIN)
		return 3;
	if (poll(&waiting, 1, 100) != 0)
		return 4;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &short_limit, sizeof short_limit);
	return send(fd, large, sizeof large, 0) == -1 && errno == EAGAIN ? 0 : 5;
}

/* The kernel notices, and the socket says so. */
static int breaking(void *argument)
{
	const struct timespec step = { 0, 10000000 };
	const char word[2] = { '!', *(const char *)argument };

	if (become(APP))
		return 1;
	const int fd = app_socket();
	if (fd < 0 || send(fd, word, 2, 0) != 2)
		return 2;
	for (unsigned i = 0; i < SECONDS * 100; i++) {
		if (send(fd, "x", 1, MSG_DONTWAIT) == -1 && errno == ECONNRESET)
			return 0;
		nanosleep(&step, NULL);
	}
	return 3;
}

/* It goes on all the same. */
static int annoying(void *argument)
{
	const char word[2] = { '!', *(const char *)argument };
	char in[8];

	if (become(APP))
		return 1;
	const int fd = app_socket();
	if (fd < 0 || send(fd, word, 2, 0) != 2)
		return 2;
	if (recv(fd, in, sizeof in, 0) != 2 || memcmp(in, word, 2) != 0)
		return 3;
	return echoes(fd, 600) ? 0 : 4;
}

static int lost(void *expected)
{
	if (become(APP))
		return 1;
	const int fd = app_socket();
	if (fd < 0)
		return errno == *(int *)expected ? 0 : 2;
	return send(fd, "x", 1, 0) == -1 && errno == *(int *)expected ? 0 : 3;
}

/* ---- */

static void child(const char *id, const char *what, int (*function)(void *), void *argument)
{
	const int step = in_child(function, argument);

	check(id, what, step == 0, "step %d", step);
}

static void control(void)
{
	check_refused("intercore", "communication with a core that does not run",
		      request(AZURE_SPHERE_IO_CORE_TALK, 0, -1, 0, 0), ENODEV);
	check_refused("intercore", "a core that is not there", run_file(2, PROGRAM, 0, CORE), EINVAL);
	check_refused("intercore", "a request that is not there", request(3, 0, -1, 0, 0), EINVAL);
	check_refused("intercore", "no file", run_file(0, "/mnt/none", 0, CORE), EBADF);
	check_refused("intercore", "a file of no image", run_file(0, "/proc/self/stat", 0, CORE), EINVAL);
	check_refused("intercore", "a folder", run_file(0, "/mnt/bin", 0, CORE), EINVAL);
	check_refused("intercore", "a component that is not the image's", run_file(0, PROGRAM, 0, OTHER), EINVAL);
	check_refused("intercore", "debugging", run_file(0, PROGRAM, 1, CORE), EACCES);
	check_refused("intercore", "a file that is no program",
		      run_file(0, "/mnt/app_manifest.json", 0, CORE), ENOEXEC);
	child("intercore", "control and the list of pairs need their right", without_rights, NULL);
	check("intercore", "a program of an application runs", run_file(0, PROGRAM, 0, CORE) == 0, "%s",
	      strerror(errno));
	check("intercore", "communication begins", request(AZURE_SPHERE_IO_CORE_TALK, 0, -1, 0, 0) == 0, "%s",
	      strerror(errno));
	check_refused("intercore", "and does not begin twice", request(AZURE_SPHERE_IO_CORE_TALK, 0, -1, 0, 0),
		      EBUSY);
	check_refused("intercore", "one core at a time for a component", run_file(1, PROGRAM, 0, CORE), EBUSY);
}

static void pairs(void)
{
	child("intercore", "without a pair nobody connects", unconnected, NULL);
	check("intercore", "a pair each way", pair(INTERCORE_ALLOW, APP, CORE) == 0 &&
					      pair(INTERCORE_ALLOW, CORE, APP) == 0, "%s", strerror(errno));
	check_refused("intercore", "a pair twice", pair(INTERCORE_ALLOW, APP, CORE), EEXIST);
	check_refused("intercore", "a pair of nobody", pair(INTERCORE_ALLOW, 0, CORE), EINVAL);
	check_refused("intercore", "taking away a pair that is not there", pair(INTERCORE_DISALLOW, OTHER, CORE),
		      ENOENT);
	check_refused("intercore", "a stream", socket(INTERCORE_FAMILY, SOCK_STREAM, 0), ESOCKTNOSUPPORT);
}

static void hostile(void)
{
	static char breaks[] = { ACT_POSITION_BEHIND, ACT_POSITION_UNALIGNED, ACT_READ_BEHIND,
				 ACT_LENGTH_HUGE,     ACT_LENGTH_SMALL,	      ACT_LENGTH_MORE, ACT_FLICKER };
	static char annoys[] = { ACT_STRANGER, ACT_STORM };
	char what[40];

	for (unsigned i = 0; i < sizeof breaks; i++) {
		snprintf(what, sizeof what, "a core that breaks the protocol, %c", breaks[i]);
		const bool started = restart();
		check("TALOS-2020-1118", "the core starts anew", started, "%s", strerror(errno));
		child("TALOS-2020-1118", what, breaking, &breaks[i]);
	}
	check("TALOS-2020-1118", "the core starts anew after all of them", restart(), "%s", strerror(errno));
	for (unsigned i = 0; i < sizeof annoys; i++) {
		snprintf(what, sizeof what, "a core that annoys, %c", annoys[i]);
		child("TALOS-2020-1118", what, annoying, &annoys[i]);
	}
	child("TALOS-2020-1118", "a core that does not read", deaf, NULL);
}

void intercore_checks(void)
{
	int expected = ECONNRESET;

	if (mount(INTERCORE_TEST_COMPONENT, "/mnt", "asxipfs", 0, NULL)) {
		printf("intercore: no application in flash, nothing checked\n");
		return;
	}
	control();
	pairs();
	child("intercore", "messages of every length come back", talking, NULL);
	child("intercore", "a late reader loses nothing", holding_back, NULL);
	hostile();
	check("intercore", "the core stops", request(AZURE_SPHERE_IO_CORE_STOP, 0, -1, 0, 0) == 0, "%s",
	      strerror(errno));
	child("intercore", "nobody talks to a core that is stopped", lost, &expected);
	expected = EPERM;
	check("intercore", "pairs are taken away",
	      pair(INTERCORE_DISALLOW, 0, CORE) == 0 && pair(INTERCORE_DISALLOW, CORE, 0) == 0, "%s",
	      strerror(errno));
	child("intercore", "and with them the right to connect", lost, &expected);
	umount("/mnt");
}
