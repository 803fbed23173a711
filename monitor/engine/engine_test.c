/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/monitor.md: what each call answers, the way of an update, the rules
 * of a manifest set and of an image. */
#include "monitor/engine/world_test.h"
#include "tests/check.h"

static struct world w, before;

/* The order, staged; the status. */
static enum monitor_status stage(const struct set_order *order, uint32_t *missing)
{
    static struct package set;
    uint32_t ignored;
    world_set(order, &set);
    return world_stage(&w, &set, missing ? missing : &ignored);
}

static void world_remember(void) { before = w; }

/* "Refusal changes nothing (struct and medium)". */
static void unchanged(void)
{
    CHECK_MEM(&w.engine, &before.engine, sizeof w.engine);
    CHECK_MEM(&w.ram.seen, &before.ram.seen, sizeof w.ram.seen);
    CHECK_INT(w.ram.ops, before.ram.ops);
}

static struct image_order app_v2(void)
{
    struct image_order order = world_app;
    order.id = 0xA3;
    return order;
}

static void queries(void)
{
    struct span out;
    world_init(&w);
    CHECK_INT(world_call(&w, MONITOR_RIGHT_QUERY, MONITOR_CALL_GET_VERSION, span_of(NULL, 0), &out), 0);
    CHECK(span_equal(out, span_of("\2\0\0\0", 4)));
    CHECK_INT(world_call(&w, MONITOR_RIGHT_QUERY, MONITOR_CALL_PING, span_of(NULL, 0), &out), 0);
    CHECK_INT(out.len, 0);
    CHECK_INT(world_call(&w, MONITOR_RIGHT_QUERY, MONITOR_CALL_GET_COMPONENTS, span_of(NULL, 0), &out), 0);
    CHECK_INT(out.len, 2 * MONITOR_COMPONENT_BYTES);
    struct cursor c = cursor_of(out);
    CHECK_INT(cursor_u8(&c), COMPONENT_S);
    cursor_skip(&c, 15);
    CHECK_INT(cursor_u8(&c), 1);
    cursor_skip(&c, 15);
    CHECK_INT(cursor_u16le(&c), IMAGE_TYPE_SERVICES);
    CHECK_INT(cursor_u16le(&c), 0);
    CHECK_INT(cursor_u32le(&c), w.services.len);
    CHECK(span_equal(cursor_bytes(&c, 32), span_of(w.engine.live.kept.at[0].digest, 32)));
    /* monitor's secure-world runtime 1, Services' application runtime 5 */
    CHECK_INT(world_call(&w, MONITOR_RIGHT_QUERY, MONITOR_CALL_GET_ABI, span_of(NULL, 0), &out), 0);
    CHECK(span_equal(out, span_of("\1\0\0\0\1\0\0\0\5\0\0\0\3\0\0\0", 16)));
    CHECK_INT(world_call(&w, MONITOR_RIGHT_QUERY, MONITOR_CALL_GET_ROLLBACK, span_of(NULL, 0), &out), 0);
    CHECK(span_equal(out, span_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 21)));
}

static void reset(void)
{
    world_init(&w);
    CHECK_INT(world_call(&w, MONITOR_RIGHT_RESET, MONITOR_CALL_RESET, span_of("\1\0\0\0", 4), NULL), 0);
    CHECK_INT(w.resets, 1);
    CHECK_INT(w.reset, ENGINE_RESET_POWER_OFF);
    CHECK_INT(world_call(&w, MONITOR_RIGHT_RESET, MONITOR_CALL_RESET, span_of("\2\0\0\0", 4), NULL),
              MONITOR_INVALID_PARAMETER);
    CHECK_INT(w.resets, 1);
}

