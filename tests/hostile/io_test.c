/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Both I/O cores are the attacker's: a signed real-time application, started by the
 * monitor in the usual way, that tries every row of io_rows.h.
 */
#include "tests/check.h"
#include "tests/hostile/io_rows.h"
#include "tests/hostile/lines.h"

static unsigned refusals_expected(void)
{
    unsigned count = 0;
    for (unsigned n = 0; n < hostile_io_rows(); n++) {
        const struct hostile_row row = hostile_io_row(n, 0);
        count += row.deed <= HOSTILE_EXECUTE && row.want == HOSTILE_REFUSED;
    }
    return count + 4; /* the other core's pages: two, read and written */
}

int main(void)
{
    static struct chip chip;
    char line[512] = "";
    uint32_t refused = 0;
    chip_create(&chip, "hostile_starter");
    chip_application_put(&chip, IO_COMPONENT, "hostile_io.elf");
    chip_start(&chip, "");
    while (strcmp(line, "hostile: both cores done") != 0) {
        const bool came = chip_line(&chip, CHIP_A7, line, sizeof line, 120);
        CHECK(came);
        if (!came || strcmp(line, "hostile: failed") == 0)
            break;
    }
    CHECK_STR(line, "hostile: both cores done");
    for (unsigned core = 0; core < 2; core++) {
        const struct lines_table table = {hostile_io_rows(), hostile_io_row, core};
        const struct lines_result result =
            lines_judge(&chip, core ? CHIP_IO1 : CHIP_IO0, &table, 20);
        CHECK(result.finished);
        CHECK_INT(result.bad, 0);
        CHECK_INT(result.bus_errors, refusals_expected());
        printf("core %u: %u attempts, %u not as they must be\n", core, result.tried, result.bad);
        refused += result.bus_errors;
    }
    const struct lines_table races = {hostile_race_rows(), hostile_race_row, 0};
    const struct lines_result raced = lines_judge(&chip, CHIP_A7, &races, 120);
    CHECK(raced.finished);
    CHECK_INT(raced.bad, 0);
    printf("%u races\n", raced.tried);
    CHECK_INT(chip_peek(&chip, MT3620_FIREWALL + FIREWALL_VIOLATIONS), refused);
    chip_send(&chip, CHIP_A7, "\n");
    CHECK_INT(chip_end(&chip, 60), MT3620_END_POWER_OFF);
    chip_release(&chip);
    return check_done();
}
