/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/testing/gdb_stub.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    REPLY_MAX = 4096,
    REPLY_TIMEOUT_MS = 20000,
    RESET_TIMEOUT_MS = 2000, /* a core that waits for an interrupt takes no step */
    REGISTER_PC = 15,
    REGISTER_XPSR = 25, /* of an M-profile core */
};
#define CORE "p2.2" /* process and thread of the Pluton core */

static void die(const char *what)
{
    fprintf(stderr, "gdb_stub: %s\n", what);
    exit(1);
}

/* False: the emulator is gone. */
static bool put(struct stub *s, const char *text)
{
    char packet[REPLY_MAX];
    unsigned sum = 0;
    for (const char *p = text; *p; p++)
        sum += (unsigned char)*p;
    const int len = snprintf(packet, sizeof packet, "$%s#%02x", text, sum & 255);
    return send(s->fd, packet, (size_t)len, MSG_NOSIGNAL) == len;
}

/* One packet's contents; acknowledgements and console output are passed over. */
static enum stub_end get(struct stub *s, char reply[static REPLY_MAX], int timeout_ms)
{
    size_t len = 0;
    bool open = false;
    for (;;) {
        char ch;
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        const int ready = poll(&p, 1, timeout_ms);
        if (ready == 0)
            return STUB_TIMEOUT;
        const ssize_t got = recv(s->fd, &ch, 1, 0);
        if (got <= 0)
            return STUB_GONE;
        if (ch == '$') {
            open = true;
            len = 0;
        } else if (open && ch == '#') {
            char sum[2];
            if (recv(s->fd, sum, 2, MSG_WAITALL) != 2)
                return STUB_GONE;
            reply[len] = '\0';
            open = false;
            if (!(reply[0] == 'O' && reply[1] != 'K'))
                return STUB_STOPPED;
        } else if (open && len < REPLY_MAX - 1) {
            reply[len++] = ch;
        }
    }
}

static void ask(struct stub *s, const char *text, char reply[static REPLY_MAX])
{
    if (!put(s, text) || get(s, reply, REPLY_TIMEOUT_MS) != STUB_STOPPED)
        die("no answer from the emulator");
}

static void ask_ok(struct stub *s, const char *text)
{
    char reply[REPLY_MAX];
    ask(s, text, reply);
    if (strcmp(reply, "OK") != 0)
        die(text);
}

void stub_start(struct stub *s, const char *emulator, const char *machine, const char *uart,
                const char *log)
{
    int pair[2];
    char reply[REPLY_MAX], serial[512];
    snprintf(serial, sizeof serial, "file:%s", uart);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        die("socketpair");
    s->pid = fork();
    if (s->pid == 0) {
        const int null = open("/dev/null", O_WRONLY);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(pair[1], 0);
        dup2(pair[1], 1);
        dup2(null, 2);
        execl(emulator, emulator, "-M", machine, "-display", "none", "-monitor", "none", "-serial", serial,
              "-S", "-gdb", "stdio", "-singlestep", "-D", log, (char *)NULL);
        _exit(127);
    }
    if (s->pid < 0)
        die("fork");
    close(pair[1]);
    s->fd = pair[0];
    ask(s, "qSupported:multiprocess+", reply);
    ask(s, "vAttach;2", reply);
    ask_ok(s, "Hg" CORE);
    ask_ok(s, "Hc" CORE);
    /* Single registers are only served to who has asked what there are. */
    ask(s, "qXfer:features:read:target.xml:0,800", reply);
}

void stub_trace(struct stub *s, bool on)
{
    /* the monitor's command, in hexadecimal */
    char text[128] = "qRcmd,";
    for (const char *p = on ? "log exec,nochain" : "log none"; *p; p++)
        snprintf(text + strlen(text), 3, "%02x", (unsigned char)*p);
    ask_ok(s, text);
}

void stub_kill(struct stub *s)
{
    close(s->fd);
    kill(s->pid, SIGKILL);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static uint32_t register_get(struct stub *s, unsigned number)
{
    char text[16], reply[REPLY_MAX];
    snprintf(text, sizeof text, "p%x", number);
    ask(s, text, reply);
    uint32_t value = (uint32_t)strtoul(reply, NULL, 16);
    return __builtin_bswap32(value);
}

static void register_set(struct stub *s, unsigned number, uint32_t value)
{
    char text[32];
    snprintf(text, sizeof text, "P%x=%08x", number, __builtin_bswap32(value));
    ask_ok(s, text);
}

uint32_t stub_pc(struct stub *s)
{
    return register_get(s, REGISTER_PC);
}

void stub_go_to(struct stub *s, uint32_t pc)
{
    register_set(s, REGISTER_PC, pc);
}

void stub_break(struct stub *s, uint32_t address, bool on)
{
    char text[32];
    snprintf(text, sizeof text, "%c0,%x,2", on ? 'Z' : 'z', address);
    ask_ok(s, text);
}

static enum stub_end resume(struct stub *s, const char *how, int timeout_ms)
{
    char reply[REPLY_MAX];
    if (!put(s, how))
        return STUB_GONE;
    const enum stub_end end = get(s, reply, timeout_ms);
    return end == STUB_STOPPED && (reply[0] == 'W' || reply[0] == 'X') ? STUB_GONE : end;
}

enum stub_end stub_step(struct stub *s)
{
    return resume(s, "vCont;s:" CORE, REPLY_TIMEOUT_MS);
}

enum stub_end stub_continue(struct stub *s, int timeout_ms)
{
    char reply[REPLY_MAX];
    const enum stub_end end = resume(s, "vCont;c", timeout_ms);
    if (end == STUB_TIMEOUT && (send(s->fd, "\3", 1, MSG_NOSIGNAL) != 1 ||
                                get(s, reply, REPLY_TIMEOUT_MS) != STUB_STOPPED))
        return STUB_GONE;
    return end;
}

bool stub_reset(struct stub *s, uint32_t store, uint32_t reset_register, uint32_t key)
{
    register_set(s, 0, key);
    register_set(s, 3, reset_register);
    register_set(s, REGISTER_PC, store);
    return resume(s, "vCont;s:" CORE, RESET_TIMEOUT_MS) == STUB_STOPPED;
}

/* xPSR holds IT[1:0] in bits 26..25 and IT[7:2] in 15..10. */
static uint32_t it_advance(uint32_t xpsr)
{
    uint32_t it = (xpsr >> 25 & 3) | (xpsr >> 8 & 0xFC);
    it = (it & 7) == 0 ? 0 : (it & 0xE0) | (it << 1 & 0x1F);
    return (xpsr & ~0x0600FC00u) | (it & 3) << 25 | (it & 0xFC) << 8;
}

void stub_skip(struct stub *s, uint32_t pc, unsigned bytes)
{
    const uint32_t xpsr = register_get(s, REGISTER_XPSR);
    if (it_advance(xpsr) != xpsr)
        register_set(s, REGISTER_XPSR, it_advance(xpsr));
    register_set(s, REGISTER_PC, pc + bytes);
}
