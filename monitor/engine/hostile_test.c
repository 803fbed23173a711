/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays a compromised normal world against the engine: what broke the original,
 * each under its id, and what Uptane's list adds.  After every refusal neither
 * engine nor medium has changed.
 */
#include "monitor/engine/world_test.h"
#include "tests/check.h"

static struct world w, before;
static struct package v2, set;
static struct image_order v2_order;
static struct set_order order;

static void unchanged(void)
{
    CHECK_MEM(&w.engine, &before.engine, sizeof w.engine);
    CHECK_MEM(&w.ram.seen, &before.ram.seen, sizeof w.ram.seen);
    CHECK_INT(w.ram.ops, before.ram.ops);
}

/* A set for application image 0xA3 is staged. */
static void staged(void)
{
    uint32_t missing;
    world_init(&w);
    v2_order = world_app;
    v2_order.id = 0xA3;
    world_image(&v2_order, &v2);
    world_set_order(&w, &order, 7);
    world_add_app(&order, &v2_order, &v2);
    world_set(&order, &set);
    CHECK_INT(world_stage(&w, &set, &missing), MONITOR_OK);
    CHECK_INT(missing, 1);
}

/* TALOS-2021-1310: WriteBlockToStageImage did not check its input.
 * Trapa (fixed in 20.08): WriteFlash did not check its offset. */
static void talos_2021_1310_and_trapa_write_offset(void)
{
    static const uint32_t offsets[] = {1, 4096, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFF};
    static uint8_t block[MONITOR_BLOCK_MAX + 1];
    uint32_t handle;
    staged();
    CHECK_INT(world_open(&w, 0xA3, &handle), MONITOR_OK);
    before = w;
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        CHECK_INT(world_write(&w, handle, offsets[i], span_of(block, 16)), MONITOR_BAD_OFFSET);
        CHECK_INT(world_write(&w, handle + offsets[i], 0, span_of(block, 16)), MONITOR_BAD_HANDLE);
        unchanged();
    }
    /* longer than the call allows, empty, longer than the image */
    CHECK_INT(world_write(&w, handle, 0, span_of(block, sizeof block)), MONITOR_INVALID_PARAMETER);
    CHECK_INT(world_write(&w, handle, 0, span_of(block, 0)), MONITOR_INVALID_PARAMETER);
    CHECK_INT(world_write(&w, handle, 0, span_of(block, v2.len + 1)), MONITOR_IMAGE_TOO_LARGE);
    unchanged();
    /* at the end of the image, where offset + length would pass it */
    CHECK_INT(world_write(&w, handle, 0, span_of(v2.bytes, v2.len - 1)), MONITOR_OK);
    before = w;
    CHECK_INT(world_write(&w, handle, (uint32_t)v2.len - 1, span_of(block, 2)),
              MONITOR_IMAGE_TOO_LARGE);
    CHECK_INT(world_write(&w, handle, 0, span_of(block, 1)), MONITOR_BAD_OFFSET); /* backwards */
    CHECK_INT(world_write(&w, handle, 0xFFFFFFFF, span_of(block, MONITOR_BLOCK_MAX)),
              MONITOR_BAD_OFFSET);
    unchanged();
    CHECK_INT(world_commit(&w, handle), MONITOR_IDENTITY_INCONSISTENT); /* one byte short */
    unchanged();
    CHECK_INT(world_write(&w, handle, (uint32_t)v2.len - 1, span_of(v2.bytes + v2.len - 1, 1)),
              MONITOR_OK);
    CHECK_INT(world_commit(&w, handle), MONITOR_OK);
    before = w;
    CHECK_INT(world_write(&w, handle, 0, span_of(block, 1)), MONITOR_BAD_HANDLE); /* closed */
    CHECK_INT(world_commit(&w, handle), MONITOR_BAD_HANDLE);
    unchanged();
}

