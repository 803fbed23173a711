/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/update.md, "Keys": the keys that a device trusts are rotated by an update.  Which keystore
 * is taken, that stolen keys are worth nothing afterwards, that a device which slept finds its
 * way, and what a cut leaves.
 */
#include "monitor/engine/staging.h"
#include "monitor/engine/world_test.h"
#include "tests/check.h"

enum { COMPONENT_K = 0x19 };

static struct world w, before;
static struct package package, set;

struct keystore_order {
    uint8_t id;
    uint32_t version;
    enum world_key update, os, root;
};
static const struct keystore_order second = {0x1A, 2, KEY_UPDATE_2, KEY_OS, KEY_ROOT};
static const struct keystore_order third = {0x1B, 3, KEY_UPDATE_3, KEY_OS, KEY_ROOT};

static struct image_order image_of(const struct keystore_order *order)
{
    return (struct image_order){.type = IMAGE_TYPE_TRUSTED_KEYSTORE, .component = COMPONENT_K,
                                .id = order->id, .key = order->root, .security_version = order->version};
}

static void key_add(struct keystore *keystore, enum world_key key, uint32_t usage)
{
    struct keystore_key *to = &keystore->at[keystore->count++];
    world_public(key, to->key);
    REQUIRE(image_thumbprint(to->key, to->thumbprint) == 0);
    to->usage = usage;
}

static void keystore_make(const struct keystore_order *order, struct package *to)
{
    static struct keystore keystore;
    static uint8_t body[KEYSTORE_FILE_BYTES_MAX];
    struct writer writer = writer_of(body, sizeof body);
    const struct image_order image = image_of(order);
    memset(&keystore, 0, sizeof keystore);
    key_add(&keystore, order->os, KEYSTORE_USE_OS);
    key_add(&keystore, KEY_APP, KEYSTORE_USE_APPLICATION);
    key_add(&keystore, order->update, KEYSTORE_USE_UPDATE);
    REQUIRE(keystore_write(&keystore, &writer) == 0);
    world_wrap(&image, writer_view(&writer), to);
}

/* A set that brings `package` as that keystore, signed by an update key. */
static void set_make(const struct keystore_order *order, uint64_t sequence, enum world_key by)
{
    struct set_order s;
    const struct image_order image = image_of(order);
    world_set_order(&w, &s, sequence);
    s.customer = false;
    s.key = s.manifest_key = by;
    s.base_manifest.count = 1;
    s.base_manifest.at[0] = world_entry(&image, &package);
    world_set(&s, &set);
}

/* From the set to INSTALL; the first status that is not OK. */
static enum monitor_status rotate(const struct keystore_order *order, uint64_t sequence, enum world_key by)
{
    uint32_t missing, flags = 0;
    keystore_make(order, &package);
    set_make(order, sequence, by);
    enum monitor_status status = world_stage(&w, &set, &missing);
    if (status == MONITOR_OK && missing)
        status = world_download(&w, &package, order->id);
    if (status == MONITOR_OK)
        status = world_install(&w, &flags);
    if (status == MONITOR_OK && missing)
        CHECK_INT(flags, 1);
    return status;
}

static enum monitor_status application(uint64_t sequence, uint8_t id, enum world_key by)
{
    static struct package app;
    struct image_order image = world_app;
    struct set_order s;
    image.id = id;
    world_image(&image, &app);
    world_set_order(&w, &s, sequence);
    s.key = s.manifest_key = by;
    world_add_app(&s, &image, &app);
    world_set(&s, &set);
    enum monitor_status status = world_stage(&w, &set, NULL);
    if (status == MONITOR_OK)
        status = world_download(&w, &app, id);
    return status == MONITOR_OK ? world_install(&w, NULL) : status;
}

static uint32_t version_said(void)
{
    struct span out;
    CHECK_INT(world_call(&w, RIGHTS_AZURED, MONITOR_CALL_GET_ROLLBACK, span_of(NULL, 0), &out), MONITOR_OK);
    struct cursor c = cursor_of(out);
    cursor_skip(&c, 17);
    const uint32_t version = cursor_u32le(&c);
    CHECK_INT(cursor_end(&c), 0);
    return version;
}

static void init(enum ram_shape shape)
{
    if (shape == RAM_AS_HOST)
        world_init(&w);
    else
        world_init_mcu(&w);
}

