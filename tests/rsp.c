/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/rsp.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = 2048, ANSWER_MS = 60000 };

static void bug(const char *what, const char *answer)
{
    fprintf(stderr, "debugger port: %s: \"%s\"\n", what, answer);
    exit(1);
}

static void put(struct rsp *rsp, const char *bytes, size_t len)
{
    while (len && !rsp->dead) {
        ssize_t n = send(rsp->fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            rsp->dead = true;
        else
            bytes += n, len -= (size_t)n;
    }
}

/* More bytes; false at the end of time or of the emulator. */
static bool fill(struct rsp *rsp, int ms)
{
    struct pollfd fd = {rsp->fd, POLLIN, 0};
    if (poll(&fd, 1, ms) <= 0)
        return false;
    ssize_t n = read(rsp->fd, rsp->in + rsp->len, sizeof rsp->in - rsp->len);
    if (n <= 0) {
        rsp->dead = true;
        return false;
    }
    rsp->len += (size_t)n;
    return true;
}

/* One packet without its frame; acknowledged.  Text of the monitor is passed over. */
static bool take(struct rsp *rsp, char answer[static ANSWER_MAX], int ms)
{
    for (;;) {
        char *start = memchr(rsp->in, '$', rsp->len);
        char *end = start ? memchr(start, '#', rsp->len - (size_t)(start - rsp->in)) : NULL;
        if (end && end + 3 <= rsp->in + rsp->len) {
            size_t len = (size_t)(end - start) - 1;
            if (len >= ANSWER_MAX)
                bug("answer too long", "");
            memcpy(answer, start + 1, len);
            answer[len] = 0;
            rsp->len -= (size_t)(end + 3 - rsp->in);
            memmove(rsp->in, end + 3, rsp->len);
            put(rsp, "+", 1);
            if (answer[0] == 'O' && answer[1] != 'K')
                continue;
            return true;
        }
        if (rsp->len == sizeof rsp->in)
            bug("too much", "");
        if (!fill(rsp, ms))
            return false;
    }
}

static void send_packet(struct rsp *rsp, const char *text)
{
    char frame[ANSWER_MAX + 8];
    unsigned sum = 0;
    for (const char *c = text; *c; c++)
        sum += (unsigned char)*c;
    int n = snprintf(frame, sizeof frame, "$%s#%02x", text, sum & 0xff);
    put(rsp, frame, (size_t)n);
}

__attribute__((format(printf, 3, 4))) static void ask(struct rsp *rsp, char answer[static ANSWER_MAX],
                                                      const char *format, ...)
{
    char text[ANSWER_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    answer[0] = 0;
    send_packet(rsp, text);
    if (!take(rsp, answer, ANSWER_MS) && !rsp->dead)
        bug("no answer to", text);
}

static void command(struct rsp *rsp, const char *text)
{
    char answer[ANSWER_MAX];
    ask(rsp, answer, "%s", text);
    if (strcmp(answer, "OK") != 0 && !rsp->dead)
        bug(text, answer);
}

void rsp_open(struct rsp *rsp, int fd, unsigned process)
{
    char answer[ANSWER_MAX], text[64];
    memset(rsp, 0, sizeof *rsp);
    rsp->fd = fd;
    ask(rsp, answer, "qSupported:multiprocess+");
    ask(rsp, answer, "vAttach;%x", process);
    if (answer[0] != 'T')
        bug("vAttach", answer);
    const char *thread = strstr(answer, "thread:");
    if (!thread)
        bug("vAttach", answer);
    snprintf(rsp->core, sizeof rsp->core, "%.*s", (int)strcspn(thread + 7, ";"), thread + 7);
    snprintf(text, sizeof text, "Hg%s", rsp->core);
    command(rsp, text);
    snprintf(text, sizeof text, "Hc%s", rsp->core);
    command(rsp, text);
    /* only who has read the description may name single registers */
    ask(rsp, answer, "qXfer:features:read:target.xml:0,400");
}

/* Two hex digits a byte, in memory order. */
static void bytes_of(const char *hex, uint8_t *bytes, size_t len)
{
    if (strlen(hex) < 2 * len)
        bug("short answer", hex);
    for (size_t i = 0; i < len; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

uint32_t rsp_register(struct rsp *rsp, unsigned number)
{
    char answer[ANSWER_MAX];
    uint8_t b[4] = {0};
    ask(rsp, answer, "p%x", number);
    if (!rsp->dead)
        bytes_of(answer, b, sizeof b);
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

void rsp_register_set(struct rsp *rsp, unsigned number, uint32_t value)
{
    char text[64];
    snprintf(text, sizeof text, "P%x=%02x%02x%02x%02x", number, value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff,
             value >> 24);
    command(rsp, text);
}

void rsp_memory(struct rsp *rsp, uint32_t at, void *bytes, size_t len)
{
    char answer[ANSWER_MAX];
    memset(bytes, 0, len);
    ask(rsp, answer, "m%x,%zx", at, len);
    if (!rsp->dead)
        bytes_of(answer, bytes, len);
}

static void breakpoint(struct rsp *rsp, char what, uint32_t at)
{
    char text[64];
    snprintf(text, sizeof text, "%c1,%x,2", what, at);
    command(rsp, text);
}

void rsp_break(struct rsp *rsp, uint32_t at) { breakpoint(rsp, 'Z', at); }
void rsp_unbreak(struct rsp *rsp, uint32_t at) { breakpoint(rsp, 'z', at); }

static bool resume(struct rsp *rsp, const char *how, int ms)
{
    char answer[ANSWER_MAX];
    send_packet(rsp, how);
    if (take(rsp, answer, ms)) {
        rsp->dead |= answer[0] == 'W' || answer[0] == 'X'; /* its farewell */
        return answer[0] == 'T';
    }
    if (rsp->dead)
        return false;
    put(rsp, "\x03", 1);
    if (!take(rsp, answer, ANSWER_MS) && !rsp->dead)
        bug("does not stop", "");
    return false;
}

bool rsp_step(struct rsp *rsp, int ms)
{
    char text[64];
    snprintf(text, sizeof text, "vCont;s:%s", rsp->core);
    return resume(rsp, text, ms);
}

bool rsp_continue(struct rsp *rsp, int ms) { return resume(rsp, "c", ms); }

void rsp_monitor(struct rsp *rsp, const char *words)
{
    char text[256] = "qRcmd,"; /* the words in hexadecimal */
    size_t len = strlen(text);
    if (len + 2 * strlen(words) >= sizeof text)
        bug("too long", words);
    for (; *words; words++, len += 2)
        snprintf(text + len, 3, "%02x", (unsigned char)*words);
    command(rsp, text);
}

void rsp_reset(struct rsp *rsp) { rsp_monitor(rsp, "system_reset"); }

uint32_t rsp_pc(struct rsp *rsp) { return rsp_register(rsp, RSP_PC) & ~1u; }

/* xPSR holds IT[1:0] in bits 26..25 and IT[7:2] in 15..10. */
static uint32_t it_advance(uint32_t xpsr)
{
    uint32_t it = (xpsr >> 25 & 3) | (xpsr >> 8 & 0xFC);
    it = it & 7 ? (it & 0xE0) | (it << 1 & 0x1F) : 0;
    return (xpsr & ~0x0600FC00u) | (it & 3) << 25 | (it & 0xFC) << 8;
}

uint32_t rsp_skip(struct rsp *rsp, uint32_t pc)
{
    uint8_t code[2];
    rsp_memory(rsp, pc, code, sizeof code);
    const uint32_t next = pc + (code[1] >> 3 >= 0x1D ? 4 : 2); /* 11101, 11110, 11111: of two halves */
    const uint32_t xpsr = rsp_register(rsp, RSP_XPSR);
    if (it_advance(xpsr) != xpsr)
        rsp_register_set(rsp, RSP_XPSR, it_advance(xpsr));
    rsp_register_set(rsp, RSP_PC, next);
    return next;
}
