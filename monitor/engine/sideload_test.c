/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/monitor.md, "sideloading": which image x which permit is taken, what a
 * refusal leaves, what a cut does, and what broke the original on this path.
 */
#include "abi/capability.h"
#include "abi/evidence.h"
#include "monitor/engine/sideload.h"
#include "monitor/engine/world_test.h"
#include "tests/check.h"

enum {
    DEVELOPER = 1 << CAPABILITY_APP_DEVELOPMENT,
    SERVICING = 1 << CAPABILITY_FIELD_SERVICING,
};

static struct world w, before;
static struct package package, set;

static struct image_order development(uint8_t component, uint8_t id)
{
    struct image_order order = world_app;
    order.component = component;
    order.id = id;
    order.key = KEY_DEVELOPMENT;
    order.temporary = IMAGE_TEMPORARY_UNDER_DEVELOPMENT;
    return order;
}

static void unchanged(void)
{
    CHECK_MEM(&w.engine, &before.engine, sizeof w.engine);
    CHECK_MEM(&w.ram.seen, &before.ram.seen, sizeof w.ram.seen);
    CHECK_INT(w.ram.ops, before.ram.ops);
}

static enum monitor_status u32_call(uint32_t number, uint32_t value, uint32_t *out)
{
    uint8_t payload[4];
    struct span reply;
    struct writer to = writer_of(payload, sizeof payload);
    writer_u32le(&to, value);
    enum monitor_status status = world_call(&w, RIGHTS_GATEWAYD, number, writer_view(&to), &reply);
    struct cursor c = cursor_of(reply);
    if (out)
        *out = cursor_u32le(&c);
    return status;
}

static enum monitor_status put(uint32_t handle, uint32_t offset, struct span block)
{
    static uint8_t payload[8 + MONITOR_BLOCK_MAX + 1];
    struct writer to = writer_of(payload, sizeof payload);
    writer_u32le(&to, handle);
    writer_u32le(&to, offset);
    writer_bytes(&to, block.at, block.len);
    REQUIRE(to.err == 0);
    return world_call(&w, RIGHTS_GATEWAYD, MONITOR_CALL_SIDELOAD_WRITE, writer_view(&to), NULL);
}

static enum monitor_status removed(uint8_t component)
{
    uint8_t uid[16];
    memset(uid, component, sizeof uid);
    return world_call(&w, RIGHTS_GATEWAYD, MONITOR_CALL_SIDELOAD_REMOVE, span_of(uid, sizeof uid), NULL);
}

/* Up to and with the call `last`; the first status that is not OK. */
static enum monitor_status load(const struct package *p, uint32_t last, uint32_t *handle)
{
    enum monitor_status status = u32_call(MONITOR_CALL_SIDELOAD_OPEN, (uint32_t)p->len, handle);
    for (size_t at = 0; status == MONITOR_OK && at < p->len; at += 4096)
        status = put(*handle, (uint32_t)at,
                     span_of(p->bytes + at, p->len - at < 4096 ? p->len - at : 4096));
    if (status == MONITOR_OK && last != MONITOR_CALL_SIDELOAD_WRITE)
        status = u32_call(MONITOR_CALL_SIDELOAD_COMMIT, *handle, NULL);
    if (status == MONITOR_OK && last == MONITOR_CALL_SIDELOAD_INSTALL)
        status = u32_call(MONITOR_CALL_SIDELOAD_INSTALL, *handle, NULL);
    return status;
}

static enum monitor_status install(const struct image_order *order)
{
    uint32_t handle;
    world_image(order, &package);
    return load(&package, MONITOR_CALL_SIDELOAD_INSTALL, &handle);
}

/* Image id of a component as the application manager sees it, 0 = not listed. */
static uint8_t listed(uint8_t component, uint16_t *flags)
{
    struct span out;
    uint8_t uid[16], image[16], found = 0;
    CHECK_INT(world_call(&w, RIGHTS_APPMAN, MONITOR_CALL_GET_COMPONENTS, span_of(NULL, 0), &out), MONITOR_OK);
    for (struct cursor c = cursor_of(out); c.left && !c.err;) {
        cursor_copy(&c, uid, 16);
        cursor_copy(&c, image, 16);
        cursor_skip(&c, 2);
        uint16_t its = cursor_u16le(&c);
        cursor_skip(&c, 36);
        if (uid[0] != component)
            continue;
        found = image[0];
        if (flags)
            *flags = its;
    }
    return found;
}

