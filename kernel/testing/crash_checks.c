// SPDX-License-Identifier: GPL-2.0-or-later
/* The crash handler, which the kernel starts, has the two rights it needs and no other. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel/testing/check.h"

enum { REPORT_MAX = 1024, WAIT_MS = 10000 };

/* CREDENTIAL, then the line of the effective Linux capabilities, then how much came in. */
int crash_handler(void)
{
	char text[REPORT_MAX], line[128];
	unsigned char core[4096];
	long total = 0;
	ssize_t got;
	const int fd = open("/proc/self/attr/current", O_RDONLY | O_CLOEXEC);
	FILE *status = fopen("/proc/self/status", "r");
	FILE *report = fopen(CHECK_CRASH_REPORT ".new", "w");

	if (fd < 0 || !status || !report)
		return 1;
	got = read(fd, text, sizeof text);
	fwrite(text, 1, got > 0 ? (size_t)got : 0, report);
	while (fgets(line, sizeof line, status))
		if (strncmp(line, "Cap", 3) == 0)
			fputs(line, report);
	while ((got = read(0, core, sizeof core)) > 0)
		total += got;
	fprintf(report, "core %s\n", total > 4096 ? "came" : "missing");
	fclose(report);
	return rename(CHECK_CRASH_REPORT ".new", CHECK_CRASH_REPORT);
}

static int crash(void *unused)
{
	const struct rlimit none = { 0, 0 };

	(void)unused;
	setrlimit(RLIMIT_CORE, &none); /* a pipe gets a core all the same */
	raise(SIGSEGV);
	return 0;
}

void crash_checks(void)
{
	static const char pattern[] = "|" CHECK_CRASH_HANDLER;
	char text[REPORT_MAX] = "";
	const int fd = open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC);

	check("McAfee", "core_pattern", write(fd, pattern, sizeof pattern - 1) == sizeof pattern - 1, "%s",
	      strerror(errno));
	close(fd);
	in_child(crash, NULL);
	for (int ms = 0; ms < WAIT_MS && access(CHECK_CRASH_REPORT, F_OK) != 0; ms += 10)
		usleep(10000);
	FILE *report = fopen(CHECK_CRASH_REPORT, "r");
	check("McAfee", "the crash handler was started", report != NULL, "%s", strerror(errno));
	if (!report)
		return;
	text[fread(text, 1, sizeof text - 1, report)] = '\0';
	fclose(report);
	check("McAfee", "and got the core", strstr(text, "core came\n") != NULL, "%s", text);
	check("McAfee", "its capabilities are two",
	      strncmp(text, "CID: 00000000-0000-0000-0000-000000000000\nTID: \nCAPS: 00000300\n", 63) == 0,
	      "%s", text);
	check("McAfee", "of Linux's it has the log alone",
	      strstr(text, "CapInh:\t0000000000000000\n") && strstr(text, "CapPrm:\t0000000400000000\n") &&
		      strstr(text, "CapEff:\t0000000400000000\n") &&
		      strstr(text, "CapBnd:\t0000000400000000\n"), "%s", text);
}
