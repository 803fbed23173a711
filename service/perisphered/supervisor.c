/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/supervisor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "service/perisphered/config.h"
#include "service/perisphered/data_folder.h"
#include "service/perisphered/data_secret.h"
#include "service/perisphered/uid.h"
#include "service/sandbox/sandbox.h"

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 30000,
    SETTLED_MS = 30000, /* a set that ran this long starts with the first back-off again */
    FAILURES_MAX = 8,   /* in a row, never settled: leave it to whoever started us */
    END_MS = 5000,      /* from SIGTERM to SIGKILL */
    LISTEN_BACKLOG = 1024,
    FD_ABOVE = 64, /* where descriptors wait while the low numbers are laid out */
    SPARE_FDS = 64,
};

enum state { RUNNING, DRAINING, ENDING, WAITING };

struct supervisor {
    const struct options *options;
    struct service_config config;
    unsigned uid_base; /* 0: all under our own uid */
    int lock_fd, listen_fd;
    int config_fd[PROCESS_COUNT]; /* each learns what is its own: the store how the database is reached */
    pid_t pid[PROCESS_COUNT]; /* 0: not running */
    size_t alive;
    enum state state;
    bool stopping;
    bool key_refused; /* by the token that seals the key of the data */
    int code;
    unsigned failures;
    int64_t started_ms, deadline_ms; /* deadline 0: none */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* -- before any process runs --------------------------------------------- */

/* It has every secret of service.json: neither a core file nor a process of the same user gets them.
 * What it starts begins anew (exec), and confines itself. */
static int memory_guard(void)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return E_IO;
#ifdef __SANITIZE_ADDRESS__
    return 0; /* the leak check at exit reads this process by ptrace */
#else
    return prctl(PR_SET_DUMPABLE, 0) == 0 ? 0 : E_IO;
#endif
}

static int config_read(struct supervisor *s)
{
    char path[PATH_MAX], why[CONFIG_WHY_BYTES];
    snprintf(path, sizeof path, "%s/service.json", s->options->data);
    int err = config_load(path, &s->config, why);
    if (err && err != E_NOT_FOUND) {
        fprintf(stderr, "perisphered: %s: %s\n", path, why);
        return err;
    }
    if (s->options->has_listen) {
        snprintf(s->config.listen_address, sizeof s->config.listen_address, "%s",
                 s->options->listen_address);
        s->config.listen_port = s->options->listen_port;
    }
    return 0;
}

static socklen_t address_parse(const struct service_config *config, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, config->listen_address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(config->listen_port);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, config->listen_address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(config->listen_port);
        return sizeof *v6;
    }
    return 0;
}

static int listen_open(struct supervisor *s)
{
    struct sockaddr_storage address;
    const char *what = "not an IPv4 or IPv6 address";
    socklen_t len = address_parse(&s->config, &address);
    int on = 1, fd = -1;
    if (len == 0)
        goto fail;
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Before the first connection can wait here: those that are accepted have what the socket had then. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        what = strerror(errno);
        goto fail;
    }
    s->config.listen_port = ntohs(address.ss_family == AF_INET
                                      ? ((struct sockaddr_in *)&address)->sin_port
                                      : ((struct sockaddr_in6 *)&address)->sin6_port);
    if (!s->config.base_url[0])
        snprintf(s->config.base_url, sizeof s->config.base_url, "https://localhost:%u",
                 s->config.listen_port);
    s->listen_fd = fd;
    return 0;
fail:
    fprintf(stderr, "perisphered: cannot listen on %s port %u: %s (--listen ADDRESS:PORT, or service.json, "
            "names another)\n", s->config.listen_address, s->config.listen_port, what);
    if (fd >= 0)
        close(fd);
    return E_NETWORK;
}

static int config_seal(const struct service_config *config, int *fd)
{
    *fd = memfd_create("service_config", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0 || write(*fd, config, sizeof *config) != (ssize_t)sizeof *config ||
        fcntl(*fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) != 0) {
        fprintf(stderr, "perisphered: cannot share the configuration: %s\n", strerror(errno));
        return E_IO;
    }
    return 0;
}

static int secrets_read(struct supervisor *s)
{
    return data_secret_read(&s->config, s->options->data, s->uid_base ? s->uid_base + PROCESS_ISSUER : 0, &s->key_refused);
}