/* TALOS-2021-1342: StageBaseManifests took an unsigned manifest. */
static void talos_2021_1342_unsigned_manifest(void)
{
    uint32_t missing;
    world_init(&w);
    v2_order = world_app;
    v2_order.id = 0xA3;
    world_image(&v2_order, &v2);
    static const struct {
        enum world_key set, manifest;
        enum monitor_status want;
    } rows[] = {
        {KEY_FOREIGN, KEY_UPDATE, MONITOR_VERIFICATION_FAILED},
        {KEY_UPDATE, KEY_FOREIGN, MONITOR_VERIFICATION_FAILED},
        {KEY_OS, KEY_UPDATE, MONITOR_VERIFICATION_FAILED},
        {KEY_UPDATE, KEY_APP, MONITOR_VERIFICATION_FAILED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_set_order(&w, &order, 7);
        world_add_app(&order, &v2_order, &v2);
        order.key = rows[i].set;
        order.manifest_key = rows[i].manifest;
        world_set(&order, &set);
        before = w;
        CHECK_INT(world_stage(&w, &set, &missing), rows[i].want);
        unchanged();
    }
    /* The signature zeroed, the signature of another set, the body alone. */
    world_set_order(&w, &order, 7);
    world_add_app(&order, &v2_order, &v2);
    world_set(&order, &set);
    before = w;
    memset(set.bytes + set.len - 64, 0, 64);
    CHECK_INT(world_stage(&w, &set, &missing), MONITOR_VERIFICATION_FAILED);
    memcpy(set.bytes + set.len - 64, v2.bytes + v2.len - 64, 64);
    CHECK_INT(world_stage(&w, &set, &missing), MONITOR_VERIFICATION_FAILED);
    unchanged();
    /* Any signed image that is not a manifest set. */
    CHECK_INT(world_stage(&w, &v2, &missing), MONITOR_MALFORMED_MANIFEST);
    unchanged();
}

/* TALOS-2021-1343: offsets and counts of a manifest were not bounded.  The
 * update key itself signs the nonsense here. */
static void talos_2021_1343_unbounded_fields(void)
{
    static uint8_t body[1024];
    struct image_order wrap = {.type = IMAGE_TYPE_MANIFEST_SET, .component = 0x79, .id = 0x7A,
                               .key = KEY_UPDATE};
    static const uint32_t values[] = {0, 1, 3, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF};
    struct image image;
    uint32_t missing;
    world_init(&w);
    v2_order = world_app;
    v2_order.id = 0xA3;
    world_image(&v2_order, &v2);
    world_set_order(&w, &order, 7);
    world_add_app(&order, &v2_order, &v2);
    world_set(&order, &set);
    REQUIRE(image_parse(package_view(&set), &image) == 0 && image.body.len <= sizeof body);
    size_t len = image.body.len;
    static uint8_t good[1024];
    memcpy(good, image.body.at, len);
    before = w;
    /* body size, manifest count, offset and size in the directory */
    static const size_t fields[] = {8, 12, 176 + 4, 176 + 8};
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            memcpy(body, good, len);
            struct writer at = writer_of(body + fields[f], 4);
            if (fields[f] == 12)
                writer_u16le(&at, (uint16_t)(values[v] == 1 ? 2 : values[v]));
            else
                writer_u32le(&at, values[v]);
            world_wrap(&wrap, span_of(body, len), &set);
            CHECK_INT(world_stage(&w, &set, &missing), MONITOR_MALFORMED_MANIFEST);
            unchanged();
        }
    /* The inner manifest's image count and sizes, signed by the update key. */
    static const size_t inner_fields[] = {2, 4, 6};
    for (size_t f = 0; f < sizeof inner_fields / sizeof inner_fields[0]; f++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            static uint8_t inner[256];
            static struct package manifest;
            if (f == 0 && (values[v] == 1))
                continue; /* the right count */
            struct writer m = writer_of(inner, sizeof inner);
            REQUIRE(manifest_write(&order.customer_manifest, &m) == 0);
            struct writer at = writer_of(inner + inner_fields[f], 2);
            writer_u16le(&at, (uint16_t)values[v]);
            struct image_order mo = {.type = IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST, .key = KEY_UPDATE,
                                     .component = 0x77, .id = 0x78};
            world_wrap(&mo, writer_view(&m), &manifest);
            struct manifest_set s = {.sequence = 7, .not_after_s = 1, .count = 1};
            memset(s.device_id, WORLD_DEVICE, sizeof s.device_id);
            memcpy(s.nonce, w.nonce, sizeof s.nonce);
            s.at[0].type = IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST;
            s.at[0].image = package_view(&manifest);
            struct writer sw = writer_of(body, sizeof body);
            REQUIRE(manifest_set_write(&s, &sw) == 0);
            world_wrap(&wrap, writer_view(&sw), &set);
            CHECK_INT(world_stage(&w, &set, &missing), MONITOR_MALFORMED_MANIFEST);
            unchanged();
        }
}

/* TALOS 2021, CommitImageStaging without manifest: a key store, or anything
 * else, could be installed without one. */
static void commit_image_staging_without_manifest(void)
{
    uint32_t handle, flags;
    world_init(&w);
    before = w;
    CHECK_INT(world_open(&w, 0xA3, &handle), MONITOR_NO_UPDATE_IN_PROGRESS);
    for (uint32_t h = 0; h < 3; h++) {
        CHECK_INT(world_write(&w, h, 0, span_of("x", 1)), MONITOR_NO_UPDATE_IN_PROGRESS);
        CHECK_INT(world_commit(&w, h), MONITOR_NO_UPDATE_IN_PROGRESS);
    }
    CHECK_INT(world_install(&w, &flags), MONITOR_NO_UPDATE_IN_PROGRESS);
    unchanged();
    staged();
    before = w;
    CHECK_INT(world_commit(&w, 0), MONITOR_BAD_HANDLE);
    CHECK_INT(world_commit(&w, 1), MONITOR_BAD_HANDLE);
    CHECK_INT(world_write(&w, 0, 0, span_of("x", 1)), MONITOR_BAD_HANDLE);
    unchanged();
}

