// SPDX-License-Identifier: GPL-2.0-or-later
/* What the running system is like: memory, settings, nodes, what is not there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/testing/check.h"

enum { MEM_TOTAL_KIB = 3472 };

static long number_in(const char *path, const char *before)
{
	char text[1536];
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t bytes = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	if (bytes < 0)
		return -1;
	text[bytes] = '\0';
	const char *at = before ? strstr(text, before) : text;
	return at ? strtol(at + (before ? strlen(before) : 0), NULL, 10) : -1;
}

void memory_print(const char *when)
{
	printf("memory %s: MemTotal %ld KiB, MemFree %ld KiB, MemAvailable %ld KiB\n", when,
	       number_in("/proc/meminfo", "MemTotal:"), number_in("/proc/meminfo", "MemFree:"),
	       number_in("/proc/meminfo", "MemAvailable:"));
}

static void memory(void)
{
	const long total = number_in("/proc/meminfo", "MemTotal:");

	memory_print("at start");
	check("memory", "MemTotal is at least 3472 KiB", total >= MEM_TOTAL_KIB, "%ld KiB", total);
}

static void settings(void)
{
	static const struct {
		const char *path;
		long value;
	} rows[] = {
		{ "/proc/sys/kernel/kptr_restrict", 1 },
		{ "/proc/sys/kernel/dmesg_restrict", 1 },
		{ "/proc/sys/kernel/randomize_va_space", 2 },
		{ "/proc/sys/kernel/panic_on_oops", 1 },
		{ "/proc/sys/vm/mmap_min_addr", 4096 },
		{ "/proc/sys/fs/protected_hardlinks", 1 },
		{ "/proc/sys/fs/protected_symlinks", 1 },
		{ "/proc/sys/fs/protected_fifos", 2 },
		{ "/proc/sys/fs/protected_regular", 2 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const long got = number_in(rows[i].path, NULL);
		check("20.07", rows[i].path, got == rows[i].value, "%ld", got);
	}
}

/* Everything in /dev is one of these. */
static void nodes(void)
{
	static const char *const known[] = {
		".", "..", ".mount", "console", "full", "hwrng", "kmsg", "null", "pluton", "ptmx",
		"random", "security-monitor", "tty", "ttyS0", "urandom", "zero", "mtd0", "mtd0ro",
	};
	DIR *dev = opendir("/dev");
	struct dirent *entry;

	while (dev && (entry = readdir(dev)) != NULL) {
		bool good = false;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			good = good || strcmp(entry->d_name, known[i]) == 0;
		if (!good)
			check("TALOS-2020-1132", "nodes in /dev", false, "\"%s\"", entry->d_name);
	}
	check("TALOS-2020-1132", "/dev can be listed", dev != NULL, "%s", strerror(errno));
	if (dev)
		closedir(dev);
	if (access("/dev/mtd0", F_OK) == 0)
		check_refused("TALOS-2020-1132", "open /dev/mtd0 as root", open("/dev/mtd0", O_RDWR), EPERM);
	check_refused("TALOS-2020-1132", "open /dev/mem", open("/dev/mem", O_RDWR), ENOENT);
	check_refused("TALOS-2020-1131", "mknod of a character device as root",
		      mknod(CHECK_TMPFS "/mtd0", S_IFCHR | 0600, 90 << 8), EPERM);
	check_refused("TALOS-2020-1131", "mknod of a block device as root",
		      mknod(CHECK_TMPFS "/block", S_IFBLK | 0600, 8 << 8), EPERM);
	check("TALOS-2020-1131", "mknod of a fifo is allowed",
	      mknod(CHECK_TMPFS "/fifo", S_IFIFO | 0600, 0) == 0, "%s", strerror(errno));
}

static void absent(void)
{
	check_refused("TALOS-2020-1134", "packet socket", socket(AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT);
	check_refused("TALOS-2022-1497", "/proc/fdt does not exist", open("/proc/fdt", O_RDONLY), ENOENT);
	check_refused("TALOS-2022-1497", "/sys is not there", mount("s", "/mnt", "sysfs", 0, NULL), ENODEV);
	check_refused("surface", "bpf()", syscall(SYS_bpf, 0, 0, 0), ENOSYS);
	check_refused("surface", "userfaultfd()", syscall(SYS_userfaultfd, 0), ENOSYS);
	check_refused("surface", "io_uring_setup()", syscall(SYS_io_uring_setup, 1, 0), ENOSYS);
	check_refused("surface", "process_vm_writev()",
		      syscall(SYS_process_vm_writev, getpid(), 0, 0, 0, 0, 0), ENOSYS);
	check_refused("surface", "init_module()", syscall(SYS_init_module, 0, 0, 0), ENOSYS);
	check_refused("surface", "kexec_load()", syscall(SYS_kexec_load, 0, 0, 0, 0), ENOSYS);
}

/* As an application: no capabilities. */
static int kernel_log(void *unused)
{
	char text[64];

	(void)unused;
	if (setgid(1001) || setuid(1001))
		return 1;
	if (klogctl(3, text, sizeof text) != -1 || errno != EPERM)
		return 2;
	return open("/dev/kmsg", O_RDONLY) == -1 ? 0 : 3;
}

static void random_numbers(void)
{
	unsigned char bytes[32] = { 0 };
	const ssize_t got = getrandom(bytes, 7, GRND_NONBLOCK);
	unsigned behind = 0;

	for (size_t i = 7; i < sizeof bytes; i++)
		behind |= bytes[i];
	check("20.07", "random numbers are ready before user space", got == 7, "%zd, %s", got,
	      strerror(errno));
	check("Trail of Bits", "an odd number of them is filled exactly",
	      behind == 0 && bytes[4] + bytes[5] + bytes[6] != 0, "%u", behind);
}

static void links(void)
{
	const unsigned long nosymfollow = 256; /* MS_NOSYMFOLLOW; not in every header */

	check("20.08", "tmpfs can be mounted without links",
	      mount("tmpfs", "/mnt", "tmpfs", nosymfollow | MS_NODEV | MS_NOSUID, "size=16k") == 0, "%s",
	      strerror(errno));
	check("20.08", "a link can be made there", symlink("/proc/version", "/mnt/link") == 0, "%s",
	      strerror(errno));
	check_refused("20.08", "a link on it is followed", open("/mnt/link", O_RDONLY), ELOOP);
	umount("/mnt");
}

/* The C library's own ways to wait. */
static void waiting(void)
{
	struct timespec before, after, pause = { .tv_nsec = 50000000 };
	struct timeval timeout = { .tv_usec = 50000 };

	clock_gettime(CLOCK_MONOTONIC, &before);
	const int slept = nanosleep(&pause, NULL), selected = select(0, NULL, NULL, NULL, &timeout);
	clock_gettime(CLOCK_MONOTONIC, &after);
	const long ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
	check("time", "nanosleep and select wait", slept == 0 && selected == 0 && ms >= 99,
	      "%d, %d, %ld ms", slept, selected, ms);
}

void system_checks(void)
{
	memory();
	settings();
	nodes();
	absent();
	const int step = in_child(kernel_log, NULL);
	check("TALOS-2020-1089", "kernel log is not for applications", step == 0, "step %d", step);
	random_numbers();
	waiting();
	links();
}
