/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction skip: of the path on which the ROM refuses a loader, and the loader a
 * runtime, each executed instruction is left out, one a run, in the emulator
 * under a debugger.  No run may start what is not signed, or not current.
 *
 *   pluton_skip_test [STRIDE [FIRMWARE_DIR [FUNCTION...]]]
 *       every STRIDE-th point (default: a few hundred in all), of these functions alone
 *
 * The image that must not run is a slide of no-operations that ends in a marked
 * place, so that a jump anywhere into it is seen.  A point is (address, how many
 * times it was executed before).  Loops: the first, some of the middle and the last turns.
 * A run may end in recovery, in a stop, a lock-up of the core or, at worst, wait for the
 * watchdog; the program counts them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/mcu_boot.h"
#include "abi/mt3620_fuse.h"
#include "abi/mt3620_reset.h"
#include "pluton/testing/mcu_flash.h"
#include "tests/check.h"
#include "tests/rsp.h"

enum {
    STEPS_MAX = 400000,
    TURNS_FIRST = 6,  /* of a loop, in any case */
    TURNS_MORE = 3,   /* spread over the rest */
    TURNS_REACH = 24, /* counted by breakpoint up to here, then by stepping */
    STEPS_REACH = 100, /* so many: the last turn of a long loop is left to its first ones */
    RUN_MS = 1500,
    RESET_MS = 2000, /* a core that waits for an interrupt takes no step */
    STEP_MS = 20000,
    PLUTON_PROCESS = 2, /* the A7's cluster is the first */
};

static struct fixture f;
static const char *emulator, *firmware;
static char folder[64], machine[1024], uart[128];
static uint8_t *flash, fuse_file[FUSE_FILE_BYTES];

static const char *path(const char *name)
{
    static char at[2][256];
    static unsigned turn;
    turn ^= 1;
    snprintf(at[turn], sizeof at[turn], "%s/%s", folder, name);
    return at[turn];
}

static void file_write(const char *name, const void *bytes, size_t len)
{
    FILE *file = fopen(name, "wb");
    REQUIRE(file && fwrite(bytes, 1, len, file) == len && fclose(file) == 0 && chmod(name, 0600) == 0);
}

/* -- images ------------------------------------------------------------------------ */

static uint8_t image[MCU_IMAGE_MAX], slide[MCU_IMAGE_MAX];

static uint32_t slide_make(uint32_t at, uint32_t stack, uint32_t bytes)
{
    struct writer w = writer_of(slide, bytes);
    writer_u32le(&w, stack);
    for (unsigned i = 1; i < 16; i++)
        writer_u32le(&w, at + 0x101);
    writer_u32le(&w, BOOT_1BL_MAGIC);
    writer_u32le(&w, BOOT_1BL_VERSION);
    writer_zero(&w, P256_PUBLIC_BYTES);
    while (w.len < bytes - 8)
        writer_u16le(&w, 0xBF00); /* nop */
    while (w.len < bytes)
        writer_u16le(&w, 0xE7FE); /* b . */
    REQUIRE(w.err == 0);
    return at + bytes - 8; /* where it ends */
}

static struct span binary(const char *name, uint8_t *room)
{
    char from[512];
    size_t len;
    snprintf(from, sizeof from, "%s/%s.bin", firmware, name);
    uint8_t *bytes = check_read_file(from, &len);
    REQUIRE(len <= MCU_IMAGE_MAX);
    memcpy(room, bytes, len);
    free(bytes);
    return span_of(room, len);
}

static void both(uint32_t at, uint32_t backup, uint32_t bytes, const struct writer *w)
{
    REQUIRE(w->err == 0);
    mcu_slot_put(flash, at, bytes, writer_view(w));
    mcu_slot_put(flash, backup, bytes, writer_view(w));
}

