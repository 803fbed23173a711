/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The normal world tends the monitor's watchdog or the chip starts again; calls of
 * other kinds are no sign of life.  The times are the chip's own; it sleeps most of them.
 */
#include "tests/check.h"
#include "tests/hostile/chip.h"
#include "tests/hostile/rows.h"

int main(void)
{
    static struct chip chip;
    char line[512];
    unsigned second, last = 0, tended = 0;
    chip_create(&chip, "hostile_sleeper");
    chip_start(&chip, "");
    while (chip_line(&chip, CHIP_A7, line, sizeof line, 300)) {
        if (sscanf(line, "hostile: second %u", &second) != 1)
            continue;
        last = second;
        if (strstr(line, "tended"))
            tended = second;
    }
    CHECK_INT(chip_end(&chip, 60), MT3620_END_WATCHDOG);
    /* Not while it was tended, and in time after that. */
    CHECK_INT(tended, HOSTILE_TENDED_LAST);
    CHECK(last >= tended + SMC_WATCHDOG_SECONDS - 2 && last <= tended + SMC_WATCHDOG_SECONDS);
    printf("tended last at %u s, alone until %u s\n", tended, last);
    chip_release(&chip);
    return check_done();
}