static void rotation(void)
{
    for (enum ram_shape shape = RAM_AS_HOST; shape <= RAM_AS_MCU; shape++) {
        init(shape);
        CHECK_INT(application(50, 0xA3, KEY_UPDATE), MONITOR_OK);
        const unsigned count = w.engine.live.kept.count;
        CHECK_INT(rotate(&second, 51, KEY_UPDATE), MONITOR_OK);
        /* in force from the next start on, and not on trial: the root key has signed it */
        CHECK_INT(version_said(), 1);
        CHECK(!w.engine.live.trial);
        CHECK_INT(world_restart(&w), 0);
        CHECK_INT(version_said(), 2);
        CHECK_INT(w.engine.live.kept.count, count + 1);
        CHECK_INT(w.keystore_counter, 1);
        CHECK_INT(world_confirm(&w, NULL), MONITOR_OK);
        CHECK_INT(w.keystore_counter, 2);
        /* "stolen update key": the old one, at the end of its sequence, is worth nothing */
        CHECK_INT(application(UINT64_MAX, 0xA4, KEY_UPDATE), MONITOR_VERIFICATION_FAILED);
        CHECK_INT(rotate(&third, 60, KEY_UPDATE), MONITOR_VERIFICATION_FAILED);
        /* the sequence begins again, and the keystore stays what it is beside other sets */
        CHECK_INT(application(3, 0xA4, KEY_UPDATE_2), MONITOR_OK);
        CHECK_INT(world_restart(&w), 0);
        CHECK_INT(version_said(), 2);
        CHECK(keystore_installed(&w.engine) != NULL);
        /* and on to the next */
        CHECK_INT(rotate(&third, 4, KEY_UPDATE_2), MONITOR_OK);
        CHECK_INT(world_restart(&w), 0);
        CHECK_INT(version_said(), 3);
        CHECK_INT(w.engine.live.kept.count, count + 1); /* in the place of the one before */
        CHECK_INT(application(5, 0xA5, KEY_UPDATE_2), MONITOR_VERIFICATION_FAILED);
        CHECK_INT(application(5, 0xA5, KEY_UPDATE_3), MONITOR_OK);
    }
}

/* A device that slept through the second keystore trusts the first one's update key alone:
 * the service keeps that key for such devices, and the root key vouches for the third. */
