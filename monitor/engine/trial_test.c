/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/update.md: a system on trial stays when it is confirmed and goes back by
 * itself when it is not; counters follow; a set that did not stay is not taken
 * again.  On both shapes of medium.
 */
#include "monitor/engine/world_test.h"
#include "tests/check.h"

static struct world w;

/* Offers these images (id 0xAn: the application) and installs what is accepted. */
static enum monitor_status offer(uint64_t sequence, unsigned count, const struct image_order *images)
{
    static struct package package[8], set;
    struct set_order order;
    uint32_t missing;
    struct span out;
    world_set_order(&w, &order, sequence);
    order.customer = false;
    for (unsigned i = 0; i < count; i++) {
        world_image(&images[i], &package[i]);
        order.customer |= images[i].type == IMAGE_TYPE_APPLICATIONS;
        world_add_app(&order, &images[i], &package[i]);
    }
    world_set(&order, &set);
    enum monitor_status status = world_stage(&w, &set, &missing);
    while (status == MONITOR_OK && missing--) {
        CHECK_INT(world_call(&w, RIGHTS_AZURED, MONITOR_CALL_GET_MISSING, span_of(NULL, 0), &out), 0);
        for (unsigned i = 0; i < count; i++)
            if (images[i].id == out.at[0]) {
                status = world_download(&w, &package[i], images[i].id);
                break;
            }
    }
    return status == MONITOR_OK ? world_install(&w, NULL) : status;
}

static enum monitor_status offer_services(uint64_t sequence, uint8_t id, uint32_t version)
{
    struct image_order images[WORLD_MCU_OS] = {
        world_os(IMAGE_TYPE_SERVICES, id), world_os(IMAGE_TYPE_NORMAL_WORLD_KERNEL, 0x71),
        world_os(IMAGE_TYPE_NORMAL_WORLD_DTB, 0x61), world_os(IMAGE_TYPE_ROOT_FS, 0x81)};
    images[0].security_version = version;
    return offer(sequence, w.ram.medium.fixed_count ? WORLD_MCU_OS : 1, images);
}

static uint8_t running(void)
{
    for (unsigned i = 0; i < engine_set(&w.engine)->count; i++)
        if (engine_set(&w.engine)->at[i].type == IMAGE_TYPE_SERVICES)
            return engine_set(&w.engine)->at[i].image[0];
    return 0;
}

static void rollback_is(uint64_t accepted, uint8_t flags, uint64_t undone)
{
    struct span out;
    CHECK_INT(world_call(&w, RIGHTS_AZURED, MONITOR_CALL_GET_ROLLBACK, span_of(NULL, 0), &out), 0);
    struct cursor c = cursor_of(out);
    CHECK_INT(cursor_u64le(&c), accepted);
    CHECK_INT(cursor_u8(&c), flags);
    CHECK_INT(cursor_u64le(&c), undone);
}

static void start(enum ram_shape shape)
{
    if (shape == RAM_AS_HOST)
        world_init(&w);
    else
        world_init_mcu(&w);
}

static void confirmed(enum ram_shape shape)
{
    uint32_t ended;
    start(shape);
    CHECK_INT(world_confirm(&w, &ended), MONITOR_OK);
    CHECK_INT(ended, 0);
    CHECK_INT(w.raises, 0);
    CHECK_INT(offer_services(5, 0x02, 2), MONITOR_OK);
    rollback_is(5, MONITOR_ROLLBACK_TRIAL, 0);
    CHECK_INT(running(), 0x01);
    CHECK_INT(world_confirm(&w, &ended), MONITOR_OK); /* what runs now is not what is on trial */
    CHECK_INT(ended, 0);
    CHECK(w.engine.live.trial);
    CHECK_INT(world_restart(&w), 0);
    rollback_is(5, MONITOR_ROLLBACK_TRIAL | MONITOR_ROLLBACK_RUNS, 0);
    CHECK_INT(running(), 0x02);
    CHECK_INT(offer_services(6, 0x03, 2), MONITOR_UPDATE_IN_PROGRESS);
    CHECK_INT(world_confirm(&w, &ended), MONITOR_OK);
    CHECK_INT(ended, 1);
    rollback_is(5, 0, 0);
    for (int i = 0; i < 2 * RECORD_TRIES; i++) {
        CHECK_INT(world_restart(&w), 0);
        CHECK_INT(running(), 0x02);
    }
    CHECK_INT(world_confirm(&w, &ended), MONITOR_OK);
    CHECK_INT(ended, 0);
}

