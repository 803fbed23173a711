// SPDX-License-Identifier: GPL-2.0-or-later
/* The first process of the test root: mounts, checks, powers off. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/testing/check.h"

static unsigned failures;

void check(const char *id, const char *what, bool good, const char *detail, ...)
{
	char text[160] = "";
	va_list arguments;

	va_start(arguments, detail);
	vsnprintf(text, sizeof text, detail, arguments);
	va_end(arguments);
	if (good) {
		printf("ok %s %s\n", id, what);
	} else {
		failures++;
		printf("FAIL %s %s: %s\n", id, what, text);
	}
}

void check_refused(const char *id, const char *what, long returned, int expected)
{
	const int got = errno;

	check(id, what, returned == -1 && got == expected, "returned %ld, errno %d, not %d", returned,
	      returned == -1 ? got : 0, expected);
}

unsigned check_failures(void)
{
	return failures;
}

int in_child(int (*function)(void *), void *argument)
{
	int status = 0;

	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		const int result = function(argument);
		fflush(stdout);
		_exit(result);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1000;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], CHECK_ARGUMENT) == 0)
		return CHECK_ALIVE;
	if (strcmp(argv[0], CHECK_CRASH_HANDLER) == 0)
		return crash_handler();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) ||
	    mount("tmpfs", CHECK_TMPFS, "tmpfs", MS_NOSUID | MS_NODEV, "size=256k"))
		printf("FAIL mount: %s\n", strerror(errno));
	system_checks();
	watchdog_tend();
	memory_checks();
	image_checks();
	process_checks();
	watchdog_tend();
	call_checks();
	evidence_checks();
	crash_checks();
	watchdog_tend();
	storage_checks();
	network_checks();
	intercore_checks();
	printf("checks: %u failed\n", failures);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