/* To the process alone that has a use for it. */
static int config_share(struct supervisor *s)
{
    struct service_config others = s->config, store = s->config;
    memset(others.database, 0, sizeof others.database);
    memset(others.data_key, 0, sizeof others.data_key);
    memset(others.data_key_next, 0, sizeof others.data_key_next);
    others.has_data_key = others.has_data_key_next = false;
    memset(store.pin, 0, sizeof store.pin);
    int err = config_seal(&store, &s->config_fd[PROCESS_STORE]);
    if (!err)
        err = config_seal(&others, &s->config_fd[PROCESS_ISSUER]);
    memset(others.pin, 0, sizeof others.pin);
    for (int i = 0; !err && i < PROCESS_COUNT; i++)
        if (i != PROCESS_STORE && i != PROCESS_ISSUER)
            err = config_seal(&others, &s->config_fd[i]);
    return err;
}

static int descriptors_allow(const struct supervisor *s)
{
    struct rlimit limit;
    rlim_t want = (rlim_t)s->config.connections_max + SPARE_FDS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return E_IO;
    if (limit.rlim_cur >= want)
        return 0;
    limit.rlim_cur = want;
    if (limit.rlim_max < want)
        limit.rlim_max = want;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return 0;
    fprintf(stderr, "perisphered: connections_max %u needs %lu descriptors (ulimit -n): %s\n",
            s->config.connections_max, (unsigned long)want, strerror(errno));
    return E_FULL;
}

static int prepare(struct supervisor *s)
{
    const char *data = s->options->data;
    int err;
    if (geteuid() == 0 && !(s->options->allow_unconfined & SANDBOX_PART_UID))
        s->uid_base = s->options->has_uid_base ? s->options->uid_base : UID_BASE_DEFAULT;
    if ((err = data_folder_check(data)) != 0 || (err = data_folder_lock(data, &s->lock_fd)) != 0 ||
        (err = config_read(s)) != 0 || (err = secrets_read(s)) != 0 || (err = data_folder_own(data, s->uid_base)) != 0 ||
        (err = descriptors_allow(s)) != 0 || (err = listen_open(s)) != 0 ||
        (err = config_share(s)) != 0 || (err = data_folder_note(data, "port", s->config.listen_port)) != 0)
        return err;
    return data_folder_note(data, "pid", (unsigned long)getpid());
}

/* -- starting the set ---------------------------------------------------- */

typedef int fd_matrix[PROCESS_COUNT][PROCESS_COUNT]; /* [who][peer], -1: none */

static void matrix_close(fd_matrix fd)
{
    for (int i = 0; i < PROCESS_COUNT; i++)
        for (int k = 0; k < PROCESS_COUNT; k++)
            if (fd[i][k] >= 0)
                close(fd[i][k]);
}

static int matrix_open(fd_matrix fd)
{
    memset(fd, 0xff, sizeof(fd_matrix));
    for (int i = 0; i < PROCESS_COUNT; i++) {
        for (int k = i + 1; k < PROCESS_COUNT; k++) {
            int pair[2];
            if (!child_has_channel((enum process_id)i, (enum process_id)k))
                continue;
            if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
                matrix_close(fd);
                return E_FULL;
            }
            fd[i][k] = pair[0];
            fd[k][i] = pair[1];
        }
    }
    return 0;
}

/* Moves what the process gets to the numbers of child.h; all else closes on exec. */
static int descriptors_lay(const struct supervisor *s, int id, const int peers[PROCESS_COUNT])
{
    int from[CHILD_FD_END];
    memset(from, 0xff, sizeof from);
    from[CHILD_FD_CONFIG] = s->config_fd[id];
    if (id == PROCESS_FRONT)
        from[CHILD_FD_LISTEN] = s->listen_fd;
    for (int i = 0; i < PROCESS_COUNT; i++)
        from[CHILD_FD_PEER + i] = peers[i];
    /* Out of the way first: a source may sit on another's target. */
    for (int i = CHILD_FD_CONFIG; i < CHILD_FD_END; i++)
        if (from[i] >= 0 && (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FD_ABOVE)) < 0)
            return E_IO;
    for (int i = CHILD_FD_CONFIG; i < CHILD_FD_END; i++) {
        close(i);
        if (from[i] >= 0 && dup2(from[i], i) < 0)
            return E_IO;
    }
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) != 0)
        return E_IO;
    /* Also what whoever started us left open. */
    return close_range(CHILD_FD_END, ~0u, CLOSE_RANGE_CLOEXEC) == 0 ? 0 : E_IO;
}

