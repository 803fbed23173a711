/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/power_test.h"

#include "abi/capability.h"
#include "abi/mcu_boot.h"
#include "abi/pluton_call.h"
#include "tests/check.h"

enum { ROUNDS_MAX = 24, TELL_MAX = 8, SETS_MAX = 1 << 15 };

struct world power_world;
static struct world *const w = &power_world;
static bool kept_for_good; /* CONFIRM, or INSTALL without a trial, was answered with OK */
static bool tended;        /* the application manager has judged this start */
static uint32_t counter_seen;
static unsigned operations_after;

/* -- images and sets, made once ------------------------------------------------------- */

static struct package packages[256];

static bool is_os(uint8_t id) { return id && id < 0x90; }

static bool is_keystore(uint8_t id) { return id / 16 == 0xE; }

static struct image_order order_of(uint8_t id)
{
    struct image_order order = world_app;
    const unsigned n = id % 16;
    if (id < 0x90) {
        order = world_os(id < 0x10 ? IMAGE_TYPE_SERVICES : id / 16, id);
        order.security_version = n < 2 ? 2 : n < 8 ? 3 : 4;
    }
    order.id = id;
    if (id / 16 == 0xC)
        order.component = 0xC1;
    if (is_keystore(id))
        order = (struct image_order){.type = IMAGE_TYPE_TRUSTED_KEYSTORE, .component = 0x19, .id = id,
                                     .key = KEY_ROOT, .security_version = n};
    return order;
}

const struct package *power_package(uint8_t id)
{
    const struct image_order order = order_of(id);
    struct package *package = &packages[id];
    uint8_t tree[100]; /* with the place of the seed: the chip starts no other */
    if (package->len)
        return package;
    memset(tree, id, sizeof tree);
    memcpy(tree + 40, BOOT_SEED_MARK, sizeof BOOT_SEED_MARK - 1);
    if (order.type == IMAGE_TYPE_NORMAL_WORLD_DTB)
        world_wrap(&order, span_of(tree, sizeof tree), package);
    else
        world_image(&order, package);
    return package;
}

static struct kept_set {
    uint64_t sequence;
    uint8_t ids[POWER_IMAGES_MAX], nonce;
    uint8_t *bytes;
    size_t len;
} sets[SETS_MAX];

/* Its one place; what stands there may be another. */
static struct kept_set *set_place(uint64_t sequence, const uint8_t *ids, uint8_t nonce)
{
    uint64_t hash = sequence * 0x9E3779B97F4A7C15u + nonce;
    for (unsigned i = 0; i < POWER_IMAGES_MAX; i++)
        hash = (hash ^ ids[i]) * 0x100000001B3u;
    return &sets[(hash >> 20) % SETS_MAX];
}

/* The set for the nonce that the device gives now; the same wish is signed once. */
static const struct package *set_of(uint64_t sequence, const uint8_t *ids)
{
    static struct package set;
    struct set_order order;
    world_set_order(w, &order, sequence);
    struct kept_set *k = set_place(sequence, ids, w->nonce[0]);
    if (k->bytes && k->sequence == sequence && k->nonce == w->nonce[0] && memcmp(k->ids, ids, sizeof k->ids) == 0) {
        memcpy(set.bytes, k->bytes, set.len = k->len);
        return &set;
    }
    for (unsigned i = 0; i < POWER_IMAGES_MAX && ids[i]; i++) {
        const struct image_order image = order_of(ids[i]);
        world_add_app(&order, &image, power_package(ids[i]));
    }
    world_set(&order, &set);
    free(k->bytes);
    *k = (struct kept_set){.sequence = sequence, .nonce = w->nonce[0], .len = set.len};
    memcpy(k->ids, ids, sizeof k->ids);
    k->bytes = malloc(set.len);
    REQUIRE(k->bytes != NULL);
    memcpy(k->bytes, set.bytes, set.len);
    return &set;
}

/* -- what comes to the device ----------------------------------------------------------- */

/* One call at a time, as azured does it.  half: stops in the middle of the first image. */
static enum monitor_status update(uint64_t sequence, const uint8_t *ids, bool half)
{
    uint32_t missing, flags = 1, handle;
    struct span out;
    enum monitor_status status = world_stage(w, set_of(sequence, ids), &missing);
    while (status == MONITOR_OK && missing--) {
        status = world_call(w, RIGHTS_AZURED, MONITOR_CALL_GET_MISSING, span_of(NULL, 0), &out);
        if (status != MONITOR_OK)
            break;
        const uint8_t id = out.at[0];
        if (half) {
            status = world_open(w, id, &handle);
            return status == MONITOR_OK
                       ? world_write(w, handle, 0, span_of(power_package(id)->bytes, power_package(id)->len / 2))
                       : status;
        }
        status = world_download(w, power_package(id), id);
    }
    if (status == MONITOR_OK)
        status = world_install(w, &flags);
    if (status == MONITOR_OK && !flags)
        kept_for_good = true;
    return status;
}

