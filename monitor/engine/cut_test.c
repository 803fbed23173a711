/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a record that is damaged, or says what cannot be, leaves.  Power losses: power_all_test.c.
 */
#include "monitor/engine/world_test.h"
#include "tests/check.h"

static struct world w;

static void install_application(uint64_t sequence)
{
    static struct package package, set;
    struct image_order app = world_app;
    struct set_order order;
    app.id = 0xA3;
    world_image(&app, &package);
    world_set_order(&w, &order, sequence);
    world_add_app(&order, &app, &package);
    world_set(&order, &set);
    CHECK_INT(world_stage(&w, &set, NULL), MONITOR_OK);
    CHECK_INT(world_download(&w, &package, 0xA3), MONITOR_OK);
    CHECK_INT(world_install(&w, NULL), MONITOR_OK);
}

/* A record damaged in any byte: the other one is used; both damaged: an error. */
static void damaged_records(void)
{
    world_init(&w);
    install_application(5);
    for (size_t i = 0; i < RECORD_BYTES; i++) {
        w.ram.durable.state[1][i] ^= 0x40;
        CHECK_INT(world_restart(&w), 0);
        CHECK_INT(w.engine.live.kept.sequence, 0);
        w.ram.durable.state[0][RECORD_BYTES - 1 - i] ^= 0x40;
        CHECK_INT(world_restart(&w), E_CORRUPT); /* never a silent empty */
        CHECK_INT(w.engine.live.kept.count, 0);
        w.ram.durable.state[1][i] ^= 0x40;
        CHECK_INT(world_restart(&w), 0);
        CHECK_INT(w.engine.live.kept.sequence, 5);
        w.ram.durable.state[0][RECORD_BYTES - 1 - i] ^= 0x40;
    }
    /* Two records of one generation are nobody's work. */
    struct record r = w.engine.live;
    CHECK_INT(record_commit(&w.ram.medium, &r, 0), 0);
    CHECK_INT(world_restart(&w), E_CORRUPT);
    ram_init(&w.ram, RAM_AS_HOST);
    CHECK_INT(world_restart(&w), E_CORRUPT); /* blank flash */
}

/* Fields that do not fit the medium make a record invalid, digest or not. */
static void impossible_records(void)
{
    for (int i = 0; i < 9; i++) {
        world_init(&w);
        struct record r = w.engine.live;
        r.generation = 9;
        switch (i) {
        case 0: r.kept.at[0].first = RAM_SLOTS; break;
        case 1: r.kept.at[1].first = r.kept.at[0].first; break;
        case 2: r.kept.at[0].file_bytes = RAM_SLOT_BYTES + 1; break;
        case 3: r.kept.at[0].file_bytes = 0; break;
        case 4: memcpy(r.kept.at[1].component, r.kept.at[0].component, 16); break;
        case 5: r.generation = 0; break;
        case 6: r.tries = 1; break;
        case 7: r.next = r.kept; break; /* and no trial */
        default: /* one area, two images */
            r.trial = true;
            r.next = r.kept;
            r.next.at[1].image[0] ^= 1;
            break;
        }
        CHECK_INT(record_commit(&w.ram.medium, &r, 1), 0);
        CHECK_INT(world_restart(&w), 0);
        CHECK_INT(w.engine.live.generation, 1);
    }
}

int main(void)
{
    damaged_records();
    impossible_records();
    return check_done();
}
