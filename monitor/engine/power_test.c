/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/power_test.h"

#include "tests/check.h"

enum { ROUNDS_MAX = 24, SEQUENCE = 100, TELL_MAX = 8 };

static struct world w, at_start;
static struct image_set old_set, new_set;
static bool kept_for_good; /* CONFIRM, or INSTALL without a trial, was answered with OK */
static unsigned operations_after;
static struct package packages[256];

const struct power_scenario power_scenarios[] = {
    {"application: a second one", RAM_AS_HOST, {0}, {0xA2, 0xC2}, false, false},
    {"application: replaced", RAM_AS_HOST, {0}, {0xA3}, false, false},
    {"application: over a half-written one", RAM_AS_HOST, {0}, {0xA4}, false, true},
    {"application: back by a newer sequence", RAM_AS_HOST, {0xA3}, {0xA2}, false, false},
    {"application: replaced, in the pool", RAM_AS_MCU, {0}, {0xA3, 0xC2}, false, false},
    {"system", RAM_AS_HOST, {0}, {0x02, 0xA2}, false, false},
    {"system, 4 images", RAM_AS_MCU, {0}, {0x02, 0x62, 0x72, 0x82, 0xA2}, false, false},
    {"system, 1 image of 4", RAM_AS_MCU, {0}, {0x02, 0x61, 0x71, 0x81, 0xA2}, false, false},
    {"system and applications", RAM_AS_HOST, {0xA3}, {0x02, 0xA5, 0xC2}, false, false},
    {"system and applications, 4 images", RAM_AS_MCU, {0xA3}, {0x02, 0x62, 0x72, 0x82, 0xA5, 0xC2}, false, false},
    {"roll back", RAM_AS_HOST, {0}, {0x03, 0xA3}, true, false},
    {"roll back, 4 images", RAM_AS_MCU, {0}, {0x03, 0x63, 0x73, 0x83, 0xA3}, true, false},
    {"applications removed", RAM_AS_HOST, {0xA3}, {0}, false, false},
};
const unsigned power_scenario_count = sizeof power_scenarios / sizeof power_scenarios[0];

static struct image_order order_of(uint8_t id)
{
    struct image_order order = world_app;
    if (id < 0x90) {
        order = world_os(id < 0x10 ? IMAGE_TYPE_SERVICES : id / 16, id);
        order.security_version = id % 16 > 1 ? 3 : 2;
    }
    order.id = id;
    if (id / 16 == 0xC)
        order.component = 0xC1;
    return order;
}

static const struct package *package_of(uint8_t id)
{
    struct image_order order = order_of(id);
    if (!packages[id].len)
        world_image(&order, &packages[id]);
    return &packages[id];
}

/* One call at a time, as the update service does it; the first failure ends it.
 * half: stops in the middle of the first image. */
static enum monitor_status update(uint64_t sequence, const uint8_t *ids, bool half)
{
    static struct package set;
    struct set_order order;
    uint32_t missing, flags, handle;
    struct span out;
    world_set_order(&w, &order, sequence);
    for (unsigned i = 0; i < POWER_IMAGES_MAX && ids[i]; i++) {
        struct image_order image = order_of(ids[i]);
        world_add_app(&order, &image, package_of(ids[i]));
    }
    world_set(&order, &set);
    enum monitor_status status = world_stage(&w, &set, &missing);
    while (status == MONITOR_OK && missing--) {
        status = world_call(&w, RIGHTS_AZURED, MONITOR_CALL_GET_MISSING, span_of(NULL, 0), &out);
        if (status != MONITOR_OK)
            break;
        const uint8_t id = out.at[0];
        if (half) {
            status = world_open(&w, id, &handle);
            return status == MONITOR_OK
                       ? world_write(&w, handle, 0, span_of(package_of(id)->bytes, 5000))
                       : status;
        }
        status = world_download(&w, package_of(id), id);
    }
    if (status == MONITOR_OK)
        status = world_install(&w, &flags);
    if (status == MONITOR_OK && !flags && sequence >= SEQUENCE)
        kept_for_good = true;
    return status;
}

/* Update service and application manager until all is settled, or power goes. */
static enum monitor_status drive(const struct power_scenario *s)
{
    static const uint8_t other[POWER_IMAGES_MAX] = {0xA9};
    if (s->staged_before)
        (void)update(50, other, true);
    for (unsigned round = 0; round < ROUNDS_MAX && !w.ram.dead; round++) {
        const struct record *live = &w.engine.live;
        if (w.engine.trial_runs && !s->sick) {
            if (world_confirm(&w, NULL) != MONITOR_OK)
                return MONITOR_WRITE_FAILED;
            kept_for_good = true;
        } else if (live->trial) {
            REQUIRE(world_reboot(&w) == 0);
        } else if (s->sick && live->undone) {
            return MONITOR_OK;
        } else if (live->kept.sequence == SEQUENCE) {
            return MONITOR_OK;
        } else {
            const enum monitor_status status = update(SEQUENCE, s->want, false);
            if (status != MONITOR_OK)
                return status;
        }
    }
    return MONITOR_WRITE_FAILED;
}

