/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/standing.h"

#include <string.h>

#include "service/store/rollouts.h"

enum { PARTS_LOOKS = 256 }; /* so many are asked with DEVICE_STANDING_PARTS after the last one that needed it */

static uint64_t greater(uint64_t x, uint64_t y) { return x > y ? x : y; }

static void installed_read(struct statement *s, int at, struct standing *d)
{
    struct span installed = column_span(s, at);
    if (installed.len && installed.len <= sizeof d->installed_os) {
        memcpy(d->installed_os, installed.at, installed.len);
        d->installed_os_bytes = installed.len;
    }
}

/* A feed has all that the ones below it have: RetailEval what Retail has, and earlier. */
static void sequence_make(struct standing *d, uint64_t assignment, uint64_t group, uint64_t feed0, uint64_t feed1)
{
    d->sequence = greater(greater(assignment, group), feed0);
    if (d->feed)
        d->sequence = greater(d->sequence, feed1);
}

/* -- by DEVICE_WANTED ------------------------------------------------------------ */

/* The rollout in columns at: id, name, share. */
static struct known_rollout rollout_read(struct statement *s, int at)
{
    struct known_rollout rollout = {.id = column_number(s, at), .share = column_number(s, at + 2)};
    column_exact(s, at + 1, rollout.name, sizeof rollout.name);
    return rollout;
}

static bool reaches(const struct known_rollout *rollout, const uint8_t device_id[static 64])
{
    return rollout->id && rollout_reaches(rollout->name, device_id, rollout->share);
}

/* The device's row in it is in columns part. */
static struct reached rollout_reaching(struct statement *s, int part, const struct known_rollout *rollout,
                                       const uint8_t device_id[static 64])
{
    if (!reaches(rollout, device_id))
        return (struct reached){.id = 0};
    return (struct reached){rollout->id, column_number(s, part), column_number(s, part + 1) != 0};
}

static struct known_key group_key(uint64_t group, uint64_t sequence, uint64_t catalog)
{
    return (struct known_key){KNOWN_GROUP, 0, group, sequence, catalog};
}

static struct known_key hardware_key(uint64_t hardware, uint64_t feed0)
{
    return (struct known_key){KNOWN_HARDWARE, 0, hardware, feed0, 0};
}

void standing_read(struct store *store, struct statement *s, const uint8_t device_id[static 64], struct standing *d)
{
    struct known_standing group = {.goal = column_number(s, 8), .rollout = rollout_read(s, 10)};
    struct known_standing hardware = {.goal = column_number(s, 17), .rollout = rollout_read(s, 14)};
    *d = (struct standing){
        .device = column_number(s, 0),
        .group = column_number(s, 2),
        .feed = column_number(s, 3),
        .policy = column_number(s, 4),
        .crash_dumps = column_number(s, 5) != 0,
        .deployment = group.goal,
        .hardware = column_number(s, 9),
        .revoked = column_number(s, 13) != 0,
        .was_revoked = column_number(s, 18) != 0,
        .generation = column_number(s, 20),
        .os_rollout = rollout_reaching(s, 25, &hardware.rollout, device_id),
    };
    column_exact(s, 1, d->tenant, sizeof d->tenant);
    memcpy(group.tenant, d->tenant, sizeof group.tenant);
    installed_read(s, 19, d);
    sequence_make(d, column_number(s, 6), column_number(s, 7), column_number(s, 21), column_number(s, 22));
    if (d->policy == POLICY_UPDATE_ALL)
        d->rollout = rollout_reaching(s, 23, &group.rollout, device_id);
    if (d->os_rollout.id)
        d->release = hardware.goal;
    const struct known_key of_group = group_key(d->group, column_number(s, 7), column_number(s, 27));
    const struct known_key of_hardware = hardware_key(d->hardware, column_number(s, 21));
    known_keep(store, &of_group, &group);
    if (d->feed == 0) /* the row names an OS rollout there alone */
        known_keep(store, &of_hardware, &hardware);
}

