/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is kept of a core: one to order with each kind of segment, for 32 and 64 bits; sizes beyond every limit; segments that
 * make no sense; and cores that Linux wrote.  The new core is read as any other.
 */
#include "os/azcore/core_cut.h"

#include <elf.h>
#include <stdlib.h>

#include "os/azcore/crash.h"
#include "tests/check.h"

enum { ROOM = 1 << 20, ROWS = 12 };

struct row {
    uint32_t flags;
    uint64_t address, bytes, memory;
};

/* A process: code, its variables, those that begin as 0, a heap, a second thread's stack, the first one's. */
static const struct row process[] = {
    {PF_R | PF_X, 0x400000, 0, 0x3000},       {PF_R | PF_W, 0x403000, 0x1000, 0x1000},
    {PF_R | PF_W, 0x404000, 0x4000, 0x4000},  {PF_R | PF_W, 0x800000, 0x9000, 0x9000},
    {PF_R | PF_W, 0x900000, 0x8000, 0x8000},  {PF_R | PF_W, 0xbe000000, 0x21000, 0x21000},
};
enum { CODE, DATA, ZERO, HEAP, THREAD, STACK, SEGMENTS };
static const uint64_t sp_first = 0xbe010038, sp_second = 0x907000;

static bool wide;

static void word(struct writer *w, uint64_t value)
{
    if (wide)
        writer_u64le(w, value);
    else
        writer_u32le(w, (uint32_t)value);
}

static size_t note(struct writer *w, const char *name, uint32_t type, uint32_t len)
{
    size_t n = strlen(name) + 1;
    writer_u32le(w, (uint32_t)n);
    writer_u32le(w, len);
    writer_u32le(w, type);
    writer_bytes(w, name, n);
    writer_zero(w, (4 - n % 4) % 4);
    size_t place = w->len;
    writer_zero(w, len + (4 - len % 4) % 4);
    return place;
}

static void put(struct writer *w, size_t at, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        w->at[at + i] = (uint8_t)(value >> 8 * i);
}

/* One byte of memory: another one for each address, and never 0. */
static uint8_t memory_at(uint64_t address)
{
    return (uint8_t)(address * 31 >> 4 | 1);
}

/* threads: registers of so many; the last note is one of an unknown kind with so many bytes. */
static struct span core_make(const struct row *rows, size_t count, unsigned threads, uint32_t other)
{
    static uint8_t bytes[ROOM];
    struct writer w = writer_of(bytes, sizeof bytes);
    const size_t head = wide ? 64 : 52, row = wide ? 56 : 32, one = wide ? 8 : 4;
    const size_t status_bytes = wide ? 336 : 148, pc = wide ? 240 : 132, sp = wide ? 264 : 124;
    writer_bytes(&w, "\x7f" "ELF", 4);
    writer_u8(&w, wide ? 2 : 1);
    writer_u8(&w, 1);
    writer_zero(&w, 10);
    writer_u16le(&w, ET_CORE);
    writer_u16le(&w, wide ? EM_X86_64 : EM_ARM);
    writer_u32le(&w, 1);
    word(&w, 0);
    word(&w, head);
    word(&w, 0);
    writer_u32le(&w, wide ? 0 : 0x05000000);
    writer_u16le(&w, (uint16_t)head);
    writer_u16le(&w, (uint16_t)row);
    writer_u16le(&w, (uint16_t)(count + 1));
    writer_zero(&w, 6);
    const size_t table = w.len;
    writer_zero(&w, row * (count + 1));
    const size_t notes = w.len;
    for (unsigned i = 0; i < threads; i++) {
        size_t at = note(&w, "CORE", NT_PRSTATUS, (uint32_t)status_bytes);
        put(&w, at, 11, 4);
        put(&w, at + 12, 11, 2);
        put(&w, at + pc, 0x400234, one);
        put(&w, at + sp, i ? sp_second : sp_first, one);
        if (i == 0) {
            size_t files = note(&w, "CORE", NT_FILE, (uint32_t)(one * 8 + 16));
            const uint64_t mapped[] = {2, 0x1000, 0x400000, 0x403000, 0, 0x403000, 0x404000, 2};
            for (size_t k = 0; k < 8; k++)
                put(&w, files + k * one, mapped[k], one);
            memcpy(w.at + files + 8 * one, "/bin/app\0/bin/a\0", 16);
        }
    }
    if (other)
        (void)note(&w, "LINUX", 0x400, other);
    const size_t notes_len = w.len - notes;
    struct writer t = writer_of(bytes + table, row * (count + 1));
    for (size_t i = 0; i <= count; i++) {
        const struct row none = {0, 0, notes_len, 0}, *r = i ? &rows[i - 1] : &none;
        writer_u32le(&t, i ? PT_LOAD : PT_NOTE);
        if (wide)
            writer_u32le(&t, r->flags);
        word(&t, i ? w.len : notes);
        word(&t, r->address);
        word(&t, 0);
        word(&t, r->bytes);
        word(&t, r->memory);
        if (!wide)
            writer_u32le(&t, r->flags);
        word(&t, 0x1000);
        for (uint64_t k = 0; i && k < r->bytes && w.len < w.cap; k++)
            writer_u8(&w, memory_at(r->address + k));
    }
    REQUIRE(w.err == 0 && t.err == 0);
    return writer_view(&w);
}