static bool same_images(const struct image_set *a, const struct image_set *b)
{
    if (a->count != b->count || a->sequence != b->sequence)
        return false;
    for (unsigned i = 0; i < a->count; i++) {
        const struct component *c = image_set_image(b, a->at[i].image);
        if (!c || memcmp(c->digest, a->at[i].digest, sizeof c->digest) != 0 ||
            memcmp(c->component, a->at[i].component, sizeof c->component) != 0)
            return false;
    }
    return true;
}

/* Every image that is to run is there, whole, signed and not below the counter. */
static bool set_verifies(const struct image_set *set)
{
    const struct image_checker checker = {.medium = &w.ram.medium, .keystore = &w.keystore,
                                          .os_counter = w.os_counter};
    unsigned os = 0;
    uint16_t type;
    for (unsigned i = 0; i < set->count; i++) {
        const struct component *c = &set->at[i];
        struct span file;
        struct image image;
        uint8_t digest[SHA256_BYTES];
        if (medium_view(&w.ram.medium, component_area(&w.ram.medium, c), c->file_bytes, &file) != 0 ||
            image_check(&checker, file, &image, digest) != MONITOR_OK ||
            !image_is_component(&image, c) || memcmp(digest, c->digest, sizeof digest) != 0)
            return false;
        for (unsigned k = 0; (type = image_rule_os_type(&w.ram.medium, k)) != 0; k++)
            os += c->type == type;
    }
    return os == (w.ram.medium.fixed_count ? 4 : 1);
}

static void tell(const struct power_scenario *s, const char *what)
{
    static unsigned told;
    if (told++ < TELL_MAX)
        fprintf(stderr, "%s: %s\n", s->name, what);
}

/* Power is back: the device starts, and is looked at. */
static void judge(const struct power_scenario *s, struct power_counts *counts)
{
    if (world_restart(&w) != 0 || !set_verifies(engine_set(&w.engine))) {
        counts->bricks++;
        tell(s, "does not start");
        return;
    }
    const bool is_old = same_images(engine_set(&w.engine), &old_set);
    const bool is_new = same_images(engine_set(&w.engine), &new_set);
    counts->old += is_old;
    counts->new += is_new;
    if (is_old == is_new) {
        counts->mixed++;
        tell(s, "neither old nor new");
    }
    if (kept_for_good && !is_new) {
        counts->downgrades++;
        tell(s, "old after new was kept");
    }
    if (w.ram.violations) {
        counts->bricks++;
        tell(s, "an area of a live set was touched");
    }
}

unsigned power_scenario_start(const struct power_scenario *s)
{
    if (s->shape == RAM_AS_HOST)
        world_init(&w);
    else
        world_init_mcu(&w);
    if (s->before[0])
        CHECK_INT(update(1, s->before, false), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    old_set = w.engine.live.kept;
    at_start = w; /* platform and medium lead back to w: the same place */
    kept_for_good = false;
    if (s->sick) { /* what ran in between */
        CHECK_INT(update(SEQUENCE, s->want, false), MONITOR_OK);
        new_set = w.engine.live.next;
        w = at_start;
    }
    CHECK_INT(drive(s), MONITOR_OK);
    if (!s->sick)
        new_set = w.engine.live.kept;
    CHECK(same_images(&w.engine.live.kept, s->sick ? &old_set : &new_set));
    CHECK(!same_images(&old_set, &new_set));
    CHECK(set_verifies(engine_set(&w.engine)));
    CHECK_INT(w.ram.violations, 0);
    return w.ram.ops;
}

void power_schedule(const struct power_scenario *s, enum ram_cut cut, unsigned first,
                    unsigned second, struct power_counts *counts)
{
    w = at_start;
    kept_for_good = false;
    counts->schedules++;
    w.ram.cut = cut;
    w.ram.cut_at = first;
    if (drive(s) == MONITOR_OK)
        tell(s, "power was not lost"), counts->stuck++;
    judge(s, counts);
    if (second) {
        w.ram.cut = cut;
        w.ram.cut_at = second;
        (void)drive(s);
        judge(s, counts);
    }
    const enum monitor_status status = drive(s);
    operations_after = w.ram.ops;
    if (status != MONITOR_OK ||
        !same_images(engine_set(&w.engine), s->sick ? &old_set : &new_set)) {
        counts->stuck++;
        tell(s, "does not come to its end");
    }
    judge(s, counts);
}

unsigned power_operations_after(void)
{
    return operations_after;
}

void power_counts_print(const char *name, const struct power_counts *c)
{
    printf("%-36s %8lu schedules, %lu old, %lu new; bricks %lu, downgrades %lu, mixed %lu, stuck %lu\n",
           name, c->schedules, c->old, c->new, c->bricks, c->downgrades, c->mixed, c->stuck);
}
