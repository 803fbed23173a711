/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cores that a kernel wrote, cores made to order for the other machines, cut ones and
 * hostile ones; and the program itself behind a real crash, where this machine writes
 * core files into the working folder.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/azcore/crash.h"
#include "tests/check.h"

/* -- a core to order --------------------------------------------------------------- */

struct order {
    uint16_t machine;
    bool wide;
    uint16_t pid, pc, lr, sp, prstatus, uid, name, prpsinfo, address;
};
static const struct order arm = {40, false, 24, 132, 128, 124, 148, 8, 28, 124, 12};
static const struct order aarch64 = {183, true, 32, 368, 352, 360, 392, 16, 40, 136, 16};

static void word(struct writer *w, const struct order *o, uint64_t value)
{
    if (o->wide)
        writer_u64le(w, value);
    else
        writer_u32le(w, (uint32_t)value);
}

/* A note whose bytes are 0 but for what put() writes afterwards; its place. */
static size_t note(struct writer *w, uint32_t type, uint32_t len)
{
    writer_u32le(w, 5);
    writer_u32le(w, len);
    writer_u32le(w, type);
    writer_bytes(w, "CORE\0\0\0", 8);
    size_t place = w->len;
    writer_zero(w, len);
    writer_zero(w, (4 - len % 4) % 4);
    return place;
}

