/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial lines of a running MCU on the terminal.
 *
 * What the shown lines send is printed plainly as it arrives: Pluton's lines carry
 * their own name ([1BL], [PLUTON]), and the A7's follow them.  Two
 * lines that speak at once do not mix within one line: the one that is in the
 * middle of a line goes first, until it pauses.
 * A slow reader of our output must not stop the chip's lines: firmware waits for a line only so long.
 * What cannot be printed yet is kept, up to QUEUE_BYTES.
 * The keyboard goes to one line.  On a terminal, which is raw meanwhile:
 * Ctrl-A X ends the run as a power cut, Ctrl-A Ctrl-A sends Ctrl-A.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/mcu/machine.h"

/* CHUNK: what poll() promises room for in a pipe that it calls writable. */
enum { LINE_MAX_BYTES = 1024, CTRL_A = 1, CHUNK = 4096, DRAIN_MS = 2000, QUEUE_BYTES = 1 << 20 };

static volatile sig_atomic_t stopped_by;
static void stop(int signal_number) { stopped_by = signal_number; }

void mcu_signals_catch(void)
{
    struct sigaction ours = {.sa_handler = stop}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &ours, NULL);
    sigaction(SIGTERM, &ours, NULL);
    sigaction(SIGHUP, &ours, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

int mcu_signal_caught(void) { return stopped_by; }

struct state {
    const struct mcu_console *console;
    struct mcu_machine *machine;
    char line[LINE_MAX_BYTES]; /* of Pluton's UART */
    size_t line_len;
    int middle_of; /* UART that stands in the middle of a line, or -1 */
    bool escaped, quit, found, keyboard_open;
    size_t queued;
    char queue[QUEUE_BYTES];
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void put_to(int fd, const void *bytes, size_t len)
{
    for (const char *at = bytes; len;) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody reads any more: the chip runs on */
        at += n;
        len -= (size_t)n;
    }
}

static void queue_print(struct state *s, size_t most)
{
    size_t len = s->queued < most ? s->queued : most;
    put_to(STDOUT_FILENO, s->queue, len);
    s->queued -= len;
    memmove(s->queue, s->queue + len, s->queued);
}

static void put(struct state *s, const char *bytes, size_t len)
{
    if (len > sizeof s->queue - s->queued)
        queue_print(s, s->queued); /* now it has to wait */
    memcpy(s->queue + s->queued, bytes, len);
    s->queued += len;
}

static void lines_watch(struct state *s, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !s->found; i++) {
        if (bytes[i] != '\n' && bytes[i] != '\r') {
            if (s->line_len + 1 < sizeof s->line)
                s->line[s->line_len++] = bytes[i];
            continue;
        }
        s->line[s->line_len] = 0;
        s->found = s->line_len && s->console->on_line(s->console->context, s->line);
        s->line_len = 0;
    }
}

/* False at the line's end. */
static bool uart_read(struct state *s, int uart)
{
    char bytes[CHUNK];
    ssize_t n = read(s->machine->line[uart], bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0)
        return false;
    if (uart == MCU_MESSAGES && !s->machine->cut)
        put_to(STDERR_FILENO, bytes, (size_t)n);
    if (uart == MCU_UART_PLUTON && s->console->on_line)
        lines_watch(s, bytes, (size_t)n);
    if (s->console->show & 1u << uart) {
        if (s->middle_of >= 0 && s->middle_of != uart)
            put(s, "\n", 1);
        put(s, bytes, (size_t)n);
        s->middle_of = bytes[n - 1] == '\n' ? -1 : uart;
    }
    return true;
}

/* Takes the escapes out of what was typed; the rest goes to the chip. */
static void keyboard_read(struct state *s, bool terminal)
{
    char typed[256], out[256];
    size_t n = 0;
    ssize_t got = read(STDIN_FILENO, typed, sizeof typed);
    if (got <= 0) {
        s->keyboard_open = got < 0 && errno == EINTR;
        return;
    }
    for (ssize_t i = 0; i < got; i++) {
        if (terminal && s->escaped) {
            s->escaped = false;
            if (typed[i] == 'x' || typed[i] == 'X')
                s->quit = true;
            else if (typed[i] == CTRL_A)
                out[n++] = CTRL_A;
        } else if (terminal && typed[i] == CTRL_A) {
            s->escaped = true;
        } else {
            out[n++] = typed[i];
        }
    }
    if (n && write(s->machine->line[s->console->keyboard], out, n) < 0)
        s->keyboard_open = errno == EINTR;
}

/* One round; false when every line has ended. */
static bool round_once(struct state *s, int wait_ms, bool terminal)
{
    enum { KEYBOARD = MCU_LINES, OUTPUT, FDS };
    struct pollfd fds[FDS];
    bool any = false;
    for (int i = 0; i < MCU_LINES; i++) {
        fds[i] = (struct pollfd){s->machine->line[i], POLLIN, 0};
        any |= s->machine->line[i] >= 0;
    }
    fds[OUTPUT] = (struct pollfd){s->queued ? STDOUT_FILENO : -1, POLLOUT, 0};
    fds[KEYBOARD] = (struct pollfd){s->keyboard_open ? STDIN_FILENO : -1, POLLIN, 0};
    if (!any)
        return false;
    if (poll(fds, FDS, wait_ms) <= 0)
        return true;
    /* The order is that of the beginning: a line read twice in one round would have nothing the second time,
     * and this process would wait for it, deaf to everything else. */
    const int first = s->middle_of < 0 ? 0 : s->middle_of;
    for (int n = 0; n < MCU_LINES; n++) {
        int i = (first + n) % MCU_LINES;
        if (fds[i].revents && !uart_read(s, i)) {
            close(s->machine->line[i]);
            s->machine->line[i] = -1;
        }
    }
    if (fds[OUTPUT].revents)
        queue_print(s, CHUNK);
    if (fds[KEYBOARD].revents)
        keyboard_read(s, terminal);
    return true;
}

/* Why the run is over, or -1 when the emulator ended by itself. */
static int loop(struct state *s, bool terminal)
{
    const int64_t end = s->console->timeout_s ? now_ms() + (int64_t)s->console->timeout_s * 1000 : INT64_MAX;
    for (;;) {
        int64_t left = end - now_ms();
        if (left <= 0)
            return MCU_EXIT_TIMEOUT;
        if (!round_once(s, left < 1000 ? (int)left : 1000, terminal))
            return -1;
        if (stopped_by)
            return MCU_EXIT_SIGNAL + stopped_by;
        if (s->quit || s->found)
            return PERI_EXIT_OK;
    }
}

int mcu_console_run(const struct mcu_console *console, struct mcu_machine *machine)
{
    static struct state s;
    memset(&s, 0, sizeof s);
    s.console = console;
    s.machine = machine;
    s.middle_of = -1;
    s.keyboard_open = console->keyboard >= 0;
    struct termios before, raw;
    bool terminal = s.keyboard_open && tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        raw = before;
        cfmakeraw(&raw);
        raw.c_oflag |= OPOST; /* firmware ends its lines with a bare newline */
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    int code = loop(&s, terminal);
    if (code >= 0) {
        mcu_machine_cut(machine);
        s.keyboard_open = false; /* what the lines still hold is shown */
        for (int64_t drain = now_ms() + DRAIN_MS; now_ms() < drain && round_once(&s, 100, terminal);)
            ;
    }
    if (s.middle_of >= 0)
        put(&s, "\n", 1);
    queue_print(&s, s.queued);
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    if (code < 0)
        return mcu_machine_wait(machine);
    mcu_machine_reap(machine);
    return code;
}
