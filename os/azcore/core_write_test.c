/* SPDX-License-Identifier: BSD-2-Clause */
/* Cores to order: what crash_parse() and a reader of ELF find in them, the largest one, and memory maps good and bad. */
#include "os/azcore/core_write.h"

#include <elf.h>
#include <link.h>
#include <signal.h>
#include <sys/procfs.h>

#include "os/azcore/crash.h"
#include "tests/check.h"

static const char maps[] =
    "55d000000000-55d000001000 r--p 00000000 fe:00 12                         /mnt/apps/app/bin/app\n"
    "55d000001000-55d000003000 r-xp 00001000 fe:00 12                         /mnt/apps/app/bin/app\n"
    "55d000003000-55d000004000 rw-p 00000000 00:00 0                          [heap]\n"
    "7f0000000000-7f0000010000 ---p 00000000 00:00 0 \n"
    "7f0000010000-7f0000020000 r-xs 0000a000 fe:00 99                         /lib/a name with spaces.so (deleted)\n"
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

static struct core_mapping mapping[CORE_MAPPINGS_MAX];

static void maps_good(void)
{
    size_t count;
    CHECK_INT(core_maps_parse(span_of(maps, sizeof maps - 1), mapping, &count), 0);
    CHECK_INT(count, 7);
    CHECK(mapping[1].begin == 0x55d000001000 && mapping[1].end == 0x55d000003000 && mapping[1].offset == 0x1000);
    CHECK_INT(mapping[1].rights, CORE_READ | CORE_EXECUTE);
    CHECK(span_equal(mapping[1].file, span_of("/mnt/apps/app/bin/app", 21)));
    CHECK_INT(mapping[2].rights, CORE_READ | CORE_WRITE);
    CHECK_INT(mapping[2].file.len, 0);
    CHECK_INT(mapping[3].rights, 0);
    CHECK(span_equal(mapping[4].file, span_of("/lib/a name with spaces.so (deleted)", 36)));
    CHECK(mapping[6].end == 0xffffffffff601000);
    CHECK(core_is_head(&mapping[0]) && !core_is_head(&mapping[1]) && !core_is_head(&mapping[2]) && !core_is_head(&mapping[5]));
    /* what was read may end within a line: whole ones count */
    for (size_t cut = 0; cut < sizeof maps - 1; cut++) {
        int err = core_maps_parse(span_of(maps, cut), mapping, &count);
        const char *first = strchr(maps, '\n');
        CHECK_INT(err, cut <= (size_t)(first - maps) ? E_MALFORMED : 0);
        CHECK(count <= 6 && (err == 0) == (count > 0));
    }
    /* a process with more mappings than are kept */
    static char many[300 * 64];
    size_t len = 0;
    for (unsigned i = 0; i < 300; i++)
        len += (size_t)sprintf(many + len, "%x000-%x800 rw-p 0 00:00 0\n", i + 1, i + 1);
    CHECK_INT(core_maps_parse(span_of(many, len), mapping, &count), 0);
    CHECK_INT(count, CORE_MAPPINGS_MAX);
}

static void maps_bad(void)
{
    static const char *const rows[] = {
        "\n", "1000\n", "1000-\n", "1000-2000\n", "2000-1000 r--p 0 0:0 0\n", "1000-1000 r--p 0 0:0 0\n", "1000-2000 r--\n",
        "1000-2000 r--p\n", "1000-2000 r--p x 0:0 0\n", "1000-2000 r--p 0\n", "1000-2000 r--p 0 0:0\n", "g-h r--p 0 0:0 0\n",
        "11112222333344445-2 r--p 0 0:0 0\n", " 1000-2000 r--p 0 0:0 0\n", "1000-2000-3000 r--p 0 0:0 0\n", "1000-2000 r--p 0 0:0 0\nx\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t count = 9;
        CHECK_INT(core_maps_parse(span_of(rows[i], strlen(rows[i])), mapping, &count), E_MALFORMED);
        CHECK_INT(count, 0);
    }
}

static void stack_found(void)
{
    size_t len, count;
    struct core_mapping *of;
    REQUIRE(core_maps_parse(span_of(maps, sizeof maps - 1), mapping, &count) == 0);
    of = core_stack(mapping, count, 0x7ffc00020f00, &len);
    CHECK(of == &mapping[5] && of->from == 0x7ffc00020e00 && len == 0x200);
    of = core_stack(mapping, count, 0x7ffc00000008, &len); /* the whole stack is in use: the end that matters is here */
    CHECK(of == &mapping[5] && of->from == 0x7ffc00000000 && len == CORE_STACK_MAX);
    of = core_stack(mapping, count, 0x7ffc00020fff, &len);
    CHECK(of && of->from % 16 == 0 && of->from + len == 0x7ffc00021000);
    CHECK(!core_stack(mapping, count, 0x7ffc00021000, &len) && len == 0);
    CHECK(!core_stack(mapping, count, 0, &len));
    CHECK(!core_stack(mapping, count, 0x7f0000000000, &len)); /* nobody may read there */
    CHECK(!core_stack(mapping, count, UINT64_MAX, &len));
}