static void put(uint8_t *bytes, size_t at, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static struct span core_make(const struct order *o, uint8_t bytes[static 4096])
{
    struct writer w = writer_of(bytes, 4096);
    size_t head = o->wide ? 64 : 52, row = o->wide ? 56 : 32, wordlen = o->wide ? 8 : 4;
    writer_bytes(&w, "\x7f""ELF", 4);
    writer_u8(&w, o->wide ? 2 : 1);
    writer_u8(&w, 1);
    writer_zero(&w, 10);
    writer_u16le(&w, 4);
    writer_u16le(&w, o->machine);
    writer_u32le(&w, 1);
    word(&w, o, 0);
    word(&w, o, head);
    word(&w, o, 0);
    writer_u32le(&w, 0);
    writer_u16le(&w, (uint16_t)head);
    writer_u16le(&w, (uint16_t)row);
    writer_u16le(&w, 1);
    writer_zero(&w, 6);
    REQUIRE(w.len == head);
    writer_zero(&w, row);
    size_t begin = w.len;
    size_t status = note(&w, 1, o->prstatus), other = note(&w, 1, o->prstatus), info = note(&w, 3, o->prpsinfo),
           signal = note(&w, 0x53494749, 128), files = note(&w, 0x46494c45, (uint32_t)(wordlen * 8 + 32));
    REQUIRE(w.err == 0);
    put(bytes, head, 4, 4);
    put(bytes, head + (o->wide ? 8 : 4), begin, wordlen);
    put(bytes, head + (o->wide ? 32 : 16), w.len - begin, wordlen);
    put(bytes, status, 11, 4);
    put(bytes, status + o->pid, 77, 4);
    put(bytes, status + o->pc, 0x10234, wordlen);
    put(bytes, status + o->lr, 0x20235, wordlen);
    put(bytes, status + o->sp, 0xbeffff00, wordlen);
    put(bytes, other + o->pc, 0xffff, wordlen); /* of another thread */
    put(bytes, info + o->uid, 1001, 2);
    memcpy(bytes + info + o->name, "dw100", 5);
    put(bytes, signal, 11, 4);
    put(bytes, signal + 8, 1, 4);
    put(bytes, signal + o->address, 0x1230, wordlen);
    /* two files of 0x1000 bytes a page: one before pc, and the one it is in, from its third page on */
    const uint64_t mapped[] = {2, 0x1000, 0xf000, 0x10000, 0, 0x10000, 0x11000, 2};
    for (size_t i = 0; i < 8; i++)
        put(bytes, files + i * wordlen, mapped[i], wordlen);
    memcpy(bytes + files + 8 * wordlen, "/lib/libc.so\0/bin/my app\x80\0", 27);
    return writer_view(&w);
}

static void to_order(void)
{
    static const struct order *const orders[] = {&arm, &aarch64};
    uint8_t bytes[4096];
    struct crash crash;
    char text[256];
    for (size_t i = 0; i < 2; i++) {
        struct span core = core_make(orders[i], bytes);
        CHECK_INT(crash_parse(core, &crash), 0);
        CHECK_INT(crash.machine, i ? CRASH_MACHINE_AARCH64 : CRASH_MACHINE_ARM);
        CHECK_INT(crash.signal, 11);
        CHECK_INT(crash.code, 1);
        CHECK_INT(crash.pid, 77);
        CHECK_INT(crash.uid, 1001);
        CHECK_INT(crash.pc, 0x10234);
        CHECK_INT(crash.lr, 0x20235);
        CHECK_INT(crash.sp, 0xbeffff00);
        CHECK_INT(crash.address, 0x1230);
        CHECK_MEM(crash.name, "dw100\0\0\0\0\0\0\0\0\0\0\0", 16);
        CHECK_INT(crash.place, 0x2234);
        CHECK_MEM(crash.file, "my_app_\0\0\0\0\0\0\0\0\0", 16);
        crash_component(span_of("CID: d0c41c8e-55e1-4f6b-9d1a-3b7f1c2a9e64\nTID: \n", 47), crash.component);
        crash_text(&crash, text, sizeof text);
        CHECK(strcmp(text, "AppCrash (pc=10234; lr=20235; sp=beffff00; signo=11; errno=0; code=1; "
                           "component_id=d0c41c8e-55e1-4f6b-9d1a-3b7f1c2a9e64)") == 0);
        for (size_t n = 0; n < core.len; n++) /* no prefix is a whole one, or it says the same */
            CHECK(crash_parse(span_of(bytes, n), &crash) != 0 || crash.pc == 0x10234);
    }
}

/* -- hostile ones -------------------------------------------------------------------- */

static void hostile(void)
{
    static const struct {
        const char *what;
        size_t at, len;
        uint64_t value;
        int err;
    } rows[] = {
        {"no magic", 1, 1, 'X', E_MALFORMED},
        {"big-endian", 5, 1, 2, E_MALFORMED},
        {"a program, not a core", 16, 2, 2, E_MALFORMED},
        {"unknown machine", 18, 2, 243, E_UNSUPPORTED},
        {"Arm with 64 bits", 4, 1, 2, E_UNSUPPORTED},
        {"table behind the end", 28, 4, 0xFFFFFFF0, E_MORE},
        {"table just behind the end", 28, 4, 4000, E_MORE},
        {"rows of another size", 42, 2, 31, E_MALFORMED},
        {"rows of no size", 42, 2, 0, E_MALFORMED},
        {"more rows than there can be", 44, 2, 0xFFFF, E_LIMIT},
        {"more rows than bytes", 44, 2, 500, E_MORE},
        {"no rows", 44, 2, 0, E_MISSING},
        {"no notes", 52, 4, 1, E_MISSING},
        {"notes behind the end", 56, 4, 0xFFFFFF00, E_MORE},
        {"notes that end behind the end", 68, 4, 0xFFFFFFFF, E_MORE},
        {"notes of nothing", 68, 4, 0, E_MISSING},
        {"name of all bytes", 84, 4, 0xFFFFFFFF, E_MALFORMED},
        {"name that wraps with its padding", 84, 4, 0xFFFFFFFD, E_MALFORMED},
        {"note of all bytes", 88, 4, 0xFFFFFFFF, E_MALFORMED},
        {"registers too short", 88, 4, 100, E_MALFORMED},
    };
    uint8_t bytes[4096];
    static const struct crash zero;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct crash crash;
        struct span core = core_make(&arm, bytes);
        put(bytes, rows[i].at, rows[i].value, rows[i].len);
        int err = crash_parse(core, &crash);
        if (err != rows[i].err)
            fprintf(stderr, "%s:\n", rows[i].what);
        CHECK_INT(err, rows[i].err);
        CHECK_MEM(&crash, &zero, sizeof zero);
    }
    /* thousands of small notes */
    static uint8_t many[CRASH_HEAD_MAX];
    struct crash crash;
    struct span core = core_make(&arm, many);
    for (size_t at = core.len; at + 12 <= sizeof many; at += 12)
        memset(many + at, 0, 12);
    put(many, 68, sizeof many - 84, 4);
    CHECK_INT(crash_parse(span_of(many, sizeof many), &crash), E_LIMIT);
}

