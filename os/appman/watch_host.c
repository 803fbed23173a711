/* SPDX-License-Identifier: BSD-2-Clause */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/appman/watch.h"
#include "os/azcore/core_write.h"
#include "os/azcore/crash.h"

enum { MAPS_BYTES = 65536, PATH_BYTES = 32, FSCONFIG_CREATE = 6 };

/* Signals that a core is made of: signal(7). */
static bool makes_core(int number)
{
    static const int of[] = {SIGQUIT, SIGILL, SIGABRT, SIGFPE, SIGSEGV, SIGBUS, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (of[i] == number)
            return true;
    return false;
}

/* A /proc of this pid namespace, mounted nowhere: only who has the descriptor sees it. */
static int proc_open(void)
{
    int context = (int)syscall(SYS_fsopen, "proc", 1 /* close on exec */);
    if (context < 0)
        return -1;
    int fd = -1;
    if (syscall(SYS_fsconfig, context, FSCONFIG_CREATE, NULL, NULL, 0) == 0)
        fd = (int)syscall(SYS_fsmount, context, 1 /* close on exec */, 0);
    int number = errno;
    close(context);
    errno = number;
    return fd;
}

int watch_open(struct watch *watch, int keep)
{
    watch->proc = -1;
    watch->place = keep;
    int fd = proc_open();
    if (fd >= 0) {
        watch->proc = fcntl(fd, F_DUPFD_CLOEXEC, keep + 1);
        close(fd);
    }
    if (watch->proc >= 0)
        return 0;
    int number = errno;
    close(keep);
    watch->place = -1;
    errno = number;
    return -1;
}

int watch_begin(struct watch *watch, pid_t app)
{
    if (watch->place < 0)
        return 0;
    watch->app = app;
    if (ptrace(PTRACE_SEIZE, app, NULL, (void *)(uintptr_t)(PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE)) == 0)
        return 0;
    watch->place = -1;
    return -1;
}

static size_t file_read(const struct watch *watch, pid_t who, const char *name, uint8_t *to, size_t cap)
{
    char path[PATH_BYTES];
    size_t len = 0;
    snprintf(path, sizeof path, "%d/%s", (int)who, name);
    int fd = openat(watch->proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    for (ssize_t n; len < cap && (n = read(fd, to + len, cap - len)) > 0;)
        len += (size_t)n;
    close(fd);
    return len;
}

static size_t registers_read(pid_t who, int set, void *to, size_t cap)
{
    struct iovec room = {to, cap};
    return ptrace(PTRACE_GETREGSET, who, (void *)(uintptr_t)set, &room) == 0 ? room.iov_len : 0;
}

/* Word by word: what may be read so does not depend on settings of the machine. */
static size_t memory_read(pid_t who, uint64_t from, uint8_t *to, size_t len)
{
    size_t got = 0;
    for (; got + sizeof(long) <= len; got += sizeof(long)) {
        errno = 0;
        long value = ptrace(PTRACE_PEEKDATA, who, (void *)(uintptr_t)(from + got), NULL);
        if (errno)
            break;
        memcpy(to + got, &value, sizeof value);
    }
    return got;
}

/* The parts but memory; false: without registers there is no core. */
static bool parts_read(const struct watch *watch, pid_t who, struct core_mapping mapping[static CORE_MAPPINGS_MAX],
                       struct core_parts *parts)
{
    static uint8_t maps[MAPS_BYTES], auxiliary[CORE_NOTE_MAX], floating[CORE_NOTE_MAX];
    static struct elf_prstatus status;
    static struct elf_prpsinfo process;
    *parts = (struct core_parts){.mapping = mapping};
    status.pr_info.si_signo = watch->signal.si_signo;
    status.pr_info.si_code = watch->signal.si_code;
    status.pr_info.si_errno = watch->signal.si_errno;
    status.pr_cursig = (short)watch->signal.si_signo;
    status.pr_pid = who;
    status.pr_fpvalid = 1;
    if (!registers_read(who, NT_PRSTATUS, &status.pr_reg, sizeof status.pr_reg))
        return false;
    process.pr_pid = watch->app;
    process.pr_sname = 'R';
    process.pr_uid = getuid();
    size_t len = file_read(watch, who, "comm", (uint8_t *)process.pr_fname, sizeof process.pr_fname - 1);
    if (len && process.pr_fname[len - 1] == '\n')
        process.pr_fname[len - 1] = '\0';
    memcpy(process.pr_psargs, process.pr_fname, sizeof process.pr_fname); /* what debuggers show as the command */
    parts->status = span_of(&status, sizeof status);
    parts->process = span_of(&process, sizeof process);
    parts->signal = span_of(&watch->signal, sizeof watch->signal);
    parts->floating = span_of(floating, registers_read(who, NT_FPREGSET, floating, sizeof floating));
    parts->auxiliary = span_of(auxiliary, file_read(watch, who, "auxv", auxiliary, sizeof auxiliary));
    if (core_maps_parse(span_of(maps, file_read(watch, who, "maps", maps, sizeof maps)), mapping, &parts->count))
        parts->count = 0;
    return true;
}

/* What the core has of the memory: the stack, and the first page of some files. */
static void memory_keep(pid_t who, struct core_mapping *mapping, size_t count, uint64_t sp)
{
    static uint8_t stack[CORE_STACK_MAX], heads[CORE_HEADS_MAX][CORE_HEAD_BYTES];
    size_t len, used = 0;
    struct core_mapping *of = core_stack(mapping, count, sp, &len);
    if (of)
        of->bytes = span_of(stack, memory_read(who, of->from, stack, len));
    for (size_t i = 0; i < count && used < CORE_HEADS_MAX; i++) {
        struct core_mapping *m = &mapping[i];
        if (m == of || !core_is_head(m))
            continue;
        m->from = m->begin;
        m->bytes = span_of(heads[used], memory_read(who, m->begin, heads[used], CORE_HEAD_BYTES));
        used++;
    }
}

static void core_keep(struct watch *watch, pid_t who)
{
    static uint8_t core[CRASH_DUMP_CORE_MAX];
    static struct core_mapping mapping[CORE_MAPPINGS_MAX];
    struct core_parts parts;
    struct crash crash;
    if (!parts_read(watch, who, mapping, &parts))
        return;
    /* Once without memory: where the stack is stands in the registers. */
    struct writer w = writer_of(core, sizeof core);
    if (core_write(&parts, &w) || crash_parse(writer_view(&w), &crash))
        return;
    memory_keep(who, mapping, parts.count, crash.sp);
    w = writer_of(core, sizeof core);
    if (core_write(&parts, &w) == 0 && pwrite(watch->place, core, w.len, 0) == (ssize_t)w.len)
        watch->bytes = w.len;
}

static void go_on(pid_t who, int number)
{
    (void)ptrace(PTRACE_CONT, who, NULL, (void *)(intptr_t)number); /* it may have been killed meanwhile */
}

bool watch_step(struct watch *watch, pid_t who, int status)
{
    unsigned long code = 0;
    if (watch->place < 0 || !WIFSTOPPED(status))
        return false;
    int event = (status >> 16) & 0xFF, number = WSTOPSIG(status);
    if (event == PTRACE_EVENT_EXIT) {
        bool killed = ptrace(PTRACE_GETEVENTMSG, who, NULL, &code) == 0 && WIFSIGNALED((int)code);
        if (killed && who == watch->dying && WTERMSIG((int)code) == watch->signal.si_signo && !watch->bytes)
            core_keep(watch, who);
        go_on(who, 0);
    } else if (event == PTRACE_EVENT_STOP && number != SIGTRAP) {
        (void)ptrace(PTRACE_LISTEN, who, NULL, NULL); /* stopped as a group, until SIGCONT */
    } else if (event) {
        go_on(who, 0);
    } else {
        if (makes_core(number) && ptrace(PTRACE_GETSIGINFO, who, NULL, &watch->signal) == 0)
            watch->dying = who;
        go_on(who, number);
    }
    return true;
}
