/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From power-on to PID 1 through every verified stage, unattended; the time of
 * each stage on this host is printed, and is information only.
 * Clauses: abi/mcu_boot.h (the order of stages); MemTotal at least 3,472 KiB.
 */
#include "tests/mcu/chip.h"

enum { MEMORY_TOTAL_KIB = 3472 };

/* The line that says a stage is there, in the order of boot. */
static const struct stage {
    const char *name, *line;
} stages[] = {
    {"ROM, and first boot loader runs", "[1BL] BOOT: "},
    {"first boot loader: identity", "D="},
    {"Pluton runtime runs", "[PLUTON] Logging initialized"},
    {"Security Monitor verified", "[PLUTON] Booting HLOS core"},
    {"Security Monitor runs", "[SM] Security Monitor"},
    {"system verified", "[SM] starting system A"},
    {"kernel runs", "Linux version 6.1"},
    {"root mounted", "VFS: Mounted root (asxipfs filesystem) readonly"},
    {"PID 1 started", "Run /usr/bin/application-manager as init process"},
    {"PID 1 speaks", "MemTotal "},
};

int main(void)
{
    static struct chip_run run;
    struct mcu_fuses before, after;
    chip_begin();
    REQUIRE(mcu_fuses_read(at("chip/fuses.bin"), &before) == 0);
    chip_start(&run, "--end-at-reset");
    int64_t last = 0;
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        int64_t now = chip_line(&run, stages[i].line);
        printf("  %-34s %6lld ms  (+%lld)\n", stages[i].name, (long long)now, (long long)(now - last));
        last = now;
    }
    while (!strchr(run.log + run.seen, '\n') && chip_read(&run))
        ;
    long total = strtol(run.log + run.seen, NULL, 10);
    printf("  MemTotal %ld KiB\n", total);
    CHECK(total >= MEMORY_TOTAL_KIB);
    CHECK(strstr(run.log, "BACKUP") == NULL && strstr(run.log, "ERROR") == NULL);
    chip_end(&run, true);
    REQUIRE(mcu_fuses_read(at("chip/fuses.bin"), &after) == 0);
    CHECK_INT(after.starts, before.starts + 1);
    CHECK_MEM(after.word, before.word, sizeof after.word); /* a boot burns nothing */
    CHECK_INT(PERI("mcu", "info", at("chip")), 0);
    mcu_fuses_wipe(&before);
    mcu_fuses_wipe(&after);
    return check_done();
}
