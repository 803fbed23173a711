// SPDX-License-Identifier: GPL-2.0-or-later
/* Nothing that can be written is ever executable. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/testing/check.h"

enum { PAGE = 4096 };

static void *map(int fd, int protection, int flags)
{
	return mmap(NULL, PAGE, protection, flags, fd, 0);
}

/* As a call's result: 0 and unmapped again, or -1 with errno. */
static long map_try(int fd, int protection, int flags)
{
	void *at = map(fd, protection, flags);

	if (at == MAP_FAILED)
		return -1;
	munmap(at, PAGE);
	return 0;
}

/* Mappings of this process that are executable and writable, or executable without
 * being of the image; -1 if the list cannot be read. */
static int maps_bad(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256];
	int bad = 0;

	if (!maps)
		return -1;
	while (fgets(line, sizeof line, maps)) {
		const char *rights = strchr(line, ' ');
		if (!rights || rights[3] != 'x')
			continue;
		/* the kernel's own page of signal returns is not a mapping of ours */
		if (rights[2] == 'w' ||
		    (!strstr(line, CHECK_PROGRAM) && !strstr(line, "[sigpage]")))
			bad++;
	}
	fclose(maps);
	return bad;
}

static void mapping(void)
{
	const int program = open(CHECK_PROGRAM, O_RDONLY | O_CLOEXEC);
	const int file = open(CHECK_TMPFS "/code", O_RDWR | O_CREAT | O_CLOEXEC, 0755);
	const int memory = memfd_create("code", MFD_CLOEXEC);
	const int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
	const int rx = PROT_READ | PROT_EXEC, rwx = rx | PROT_WRITE;

	if (ftruncate(file, PAGE) || ftruncate(memory, PAGE))
		check("w^x", "test files", false, "%s", strerror(errno));
	check("w^x", "image file private r-x is allowed", map_try(program, rx, MAP_PRIVATE) == 0, "%s",
	      strerror(errno));
	check_refused("w^x", "image file private rwx", map_try(program, rwx, MAP_PRIVATE), EACCES);
	check_refused("w^x", "image file shared r-x", map_try(program, rx, MAP_SHARED), EACCES);
	check_refused("w^x", "anonymous rwx", map_try(-1, rwx, anonymous), EACCES);
	check_refused("w^x", "anonymous r-x", map_try(-1, rx, anonymous), EACCES);
	check_refused("w^x", "anonymous shared r-x", map_try(-1, rx, MAP_SHARED | MAP_ANONYMOUS), EACCES);
	check_refused("w^x", "tmpfs file r-x", map_try(file, rx, MAP_PRIVATE), EACCES);
	check_refused("w^x", "memfd r-x", map_try(memory, rx, MAP_PRIVATE), EACCES);
	check_refused("TALOS-2020-1134", "file that is not regular r-x", map_try(zero, rx, MAP_PRIVATE),
		      EACCES);
	close(program);
	close(file);
	close(memory);
	close(zero);
}

static void protecting(void)
{
	const int rx = PROT_READ | PROT_EXEC, rw = PROT_READ | PROT_WRITE;
	const int program = open(CHECK_PROGRAM, O_RDONLY | O_CLOEXEC);
	uint8_t *own = map(-1, rw, MAP_PRIVATE | MAP_ANONYMOUS);
	uint8_t *copy = map(program, rw, MAP_PRIVATE);
	uint8_t *plain = map(program, PROT_READ, MAP_PRIVATE);
	uint8_t *code = map(program, rx, MAP_PRIVATE);

	check("w^x", "private mapping of an image file can be written", copy != MAP_FAILED, "%s",
	      strerror(errno));
	*own = *copy = 1;
	check_refused("w^x", "mprotect rw- to r-x", mprotect(own, PAGE, rx), EACCES);
	check_refused("w^x", "mprotect rw- to rwx", mprotect(own, PAGE, rw | PROT_EXEC), EACCES);
	check("w^x", "mprotect rw- to r-- is allowed", mprotect(copy, PAGE, PROT_READ) == 0, "%s",
	      strerror(errno));
	check_refused("w^x", "mprotect r-x of a page that was written before", mprotect(copy, PAGE, rx),
		      EACCES);
	check_refused("w^x", "mprotect r-- to r-x", mprotect(plain, PAGE, rx), EACCES);
	check_refused("w^x", "mprotect r-x to rw-", mprotect(code, PAGE, rw), EACCES);
	check_refused("w^x", "mprotect r-x to rwx", mprotect(code, PAGE, rw | PROT_EXEC), EACCES);
	check("w^x", "mprotect r-x to r-- is allowed", mprotect(code, PAGE, PROT_READ) == 0, "%s",
	      strerror(errno));
	check_refused("w^x", "mprotect back to r-x", mprotect(code, PAGE, rx), EACCES);
	close(program);
}

