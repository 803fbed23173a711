/* SPDX-License-Identifier: BSD-2-Clause */
/* The media of power_test.h that a host's disk is: what was not synced may come in any order. */
#include <stddef.h>
#include <string.h>

#include "monitor/engine/power_test.h"

static struct world kept;

static void host_make(struct world *w) { world_init(w); }

static void mcu_make(struct world *w) { world_init_mcu(w); }

/* All but what waits for a sync: nothing does after a start. */
static void copy(struct world *to, const struct world *from)
{
    enum { HOLE = offsetof(struct world, ram.pending), BEHIND = HOLE + sizeof from->ram.pending };
    memcpy(to, from, HOLE);
    memcpy((uint8_t *)to + BEHIND, (const uint8_t *)from + BEHIND, sizeof *from - BEHIND);
}

/* Platform and medium of a copy lead back to the one device that there is. */
static void keep(const struct world *w) { copy(&kept, w); }

static void back(struct world *w) { copy(w, &kept); }

static void cut(struct world *w, unsigned at, unsigned way)
{
    w->ram.cut_at = at ? w->ram.ops + at : 0;
    w->ram.cut = (enum ram_cut)way;
}

static unsigned operations(const struct world *w) { return w->ram.ops; }

static bool off(const struct world *w) { return w->ram.dead; }

static uint32_t os_counter(const struct world *w) { return w->os_counter; }

static const char *damage(const struct world *w)
{
    return w->ram.violations ? "an area of a live set was touched" : NULL;
}

static const char *const way_names[CUTS] = {
    [CUT_CLEAN] = "clean",
    [CUT_TORN] = "torn",
    [CUT_DROPPED] = "unsynced lost",
    [CUT_LAST_ONLY] = "last alone",
    [CUT_LAST_TORN] = "last alone, torn",
    [CUT_ALTERNATE] = "every second",
};

static const struct power_medium
    host = {"host", RAM_AS_HOST, false, CUTS, way_names, host_make, keep, back, cut, operations, off, os_counter, damage},
    mcu = {"mcu, reordering", RAM_AS_MCU, false, CUTS, way_names, mcu_make, keep, back, cut, operations, off, os_counter,
           damage};

const struct power_medium *const power_media[] = {&host, &mcu, NULL};