/* Counters rise at the confirmation alone, and to the lowest version that runs. */
static void counters(enum ram_shape shape)
{
    start(shape);
    CHECK_INT(offer_services(5, 0x02, 7), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(running(), 0x02);
    CHECK_INT(w.raises, 0);
    CHECK_INT(world_confirm(&w, NULL), MONITOR_OK);
    CHECK_INT(w.os_counter, shape == RAM_AS_HOST ? 7 : 2); /* kernel and root have 2 */
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(running(), 0x02);
    w.keystore_version = 4;
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(world_confirm(&w, NULL), MONITOR_OK);
    CHECK_INT(w.keystore_counter, 4);
}

static void not_confirmed(enum ram_shape shape)
{
    start(shape);
    CHECK_INT(offer_services(3, 0x02, 2), MONITOR_OK);
    for (int i = 0; i < RECORD_TRIES; i++) {
        CHECK_INT(world_restart(&w), 0);
        CHECK_INT(running(), 0x02);
    }
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(running(), 0x01);
    rollback_is(0, MONITOR_ROLLBACK_UNDONE, 3);
    CHECK_INT(w.raises, 0);
    /* not again, under whatever sequence; another one is welcome */
    CHECK_INT(offer_services(3, 0x02, 2), MONITOR_UNDONE);
    CHECK_INT(offer_services(9, 0x02, 2), MONITOR_UNDONE);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(offer_services(9, 0x02, 2), MONITOR_UNDONE);
    CHECK_INT(offer(10, 1, &world_app), MONITOR_OK); /* applications go on */
    CHECK_INT(offer_services(11, 0x02, 2), MONITOR_UNDONE);
    CHECK_INT(offer_services(11, 0x03, 2), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(world_confirm(&w, NULL), MONITOR_OK);
    CHECK_INT(running(), 0x03);
}

/* Applications of a set on trial go back with their system. */
static void applications_go_back(enum ram_shape shape)
{
    uint8_t uid[16];
    struct span out;
    struct image_order images[WORLD_MCU_OS + 1] = {
        world_app, world_os(IMAGE_TYPE_SERVICES, 0x02), world_os(IMAGE_TYPE_NORMAL_WORLD_KERNEL, 0x72),
        world_os(IMAGE_TYPE_NORMAL_WORLD_DTB, 0x62), world_os(IMAGE_TYPE_ROOT_FS, 0x82)};
    images[0].id = 0xA3;
    start(shape);
    memset(uid, COMPONENT_A, sizeof uid);
    CHECK_INT(offer(3, shape == RAM_AS_HOST ? 2 : 5, images), MONITOR_OK);
    for (int i = 0; i <= RECORD_TRIES + 1; i++) {
        const bool trial = i > 0 && i <= RECORD_TRIES;
        CHECK_INT(world_call(&w, RIGHTS_APPMAN, MONITOR_CALL_OPEN_APPLICATION, span_of(uid, 16), &out), 0);
        CHECK_INT(out.at[0], trial ? 0xA3 : 0xA2);
        CHECK_INT(running(), trial ? 0x02 : 0x01);
        CHECK_INT(world_restart(&w), 0);
    }
}

/* A system that does not verify at its start never runs, and is undone at once. */
static void damaged(enum ram_shape shape)
{
    start(shape);
    CHECK_INT(offer_services(3, 0x02, 2), MONITOR_OK);
    for (unsigned i = 0; i < w.engine.live.next.count; i++) {
        const struct component *c = &w.engine.live.next.at[i];
        if (c->type == IMAGE_TYPE_SERVICES)
            ram_component(&w.ram, c)[c->file_bytes / 2] ^= 1;
    }
    w.ram.durable = w.ram.seen;
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(running(), 0x01);
    rollback_is(0, MONITOR_ROLLBACK_UNDONE, 3);
    CHECK_INT(offer_services(4, 0x02, 2), MONITOR_UNDONE);
}

/* "Fast-forward": a stolen update key counts to the end.  A keystore without that key
 * begins the count anew, and the count of the old one means nothing. */
static void fast_forward(void)
{
    start(RAM_AS_HOST);
    CHECK_INT(offer(UINT64_MAX, 1, &world_app), MONITOR_OK);
    CHECK_INT(offer(5, 1, &world_app), MONITOR_OUT_OF_ORDER);
    w.keystore_version = 2;
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(offer(5, 1, &world_app), MONITOR_OK);
    CHECK_INT(w.engine.live.kept.sequence, 5);
    CHECK_INT(offer(4, 1, &world_app), MONITOR_OUT_OF_ORDER);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(offer(4, 1, &world_app), MONITOR_OUT_OF_ORDER);
}

/* A system of the MCU is complete in its place: what it shares with the running one
 * is copied there, once. */
static void the_other_place(void)
{
    start(RAM_AS_MCU);
    CHECK_INT(engine_set(&w.engine)->system, 0);
    CHECK_INT(offer_services(3, 0x02, 2), MONITOR_OK);
    CHECK_INT(w.engine.live.next.system, 1);
    const unsigned ops = w.ram.ops;
    for (unsigned i = 0; i < w.engine.live.next.count; i++) {
        const struct component *c = &w.engine.live.next.at[i];
        const struct medium_fixed *fixed = place_fixed(&w.ram.medium, c->type);
        const struct component *old = image_set_image(&w.engine.live.kept, c->image);
        if (!fixed)
            continue;
        CHECK_INT(c->first, fixed->system[1].first);
        if (old)
            CHECK_MEM(ram_component(&w.ram, c), ram_component(&w.ram, old), c->file_bytes);
    }
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(world_confirm(&w, NULL), MONITOR_OK);
    /* back again: kernel, tree and root still stand in the first place */
    w.ram.ops = 0;
    CHECK_INT(offer_services(4, 0x03, 2), MONITOR_OK);
    CHECK(w.ram.ops < ops);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(engine_set(&w.engine)->system, 0);
    CHECK_INT(running(), 0x03);
}

/* A pool of 18 blocks: an application of 8, its update of 8, and a small one. */
static void the_pool(void)
{
    struct medium_area busy[3] = {{24, 8}, {32, 1}};
    start(RAM_AS_MCU);
    const struct medium *m = &w.ram.medium;
    CHECK_INT(place_find(m, busy, 0, 8 * RAM_UNIT), 24);
    CHECK_INT(place_find(m, busy, 1, 1), 32);
    CHECK_INT(place_find(m, busy, 2, 8 * RAM_UNIT), 33);
    CHECK_INT(place_find(m, busy, 2, 10 * RAM_UNIT), BLOCK_NONE);
    busy[2] = (struct medium_area){33, 8};
    CHECK_INT(place_find(m, busy, 3, RAM_UNIT), 41);
    CHECK_INT(place_find(m, busy, 3, RAM_UNIT + 1), BLOCK_NONE);
    CHECK_INT(place_find(m, busy + 1, 2, RAM_UNIT), 41); /* the smaller gap */
    CHECK_INT(place_find(m, busy + 1, 2, 8 * RAM_UNIT), 24);
    CHECK_INT(place_find(m, busy, 0, 0), BLOCK_NONE);
    CHECK_INT(place_find(m, busy, 0, UINT32_MAX), BLOCK_NONE);
    CHECK_INT(place_area(m, IMAGE_TYPE_APPLICATIONS, 23, 1).blocks, 0);
    CHECK_INT(place_area(m, IMAGE_TYPE_APPLICATIONS, 41, RAM_UNIT).blocks, 1);
    CHECK_INT(place_area(m, IMAGE_TYPE_APPLICATIONS, 41, RAM_UNIT + 1).blocks, 0);
    CHECK_INT(place_area(m, IMAGE_TYPE_APPLICATIONS, 0xFFFF, 1).blocks, 0);
    CHECK_INT(place_area(m, IMAGE_TYPE_ROOT_FS, 24, 1).blocks, 0);
    CHECK_INT(place_area(m, IMAGE_TYPE_ROOT_FS, 16, 1).blocks, 3);
    CHECK_INT(place_area(m, IMAGE_TYPE_ROOT_FS, 16, 3 * RAM_UNIT).blocks, 0); /* the trailer */
}

/* A device that was never updated has no record: what runs is what is installed. */
static void without_a_record(void)
{
    struct component os[WORLD_MCU_OS];
    unsigned count = 0;
    start(RAM_AS_MCU);
    const struct image_set made = w.engine.live.kept;
    for (unsigned i = 0; i < made.count; i++)
        if (place_fixed(&w.ram.medium, made.at[i].type))
            os[count++] = made.at[i];
    memset(w.ram.durable.state, 0xFF, sizeof w.ram.durable.state);
    CHECK_INT(world_restart(&w), E_CORRUPT);
    engine_adopt(&w.engine, 0, os, count, 2);
    CHECK_INT(engine_set(&w.engine)->count, WORLD_MCU_OS);
    CHECK_INT(offer_services(1, 0x02, 2), MONITOR_OK);
    CHECK_INT(w.engine.live_at, 0);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(running(), 0x02);
    /* the chosen system was damaged and the other one ran: a new one goes where the bad one is */
    start(RAM_AS_MCU);
    for (unsigned i = 0; i < count; i++)
        os[i].first = place_fixed(&w.ram.medium, os[i].type)->system[1].first;
    memcpy(w.ram.seen.bytes + 12 * RAM_UNIT, w.ram.seen.bytes, 12 * RAM_UNIT);
    engine_adopt(&w.engine, 1, os, count, 2);
    CHECK_INT(w.engine.live.kept.count, WORLD_MCU_OS + 1);
    struct set_order order;
    static struct package set;
    struct image_order services = world_os(IMAGE_TYPE_SERVICES, 0x05);
    world_set_order(&w, &order, 7);
    order.customer = false;
    world_add_app(&order, &services, &w.services);
    for (unsigned i = 0; i < count; i++)
        if (os[i].type != IMAGE_TYPE_SERVICES) {
            struct image_order image = world_os(os[i].type, os[i].image[0]);
            static struct package package;
            world_image(&image, &package);
            world_add_app(&order, &image, &package);
        }
    world_set(&order, &set);
    CHECK_INT(world_stage(&w, &set, NULL), MONITOR_OK);
    for (unsigned i = 0; i < w.engine.staged.count; i++)
        if (!w.engine.staged.at[i].installed)
            CHECK_INT(w.engine.staged.at[i].is.first, 7);
}

int main(void)
{
    for (enum ram_shape shape = RAM_AS_HOST; shape <= RAM_AS_MCU; shape++) {
        confirmed(shape);
        counters(shape);
        not_confirmed(shape);
        applications_go_back(shape);
        damaged(shape);
    }
    fast_forward();
    the_other_place();
    the_pool();
    without_a_record();
    return check_done();
}
