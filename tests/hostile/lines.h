/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the answers of a hostile program and holds them against its rows. */
#ifndef PERI_TESTS_HOSTILE_LINES_H
#define PERI_TESTS_HOSTILE_LINES_H

#include "tests/hostile/chip.h"
#include "tests/hostile/rows.h"

struct lines_table {
    unsigned rows;
    struct hostile_row (*row)(unsigned n, unsigned core);
    unsigned core;
};

struct lines_result {
    bool finished; /* the count line came */
    unsigned tried, bad;
    uint32_t bus_errors; /* the program's own count */
};

/* Up to the count line.  Each row that was to be tried must come exactly once, in
 * order, with the word it should; each that did not is told on stderr. */
struct lines_result lines_judge(struct chip *chip, enum chip_uart uart,
                                const struct lines_table *table, unsigned seconds);

#endif
