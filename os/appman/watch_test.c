/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An application that dies in its compartment while its init looks on: whose registers, which stack, what is in
 * the core and what is not; and that watching changes nothing of how it ends.
 * Argument: the program that crashes as it is told.  Needs root.
 */
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/crash_dump.h"
#include "os/appman/compartment.h"
#include "os/azcore/crash.h"
#include "os/config/device_conf.h"
#include "tests/check.h"

static char folder[] = "/tmp/peri-watch-XXXXXX";
static uint8_t core[CRASH_DUMP_CORE_MAX];

static const char *below(const char *name)
{
    static char path[4][64];
    static unsigned next;
    char *at = path[next++ % 4];
    snprintf(at, sizeof path[0], "%s/%s", folder, name);
    return at;
}

/* Runs it; the bytes of the core, and the wait status. */
static size_t run(const struct asxipfs *image, const char *how, bool watched, int *status)
{
    char text[512];
    static struct app_manifest manifest;
    snprintf(text, sizeof text,
             "{\"SchemaVersion\":1,\"Name\":\"test\",\"ComponentId\":\"a0000000-0000-0000-0000-000000000001\","
             "\"EntryPoint\":\"/bin/app\",\"CmdArgs\":[\"%s\"],\"Capabilities\":{},\"ApplicationType\":\"Default\"}", how);
    REQUIRE(app_manifest_parse(span_of(text, strlen(text)), &manifest) == 0);
    int output[2], channel[2], outcome;
    int place = memfd_create("core", MFD_CLOEXEC);
    REQUIRE(pipe(output) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel) == 0 && place >= 0);
    REQUIRE(ftruncate(place, CRASH_DUMP_CORE_MAX) == 0);
    struct compartment_spec spec = {
        .manifest = &manifest, .image = image, .component = (const uint8_t *)"0123456789abcdef", .uid = 63101,
        .missing = 1u << PART_LANDLOCK, .root_folder = below("root"), .etc_folder = below("etc"),
        .run_folder = below("run"), .output = output[1], .channel = channel[0], .events = -1,
        .core = watched ? place : -1,
    };
    pid_t init;
    REQUIRE(compartment_start(&spec, &init, &outcome) == 0);
    close(output[1]);
    int ended;
    REQUIRE(waitpid(init, &ended, 0) == init);
    struct compartment_record record;
    size_t bytes = 0;
    *status = -1;
    while (read(outcome, &record, sizeof record) == sizeof record) {
        if (record.kind == COMPARTMENT_CORE)
            bytes = (size_t)record.value;
        else if (record.kind == COMPARTMENT_EXITED)
            *status = record.value;
        else
            fprintf(stderr, "%s: %s\n", record.text, strerror(record.value));
    }
    CHECK(bytes <= sizeof core);
    if (bytes)
        CHECK_INT(pread(place, core, bytes, 0), bytes);
    close(outcome);
    close(output[0]);
    close(channel[0]);
    close(channel[1]);
    close(place);
    return bytes;
}

/* The stack is in it, around sp, and nothing else of the memory. */
static void memory_look(size_t bytes, uint64_t sp)
{
    ElfW(Ehdr) head;
    ElfW(Phdr) row;
    size_t stacks = 0, heads = 0, mapped = 0;
    memcpy(&head, core, sizeof head);
    for (unsigned i = 0; i < head.e_phnum; i++) {
        memcpy(&row, core + head.e_phoff + i * sizeof row, sizeof row);
        CHECK(row.p_offset + row.p_filesz <= bytes);
        if (row.p_type != PT_LOAD)
            continue;
        mapped++;
        CHECK(row.p_filesz <= row.p_memsz);
        if (row.p_filesz && sp >= row.p_vaddr && sp < row.p_vaddr + row.p_filesz) {
            stacks++;
            CHECK(memmem(core + row.p_offset, row.p_filesz, "on the stack, seen", 18) != NULL);
        } else if (row.p_filesz) {
            heads++; /* not writable: bytes of a file */
            CHECK(!(row.p_flags & PF_W) && row.p_filesz == 4096 && memcmp(core + row.p_offset, "\x7f""ELF", 4) == 0);
        }
    }
    CHECK_INT(stacks, 1);
    CHECK(heads >= 2); /* the program, and the C library */
    CHECK(mapped > 5);
    CHECK(!memmem(core, bytes, "on the heap, not seen", 21));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *how;
        int signal, code;
        uint64_t address;
    } rows[] = {
        {"segv", SIGSEGV, SEGV_MAPERR, 0x1230}, {"thread", SIGSEGV, SEGV_MAPERR, 0x4560}, {"abort", SIGABRT, SI_TKILL, 0},
        {"fpe", SIGFPE, SI_TKILL, 0}, {"many", SIGABRT, SI_TKILL, 0},
    };
    static const char *const folders[] = {"root", "etc", "run"};
    static uint8_t code[1 << 20], package[1 << 20];
    struct asxipfs image;
    int status;
    REQUIRE(argc == 2 && geteuid() == 0 && mkdtemp(folder));
    for (size_t i = 0; i < 3; i++)
        REQUIRE(mkdir(below(folders[i]), 0755) == 0);
    FILE *in = fopen(argv[1], "rb");
    REQUIRE(in);
    struct asxipfs_source source = {"/bin/app", true, span_of(code, fread(code, 1, sizeof code, in))};
    struct writer w = writer_of(package, sizeof package);
    REQUIRE(asxipfs_write(&source, 1, &w) == 0 && asxipfs_open(writer_view(&w), &image) == 0);
    fclose(in);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct crash crash;
        size_t bytes = run(&image, rows[i].how, true, &status);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == rows[i].signal);
        CHECK(bytes > 0);
        if (!bytes)
            continue;
        CHECK_INT(crash_parse(span_of(core, bytes), &crash), 0);
        CHECK_INT(crash.signal, rows[i].signal);
        CHECK_INT(crash.code, rows[i].code);
        if (rows[i].address)
            CHECK_INT(crash.address, rows[i].address);
        CHECK_INT(crash.uid, 63101);
        CHECK(crash.pc != 0 && crash.sp != 0);
        if (rows[i].address)
            CHECK(memcmp(crash.file, "app", 4) == 0); /* where it writes, not where abort() is */
        memory_look(bytes, crash.sp);
    }
    /* how it ends is the same, watched or not; and what is no crash leaves no core */
    static const struct {
        const char *how;
        int status;
    } ends[] = {{"exit", 3 << 8}, {"kill", SIGKILL}, {"term", SIGTERM}, {"handled", 4 << 8}, {"threads", 5 << 8}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        for (int watched = 0; watched < 2; watched++) {
            CHECK_INT(run(&image, ends[i].how, watched, &status), 0);
            CHECK_INT(status, ends[i].status);
        }
    CHECK_INT(run(&image, "segv", false, &status), 0);
    CHECK_INT(WTERMSIG(status), SIGSEGV);
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(rmdir(below(folders[i])), 0);
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