int standing_get(struct store *store, const uint8_t device_id[static 64], struct standing *d)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_WANTED);
    bind_bytes(s, 1, device_id, 64);
    int got = statement_step(&store->db, s);
    if (got == 1)
        standing_read(store, s, device_id, d);
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

/* -- from memory ------------------------------------------------------------------- */

enum standing_column {
    COLUMN_DEVICE, COLUMN_CATALOG, COLUMN_GROUP, COLUMN_FEED, COLUMN_POLICY, COLUMN_CRASH_DUMPS, COLUMN_ASSIGNED,
    COLUMN_GROUP_SEQUENCE, COLUMN_HARDWARE, COLUMN_REVOKED, COLUMN_WAS_REVOKED, COLUMN_INSTALLED, COLUMN_GENERATION,
    COLUMN_FEED0, COLUMN_FEED1, COLUMN_PART, COLUMN_OS_PART, COLUMNS_WITH_PARTS
};

enum statement_id standing_statement(struct store *store)
{
    if (store->known.parts_looks == 0)
        return STATEMENT_DEVICE_STANDING;
    store->known.parts_looks--;
    return STATEMENT_DEVICE_STANDING_PARTS;
}

/* The device's row in its newest rollout, as SQL_PART has it: of this one, or of another. */
static bool part_recall(struct store *store, struct statement *s, int at, const struct known_rollout *rollout,
                        struct reached *reached)
{
    store->known.parts_looks = PARTS_LOOKS;
    if (column_count(s) != COLUMNS_WITH_PARTS)
        return false;
    uint64_t part = column_number(s, at), newest = part >> 3;
    *reached = (struct reached){.id = rollout->id};
    if (newest == rollout->id) {
        reached->state = part >> 1 & 3;
        reached->silent = part & 1;
    }
    return newest <= rollout->id; /* newer: it was in another group, or on other hardware, since */
}

bool standing_recall(struct store *store, struct statement *s, const uint8_t device_id[static 64], struct standing *d)
{
    *d = (struct standing){
        .device = column_number(s, COLUMN_DEVICE),
        .group = column_number(s, COLUMN_GROUP),
        .feed = column_number(s, COLUMN_FEED),
        .policy = column_number(s, COLUMN_POLICY),
        .crash_dumps = column_number(s, COLUMN_CRASH_DUMPS) != 0,
        .hardware = column_number(s, COLUMN_HARDWARE),
        .revoked = column_number(s, COLUMN_REVOKED) != 0,
        .was_revoked = column_number(s, COLUMN_WAS_REVOKED) != 0,
        .generation = column_number(s, COLUMN_GENERATION),
    };
    installed_read(s, COLUMN_INSTALLED, d);
    sequence_make(d, column_number(s, COLUMN_ASSIGNED), column_number(s, COLUMN_GROUP_SEQUENCE),
                  column_number(s, COLUMN_FEED0), column_number(s, COLUMN_FEED1));
    const struct known_key of_group = group_key(d->group, column_number(s, COLUMN_GROUP_SEQUENCE), column_number(s, COLUMN_CATALOG));
    const struct known_key of_hardware = hardware_key(d->hardware, column_number(s, COLUMN_FEED0));
    const struct known *group = known_find(store, &of_group);
    const struct known *hardware = d->feed == 0 ? known_find(store, &of_hardware) : NULL;
    if (!group || (d->feed == 0 && !hardware))
        return false;
    memcpy(d->tenant, group->standing->tenant, sizeof d->tenant);
    d->deployment = group->standing->goal;
    const struct known_rollout *rollout = &group->standing->rollout;
    if (d->policy == POLICY_UPDATE_ALL && reaches(rollout, device_id) && !part_recall(store, s, COLUMN_PART, rollout, &d->rollout))
        return false;
    if (!hardware || !reaches(&hardware->standing->rollout, device_id))
        return true;
    d->release = hardware->standing->goal;
    return part_recall(store, s, COLUMN_OS_PART, &hardware->standing->rollout, &d->os_rollout);
}