static enum monitor_status run(uint8_t component)
{
    uint8_t uid[16];
    memset(uid, component, sizeof uid);
    return world_call(&w, RIGHTS_APPMAN, MONITOR_CALL_OPEN_APPLICATION, span_of(uid, sizeof uid), NULL);
}

/* -- who may bring what ------------------------------------------------------------- */

static void permit_matrix(void)
{
    static const struct {
        uint32_t capabilities, lifecycle;
        bool fails;
        enum monitor_status production, development;
    } rows[] = {
        {0, LIFECYCLE_DEVICE_COMPLETE, false, MONITOR_PERMISSION_DENIED, MONITOR_PERMISSION_DENIED},
        {SERVICING, LIFECYCLE_DEVICE_COMPLETE, false, MONITOR_OK, MONITOR_PERMISSION_DENIED},
        {DEVELOPER, LIFECYCLE_DEVICE_COMPLETE, false, MONITOR_OK, MONITOR_OK},
        {0, LIFECYCLE_MODULE1_COMPLETE, false, MONITOR_OK, MONITOR_PERMISSION_DENIED},
        {0, LIFECYCLE_BLANK, false, MONITOR_OK, MONITOR_PERMISSION_DENIED},
        {1 << CAPABILITY_ALLOW_TEST_KEY_SIGNED_SOFTWARE, LIFECYCLE_DEVICE_COMPLETE, false,
         MONITOR_PERMISSION_DENIED, MONITOR_PERMISSION_DENIED},
        {0, 77, false, MONITOR_PERMISSION_DENIED, MONITOR_PERMISSION_DENIED},
        {DEVELOPER | SERVICING, LIFECYCLE_BLANK, true, MONITOR_PERMISSION_DENIED, MONITOR_PERMISSION_DENIED},
    };
    struct image_order production = world_app, dev = development(0xC1, 0xC2);
    production.component = 0xC1;
    production.id = 0xC3;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned which = 0; which < 2; which++) {
            enum monitor_status want = which ? rows[i].development : rows[i].production;
            world_init(&w);
            w.capabilities = rows[i].capabilities;
            w.lifecycle = rows[i].lifecycle;
            w.trust_fails = rows[i].fails;
            CHECK_INT(install(which ? &dev : &production), want);
            CHECK_INT(image_set_component(&w.engine.live.kept, (const uint8_t[16]){
                          [0 ... 15] = 0xC1}) != NULL, want == MONITOR_OK);
            CHECK_INT(w.ram.violations, 0);
            CHECK_INT(world_restart(&w), 0);
            CHECK_INT(image_set_component(&w.engine.live.kept, (const uint8_t[16]){
                          [0 ... 15] = 0xC1}) != NULL, want == MONITOR_OK);
        }
}

/* The permit is asked at every call: it may end between two of them. */
static void permit_that_ends(void)
{
    uint32_t handle;
    struct image_order dev = development(0xC1, 0xC2);
    for (unsigned after = 0; after < 3; after++) {
        world_init(&w);
        w.capabilities = DEVELOPER;
        world_image(&dev, &package);
        CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_OPEN, (uint32_t)package.len, &handle), MONITOR_OK);
        if (after > 0)
            CHECK_INT(put(handle, 0, package_view(&package)), MONITOR_OK);
        if (after > 1)
            CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_COMMIT, handle, NULL), MONITOR_OK);
        w.capabilities = after == 2 ? SERVICING : 0; /* less than it began with */
        before = w;
        CHECK_INT(after == 0   ? put(handle, 0, span_of(package.bytes, 16))
                  : after == 1 ? u32_call(MONITOR_CALL_SIDELOAD_COMMIT, handle, NULL)
                               : u32_call(MONITOR_CALL_SIDELOAD_INSTALL, handle, NULL),
                  MONITOR_PERMISSION_DENIED);
        unchanged();
    }
}