/* The whole way: nonce, set, missing, blocks, commit, install, reboot. */
static void application_update(void)
{
    static struct package v2;
    struct image_order image = app_v2();
    struct set_order order;
    struct span out;
    uint32_t missing = 99, flags = 99, handle;
    world_init(&w);
    world_image(&image, &v2);
    world_set_order(&w, &order, 7);
    world_add_app(&order, &image, &v2);
    CHECK_INT(world_install(&w, &flags), MONITOR_NO_UPDATE_IN_PROGRESS);
    CHECK_INT(stage(&order, &missing), MONITOR_OK);
    CHECK_INT(missing, 1);
    CHECK_INT(world_call(&w, RIGHTS_AZURED, MONITOR_CALL_GET_MISSING, span_of(NULL, 0), &out), 0);
    CHECK_INT(out.len, 20);
    CHECK_INT(out.at[0], 0xA3);
    CHECK_INT(world_install(&w, &flags), MONITOR_MUST_DOWNLOAD_MISSING);
    CHECK_INT(world_open(&w, 0xA2, &handle), MONITOR_IMAGE_NOT_FOUND); /* not wanted any more */
    CHECK_INT(world_download(&w, &v2, 0xA3), MONITOR_OK);
    CHECK_INT(world_open(&w, 0xA3, &handle), MONITOR_IMAGE_ALREADY_LOADED);
    CHECK_INT(world_call(&w, RIGHTS_AZURED, MONITOR_CALL_GET_MISSING, span_of(NULL, 0), &out), 0);
    CHECK_INT(out.len, 0);
    CHECK_INT(w.engine.live.kept.sequence, 0); /* nothing is accepted before INSTALL */
    CHECK_INT(world_install(&w, &flags), MONITOR_OK);
    CHECK_INT(flags, 0); /* an application alone needs no restart */
    CHECK_INT(w.engine.live.kept.sequence, 7);
    CHECK_INT(w.engine.live.kept.check_interval_s, 300);
    CHECK_INT(w.engine.live.kept.count, 2);
    CHECK_INT(world_install(&w, &flags), MONITOR_NO_UPDATE_IN_PROGRESS);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(w.engine.live.kept.sequence, 7);
    CHECK(image_set_image(&w.engine.live.kept, w.engine.live.kept.at[1].image) != NULL);
    CHECK_INT(w.engine.live.kept.at[1].image[0], 0xA3);
    CHECK_INT(w.ram.violations, 0);
}

/* "Replacing exactly the partitions whose manifests were present". */
static void application_removed(void)
{
    struct set_order order;
    uint32_t missing, flags;
    world_init(&w);
    world_set_order(&w, &order, 1);
    CHECK_INT(stage(&order, &missing), MONITOR_OK);
    CHECK_INT(missing, 0);
    CHECK_INT(world_install(&w, &flags), MONITOR_OK);
    CHECK_INT(w.engine.live.kept.count, 1);
    CHECK_INT(w.engine.live.kept.at[0].type, IMAGE_TYPE_SERVICES);
    /* A set without manifests leaves everything. */
    world_set_order(&w, &order, 2);
    order.customer = false;
    CHECK_INT(stage(&order, &missing), MONITOR_OK);
    CHECK_INT(world_install(&w, &flags), MONITOR_OK);
    CHECK_INT(w.engine.live.kept.count, 1);
    CHECK_INT(w.engine.live.kept.sequence, 2);
}

static void os_update(void)
{
    static struct package v2;
    struct image_order image = world_services;
    struct set_order order;
    uint32_t missing, flags = 0;
    world_init(&w);
    image.id = 0x02;
    world_image(&image, &v2);
    world_set_order(&w, &order, 1);
    order.customer = false;
    world_add_app(&order, &image, &v2);
    CHECK_INT(stage(&order, &missing), MONITOR_OK);
    CHECK_INT(missing, 1);
    CHECK_INT(world_download(&w, &v2, 0x02), MONITOR_OK);
    CHECK_INT(world_install(&w, &flags), MONITOR_OK);
    CHECK_INT(flags, 1);
    struct image opened;
    struct component component;
    CHECK_INT(engine_services(&w.engine, &opened, &component), MONITOR_OK);
    CHECK_INT(component.image[0], 0x01); /* until the restart */
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(engine_set(&w.engine)->count, 2); /* the application stays */
    CHECK_INT(engine_services(&w.engine, &opened, &component), MONITOR_OK);
    CHECK_INT(component.image[0], 0x02);
}

