/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The normal world is the attacker's: every attempt of rows.h, from a kernel that the
 * real chain (ROM, first boot loader, Pluton runtime, monitor) verified and started.
 * Each must be refused, and the firewall must have counted what it refused.
 */
#include "tests/check.h"
#include "tests/hostile/lines.h"

static struct hostile_row row_of(unsigned n, unsigned core)
{
    (void)core;
    return hostile_row(n);
}

/* Accesses that must have ended in a bus error, by the rows alone; tricks of the monitor's
 * rows may add to them. */
static unsigned refusals_expected(void)
{
    unsigned count = 0;
    for (unsigned n = 0; n < hostile_rows(); n++) {
        const struct hostile_row row = hostile_row(n);
        count += row.deed <= HOSTILE_ACROSS && row.want == HOSTILE_REFUSED;
    }
    return count;
}

int main(void)
{
    static struct chip chip;
    char line[64];
    chip_create(&chip, "hostile_kernel");
    chip_start(&chip, "");
    const struct lines_table table = {hostile_rows(), row_of, 0};
    const struct lines_result result = lines_judge(&chip, CHIP_A7, &table, 120);
    CHECK(result.finished);
    CHECK_INT(result.bad, 0);
    if (!result.finished) {
        chip_tell(&chip);
    } else {
        const uint32_t counted = chip_peek(&chip, MT3620_FIREWALL + FIREWALL_VIOLATIONS);
        CHECK(result.bus_errors >= refusals_expected());
        CHECK_INT(counted, result.bus_errors);
        chip_send(&chip, CHIP_A7, "\n");
        /* Nothing it did has damaged the chip: the monitor still powers it down. */
        CHECK(!chip_line(&chip, CHIP_A7, line, sizeof line, 60));
        CHECK_INT(chip_end(&chip, 60), MT3620_END_POWER_OFF);
        printf("%u attempts, %u not as they must be; %u bus errors\n", result.tried, result.bad,
               counted);
    }
    chip_release(&chip);
    return check_done();
}
