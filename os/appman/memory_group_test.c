/* SPDX-License-Identifier: BSD-2-Clause */
/* memory_group.h: devices that start at once on one machine do not disturb each
 * other's trial of the controller; a machine without one (a container whose
 * control group is not its own) is told so. */
#include "os/appman/memory_group.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/check.h"

enum { DEVICES = 4, TRIALS = 200 };

/* Found by other means than those under test: version 1's folder, or a group of version 2 that hands the controller on. */
static bool controller_expected(void)
{
    if (access("/sys/fs/cgroup/memory/memory.limit_in_bytes", W_OK) == 0)
        return true;
    int fd = open("/sys/fs/cgroup/cgroup.subtree_control", O_WRONLY | O_CLOEXEC);
    bool handed_on = fd >= 0 && write(fd, "+memory", 7) == 7;
    if (fd >= 0)
        close(fd);
    return handed_on;
}

static void refused(void)
{
    char path[PATH_MAX] = "left from before";
    fprintf(stderr, "this machine has no memory controller: only its absence is tried\n");
    CHECK_INT(memory_group_make("none", 1024, path), E_UNSUPPORTED);
    CHECK_INT(path[0], '\0');
}

int main(void)
{
    bool available = memory_group_available();
    CHECK_INT(available, controller_expected());
    if (!available) {
        refused();
        return check_done();
    }
    pid_t device[DEVICES];
    for (int i = 0; i < DEVICES; i++) {
        device[i] = fork();
        REQUIRE(device[i] >= 0);
        for (int n = 0; device[i] == 0 && n < TRIALS; n++)
            if (!memory_group_available())
                _exit(1);
        if (device[i] == 0)
            _exit(0);
    }
    for (int i = 0; i < DEVICES; i++) {
        int status = -1;
        REQUIRE(waitpid(device[i], &status, 0) == device[i]);
        CHECK_INT(status, 0);
    }
    return check_done();
}