/* What the caller of core_cut_plan() does with it. */
static struct span cut_run(const struct core_cut *cut, struct span core)
{
    static uint8_t bytes[CORE_CUT_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    uint64_t before = 0;
    writer_bytes(&w, cut->head, cut->head_len);
    for (size_t i = 0; i < cut->pieces; i++) {
        const struct core_piece *p = &cut->piece[i];
        REQUIRE(p->len && p->from >= before && p->from + p->len <= core.len);
        before = p->from + p->len;
        writer_bytes(&w, core.at + p->from, p->len);
    }
    REQUIRE(w.err == 0);
    CHECK_INT(w.len, cut->bytes);
    return writer_view(&w);
}

/* The new core is as good as the old one, and has nothing that it had not. */
static void look_through(struct span old, struct span new, struct core_segment kept[static SEGMENTS])
{
    struct crash before, after;
    struct core_head head;
    CHECK_INT(crash_parse(old, &before), 0);
    CHECK_INT(crash_parse(new, &after), 0);
    CHECK_MEM(&before, &after, sizeof before);
    REQUIRE(core_head_read(new, &head) == 0);
    for (uint16_t i = 1; i < head.count; i++) {
        struct core_segment s;
        struct span bytes;
        REQUIRE(core_segment_read(new, &head, i, &s) == 0 && core_segment_bytes(new, &s, &bytes) == 0);
        CHECK_INT(s.type, CORE_SEGMENT_LOAD);
        CHECK(s.bytes <= s.memory);
        for (size_t k = 0; k < bytes.len; k++)
            REQUIRE(bytes.at[k] == memory_at(s.address + k));
        if (i <= SEGMENTS)
            kept[i - 1] = s;
    }
}

static void to_order(void)
{
    struct core_cut cut;
    struct core_segment kept[SEGMENTS];
    struct span core = core_make(process, SEGMENTS, 2, 64);
    REQUIRE(core_cut_plan(core, &cut) == 0);
    look_through(core, cut_run(&cut, core), kept);
    CHECK(kept[CODE].address == 0x400000 && kept[CODE].bytes == 0 && kept[CODE].memory == 0);
    CHECK(kept[DATA].address == 0x403000 && kept[DATA].bytes == 0x1000 && kept[DATA].memory == 0x1000);
    CHECK(kept[ZERO].address == 0x404000 && kept[ZERO].bytes == CORE_CUT_DATA_MAX && kept[ZERO].memory == 0x4000);
    CHECK(kept[HEAP].address == 0x800000 && kept[HEAP].bytes == 0 && kept[HEAP].memory == 0x9000);
    CHECK(kept[THREAD].address == sp_second - CORE_CUT_BELOW && kept[THREAD].bytes == CORE_CUT_OTHER_STACK_MAX);
    CHECK(kept[STACK].address <= sp_first - CORE_CUT_BELOW && kept[STACK].address > sp_first - CORE_CUT_BELOW - 16);
    CHECK(kept[STACK].bytes == CORE_CUT_STACK_MAX && kept[STACK].address + kept[STACK].memory == 0xbe021000);
    CHECK(kept[STACK].address % 16 == 0);
    /* from as little as the report is made of */
    struct core_cut again;
    size_t least = 0;
    for (struct crash crash; crash_parse(span_of(core.at, least), &crash) != 0;)
        CHECK(core_cut_plan(span_of(core.at, least++), &again) != 0 && again.bytes == 0);
    CHECK_INT(core_cut_plan(span_of(core.at, least), &again), 0);
    CHECK(again.bytes == cut.bytes && again.pieces == cut.pieces);
    for (size_t i = 0; i < cut.pieces; i++)
        CHECK(again.piece[i].from == cut.piece[i].from && again.piece[i].len == cut.piece[i].len);
}

/* The thread that crashed comes first, then variables; what finds no room is left out. */
static void limits(void)
{
    struct row rows[CORE_SEGMENTS_MAX - 1];
    struct core_cut cut;
    struct core_segment kept[SEGMENTS];
    memcpy(rows, process, sizeof process);
    struct span core = core_make(process, SEGMENTS, 30, 0); /* more threads than are looked for */
    CHECK_INT(core_cut_plan(core, &cut), 0);
    look_through(core, cut_run(&cut, core), kept);

    core = core_make(process, SEGMENTS, 2, 60000); /* a note beyond the limit is left out; the others stay */
    CHECK_INT(core_cut_plan(core, &cut), 0);
    look_through(core, cut_run(&cut, core), kept);
    CHECK(cut.head_len < CORE_CUT_NOTES_MAX);

    /* variables of 8 pages: a part of them, and all together no more than fits */
    for (unsigned i = 0; i < 8; i++)
        rows[i] = (struct row){PF_R | PF_W, 0x403000 + i * 0x8000, 0x8000, 0x8000};
    rows[8] = process[STACK];
    core = core_make(rows, 9, 1, 0);
    CHECK_INT(core_cut_plan(core, &cut), 0);
    look_through(core, cut_run(&cut, core), kept);
    CHECK(kept[0].bytes == CORE_CUT_DATA_MAX && cut.bytes <= CORE_CUT_BYTES_MAX);

    /* as many segments as a core may have */
    for (unsigned i = 0; i < CORE_SEGMENTS_MAX - 1; i++)
        rows[i] = (struct row){PF_R | PF_W, 0x100000 + i * 0x2000, 16, 0x1000};
    core = core_make(rows, CORE_SEGMENTS_MAX - 1, 1, 0);
    CHECK_INT(core_cut_plan(core, &cut), 0);
    look_through(core, cut_run(&cut, core), kept);
}

static void hostile(void)
{
    struct core_cut cut;
    static const struct row bad[][2] = {
        {{PF_R | PF_W, 0x1000, 0x1000, 0x800}, {PF_R, 0x5000, 0, 0}},                        /* more in the file than in memory */
        {{PF_R | PF_W, 0xffffffff00000000, 16, 0x200000000}, {PF_R, 0x5000, 0, 0}},          /* around the end */
    };
    for (size_t i = 0; i < 2; i++) {
        if (!wide && i == 1)
            continue;
        CHECK_INT(core_cut_plan(core_make(bad[i], 2, 1, 0), &cut), E_MALFORMED);
        CHECK(cut.bytes == 0 && cut.pieces == 0);
    }
    CHECK_INT(core_cut_plan(core_make(process, SEGMENTS, 0, 8), &cut), E_MISSING); /* no registers */
    /* memory that lies before the one before it: the core can be read once */
    struct span core = core_make(process, SEGMENTS, 1, 0);
    const size_t head = wide ? 64 : 52, row = wide ? 56 : 32;
    struct writer w = writer_of((uint8_t *)(uintptr_t)core.at, core.len);
    put(&w, head + row * (DATA + 2) + (wide ? 8 : 4), 0, 4);
    CHECK_INT(core_cut_plan(core, &cut), E_MALFORMED);
    /* every bit of the head */
    core = core_make(process, SEGMENTS, 2, 8);
    size_t len = head + row * (SEGMENTS + 1) + 1200;
    for (size_t bit = 0; bit < len * 8; bit++) {
        w.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (core_cut_plan(core, &cut) == 0)
            CHECK(cut.bytes <= CORE_CUT_BYTES_MAX && cut.head_len <= sizeof cut.head && cut.pieces <= CORE_CUT_SEGMENTS_MAX);
        else
            CHECK(cut.bytes == 0);
        w.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* Heads of cores that Linux wrote, without the memory behind them. */
static void real_ones(const char *folder)
{
    static const char *const names[] = {"good-x86-64-segv", "good-x86-64-abort"};
    for (size_t i = 0; i < 2; i++) {
        static uint8_t bytes[CRASH_HEAD_MAX];
        static struct core_cut cut;
        struct crash crash, again;
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *f = fopen(path, "rb");
        REQUIRE(f != NULL);
        struct span core = span_of(bytes, fread(bytes, 1, sizeof bytes, f));
        fclose(f);
        CHECK_INT(core_cut_plan(core, &cut), 0);
        CHECK(cut.pieces > 0 && cut.bytes > cut.head_len && cut.bytes <= CORE_CUT_BYTES_MAX);
        CHECK_INT(crash_parse(core, &crash), 0);
        CHECK_INT(crash_parse(span_of(cut.head, cut.head_len), &again), 0);
        CHECK_MEM(&crash, &again, sizeof crash);
    }
}

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < 2; i++) {
        wide = i;
        to_order();
        limits();
        hostile();
    }
    real_ones(argc > 1 ? argv[1] : ".");
    return check_done();
}
