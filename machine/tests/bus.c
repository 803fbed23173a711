/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/tests/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_WAIT_MS = 20000, ARGUMENTS_MAX = 40, TEXT_MAX = 512 };

static void show_log(const struct bus *b)
{
    char text[4096];
    int fd = open(b->log, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    while (fd >= 0 && (got = read(fd, text, sizeof(text))) > 0) {
        fwrite(text, 1, (size_t)got, stderr);
    }
    if (fd >= 0) {
        close(fd);
    }
}

__attribute__((noreturn, format(printf, 2, 3))) static void fail(struct bus *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    if (b) {
        show_log(b);
        bus_stop(b);
    }
    exit(1);
}

static const char *emulator(void)
{
    const char *path = getenv("PERI_QEMU");

    if (!path || access(path, X_OK) != 0) {
        fail(NULL, "the emulator \"%s\" (PERI_QEMU) is not there: run machine/build", path ? path : "");
    }
    return path;
}

static void launch(struct bus *b, char *const *arguments, int line)
{
    const char *program = emulator();
    int log;

    strcpy(b->log, "/tmp/peri-machine-test.XXXXXX");
    log = mkstemp(b->log);
    if (log < 0) {
        fail(NULL, "mkstemp: %s", strerror(errno));
    }
    b->pid = fork();
    if (b->pid == 0) {
        int null = open("/dev/null", O_RDWR);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(null, 0);
        dup2(null, 1);
        dup2(log, 2);
        if (line >= 0) {
            dup2(line, 3); /* loses close-on-exec */
        }
        execv(program, arguments);
        _exit(127);
    }
    close(log);
    if (b->pid < 0) {
        fail(NULL, "fork: %s", strerror(errno));
    }
}

void bus_start(struct bus *b, enum bus_clock clock, const char *options, const char *const *extra)
{
    char machine[TEXT_MAX], *arguments[ARGUMENTS_MAX];
    unsigned n = 0;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        fail(NULL, "socketpair: %s", strerror(errno));
    }
    snprintf(machine, sizeof(machine), "mt3620,probe=probe%s", options);
    const char *const fixed[] = {
        "qemu-system-arm", "-M", machine, "-accel", clock == BUS_STEPS ? "qtest" : "tcg",
        "-display", "none", "-monitor", "none", "-chardev", "socket,id=probe,fd=3",
    };
    for (unsigned i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        arguments[n++] = (char *)(uintptr_t)fixed[i];
    }
    for (; extra && *extra && n < ARGUMENTS_MAX - 3; extra++) {
        arguments[n++] = (char *)(uintptr_t)*extra;
    }
    arguments[n] = NULL;
    launch(b, arguments, pair[1]);
    close(pair[1]);
    b->line = pair[0];
}

/* One line to the probe, one back. */
static void talk(struct bus *b, const char *order, char *answer, size_t bytes)
{
    size_t length = strlen(order), have = 0;

    if (send(b->line, order, length, MSG_NOSIGNAL) != (ssize_t)length) {
        fail(b, "the probe does not listen: %s", strerror(errno));
    }
    for (;;) {
        struct pollfd wait = { .fd = b->line, .events = POLLIN };
        ssize_t got;

        if (poll(&wait, 1, ANSWER_WAIT_MS) != 1) {
            fail(b, "no answer to: %s", order);
        }
        got = recv(b->line, answer + have, 1, 0);
        if (got != 1) {
            fail(b, "the emulator ended at: %s", order);
        }
        if (answer[have] == '\n') {
            answer[have] = '\0';
            return;
        }
        if (++have == bytes) {
            fail(b, "too long an answer to: %s", order);
        }
    }
}

static bool done(struct bus *b, const char *order, const char *answer)
{
    if (strcmp(answer, "refused") == 0) {
        return false;
    }
    if (strncmp(answer, "ok", 2) != 0) {
        fail(b, "\"%s\" is the answer to: %s", answer, order);
    }
    return true;
}

bool bus_read(struct bus *b, const char *who, unsigned width, uint32_t addr, uint32_t *value)
{
    char order[TEXT_MAX], answer[64];

    snprintf(order, sizeof(order), "r %s %x %" PRIx32 "\n", who, width, addr);
    talk(b, order, answer, sizeof(answer));
    *value = 0;
    if (!done(b, order, answer)) {
        return false;
    }
    if (sscanf(answer, "ok %" SCNx32, value) != 1) {
        fail(b, "no value in the answer to: %s", order);
    }
    return true;
}

