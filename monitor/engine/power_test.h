/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power schedules for the engine: a device with an update service and an
 * application manager that do what they should, and a medium that loses power at a
 * chosen operation.  After each loss the device starts, and what runs is judged.
 * Source: docs/update.md.  Callers: cut_test.c (a sample), power_all.c (all).
 */
#ifndef PERI_MONITOR_ENGINE_POWER_TEST_H
#define PERI_MONITOR_ENGINE_POWER_TEST_H

#include "monitor/engine/world_test.h"

/* Image ids: below 0x10 Services; 0x6n, 0x7n, 0x8n device tree, kernel, root of the
 * MCU; 0xAn and 0xCn two applications.  n above 1 of an OS image: security version 3. */
enum { POWER_IMAGES_MAX = 8 };

struct power_scenario {
    const char *name;
    enum ram_shape shape;
    uint8_t before[POWER_IMAGES_MAX]; /* installed first; empty: what manufacture left */
    uint8_t want[POWER_IMAGES_MAX];
    bool sick; /* the new system is never confirmed */
    bool staged_before; /* another set was staged and half written first */
};
extern const struct power_scenario power_scenarios[];
extern const unsigned power_scenario_count;

struct power_counts {
    unsigned long schedules, old, new;
    unsigned long bricks;     /* no set runs, or an image of it does not verify */
    unsigned long downgrades; /* the old set after the new one was kept for good */
    unsigned long mixed;      /* neither the old nor the new set */
    unsigned long stuck;      /* the same update does not go through afterwards */
};

/* Makes the device and runs the scenario once without a loss: the operations in it. */
unsigned power_scenario_start(const struct power_scenario *s);
/* The scenario with power lost at operation first; with second not 0 once more at that
 * operation, counted from the start that follows; then to its end. */
void power_schedule(const struct power_scenario *s, enum ram_cut cut, unsigned first,
                    unsigned second, struct power_counts *counts);
/* Operations after the first loss of the last power_schedule(). */
unsigned power_operations_after(void);
void power_counts_print(const char *name, const struct power_counts *counts);
static inline unsigned long power_failures(const struct power_counts *c)
{
    return c->bricks + c->downgrades + c->mixed + c->stuck;
}

#endif