static void written(void)
{
    static uint8_t core[CRASH_DUMP_CORE_MAX], stack[0x200] = "the stack", head[4096] = "the program";
    struct elf_prstatus status = {.pr_info.si_signo = SIGSEGV, .pr_pid = 7};
    struct elf_prpsinfo process = {.pr_fname = "app", .pr_uid = 61200};
    siginfo_t info = {.si_signo = SIGSEGV, .si_code = SEGV_MAPERR};
    struct crash crash;
    size_t count, len, with = 0;
    info.si_addr = (void *)0x1230;
    REQUIRE(core_maps_parse(span_of(maps, sizeof maps - 1), mapping, &count) == 0);
    core_stack(mapping, count, 0x7ffc00020f00, &len)->bytes = span_of(stack, sizeof stack);
    mapping[0].from = mapping[0].begin;
    mapping[0].bytes = span_of(head, sizeof head);
    struct core_parts parts = {.status = span_of(&status, sizeof status), .process = span_of(&process, sizeof process),
                               .signal = span_of(&info, sizeof info), .mapping = mapping, .count = count};
    struct writer w = writer_of(core, sizeof core);
    CHECK_INT(core_write(&parts, &w), 0);
    CHECK_INT(crash_parse(writer_view(&w), &crash), 0);
    CHECK_INT(crash.signal, SIGSEGV);
    CHECK_INT(crash.code, SEGV_MAPERR);
    CHECK_INT(crash.address, 0x1230);
    CHECK_INT(crash.pid, 7);
    CHECK_INT(crash.uid, 61200);
    CHECK_MEM(crash.name, "app", 4);
    ElfW(Ehdr) elf;
    memcpy(&elf, core, sizeof elf);
    CHECK_INT(elf.e_phnum, 1 + count);
    for (unsigned i = 0; i < elf.e_phnum; i++) {
        ElfW(Phdr) row;
        memcpy(&row, core + elf.e_phoff + i * sizeof row, sizeof row);
        CHECK(row.p_offset + row.p_filesz <= w.len);
        if (row.p_type != PT_LOAD || !row.p_filesz)
            continue;
        with++;
        CHECK(memcmp(core + row.p_offset, row.p_vaddr == 0x55d000000000 ? "the program" : "the stack", 9) == 0);
    }
    CHECK_INT(with, 2);
    /* every prefix of it is refused, or has the same registers */
    for (size_t cut = 0; cut < w.len; cut += cut < 2048 ? 1 : 97) {
        struct crash other;
        if (crash_parse(span_of(core, cut), &other) == 0)
            CHECK_INT(other.pid, 7);
    }
    /* what does not fit writes no core */
    w = writer_of(core, 1000);
    CHECK_INT(core_write(&parts, &w), E_FULL);
    mapping[5].bytes.len = 0x201; /* beyond its mapping */
    w = writer_of(core, sizeof core);
    CHECK_INT(core_write(&parts, &w), E_LIMIT);
    mapping[5].bytes.len = sizeof stack;
    parts.count = CORE_MAPPINGS_MAX + 1;
    CHECK_INT(core_write(&parts, &w), E_LIMIT);
    parts.count = count;
    static const uint8_t long_note[CORE_NOTE_MAX + 1];
    parts.auxiliary = span_of(long_note, sizeof long_note);
    CHECK_INT(core_write(&parts, &w), E_LIMIT);
}

/* All limits at once fit the place that there is. */
static void largest(void)
{
    static uint8_t core[CRASH_DUMP_CORE_MAX], note[CORE_NOTE_MAX], stack[CORE_STACK_MAX], head[CORE_HEAD_BYTES];
    static char name[200];
    struct elf_prstatus status = {.pr_info.si_signo = SIGABRT};
    memset(name, 'n', sizeof name);
    for (size_t i = 0; i < CORE_MAPPINGS_MAX; i++)
        mapping[i] = (struct core_mapping){.begin = i << 20, .end = (i + 1) << 20, .file = span_of(name, sizeof name),
                                           .from = i << 20, .bytes = span_of(head, i < CORE_HEADS_MAX ? sizeof head : 0)};
    mapping[9].bytes = span_of(stack, sizeof stack);
    struct core_parts parts = {.status = span_of(&status, sizeof status), .process = span_of(note, sizeof(struct elf_prpsinfo)),
                               .signal = span_of(note, sizeof(siginfo_t)), .floating = span_of(note, sizeof note),
                               .auxiliary = span_of(note, 1024), .mapping = mapping, .count = CORE_MAPPINGS_MAX};
    struct crash crash;
    struct writer w = writer_of(core, sizeof core);
    CHECK_INT(core_write(&parts, &w), 0);
    CHECK_INT(crash_parse(writer_view(&w), &crash), 0);
}

int main(void)
{
    maps_good();
    maps_bad();
    stack_found();
    written();
    largest();
    return check_done();
}