enum monitor_status power_update(const struct power_step *step)
{
    static const uint8_t other[POWER_IMAGES_MAX] = {0xA9};
    /* of the sequence before: what was staged since the start is never followed by an older one */
    if (step->scenario->staged_before && w->engine.staged.sequence == 0)
        (void)update(step->sequence - 1, other, true);
    return update(step->sequence, step->scenario->want, false);
}

static enum monitor_status local_call(uint32_t number, struct span payload, uint32_t *value)
{
    struct span out;
    const enum monitor_status status = world_call(w, RIGHTS_GATEWAYD, number, payload, &out);
    struct cursor c = cursor_of(out);
    if (value)
        *value = cursor_u32le(&c);
    return status;
}

enum monitor_status power_sideload(const struct power_step *step)
{
    const struct package *package = power_package(step->scenario->want[0]);
    uint8_t head[8 + MONITOR_BLOCK_MAX];
    uint32_t handle;
    struct writer to = writer_of(head, sizeof head);
    writer_u32le(&to, (uint32_t)package->len);
    enum monitor_status status = local_call(MONITOR_CALL_SIDELOAD_OPEN, writer_view(&to), &handle);
    for (size_t at = 0; status == MONITOR_OK && at < package->len; at += 4096) {
        to = writer_of(head, sizeof head);
        writer_u32le(&to, handle);
        writer_u32le(&to, (uint32_t)at);
        writer_bytes(&to, package->bytes + at, package->len - at < 4096 ? package->len - at : 4096);
        status = local_call(MONITOR_CALL_SIDELOAD_WRITE, writer_view(&to), NULL);
    }
    to = writer_of(head, sizeof head);
    writer_u32le(&to, handle);
    if (status == MONITOR_OK)
        status = local_call(MONITOR_CALL_SIDELOAD_COMMIT, writer_view(&to), NULL);
    if (status == MONITOR_OK)
        status = local_call(MONITOR_CALL_SIDELOAD_INSTALL, writer_view(&to), NULL);
    if (status == MONITOR_OK)
        kept_for_good = true;
    return status;
}

/* The keystore of an id: the same keys but for the one that signs sets. */
static const struct package *keystore_package(uint8_t id)
{
    static struct keystore keystore;
    static uint8_t body[KEYSTORE_FILE_BYTES_MAX];
    struct package *package = &packages[id];
    struct writer to = writer_of(body, sizeof body);
    const struct image_order order = order_of(id);
    if (package->len)
        return package;
    world_keystore(&keystore);
    for (unsigned i = 0; i < keystore.count; i++)
        if (keystore.at[i].usage == KEYSTORE_USE_UPDATE) {
            world_public(KEY_UPDATE_2, keystore.at[i].key);
            REQUIRE(image_thumbprint(keystore.at[i].key, keystore.at[i].thumbprint) == 0);
        }
    REQUIRE(keystore_write(&keystore, &to) == 0);
    world_wrap(&order, writer_view(&to), package);
    return package;
}

enum monitor_status power_rotation(const struct power_step *step)
{
    static struct package set;
    const uint8_t id = step->scenario->want[0];
    const struct package *package = keystore_package(id);
    const struct image_order image = order_of(id);
    struct set_order order;
    uint32_t missing;
    world_set_order(w, &order, step->sequence);
    order.customer = false;
    order.base_manifest.count = 1;
    order.base_manifest.at[0] = world_entry(&image, package);
    world_set(&order, &set);
    enum monitor_status status = world_stage(w, &set, &missing);
    if (status == MONITOR_OK && missing)
        status = world_download(w, package, id);
    if (status == MONITOR_OK)
        status = world_install(w, NULL);
    if (status != MONITOR_OK)
        return status;
    kept_for_good = true;
    tended = false; /* in force after a restart, and confirmed there */
    return !step->medium->off(w) && world_reboot(w) == 0 ? MONITOR_OK : MONITOR_WRITE_FAILED;
}

enum monitor_status power_removal(const struct power_step *step)
{
    uint8_t component[IMAGE_UID_BYTES];
    memset(component, order_of(step->scenario->want[0]).component, sizeof component);
    const enum monitor_status status =
        local_call(MONITOR_CALL_SIDELOAD_REMOVE, span_of(component, sizeof component), NULL);
    if (status == MONITOR_OK)
        kept_for_good = true;
    return status;
}

/* -- states ----------------------------------------------------------------------------- */