/* What was sideloaded vanishes with the capability, and comes back with it. */
static void vanishes_with_the_capability(void)
{
    uint16_t flags = 0xFFFF;
    struct image_order dev = development(COMPONENT_A, 0xA7);
    world_init(&w);
    w.capabilities = DEVELOPER;
    CHECK_INT(install(&dev), MONITOR_OK);
    CHECK_INT(listed(COMPONENT_A, &flags), 0xA7);
    CHECK_INT(flags, MONITOR_COMPONENT_UNDER_DEVELOPMENT);
    CHECK_INT(run(COMPONENT_A), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(run(COMPONENT_A), MONITOR_OK);
    static const uint32_t without[] = {0, SERVICING, 1 << CAPABILITY_ALLOW_TEST_KEY_SIGNED_SOFTWARE};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        w.capabilities = without[i];
        CHECK_INT(listed(COMPONENT_A, NULL), 0);
        CHECK_INT(run(COMPONENT_A), MONITOR_IMAGE_NOT_FOUND);
    }
    w.capabilities = DEVELOPER;
    w.trust_fails = true;
    CHECK_INT(listed(COMPONENT_A, NULL), 0);
    CHECK_INT(run(COMPONENT_A), MONITOR_IMAGE_NOT_FOUND);
    w.trust_fails = false;
    CHECK_INT(run(COMPONENT_A), MONITOR_OK);
    /* What does not run may be removed by anybody who holds the channel. */
    w.capabilities = 0;
    CHECK_INT(removed(COMPONENT_A), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(w.engine.live.kept.count, 1);
}

static void removed_at_boot(void)
{
    struct image_order dev = development(0xC1, 0xC2);
    dev.temporary |= IMAGE_TEMPORARY_REMOVE_AT_BOOT;
    world_init(&w);
    w.capabilities = DEVELOPER;
    CHECK_INT(install(&dev), MONITOR_OK);
    CHECK_INT(run(0xC1), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(listed(0xC1, NULL), 0);
    CHECK_INT(listed(COMPONENT_A, NULL), 0xA2);
    CHECK_INT(world_restart(&w), 0); /* durable, and nothing is left to do */
    CHECK_INT(w.ram.ops, 0);
}

static void removal_needs_a_permit(void)
{
    world_init(&w);
    before = w;
    CHECK_INT(removed(COMPONENT_A), MONITOR_PERMISSION_DENIED);
    CHECK_INT(removed(COMPONENT_S), MONITOR_IMAGE_NOT_FOUND);
    w.capabilities = before.capabilities = DEVELOPER;
    CHECK_INT(removed(COMPONENT_S), MONITOR_IMAGE_NOT_FOUND); /* the OS is no application */
    CHECK_INT(removed(0xEE), MONITOR_IMAGE_NOT_FOUND);
    unchanged();
    CHECK_INT(removed(COMPONENT_A), MONITOR_OK);
    CHECK_INT(listed(COMPONENT_A, NULL), 0);
}

/* While a device is a developer's, the service's applications stay out: the set is
 * taken, the developer's images stay, and the same set follows afterwards. */
static void service_waits_for_the_developer(void)
{
    uint32_t missing, flags;
    struct set_order order;
    struct image_order dev = development(COMPONENT_A, 0xA7), next = world_app;
    next.id = 0xA8;
    world_init(&w);
    w.capabilities = DEVELOPER;
    CHECK_INT(install(&dev), MONITOR_OK);
    static struct package v2;
    world_image(&next, &v2);
    for (unsigned round = 0; round < 2; round++) {
        world_set_order(&w, &order, 7);
        world_add_app(&order, &next, &v2);
        world_set(&order, &set);
        CHECK_INT(world_stage(&w, &set, &missing), MONITOR_OK);
        CHECK_INT(missing, round);
        if (round)
            CHECK_INT(world_download(&w, &v2, 0xA8), MONITOR_OK);
        CHECK_INT(world_install(&w, &flags), MONITOR_OK);
        CHECK_INT(listed(COMPONENT_A, NULL), round ? 0xA8 : 0xA7);
        w.capabilities = 0;
    }
}

/* -- shapes, order, and the update beside it ------------------------------------------ */

static void refused_shapes(void)
{
    uint32_t handle, second;
    static uint8_t block[MONITOR_BLOCK_MAX];
    struct image_order dev = development(0xC1, 0xC2);
    world_init(&w);
    w.capabilities = DEVELOPER;
    world_image(&dev, &package);
    before = w;
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_OPEN, RAM_SLOT_BYTES + 1, NULL), MONITOR_IMAGE_TOO_LARGE);
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_OPEN, UINT32_MAX, NULL), MONITOR_IMAGE_TOO_LARGE);
    CHECK_INT(put(0, 0, span_of(block, 16)), MONITOR_BAD_HANDLE);
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_COMMIT, 0, NULL), MONITOR_BAD_HANDLE);
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_INSTALL, 0, NULL), MONITOR_BAD_HANDLE);
    unchanged();
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_OPEN, (uint32_t)package.len, &handle), MONITOR_OK);
    before = w;
    /* TALOS-2021-1310 and Trapa's WriteFlash, on this path */
    static const uint32_t offsets[] = {1, 4096, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++)
        CHECK_INT(put(handle, offsets[i], span_of(block, 16)), MONITOR_BAD_OFFSET);
    CHECK_INT(put(handle + 1, 0, span_of(block, 16)), MONITOR_BAD_HANDLE);
    CHECK_INT(put(handle, 0, span_of(block, package.len + 1)), MONITOR_IMAGE_TOO_LARGE);
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_COMMIT, handle, NULL), MONITOR_IDENTITY_INCONSISTENT);
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_INSTALL, handle, NULL), MONITOR_BAD_HANDLE);
    unchanged();
    CHECK_INT(put(handle, 0, package_view(&package)), MONITOR_OK);
    before = w;
    CHECK_INT(put(handle, (uint32_t)package.len, span_of(block, 1)), MONITOR_IMAGE_TOO_LARGE);
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_INSTALL, handle, NULL), MONITOR_BAD_HANDLE); /* unchecked */
    unchanged();
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_COMMIT, handle, NULL), MONITOR_OK);
    before = w;
    CHECK_INT(put(handle, 0, span_of(block, 1)), MONITOR_BAD_HANDLE); /* checked is closed */
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_COMMIT, handle, NULL), MONITOR_BAD_HANDLE);
    unchanged();
    /* a new one, and none, replace it */
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_OPEN, 100, &second), MONITOR_OK);
    CHECK(second != handle && second != 0);
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_INSTALL, handle, NULL), MONITOR_BAD_HANDLE);
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_OPEN, 0, &handle), MONITOR_OK);
    CHECK_INT(handle, 0);
    CHECK_INT(put(second, 0, span_of(block, 1)), MONITOR_BAD_HANDLE);
}