static _Noreturn void child_exec(const struct supervisor *s, int id, const int peers[PROCESS_COUNT],
                                 pid_t parent)
{
    static const struct {
        unsigned part;
        const char *name;
    } parts[] = {{SANDBOX_PART_UID, "uid"}, {SANDBOX_PART_LANDLOCK, "landlock"},
                 {SANDBOX_PART_SECCOMP, "seccomp"}};
    char program[] = "perisphered", opt_process[] = "--process", opt_data[] = "--data",
         opt_allow[] = "--allow-unconfined", opt_here[] = ".";
    const char *argv[12] = {program, opt_process, process_name((enum process_id)id), opt_data, opt_here};
    size_t n = 5;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (s->options->allow_unconfined & parts[i].part) {
            argv[n++] = opt_allow;
            argv[n++] = parts[i].name;
        }
    }
    /* From here the folder is the working folder: the new uid need not be able to
     * search what lies above it. */
    if (descriptors_lay(s, id, peers) != 0 || chdir(s->options->data) != 0)
        goto fail;
    if (uid_take(s->uid_base ? s->uid_base + (unsigned)id : 0) != 0) {
        fprintf(stderr, "%s: cannot take uid %u (--allow-unconfined uid to start without)\n",
                process_name((enum process_id)id), s->uid_base + (unsigned)id);
        _exit(PROCESS_EXIT_CANNOT_START);
    }
    /* After the uid, which clears it.  The parent may be gone already. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        goto fail;
    /* The kernel's own link: needs no right to the folders above the program. */
    execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
fail:
    fprintf(stderr, "%s: cannot be started: %s\n", process_name((enum process_id)id),
            strerror(errno));
    _exit(1);
}

static void set_signal(const struct supervisor *s, int number)
{
    for (int i = 0; i < PROCESS_COUNT; i++)
        if (s->pid[i])
            kill(s->pid[i], number);
}

static void state_enter(struct supervisor *s, enum state state, int64_t timer_ms)
{
    s->state = state;
    s->deadline_ms = timer_ms < 0 ? 0 : now_ms() + timer_ms;
    if (state == ENDING)
        set_signal(s, SIGTERM);
}

/* A set that should run and does not: counted, and given up at last. */
static void failure_count(struct supervisor *s, bool again)
{
    if (now_ms() - s->started_ms >= SETTLED_MS)
        s->failures = 0;
    s->failures++;
    if (again && s->failures >= FAILURES_MAX)
        fprintf(stderr, "perisphered: %u failures in a row: giving up\n", s->failures);
    if (!again || s->failures >= FAILURES_MAX) {
        s->stopping = true;
        s->code = 1;
    }
}

static void again_later(struct supervisor *s)
{
    int64_t pause = (int64_t)BACKOFF_FIRST_MS << (s->failures ? s->failures - 1 : 0);
    pause = pause > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : pause;
    fprintf(stderr, "perisphered: starting again in %ld ms\n", (long)pause);
    state_enter(s, WAITING, pause);
}

/* A key that was exchanged since the last start is the right one now. */
static int secrets_again(struct supervisor *s)
{
    for (int i = 0; i < PROCESS_COUNT; i++) {
        if (s->config_fd[i] >= 0)
            close(s->config_fd[i]);
        s->config_fd[i] = -1;
    }
    int err = secrets_read(s);
    return err ? err : config_share(s);
}

static void set_start(struct supervisor *s)
{
    fd_matrix fd;
    pid_t self = getpid();
    if (s->started_ms && secrets_again(s) != 0) {
        s->stopping = true;
        s->code = s->key_refused ? PROCESS_EXIT_REFUSED : 1;
        return;
    }
    s->started_ms = now_ms();
    state_enter(s, RUNNING, -1);
    if (matrix_open(fd) != 0) {
        fprintf(stderr, "perisphered: cannot make channels: %s\n", strerror(errno));
        s->stopping = true;
        s->code = 1;
        return;
    }
    fflush(NULL);
    for (int i = 0; i < PROCESS_COUNT; i++) {
        pid_t pid = fork();
        if (pid == 0)
            child_exec(s, i, fd[i], self);
        if (pid < 0) {
            fprintf(stderr, "perisphered: cannot start %s: %s\n",
                    process_name((enum process_id)i), strerror(errno));
            failure_count(s, true);
            state_enter(s, ENDING, END_MS);
            break;
        }
        s->pid[i] = pid;
        s->alive++;
    }
    matrix_close(fd);
    if (s->alive == 0 && !s->stopping) /* then no death will come to go on from */
        again_later(s);
}

