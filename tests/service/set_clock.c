/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A wall clock that a test sets under a whole running service.  Linked into a second perisphered
 * (perisphered_set_clock), whose other objects are those of the real one.
 *
 *   PERI_TEST_CLOCK   a file of 8 bytes: seconds to add, int64_t in the machine's byte order; written in place
 *                     by the test while the service runs.  Without it: the clock is right.
 *
 * The dynamic linker finds the program's symbols before those of libc, so that every library (OpenSSL, SQLite, libpq,
 * libevent) sees this clock too.  The file is opened at the start of each process, before it is confined: the mapping
 * stays, the environment goes through exec.
 * CLOCK_MONOTONIC is left alone: nobody sets it, on a real machine neither.  Not reached: libc's own use of its clock
 * (syslog), and the times of files, which the kernel gives.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_s;

__attribute__((constructor)) static void clock_open(void)
{
    const char *path = getenv("PERI_TEST_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (!path)
        return;
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset_s, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) { /* a test that would see the right clock could not fail */
        perror(path);
        _exit(127);
    }
    close(fd);
    offset_s = at;
}

/* Past the library whose function this is. */
int clock_gettime(clockid_t id, struct timespec *now)
{
    if (syscall(SYS_clock_gettime, id, now) != 0)
        return -1;
    if (offset_s && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI))
        now->tv_sec += *offset_s;
    return 0;
}

time_t time(time_t *to)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (to)
        *to = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact = {0};
    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &exact);
    *now = (struct timeval){exact.tv_sec, exact.tv_nsec / 1000};
    return 0;
}