static void asleep_through_two(void)
{
    init(RAM_AS_MCU);
    CHECK_INT(rotate(&third, 70, KEY_UPDATE_3), MONITOR_VERIFICATION_FAILED);
    CHECK_INT(rotate(&third, 70, KEY_UPDATE), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(version_said(), 3);
    CHECK_INT(application(1, 0xA4, KEY_UPDATE_3), MONITOR_OK);
    /* step by step, as the service offers it */
    init(RAM_AS_HOST);
    CHECK_INT(rotate(&second, 70, KEY_UPDATE), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(rotate(&third, 70, KEY_UPDATE_2), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(version_said(), 3);
}

static void unchanged(void)
{
    CHECK_MEM(&w.engine.live, &before.engine.live, sizeof w.engine.live);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(version_said(), before.keystore_version);
}

static void refused_keystores(void)
{
    static const struct {
        const char *name;
        struct keystore_order order;
        enum monitor_status want;
    } rows[] = {
        {"by an OS key", {0x1A, 2, KEY_UPDATE_2, KEY_OS, KEY_OS}, MONITOR_VERIFICATION_FAILED},
        {"by the update key", {0x1A, 2, KEY_UPDATE_2, KEY_OS, KEY_UPDATE}, MONITOR_VERIFICATION_FAILED},
        {"by a foreign key", {0x1A, 2, KEY_UPDATE_2, KEY_OS, KEY_FOREIGN}, MONITOR_VERIFICATION_FAILED},
        {"the version in use", {0x1A, 1, KEY_UPDATE_2, KEY_OS, KEY_ROOT}, MONITOR_SECURITY_VERSION},
        {"older", {0x1A, 0, KEY_UPDATE_2, KEY_OS, KEY_ROOT}, MONITOR_SECURITY_VERSION},
        {"the system would not start", {0x1A, 2, KEY_UPDATE_2, KEY_OS_2, KEY_ROOT}, MONITOR_VERIFICATION_FAILED},
    };
    for (enum ram_shape shape = RAM_AS_HOST; shape <= RAM_AS_MCU; shape++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            init(shape);
            before = w;
            const enum monitor_status got = rotate(&rows[i].order, 51, KEY_UPDATE);
            if (got != rows[i].want)
                fprintf(stderr, "%s\n", rows[i].name);
            CHECK_INT(got, rows[i].want);
            unchanged();
        }
    /* what starts before the engine would not verify any more */
    init(RAM_AS_HOST);
    struct image_order below = {.type = IMAGE_TYPE_SECURITY_MONITOR, .component = 4, .id = 4, .key = KEY_OS,
                                .no_file_system = true};
    world_image(&below, &w.below);
    const struct keystore_order other = {0x1A, 2, KEY_UPDATE_2, KEY_OS_2, KEY_ROOT};
    keystore_make(&other, &package);
    struct image image;
    static struct keystore next;
    REQUIRE(image_parse(package_view(&package), &image) == 0 && keystore_parse(image.body, &next) == 0);
    CHECK_INT(platform_keystore_check(&w, package_view(&package), &next), E_KEY_UNKNOWN);
    /* the root of trust does not answer */
    init(RAM_AS_HOST);
    w.trust_fails = true;
    before = w;
    CHECK_INT(rotate(&second, 51, KEY_UPDATE), MONITOR_VERIFICATION_FAILED);
    w.trust_fails = false;
    unchanged();
    /* "old keystore": back to the second after the third */
    init(RAM_AS_HOST);
    CHECK_INT(rotate(&third, 51, KEY_UPDATE), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    before = w;
    CHECK_INT(rotate(&second, 52, KEY_UPDATE_3), MONITOR_SECURITY_VERSION);
    unchanged();
}

/* Each byte of the image: one that is damaged is not taken. */
static void damaged(void)
{
    uint32_t missing;
    keystore_make(&second, &package);
    for (size_t at = 0; at < package.len; at++) {
        init(RAM_AS_HOST);
        set_make(&second, 51, KEY_UPDATE);
        CHECK_INT(world_stage(&w, &set, &missing), MONITOR_OK);
        package.bytes[at] ^= 0x10;
        const enum monitor_status status = world_download(&w, &package, second.id);
        package.bytes[at] ^= 0x10;
        CHECK(status == MONITOR_VERIFICATION_FAILED || status == MONITOR_IDENTITY_INCONSISTENT ||
              status == MONITOR_SECURITY_VERSION);
    }
}

static void refused_sets(void)
{
    enum { EMPTY, TWO, OTHER_TYPE, WITH_APPLICATIONS, TOO_LARGE, IN_THE_WRONG_MANIFEST, SHAPES };
    static struct package app;
    world_image(&world_app, &app);
    keystore_make(&second, &package);
    for (int shape = 0; shape < SHAPES; shape++) {
        struct set_order s;
        const struct image_order image = image_of(&second);
        init(RAM_AS_HOST);
        before = w;
        world_set_order(&w, &s, 51);
        s.customer = shape == WITH_APPLICATIONS;
        s.base = true;
        s.base_manifest.count = 1;
        s.base_manifest.at[0] = world_entry(&image, &package);
        switch (shape) {
        case EMPTY: s.base_manifest.count = 0; break;
        case TWO:
            s.base_manifest.at[1] = s.base_manifest.at[0];
            s.base_manifest.at[1].component[0] ^= 1;
            s.base_manifest.at[1].image[0] ^= 1;
            s.base_manifest.count = 2;
            break;
        case OTHER_TYPE: s.base_manifest.at[0].type = IMAGE_TYPE_SECURITY_MONITOR; break;
        case WITH_APPLICATIONS: world_add_app(&s, &world_app, &app); break;
        case TOO_LARGE: s.base_manifest.at[0].file_bytes = KEYSTORE_FILE_BYTES_MAX + 1; break;
        default:
            s.base = false;
            s.customer = true;
            s.customer_manifest = s.base_manifest;
            s.base_manifest.count = 0;
            break;
        }
        world_set(&s, &set);
        CHECK_INT(world_stage(&w, &set, NULL),
                  shape == TOO_LARGE ? MONITOR_IMAGE_TOO_LARGE : MONITOR_MALFORMED_MANIFEST);
        unchanged();
    }
    /* one that is installed may be named beside the rest */
    init(RAM_AS_HOST);
    CHECK_INT(rotate(&second, 51, KEY_UPDATE), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    struct set_order s;
    const struct image_order image = image_of(&second);
    keystore_make(&second, &package);
    world_set_order(&w, &s, 1);
    s.key = s.manifest_key = KEY_UPDATE_2;
    s.base_manifest.count = 1;
    s.base_manifest.at[0] = world_entry(&image, &package);
    world_add_app(&s, &world_app, &app);
    world_set(&s, &set);
    CHECK_INT(world_stage(&w, &set, NULL), MONITOR_OK);
    CHECK_INT(world_install(&w, NULL), MONITOR_OK);
    CHECK(keystore_installed(&w.engine) != NULL);
}

/* Power lost at each operation, in each way: the keys before or those after, the system
 * verifies under them, and the same rotation goes through. */
static void cuts(void)
{
    for (enum ram_shape shape = RAM_AS_HOST; shape <= RAM_AS_MCU; shape++)
        for (enum ram_cut cut = 0; cut < CUTS; cut++)
            for (unsigned at = 1;; at++) {
                init(shape);
                w.ram.ops = 0;
                w.ram.cut_at = at;
                w.ram.cut = cut;
                const enum monitor_status status = rotate(&second, 51, KEY_UPDATE);
                const bool lost = w.ram.dead;
                w.ram.cut_at = 0;
                CHECK_INT(world_restart(&w), 0);
                CHECK_INT(w.ram.violations, 0);
                CHECK(version_said() == 1 || version_said() == 2);
                if (status == MONITOR_OK)
                    CHECK_INT(version_said(), 2);
                if (version_said() == 1) {
                    CHECK_INT(rotate(&second, 51, KEY_UPDATE), MONITOR_OK);
                    CHECK_INT(world_restart(&w), 0);
                }
                CHECK_INT(version_said(), 2);
                CHECK_INT(application(1, 0xA3, KEY_UPDATE_2), MONITOR_OK);
                if (!lost) {
                    CHECK(at > 5);
                    break;
                }
            }
}

int main(void)
{
    rotation();
    asleep_through_two();
    refused_keystores();
    damaged();
    refused_sets();
    cuts();
    return check_done();
}
