/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One skipped instruction must not boot unsigned code (ROM and first boot loader).
 *
 * Both slots of the next stage hold an image that is right but for who signed it, and
 * that tells when it runs.  One boot is logged: each instruction on the
 * way from the stage's first to its halt in recovery is a point (address, n-th time there).
 * Then, for each point, a boot in which exactly that instruction is not
 * executed, as a glitch would have it: the debugger stops before it, moves the
 * program counter behind it, and lets the chip go.  Passed: the image never ran.
 *
 *   skip_test                  a sample of the points
 *   skip_test --all [PASSES]   all of them (tests/mcu/skip_all), or fewer passes of each address
 *
 * Points of one address are counted up to PASSES_MAX; the copying loops of memcpy() and
 * memset() up to COPY_PASSES_MAX, as each pass is like the others.
 */
#include "tests/mcu/chip.h"
#include "tests/mcu/debugged.h"
#include "tests/mcu/elf.h"

enum {
    POINTS_MAX = 400000,
    PASSES_MAX = 48,
    COPY_PASSES_MAX = 3,
    SAMPLE = 60,      /* points a case of an ordinary run */
    HUNG_MS = 200, /* a boot to the halt takes a few; only a hang waits so long */
    CODE_BYTES = 0x20000,
    MARK = '~', /* which no stage prints */
};
#define MARK_TEXT "~"

/* What is booted, and which lie is told. */
static const struct skip_case {
    const char *name, *elf;
    enum mcu_slot slot, backup;
    uint32_t base;   /* where the stage under test runs */
    uint32_t loaded; /* where the image would run */
    bool foreign;    /* the signer's key is in the image, so that the signature is good in itself */
} cases[] = {
    {"ROM, signed by another key", "rom.elf", MCU_SLOT_ONE_BL, MCU_SLOT_ONE_BL_BACKUP, MT3620_PLUTON_ROM, BOOT_1BL_AT,
     false},
    {"ROM, own root key", "rom.elf", MCU_SLOT_ONE_BL, MCU_SLOT_ONE_BL_BACKUP, MT3620_PLUTON_ROM, BOOT_1BL_AT, true},
    {"1BL, signed by another key", "1bl.elf", MCU_SLOT_RUNTIME, MCU_SLOT_RUNTIME_BACKUP, BOOT_1BL_AT, BOOT_RUNTIME_AT,
     false},
    {"1BL, by an unknown key", "1bl.elf", MCU_SLOT_RUNTIME, MCU_SLOT_RUNTIME_BACKUP, BOOT_1BL_AT, BOOT_RUNTIME_AT,
     true},
};

struct point {
    uint32_t at;
    unsigned pass; /* from 1 */
};

struct bench {
    const struct skip_case *what;
    struct debugged chip;
    struct elf_symbol halt, rom_halt, recovery, copy, set;
    uint32_t payload_end; /* the image's last instruction, a loop */
    unsigned booted, refused, hung, died, absent;
};

static unsigned passes_max = PASSES_MAX;
static struct point points[POINTS_MAX];
static size_t point_count;

/* -- the image that must not run ------------------------------------------------ */

/* Vectors, loader header, a slide of no-ops, and a loop behind "store the mark". */
static void payload_write(uint8_t *body, size_t len, uint32_t base, const uint8_t *key)
{
    static const uint16_t tell[] = {
        0x4902, /* ldr r1, [pc, #8] */
        0x2000 | MARK,
        0x6008, /* str r0, [r1] */
        0xE7FE, /* b . */
        0xE7FE, 0xE7FE,
    };
    const size_t code = BOOT_1BL_HEADER_AT + 72, tail = (len & ~(size_t)3) - 16;
    struct writer w = writer_of(body, len);
    writer_u32le(&w, BOOT_1BL_STACK);
    for (int i = 1; i < 16; i++)
        writer_u32le(&w, base + (uint32_t)code + 1);
    writer_u32le(&w, BOOT_1BL_MAGIC);
    writer_u32le(&w, BOOT_1BL_VERSION);
    writer_bytes(&w, key, P256_PUBLIC_BYTES);
    while (w.len < tail)
        writer_u16le(&w, 0xBF00);
    for (size_t i = 0; i < sizeof tell / sizeof tell[0]; i++)
        writer_u16le(&w, tell[i]);
    writer_u32le(&w, MT3620_M4_UART);
    writer_zero(&w, len - w.len);
    REQUIRE(w.err == 0);
}