/* The personality that makes readable executable; in a child, to keep this process as it is. */
static int read_implies_exec(void *unused)
{
	(void)unused;
	syscall(SYS_personality, READ_IMPLIES_EXEC);
	if (syscall(SYS_personality, 0xffffffffUL) & READ_IMPLIES_EXEC)
		return 1;
	if (map(-1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS) == MAP_FAILED)
		return 2;
	void *page = map(-1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	if (page == MAP_FAILED || mprotect(page, PAGE, PROT_READ))
		return 3;
	/* musl's sbrk() does not grow */
	const long end = syscall(SYS_brk, 0);
	if (syscall(SYS_brk, end + 4 * PAGE) != end + 4 * PAGE)
		return 4;
	return maps_bad() == 0 ? 0 : 5;
}

static int jump_to_data(void *unused)
{
	/* bx lr in Thumb: would return */
	static uint16_t code[] = { 0x4770, 0x4770 };
	void (*function)(void) = (void (*)(void))((uintptr_t)code | 1);

	(void)unused;
	function();
	return 0;
}

static int jump_to_stack(void *unused)
{
	uint16_t code[] = { 0x4770, 0x4770 };
	void (*volatile function)(void) = (void (*)(void))((uintptr_t)code | 1);

	(void)unused;
	function();
	return 0;
}

static void proc_mem(const char *id, const char *path)
{
	static volatile uint32_t word = 1;
	const uint32_t changed = 2;
	char what[80];
	uint32_t got = 0;
	const int fd = open(path, O_RDWR | O_CLOEXEC);

	snprintf(what, sizeof what, "read through %s is allowed", path);
	check(id, what, fd >= 0 && pread(fd, &got, sizeof got, (off_t)(uintptr_t)&word) == sizeof got &&
				got == word, "%s", strerror(errno));
	snprintf(what, sizeof what, "write data through %s", path);
	check_refused(id, what, pwrite(fd, &changed, sizeof changed, (off_t)(uintptr_t)&word), EACCES);
	snprintf(what, sizeof what, "write text through %s", path);
	check_refused(id, what, pwrite(fd, &changed, sizeof changed,
				       (off_t)((uintptr_t)maps_bad & ~(uintptr_t)3)), EACCES);
	check(id, "memory is as it was", word == 1, "%u", word);
	close(fd);
}

void memory_checks(void)
{
	char path[64];

	mapping();
	protecting();
	check("w^x", "no mapping of this process is both", maps_bad() == 0, "%d", maps_bad());
	int got = in_child(read_implies_exec, NULL);
	check("TALOS-2020-1128", "personality READ_IMPLIES_EXEC has no effect", got == 0, "step %d", got);
	got = in_child(jump_to_data, NULL);
	check("w^x", "data do not run", got == -11, "ended with %d", got);
	got = in_child(jump_to_stack, NULL);
	check("w^x", "the stack does not run", got == -11, "ended with %d", got);
	proc_mem("TALOS-2020-1093", "/proc/self/mem");
	proc_mem("TALOS-2020-1138", "/proc/thread-self/mem");
	snprintf(path, sizeof path, "/proc/self/task/%d/mem", (int)syscall(SYS_gettid));
	proc_mem("TALOS-2020-1138", path);
	snprintf(path, sizeof path, "/proc/%d/mem", (int)getpid());
	proc_mem("TALOS-2020-1138", path);
}
