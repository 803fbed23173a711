/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/hostile/lines.h"

#include "tests/check.h"

static const char *const words[] = HOSTILE_WORDS;
static const char *const deeds[HOSTILE_DEEDS] = HOSTILE_DEED_NAMES;

/* The next row that is tried, from n on. */
static unsigned tried_from(const struct lines_table *table, unsigned n)
{
    while (n < table->rows && table->row(n, table->core).want == HOSTILE_WRONG)
        n++;
    return n;
}

static void complain(struct lines_result *result, unsigned n, const struct hostile_row *row,
                     const char *line)
{
    result->bad++;
    fprintf(stderr, "row %u, %s %s.%s %08X: expected \"%s\", got \"%s\"\n", n, deeds[row->deed],
            row->set, row->item, row->a, words[row->want], line);
}

struct lines_result lines_judge(struct chip *chip, enum chip_uart uart,
                                const struct lines_table *table, unsigned seconds)
{
    struct lines_result result = {0};
    char line[512], expected[256];
    bool started = false;
    unsigned next = tried_from(table, 0), count, errors = 0;
    while (chip_line(chip, uart, line, sizeof line, seconds)) {
        if (!started || strncmp(line, "hostile: ", 9) == 0) {
            started = started || strcmp(line, "hostile: start") == 0;
            if (sscanf(line, "hostile: count %u bus errors %u", &count, &errors) >= 1) {
                result.finished = true;
                result.bus_errors = errors;
                CHECK_INT(count, result.tried);
                break;
            }
            continue;
        }
        if (next == table->rows) {
            fprintf(stderr, "a line that belongs to no row: \"%s\"\n", line);
            result.bad++;
            continue;
        }
        const struct hostile_row row = table->row(next, table->core);
        const int len = snprintf(expected, sizeof expected, "%s %u %s %s.%s %08X ", words[row.want],
                                 next, deeds[row.deed], row.set, row.item, row.a);
        puts(line); /* the list, one by one, in the test's log */
        if (strncmp(line, expected, (size_t)len) != 0)
            complain(&result, next, &row, line);
        result.tried++;
        next = tried_from(table, next + 1);
    }
    for (; next < table->rows; next = tried_from(table, next + 1)) {
        const struct hostile_row row = table->row(next, table->core);
        if (result.bad < 40)
            complain(&result, next, &row, "nothing");
        else
            result.bad++;
    }
    return result;
}
