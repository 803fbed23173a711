// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration partition, through the monitor. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/testing/check.h"

enum { BYTES = 10000, APP_UID = 61200, REGION_BYTES = 256 * 1024 };

static unsigned char pattern(unsigned at)
{
	return (unsigned char)(at * 7 + at / 251);
}

static bool write_file(const char *path)
{
	static unsigned char bytes[BYTES];
	const int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

	for (unsigned i = 0; i < BYTES; i++)
		bytes[i] = pattern(i);
	const bool good = write(fd, bytes, BYTES) == BYTES && fsync(fd) == 0;
	return close(fd) == 0 && good;
}

static bool read_file(const char *path)
{
	static unsigned char bytes[BYTES + 1];
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = read(fd, bytes, sizeof bytes) == BYTES;

	for (unsigned i = 0; i < BYTES; i++)
		good = good && bytes[i] == pattern(i);
	close(fd);
	return good;
}

/* TALOS-2020-1130: what a file is grown by is zero. */
static bool grown_is_zero(const char *path)
{
	unsigned char byte = 1;
	const int fd = open(path, O_RDWR | O_CLOEXEC);
	bool good = ftruncate(fd, 10) == 0 && ftruncate(fd, BYTES) == 0;

	for (off_t at = 10; at < BYTES; at += 997)
		good = good && pread(fd, &byte, 1, at) == 1 && byte == 0;
	close(fd);
	return good;
}

/* As an application that writes without end, and nothing that could be compressed: 0 when it
 * was refused for want of room, after at least the half of the region. */
static int fill(void *argument)
{
	static unsigned char bytes[4096];
	unsigned word = 1;
	long done = 0;
	const int fd = open(argument, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || setresgid(APP_UID, APP_UID, APP_UID) || setresuid(APP_UID, APP_UID, APP_UID))
		return 1;
	for (ssize_t n = 1; n > 0 && done < 2 * REGION_BYTES; done += n > 0 ? n : 0) {
		for (unsigned i = 0; i < sizeof bytes; i++) {
			word = word * 1664525 + 1013904223;
			bytes[i] = (unsigned char)(word >> 24);
		}
		n = write(fd, bytes, sizeof bytes);
		if (n < 0 && errno != ENOSPC)
			return 2;
	}
	return done >= REGION_BYTES / 2 && done < REGION_BYTES ? 0 : 3;
}

/* What os/appman/mounts_mcu.c mounts it with: the rest is kept for those with CAP_SYS_RESOURCE. */
static void reserve_checks(unsigned long flags)
{
	static char full[] = "/mnt/full";

	check("storage", "mount with a reserve", mount("mtd0", "/mnt", "jffs2", flags, "rp_size=48") == 0, "%s",
	      strerror(errno));
	const int fd = open(full, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0666);
	close(fd);
	const int filled = in_child(fill, full);
	check("TALOS-2020-1129", "an application is stopped before the reserve", fd >= 0 && filled == 0, "%d", filled);
	for (unsigned i = 0; i < 3; i++)
		check("TALOS-2020-1129", "and the first process can still keep what it must", write_file("/mnt/file"), "%s",
		      strerror(errno));
	check("storage", "as it was", read_file("/mnt/file"), "%s", strerror(errno));
	check("storage", "a full region can be emptied", unlink(full) == 0, "%s", strerror(errno));
	unlink("/mnt/file");
	umount("/mnt");
}

void storage_checks(void)
{
	const char *path = "/mnt/file";
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	check("storage", "mount of the configuration partition",
	      mount("mtd0", "/mnt", "jffs2", flags, NULL) == 0, "%s", strerror(errno));
	check("storage", "a file can be written", write_file(path), "%s", strerror(errno));
	check("storage", "unmount", umount("/mnt") == 0, "%s", strerror(errno));
	check("storage", "mount again", mount("mtd0", "/mnt", "jffs2", flags, NULL) == 0, "%s",
	      strerror(errno));
	check("storage", "and the file is as it was", read_file(path), "%s", strerror(errno));
	check("TALOS-2020-1130", "what a file grows by is zero", grown_is_zero(path), "%s", strerror(errno));
	check_refused("TALOS-2020-1131", "a device node there", mknod("/mnt/node", S_IFCHR | 0666, 90 << 8),
		      EPERM);
	unlink(path);
	umount("/mnt");
	reserve_checks(flags);
}