static void loader_put(enum fixture_key signer, enum fixture_key header, uint32_t version, struct span body)
{
    struct writer w = writer_of(image, sizeof image);
    mcu_loader(&f, signer, header, version, body, 0, &w);
    both(FLASH_BOOTLOADER_ONE_AT, FLASH_BOOTLOADER_ONE_BACKUP_AT, FLASH_BOOTLOADER_ONE_BYTES, &w);
}

static void keystore_put(enum fixture_key signer)
{
    struct writer w = writer_of(image, sizeof image);
    fixture_keystore(&f, signer, 1, &w);
    both(FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BACKUP_AT, FLASH_KEYSTORE_BYTES, &w);
}

static void runtime_put(enum fixture_key signer, enum fixture_key as, uint32_t version, struct span body)
{
    struct writer w = writer_of(image, sizeof image);
    mcu_runtime(&f, signer, as, version, body, 0, &w);
    both(FLASH_PLUTON_RUNTIME_AT, FLASH_PLUTON_RUNTIME_BACKUP_AT, FLASH_PLUTON_RUNTIME_BYTES, &w);
}

static uint32_t good_put(void)
{
    static uint8_t room[MCU_IMAGE_MAX];
    loader_put(FIXTURE_ROOT, FIXTURE_ROOT, 1, binary("1bl", room));
    keystore_put(FIXTURE_ROOT);
    runtime_put(FIXTURE_OS, FIXTURE_OS, 1, binary("pluton", room));
    return 0;
}

/* -- runs ---------------------------------------------------------------------------- */

static struct rsp emu;
static pid_t emulator_pid;
static bool running;