/* "A commit writes the other record": none is written for an equal set. */
static void equal_set_is_not_written(void)
{
    struct set_order order;
    uint32_t flags;
    world_init(&w);
    for (int i = 0; i < 3; i++) {
        world_set_order(&w, &order, 4);
        world_add_app(&order, &world_app, &w.app);
        CHECK_INT(stage(&order, NULL), MONITOR_OK);
        CHECK_INT(world_install(&w, &flags), MONITOR_OK);
        CHECK_INT(w.engine.live.generation, 2);
    }
    CHECK_INT(w.engine.live_at, 1);
}

static void staged_images_survive_a_new_set(void)
{
    static struct package v2;
    struct image_order image = app_v2();
    struct set_order order;
    uint32_t missing, flags, handle;
    world_init(&w);
    world_image(&image, &v2);
    world_set_order(&w, &order, 7);
    world_add_app(&order, &image, &v2);
    CHECK_INT(stage(&order, &missing), MONITOR_OK);
    CHECK_INT(world_download(&w, &v2, 0xA3), MONITOR_OK);
    world_set_order(&w, &order, 8);
    world_add_app(&order, &image, &v2);
    CHECK_INT(stage(&order, &missing), MONITOR_OK);
    CHECK_INT(missing, 0);
    CHECK_INT(world_install(&w, &flags), MONITOR_OK);
    /* ... but a reboot forgets them: staging lives in memory. */
    image.id = 0xA4;
    world_image(&image, &v2);
    world_set_order(&w, &order, 9);
    world_add_app(&order, &image, &v2);
    CHECK_INT(stage(&order, &missing), MONITOR_OK);
    CHECK_INT(world_download(&w, &v2, 0xA4), MONITOR_OK);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(world_install(&w, &flags), MONITOR_NO_UPDATE_IN_PROGRESS);
    CHECK_INT(w.engine.live.kept.sequence, 8);
    /* An update service that lost its handle stages again and goes on. */
    world_set_order(&w, &order, 9);
    world_add_app(&order, &image, &v2);
    CHECK_INT(stage(&order, &missing), MONITOR_OK);
    CHECK_INT(world_open(&w, 0xA4, &handle), MONITOR_OK);
    CHECK_INT(world_open(&w, 0xA4, &handle), MONITOR_UPDATE_IN_PROGRESS);
    world_set_order(&w, &order, 9);
    world_add_app(&order, &image, &v2);
    CHECK_INT(stage(&order, &missing), MONITOR_OK);
    CHECK_INT(world_write(&w, handle, 0, span_of("x", 1)), MONITOR_BAD_HANDLE);
    CHECK_INT(world_download(&w, &v2, 0xA4), MONITOR_OK);
}

/* Sequences: lower never, equal with equal wish only. */
static void sequence_order(void)
{
    struct set_order order;
    uint32_t flags;
    world_init(&w);
    world_set_order(&w, &order, 5);
    world_add_app(&order, &world_app, &w.app);
    CHECK_INT(stage(&order, NULL), MONITOR_OK);
    CHECK_INT(world_install(&w, &flags), MONITOR_OK);

    world_set_order(&w, &order, 4);
    world_add_app(&order, &world_app, &w.app);
    world_remember();
    CHECK_INT(stage(&order, NULL), MONITOR_OUT_OF_ORDER);
    unchanged();

    world_set_order(&w, &order, 5); /* other content: no application */
    world_remember();
    CHECK_INT(stage(&order, NULL), MONITOR_OUT_OF_ORDER);
    unchanged();

    world_set_order(&w, &order, 5); /* mix and match: firmware manifest of elsewhere */
    world_add_app(&order, &world_app, &w.app);
    world_add_app(&order, &world_services, &w.services);
    CHECK_INT(stage(&order, NULL), MONITOR_OUT_OF_ORDER);

    world_set_order(&w, &order, 5);
    world_add_app(&order, &world_app, &w.app);
    order.customer_manifest.built_s = 99; /* signed anew for the same wish */
    CHECK_INT(stage(&order, NULL), MONITOR_OK);

    world_set_order(&w, &order, 9); /* staged, not installed: still an order */
    CHECK_INT(stage(&order, NULL), MONITOR_OK);
    world_set_order(&w, &order, 8);
    CHECK_INT(stage(&order, NULL), MONITOR_OUT_OF_ORDER);
}

