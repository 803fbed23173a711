/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the hostile application on both I/O cores, as a kernel does for a real-time
 * application: finds and verifies its package, asks the monitor to start it, and gives
 * each core its two pages.  Then it keeps the cores in step and powers the chip down.
 */
#include "tests/hostile/io_rows.h"
#include "tests/hostile/kernel/io_race.h"

enum {
    CORES = 2,
    ACTION_START = 0,
    ACTION_BUFFER = 3,
    FROM_CORE = 0,
    TO_CORE = 1,
    ELF_MAGIC = 0x464C457F,
    PAGE = 4096,
    PATIENCE_SECONDS = 30,
};

uint32_t hostile_scratch[SCRATCH_BYTES / 4] __attribute__((aligned(4096)));

uintptr_t __stack_chk_guard = 0x5AFE57AC;
_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void)
{
    for (;;)
        ;
}

static void say(const char *what, uint32_t value)
{
    console_text("hostile: ");
    console_text(what);
    console_text(" ");
    console_hex(value);
    console_text("\n");
}

static uint32_t ask(unsigned number, uint32_t bytes)
{
    uint32_t status;
    smc_call(number, hostile_scratch, bytes, hostile_scratch + 64, 128, &status);
    return status;
}

/* Where the application's ELF lies, and what is left of the package from there. */
static bool find(uint32_t *elf, uint32_t *bytes)
{
    for (unsigned i = 0; i < 4; i++)
        hostile_scratch[i] = 0x01010101u * IO_COMPONENT_BYTE;
    const uint32_t found = ask(SMC_FIND_IMAGE, 16);
    const uint32_t at = hostile_scratch[64], size = hostile_scratch[65];
    hostile_scratch[0] = at;
    hostile_scratch[1] = size;
    const uint32_t verified = found ? found : ask(SMC_VERIFY_IMAGE, 8);
    if (verified) {
        say("package", verified);
        return false;
    }
    for (*elf = at; *elf + PAGE < at + size; *elf += PAGE)
        if (peek(*elf) == ELF_MAGIC) {
            *bytes = at + size - *elf;
            return true;
        }
    say("no program in", at);
    return false;
}

static uint32_t control(uint32_t action, uint32_t core, uint32_t a, uint32_t b, uint32_t c)
{
    hostile_scratch[0] = action | core << 16;
    hostile_scratch[1] = a;
    hostile_scratch[2] = b;
    hostile_scratch[3] = c;
    return ask(SMC_IO_CORE_CONTROL, 16);
}

static uint32_t mailbox(unsigned core, uint32_t reg)
{
    return MT3620_A7_MAILBOX_IO0 + core * (MT3620_A7_MAILBOX_IO1 - MT3620_A7_MAILBOX_IO0) + reg;
}

void io_send(unsigned core, uint32_t word)
{
    poke(mailbox(core, MAILBOX_DATA_PUSH), 0);
    poke(mailbox(core, MAILBOX_CMD_PUSH), word);
}

bool io_receive(unsigned core, uint32_t word)
{
    uint32_t status;
    uint64_t tended = ticks();
    const uint64_t until = tended + (uint64_t)PATIENCE_SECONDS * MT3620_TIMER_HZ;
    while (!peek(mailbox(core, MAILBOX_POP_CNT))) {
        if (ticks() > until)
            return false;
        if (ticks() - tended > 5 * MT3620_TIMER_HZ) {
            smc_call(SMC_TEND_WATCHDOG, NULL, 0, NULL, 0, &status);
            tended = ticks();
        }
    }
    (void)peek(mailbox(core, MAILBOX_DATA_POP));
    return peek(mailbox(core, MAILBOX_CMD_POP)) == word;
}

static bool run(void)
{
    uint32_t elf, bytes;
    if (!find(&elf, &bytes))
        return false;
    for (unsigned core = 0; core < CORES; core++) {
        const uint32_t failed = control(ACTION_START, core, elf, bytes, 0) |
                                control(ACTION_BUFFER, core, TO_CORE, IO_BUFFER(core, 0), PAGE) |
                                control(ACTION_BUFFER, core, FROM_CORE, IO_BUFFER(core, 1), PAGE);
        if (failed) {
            say("core not started", failed);
            return false;
        }
        io_send(core, IO_SAY_START | core);
    }
    for (unsigned core = 0; core < CORES; core++)
        if (!io_receive(core, IO_SAY_MARKED | core)) {
            say("no mark from core", core);
            return false;
        }
    for (unsigned core = 0; core < CORES; core++)
        io_send(core, IO_SAY_CHECK);
    for (unsigned core = 0; core < CORES; core++)
        if (!io_receive(core, IO_SAY_DONE | core)) {
            say("not done: core", core);
            return false;
        }
    return true;
}

void hostile_main(void);
void hostile_main(void)
{
    uint32_t status;
    console_init();
    console_text("hostile: start\n");
    const bool done = run();
    console_text(done ? "hostile: both cores done\n" : "hostile: failed\n");
    if (done)
        io_races();
    console_wait(); /* the host looks at the firewall */
    hostile_scratch[0] = 1; /* power off */
    smc_call(MONITOR_CALL_RESET, hostile_scratch, 4, NULL, 0, &status);
    for (;;)
        ;
}