/* Becomes the emulator, stopped before the first instruction, its debugger port on the socket. */
static void emulator_exec(int port)
{
    char serial[160];
    snprintf(serial, sizeof serial, "file:%s", uart);
    const int null = open("/dev/null", O_WRONLY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(port, 0);
    dup2(port, 1);
    dup2(null, 2);
    execl(emulator, emulator, "-M", machine, "-display", "none", "-monitor", "none", "-serial", serial, "-S",
          "-gdb", "stdio", "-singlestep", "-D", path("log"), (char *)NULL);
    _exit(127);
}

static void emulator_start(void)
{
    int pair[2];
    file_write(path("fuses"), fuse_file, sizeof fuse_file);
    (void)unlink(path("log"));
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    emulator_pid = fork();
    REQUIRE(emulator_pid >= 0);
    if (emulator_pid == 0)
        emulator_exec(pair[1]);
    close(pair[1]);
    rsp_open(&emu, pair[0], PLUTON_PROCESS);
    running = true;
}

static void emulator_stop(void)
{
    if (!running)
        return;
    running = false;
    close(emu.fd);
    kill(emulator_pid, SIGKILL);
    while (waitpid(emulator_pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* Of the linked stage; 0 for both when there is no such function. */
static void symbol_find(const char *stage, const char *name, unsigned long *at, unsigned long *bytes)
{
    char command[512], found[128], line[256];
    *at = *bytes = 0;
    snprintf(command, sizeof command, "arm-linux-gnueabihf-nm -S %s/%s.elf", firmware, stage);
    FILE *p = popen(command, "r");
    while (p && fgets(line, sizeof line, p)) {
        unsigned long address, size;
        if (sscanf(line, "%lx %lx %*c %127s", &address, &size, found) == 3 && strcmp(found, name) == 0) {
            *at = address & ~1ul;
            *bytes = size;
        }
    }
    REQUIRE(p && pclose(p) == 0);
}

static uint32_t symbol(const char *stage, const char *name)
{
    unsigned long at, bytes;
    symbol_find(stage, name, &at, &bytes);
    return (uint32_t)at;
}

static uint32_t symbol_bytes(const char *stage, const char *name)
{
    unsigned long at, bytes;
    symbol_find(stage, name, &at, &bytes);
    return (uint32_t)bytes;
}

struct attack {
    const char *stage; /* whose instructions are skipped */
    uint32_t base;     /* where that stage runs */
    uint32_t start;    /* first instruction of it */
    uint32_t halt;     /* its end */
    uint32_t marked;   /* in the image that must not run */
    size_t bytes;      /* of the stage */
};

/* First instruction of all; `str r0, [r3]` of each stage. */
static uint32_t rom_reset, rom_store, loader_store;
static uint32_t *trace, *before, *total, steps;

static bool run_to(uint32_t pc)
{
    rsp_break(&emu, pc);
    /* Behind a reset the emulator may stop once for the step that caused it. */
    for (unsigned tries = 0; tries < 3; tries++)
        if (!rsp_continue(&emu, 10000) || rsp_pc(&emu) == pc)
            break;
    rsp_unbreak(&emu, pc);
    return rsp_pc(&emu) == pc;
}

/* The emulator carries a reset out between two instructions, at its own time. */
static bool reset_reaches(uint32_t pc)
{
    /* Each stage may execute itself alone. */
    const uint32_t store = rsp_pc(&emu) < BOOT_1BL_AT ? rom_store : loader_store;
    rsp_register_set(&emu, 0, RESET_KEY_CHIP_RESET);
    rsp_register_set(&emu, 3, MT3620_PLUTON_RESET + RESET_CHIP_RESET);
    rsp_register_set(&emu, RSP_PC, store);
    if (!rsp_step(&emu, RESET_MS))
        return false;
    for (unsigned i = 0; i < 1000; i++) {
        /* It may have taken the step behind the reset: `cpsid i`, of 2 bytes. */
        if (rsp_pc(&emu) - rom_reset <= 2) {
            rsp_register_set(&emu, RSP_PC, rom_reset);
            return pc == rom_reset || run_to(pc);
        }
        usleep(1000);
    }
    return false;
}

/* To the first instruction of the stage, after a warm reset. */
static void begin(const struct attack *a)
{
    for (unsigned tries = 0; tries < 8; tries++) {
        if (running && reset_reaches(a->start))
            return;
        if (running && tries > 1)
            fprintf(stderr, "try %u: at %#x instead of %#x\n", tries, rsp_pc(&emu), a->start);
        emulator_stop();
        emulator_start();
    }
    REQUIRE(!"the emulator starts the stage");
}

static void trace_take(const struct attack *a)
{
    static uint32_t count[65536];
    char line[256];
    memset(count, 0, sizeof count);
    begin(a);
    rsp_monitor(&emu, "log exec,nochain"); /* a line "Trace" for each instruction */
    REQUIRE(run_to(a->halt));
    rsp_monitor(&emu, "log none");
    FILE *log = fopen(path("log"), "r");
    REQUIRE(log != NULL);
    steps = 0;
    while (fgets(line, sizeof line, log)) {
        unsigned long pc; /* Trace core: host address [segment/pc/flags...] */
        const char *slash = strncmp(line, "Trace 1:", 8) == 0 ? strchr(line, '/') : NULL;
        if (!slash || sscanf(slash + 1, "%lx", &pc) != 1)
            continue;
        REQUIRE(steps < STEPS_MAX);
        trace[steps] = (uint32_t)pc;
        before[steps] = count[(trace[steps] - a->base) / 2 % 65536]++;
        steps++;
    }
    fclose(log);
    REQUIRE(steps > 1000 && trace[0] == a->start && trace[steps - 1] != a->halt);
    for (uint32_t i = 0; i < steps; i++)
        total[i] = count[(trace[i] - a->base) / 2 % 65536];
}

static uint32_t anchor_of(uint32_t step)
{
    while (step > 0 && before[step] > TURNS_REACH)
        step--;
    return step;
}

/* Up to the step-th instruction: by counting the nearest one before it that is
 * executed seldom, then one by one. */
static bool reach_once(const struct attack *a, uint32_t step)
{
    const uint32_t anchor = anchor_of(step), pc = trace[anchor];
    begin(a);
    uint32_t arrivals = before[anchor] + (rsp_pc(&emu) == pc ? 0 : 1);
    for (; arrivals > 0; arrivals--) {
        if (rsp_pc(&emu) == pc && !rsp_step(&emu, STEP_MS)) /* a breakpoint here would hit at once */
            return false;
        if (rsp_pc(&emu) == pc || !run_to(pc))
            return false;
    }
    for (uint32_t i = anchor; i < step; i++)
        if (!rsp_step(&emu, STEP_MS) || rsp_pc(&emu) != trace[i + 1])
            return false;
    return rsp_pc(&emu) == trace[step];
}

/* Not quite every run is the same: the UART may be busy a turn longer. */
static bool reach(const struct attack *a, uint32_t step)
{
    for (unsigned tries = 0; tries < 4; tries++)
        if (reach_once(a, step))
            return true;
    return false;
}

static unsigned long ended[4], missed; /* recovery, gone, waiting, silent; points not reached */

static bool told_since(size_t *seen)
{
    size_t len;
    uint8_t *said = check_read_file(uart, &len);
    const size_t from = *seen < len ? *seen : 0;
    const bool told = memmem(said + from, len - from, "!! ERROR", 8) != NULL;
    *seen = len;
    free(said);
    return told;
}

static void skip_one(const struct attack *a, uint32_t step, const char *what)
{
    static size_t seen;
    const uint32_t pc = trace[step];
    REQUIRE(pc - a->base + 2 <= a->bytes);
    if (!reach(a, step)) {
        missed++;
        return;
    }
    (void)told_since(&seen);
    rsp_break(&emu, a->marked);
    rsp_break(&emu, a->halt);
    const bool stopped = rsp_skip(&emu, pc) == a->halt || rsp_continue(&emu, RUN_MS);
    const uint32_t at = rsp_pc(&emu);
    const bool started = !emu.dead && at >= a->marked && at <= a->marked + 8;
    if (started)
        fprintf(stderr, "%s: skipping step %u at %#x starts it\n", what, step, pc);
    CHECK(!started);
    ended[emu.dead ? 1 : !stopped ? 2 : told_since(&seen) ? 0 : 3]++;
    if (emu.dead || !stopped) { /* or waits: it is not to be had for another run */
        emulator_stop();
        return;
    }
    rsp_unbreak(&emu, a->marked);
    rsp_unbreak(&emu, a->halt);
}

static char **only; /* functions, NULL-terminated; empty: all */

/* Whether one of the wanted functions holds the address. */
static bool in_function(const struct attack *a, uint32_t pc)
{
    static struct { const char *stage; uint32_t start[16], end[16]; unsigned count; } kept;
    if (!*only)
        return true;
    if (kept.stage != a->stage) {
        kept.stage = a->stage;
        kept.count = 0;
        for (char **name = only; *name && kept.count < 16; name++) {
            kept.start[kept.count] = symbol(a->stage, *name);
            kept.end[kept.count] = kept.start[kept.count] + symbol_bytes(a->stage, *name);
            kept.count++;
        }
    }
    for (unsigned i = 0; i < kept.count; i++)
        if (pc >= kept.start[i] && pc < kept.end[i])
            return true;
    return false;
}

/* The points of a trace: each address at its first turns, some later ones, the last. */
static bool wanted(uint32_t step)
{
    const uint32_t spread = (total[step] > TURNS_REACH ? TURNS_REACH : total[step]) / TURNS_MORE + 1;
    if (step - anchor_of(step) > STEPS_REACH)
        return false;
    return before[step] < TURNS_FIRST || before[step] == total[step] - 1 ||
           (before[step] <= TURNS_REACH && before[step] % spread == 0);
}

static void attack_run(const struct attack *a, const char *what, unsigned stride)
{
    emulator_stop();
    file_write(path("flash"), flash, MT3620_FLASH_BYTES);
    trace_take(a);
    unsigned long points = 0, tried = 0;
    for (uint32_t step = 0; step < steps; step++)
        if (in_function(a, trace[step]) && wanted(step) && points++ % stride == 0) {
            skip_one(a, step, what);
            tried++;
        }
    printf("%-40s %6u instructions, %5lu points, %5lu tried\n", what, steps, points, tried);
    fflush(stdout);
    CHECK(tried > 0 || *only);
}

/* The factory's start, with good images: fuses as a device in use has them. */
static void manufacture(void)
{
    uint8_t digest[SHA256_BYTES];
    memset(flash, 0xFF, MT3620_FLASH_BYTES);
    good_put();
    file_write(path("flash"), flash, MT3620_FLASH_BYTES);
    struct writer w = writer_of(fuse_file, sizeof fuse_file);
    writer_bytes(&w, FUSE_FILE_MAGIC, 8);
    writer_u32le(&w, FUSE_FILE_VERSION);
    writer_u32le(&w, FUSE_WORDS);
    writer_zero(&w, FUSE_FILE_DIGEST - w.len);
    const struct span covered = writer_view(&w);
    REQUIRE(crypto_sha256(&covered, 1, digest) == 0);
    writer_bytes(&w, digest, sizeof digest);
    emulator_start();
    REQUIRE(run_to(symbol("pluton", "runtime_boot"))); /* the sound case starts */
    emulator_stop();
    size_t len;
    uint8_t *fuses = check_read_file(path("fuses"), &len);
    REQUIRE(len == sizeof fuse_file);
    memcpy(fuse_file, fuses, sizeof fuse_file);
    free(fuses);
    /* counter 3 at 1: version 0 is old */
    fuse_file[FUSE_FILE_ARRAY + 4 * (FUSE_COUNTERS + 24)] = 1;
    fuse_file[FUSE_FILE_ARRAY + 4 * (FUSE_COUNTERS + 28)] = 1;
    const struct span again = span_of(fuse_file, FUSE_FILE_DIGEST);
    REQUIRE(crypto_sha256(&again, 1, fuse_file + FUSE_FILE_DIGEST) == 0);
}

static void rom_attacks(unsigned stride)
{
    static uint8_t code[MCU_IMAGE_MAX];
    const uint32_t bytes = BOOT_1BL_BYTES - MCU_OVERHEAD_BYTES;
    struct attack a = {.stage = "rom", .base = MT3620_PLUTON_ROM, .bytes = binary("rom", code).len};
    a.start = symbol("rom", "reset");
    a.halt = symbol("rom", "start_halt");
    a.marked = slide_make(BOOT_1BL_AT, BOOT_1BL_STACK, bytes);
    const struct span body = span_of(slide, bytes);
    loader_put(FIXTURE_STRANGER, FIXTURE_STRANGER, 1, body);
    attack_run(&a, "ROM: loader of a stranger", stride);
    loader_put(FIXTURE_STRANGER, FIXTURE_ROOT, 1, body);
    attack_run(&a, "ROM: loader with a false signature", stride);
    loader_put(FIXTURE_ROOT, FIXTURE_ROOT, 0, body);
    attack_run(&a, "ROM: loader older than the counter", stride);
    struct writer w = writer_of(image, sizeof image);
    mcu_loader(&f, FIXTURE_ROOT, FIXTURE_ROOT, 1, body, 0, &w);
    /* signed, but as something else */
    w.len = 0;
    memcpy(slide + BOOT_1BL_HEADER_AT + 8, f.key[FIXTURE_ROOT].public_key, P256_PUBLIC_BYTES);
    fixture_image(&f, FIXTURE_ROOT, FIXTURE_ROOT, IMAGE_TYPE_TRUSTED_KEYSTORE, 1, body, &w);
    both(FLASH_BOOTLOADER_ONE_AT, FLASH_BOOTLOADER_ONE_BACKUP_AT, FLASH_BOOTLOADER_ONE_BYTES, &w);
    attack_run(&a, "ROM: loader of another type", stride);
}

static void loader_attacks(unsigned stride)
{
    static uint8_t code[MCU_IMAGE_MAX];
    const uint32_t bytes = 2048;
    struct attack a = {.stage = "1bl", .base = BOOT_1BL_AT, .bytes = binary("1bl", code).len};
    a.start = symbol("1bl", "reset");
    a.halt = symbol("1bl", "start_halt");
    good_put();
    a.marked = slide_make(BOOT_RUNTIME_AT, BOOT_RUNTIME_STACK, bytes);
    const struct span body = span_of(slide, bytes);
    runtime_put(FIXTURE_STRANGER, FIXTURE_STRANGER, 1, body);
    attack_run(&a, "1BL: runtime of a stranger", stride);
    runtime_put(FIXTURE_STRANGER, FIXTURE_OS, 1, body);
    attack_run(&a, "1BL: runtime with a false signature", stride);
    runtime_put(FIXTURE_CAPABILITY, FIXTURE_CAPABILITY, 1, body);
    attack_run(&a, "1BL: runtime by a key of another use", stride);
    runtime_put(FIXTURE_OS, FIXTURE_OS, 0, body);
    attack_run(&a, "1BL: runtime older than the counter", stride);
    /* a keystore of the attacker's, with the key that signed the runtime */
    struct fixture own = f;
    own.key[FIXTURE_OS] = f.key[FIXTURE_STRANGER];
    struct writer w = writer_of(image, sizeof image);
    fixture_keystore(&own, FIXTURE_STRANGER, 1, &w);
    both(FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BACKUP_AT, FLASH_KEYSTORE_BYTES, &w);
    runtime_put(FIXTURE_STRANGER, FIXTURE_STRANGER, 1, body);
    attack_run(&a, "1BL: keystore and runtime of a stranger", stride);
}

int main(int argc, char **argv)
{
    const unsigned stride = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 400;
    firmware = argc > 2 ? argv[2] : "build/test/firmware";
    only = argv + (argc > 3 ? 3 : argc);
    emulator = getenv("PERI_QEMU");
    REQUIRE(stride > 0 && emulator && access(emulator, X_OK) == 0);
    snprintf(folder, sizeof folder, "/tmp/pluton-skip-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(machine, sizeof machine, "mt3620,rom=%s/rom.bin,fuses=%s/fuses,flash=%s/flash", firmware,
             folder, folder);
    snprintf(uart, sizeof uart, "%s/uart", folder);
    flash = malloc(MT3620_FLASH_BYTES);
    trace = calloc(STEPS_MAX, sizeof trace[0]);
    before = calloc(STEPS_MAX, sizeof before[0]);
    total = calloc(STEPS_MAX, sizeof total[0]);
    REQUIRE(flash && trace && before && total);
    rom_reset = symbol("rom", "reset");
    rom_store = symbol("rom", "start_stage") + 2;
    loader_store = symbol("1bl", "start_stage") + 2;
    fixture_init(&f);
    manufacture();
    rom_attacks(stride);
    loader_attacks(stride);
    printf("ended: %lu in recovery, %lu in a lock-up, %lu waiting for the watchdog, %lu stopped without a word\n",
           ended[0], ended[1], ended[2], ended[3]);
    printf("%lu points could not be reached\n", missed);
    CHECK(missed * 50 <= ended[0] + ended[1] + ended[2] + ended[3]);
    emulator_stop();
    fixture_release(&f);
    free(flash);
    free(trace);
    free(before);
    free(total);
    static const char *const made[] = {"fuses", "flash", "uart", "log"};
    for (unsigned i = 0; i < 4; i++)
        (void)unlink(path(made[i]));
    CHECK(rmdir(folder) == 0);
    return check_done();
}
