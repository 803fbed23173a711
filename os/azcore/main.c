/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * azcore [PID]                 the kernel's crash handler: core file on standard input
 * azcore --print [PID]         the same, said on standard output instead of recorded
 * Source: docs/spec/crash-report.md.  On the MCU the kernel starts it with the capability to
 * record telemetry and CAP_SYSLOG, nothing else (docs/spec/kernel.md); PID is what
 * core_pattern's %P puts in.  Exit codes: 0 recorded, 1 not (said), 2 wrong arguments.
 *
 * No heap, no child, no network; of the core only the head is read, so a process that
 * dies with much memory holds the handler up no longer than another.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "os/azcore/crash.h"
#include "os/azcore/record.h"

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "azcore: %s: %s\n", what, why);
    return 1;
}

static size_t head_read(uint8_t *to, size_t cap)
{
    size_t len = 0;
    while (len < cap) {
        ssize_t n = read(STDIN_FILENO, to + len, cap - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    return len;
}

/* While the kernel waits for us the process is still there, with its credential. */
static void component_find(const char *pid, struct crash *crash)
{
    char path[64], text[256];
    if (strspn(pid, "0123456789") != strlen(pid) || strlen(pid) > 10 || !*pid)
        return;
    snprintf(path, sizeof path, "/proc/%s/attr/current", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    if (n > 0)
        crash_component(span_of(text, (size_t)n), crash->component);
}

int main(int argc, char **argv)
{
    static uint8_t head[CRASH_HEAD_MAX];
    struct crash crash;
    char text[256];
    bool print = argc > 1 && strcmp(argv[1], "--print") == 0;
    const char *pid = argc > 1 + print ? argv[1 + print] : "";
    if (argc > 2 + print || (argc > 1 && !print && argv[1][0] == '-')) {
        fprintf(stderr, "usage: azcore [--print] [PID]   (core file on standard input)\n");
        return 2;
    }
    int err = crash_parse(span_of(head, head_read(head, sizeof head)), &crash);
    if (err)
        return fail("core file", err_text(err));
    component_find(pid, &crash);
    crash_text(&crash, text, sizeof text);
    if (print)
        return printf("%s\nat %llx in \"%.*s\"\n", text, (unsigned long long)crash.place, CRASH_NAME_BYTES,
                      crash.file) < 0;
    err = record(&crash, (uint32_t)time(NULL));
    return err ? fail("telemetry", err_text(err)) : 0;
}
