// SPDX-License-Identifier: GPL-2.0-or-later
/* ASXipFS: read in place, never written, one's own copy on a private write. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "kernel/testing/check.h"

enum { PAGE = 4096, ASXIPFS_MAGIC = 0x28CD3D45 };

static void reading(void)
{
	struct stat stat_buffer;
	struct statfs fs;
	static char by_read[PAGE], more;
	const int fd = open(CHECK_PROGRAM, O_RDONLY | O_CLOEXEC);

	check("asxipfs", "root is an image", statfs("/", &fs) == 0 && fs.f_type == ASXIPFS_MAGIC, "%lx",
	      (unsigned long)fs.f_type);
	check("asxipfs", "size and mode", fstat(fd, &stat_buffer) == 0 &&
					  stat_buffer.st_mode == (S_IFREG | 0755) &&
					  stat_buffer.st_size > 2 * PAGE, "mode %o", stat_buffer.st_mode);
	const off_t size = stat_buffer.st_size;
	const size_t tail = (size_t)(size % PAGE), pages = (size_t)((size + PAGE - 1) / PAGE);
	char *map = mmap(NULL, (pages + 1) * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	check("asxipfs", "reading and mapping agree",
	      pread(fd, by_read, PAGE, PAGE) == PAGE && memcmp(by_read, map + PAGE, PAGE) == 0, "page 1");
	check("asxipfs", "a read ends with the file", pread(fd, by_read, PAGE, size - 1) == 1 &&
						      pread(fd, &more, 1, size) == 0, "at %ld", (long)size);
	bool zero = true;
	for (size_t i = tail; tail && i < PAGE; i++)
		zero = zero && map[(pages - 1) * PAGE + i] == 0;
	check("asxipfs", "zeros behind the end of the file", zero, "not zero");
	munmap(map, (pages + 1) * PAGE);
	close(fd);
}

static int touch_behind(void *unused)
{
	struct stat stat_buffer;
	const int fd = open(CHECK_PROGRAM, O_RDONLY);

	(void)unused;
	if (fstat(fd, &stat_buffer))
		return 1;
	const size_t pages = (size_t)((stat_buffer.st_size + PAGE - 1) / PAGE);
	volatile char *map = mmap(NULL, (pages + 1) * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	return map[pages * PAGE];
}

static void copying(void)
{
	const int fd = open(CHECK_PROGRAM, O_RDONLY | O_CLOEXEC);
	char *own = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	char *other = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	char first;

	own[0] = 'X'; /* the first access, a write */
	first = own[PAGE + 1];
	own[PAGE + 1] = (char)(first + 1); /* after a read */
	check("asxipfs", "a private write is seen by the writer", own[0] == 'X' && own[1] == 'E' &&
								  own[PAGE + 1] == (char)(first + 1), "%c", own[0]);
	check("asxipfs", "and by nobody else", other[0] == 0x7f && other[PAGE + 1] == first, "%c", other[0]);
	check("asxipfs", "nor in the file", pread(fd, &first, 1, 0) == 1 && first == 0x7f, "%c", first);
	check_refused("asxipfs", "shared mapping that may be written",
		      (long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EACCES);
	munmap(own, 2 * PAGE);
	munmap(other, 2 * PAGE);
	close(fd);
}

static void refusing(void)
{
	check_refused("asxipfs", "open for writing", open(CHECK_PROGRAM, O_RDWR), EROFS);
	check_refused("asxipfs", "make a file", open("/new", O_CREAT | O_WRONLY, 0600), EROFS);
	check_refused("asxipfs", "unlink", unlink(CHECK_PROGRAM), EROFS);
	check_refused("asxipfs", "chmod", chmod(CHECK_PROGRAM, 06755), EROFS);
	check_refused("asxipfs", "remount for writing", mount(NULL, "/", NULL, MS_REMOUNT, NULL), EROFS);
	check_refused("asxipfs", "a file that is not there", open("/usr/bin/none", O_RDONLY), ENOENT);
	check_refused("asxipfs", "mount of an unknown component",
		      mount("00000000-0000-0000-0000-000000000001", "/mnt", "asxipfs", 0, NULL), ENOENT);
	check_refused("asxipfs", "mount of an address", mount("0x90450000", "/mnt", "asxipfs", 0, NULL),
		      EINVAL);
	check_refused("asxipfs", "option physaddr", mount("00000000-0000-0000-0000-000000000001", "/mnt",
							  "asxipfs", 0, "physaddr=0x80000000"), EINVAL);
}

