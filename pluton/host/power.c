/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/power.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pluton/host/core.h"

enum {
    STOP_MS = 5000,  /* monitor: SIGTERM to SIGKILL */
    CORE_MS = 5000,  /* core: end of control to SIGKILL */
    RESET_AGAIN = -1, /* not an exit code: start the next cycle */
};

struct cycle {
    const struct power *power;
    int signals; /* signalfd */
    int control; /* to the core */
    pid_t core, monitor;
    bool stopping;
    long long deadline_ms; /* CLOCK_MONOTONIC; valid when stopping */
};

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Children start with the signals of a fresh process, and die with this one. */
static void child_begin(pid_t parent, int death_signal)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0);
    if (getppid() != parent)
        _exit(EXIT_FAILED);
}

static const struct {
    enum handover from;
    int to;
} monitor_fd[] = {
    {HANDOVER_CH_MONITOR, PLUTON_HOST_FD_MONITOR},
    {HANDOVER_CH_AZURED, PLUTON_HOST_FD_AZURED},
    {HANDOVER_CH_APPMAN, PLUTON_HOST_FD_APPMAN},
    {HANDOVER_KEYSTORE, PLUTON_HOST_FD_KEYSTORE},
    {HANDOVER_CH_GATEWAYD, PLUTON_HOST_FD_GATEWAYD},
};

enum { FD_FREE = 32 }; /* above every number that the monitor expects */

/* In the child: exactly the descriptors of abi/pluton_call.h, then the program. */
static void monitor_exec(const struct power *power, const int fd[static HANDOVER_COUNT])
{
    static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    char *environment[] = {path, NULL};
    int high[HANDOVER_COUNT];

    for (unsigned i = 0; i < HANDOVER_COUNT; i++)
        if ((high[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, FD_FREE)) < 0)
            _exit(EXIT_FAILED);
    const int folder = fcntl(power->folder_path, F_DUPFD_CLOEXEC, FD_FREE);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (folder < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0)
        _exit(EXIT_FAILED);
    for (size_t i = 0; i < sizeof monitor_fd / sizeof monitor_fd[0]; i++)
        if (dup2(high[monitor_fd[i].from], monitor_fd[i].to) < 0)
            _exit(EXIT_FAILED);
    if (dup2(folder, PLUTON_HOST_FD_DEVICE) < 0)
        _exit(EXIT_FAILED);
    /* All others go at the exec, the program's own descriptor too. */
    if (close_range(PLUTON_HOST_FD_GATEWAYD + 1, ~0U, CLOSE_RANGE_CLOEXEC))
        _exit(EXIT_FAILED);
    fexecve(high[HANDOVER_MONITOR], power->monitor_argv, environment);
    fprintf(stderr, "plutond: cannot start the monitor: %s\n", strerror(errno));
    _exit(EXIT_FAILED);
}

static int handover_receive(int control, int fd[static HANDOVER_COUNT])
{
    char byte;
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(HANDOVER_COUNT * sizeof(int))];
    } u;
    struct iovec io = {&byte, 1};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = u.room,
                       .msg_controllen = sizeof u.room};
    if (recvmsg(control, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1 || (m.msg_flags & MSG_CTRUNC))
        return E_IO;
    const struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(HANDOVER_COUNT * sizeof(int)))
        return E_IO;
    memcpy(fd, CMSG_DATA(c), HANDOVER_COUNT * sizeof(int));
    return 0;
}

/* E_IO while there is nothing to take: the core is about to be reaped. */
static int monitor_start(struct cycle *c)
{
    int fd[HANDOVER_COUNT];
    const pid_t self = getpid();
    int err = handover_receive(c->control, fd);
    if (err)
        return err;
    c->monitor = fork();
    if (c->monitor == 0) {
        child_begin(self, SIGTERM);
        monitor_exec(c->power, fd);
    }
    for (unsigned i = 0; i < HANDOVER_COUNT; i++)
        close(fd[i]);
    return c->monitor < 0 ? E_NOMEM : 0;
}

static int core_start(struct cycle *c, struct retained *retained)
{
    int pair[2];
    const pid_t self = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return E_IO;
    c->core = fork();
    if (c->core == 0) {
        child_begin(self, 0); /* the end of control tells it; see core_run() */
        close(pair[0]);
        close(c->signals);
        const struct core core = {.folder = c->power->folder,
                                  .control = pair[1],
                                  .sandbox = c->power->sandbox,
                                  .retained = retained};
        _exit(core_run(&core));
    }
    close(pair[1]);
    c->control = pair[0];
    return c->core < 0 ? E_NOMEM : 0;
}

