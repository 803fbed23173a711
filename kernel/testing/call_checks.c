// SPDX-License-Identifier: GPL-2.0-or-later
/* /dev/security-monitor and /dev/pluton: who may ask what. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/azure_sphere.h"
#include "abi/monitor_call.h"
#include "abi/pluton_call.h"
#include "abi/smc.h"
#include "kernel/testing/check.h"
#include "kernel/testing/check_credential.h"


static long call(const char *device, unsigned number, const void *request, unsigned bytes, void *reply,
		 unsigned room, struct azure_sphere_call *out)
{
	struct azure_sphere_call c = {
		.number = number,
		.request = (unsigned)(uintptr_t)request,
		.request_bytes = bytes,
		.reply = (unsigned)(uintptr_t)reply,
		.reply_room = room,
	};
	const int fd = open(device, O_RDWR | O_CLOEXEC);
	const long got = fd < 0 ? -1 : ioctl(fd, (int)AZURE_SPHERE_CALL, &c);
	const int error = errno;

	if (fd >= 0)
		close(fd);
	if (out)
		*out = c;
	errno = error;
	return got;
}

static long monitor(unsigned number, unsigned bytes)
{
	static unsigned char request[128];

	return call(AZURE_SPHERE_MONITOR_DEVICE, number, request, bytes, NULL, 0, NULL);
}

static long pluton(unsigned number, unsigned bytes)
{
	static unsigned char request[512];

	return call(AZURE_SPHERE_PLUTON_DEVICE, number, request, bytes, NULL, 0, NULL);
}

void watchdog_tend(void)
{
	check("call", "the first process tends the watchdog", monitor(SMC_TEND_WATCHDOG, 0) == 0, "%s",
	      strerror(errno));
}

/* Numbers that no process has, whatever its rights. */
static void denied_to_all(void)
{
	static const struct {
		unsigned number, bytes;
		const char *what;
	} rows[] = {
		{ SMC_IO_CORE_CONTROL, 16, "IO_CORE_CONTROL" },
		{ SMC_WRITE_FLASH, 9, "WRITE_FLASH" },
		{ SMC_ERASE_FLASH, 12, "ERASE_FLASH" },
		{ SMC_READ_FLASH, 12, "READ_FLASH" },
		{ SMC_VERIFY_IMAGE, 8, "VERIFY_IMAGE" },
		{ MONITOR_CALL_RESET, 4, "RESET" },
		{ 0, 0, "number 0" },
		{ 51, 0, "number 51" },
		{ 0xFFFF, 0, "number 65535" },
		{ 0xFFFFFFFF, 0, "number 2^32-1" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_refused("ANV", rows[i].what, monitor(rows[i].number, rows[i].bytes), EACCES);
	check_refused("pluton", "MEASURE of the secure world", pluton(PLUTON_MEASURE, 56), EACCES);
	check_refused("pluton", "RAISE_COUNTER of the secure world", pluton(PLUTON_RAISE_COUNTER, 5), EACCES);
	check_refused("pluton", "DERIVE of the secure world", pluton(PLUTON_DERIVE, 20), EACCES);
}

static void shapes(void)
{
	struct azure_sphere_call out;
	unsigned char reply[8] = { 0 };
	const int fd = open(AZURE_SPHERE_MONITOR_DEVICE, O_RDWR | O_CLOEXEC);

	check("call", "PING is answered",
	      call(AZURE_SPHERE_MONITOR_DEVICE, MONITOR_CALL_PING, NULL, 0, NULL, 0, &out) == 0 &&
		      out.status == MONITOR_OK && out.reply_bytes == 0, "%s", strerror(errno));
	check("call", "GET_VERSION is 2",
	      call(AZURE_SPHERE_MONITOR_DEVICE, MONITOR_CALL_GET_VERSION, NULL, 0, reply, sizeof reply,
		   &out) == 0 && out.reply_bytes == 4 && reply[0] == 2, "%u bytes", out.reply_bytes);
	check_refused("call", "request too long", monitor(MONITOR_CALL_PING, 1), EINVAL);
	check_refused("call", "request too short", monitor(SMC_DERIVE_KEY, 19), EINVAL);
	check_refused("call", "request of 4 GiB", monitor(SMC_DERIVE_KEY, 0xFFFFFFFF), EINVAL);
	check_refused("call", "request in the kernel",
		      call(AZURE_SPHERE_MONITOR_DEVICE, SMC_DERIVE_KEY, (void *)0xC0008000, 20, reply,
			   sizeof reply, NULL), EFAULT);
	check_refused("call", "reply in the kernel",
		      call(AZURE_SPHERE_MONITOR_DEVICE, MONITOR_CALL_GET_VERSION, NULL, 0, (void *)0xC0008000,
			   4, NULL), EFAULT);
	check_refused("call", "structure nowhere", ioctl(fd, (int)AZURE_SPHERE_CALL, NULL), EFAULT);
	check_refused("call", "another ioctl", ioctl(fd, 0x7004, &out), ENOTTY);
	close(fd);
}

/* An application without rights, and root by its user id. */
static int no_rights(void *unused)
{
	static const struct {
		unsigned number, bytes;
	} monitor_rows[] = {
		{ MONITOR_CALL_NEW_UPDATE_NONCE, 0 }, { MONITOR_CALL_STAGE_MANIFESTS, 1 },
		{ MONITOR_CALL_OPEN_STAGING, 16 },    { MONITOR_CALL_INSTALL, 0 },
		{ MONITOR_CALL_GET_COMPONENTS, 0 },   { SMC_DERIVE_KEY, 20 },
		{ SMC_GET_LOG_DATA, 12 },	      { SMC_RECORD_TELEMETRY, 8 },
		{ SMC_FIND_IMAGE, 16 },		      { SMC_TEND_WATCHDOG, 0 },
	};
	static const struct {
		unsigned number, bytes;
	} pluton_rows[] = {
		{ PLUTON_GENERATE_CLIENT_AUTH_KEY, 16 }, { PLUTON_PROCESS_ATTESTATION, 32 },
		{ PLUTON_COMMIT_CLIENT_AUTH_KEY, 16 },	 { PLUTON_SET_MANUFACTURING_STATE, 8 },
		{ PLUTON_SET_POSTCODE, 4 },		 { PLUTON_APPLY_CAPABILITIES, 0 },
	};
	unsigned char credential[AZURE_SPHERE_CREDENTIAL_BYTES];

	(void)unused;
	credential_make(credential, 3, 0);
	if (credential_set(credential, sizeof credential) != sizeof credential)
		return 100;
	for (unsigned i = 0; i < sizeof monitor_rows / sizeof *monitor_rows; i++)
		if (monitor(monitor_rows[i].number, monitor_rows[i].bytes) != -1 || errno != EACCES)
			return 1 + (int)i;
	for (unsigned i = 0; i < sizeof pluton_rows / sizeof *pluton_rows; i++)
		if (pluton(pluton_rows[i].number, pluton_rows[i].bytes) != -1 || errno != EACCES)
			return 50 + (int)i;
	return monitor(MONITOR_CALL_PING, 0) == 0 ? 0 : 101;
}

struct derive {
	unsigned char component, claimed;
	int pipe;
};

/* A storage key: the component is the credential's, whatever the request says. */
static int derive(void *argument)
{
	const struct derive *d = argument;
	unsigned char credential[AZURE_SPHERE_CREDENTIAL_BYTES], request[20] = { 0 }, reply[40];
	struct azure_sphere_call out;

	credential_make(credential, d->component, AZURE_SPHERE_CAP_SFS);
	memset(request, d->claimed, 16);
	if (credential_set(credential, sizeof credential) != sizeof credential)
		return 1;
	if (call(AZURE_SPHERE_MONITOR_DEVICE, SMC_DERIVE_KEY, request, sizeof request, reply, sizeof reply,
		 &out) || out.status != MONITOR_OK || out.reply_bytes != sizeof reply)
		return 2;
	return write(d->pipe, reply, sizeof reply) == sizeof reply ? 0 : 3;
}

static bool derive_as(unsigned char component, unsigned char claimed, unsigned char key[static 40])
{
	int ends[2];

	if (pipe(ends))
		return false;
	struct derive d = { component, claimed, ends[1] };
	const int step = in_child(derive, &d);
	close(ends[1]);
	const bool good = step == 0 && read(ends[0], key, 40) == 40;
	close(ends[0]);
	return good;
}

static void storage_keys(void)
{
	unsigned char first[40], again[40], other[40];
	const bool got = derive_as(7, 7, first) && derive_as(7, 8, again) && derive_as(8, 8, other);

	check("TALOS-2020-1133", "a storage key can be had", got, "%s", strerror(errno));
	check("TALOS-2020-1133", "naming another component gives one's own key",
	      got && memcmp(first, again, 32) == 0, "differs");
	check("TALOS-2020-1133", "another component has another key", got && memcmp(first, other, 32) != 0,
	      "the same");
}

/* Whether Pluton says who it is; false: too many ask it. */
static bool identity_asked(void)
{
	unsigned char reply[256];

	return call(AZURE_SPHERE_PLUTON_DEVICE, PLUTON_GET_SECURITY_STATE, NULL, 0, reply, sizeof reply,
		    NULL) == 0 || errno != EBUSY;
}

/* Applications that ask Pluton all the time, more of them than may wait for it. */
static int flood(void *unused)
{
	unsigned char credential[AZURE_SPHERE_CREDENTIAL_BYTES];
	unsigned busy = 0;

	(void)unused;
	credential_make(credential, 3, 0);
	if (credential_set(credential, sizeof credential) != sizeof credential)
		return 1;
	for (unsigned i = 0; i < 40; i++)
		busy += !identity_asked();
	return busy ? 2 : 0;
}

static void waiting_callers(void)
{
	enum { FLOODERS = 12 };
	pid_t child[FLOODERS];
	unsigned refused = 0, busy = 0;

	for (unsigned i = 0; i < FLOODERS; i++) {
		child[i] = fork();
		if (child[i] == 0)
			_exit(flood(NULL));
	}
	for (unsigned i = 0; i < 40; i++)
		refused += !identity_asked();
	for (unsigned i = 0; i < FLOODERS; i++) {
		int status = 0;

		waitpid(child[i], &status, 0);
		busy += WIFEXITED(status) && WEXITSTATUS(status) == 2;
	}
	check("TALOS-2020-1117", "who may ask Pluton is bounded", busy > 0, "%u of %d were told", busy, FLOODERS);
	check("TALOS-2020-1117", "and a flood without rights keeps nobody else out", refused == 0, "%u refused",
	      refused);
}

void call_checks(void)
{
	denied_to_all();
	shapes();
	const int step = in_child(no_rights, NULL);
	check("TALOS-2020-1133", "no call without its capability, even as root", step == 0, "step %d", step);
	storage_keys();
	waiting_callers();
}