static void payload_put(struct bench *b)
{
    static uint8_t body[0x4000];
    struct mcu_flash flash = chip_flash_read();
    struct span file;
    struct image image;
    struct signing_key root;
    chip_key_load("root.pem", &root);
    REQUIRE(mcu_flash_image(&flash, b->what->slot, &file) == 0 && image_parse(file, &image) == 0);
    size_t len = b->what->slot == MCU_SLOT_ONE_BL ? image.body.len : 0x1000;
    REQUIRE(len <= sizeof body);
    payload_write(body, len, b->what->loaded, b->what->foreign ? chip_stranger_key()->public_key : root.public_key);
    struct chip_change change = {.stranger = !b->what->foreign, .foreign = b->what->foreign, .body = {body, len}};
    chip_resign(&flash, b->what->slot, &change);
    chip_resign(&flash, b->what->backup, &change);
    chip_flash_write(&flash);
    signing_key_release(&root);
    b->payload_end = b->what->loaded + (uint32_t)((len & ~(size_t)3) - 16) + 6;
}

/* -- the machine ------------------------------------------------------------------ */

static void machine_up(struct bench *b)
{
    debugged_up(&b->chip, at("chip"), at("gdb"), MCU_UART_PLUTON, MARK_TEXT);
    rsp_break(&b->chip.rsp, b->payload_end);
}

/* -- the points ------------------------------------------------------------------- */

static bool inside(struct elf_symbol symbol, uint32_t pc) { return pc >= symbol.at && pc - symbol.at < symbol.bytes; }

/* Address in a line of QEMU's log, "Trace 1: 0x7f... [00000000/00100058/...] ", for Pluton's core. */
static bool trace_line(const char *line, uint32_t *pc)
{
    unsigned core, base;
    void *code;
    return sscanf(line, "Trace %u: %p [%x/%x/", &core, &code, &base, pc) == 4 && core == PLUTON_PROCESS - 1;
}

/* The boot that refuses the image, instruction by instruction: where it goes. */
static void trace(struct bench *b)
{
    static unsigned passes[CODE_BYTES / 2];
    static char path[1024];
    char line[256];
    uint32_t pc = 0;
    unsigned steps = 0;
    memset(passes, 0, sizeof passes);
    point_count = 0;
    snprintf(path, sizeof path, "%s", at("trace"));
    struct mcu_run run = {.folder = at("chip"), .trace = path};
    struct mcu_console quiet = {.keyboard = -1, .timeout_s = CHIP_HANG_S};
    REQUIRE(mcu_machine_start(&run, &b->chip.machine) == 0);
    CHECK_INT(mcu_console_run(&quiet, &b->chip.machine), MT3620_END_RECOVERY);
    FILE *f = fopen(path, "re");
    REQUIRE(f != NULL);
    while (fgets(line, sizeof line, f)) {
        if (!trace_line(line, &pc) || pc < b->what->base || pc - b->what->base >= CODE_BYTES)
            continue;
        steps++;
        unsigned *pass = &passes[(pc - b->what->base) / 2];
        if (++*pass > (inside(b->copy, pc) || inside(b->set, pc) ? COPY_PASSES_MAX : passes_max))
            continue;
        REQUIRE(point_count + 1 < POINTS_MAX);
        points[point_count++] = (struct point){pc, *pass};
    }
    fclose(f);
    REQUIRE(steps > 1000);
    CHECK(inside(b->recovery, pc)); /* the chip ended there; without that it halts: */
    points[point_count++] = (struct point){b->halt.at, 1};
    printf("%s: %u instructions, %zu points\n", b->what->name, steps, point_count);
}

/* Goes to the point, from where the chip stands; false when the boot ends without it. */
static bool reach(struct bench *b, struct point p)
{
    bool reached = true;
    rsp_break(&b->chip.rsp, p.at);
    if (p.at != b->halt.at)
        rsp_break(&b->chip.rsp, b->halt.at);
    for (unsigned pass = 0; pass < p.pass && reached; pass++) {
        struct rsp *rsp = &b->chip.rsp;
        reached = (pass == 0 || rsp_step(rsp, CHIP_HANG_S * 1000)) &&
                  (rsp_pc(rsp) == p.at || (rsp_continue(rsp, CHIP_HANG_S * 1000) && rsp_pc(rsp) == p.at));
    }
    if (p.at != b->halt.at)
        rsp_unbreak(&b->chip.rsp, b->halt.at);
    if (!reached)
        rsp_unbreak(&b->chip.rsp, p.at);
    return reached;
}