static void nonces(void)
{
    struct set_order order;
    uint8_t first[32];
    world_init(&w);
    world_set_order(&w, &order, 1);
    memcpy(first, w.nonce, sizeof first);
    /* A newer nonce replaces the older one. */
    world_set_order(&w, &order, 1);
    order.nonce = first;
    world_remember();
    CHECK_INT(stage(&order, NULL), MONITOR_NOT_FRESH);
    unchanged();
    order.nonce = w.nonce;
    CHECK_INT(stage(&order, NULL), MONITOR_OK);
    world_remember();
    CHECK_INT(stage(&order, NULL), MONITOR_NOT_FRESH); /* used */
    unchanged();
    static const uint8_t zero[32];
    order.nonce = zero; /* what the engine keeps when none is outstanding */
    CHECK_INT(stage(&order, NULL), MONITOR_NOT_FRESH);
    /* No nonce without the generator. */
    w.random_fails = true;
    CHECK(world_nonce(&w, first) != MONITOR_OK);
}

/* One rule of the set each: what is changed, what it answers. */
static void set_rules(void)
{
    static struct package v2, foreign_abi, board;
    struct image_order image = app_v2(), newer = app_v2(), config = {0};
    newer.depends.version = 6;
    config.type = IMAGE_TYPE_CUSTOMER_BOARD_CONFIG;
    config.component = 0xB1;
    config.id = 0xB2;
    config.key = KEY_APP;
    config.no_file_system = true;
    world_image(&image, &v2);
    world_image(&newer, &foreign_abi);
    world_image(&config, &board);

    for (int i = 0;; i++) {
        struct set_order o;
        enum monitor_status want;
        world_init(&w);
        world_set_order(&w, &o, 1);
        world_add_app(&o, &image, &v2);
        struct manifest *m = &o.customer_manifest;
        switch (i) {
        case 0: want = MONITOR_OK; break;
        case 1: o.device = 0xD2; want = MONITOR_WRONG_DEVICE; break;
        case 2: o.key = KEY_APP; want = MONITOR_VERIFICATION_FAILED; break;
        case 3: o.key = KEY_FOREIGN; want = MONITOR_VERIFICATION_FAILED; break;
        case 4: o.manifest_key = KEY_OS; want = MONITOR_VERIFICATION_FAILED; break;
        case 5: o.manifest_key = KEY_FOREIGN; want = MONITOR_VERIFICATION_FAILED; break;
        case 6: /* a recovery manifest where the customer's should be */
            o.inner_type = IMAGE_TYPE_RECOVERY_MANIFEST;
            want = MONITOR_MALFORMED_MANIFEST;
            break;
        case 7: m->at[0].type = IMAGE_TYPE_SERVICES; want = MONITOR_MALFORMED_MANIFEST; break;
        case 8: m->at[0].type = IMAGE_TYPE_TRUSTED_KEYSTORE; want = MONITOR_MALFORMED_MANIFEST; break;
        case 9: m->at[0].type = IMAGE_TYPE_SECURITY_MONITOR; want = MONITOR_MALFORMED_MANIFEST; break;
        case 10: m->at[0].file_bytes = RAM_SLOT_BYTES + 1; want = MONITOR_IMAGE_TOO_LARGE; break;
        case 11: m->at[0].uncompressed_bytes = UINT32_MAX; want = MONITOR_IMAGE_TOO_LARGE; break;
        case 12: /* component of an image that stays */
            memset(m->at[0].component, COMPONENT_S, 16);
            want = MONITOR_MALFORMED_MANIFEST;
            break;
        case 13: /* firmware manifest without Services: would not start again */
            o.firmware = true;
            want = MONITOR_MALFORMED_MANIFEST;
            break;
        case 14: /* the same component twice over two manifests */
            world_add_app(&o, &world_services, &w.services);
            memset(m->at[0].component, COMPONENT_S, 16);
            want = MONITOR_MALFORMED_MANIFEST;
            break;
        case 15: /* runtime 6 where the Services provide 5 */
            m->at[0] = world_entry(&newer, &foreign_abi);
            want = MONITOR_ABI_MISSING;
            break;
        case 16: m->at[0].depends[1] = (struct abi_identity){1, 9}; want = MONITOR_ABI_MISSING; break;
        case 17: /* Services that an installed application is too new for */
            world_add_app(&o, &world_services, &w.services);
            o.customer = false;
            memset(o.firmware_manifest.at[0].image, 0x33, 16);
            o.firmware_manifest.at[0].provides[0].version = 2;
            want = MONITOR_ABI_MISSING;
            break;
        case 18: /* an installed image under another component */
            memset(m->at[0].image, 0xA2, 16);
            memset(m->at[0].component, 0xC1, 16);
            want = MONITOR_IDENTITY_INCONSISTENT;
            break;
        case 19: /* an installed image with another size */
            m->at[0] = world_entry(&world_app, &w.app);
            m->at[0].file_bytes--;
            want = MONITOR_IDENTITY_INCONSISTENT;
            break;
        case 20: /* 6 slots, 2 of them installed: 5 new images do not fit */
            for (uint8_t n = 1; n < 5; n++) {
                m->at[m->count] = world_entry(&image, &v2);
                memset(m->at[m->count].image, 0x60 + n, 16);
                memset(m->at[m->count++].component, 0x70 + n, 16);
            }
            want = MONITOR_NO_FREE_SPACE;
            break;
        case 21: /* more than the device can ever hold */
            for (uint8_t n = 1; n < 17; n++) {
                m->at[m->count] = world_entry(&image, &v2);
                memset(m->at[m->count].image, 0x60 + n, 16);
                memset(m->at[m->count++].component, 0x80 + n, 16);
            }
            want = MONITOR_NO_FREE_SPACE;
            break;
        case 22: world_add_app(&o, &config, &board); want = MONITOR_OK; break;
        case 23: /* entry promises what the installed image does not provide */
            world_add_app(&o, &world_services, &w.services);
            o.firmware_manifest.at[0].provides[0].version = 6;
            want = MONITOR_IDENTITY_INCONSISTENT;
            break;
        default: return;
        }
        world_remember();
        enum monitor_status got = stage(&o, NULL);
        if (got != want)
            fprintf(stderr, "set rule %d\n", i);
        CHECK_INT(got, want);
        if (want != MONITOR_OK)
            unchanged();
        else
            CHECK(w.engine.staged.present);
    }
}

