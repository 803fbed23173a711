/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/compartment.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/config/device_conf.h"
#include "os/appman/credential.h"
#include "os/appman/seccomp_policy.h"
#include "os/appman/watch.h"

enum {
    NAMESPACES = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP,
    FD_SAFE = 16, /* above every number that a compartment gives a meaning */
};

static void tell(int outcome, int kind, int value, const char *text)
{
    struct compartment_record record = {.kind = kind, .value = value};
    snprintf(record.text, sizeof record.text, "%s", text);
    ssize_t n = write(outcome, &record, sizeof record); /* below PIPE_BUF: whole */
    (void)n;                                            /* no reader: the manager is gone */
}

static _Noreturn void fail(int outcome, const char *step)
{
    tell(outcome, COMPARTMENT_FAILED, errno, step);
    _exit(127);
}

/* A manager that died before the kernel was told is seen by its end of the pipe. */
static void die_with_manager(int outcome)
{
    struct pollfd p = {.fd = outcome};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || poll(&p, 1, 0) != 0)
        _exit(127);
}

static void close_above(int lowest)
{
    if (syscall(SYS_close_range, (unsigned)lowest, ~0u, 0) == 0)
        return;
    for (int fd = lowest; fd < 4096; fd++) /* kernels before 5.9 */
        close(fd);
}

/* Descriptors 0, 1, 2, APP_CHANNEL_FD, with its right APP_EVENTS_FD, outcome at `keep`, and
 * the place of a core, if there is one, behind it; nothing else. */
static int settle_descriptors(const struct compartment_spec *spec, int outcome)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int safe[4] = {
        fcntl(null, F_DUPFD_CLOEXEC, FD_SAFE), fcntl(spec->output, F_DUPFD_CLOEXEC, FD_SAFE),
        fcntl(spec->channel, F_DUPFD_CLOEXEC, FD_SAFE), fcntl(outcome, F_DUPFD_CLOEXEC, FD_SAFE)};
    for (size_t i = 0; i < 4; i++)
        if (safe[i] < 0)
            return -1;
    int keep = APP_EVENTS_FD + 1, core = spec->core < 0 ? -1 : fcntl(spec->core, F_DUPFD_CLOEXEC, FD_SAFE);
    if (spec->core >= 0 && core < 0)
        return -1;
    if (spec->events >= 0) {
        int events = fcntl(spec->events, F_DUPFD_CLOEXEC, FD_SAFE);
        if (events < 0 || dup2(events, APP_EVENTS_FD) < 0)
            return -1;
    } else {
        close(APP_EVENTS_FD);
    }
    if (dup2(safe[0], 0) < 0 || dup2(safe[1], 1) < 0 || dup2(safe[1], 2) < 0 ||
        dup2(safe[2], APP_CHANNEL_FD) < 0 || dup3(safe[3], keep, O_CLOEXEC) < 0 ||
        (core >= 0 && dup3(core, keep + 1, O_CLOEXEC) < 0))
        return -1;
    close_above(core >= 0 ? keep + 2 : keep + 1);
    return keep;
}

static _Noreturn void run_application(const struct compartment_spec *spec, int outcome)
{
    const struct app_manifest *m = spec->manifest;
    char path[PATH_MAX], storage[64];
    char *arguments[APP_MANIFEST_ARGS_MAX + 2] = {path};
    char *environment[4] = {(char *)(uintptr_t) "PATH=" APP_PATH_IMAGE "/bin"};

    snprintf(path, sizeof path, "%s%s", APP_PATH_IMAGE, app_manifest_text(m, m->entry_point));
    for (size_t i = 0; i < m->arg_count; i++)
        arguments[i + 1] = (char *)(uintptr_t)app_manifest_text(m, m->arg[i]);
    environment[1] = (char *)(uintptr_t) "LANG=C.UTF-8";
    if (spec->storage_file) {
        snprintf(storage, sizeof storage, "%s=%u", APP_ENV_STORAGE_KB, (unsigned)m->storage_kb);
        environment[2] = storage;
    }

    if (confine_limits(spec))
        fail(outcome, "resource limits");
    if (confine_landlock(spec))
        fail(outcome, "landlock");
    if (confine_credentials(spec->uid, spec->missing))
        fail(outcome, "uid and capabilities");
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (!(spec->missing & 1u << PART_SECCOMP) &&
        seccomp_policy_app(m->tcp_port_count + m->udp_port_count > 0) != 0)
        fail(outcome, "seccomp");
    execve(path, arguments, environment);
    fail(outcome, "execve");
}