/* -- while it runs ------------------------------------------------------- */

static void death_report(int id, int status)
{
    if (WIFSIGNALED(status))
        fprintf(stderr, "perisphered: %s was ended by signal %d\n",
                process_name((enum process_id)id), WTERMSIG(status));
    else
        fprintf(stderr, "perisphered: %s exited with %d\n", process_name((enum process_id)id),
                WEXITSTATUS(status));
}

/* Starting again cannot help. */
static bool is_final(int status)
{
    return WIFEXITED(status) && (WEXITSTATUS(status) == PROCESS_EXIT_CANNOT_START || WEXITSTATUS(status) == PROCESS_EXIT_REFUSED);
}

static void refusal_take(struct supervisor *s, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == PROCESS_EXIT_REFUSED)
        s->code = PROCESS_EXIT_REFUSED;
}

/* First death of a set that should run: the cause; what follows is consequence. */
static void death_take(struct supervisor *s, int id, int status)
{
    s->pid[id] = 0;
    s->alive--;
    if (s->state == RUNNING) {
        death_report(id, status);
        failure_count(s, !is_final(status));
        refusal_take(s, status);
        state_enter(s, ENDING, END_MS);
    } else if (s->state == ENDING && !s->stopping && is_final(status)) {
        /* The cause after all: a sibling that missed it was met first. */
        death_report(id, status);
        s->stopping = true;
        s->code = 1;
        refusal_take(s, status);
    } else if (s->state == DRAINING && id == PROCESS_FRONT) {
        state_enter(s, ENDING, END_MS);
    }
    if (s->alive == 0 && !s->stopping)
        again_later(s);
}

static void children_reap(struct supervisor *s)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < PROCESS_COUNT; i++)
            if (s->pid[i] == pid)
                death_take(s, i, status);
}

static void stop_ask(struct supervisor *s)
{
    bool again = s->stopping;
    s->stopping = true;
    if (s->state == RUNNING && s->pid[PROCESS_FRONT]) {
        kill(s->pid[PROCESS_FRONT], SIGTERM);
        state_enter(s, DRAINING, (int64_t)s->config.drain_s * 1000 + 1000);
    } else if (s->state == DRAINING && again) {
        state_enter(s, ENDING, END_MS);
    }
}

static void timer_take(struct supervisor *s)
{
    switch (s->state) {
    case RUNNING:
        break;
    case DRAINING:
        state_enter(s, ENDING, END_MS);
        break;
    case ENDING:
        set_signal(s, SIGKILL);
        s->deadline_ms = 0;
        break;
    case WAITING:
        set_start(s);
        break;
    }
}

static void loop(struct supervisor *s, const sigset_t *signals)
{
    set_start(s);
    while (!s->stopping || s->alive) {
        int64_t left = s->deadline_ms ? s->deadline_ms - now_ms() : INT_MAX;
        struct timespec wait = {left > 0 ? left / 1000 : 0, left > 0 ? left % 1000 * 1000000 : 0};
        int number = sigtimedwait(signals, NULL, &wait);
        if (number == SIGTERM || number == SIGINT)
            stop_ask(s);
        children_reap(s);
        if (s->deadline_ms && now_ms() >= s->deadline_ms)
            timer_take(s);
    }
}

int supervisor_run(const struct options *options, process_run *const runs[PROCESS_COUNT])
{
    struct supervisor s = {.options = options, .lock_fd = -1, .listen_fd = -1};
    sigset_t signals;
    if (options->process)
        return child_main(options->process, options->data, options->allow_unconfined, runs);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    umask(077);
    memset(s.config_fd, 0xff, sizeof s.config_fd);
    int err = memory_guard();
    if (err)
        fprintf(stderr, "perisphered: cannot keep its memory out of core files: %s\n", strerror(errno));
    else
        err = prepare(&s);
    if (err) {
        s.code = s.key_refused ? PROCESS_EXIT_REFUSED : 1;
    } else {
        loop(&s, &signals);
        data_folder_forget(options->data, "pid");
        data_folder_forget(options->data, "port");
    }
    for (int i = 0; i < PROCESS_COUNT; i++)
        if (s.config_fd[i] >= 0)
            close(s.config_fd[i]);
    if (s.listen_fd >= 0)
        close(s.listen_fd);
    if (s.lock_fd >= 0)
        close(s.lock_fd);
    return s.code;
}
