// SPDX-License-Identifier: GPL-2.0-or-later
/* Credentials, ptrace, job control, ports. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/azure_sphere.h"
#include "kernel/testing/check.h"
#include "kernel/testing/check_credential.h"

static const char tenant[] = "a76e1b5c-0000-4000-8000-0123456789ab";

void credential_make(unsigned char *out, unsigned char component, unsigned capabilities)
{
	memset(out, 0, AZURE_SPHERE_CREDENTIAL_BYTES);
	memset(out + AZURE_SPHERE_CREDENTIAL_COMPONENT, component, AZURE_SPHERE_COMPONENT_BYTES);
	memcpy(out + AZURE_SPHERE_CREDENTIAL_TENANT, tenant, sizeof tenant - 1);
	for (int i = 0; i < 4; i++)
		out[AZURE_SPHERE_CREDENTIAL_CAPABILITIES + i] = (unsigned char)(capabilities >> 8 * i);
}

/* As write(2). */
long credential_set(const unsigned char *credential, size_t bytes)
{
	const int fd = open("/proc/self/attr/exec", O_WRONLY | O_CLOEXEC);
	const long got = write(fd, credential, bytes);
	const int error = errno;

	close(fd);
	errno = error;
	return got;
}

static int become_other(void *unused)
{
	unsigned char credential[AZURE_SPHERE_CREDENTIAL_BYTES], back[128];
	char text[160] = "";

	(void)unused;
	credential_make(credential, 0x5a, AZURE_SPHERE_CAP_POSTCODE);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
		return 1;
	if (credential_set(credential, sizeof credential) != sizeof credential)
		return 2;
	int fd = open("/proc/self/attr/exec", O_RDONLY | O_CLOEXEC);
	if (read(fd, back, sizeof back) != sizeof credential ||
	    memcmp(back, credential, sizeof credential) != 0)
		return 3;
	close(fd);
	fd = open("/proc/self/attr/current", O_RDONLY | O_CLOEXEC);
	if (read(fd, text, sizeof text - 1) <= 0 ||
	    strcmp(text, "CID: 5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a\n"
			 "TID: a76e1b5c-0000-4000-8000-0123456789ab\nCAPS: 00000040\n") != 0)
		return 4;
	close(fd);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 5;
	credential_make(credential, 0x5b, AZURE_SPHERE_CAP_UPDATE_IMAGE);
	if (credential_set(credential, sizeof credential) != -1 || errno != EPERM)
		return 6;
	if (setpgid(0, 0) != -1 || errno != ENOSYS)
		return 7;
	if (credential_set(NULL, 0) != -1 && errno != EPERM)
		return 8;
	return 0;
}

static void credentials(void)
{
	unsigned char credential[AZURE_SPHERE_CREDENTIAL_BYTES + 1] = { 0 };
	const size_t bytes = AZURE_SPHERE_CREDENTIAL_BYTES;
	const int step = in_child(become_other, NULL);

	check("credential", "set once, read back, no new privileges, no job control", step == 0, "step %d",
	      step);
	credential_make(credential, 1, 0);
	check_refused("credential", "a byte short", credential_set(credential, bytes - 1), EINVAL);
	check_refused("credential", "a byte long", credential_set(credential, bytes + 1), EINVAL);
	credential_make(credential, 1, AZURE_SPHERE_CAP_ALL);
	check_refused("credential", "all capabilities", credential_set(credential, bytes), EINVAL);
	credential_make(credential, 1, 0);
	credential[AZURE_SPHERE_CREDENTIAL_JOB_CONTROL] = 2;
	check_refused("credential", "job control that is no bool", credential_set(credential, bytes), EINVAL);
	credential_make(credential, 1, 0);
	credential[AZURE_SPHERE_CREDENTIAL_TENANT + 63] = 'x';
	check_refused("credential", "tenant without an end", credential_set(credential, bytes), EINVAL);
	credential_make(credential, 1, 0);
	credential[AZURE_SPHERE_CREDENTIAL_ZERO] = 1;
	check_refused("credential", "padding not zero", credential_set(credential, bytes), EINVAL);
	check("credential", "the manager may use job control", setpgid(0, getpgrp()) == 0 || errno != ENOSYS,
	      "%s", strerror(errno));
}

static int trace_me(void *unused)
{
	(void)unused;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 ? errno : 0;
}

static int fewer_rights(void *unused)
{
	unsigned char credential[AZURE_SPHERE_CREDENTIAL_BYTES];
	char path[64];

	(void)unused;
	credential_make(credential, 2, 0);
	if (credential_set(credential, sizeof credential) != sizeof credential)
		return 1;
	snprintf(path, sizeof path, "/proc/%d/mem", (int)getppid());
	if (open(path, O_RDONLY) != -1 || (errno != EACCES && errno != EPERM))
		return 2;
	snprintf(path, sizeof path, "/proc/%d/environ", (int)getppid());
	if (open(path, O_RDONLY) != -1 || (errno != EACCES && errno != EPERM))
		return 3;
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == -1 ? 0 : 4;
}

/* The device of these checks is not in development mode. */
static void tracing(void)
{
	const pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	check_refused("TALOS-2020-1090", "PTRACE_ATTACH to an own child as root",
		      ptrace(PTRACE_ATTACH, child, NULL, NULL), EPERM);
	check_refused("TALOS-2020-1090", "PTRACE_SEIZE", ptrace(PTRACE_SEIZE, child, NULL, NULL), EPERM);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	int got = in_child(trace_me, NULL);
	check("TALOS-2020-1090", "PTRACE_TRACEME", got == EPERM, "%d", got);
	got = in_child(fewer_rights, NULL);
	check("TALOS-2020-1133", "memory of a process with more rights, as root", got == 0, "step %d", got);
}

static int bind_as(sa_family_t family, unsigned short port)
{
	const struct sockaddr_in address = {
		.sin_family = family,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int got = bind(fd, (const struct sockaddr *)&address, sizeof address) ? errno : 0;

	close(fd);
	return got;
}

static int bind_to(unsigned short port)
{
	return bind_as(AF_INET, port);
}

static int bind_as_application(void *unused)
{
	(void)unused;
	if (setgid(1001) || setuid(1001))
		return 1;
	if (bind_to(5353) != EACCES)
		return 2;
	/* which the kernel takes for AF_INET */
	if (bind_as(AF_UNSPEC, 5353) != EACCES || bind_as(AF_UNSPEC, 5354) != 0)
		return 4;
	return bind_to(5354) == 0 ? 0 : 3;
}

void process_checks(void)
{
	credentials();
	tracing();
	check("ports", "mDNS port with CAP_NET_ADMIN", bind_to(5353) == 0, "%s", strerror(bind_to(5353)));
	const int got = in_child(bind_as_application, NULL);
	check("ports", "mDNS port is not for applications", got == 0, "step %d", got);
}
