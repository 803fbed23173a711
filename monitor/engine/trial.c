/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new system is on trial until it is confirmed.
 *
 *   INSTALL         kept, next, tries 3       (kept runs on until the restart)
 *   start           tries left: one less, written before next runs
 *                   none left: undone, kept runs
 *   next is bad     undone, kept runs
 *   CONFIRM         next is kept
 *
 * Each arrow is one commit of the record; applications are in the same set, and go
 * back with their system.
 */
#include <string.h>

#include "abi/pluton_call.h"
#include "monitor/engine/staging.h"

const struct image_set *engine_set(const struct engine *e)
{
    return e->trial_runs ? &e->live.next : &e->live.kept;
}

int engine_commit(struct engine *e)
{
    struct record *next = &e->scratch->record;
    next->generation = e->live.generation + 1;
    if (record_commit(e->medium, next, e->live_at ^ 1u) != 0) {
        e->halted = true;
        return E_IO;
    }
    e->live = *next;
    e->live_at ^= 1u;
    return 0;
}

static void trial_end(struct record *r)
{
    r->trial = false;
    r->tries = 0;
    memset(&r->next, 0, sizeof r->next);
}

void engine_undo(struct engine *e)
{
    struct record *r = &e->scratch->record;
    e->trial_runs = false;
    if (!e->live.trial)
        return;
    *r = e->live;
    r->undone = true;
    r->undone_sequence = r->next.sequence;
    memcpy(r->undone_os, r->next.os_contents, sizeof r->undone_os);
    trial_end(r);
    /* Not written: the kept set runs all the same, and the next start decides again. */
    (void)!engine_commit(e);
}

void trial_start(struct engine *e)
{
    struct record *r = &e->scratch->record;
    if (!e->live.trial)
        return;
    if (e->live.tries == 0) {
        engine_undo(e);
        return;
    }
    *r = e->live;
    r->tries--;
    /* A start that is not counted might be one of endlessly many. */
    e->trial_runs = engine_commit(e) == 0;
}

void engine_adopt(struct engine *e, uint16_t system, const struct component *os, unsigned count,
                  uint32_t os_version)
{
    struct image_set *set = e->trial_runs ? &e->live.next : &e->live.kept;
    unsigned kept = 0;
    for (unsigned i = 0; i < set->count; i++)
        if (!place_fixed(e->medium, set->at[i].type))
            set->at[kept++] = set->at[i];
    memset(&set->at[kept], 0, (MONITOR_COMPONENTS_MAX - kept) * sizeof set->at[0]);
    for (unsigned i = 0; i < count && kept < MONITOR_COMPONENTS_MAX; i++)
        set->at[kept++] = os[i];
    set->count = (uint16_t)kept;
    set->system = system;
    e->os_version = os_version;
}

/* Never above what runs, so that no image of the running set is locked out. */
static void counter_follow(struct engine *e, uint8_t index, uint32_t version)
{
    uint32_t now;
    /* What fails here is done at the next confirmation, at the latest after the next start. */
    if (platform_counter_read(e->platform, index, &now) == 0 && now < version)
        (void)!platform_counter_raise(e->platform, index, version);
}

enum monitor_status trial_confirm(struct engine *e, struct cursor *in, struct writer *out)
{
    const bool ends = e->trial_runs;
    (void)in;
    if (ends) {
        struct record *r = &e->scratch->record;
        *r = e->live;
        r->kept = r->next;
        r->undone = false;
        r->undone_sequence = 0;
        memset(r->undone_os, 0, sizeof r->undone_os);
        trial_end(r);
        if (engine_commit(e) != 0)
            return MONITOR_WRITE_FAILED;
        e->trial_runs = false;
    }
    counter_follow(e, PLUTON_COUNTER_OS, e->os_version);
    counter_follow(e, PLUTON_COUNTER_KEYSTORE, e->keystore_version);
    writer_u32le(out, ends ? 1 : 0);
    return MONITOR_OK;
}
