/* SPDX-License-Identifier: BSD-2-Clause */
/* From inside: names can be resolved, all other files are out of reach. */
#include "os/networkd/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

static char folder[] = "/tmp/peri-networkd-XXXXXX", beside[64];

static bool refused(long result)
{
    return result < 0 && (errno == EACCES || errno == EPERM);
}

static bool opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void inside(long version)
{
    char *none[] = {NULL}, fresh[80];
    struct addrinfo *list = NULL;
    snprintf(fresh, sizeof fresh, "%s/new", folder);
    CHECK_INT(getaddrinfo("localhost", NULL, NULL, &list), 0);
    freeaddrinfo(list);
    CHECK(opens("/etc/nsswitch.conf", O_RDONLY));
    CHECK(opens("/dev/null", O_RDWR));
    CHECK(refused(open(beside, O_RDONLY)));
    CHECK(refused(open(beside, O_WRONLY)));
    CHECK(refused(open(fresh, O_WRONLY | O_CREAT, 0600)));
    CHECK(refused(open("/etc/hosts", O_WRONLY)));
    CHECK(refused(open("/proc/self/environ", O_RDONLY)));
    CHECK(refused(unlink(beside)));
    CHECK(refused(mkdir(fresh, 0700)));
    CHECK(refused(execve("/bin/true", none, none)));
    if (version >= 6)
        CHECK(refused(kill(getppid(), 0)));
}

int main(void)
{
    long version = syscall(444 /* landlock_create_ruleset */, NULL, 0, 1);
    REQUIRE(mkdtemp(folder));
    snprintf(beside, sizeof beside, "%s/file", folder);
    REQUIRE(opens(beside, O_WRONLY | O_CREAT));
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        CHECK_INT(networkd_confine(), version > 0 ? 0 : E_UNSUPPORTED);
        if (version > 0)
            inside(version);
        _exit(check_failed ? 1 : 0); /* a sanitizer's end would open files */
    }
    int status = -1;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
    unlink(beside);
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