static bool state_is(const struct image_set *set, const struct power_state *state)
{
    unsigned count = 0;
    for (; count < POWER_IMAGES_MAX && state->ids[count]; count++) {
        uint8_t uid[IMAGE_UID_BYTES];
        memset(uid, state->ids[count], sizeof uid);
        if (!image_set_image(set, uid))
            return false;
    }
    return count == set->count && set->sequence == state->sequence;
}

static struct power_state state_of(const struct image_set *set)
{
    struct power_state state = {.sequence = set->sequence};
    REQUIRE(set->count <= POWER_IMAGES_MAX);
    for (unsigned i = 0; i < set->count; i++)
        state.ids[i] = set->at[i].image[0];
    return state;
}

static void state_add(struct power_state *state, uint8_t id)
{
    unsigned i = 0;
    while (i < POWER_IMAGES_MAX && state->ids[i])
        i++;
    REQUIRE(i < POWER_IMAGES_MAX);
    state->ids[i] = id;
}

/* What the device is to have afterwards, from what it has and what is brought. */
static struct power_state state_after(const struct power_step *step)
{
    const uint8_t *want = step->scenario->want;
    power_bring *const bring = step->scenario->bring;
    const bool set = bring == power_update, system = set && is_os(want[0]);
    struct power_state state = {.sequence = set || bring == power_rotation ? step->sequence : step->old.sequence};
    for (unsigned i = 0; i < POWER_IMAGES_MAX && step->old.ids[i]; i++) {
        const uint8_t id = step->old.ids[i];
        const bool stays = is_os(id)         ? !system
                           : is_keystore(id) ? bring != power_rotation
                                             : !set && id / 16 != want[0] / 16;
        if (stays)
            state_add(&state, id);
    }
    for (unsigned i = 0; i < POWER_IMAGES_MAX && want[i] && bring != power_removal; i++)
        state_add(&state, want[i]);
    return state;
}

void power_step_from(struct power_step *step, uint64_t sequence)
{
    step->sequence = sequence;
    step->old = state_of(&w->engine.live.kept);
    step->new = state_after(step);
}

/* -- the device lives, and is looked at --------------------------------------------------- */

/* Update service and application manager until all is settled, or power goes. */
static enum monitor_status drive(const struct power_step *step)
{
    const struct power_scenario *s = step->scenario;
    for (unsigned round = 0; round < ROUNDS_MAX && !step->medium->off(w); round++) {
        const struct record *live = &w->engine.live;
        const bool trial = w->engine.trial_runs;
        if (!tended && !(trial && s->sick)) {
            if (world_confirm(w, NULL) != MONITOR_OK)
                return MONITOR_WRITE_FAILED;
            tended = true;
            kept_for_good |= trial;
        } else if (live->trial) {
            if (world_reboot(w) != 0)
                return MONITOR_WRITE_FAILED;
            tended = false;
        } else if ((live->undone && live->undone_sequence == step->sequence) ||
                   state_is(&live->kept, &step->new)) {
            return MONITOR_OK;
        } else {
            const enum monitor_status status = s->bring(step);
            if (status != MONITOR_OK)
                return status;
        }
    }
    return MONITOR_WRITE_FAILED;
}

/* A keystore is the root key's. */
static bool image_verifies(const struct image_checker *checker, struct span file, struct image *image,
                           uint8_t digest[static SHA256_BYTES])
{
    uint8_t root[P256_PUBLIC_BYTES];
    if (image_parse(file, image) != 0 || image->meta.type != IMAGE_TYPE_TRUSTED_KEYSTORE)
        return image_check(checker, file, image, digest) == MONITOR_OK;
    world_public(KEY_ROOT, root);
    return image_digest(image, digest) == 0 && image_verify(image, root) == 0;
}

/* Every image of the set is there, whole, signed and not below the counter; lowest
 * security version of the system in it. */
static bool set_verifies(const struct power_step *step, const struct image_set *set, uint32_t *lowest)
{
    const struct image_checker checker = {.medium = &w->ram.medium, .keystore = w->engine.keystore,
                                          .os_counter = step->medium->os_counter(w)};
    unsigned os = 0;
    *lowest = UINT32_MAX;
    for (unsigned i = 0; i < set->count; i++) {
        const struct component *c = &set->at[i];
        struct span file;
        struct image image;
        uint8_t digest[SHA256_BYTES];
        if (medium_view(&w->ram.medium, component_area(&w->ram.medium, c), c->file_bytes, &file) != 0 ||
            !image_verifies(&checker, file, &image, digest) || !image_is_component(&image, c) || memcmp(digest, c->digest, sizeof digest) != 0)
            return false;
        if (!is_os(c->image[0]))
            continue;
        os++;
        if (image.meta.security_version < *lowest)
            *lowest = image.meta.security_version;
    }
    return os == (w->ram.medium.fixed_count ? WORLD_MCU_OS : 1);
}