/* One rule of an image each, at COMMIT_STAGING. */
static void image_rules(void)
{
    static struct package good, sent;
    for (int i = 0;; i++) {
        struct set_order o;
        struct image_order order = app_v2(), listed = order;
        enum monitor_status want = MONITOR_VERIFICATION_FAILED;
        const char *json = NULL;
        bool services = false;
        switch (i) {
        case 0: want = MONITOR_OK; break;
        case 1: order.key = KEY_OS; break;     /* a key that may not sign this type */
        case 2: order.key = KEY_UPDATE; break; /* the online key ships no code */
        case 3: order.key = KEY_FOREIGN; break;
        case 4: order.key = KEY_DEVELOPMENT; break;
        case 5: /* never counts for an update, flagged or not */
            order.key = KEY_DEVELOPMENT;
            order.temporary = IMAGE_TEMPORARY_UNDER_DEVELOPMENT;
            break;
        case 6: order.component = 0xA9; want = MONITOR_IDENTITY_INCONSISTENT; break;
        case 7: order.id = 0xA9; want = MONITOR_IDENTITY_INCONSISTENT; break;
        case 8: order.no_file_system = true; break;
        case 9: json = "{}"; break;
        case 10: order.entry_file = "/bin/other"; break;
        case 11: order.entry_file = "/bin/app/x"; break; /* entry point is a folder */
        case 12: /* manifest of another component */
            json = "{\"SchemaVersion\":1,\"Name\":\"t\","
                   "\"ComponentId\":\"11111111-1111-1111-1111-111111111111\","
                   "\"EntryPoint\":\"/bin/app\",\"CmdArgs\":[],\"Capabilities\":{}}";
            want = MONITOR_IDENTITY_INCONSISTENT;
            break;
        case 13: /* needs more than its entry said */
            order.depends.version = 6;
            want = MONITOR_ABI_MISSING;
            break;
        case 14: /* OS image at the counter */
        case 15: /* OS image below the counter */
        case 16: /* Services without a file system */
        case 17: /* provides less than its entry said */
            services = true;
            listed = world_services;
            listed.id = 0x05;
            order = listed;
            order.security_version = i == 15 ? 1 : 2;
            order.no_file_system = i == 16;
            order.provides.version = i == 17 ? 4 : 5;
            want = i == 14   ? MONITOR_OK
                   : i == 15 ? MONITOR_SECURITY_VERSION
                   : i == 16 ? MONITOR_VERIFICATION_FAILED
                             : MONITOR_IDENTITY_INCONSISTENT;
            break;
        default: return;
        }
        order.app_json = json;
        world_init(&w);
        world_image(&order, &sent);
        world_image(&listed, &good);
        world_set_order(&w, &o, 1);
        o.customer = !services;
        world_add_app(&o, &listed, &good);
        /* The entry speaks of the listed one with the size of the one sent. */
        struct manifest *m = services ? &o.firmware_manifest : &o.customer_manifest;
        m->at[0].file_bytes = (uint32_t)sent.len;
        CHECK_INT(stage(&o, NULL), MONITOR_OK);
        enum monitor_status got = world_download(&w, &sent, listed.id);
        if (got != want)
            fprintf(stderr, "image rule %d\n", i);
        CHECK_INT(got, want);
        if (want != MONITOR_OK) {
            uint32_t flags, handle = w.engine.staging.handle;
            world_remember();
            CHECK_INT(world_commit(&w, handle), want);
            unchanged();
            CHECK_INT(world_install(&w, &flags), MONITOR_MUST_DOWNLOAD_MISSING);
            unchanged();
        }
    }
}

