/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From inside the confinement: what the loop needs works, everything else is
 * refused (with sanitizers) or ends the process (without).  Needs root.
 */
#include "monitor/host/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/host/sealed.h"
#include "tests/check.h"

static pid_t manager, stranger;

/* Each returns true when it was possible. */
static bool path_open(void) { return open("/etc/hostname", O_RDONLY) >= 0; }
static bool path_make(void) { return mkdir("/tmp/monitord-confine", 0700) == 0; }
static bool program_run(void)
{
    const char *argv[] = {"/bin/true", NULL};
    return syscall(SYS_execve, "/bin/true", argv, NULL) == 0;
}
static bool process_make(void) { return syscall(SYS_fork) >= 0; }
static bool socket_make(void) { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }
static bool mount_change(void) { return mount("x", "/tmp", "tmpfs", 0, NULL) == 0; }
static bool user_become(void) { return syscall(SYS_setresuid, 0, 0, 0) == 0; }
static bool trace(void) { return syscall(SYS_ptrace, 16, manager, 0, 0) == 0; }
static bool kill_stranger(void) { return kill(stranger, 0) == 0; }
static bool kill_self_group(void) { return kill(0, 0) == 0; }
static bool kill_manager(void) { return kill(manager, SIGTERM) == 0; }
static bool image_seal(void)
{
    struct sealed s;
    bool done = sealed_init(&s, span_of("image", 5)) == 0 && span_equal(s.view, span_of("image", 5));
    sealed_release(&s);
    return done;
}

static const struct {
    const char *name;
    bool (*attempt)(void);
    bool allowed;
} rows[] = {
    {"open a path", path_open, false},      {"make a folder", path_make, false},
    {"run a program", program_run, false},  {"make a process", process_make, false},
    {"make a socket", socket_make, false},  {"mount", mount_change, false},
    {"become root", user_become, false},    {"trace", trace, false},
    {"signal a stranger", kill_stranger, false}, {"signal a group", kill_self_group, false},
    {"signal the manager", kill_manager, true},  {"seal an image", image_seal, true},
};

static pid_t sleeper(void)
{
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0)
        for (;;)
            pause();
    return pid;
}

int main(void)
{
    if (geteuid() != 0) {
        fprintf(stderr, "confine_test: must be run as root (uid change)\n");
        return 1;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status;
        stranger = sleeper();
        manager = sleeper(); /* uid 0, as the application manager */
        pid_t pid = fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
            struct confine confine = {.uid = 61102, .manager = manager};
            if (confine_enter(&confine) != 0)
                _exit(3);
            _exit(rows[i].attempt() ? 0 : 4);
        }
        REQUIRE(waitpid(pid, &status, 0) == pid);
        bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        bool refused = WIFEXITED(status) ? WEXITSTATUS(status) == 4
                                         : WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
        if (done != rows[i].allowed)
            fprintf(stderr, "%s\n", rows[i].name);
        CHECK_INT(done, rows[i].allowed);
        CHECK_INT(refused, !rows[i].allowed);
        kill(stranger, SIGKILL);
        kill(manager, SIGKILL);
        REQUIRE(waitpid(stranger, NULL, 0) == stranger && waitpid(manager, NULL, 0) == manager);
    }
    return check_done();
}
