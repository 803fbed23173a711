/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's fault controls through `peri mcu run`, and what `peri mcu` refuses on a real chip. */
#include "tests/mcu/chip.h"

static struct chip_run run;

/* A dead noise source is noticed before anything secret is made; the reason is named. */
static void noise(void)
{
    chip_start(&run, "--fault-trng");
    CHECK_INT(chip_end(&run, false), MT3620_END_RECOVERY);
    CHECK_HAS(run.log, "random number generator failed its test");
    CHECK(strstr(run.log, "[PLUTON]") == NULL);
}

/* Power lost at the first flash operations of a boot, clean and torn; the next boot is whole. */
static void power(void)
{
    static const char *const cuts[] = {"0", "0:torn", "1", "1:torn", "2:torn"};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        chip_fresh();
        chip_start(&run, "--fault-flash", cuts[i], "--end-at-reset");
        CHECK_INT(chip_end(&run, false), MT3620_END_POWER_LOST);
        chip_start(&run, "--end-at-reset");
        chip_line(&run, "Run /usr/bin/application-manager as init process");
        chip_end(&run, true);
    }
    chip_fresh();
}

/* A bit of an image flips: the backup.  A bit of the root key's row: nobody is obeyed. */
static void flips(void)
{
    char where[64];
    snprintf(where, sizeof where, "flash:%d:3", FLASH_MONITOR_AT + 200);
    chip_start(&run, "--fault-flip", where, "--end-at-reset");
    chip_line(&run, "[PLUTON] BOOTING BACKUP security monitor");
    chip_line(&run, "Run /usr/bin/application-manager as init process");
    chip_end(&run, true);
    chip_start(&run, "--fault-flip", "fuse:0:0");
    CHECK_INT(chip_end(&run, false), MT3620_END_RECOVERY);
    CHECK_HAS(run.log, "root key is not the one in the fuses");
}

/* Somebody holds it, somebody took its rights: one error, and the chip is as it was. */
static void refused(void)
{
    static struct chip_run second;
    chip_fresh();
    chip_start(&run, "--end-at-reset");
    chip_line(&run, "[1BL] BOOT");
    chip_start(&second, "--end-at-reset");
    CHECK_INT(chip_end(&second, false), 1);
    CHECK_HAS(second.log, "is running already");
    chip_end(&run, true);
    REQUIRE(unlink(at("chip/lock")) == 0); /* what an emulator without peri would do is refused as well */
    size_t len;
    uint8_t *fuses = check_read_file(at("chip/fuses.bin"), &len);
    fuses[100] ^= 1;
    put_bytes(at("chip/fuses.bin"), fuses, len);
    chip_start(&run, "--end-at-reset");
    CHECK_INT(chip_end(&run, false), 1);
    CHECK_HAS(run.log, "digest does not match");
    free(fuses);
    chip_fresh();
    chip_start(&run, "--qemu", "/nonexistent/qemu");
    CHECK_INT(chip_end(&run, false), 1);
    CHECK_HAS(run.log, "run machine/build");
}

/* What a copy of the folder is: the same device, on its own. */
static void copied(void)
{
    char command[512], id[256];
    chip_fresh();
    snprintf(command, sizeof command, "cp -r '%s/chip' '%s/copy'", run_folder, run_folder);
    REQUIRE(system(command) == 0);
    CHECK_INT(PERI("mcu", "info", at("chip")), 0);
    const char *found = strstr(run_out, "\"deviceId\"");
    REQUIRE(found != NULL);
    snprintf(id, sizeof id, "%.145s", found);
    chip_start(&run, "--end-at-reset");
    chip_line(&run, "[1BL] BOOT");
    CHECK_INT(PERI("mcu", "run", at("copy"), "--timeout", "1"), 124); /* while the other runs */
    chip_end(&run, true);
    CHECK_INT(PERI("mcu", "info", at("copy")), 0);
    CHECK_HAS(run_out, id);
}

int main(void)
{
    chip_begin();
    noise();
    power();
    flips();
    refused();
    copied();
    return check_done();
}