/* One boot with one instruction less. */
static void try_point(struct bench *b, struct point p)
{
    rsp_reset(&b->chip.rsp);
    bool reached = reach(b, p);
    if (!reached) { /* some of the way is gone after a power-on only, not after a reset */
        debugged_down(&b->chip);
        machine_up(b);
        reached = reach(b, p);
    }
    if (!reached) { /* a loop that waits for a line or for noise went round less often than when it was logged */
        b->absent++;
        return;
    }
    rsp_skip(&b->chip.rsp, p.at);
    rsp_unbreak(&b->chip.rsp, p.at);
    bool in_halt = inside(b->halt, p.at);
    if (!in_halt) {
        rsp_break(&b->chip.rsp, b->halt.at);
        if (b->rom_halt.at != b->halt.at)
            rsp_break(&b->chip.rsp, b->rom_halt.at);
    }
    bool stopped = rsp_continue(&b->chip.rsp, HUNG_MS);
    uint32_t pc = rsp_pc(&b->chip.rsp);
    if (!in_halt && !b->chip.rsp.dead) {
        rsp_unbreak(&b->chip.rsp, b->halt.at);
        if (b->rom_halt.at != b->halt.at)
            rsp_unbreak(&b->chip.rsp, b->rom_halt.at);
    }
    bool ran = atomic_load(&b->chip.heard) || (stopped && pc == b->payload_end);
    CHECK(!ran);
    if (ran)
        fprintf(stderr, "  %s: without the instruction at %08x, pass %u, the image ran\n", b->what->name, p.at, p.pass);
    atomic_store(&b->chip.heard, false);
    b->booted += ran;
    b->died += b->chip.rsp.dead;
    b->refused += !ran && stopped;
    b->hung += !ran && !stopped && !b->chip.rsp.dead;
    if (b->chip.rsp.dead) { /* a lock-up of the core, which the emulator does not survive */
        debugged_down(&b->chip);
        machine_up(b);
    }
}

/* The bench itself must be able to fail: rightly signed, the same image runs. */
static void control(struct bench *b)
{
    struct chip_change right = {0};
    if (b->what->foreign)
        return; /* its body carries the stranger's key */
    struct mcu_flash flash = chip_flash_read();
    chip_resign(&flash, b->what->slot, &right);
    chip_flash_write(&flash);
    machine_up(b);
    CHECK(rsp_continue(&b->chip.rsp, 60000));
    CHECK_INT(rsp_pc(&b->chip.rsp), b->payload_end);
    rsp_unbreak(&b->chip.rsp, b->payload_end);
    for (int i = 0; i < 500 && !atomic_load(&b->chip.heard); i++) /* the line takes its time */
        rsp_continue(&b->chip.rsp, HUNG_MS);
    CHECK(atomic_load(&b->chip.heard));
    atomic_store(&b->chip.heard, false);
    debugged_down(&b->chip);
}

static struct elf_symbol symbol(const char *elf, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/../firmware/%s", getenv("PERI_BIN"), elf);
    return elf_find(path, name);
}

static void run_case(const struct skip_case *what, bool all)
{
    static struct bench b;
    memset(&b, 0, sizeof b);
    b.what = what;
    chip_fresh();
    payload_put(&b);
    control(&b);
    chip_fresh();
    payload_put(&b);
    b.halt = symbol(what->elf, "start_halt");
    b.rom_halt = symbol("rom.elf", "start_halt");
    b.recovery = symbol(what->elf, "stage_recovery");
    b.copy = symbol(what->elf, "memcpy");
    b.set = symbol(what->elf, "memset");
    trace(&b);
    machine_up(&b);
    size_t stride = all || point_count <= SAMPLE ? 1 : point_count / SAMPLE;
    size_t tried = 0;
    int64_t from_ms = chip_now_ms();
    for (size_t i = stride / 2; i < point_count; i += stride, tried++)
        try_point(&b, points[i]);
    debugged_down(&b.chip);
    printf("%s: %zu points tried in %lld ms: %u refused, %u hung (the watchdog's), %u core lock-ups, "
           "%u not there this time, %u booted\n", what->name,
           tried, (long long)(chip_now_ms() - from_ms), b.refused, b.hung, b.died, b.absent, b.booted);
    CHECK(tried >= 1 && b.refused > tried / 2 && b.absent <= tried / 20);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
    chip_begin();
    if (argc > 2)
        passes_max = (unsigned)atoi(argv[2]);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        run_case(&cases[i], all);
    return check_done();
}