static void stop_begin(struct cycle *c)
{
    if (c->stopping)
        return;
    c->stopping = true;
    c->deadline_ms = now_ms() + STOP_MS;
    if (c->monitor > 0)
        kill(c->monitor, SIGTERM);
}

/* What the end of the monitor means. */
static int monitor_verdict(const struct cycle *c, int status)
{
    if (c->stopping)
        return EXIT_OFF;
    if (WIFEXITED(status) && WEXITSTATUS(status) == PLUTON_HOST_EXIT_OFF)
        return EXIT_OFF;
    if (WIFEXITED(status) && WEXITSTATUS(status) == PLUTON_HOST_EXIT_RESET)
        return RESET_AGAIN;
    if (WIFEXITED(status))
        fprintf(stderr, "plutond: the monitor ended with exit code %d\n", WEXITSTATUS(status));
    else
        fprintf(stderr, "plutond: the monitor ended by signal %d\n", WTERMSIG(status));
    return EXIT_FAILED;
}

static int core_verdict(const struct cycle *c, int status)
{
    if (c->stopping)
        return EXIT_OFF;
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && c->monitor <= 0)
        return WEXITSTATUS(status); /* it has said why */
    if (WIFSIGNALED(status))
        fprintf(stderr, "plutond: the root of trust ended by signal %d\n", WTERMSIG(status));
    else
        fprintf(stderr, "plutond: the root of trust ended unasked\n");
    return EXIT_FAILED;
}

/* Takes the dead; true and a verdict when the cycle is over. */
static bool children_reap(struct cycle *c, int *verdict)
{
    int status;
    bool over = false;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == c->monitor) {
            c->monitor = 0;
            *verdict = monitor_verdict(c, status);
            over = true;
        } else if (pid == c->core) {
            c->core = 0;
            if (!over)
                *verdict = core_verdict(c, status);
            over = true;
        }
    }
    return over;
}

static bool signals_take(struct cycle *c, int *verdict)
{
    struct signalfd_siginfo info;
    bool over = false;
    while (read(c->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            over = children_reap(c, verdict) || over;
        else
            stop_begin(c);
    }
    if (!over && c->stopping && c->monitor <= 0) {
        *verdict = EXIT_OFF;
        over = true;
    }
    return over;
}

/* A child that is still there: SIGKILL, or for the core time to finish first. */
static void cycle_end(struct cycle *c)
{
    if (c->monitor > 0) {
        kill(c->monitor, SIGKILL);
        (void)waitpid(c->monitor, NULL, 0);
    }
    close(c->control);
    for (const long long until = now_ms() + CORE_MS; c->core > 0;) {
        if (waitpid(c->core, NULL, WNOHANG) == c->core)
            break;
        if (now_ms() >= until) {
            kill(c->core, SIGKILL);
            (void)waitpid(c->core, NULL, 0);
            break;
        }
        poll(NULL, 0, 5);
    }
}

static int cycle_run(struct cycle *c, struct retained *retained)
{
    int verdict = EXIT_FAILED;
    c->core = c->monitor = 0;
    retained->boots++;
    if (core_start(c, retained))
        return EXIT_FAILED;
    for (bool handed = false;;) {
        struct pollfd wait[] = {
            {.fd = c->signals, .events = POLLIN},
            {.fd = handed ? -1 : c->control, .events = POLLIN},
        };
        int timeout = -1;
        if (c->stopping) {
            const long long left = c->deadline_ms - now_ms();
            if (left <= 0) {
                verdict = EXIT_OFF; /* cycle_end() kills it */
                break;
            }
            timeout = (int)left;
        }
        if (poll(wait, 2, timeout) < 0 && errno != EINTR)
            break;
        if ((wait[1].revents & (POLLIN | POLLHUP)) && !c->stopping) {
            handed = true;
            if (monitor_start(c) == E_NOMEM)
                break;
        }
        if ((wait[0].revents & POLLIN) && signals_take(c, &verdict))
            break;
    }
    cycle_end(c);
    return verdict;
}

int power_run(const struct power *power)
{
    struct cycle c = {.power = power};
    sigset_t set;
    int code = EXIT_FAILED;

    struct retained *retained = mmap(NULL, sizeof *retained, PROT_READ | PROT_WRITE,
                                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (retained == MAP_FAILED)
        return EXIT_FAILED;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN); /* a log that nobody reads does not stop a device */
    c.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (c.signals >= 0)
        do
            code = cycle_run(&c, retained);
        while (code == RESET_AGAIN);
    if (c.signals >= 0)
        close(c.signals);
    munmap(retained, sizeof *retained);
    return code;
}
