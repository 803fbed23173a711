/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/update.md, "Proof": power is lost at every operation of every scenario in every
 * way that the medium has; at every pair of operations; and at random.  Afterwards the
 * set that runs is the old or the new one, whole and verified, no counter fell or
 * stands above what runs, and the same update goes through.
 *
 *   (no argument)                      a sample: some operations in each way, some pairs, some random ones
 *   --all SCHEDULES SEED [MEDIUM]      all operations, all pairs, and that many random
 *                                      schedules for each medium, or the one
 *   --random SCHEDULES SEED [MEDIUM]   the random ones alone
 *
 * monitor/engine/power_all builds and calls it.
 */
#include <time.h>
#include <unistd.h>

#include "monitor/engine/power_test.h"
#include "tests/check.h"

enum { SAMPLE_OPERATIONS = 12, SAMPLE_FIRST = 67, SAMPLE_SECOND = 31, SAMPLE_RANDOM = 100, TOLD_S = 10 };

static const char *asked; /* of what progress tells */
static unsigned long asked_of;

/* On a terminal the one line, else a line now and then: a log stays short. */
static void progress(unsigned long done)
{
    static time_t told;
    const time_t now = time(NULL);
    const bool terminal = isatty(STDERR_FILENO);
    if (told == 0)
        told = now;
    if (now - told < (terminal ? 1 : TOLD_S))
        return;
    told = now;
    fprintf(stderr, terminal ? "\r%s: %lu of %lu " : "%s: %lu of %lu\n", asked, done, asked_of);
}

static void row(const char *medium, const char *name, const char *way, const struct power_counts *c)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    printf("%-16s %-38s %-17s %8lu %8lu %8lu %8lu | %lu %lu %lu %lu\n", medium, name, way, c->schedules,
           c->losses, c->old, c->new, c->bricks, c->downgrades, c->mixed, c->stuck);
    fflush(stdout);
}

/* Every operation; the operations that the scenario has without a loss. */
static unsigned singles(const struct power_medium *m, const struct power_scenario *s,
                        struct power_step *step, bool sample, struct power_counts *all)
{
    struct power_counts none = {0}, scenario = {0};
    power_begin(m, s, step);
    const bool ends_new = power_again(step, NULL, 0, &none);
    const unsigned operations = power_operations_after();
    const unsigned every = sample ? 1 + operations / SAMPLE_OPERATIONS : 1;
    CHECK_INT(power_failures(&none), 0);
    CHECK(ends_new == !s->sick);
    CHECK(operations >= 3); /* at least one commit */
    for (unsigned way = 0; way < m->ways; way++) {
        struct power_counts counts = {0};
        for (unsigned at = 1 + way * every / m->ways; at <= operations; at += every)
            (void)power_again(step, &(struct power_cut){at, way}, 1, &counts);
        CHECK_INT(counts.losses, counts.schedules);
        if (!sample)
            row(m->name, s->name, m->way_names[way], &counts);
        power_counts_add(&scenario, &counts);
    }
    CHECK(scenario.old > 0 && scenario.new > 0); /* the loop reached past the commit */
    if (sample)
        row(m->name, s->name, "each", &scenario);
    power_counts_add(all, &scenario);
    return operations;
}

/* The second loss at every operation after the first one, the start's own included. */
static void pairs(const struct power_step *step, unsigned operations, bool sample, struct power_counts *all)
{
    const struct power_medium *m = step->medium;
    struct power_counts counts = {0}, ignored = {0};
    unsigned long tried = 0;
    asked_of = (unsigned long)operations * m->ways;
    for (unsigned i = 0; i < operations * m->ways; i += sample ? SAMPLE_FIRST : 1) {
        struct power_cut cuts[2] = {{1 + i / m->ways, i % m->ways}, {0, 0}};
        (void)power_again(step, cuts, 1, &ignored);
        const unsigned after = power_operations_after();
        for (cuts[1].at = 1; cuts[1].at <= after; cuts[1].at++)
            for (cuts[1].way = 0; cuts[1].way < m->ways; cuts[1].way++) {
                if (m->same_way_twice && cuts[1].way != cuts[0].way)
                    continue;
                if (!sample || tried++ % SAMPLE_SECOND == 0)
                    (void)power_again(step, cuts, 2, &counts);
            }
        progress(i);
    }
    CHECK_INT(counts.losses, 2 * counts.schedules);
    row(m->name, step->scenario->name, m->same_way_twice ? "pairs, same way" : "pairs, all ways", &counts);
    power_counts_add(all, &counts);
}

static void scenarios(const struct power_medium *m, bool sample, struct power_counts *all)
{
    for (unsigned i = 0; i < power_scenario_count; i++) {
        const struct power_scenario *s = &power_scenarios[i];
        struct power_step step;
        if (s->shape != m->shape)
            continue;
        asked = s->name;
        const unsigned operations = singles(m, s, &step, sample, all);
        pairs(&step, operations, sample, all);
    }
}

static void random_ones(const struct power_medium *m, unsigned long schedules, uint64_t seed,
                        struct power_counts *all)
{
    struct power_counts counts = {0};
    asked = "random";
    asked_of = schedules;
    power_random(m, schedules, seed, &counts, progress);
    CHECK_INT(counts.schedules, schedules);
    row(m->name, "random", "1 to 3 losses", &counts);
    power_counts_add(all, &counts);
}

int main(int argc, char **argv)
{
    const bool sample = argc == 1, random = argc > 1 && strcmp(argv[1], "--random") == 0;
    struct power_counts all = {0};
    if (!sample && (argc < 4 || argc > 5 || (!random && strcmp(argv[1], "--all") != 0))) {
        fprintf(stderr, "usage: %s [--all|--random SCHEDULES SEED [MEDIUM]]\n", argv[0]);
        return 2;
    }
    const unsigned long schedules = sample ? SAMPLE_RANDOM : strtoul(argv[2], NULL, 10);
    const uint64_t seed = sample ? 1 : strtoull(argv[3], NULL, 10);
    printf("%-16s %-38s %-17s %8s %8s %8s %8s | bricks downgrades mixed stuck\n", "medium", "scenario", "way",
           "tried", "losses", "old", "new");
    for (unsigned i = 0; power_media[i]; i++) {
        if (argc == 5 && strcmp(argv[4], power_media[i]->name) != 0)
            continue;
        if (!random)
            scenarios(power_media[i], sample, &all);
        random_ones(power_media[i], schedules, seed, &all);
    }
    row("all", "", "", &all);
    CHECK(all.schedules > 0); /* a medium of that name */
    CHECK_INT(power_failures(&all), 0);
    return check_done();
}