/* First process of the compartment: waits, passes SIGTERM on, tells the end. */
static _Noreturn void run_init(const struct compartment_spec *spec, int outcome)
{
    const char *step = "session";
    outcome = settle_descriptors(spec, outcome);
    if (outcome < 0 || setsid() < 0)
        fail(outcome, step);
    struct watch watch = {.place = -1};
    if (spec->core >= 0 && watch_open(&watch, outcome + 1))
        tell(outcome, COMPARTMENT_UNWATCHED, errno, "watching");
    die_with_manager(outcome);
    if (sethostname("app", 3))
        fail(outcome, "host name");
    /* Here, because the application will not see /proc. */
    static const uint8_t nobody[CREDENTIAL_ID_BYTES];
    const struct app_manifest *m = spec->manifest;
    if (credential_enter(spec->component, m->has_device_authentication ? m->device_authentication : nobody, 0))
        fail(outcome, "credential");
    /* Opened here: the host's tree is gone after the next step. */
    int group = spec->memory_group ? open(spec->memory_group, O_WRONLY | O_CLOEXEC) : -1;
    if (spec->memory_group && group < 0)
        fail(outcome, "memory group");
    if (private_root_enter(spec, &step))
        fail(outcome, step);
    if (group >= 0 && write(group, "0", 1) != 1)
        fail(outcome, "memory group");
    if (group >= 0)
        close(group);

    sigset_t waited;
    sigemptyset(&waited);
    sigaddset(&waited, SIGTERM);
    sigaddset(&waited, SIGCHLD);
    sigprocmask(SIG_SETMASK, &waited, NULL);
    pid_t app = fork();
    if (app < 0)
        fail(outcome, "process");
    if (app == 0)
        run_application(spec, outcome);

    /* While it has the right to: from here on the kernel tells of each of the application's signals. */
    if (watch_begin(&watch, app))
        tell(outcome, COMPARTMENT_UNWATCHED, errno, "watching");
    syscall(SYS_close_range, 0, (unsigned)outcome - 1, 0);
    if (confine_credentials(spec->uid, spec->missing))
        fail(outcome, "uid and capabilities of init");
    die_with_manager(outcome); /* the change of uid made the kernel forget */
    if (!(spec->missing & 1u << PART_SECCOMP) && seccomp_policy_init(watch.place >= 0) != 0)
        fail(outcome, "seccomp of init");
    for (;;) {
        int number = (int)syscall(SYS_rt_sigtimedwait, &waited, NULL, NULL, _NSIG / 8);
        if (number == SIGTERM)
            kill(app, SIGTERM);
        int status;
        pid_t ended;
        while ((ended = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
            if (watch_step(&watch, ended, status) || ended != app)
                continue;
            if (watch.bytes)
                tell(outcome, COMPARTMENT_CORE, (int)watch.bytes, "");
            tell(outcome, COMPARTMENT_EXITED, status, "");
            /* Straight to the kernel: what a run-time does before _exit() (a
             * sanitizer's, for one) may need calls that are refused now. */
            syscall(SYS_exit_group, 0);
        }
    }
}

int compartment_start(const struct compartment_spec *spec, pid_t *init, int *outcome)
{
    int fd[2];
    *init = -1;
    *outcome = -1;
    if (pipe2(fd, O_CLOEXEC))
        return E_IO;
    /* Like fork(), but into new namespaces. */
    long pid = syscall(SYS_clone, NAMESPACES | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        close(fd[0]);
        run_init(spec, fd[1]);
    }
    int number = errno;
    close(fd[1]);
    if (pid < 0 || fcntl(fd[0], F_SETFL, O_NONBLOCK)) {
        if (pid > 0)
            kill((pid_t)pid, SIGKILL); /* reaped by the caller's SIGCHLD */
        close(fd[0]);
        return number == EPERM ? E_UNSUPPORTED : E_NOMEM;
    }
    *init = (pid_t)pid;
    *outcome = fd[0];
    return 0;
}