/* The original's CommitImageStaging took a key store without a manifest and bricked
 * the device (TALOS-2021); here only applications come this way, whoever signed. */
static void talos_2021_commit_without_manifest(void)
{
    uint32_t handle;
    world_init(&w);
    w.capabilities = DEVELOPER;
    for (uint16_t type = 0; type < 40; type++)
        for (enum world_key key = 0; key < KEYS; key++) {
            struct image_order order = {.type = type, .component = 0xC1, .id = 0xC2, .key = key,
                                        .security_version = 9, .no_file_system = true};
            if (type == IMAGE_TYPE_APPLICATIONS)
                continue;
            world_image(&order, &package);
            CHECK_INT(load(&package, MONITOR_CALL_SIDELOAD_WRITE, &handle), MONITOR_OK);
            before = w;
            CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_COMMIT, handle, NULL), MONITOR_INVALID_PARAMETER);
            unchanged();
            REQUIRE(medium_sync(&w.ram.medium) == 0);
        }
}

static void refused_images(void)
{
    static const struct {
        const char *what;
        struct image_order order;
        enum monitor_status want;
    } rows[] = {
        {"development image by an application key",
         {IMAGE_TYPE_APPLICATIONS, 0xC1, 0xC2, KEY_APP, .temporary = 2}, MONITOR_VERIFICATION_FAILED},
        {"production image by the development key", {IMAGE_TYPE_APPLICATIONS, 0xC1, 0xC2, KEY_DEVELOPMENT},
         MONITOR_VERIFICATION_FAILED},
        {"remove-at-boot alone does not make it a development image",
         {IMAGE_TYPE_APPLICATIONS, 0xC1, 0xC2, KEY_DEVELOPMENT, .temporary = 1}, MONITOR_VERIFICATION_FAILED},
        {"foreign key", {IMAGE_TYPE_APPLICATIONS, 0xC1, 0xC2, KEY_FOREIGN, .temporary = 2},
         MONITOR_VERIFICATION_FAILED},
        {"OS key", {IMAGE_TYPE_APPLICATIONS, 0xC1, 0xC2, KEY_OS, .temporary = 2}, MONITOR_VERIFICATION_FAILED},
        {"no file system", {IMAGE_TYPE_APPLICATIONS, 0xC1, 0xC2, KEY_DEVELOPMENT, .temporary = 2,
                            .no_file_system = true}, MONITOR_VERIFICATION_FAILED},
        {"no entry point", {IMAGE_TYPE_APPLICATIONS, 0xC1, 0xC2, KEY_DEVELOPMENT, .temporary = 2,
                            .entry_file = "/bin/other"}, MONITOR_VERIFICATION_FAILED},
        {"needs a runtime that is not here", {IMAGE_TYPE_APPLICATIONS, 0xC1, 0xC2, KEY_DEVELOPMENT, .temporary = 2,
                                              .depends = {6, IMAGE_IDENTITY_APPLICATION_RUNTIME}}, MONITOR_ABI_MISSING},
        {"manifest of another component", {IMAGE_TYPE_APPLICATIONS, 0xC1, 0xC2, KEY_DEVELOPMENT, .temporary = 2,
          .app_json = "{\"SchemaVersion\":1,\"Name\":\"t\",\"ComponentId\":\"d1d1d1d1-d1d1-d1d1-d1d1-d1d1d1d1d1d1\","
                      "\"EntryPoint\":\"/bin/app\",\"CmdArgs\":[],\"Capabilities\":{},\"ApplicationType\":\"Default\"}"},
         MONITOR_IDENTITY_INCONSISTENT},
    };
    uint32_t handle;
    world_init(&w);
    w.capabilities = DEVELOPER;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_image(&rows[i].order, &package);
        CHECK_INT(load(&package, MONITOR_CALL_SIDELOAD_WRITE, &handle), MONITOR_OK);
        before = w;
        enum monitor_status got = u32_call(MONITOR_CALL_SIDELOAD_COMMIT, handle, NULL);
        if (got != rows[i].want)
            fprintf(stderr, "%s:\n", rows[i].what);
        CHECK_INT(got, rows[i].want);
        unchanged();
        REQUIRE(medium_sync(&w.ram.medium) == 0);
    }
    /* every flipped byte of a good one */
    struct image_order dev = development(0xC1, 0xC2);
    world_image(&dev, &package);
    for (size_t at = 0; at < package.len; at += at < package.len - 300 ? 97 : 1) {
        package.bytes[at] ^= 0x10;
        CHECK_INT(load(&package, MONITOR_CALL_SIDELOAD_WRITE, &handle), MONITOR_OK);
        CHECK(u32_call(MONITOR_CALL_SIDELOAD_COMMIT, handle, NULL) != MONITOR_OK);
        package.bytes[at] ^= 0x10;
        REQUIRE(medium_sync(&w.ram.medium) == 0);
    }
}