/* Replay of an older set; another device's; another and a used nonce. */
static void replay(void)
{
    static struct package old;
    uint32_t missing, flags;
    staged();
    old = set;
    CHECK_INT(world_download(&w, &v2, 0xA3), MONITOR_OK);
    CHECK_INT(world_install(&w, &flags), MONITOR_OK);
    before = w;
    CHECK_INT(world_stage(&w, &old, &missing), MONITOR_NOT_FRESH);
    unchanged();
    /* the same bytes after a new nonce was given out, and after a reboot */
    world_set_order(&w, &order, 8);
    before = w;
    CHECK_INT(world_stage(&w, &old, &missing), MONITOR_NOT_FRESH);
    unchanged();
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(world_stage(&w, &old, &missing), MONITOR_NOT_FRESH);
    /* an older sequence with a fresh nonce: a service that was set back */
    world_set_order(&w, &order, 6);
    world_add_app(&order, &world_app, &w.app);
    world_set(&order, &set);
    before = w;
    CHECK_INT(world_stage(&w, &set, &missing), MONITOR_OUT_OF_ORDER);
    unchanged();
    /* another device's set with this device's nonce */
    world_set_order(&w, &order, 9);
    order.device = WORLD_DEVICE + 1;
    world_set(&order, &set);
    before = w;
    CHECK_INT(world_stage(&w, &set, &missing), MONITOR_WRONG_DEVICE);
    unchanged();
}

/* Every bit of a set, manifests included, is under a signature. */
static void flipped_bit_in_set_or_manifest(void)
{
    uint32_t missing;
    world_init(&w);
    v2_order = world_app;
    v2_order.id = 0xA3;
    world_image(&v2_order, &v2);
    world_set_order(&w, &order, 7);
    world_add_app(&order, &v2_order, &v2);
    world_set(&order, &set);
    before = w;
    for (size_t i = 0; i < set.len; i++) {
        set.bytes[i] ^= (uint8_t)(1u << (i % 8));
        CHECK(world_stage(&w, &set, &missing) != MONITOR_OK);
        unchanged();
        set.bytes[i] ^= (uint8_t)(1u << (i % 8));
    }
    for (size_t cut = 1; cut < set.len; cut += 7) {
        struct package part = set;
        part.len = cut;
        CHECK(world_stage(&w, &part, &missing) != MONITOR_OK);
        unchanged();
    }
    CHECK_INT(world_stage(&w, &set, &missing), MONITOR_OK);
}

/* Image with one flipped bit, of another key, under another entry. */
static void wrong_images(void)
{
    static struct package bad, other;
    uint32_t handle;
    staged();
    for (size_t i = 0; i < v2.len; i += 61) {
        bad = v2;
        bad.bytes[i] ^= (uint8_t)(1u << (i % 8));
        enum monitor_status status = world_download(&w, &bad, 0xA3);
        CHECK(status == MONITOR_VERIFICATION_FAILED || status == MONITOR_IDENTITY_INCONSISTENT);
        handle = w.engine.staging.handle;
        uint8_t name[4];
        struct writer to = writer_of(name, sizeof name);
        writer_u32le(&to, handle);
        CHECK_INT(world_call(&w, RIGHTS_AZURED, MONITOR_CALL_ABORT_STAGING, writer_view(&to), NULL),
                  MONITOR_OK);
        CHECK_INT(w.engine.live.kept.at[1].image[0], 0xA2);
        REQUIRE(medium_sync(&w.ram.medium) == 0); /* the test medium's journal is short */
    }
    /* mix and match: two good images of one size, each sent as the other */
    struct image_order second = world_app;
    second.id = 0xC2;
    second.component = 0xC1;
    world_image(&second, &other);
    CHECK_INT(other.len, v2.len);
    world_set_order(&w, &order, 8);
    world_add_app(&order, &v2_order, &v2);
    world_add_app(&order, &second, &other);
    world_set(&order, &set);
    CHECK_INT(world_stage(&w, &set, &handle), MONITOR_OK);
    CHECK_INT(world_download(&w, &other, 0xA3), MONITOR_IDENTITY_INCONSISTENT);
    before = w;
    CHECK_INT(world_open(&w, 0xC2, &handle), MONITOR_UPDATE_IN_PROGRESS);
    unchanged();
}

/* Endless data: nothing beyond the size that the manifest names is stored, and
 * the free slots bound how much a set may ask for (set_rules in engine_test). */
static void endless_data(void)
{
    static uint8_t block[MONITOR_BLOCK_MAX];
    uint32_t handle, at = 0;
    staged();
    CHECK_INT(world_open(&w, 0xA3, &handle), MONITOR_OK);
    enum monitor_status status = MONITOR_OK;
    while (status == MONITOR_OK) {
        status = world_write(&w, handle, at, span_of(block, 1000));
        at += status == MONITOR_OK ? 1000 : 0;
    }
    CHECK_INT(status, MONITOR_IMAGE_TOO_LARGE);
    CHECK(at <= v2.len);
    CHECK_INT(w.ram.violations, 0);
}

int main(void)
{
    talos_2021_1310_and_trapa_write_offset();
    talos_2021_1342_unsigned_manifest();
    talos_2021_1343_unbounded_fields();
    commit_image_staging_without_manifest();
    replay();
    flipped_bit_in_set_or_manifest();
    wrong_images();
    endless_data();
    return check_done();
}
