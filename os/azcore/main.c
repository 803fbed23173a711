/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * azcore [PID]                 the kernel's crash handler: core file on standard input
 * azcore --print [PID]         the same, said on standard output instead of recorded
 * Source: docs/spec/crash-report.md, docs/spec/crash-dump.md.  On the MCU the kernel starts it with the capability to
 * record telemetry and CAP_SYSLOG, nothing else (docs/spec/kernel.md); PID is what core_pattern's %P puts in.  The
 * kernel waits for it, so the process that died keeps its credential, and its restart waits too: END_S at most.
 * Exit codes: 0 recorded, 1 not (said), 2 wrong arguments.  A dump that could not be kept is said, and no more.
 *
 * No child, no network.  For the report the head of the core alone is read; of what comes behind it, where dumps are
 * allowed, what spool.h keeps: a process that dies with much memory takes no more of this one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "abi/device_api.h"
#include "lib/guid.h"
#include "os/azcore/crash.h"
#include "os/azcore/dump.h"
#include "os/azcore/record.h"

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "azcore: %s: %s\n", what, why);
    return 1;
}

/* The kernel gives its helper standard input alone: a file must not become the place where errors are said. */
static void outputs_open(void)
{
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/console", O_WRONLY | O_NOCTTY) != fd && open("/dev/null", O_WRONLY) != fd)
            _exit(1);
}

/* As much of the core as the report needs. */
static int head_read(uint8_t head[static CRASH_HEAD_MAX], size_t *len, struct crash *crash)
{
    enum { STEP_BYTES = 4096 };
    int err = E_MORE;
    *len = 0;
    while (err == E_MORE && *len < CRASH_HEAD_MAX) {
        size_t room = CRASH_HEAD_MAX - *len;
        ssize_t n = read(STDIN_FILENO, head + *len, room < STEP_BYTES ? room : STEP_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        *len += (size_t)n;
        err = crash_parse(span_of(head, *len), crash);
    }
    return err;
}

/* While the kernel waits for us the process is still there, with its credential. */
static void component_find(const char *pid, uint8_t component[static 16])
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
        crash_component(span_of(text, (size_t)n), component);
}

/* Why there is none that there should be; 0: there is, or one of its kind, or it is not wanted. */
static int dump(const struct crash *crash, struct span begin, uint64_t now_s)
{
    char component[GUID_TEXT_BYTES];
    struct rusage used;
    size_t bytes;
    int err = dump_keep(crash, begin, now_s, &bytes);
    guid_format(crash->component, component);
    if (err)
        fprintf(stderr, "azcore: %s: crash dump dropped: %s\n", component,
                err == E_EXISTS   ? "one of its kind waits"
                : err == E_DENIED ? "not allowed any more"
                : err == E_FULL   ? "no room for it in flash, or as many as may wait"
                                  : err_text(err));
    else if (bytes && getrusage(RUSAGE_SELF, &used) == 0)
        fprintf(stderr, "azcore: %s: crash dump kept, %zu bytes; took %ld KiB of memory\n", component, bytes,
                used.ru_maxrss);
    return err == E_EXISTS || err == E_DENIED ? 0 : err;
}

int main(int argc, char **argv)
{
    enum { END_S = 60 };
    static uint8_t head[CRASH_HEAD_MAX];
    struct crash crash;
    char text[256];
    uint8_t component[16] = {0};
    size_t len;
    bool print = argc > 1 && strcmp(argv[1], "--print") == 0;
    const char *pid = argc > 1 + print ? argv[1 + print] : "";
    outputs_open();
    if (argc > 2 + print || (argc > 1 && !print && argv[1][0] == '-')) {
        fprintf(stderr, "usage: azcore [--print] [PID]   (core file on standard input)\n");
        return 2;
    }
    alarm(END_S);
    component_find(pid, component);
    int err = head_read(head, &len, &crash);
    if (err)
        return fail("core file", err_text(err));
    memcpy(crash.component, component, sizeof crash.component);
    crash_text(&crash, text, sizeof text);
    if (print)
        return printf("%s\nat %llx in \"%.*s\"\n", text, (unsigned long long)crash.place, CRASH_NAME_BYTES,
                      crash.file) < 0;
    const time_t now = time(NULL);
    err = record(CRASH_REPORT_ID, &crash, (uint32_t)now);
    const int lost = dump(&crash, span_of(head, len), (uint64_t)now);
    if (lost) {
        crash.code = lost == E_FULL ? EVENT_DUMP_NO_ROOM : EVENT_DUMP_FAILED;
        (void)!record(CRASH_DUMP_LOST_ID, &crash, (uint32_t)now); /* said on the console in any case */
    }
    return err ? fail("telemetry", err_text(err)) : 0;
}