/* Ids that belong to others. */
static void borrowed_identities(void)
{
    uint32_t handle;
    struct image_order os = development(COMPONENT_S, 0xC2), twin = development(0xC1, 0xA2);
    world_init(&w);
    w.capabilities = DEVELOPER;
    const struct image_order *const orders[] = {&os, &twin};
    for (size_t i = 0; i < 2; i++) {
        world_image(orders[i], &package);
        CHECK_INT(load(&package, MONITOR_CALL_SIDELOAD_COMMIT, &handle), MONITOR_OK);
        before = w;
        CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_INSTALL, handle, NULL), MONITOR_IDENTITY_INCONSISTENT);
        unchanged();
    }
}

static void beside_an_update(void)
{
    uint32_t missing, handle, flags;
    struct set_order order;
    struct image_order next = world_app, servicing = world_app;
    static struct package v2;
    next.id = 0xA8;
    servicing.component = 0xC1;
    servicing.id = 0xC2;
    world_init(&w);
    w.capabilities = SERVICING;
    world_image(&next, &v2);
    world_set_order(&w, &order, 7);
    world_add_app(&order, &next, &v2);
    world_set(&order, &set);
    CHECK_INT(world_stage(&w, &set, &missing), MONITOR_OK);
    world_image(&servicing, &package);
    CHECK_INT(load(&package, MONITOR_CALL_SIDELOAD_COMMIT, &handle), MONITOR_OK);
    CHECK_INT(world_download(&w, &v2, 0xA8), MONITOR_OK); /* not into the same slot */
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_INSTALL, handle, NULL), MONITOR_OK);
    CHECK_INT(w.ram.violations, 0);
    CHECK_INT(listed(0xC1, NULL), 0xC2);
    CHECK_INT(run(0xC1), MONITOR_OK);
    /* the set was judged against another installed set: it must be staged again */
    CHECK_INT(world_install(&w, &flags), MONITOR_NO_UPDATE_IN_PROGRESS);
    world_set_order(&w, &order, 7);
    world_add_app(&order, &next, &v2);
    world_set(&order, &set);
    CHECK_INT(world_stage(&w, &set, &missing), MONITOR_OK);
    CHECK_INT(world_download(&w, &v2, 0xA8), MONITOR_OK);
    CHECK_INT(world_install(&w, &flags), MONITOR_OK);
    CHECK_INT(listed(0xC1, NULL), 0); /* the service's wish replaces what was sideloaded */
    CHECK_INT(run(COMPONENT_A), MONITOR_OK);
}