/* What a process may have made of the list of its mapped files. */
static void hostile_files(void)
{
    static const struct {
        const char *what;
        size_t at;
        uint64_t value;
        int err;
        uint64_t place;
        const char *file;
    } rows[] = {
        {"more files than bytes", 0, 100, E_MALFORMED, 0, ""},
        {"a count that wraps", 0, 0x15555556, E_MALFORMED, 0, ""},
        {"no files", 0, 0, 0, 0x10234, ""},
        {"the first alone", 0, 1, 0, 0x10234, ""},
        {"pc just behind", 24, 0x10234, 0, 0x10234, ""},
        {"pc at the last byte", 24, 0x10235, 0, 0x2234, "my_app_"},
        {"pc just before", 20, 0x10235, 0, 0x10234, ""},
        {"in the first one", 12, 0x10235, 0, 0x1234, "libc.so"},
        {"pages of no size", 4, 0, 0, 0x234, "my_app_"},
        {"an offset of all bits", 28, 0xFFFFFFFF, 0, 0xFFFFFFFF234, "my_app_"},
        {"a name of nothing", 32, 0, 0, 0x10234, ""},
    };
    uint8_t bytes[4096];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct crash crash;
        struct span core = core_make(&arm, bytes);
        size_t files = core.len - (32 + 32);
        put(bytes, files + rows[i].at, rows[i].value, 4);
        if (i + 1 == sizeof rows / sizeof *rows)
            memcpy(bytes + files + 32, "a\0\0", 3), put(bytes, files + 32 + 2, 0, 4);
        int err = crash_parse(core, &crash);
        if (err != rows[i].err || crash.place != rows[i].place || strncmp(crash.file, rows[i].file, 16) != 0)
            fprintf(stderr, "%s: place %llx in %.16s\n", rows[i].what, (unsigned long long)crash.place, crash.file);
        CHECK_INT(err, rows[i].err);
        CHECK_INT(crash.place, rows[i].place);
        CHECK(strncmp(crash.file, rows[i].file, 16) == 0);
    }
    /* names that never end, and one that is longer than the room */
    struct crash crash;
    struct span core = core_make(&arm, bytes);
    memset(bytes + core.len - 32, 'x', 32);
    CHECK_INT(crash_parse(core, &crash), E_MALFORMED);
    core = core_make(&arm, bytes);
    memcpy(bytes + core.len - 32, "a\0/x/0123456789ABCDEF", 22);
    bytes[core.len - 1] = 0;
    CHECK_INT(crash_parse(core, &crash), 0);
    CHECK_MEM(crash.file, "0123456789ABCDEF", 16);
}

static void reports(void)
{
    uint8_t bytes[4096], report[CRASH_REPORT_BYTES + 1] = {0};
    struct crash crash, back;
    REQUIRE(crash_parse(core_make(&arm, bytes), &crash) == 0);
    struct writer w = writer_of(report, sizeof report);
    CHECK_INT(crash_report_write(&crash, &w), 0);
    CHECK_INT(w.len, CRASH_REPORT_BYTES);
    CHECK_INT(crash_report_parse(writer_view(&w), &back), 0);
    CHECK_MEM(&back, &crash, sizeof back);
    for (size_t n = 0; n < CRASH_REPORT_BYTES; n++)
        CHECK(crash_report_parse(span_of(report, n), &back) != 0);
    CHECK_INT(crash_report_parse(span_of(report, sizeof report), &back), E_TRAILING);
    for (uint8_t version = 0; version <= CRASH_REPORT_VERSION + 1; version++) {
        report[0] = version;
        CHECK_INT(crash_report_parse(span_of(report, CRASH_REPORT_BYTES), &back),
                  version == 1 ? E_TRAILING : version == CRASH_REPORT_VERSION ? 0 : E_VERSION);
    }
    report[0] = 1; /* what an older crash handler left in flash */
    CHECK_INT(crash_report_parse(span_of(report, CRASH_REPORT_1_BYTES), &back), 0);
    CHECK_INT(back.place, back.pc);
    CHECK_INT(back.file[0], 0);
    report[0] = CRASH_REPORT_VERSION;
    report[1] = 9;
    CHECK_INT(crash_report_parse(span_of(report, CRASH_REPORT_BYTES), &back), E_MALFORMED);
}

static void components(void)
{
    static const char *const bad[] = {"", "CID:", "CID: ", "CID: d0c41c8e-55e1-4f6b-9d1a-3b7f1c2a9e6",
                                      "CID: d0c41c8e-55e1-4f6b-9d1a-3b7f1c2a9e64x", "cid: d0c41c8e-55e1-4f6b-9d1a-3b7f1c2a9e64",
                                      "CID: g0c41c8e-55e1-4f6b-9d1a-3b7f1c2a9e64", "TID: \nCID: d0c41c8e-55e1-4f6b-9d1a-3b7f1c2a9e64"};
    static const uint8_t zero[16];
    uint8_t component[16];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(component, 1, sizeof component);
        crash_component(span_of(bad[i], strlen(bad[i])), component);
        CHECK_MEM(component, zero, sizeof zero);
    }
    crash_component(span_of("CID: d0c41c8e-55e1-4f6b-9d1a-3b7f1c2a9e64", 41), component);
    CHECK(memcmp(component, zero, sizeof zero) != 0);
}

