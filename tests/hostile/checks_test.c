/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's checks from inside (kernel/testing), run as PID 1 of the real kernel on the
 * emulated chip: none fails, and each report of docs/vulnerabilities.md that names them is
 * among those that passed.
 */
#include "tests/check.h"
#include "tests/hostile/chip.h"
#include "abi/mt3620.h"

/* Ids that a row "kernel checks" of docs/vulnerabilities.md stands on. */
static const char *const reports[] = {
    "TALOS-2020-1089", "TALOS-2020-1090", "TALOS-2020-1093", "TALOS-2020-1128", "TALOS-2020-1131",
    "TALOS-2020-1132", "TALOS-2020-1133", "TALOS-2020-1134", "TALOS-2020-1138", "TALOS-2022-1497",
    "TALOS-2020-1117", "TALOS-2020-1118", "intercore", "ANV", "20.07", "20.08", "w^x",
};
enum { REPORTS = sizeof reports / sizeof reports[0] };

int main(void)
{
    static struct chip chip;
    static char wire[128];
    char line[512];
    unsigned passed = 0, failed = 0, seen[REPORTS] = {0};
    int count = -1;
    chip_create(&chip, NULL);
    chip_application_put(&chip, "11111111-1111-1111-1111-111111111111", "intercore_core.elf");
    snprintf(wire, sizeof wire, "%s/wire", chip.folder);
    chip_network(&chip, wire);
    chip_start(&chip, "");
    while (count < 0 && chip_line(&chip, CHIP_A7, line, sizeof line, 120)) {
        const char *at = strstr(line, "checks: ");
        if (at && sscanf(at, "checks: %d failed", &count) == 1)
            break;
        if (strncmp(line, "FAIL ", 5) == 0) {
            failed++;
            fprintf(stderr, "%s\n", line);
        }
        if (strncmp(line, "ok ", 3) != 0)
            continue;
        passed++;
        for (unsigned i = 0; i < REPORTS; i++)
            seen[i] += strncmp(line + 3, reports[i], strlen(reports[i])) == 0;
    }
    CHECK_INT(count, 0);
    CHECK_INT(failed, 0);
    for (unsigned i = 0; i < REPORTS; i++) {
        if (!seen[i])
            fprintf(stderr, "no check of %s\n", reports[i]);
        CHECK(seen[i] > 0);
    }
    CHECK_INT(chip_end(&chip, 60), MT3620_END_POWER_OFF);
    printf("%u checks inside the kernel\n", passed);
    chip_release(&chip);
    return check_done();
}
