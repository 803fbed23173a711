/* SPDX-License-Identifier: BSD-2-Clause */
/* os/appman/app_memory.h: texts as the kernel writes them, and a process of another uid (as root). */
#include "os/appman/app_memory.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

enum { UID = 61999, HELD_KB = 8192 };

static void texts(void)
{
    struct app_memory m = {0, 0};
    CHECK(app_memory_add("Name:\tx\nUid:\t7\t7\t7\t7\nVmHWM:\t    20 kB\nVmRSS:\t    10 kB\n", 7, &m));
    CHECK_INT(m.now_kb, 10);
    CHECK_INT(m.peak_kb, 20);
    CHECK(app_memory_add("Uid:\t7\t8\t8\t8\nVmHWM:\t2 kB\nVmRSS:\t1 kB", 7, &m));
    CHECK_INT(m.now_kb, 11);
    CHECK_INT(m.peak_kb, 22);
    CHECK(!app_memory_add("Uid:\t8\t7\t7\t7\nVmHWM:\t2 kB\nVmRSS:\t1 kB\n", 7, &m)); /* another's */
    CHECK(!app_memory_add("Name:\tUid:\t7\nUid:\t8\nVmHWM:\t2 kB\nVmRSS:\t1 kB\n", 7, &m)); /* a name that looks like one */
    CHECK(!app_memory_add("Uid:\t7\t7\t7\t7\nState:\tZ\n", 7, &m)); /* a zombie */
    CHECK(!app_memory_add("Uid:\t7\nVmRSS:\t1 kB\n", 7, &m)); /* cut off */
    CHECK(!app_memory_add("", 7, &m));
    CHECK_INT(m.now_kb, 11);
    CHECK(app_memory_add("Uid:\t7\nVmHWM:\t4294967295 kB\nVmRSS:\t4294967295 kB\n", 7, &m));
    CHECK_INT(m.now_kb, UINT32_MAX); /* never small again */
}

static void process(void)
{
    int ready[2], end[2];
    struct app_memory m = {1, 1};
    app_memory_read(UID, &m);
    CHECK_INT(m.now_kb, 0);
    if (geteuid() != 0)
        return;
    REQUIRE(pipe(ready) == 0 && pipe(end) == 0);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        char byte = 0;
        close(end[1]);
        char *held = mmap(NULL, HELD_KB * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (held == MAP_FAILED || setgid(UID) != 0 || setuid(UID) != 0)
            _exit(1);
        memset(held, 1, HELD_KB * 1024);
        _exit(write(ready[1], &byte, 1) == 1 && read(end[0], &byte, 1) == 0 ? 0 : 1);
    }
    char byte;
    close(ready[1]);
    REQUIRE(read(ready[0], &byte, 1) == 1);
    app_memory_read(UID, &m);
    CHECK(m.now_kb >= HELD_KB && m.peak_kb >= m.now_kb);
    close(end[1]);
    int status;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
    app_memory_read(UID, &m);
    CHECK_INT(m.now_kb, 0);
}

int main(void)
{
    texts();
    process();
    return check_done();
}