static void open_application(void)
{
    struct span out;
    uint8_t uid[16];
    memset(uid, COMPONENT_A, sizeof uid);
    struct span name = span_of(uid, sizeof uid);
    world_init(&w);
    CHECK_INT(world_call(&w, RIGHTS_APPMAN, MONITOR_CALL_OPEN_APPLICATION, name, &out), 0);
    CHECK_INT(out.len, 20);
    CHECK_INT(out.at[0], 0xA2);
    CHECK_INT(w.gives, 1);
    CHECK_MEM(w.held, w.app.bytes, w.app.len);
    /* "Refuses what is not type 10 in the installed set" */
    memset(uid, COMPONENT_S, sizeof uid);
    CHECK_INT(world_call(&w, RIGHTS_APPMAN, MONITOR_CALL_OPEN_APPLICATION, name, &out),
              MONITOR_IMAGE_NOT_FOUND);
    memset(uid, 0x99, sizeof uid);
    CHECK_INT(world_call(&w, RIGHTS_APPMAN, MONITOR_CALL_OPEN_APPLICATION, name, &out),
              MONITOR_IMAGE_NOT_FOUND);
    CHECK_INT(w.holds, 1);
    /* The very bytes handed out are verified: a medium that lies once does not matter. */
    memset(uid, COMPONENT_A, sizeof uid);
    w.flip_held = true;
    CHECK_INT(world_call(&w, RIGHTS_APPMAN, MONITOR_CALL_OPEN_APPLICATION, name, &out),
              MONITOR_VERIFICATION_FAILED);
    CHECK_INT(w.gives, 1);
    w.flip_held = false;
    /* A good image that is not the one the record names. */
    w.engine.live.kept.at[1].digest[0] ^= 1;
    CHECK_INT(world_call(&w, RIGHTS_APPMAN, MONITOR_CALL_OPEN_APPLICATION, name, &out),
              MONITOR_VERIFICATION_FAILED);
    w.engine.live.kept.at[1].digest[0] ^= 1;
    /* Every byte of the stored image counts: one flip in each 97th. */
    for (size_t at = 0; at < w.app.len; at += 97) {
        ram_component(&w.ram, &w.engine.live.kept.at[1])[at] ^= 0x10;
        CHECK_INT(world_call(&w, RIGHTS_APPMAN, MONITOR_CALL_OPEN_APPLICATION, name, &out),
                  MONITOR_VERIFICATION_FAILED);
        ram_component(&w.ram, &w.engine.live.kept.at[1])[at] ^= 0x10;
    }
    CHECK_INT(w.gives, 1);
}

