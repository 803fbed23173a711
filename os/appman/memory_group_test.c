/* SPDX-License-Identifier: BSD-2-Clause */
/* memory_group.h: devices that start at once on one machine do not disturb each
 * other's trial of the controller. */
#include "os/appman/memory_group.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

enum { DEVICES = 4, TRIALS = 200 };

int main(void)
{
    if (!memory_group_available()) {
        fprintf(stderr, "this machine has no memory controller to try\n");
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
