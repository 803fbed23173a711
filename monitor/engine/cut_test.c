/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/monitor.md, "what a cut does": power goes at every operation of an
 * update, in every way that struct medium allows.  Afterwards the set is the
 * old or the new one, never mixed, every image of it verifies, and the same
 * update goes through.
 */
#include "monitor/engine/world_test.h"
#include "tests/check.h"

static struct world w, at_start;

/* What is installed before (image of the application, with which sequence) and
 * what the update wants. */
static const struct scenario {
    const char *name;
    uint8_t ids[2];     /* applications installed one after the other, 0 = none */
    uint8_t wanted;     /* application image id; 0 = none, applications removed */
    uint8_t services;   /* new Services image id; 0 = no firmware manifest */
    uint8_t second;     /* a second application, 0 = none */
    bool staged_before; /* another set was staged and half written first */
} scenarios[] = {
    {"install a second application", {0, 0}, 0xA2, 0, 0xC2, false},
    {"replace", {0, 0}, 0xA3, 0, 0, false},
    {"stage again over a half-written image", {0, 0}, 0xA4, 0, 0, true},
    {"back to an older image by a newer sequence", {0xA3, 0}, 0xA2, 0, 0, false},
    {"OS and applications together", {0xA3, 0xA4}, 0xA5, 0x02, 0xC2, false},
    {"remove the applications", {0xA3, 0}, 0, 0, 0, false},
};

