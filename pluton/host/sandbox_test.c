/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Confinement of the serving process, tried from inside: forbidden files,
 * users, system calls.  What it needs still works.
 */
#include "pluton/host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pluton/host/disk.h"
#include "tests/check.h"

enum { UID = 61101, SURVIVED = 0, NO_SANDBOX = 99 };

static char base[] = "/tmp/sandbox_test.XXXXXX";
static int folder, outside;

/* Runs what inside the sandbox; its exit code, or 128 + the signal. */
static uid_t uid = UID;

static int inside(int (*what)(void))
{
    int status;
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        const struct sandbox sandbox = {.uid = uid};
        if (sandbox_enter(&sandbox, folder))
            _exit(NO_SANDBOX);
        _exit(what());
    }
    REQUIRE(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int replace_fuses(void)
{
    const int fd = disk_create(folder, "fuses.new");
    if (fd < 0)
        return 1;
    if (disk_write(fd, "x", 1) || disk_sync(fd))
        return 2;
    if (disk_rename(folder, "fuses.new", "fuses", true) || disk_sync(folder))
        return 3;
    const int again = openat(folder, "fuses", O_RDONLY);
    char byte;
    return again >= 0 && read(again, &byte, 1) == 1 && byte == 'x' ? SURVIVED : 4;
}

static int is_refused(int fd)
{
    return fd < 0 && (errno == EACCES || errno == EPERM) ? SURVIVED : 1;
}

static int read_elsewhere(void) { return is_refused(open("/etc/passwd", O_RDONLY)); }
static int read_outside(void) { return is_refused(openat(outside, "secret", O_RDONLY)); }
static int write_outside(void) { return is_refused(openat(outside, "new", O_WRONLY | O_CREAT, 0600)); }
static int read_own_memory(void) { return is_refused(open("/proc/self/mem", O_RDWR)); }
static int list_folder(void) { return is_refused(open(base, O_RDONLY | O_DIRECTORY)); }
static int climb_out(void) { return is_refused(openat(folder, "../outside/secret", O_RDONLY)); }
static int user_is_dropped(void) { return geteuid() == 0 ? 1 : SURVIVED; }
static int change_mode_of_other(void) { return is_refused(fchmod(outside, 0700)); }

static int call_socket_inet(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int call_exec(void) { return execl("/bin/true", "true", (char *)NULL); }
static int call_fork(void) { return fork(); }
static int call_mkdir(void) { return mkdirat(folder, "d", 0700); }
static int call_unlink(void) { return unlinkat(folder, "fuses", 0); }
static int call_kill(void) { return kill(getppid(), 0); }
static int call_ptrace(void) { return (int)ptrace(PTRACE_TRACEME, 0, 0, 0); }
static int call_setuid(void) { return setuid(0); }
static int call_chown(void) { return fchown(folder, 0, 0); }

static const struct {
    const char *name;
    int (*what)(void);
    int want;
} tries[] = {
    {"replace the fuses", replace_fuses, SURVIVED},
    {"no root inside", user_is_dropped, SURVIVED},
    {"read another file", read_elsewhere, SURVIVED},
    {"read through an open folder", read_outside, SURVIVED},
    {"write through an open folder", write_outside, SURVIVED},
    {"leave the folder", climb_out, SURVIVED},
    {"own memory as a file", read_own_memory, SURVIVED},
    {"list the folder", list_folder, SURVIVED},
    {"mode of another's folder", change_mode_of_other, SURVIVED},
    {"network", call_socket_inet, 128 + SIGSYS},
    {"another program", call_exec, 128 + SIGSYS},
    {"another process", call_fork, 128 + SIGSYS},
    {"a folder", call_mkdir, 128 + SIGSYS},
    {"remove", call_unlink, 128 + SIGSYS},
    {"signal the parent", call_kill, 128 + SIGSYS},
    {"debugger", call_ptrace, 128 + SIGSYS},
    {"become root again", call_setuid, 128 + SIGSYS},
    {"change owner", call_chown, 128 + SIGSYS},
};

int main(void)
{
    char path[64], secret[64];
    REQUIRE(mkdtemp(base) != NULL && chmod(base, 0755) == 0);
    snprintf(path, sizeof path, "%s/device", base);
    REQUIRE(mkdir(path, 0755) == 0);
    folder = open(path, O_RDONLY | O_DIRECTORY);
    if (geteuid() == 0)
        REQUIRE(fchown(folder, UID, (gid_t)-1) == 0);
    snprintf(secret, sizeof secret, "%s/outside", base);
    REQUIRE(mkdir(secret, 0777) == 0 && chmod(secret, 0777) == 0);
    outside = open(secret, O_RDONLY | O_DIRECTORY);
    const int fd = openat(outside, "secret", O_WRONLY | O_CREAT, 0666);
    REQUIRE(folder >= 0 && outside >= 0 && fd >= 0);
    close(fd);

    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        /* these need another user than this one */
        if (geteuid() != 0 && (tries[i].what == user_is_dropped || tries[i].what == change_mode_of_other))
            continue;
        const int got = inside(tries[i].what);
        if (got != tries[i].want)
            fprintf(stderr, "%s:\n", tries[i].name);
        CHECK_INT(got, tries[i].want);
    }

    /* --uid 0: still root by name, and nothing of root's power */
    if (geteuid() == 0) {
        uid = 0;
        REQUIRE(fchown(outside, UID, (gid_t)-1) == 0);
        CHECK_INT(inside(change_mode_of_other), SURVIVED);
        CHECK_INT(inside(read_elsewhere), SURVIVED);
        CHECK_INT(inside(call_chown), 128 + SIGSYS);
    }

    unlinkat(folder, "fuses", 0);
    unlinkat(outside, "secret", 0);
    CHECK_INT(rmdir(path) | rmdir(secret) | rmdir(base), 0);
    return check_done();
}