static void full(void)
{
    uint32_t handle;
    world_init(&w);
    w.capabilities = DEVELOPER;
    for (uint8_t i = 0; i < RAM_SLOTS - 2; i++) {
        struct image_order dev = development((uint8_t)(0xB0 + i), (uint8_t)(0xC0 + i));
        CHECK_INT(install(&dev), MONITOR_OK);
        REQUIRE(medium_sync(&w.ram.medium) == 0);
    }
    before = w;
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_OPEN, 100, &handle), MONITOR_NO_FREE_SPACE);
    unchanged();
    CHECK_INT(removed(0xB0), MONITOR_OK);
    CHECK_INT(u32_call(MONITOR_CALL_SIDELOAD_OPEN, 100, &handle), MONITOR_OK);
}

/* -- power ---------------------------------------------------------------------------- */

static void cuts(void)
{
    struct image_order dev = development(COMPONENT_A, 0xA7);
    world_init(&w);
    w.capabilities = DEVELOPER;
    static struct world start;
    start = w;
    unsigned old = 0, new = 0;
    for (enum ram_cut cut = 0; cut < CUTS; cut++)
        for (unsigned at = 1;; at++) {
            w = start;
            w.ram.cut = cut;
            w.ram.cut_at = at;
            enum monitor_status status = install(&dev);
            bool done = !w.ram.dead;
            CHECK_INT(world_restart(&w), 0);
            uint8_t has = listed(COMPONENT_A, NULL);
            CHECK(has == 0xA2 || has == 0xA7);
            CHECK(status != MONITOR_OK || has == 0xA7);
            CHECK_INT(run(COMPONENT_A), MONITOR_OK);
            old += has == 0xA2;
            new += has == 0xA7;
            if (done)
                break;
            CHECK_INT(install(&dev), MONITOR_OK);
        }
    CHECK(old > 0 && new > 0);
    printf("sideload cut at every operation: %u old, %u new, 0 mixed\n", old, new);
}

int main(void)
{
    permit_matrix();
    permit_that_ends();
    vanishes_with_the_capability();
    removed_at_boot();
    removal_needs_a_permit();
    service_waits_for_the_developer();
    refused_shapes();
    talos_2021_commit_without_manifest();
    refused_images();
    borrowed_identities();
    beside_an_update();
    full();
    cuts();
    return check_done();
}