static struct package packages[256];
static struct image_order order_of(uint8_t id)
{
    struct image_order order = id < 0x10 ? world_services : world_app;
    order.id = id;
    if (id == 0xC2)
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

static void want(struct set_order *set, uint8_t id)
{
    struct image_order order = order_of(id);
    if (id)
        world_add_app(set, &order, package_of(id));
}

/* One call at a time, as azured does it; the first failure ends it. */
static enum monitor_status update(uint64_t sequence, uint8_t a, uint8_t b, uint8_t services,
                                  bool install)
{
    static struct package set;
    struct set_order order;
    uint32_t missing, flags;
    struct span out;
    world_set_order(&w, &order, sequence);
    want(&order, a);
    want(&order, b);
    want(&order, services);
    world_set(&order, &set);
    enum monitor_status status = world_stage(&w, &set, &missing);
    while (status == MONITOR_OK && missing--) {
        status = world_call(&w, RIGHTS_AZURED, MONITOR_CALL_GET_MISSING, span_of(NULL, 0), &out);
        if (status != MONITOR_OK)
            break;
        uint8_t id = out.at[0];
        if (!install) { /* the one that is interrupted by a newer set */
            uint32_t handle;
            status = world_open(&w, id, &handle);
            if (status == MONITOR_OK)
                status = world_write(&w, handle, 0, span_of(package_of(id)->bytes, 5000));
            return status;
        }
        status = world_download(&w, package_of(id), id);
    }
    return status == MONITOR_OK ? world_install(&w, &flags) : status;
}

static bool same_set(const struct record *a, const struct record *b)
{
    if (a->count != b->count || a->sequence != b->sequence)
        return false;
    for (unsigned i = 0; i < a->count; i++) {
        const struct component *c = record_find_image(b, a->at[i].image);
        if (!c || memcmp(c->digest, a->at[i].digest, sizeof c->digest) != 0 ||
            memcmp(c->component, a->at[i].component, sizeof c->component) != 0)
            return false;
    }
    return true;
}

static void every_component_verifies(void)
{
    struct image_checker checker = {.keystore = &w.keystore, .manifest = &w.scratch.manifest,
                                    .os_counter = w.os_counter};
    for (unsigned i = 0; i < w.engine.live.count; i++) {
        const struct component *c = &w.engine.live.at[i];
        struct span file;
        struct image image;
        uint8_t digest[SHA256_BYTES];
        REQUIRE(medium_slot_view(&w.ram.medium, c->slot, c->file_bytes, &file) == 0);
        CHECK_INT(image_check(&checker, file, &image, digest), MONITOR_OK);
        CHECK(image_is_component(&image, c));
        CHECK_MEM(digest, c->digest, sizeof digest);
    }
}

static enum monitor_status scenario_run(const struct scenario *s)
{
    if (s->staged_before)
        (void)update(50, 0xA9, 0, 0, false);
    if (w.ram.dead)
        return MONITOR_WRITE_FAILED;
    return update(100, s->wanted, s->second, s->services, true);
}

static void scenario_cut(const struct scenario *s)
{
    static struct record old, new;
    unsigned cuts[CUTS][2] = {{0}}; /* how often old and new came back */
    world_init(&w);
    for (int i = 0; i < 2; i++)
        if (s->ids[i])
            CHECK_INT(update((uint64_t)(i + 1), s->ids[i], 0, 0, true), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    old = w.engine.live;
    at_start = w; /* platform and medium lead back to w: the same place */
    CHECK_INT(scenario_run(s), MONITOR_OK);
    unsigned ops = w.ram.ops;
    new = w.engine.live;
    CHECK(!same_set(&old, &new));
    CHECK(ops >= 3); /* sync, record, sync */
    CHECK_INT(w.ram.violations, 0);

    for (enum ram_cut cut = 0; cut < CUTS; cut++)
        for (unsigned n = 1; n <= ops; n++) {
            w = at_start;
            w.ram.cut = cut;
            w.ram.cut_at = n;
            enum monitor_status status = scenario_run(s);
            CHECK(status != MONITOR_OK);
            CHECK_INT(w.ram.violations, 0); /* no slot of the live set was touched */
            CHECK_INT(world_restart(&w), 0);
            bool is_old = same_set(&w.engine.live, &old), is_new = same_set(&w.engine.live, &new);
            if (is_old == is_new)
                fprintf(stderr, "%s: cut %d at %u\n", s->name, (int)cut, n);
            CHECK(is_old != is_new);
            cuts[cut][is_new]++;
            every_component_verifies();
            CHECK_INT(scenario_run(s), MONITOR_OK);
            CHECK(same_set(&w.engine.live, &new));
            every_component_verifies();
            CHECK_INT(world_restart(&w), 0);
            CHECK(same_set(&w.engine.live, &new));
        }
    /* Both outcomes were seen, so the loop reached past the commit. */
    CHECK(cuts[CUT_CLEAN][0] > 0 && cuts[CUT_CLEAN][1] > 0);
    CHECK(cuts[CUT_DROPPED][1] == 0); /* not synced is not committed */
    CHECK(cuts[CUT_LAST_ONLY][1] > 0);
    printf("%s: %u operations, %u cuts\n", s->name, ops, ops * CUTS);
}

/* A record damaged in any byte: the other one is used; both damaged: an error. */
static void damaged_records(void)
{
    world_init(&w);
    CHECK_INT(update(5, 0xA3, 0, 0, true), MONITOR_OK);
    for (size_t i = 0; i < RECORD_BYTES; i++) {
        w.ram.durable.state[1][i] ^= 0x40;
        CHECK_INT(world_restart(&w), 0);
        CHECK_INT(w.engine.live.sequence, 0);
        w.ram.durable.state[0][RECORD_BYTES - 1 - i] ^= 0x40;
        CHECK_INT(world_restart(&w), E_CORRUPT); /* never a silent empty */
        CHECK_INT(w.engine.live.count, 0);
        CHECK(record_absent(&w.ram.medium));
        w.ram.durable.state[1][i] ^= 0x40;
        CHECK_INT(world_restart(&w), 0);
        CHECK_INT(w.engine.live.sequence, 5);
        w.ram.durable.state[0][RECORD_BYTES - 1 - i] ^= 0x40;
    }
    /* Two records of one generation are nobody's work. */
    struct record r = w.engine.live;
    CHECK_INT(record_commit(&w.ram.medium, &r, 0), 0);
    CHECK_INT(world_restart(&w), E_CORRUPT);
    ram_init(&w.ram);
    CHECK_INT(world_restart(&w), E_CORRUPT); /* blank flash */
}

/* Fields that do not fit the medium make a record invalid, digest or not. */
static void impossible_records(void)
{
    for (int i = 0; i < 6; i++) {
        world_init(&w);
        struct record r = w.engine.live;
        r.generation = 9;
        switch (i) {
        case 0: r.at[0].slot = RAM_SLOTS; break;
        case 1: r.at[1].slot = r.at[0].slot; break;
        case 2: r.at[0].file_bytes = RAM_SLOT_BYTES + 1; break;
        case 3: r.at[0].file_bytes = 0; break;
        case 4: memcpy(r.at[1].component, r.at[0].component, 16); break;
        default: r.generation = 0; break;
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
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        scenario_cut(&scenarios[i]);
    return check_done();
}
