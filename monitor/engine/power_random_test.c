/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random schedules: a device lives for LIFE updates, sideloads and removals in a random
 * order, and power goes 1 to 3 times in each, at random operations in random ways.
 * Every life has a seed of its own, and can be played again alone.
 */
#include "monitor/engine/power_test.h"
#include "tests/check.h"

enum { LIFE = 64, CUTS_MAX = 3, APPLICATIONS = 4, KINDS = 6 };

struct life {
    const struct power_medium *medium;
    uint64_t random;
    unsigned bad_system; /* the one that did not stay last; 0: none */
};

/* splitmix64 (Steele, Lea, Flood 2014) */
static unsigned below(struct life *life, unsigned n)
{
    uint64_t z = life->random += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (unsigned)((z ^ z >> 31) % n);
}

static uint8_t id_of(const struct power_state *state, unsigned kind)
{
    for (unsigned i = 0; i < POWER_IMAGES_MAX && state->ids[i]; i++)
        if (state->ids[i] / 16 == kind)
            return state->ids[i];
    return 0;
}

/* Another application of that kind than the one that is there. */
static uint8_t another(struct life *life, uint8_t is, unsigned kind)
{
    const unsigned n = 1 + below(life, APPLICATIONS);
    return (uint8_t)(16 * kind + (is && n == is % 16 ? n % APPLICATIONS + 1 : n));
}

static void add(uint8_t *ids, uint8_t id)
{
    while (*ids)
        ids++;
    *ids = id;
}

/* Another system that the counter takes, and that is not the one that was undone. */
static void system_want(struct life *life, const struct power_state *now, uint32_t counter, uint8_t *want)
{
    static const uint8_t kinds[] = {0, IMAGE_TYPE_NORMAL_WORLD_DTB, IMAGE_TYPE_NORMAL_WORLD_KERNEL, IMAGE_TYPE_ROOT_FS};
    const unsigned from = counter > 3 || below(life, 8) == 0 ? 8 : 2; /* power_test.h: of version 4, or 3 */
    unsigned n;
    do
        n = from + below(life, 3);
    while (n == life->bad_system || n == id_of(now, 0));
    for (unsigned i = 0; i < (life->medium->shape == RAM_AS_MCU ? sizeof kinds : 1); i++)
        add(want, (uint8_t)(16 * kinds[i] + n));
}

static void applications_want(struct life *life, const struct power_state *now, bool change, uint8_t *want)
{
    const uint8_t a = id_of(now, 0xA), c = id_of(now, 0xC);
    const bool keep_a = a && !change && below(life, 2);
    add(want, keep_a ? a : another(life, a, 0xA));
    if (below(life, 2))
        add(want, c && below(life, 2) ? c : another(life, c, 0xC));
}

/* Chooses what comes next to the device as it is; its kind. */
static unsigned choose(struct life *life, const struct power_state *now, uint32_t counter,
                       struct power_scenario *s)
{
    static const char *const names[KINDS] = {"applications", "system", "system and applications",
                                             "roll back",    "sideload", "removal"};
    unsigned kind = below(life, KINDS);
    if (kind == 5 && !id_of(now, 0xC))
        kind = 4;
    *s = (struct power_scenario){.name = names[kind], .shape = life->medium->shape, .bring = power_update,
                                 .sick = kind == 3, .staged_before = kind < 4 && below(life, 8) == 0};
    switch (kind) {
    case 0: applications_want(life, now, true, s->want); return kind;
    case 4:
        s->bring = power_sideload;
        s->want[0] = below(life, 2) ? another(life, id_of(now, 0xA), 0xA) : another(life, id_of(now, 0xC), 0xC);
        return kind;
    case 5:
        s->bring = power_removal;
        s->want[0] = id_of(now, 0xC);
        return kind;
    default: break;
    }
    system_want(life, now, counter, s->want);
    applications_want(life, now, kind == 2, s->want);
    return kind;
}

/* One step of a life; true if a loss came in it. */
static bool step_play(struct life *life, uint64_t sequence, struct power_counts *counts)
{
    struct power_scenario scenario = {0};
    struct power_step step = {.scenario = &scenario, .medium = life->medium};
    struct power_cut cuts[CUTS_MAX];
    const unsigned count = 1 + below(life, CUTS_MAX);
    power_step_from(&step, sequence);
    const unsigned kind = choose(life, &step.old, life->medium->os_counter(&power_world), &scenario);
    power_step_from(&step, sequence);
    for (unsigned i = 0; i < count; i++)
        cuts[i] = (struct power_cut){1 + below(life, 8u << below(life, 5)), below(life, life->medium->ways)};
    const unsigned long losses = counts->losses;
    const bool done = power_play(&step, cuts, count, counts);
    const bool is_system = kind > 0 && kind < 4;
    if (is_system)
        life->bad_system = done ? 0 : scenario.want[0];
    if (counts->losses == losses)
        counts->schedules--; /* it came to its end before */
    return counts->losses > losses;
}

void power_random(const struct power_medium *medium, unsigned long schedules, uint64_t seed,
                  struct power_counts *counts, void (*progress)(unsigned long done))
{
    static const struct power_scenario none = {.name = "begin", .bring = power_update, .want = {0xA3}};
    struct life life = {.medium = medium};
    struct power_step begin;
    unsigned long done = 0;
    power_begin(medium, &none, &begin);
    for (uint64_t number = 0; done < schedules && !power_failures(counts); number++) {
        medium->back(&power_world);
        life.random = seed * 1000003u + number;
        life.bad_system = 0;
        for (unsigned i = 0; i < LIFE && done < schedules && !power_failures(counts); i++)
            done += step_play(&life, POWER_SEQUENCE + 2 * i, counts);
        progress(done);
        if (power_failures(counts))
            fprintf(stderr, "in life %llu of seed %llu\n", (unsigned long long)number, (unsigned long long)seed);
    }
}