/* The root's component, from the command line. */
static bool root_component(char *out, size_t room)
{
	char line[512];
	const int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	const ssize_t bytes = read(fd, line, sizeof line - 1);

	close(fd);
	if (bytes <= 0)
		return false;
	line[bytes] = '\0';
	const char *at = strstr(line, "root=");
	const size_t length = at ? strcspn(at + 5, " \n") : 0;
	if (length == 0 || length >= room)
		return false;
	memcpy(out, at + 5, length);
	out[length] = '\0';
	return true;
}

static int list(const char *path)
{
	DIR *directory = opendir(path);
	int count = 0;

	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count;
}

static void mounting(void)
{
	char component[64] = "";
	struct stat stat_buffer = { 0 };
	const char *program = "/mnt" CHECK_PROGRAM;

	check("asxipfs", "mount by component with owner", root_component(component, sizeof component) &&
	      mount(component, "/mnt", "asxipfs", 0, "uid=1001,gid=1002") == 0, "%s", strerror(errno));
	check("asxipfs", "everything belongs to that owner", stat(program, &stat_buffer) == 0 &&
	      stat_buffer.st_uid == 1001 && stat_buffer.st_gid == 1002, "%u", stat_buffer.st_uid);
	check("asxipfs", "directories list the same twice", list("/mnt/usr/bin") == 3 &&
							    list("/usr/bin") == 3, "%d", list("/mnt/usr/bin"));
	check("asxipfs", "unmount", umount("/mnt") == 0, "%s", strerror(errno));
}

static int copy_to(const char *from, int to)
{
	char buffer[PAGE];
	const int fd = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	while ((got = read(fd, buffer, sizeof buffer)) > 0)
		if (write(to, buffer, (size_t)got) != got)
			return -1;
	close(fd);
	return 0;
}

static int run_image(void *unused)
{
	(void)unused;
	execl(CHECK_PROGRAM, CHECK_PROGRAM, CHECK_ARGUMENT, (char *)NULL);
	return errno;
}

static int run_tmpfs(void *unused)
{
	(void)unused;
	execl(CHECK_TMPFS "/program", "program", CHECK_ARGUMENT, (char *)NULL);
	return errno;
}

static int run_memory(void *unused)
{
	const int fd = memfd_create("program", 0);

	(void)unused;
	if (copy_to(CHECK_PROGRAM, fd))
		return 1;
	char *const arguments[] = { "program", CHECK_ARGUMENT, NULL };
	fexecve(fd, arguments, arguments + 2);
	return errno;
}

static void executing(void)
{
	const int file = open(CHECK_TMPFS "/program", O_CREAT | O_WRONLY | O_CLOEXEC, 0755);

	check("exec", "a copy of the program on tmpfs", copy_to(CHECK_PROGRAM, file) == 0, "%s",
	      strerror(errno));
	close(file);
	int got = in_child(run_image, NULL);
	check("exec", "the image's program runs", got == CHECK_ALIVE, "ended with %d", got);
	got = in_child(run_tmpfs, NULL);
	check("exec", "its copy on tmpfs does not", got == EACCES, "ended with %d", got);
	got = in_child(run_memory, NULL);
	check("exec", "nor in a memfd", got == EACCES, "ended with %d", got);
	unlink(CHECK_TMPFS "/program");
}

void image_checks(void)
{
	reading();
	const int got = in_child(touch_behind, NULL);
	check("asxipfs", "a page behind the file is SIGBUS", got == -7, "ended with %d", got);
	copying();
	refusing();
	mounting();
	executing();
}