/* -- real ones -------------------------------------------------------------------------- */

/* Heads of cores that Linux 6 wrote for victim.c; registers as a debugger shows them. */
static void kept(void)
{
    static const struct {
        const char *file;
        unsigned signal;
        int code;
        uint64_t pc, sp, address;
    } rows[] = {
        {"os/azcore/testdata/core/good-x86-64-segv", 11, 1, 0x55dc335a41a2, 0x7fff27fca640, 0x1230},
        {"os/azcore/testdata/core/good-x86-64-abort", 6, -6, 0x7f4a1a0afeec, 0x7ffe9ca22f30, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct crash crash;
        size_t len;
        uint8_t *bytes = check_read_file(rows[i].file, &len);
        CHECK_INT(crash_parse(span_of(bytes, len), &crash), 0);
        CHECK_INT(crash.machine, CRASH_MACHINE_X86_64);
        CHECK_INT(crash.signal, rows[i].signal);
        CHECK_INT(crash.code, rows[i].code);
        CHECK(crash.pc == rows[i].pc && crash.sp == rows[i].sp);
        if (rows[i].address)
            CHECK_INT(crash.address, rows[i].address);
        CHECK(memcmp(crash.name, "azcore_victim", 13) == 0);
        for (size_t n = 0; n < len; n += n < 512 ? 1 : 61)
            CHECK(crash_parse(span_of(bytes, n), &crash) != 0);
        free(bytes);
    }
}

/* A crash of now, through the program; true when this machine writes "core" here. */
static bool live(const char *victim, const char *how, unsigned signal)
{
    char folder[] = "/tmp/peri-azcore-XXXXXX", path[64], program[512], said[512] = "", want[32];
    int status, out[2];
    const char *bin = getenv("PERI_BIN");
    snprintf(program, sizeof program, "%s/azcore", bin ? bin : "build/test/bin");
    REQUIRE(mkdtemp(folder) != NULL);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
        setrlimit(RLIMIT_CORE, &all);
        if (chdir(folder) == 0)
            execl(victim, victim, how, (char *)NULL);
        _exit(126);
    }
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) && (unsigned)WTERMSIG(status) == signal);
    snprintf(path, sizeof path, "%s/core", folder);
    int core = open(path, O_RDONLY | O_CLOEXEC);
    bool here = core >= 0;
    if (here) {
        REQUIRE(pipe2(out, O_CLOEXEC) == 0);
        pid = fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
            dup2(core, 0);
            dup2(out[1], 1);
            execl(program, "azcore", "--print", (char *)NULL);
            _exit(126);
        }
        close(out[1]);
        ssize_t n = read(out[0], said, sizeof said - 1);
        said[n > 0 ? n : 0] = '\0';
        close(out[0]);
        close(core);
        REQUIRE(waitpid(pid, &status, 0) == pid);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        snprintf(want, sizeof want, "signo=%u;", signal);
        CHECK(strstr(said, "AppCrash (pc=") == said && strstr(said, want));
        /* its own code touches what is not there; abort() and raise() are in a library */
        CHECK(strstr(said, "\nat ") && strstr(said, signal == SIGSEGV ? " in \"azcore_victim" : " in \"libc"));
        CHECK_INT(unlink(path), 0);
    }
    CHECK_INT(rmdir(folder), 0);
    return here;
}

int main(int argc, char **argv)
{
    char victim[4096];
    REQUIRE(argc == 2 && realpath(argv[1], victim) != NULL);
    to_order();
    hostile();
    hostile_files();
    reports();
    components();
    kept();
    FILE *f = fopen("/proc/sys/kernel/core_pattern", "r");
    char pattern[64] = "";
    REQUIRE(f && fgets(pattern, sizeof pattern, f));
    fclose(f);
    if (strcmp(pattern, "core\n") == 0)
        CHECK(live(victim, "segv", SIGSEGV) && live(victim, "abort", SIGABRT) && live(victim, "fpe", SIGFPE) &&
              live(victim, "ill", SIGILL));
    else
        printf("core files of this machine go elsewhere (%.40s): the kept ones only\n", pattern);
    return check_done();
}