static void tell(const struct power_step *step, const char *what)
{
    static unsigned told;
    if (told++ < TELL_MAX)
        fprintf(stderr, "\n%s, %s: %s\n", step->medium->name, step->scenario->name, what);
}

/* Power is back, the device has started: is it the old or the new one, whole?  Lowest
 * security version of the system that is kept; 0 when it does not verify. */
static uint32_t judge(const struct power_step *step, bool started, struct power_counts *counts)
{
    const struct image_set *set = engine_set(&w->engine);
    const uint32_t counter = step->medium->os_counter(w);
    const char *damage = step->medium->damage(w);
    uint32_t lowest;
    if (!started || !set_verifies(step, set, &lowest) ||
        (set != &w->engine.live.kept && !set_verifies(step, &w->engine.live.kept, &lowest))) {
        counts->bricks++;
        tell(step, "does not start, or could not go back");
        return 0;
    }
    const bool is_old = state_is(set, &step->old), is_new = state_is(set, &step->new);
    counts->old += is_old;
    counts->new += is_new;
    if (is_old == is_new) {
        counts->mixed++;
        tell(step, "neither old nor new");
    }
    if (counter < counter_seen || (kept_for_good && !is_new)) {
        counts->downgrades++;
        tell(step, counter < counter_seen ? "the counter fell" : "old after new was kept");
    }
    if (damage) {
        counts->bricks++;
        tell(step, damage);
    }
    counter_seen = counter;
    return lowest;
}

static bool restart(const struct power_cut *next)
{
    w->arm.at = next ? next->at : 0;
    w->arm.way = next ? next->way : 0;
    tended = false;
    return world_restart(w) == 0;
}

/* It came to its end: in the new state, or, when it was sick or lost power in every
 * start of its trial, in the old one; and the counter is that of what runs. */
static bool settled(const struct power_step *step, unsigned losses, uint32_t lowest)
{
    const struct record *live = &w->engine.live;
    const bool undone = live->undone && live->undone_sequence == step->sequence;
    const bool sick = step->scenario->sick || (undone && losses >= RECORD_TRIES);
    uint32_t keystore_counter;
    const bool rotated = step->scenario->bring != power_rotation ||
                         w->engine.keystore_version == step->scenario->want[0] % 16;
    return state_is(&live->kept, sick ? &step->old : &step->new) && undone == sick && !live->trial && rotated &&
           step->medium->os_counter(w) == lowest &&
           platform_counter_read(w, PLUTON_COUNTER_KEYSTORE, &keystore_counter) == 0 &&
           keystore_counter == w->engine.keystore_version;
}

bool power_play(const struct power_step *step, const struct power_cut *cuts, unsigned count,
                struct power_counts *counts)
{
    const struct power_medium *m = step->medium;
    unsigned losses = 0;
    kept_for_good = tended = false;
    counter_seen = m->os_counter(w);
    counts->schedules++;
    m->cut(w, count ? cuts[0].at : 0, count ? cuts[0].way : 0);
    enum monitor_status status = drive(step);
    while (m->off(w)) {
        losses++;
        const bool started = restart(losses < count ? &cuts[losses] : NULL);
        if (m->off(w))
            continue;
        judge(step, started, counts);
        if (!started)
            break;
        status = drive(step);
    }
    operations_after = m->operations(w);
    counts->losses += losses;
    m->cut(w, 0, 0); /* one that never came */
    const uint32_t lowest = judge(step, restart(NULL), counts);
    if (status != MONITOR_OK || !settled(step, losses, lowest)) {
        counts->stuck++;
        tell(step, "does not come to its end");
    }
    return state_is(&w->engine.live.kept, &step->new);
}

bool power_again(const struct power_step *step, const struct power_cut *cuts, unsigned count,
                 struct power_counts *counts)
{
    step->medium->back(w);
    return power_play(step, cuts, count, counts);
}

void power_begin(const struct power_medium *medium, const struct power_scenario *scenario,
                 struct power_step *step)
{
    *step = (struct power_step){.scenario = scenario, .medium = medium};
    medium->make(w);
    w->capabilities = UINT32_C(1) << CAPABILITY_FIELD_SERVICING;
    if (scenario->before[0])
        CHECK_INT(update(1, scenario->before, false), MONITOR_OK);
    CHECK(restart(NULL));
    power_step_from(step, POWER_SEQUENCE);
    CHECK(memcmp(&step->old, &step->new, sizeof step->old) != 0);
    medium->keep(w);
}

unsigned power_operations_after(void)
{
    return operations_after;
}

void power_counts_add(struct power_counts *to, const struct power_counts *more)
{
    to->schedules += more->schedules;
    to->losses += more->losses;
    to->old += more->old;
    to->new += more->new;
    to->bricks += more->bricks;
    to->downgrades += more->downgrades;
    to->mixed += more->mixed;
    to->stuck += more->stuck;
}