bool bus_write(struct bus *b, const char *who, unsigned width, uint32_t addr, uint32_t value)
{
    char order[TEXT_MAX], answer[64];

    snprintf(order, sizeof(order), "w %s %x %" PRIx32 " %" PRIx32 "\n", who, width, addr, value);
    talk(b, order, answer, sizeof(answer));
    return done(b, order, answer);
}

uint32_t bus_get(struct bus *b, const char *who, uint32_t addr)
{
    uint32_t value;

    if (!bus_read(b, who, 4, addr, &value)) {
        fail(b, "%s may not read 0x%08" PRIx32, who, addr);
    }
    return value;
}

void bus_set(struct bus *b, const char *who, uint32_t addr, uint32_t value)
{
    if (!bus_write(b, who, 4, addr, value)) {
        fail(b, "%s may not write 0x%08" PRIx32, who, addr);
    }
}

bool bus_refused(struct bus *b, const char *who, uint32_t addr)
{
    uint32_t value;

    for (unsigned width = 1; width <= 4; width *= 2) {
        if (bus_read(b, who, width, addr, &value) || bus_write(b, who, width, addr, 0)) {
            return false;
        }
    }
    return true;
}

bool bus_words_only(struct bus *b, const char *who, uint32_t addr)
{
    static const struct {
        unsigned width, offset;
    } wrong[] = { { 1, 0 }, { 1, 3 }, { 2, 0 }, { 2, 2 }, { 4, 2 }, { 4, 1 } };
    uint32_t value;

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (bus_read(b, who, wrong[i].width, addr + wrong[i].offset, &value) ||
            bus_write(b, who, wrong[i].width, addr + wrong[i].offset, 0)) {
            return false;
        }
    }
    return bus_read(b, who, 4, addr, &value);
}

static void order_done(struct bus *b, const char *order)
{
    char answer[64];

    talk(b, order, answer, sizeof(answer));
    if (!done(b, order, answer)) {
        fail(b, "refused: %s", order);
    }
}

void bus_reset(struct bus *b)
{
    order_done(b, "reset\n");
}

void bus_step(struct bus *b, uint64_t ns)
{
    char order[TEXT_MAX];

    snprintf(order, sizeof(order), "step %" PRIu64 "\n", ns);
    order_done(b, order);
}

static int collect(struct bus *b)
{
    int status = 0;

    if (b->pid > 0) {
        waitpid(b->pid, &status, 0);
        b->pid = 0;
    }
    if (b->line >= 0) {
        close(b->line);
        b->line = -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int bus_end(struct bus *b)
{
    int code;

    /* The line ends when the emulator does. */
    if (b->line >= 0) {
        struct pollfd wait = { .fd = b->line, .events = POLLIN };
        char rest[64];

        while (poll(&wait, 1, ANSWER_WAIT_MS) == 1 && recv(b->line, rest, sizeof(rest), 0) > 0) {
        }
        if (wait.revents == 0) {
            fail(b, "the emulator does not end");
        }
    }
    code = collect(b);
    unlink(b->log);
    return code;
}

void bus_stop(struct bus *b)
{
    if (b->pid > 0) {
        kill(b->pid, SIGTERM);
    }
    collect(b);
    unlink(b->log);
}

/* An emulator that starts after all would run for ever. */
static void end_in_time(struct bus *b)
{
    struct timespec pause = { .tv_nsec = 10 * 1000000 };
    siginfo_t info = { 0 };

    for (unsigned ms = 0; ms < ANSWER_WAIT_MS && info.si_pid == 0; ms += 10) {
        waitid(P_PID, (id_t)b->pid, &info, WEXITED | WNOHANG | WNOWAIT);
        nanosleep(&pause, NULL);
    }
    if (info.si_pid == 0) {
        kill(b->pid, SIGKILL);
    }
}

int bus_refuses_to_start(const char *options, char *said, unsigned said_bytes)
{
    char machine[TEXT_MAX];
    const char *const fixed[] = { "qemu-system-arm", "-M", machine, "-accel", "qtest",
                                  "-display", "none", "-monitor", "none", NULL };
    struct bus b = { .line = -1 };
    FILE *log;
    int code;

    snprintf(machine, sizeof(machine), "mt3620%s", options);
    launch(&b, (char *const *)(uintptr_t)fixed, -1);
    end_in_time(&b);
    code = collect(&b);
    log = fopen(b.log, "r");
    said[0] = '\0';
    if (log) {
        if (!fgets(said, (int)said_bytes, log)) {
            said[0] = '\0';
        }
        fclose(log);
    }
    unlink(b.log);
    return code;
}