static void services_at_boot(void)
{
    struct image image;
    struct component component;
    world_init(&w);
    CHECK_INT(engine_services(&w.engine, &image, &component), MONITOR_OK);
    CHECK_INT(image.meta.security_version, 2);
    w.os_counter = 3;
    CHECK_INT(engine_services(&w.engine, &image, &component), MONITOR_SECURITY_VERSION);
    w.os_counter = 2;
    ram_component(&w.ram, &w.engine.live.kept.at[0])[4100] ^= 1;
    CHECK_INT(engine_services(&w.engine, &image, &component), MONITOR_VERIFICATION_FAILED);
    CHECK_INT(component.type, 0);
    w.engine.live.kept.count = 0;
    CHECK_INT(engine_services(&w.engine, &image, &component), MONITOR_IMAGE_NOT_FOUND);
}

/* A medium that fails at the commit halts updates; the old set goes on. */
static void failed_commit_halts(void)
{
    struct set_order order;
    uint8_t nonce[32];
    uint32_t flags;
    struct span out;
    world_init(&w);
    world_set_order(&w, &order, 3);
    CHECK_INT(stage(&order, NULL), MONITOR_OK);
    w.ram.cut_at = w.ram.ops + 2; /* the record itself */
    CHECK_INT(world_install(&w, &flags), MONITOR_WRITE_FAILED);
    CHECK_INT(w.engine.live.kept.sequence, 0);
    CHECK_INT(world_nonce(&w, nonce), MONITOR_WRITE_FAILED);
    CHECK_INT(world_install(&w, &flags), MONITOR_WRITE_FAILED);
    CHECK_INT(world_call(&w, RIGHTS_APPMAN, MONITOR_CALL_GET_COMPONENTS, span_of(NULL, 0), &out), 0);
    CHECK_INT(out.len, 2 * MONITOR_COMPONENT_BYTES);
    CHECK_INT(world_restart(&w), 0);
    CHECK_INT(world_nonce(&w, nonce), MONITOR_OK);
}

/* A medium that fails under a block costs the staging of that image only. */
static void failed_block(void)
{
    static struct package v2;
    struct image_order image = app_v2();
    struct set_order order;
    uint32_t handle;
    world_init(&w);
    world_image(&image, &v2);
    world_set_order(&w, &order, 3);
    world_add_app(&order, &image, &v2);
    CHECK_INT(stage(&order, NULL), MONITOR_OK);
    CHECK_INT(world_open(&w, 0xA3, &handle), MONITOR_OK);
    w.ram.cut_at = w.ram.ops + 1;
    CHECK_INT(world_write(&w, handle, 0, span_of(v2.bytes, 100)), MONITOR_WRITE_FAILED);
    CHECK_INT(world_write(&w, handle, 0, span_of(v2.bytes, 100)), MONITOR_BAD_HANDLE);
    CHECK_INT(world_open(&w, 0xA3, &handle), MONITOR_WRITE_FAILED);
    w.ram.dead = false;
    CHECK_INT(world_download(&w, &v2, 0xA3), MONITOR_OK);
}

int main(void)
{
    queries();
    reset();
    application_update();
    application_removed();
    os_update();
    equal_set_is_not_written();
    staged_images_survive_a_new_set();
    sequence_order();
    nonces();
    set_rules();
    image_rules();
    open_application();
    services_at_boot();
    failed_commit_halts();
    failed_block();
    return check_done();
}
