/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power schedules for the engine: a device with an update service, a local service
 * and an application manager that do what they should, on a medium that loses power
 * at chosen operations.  After each loss the device starts, and what runs is judged.
 * Source: docs/update.md.
 *
 *   power_device_test.c    the device: what is brought to it, and the judge
 *   power_scenario_test.c  the scenarios, one row each
 *   power_ram_test.c, ../svc/power_chip_test.c   the media
 *   power_all_test.c            every operation, every pair, random schedules
 *
 * A scenario that this does not know yet is one row, and a function if it comes to
 * the device in a way of its own.
 */
#ifndef PERI_MONITOR_ENGINE_POWER_TEST_H
#define PERI_MONITOR_ENGINE_POWER_TEST_H

#include "monitor/engine/world_test.h"

/* Image ids: below 0x10 Services; 0x6n, 0x7n, 0x8n device tree, kernel, root of the
 * MCU; 0xAn and 0xCn two applications; 0xEn a keystore of version n.  Security version of an OS image: 2 for
 * n = 1, 3 for n below 8, then 4. */
enum { POWER_IMAGES_MAX = 8, POWER_SEQUENCE = 100 };

const struct package *power_package(uint8_t id);

struct power_medium {
    const char *name;
    enum ram_shape shape; /* of the scenarios that are for it */
    bool same_way_twice;  /* pairs: both losses in the same way, or there would be too many */
    unsigned ways;
    const char *const *way_names;
    /* As manufactured, started, its operations counted from 0. */
    void (*make)(struct world *w);
    void (*keep)(const struct world *w);
    void (*back)(struct world *w); /* to what was kept */
    /* Loses power at operation `at` from now, 1..; 0: never. */
    void (*cut)(struct world *w, unsigned at, unsigned way);
    /* Since it was made, brought back, or started after a loss; the start's own too. */
    unsigned (*operations)(const struct world *w);
    bool (*off)(const struct world *w);
    uint32_t (*os_counter)(const struct world *w);
    /* NULL, or what was touched and is neither the engine's to write nor free. */
    const char *(*damage)(const struct world *w);
};
/* What this program was linked with; ends with NULL. */
extern const struct power_medium *const power_media[];

extern struct world power_world;

struct power_state {
    uint64_t sequence;
    uint8_t ids[POWER_IMAGES_MAX];
};

struct power_step;
/* Brings what the step wants to the device, call by call; the first status that is not OK. */
typedef enum monitor_status power_bring(const struct power_step *step);
power_bring power_update;   /* azured: a manifest set */
power_bring power_sideload; /* gatewayd: want[0] */
power_bring power_rotation; /* azured: a set with the keystore want[0] alone, and a restart */
power_bring power_removal;  /* gatewayd: the application with image want[0] goes */

struct power_scenario {
    const char *name;
    enum ram_shape shape;
    power_bring *bring;
    uint8_t before[POWER_IMAGES_MAX]; /* installed first; empty: what manufacture left */
    uint8_t want[POWER_IMAGES_MAX];
    bool sick;          /* the new system is never confirmed */
    bool staged_before; /* another set was staged and half written first */
};
extern const struct power_scenario power_scenarios[];
extern const unsigned power_scenario_count;

/* A scenario on its way. */
struct power_step {
    const struct power_scenario *scenario;
    const struct power_medium *medium;
    uint64_t sequence;
    struct power_state old, new;
};

struct power_cut {
    unsigned at, way;
};

struct power_counts {
    unsigned long schedules, losses; /* losses: those that came */
    unsigned long old, new;   /* what ran at the starts after a loss */
    unsigned long bricks;     /* no set runs, an image of it does not verify, or what is not the engine's was touched */
    unsigned long downgrades; /* the old set after the new one was kept for good, or a counter that fell */
    unsigned long mixed;      /* neither the old nor the new set */
    unsigned long stuck;      /* the same update does not go through afterwards */
};
void power_counts_add(struct power_counts *to, const struct power_counts *more);
static inline unsigned long power_failures(const struct power_counts *c)
{
    return c->bricks + c->downgrades + c->mixed + c->stuck;
}

/* Makes the device, brings it to the scenario's begin, and keeps that. */
void power_begin(const struct power_medium *medium, const struct power_scenario *scenario,
                 struct power_step *step);
/* From the device as it is: what the step leads to. */
void power_step_from(struct power_step *step, uint64_t sequence);
/* The step with the losses in their order, each counted from the start after the one
 * before, then to its end without one; true if it ended in its new state. */
bool power_play(const struct power_step *step, const struct power_cut *cuts, unsigned count,
                struct power_counts *counts);
/* The same from what power_begin() kept. */
bool power_again(const struct power_step *step, const struct power_cut *cuts, unsigned count,
                 struct power_counts *counts);
/* Operations from the last loss of the last power_play() to its end. */
unsigned power_operations_after(void);

/* `schedules` steps with 1 to 3 losses each, in an order that follows from seed;
 * ends at the first failure.  progress is called now and then. */
void power_random(const struct power_medium *medium, unsigned long schedules, uint64_t seed,
                  struct power_counts *counts, void (*progress)(unsigned long done));

#endif
