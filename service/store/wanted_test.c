/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device is to have: by attestation, release, feed, hardware and deployment; the
 * reference values that come of releases; and its check-ins (docs/spec/store.md).
 *   wanted_test [postgresql]   on a database of that kind; without, on SQLite
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "service/store/database/postgresql.h"
#include "service/store/fleet_fixture_test.h"

static void test_device_get_and_attest(void)
{
    struct store_device_get get = {{0}};
    struct store_device device;
    struct store_attest attest = {.kind = ISSUER_KIND_CATALOG, .serial = {1}, .not_before_s = 100,
                                  .not_after_s = 5000000000};
    CHECK_INT(DEVICE_CALL(PEER_DAA, DEVICE_GET, device_get, get), E_NOT_FOUND);
    memcpy(get.device_id, device_a, 64);
    CHECK_INT(DEVICE_CALL(PEER_DAA, DEVICE_GET, device_get, get), 0);
    CHECK_INT(store_device_parse(span_of(fx.reply, fx.len), &device), 0);
    CHECK(!device.claimed);
    CHECK_INT(DEVICE_CALL(PEER_DAA, ATTEST_RECORD, attest, attest), E_NOT_FOUND);
    memcpy(attest.device_id, device_a, 64);
    attest.catalog[0] = 1;
    CHECK_INT(DEVICE_CALL(PEER_DAA, ATTEST_RECORD, attest, attest), E_CONFLICT); /* not its catalog */
    CHECK_INT(claim(device_a), 0);
    CHECK_INT(DEVICE_CALL(PEER_DAA, DEVICE_GET, device_get, get), 0);
    CHECK_INT(store_device_parse(span_of(fx.reply, fx.len), &device), 0);
    CHECK(device.claimed);
    memcpy(attest.catalog, device.catalog, 16);
    CHECK_INT(DEVICE_CALL(PEER_DAA, ATTEST_RECORD, attest, attest), 0);
    CHECK_INT(DEVICE_CALL(PEER_DAA, ATTEST_RECORD, attest, attest), E_CONFLICT); /* serials are unique */
    CHECK_INT(attest_as(device_a, HARDWARE_LINUX_X86_64), 0);
    CHECK_INT(attest_as(device_b, HARDWARE_LINUX_X86_64), 0);
}

/* Releases bring keystores: a device is offered the next one after its own, of its own feed and
 * hardware, and may have it; a release that is revoked offers none. */
static void test_wanted_keystore(void)
{
    static const struct {
        uint32_t has;
        uint8_t gets; /* image id; 0: none */
    } rows[] = {{STORE_KEYSTORE_UNKNOWN, 0}, {1, 0xB2}, {2, 0xB3}, {3, 0}, {0, 0xB1}, {9, 0}};
    CHECK_INT(attest_as(device_a, HARDWARE_LINUX_X86_64), 0);
    image_version = 1;
    image_add(true, IMAGE_TYPE_TRUSTED_KEYSTORE, 19, 0xB1, 10);
    image_version = 2;
    image_add(true, IMAGE_TYPE_TRUSTED_KEYSTORE, 19, 0xB2, 10);
    image_version = 3;
    image_add(true, IMAGE_TYPE_TRUSTED_KEYSTORE, 19, 0xB3, 10);
    image_version = 4;
    image_add(true, IMAGE_TYPE_TRUSTED_KEYSTORE, 19, 0xB4, 10);
    image_version = 0;
    image_add(true, IMAGE_TYPE_SERVICES, 1, 0xA8, 10);
    CHECK_INT(release_put("7.1", 0, STORE_REFERENCE_TRUSTED, 0xA8, 0xB1), 0);
    CHECK_INT(release_put("7.2", 0, STORE_REFERENCE_TRUSTED, 0xA8, 0xB2), 0);
    CHECK_INT(release_put("7.3", 0, STORE_REFERENCE_TRUSTED, 0xA8, 0xB3), 0);
    CHECK_INT(release_put("7.4", 1, STORE_REFERENCE_TRUSTED, 0xA8, 0xB4), 0); /* another feed */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        has_keystore = rows[i].has;
        CHECK_INT(want(device_a, 1, 0), 0);
        CHECK_INT(wanted.keystore_count, rows[i].gets != 0);
        if (wanted.keystore_count) {
            CHECK_INT(wanted.keystore[0].image[0], rows[i].gets);
            CHECK_INT(wanted.keystore[0].type, IMAGE_TYPE_TRUSTED_KEYSTORE);
        }
    }
    struct store_image_read read = {.length = 10};
    memcpy(read.device_id, device_a, 64);
    read.image[0] = 0xB2;
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), 0);
    read.image[0] = 0xB4;
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), E_NOT_FOUND);
    CHECK_INT(release_put("7.3", 0, STORE_REFERENCE_REVOKED, 0, 0), 0);
    has_keystore = 2;
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK_INT(wanted.keystore_count, 0);
    has_keystore = STORE_KEYSTORE_UNKNOWN;
}

static void test_wanted(void)
{
    CHECK_INT(want((uint8_t[64]){0xcc}, 1, 0), E_NOT_FOUND);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK_INT(wanted.os_count, 0); /* no release: the OS stays as it is */
    CHECK(!wanted.applications);   /* no deployment: so do the applications */
    uint64_t before = wanted.sequence;
    CHECK(before > 0);

    image_add(true, IMAGE_TYPE_SERVICES, 1, 0x91, 10);
    image_program = MACHINE_X86_64;
    image_add(true, IMAGE_TYPE_PLUTON_RUNTIME, 2, 0x21, 24);
    image_add(true, IMAGE_TYPE_SECURITY_MONITOR, 3, MONITOR_HOST, 24);
    image_program = 0;
    image_add(true, IMAGE_TYPE_SERVICES, 1, 0x92, 10);
    image_add(true, IMAGE_TYPE_SERVICES, 1, 0x93, 10);
    CHECK_INT(release_put("1.0", 0, STORE_REFERENCE_TRUSTED, 0x91, 0x21), 0);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK_INT(wanted.os_count, 1); /* only type 9 travels */
    CHECK_INT(wanted.os[0].image[0], 0x91);
    CHECK(wanted.sequence > before);
    before = wanted.sequence;
    CHECK_INT(release_put("1.1", 0, STORE_REFERENCE_TRUSTED, 0x92, 0), 0);
    CHECK_INT(release_put("2.0", 1, STORE_REFERENCE_TRUSTED, 0x93, 0), 0);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK_INT(wanted.os[0].image[0], 0x92); /* RetailEval is another feed */
    CHECK(wanted.sequence > before);
    before = wanted.sequence;
    CHECK_INT(release_put("1.1", 0, STORE_REFERENCE_REVOKED, 0, 0), 0);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK_INT(wanted.os[0].image[0], 0x91); /* back, with a higher number */
    CHECK(wanted.sequence > before);
    before = wanted.sequence;

    image_add(false, IMAGE_TYPE_APPLICATIONS, 5, 0x51, 10);
    image_add(false, IMAGE_TYPE_APPLICATIONS, 5, 0x52, 10);
    CHECK_INT(deploy(0x51, 0x52), E_DUPLICATE);
    CHECK_INT(deploy(0x91, 0), E_RANGE); /* an OS image is not of the catalog */
    CHECK_INT(deploy(0x51, 0), 0);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK(wanted.applications);
    CHECK_INT(wanted.app_count, 1);
    CHECK(wanted.sequence > before);
    before = wanted.sequence;
    CHECK_INT(deploy(0, 0), 0);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK(wanted.applications && wanted.app_count == 0);
    CHECK_INT(deploy(0x52, 0), 0);

    struct store_group_put group = {.scope = scope, .must_exist = true, .set = STORE_SET_POLICY, .policy = 1};
    CHECK_INT(fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &group), 0);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK(!wanted.applications && wanted.app_count == 0);
    group.policy = 0;
    CHECK_INT(fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &group), 0);

    CHECK_INT(want(device_b, 1, 0), 0); /* unclaimed: Retail, no applications */
    CHECK_INT(wanted.os_count, 1);
    CHECK(!wanted.applications);

    /* moved out and back: the number rises although the set is an old one */
    CHECK_INT(want(device_a, 1, 0), 0);
    before = wanted.sequence;
    char hex[129];
    hex_of(device_a, hex);
    struct store_query out = {.scope = scope};
    out.scope.name = span_of(hex, 128);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_UNASSIGN, &store_query_type, &out), 0);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK(!wanted.applications && wanted.sequence > before);
    before = wanted.sequence;
    CHECK_INT(claim(device_a), 0);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK(wanted.applications && wanted.sequence > before);
}

/* IMAGE_READ serves only what is wanted on that device. */
static void test_image_read(void)
{
    struct store_image_read read = {.image = {0x52}, .length = 16};
    struct store_image_bytes got;
    memcpy(read.device_id, device_a, 64);
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), 0);
    CHECK_INT(store_image_bytes_parse(span_of(fx.reply, fx.len), &got), 0);
    CHECK_INT(got.bytes.len, 16);
    CHECK_INT(got.bytes.at[9], 0x52);
    uint64_t total = got.total;
    read.offset = total;
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), 0);
    CHECK_INT(store_image_bytes_parse(span_of(fx.reply, fx.len), &got), 0);
    CHECK_INT(got.bytes.len, 0);
    read.offset = total + 1;
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), E_RANGE);
    read.offset = 0;
    read.length = 0;
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), 0);
    read.image[0] = 0x51; /* of the catalog, but no longer deployed */
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), E_NOT_FOUND);
    read.image[0] = 0x52;
    memcpy(read.device_id, device_b, 64); /* another device */
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), E_NOT_FOUND);
    memset(read.device_id, 0, 64); /* nobody's image is anybody's */
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), E_NOT_FOUND);
}

/* An image id is unique in its catalog alone: another catalog's image of the same
 * id, there first, is not what a download goes on with. */
static void test_image_read_shared_id(void)
{
    struct store_image_read read = {.image = {0x54}};
    struct store_image_bytes got;
    struct store_catalog_put other = {.scope = scope, .actor = T("t")};
    struct span own = scope.catalog;
    other.scope.catalog = scope.catalog = T("other");
    CHECK_INT(fixture_api(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &other), 0);
    image_add(false, IMAGE_TYPE_APPLICATIONS, 5, 0x54, 1000);
    scope.catalog = own;
    image_add(false, IMAGE_TYPE_APPLICATIONS, 6, 0x54, 10);
    CHECK_INT(deploy(0x54, 0), 0);
    memcpy(read.device_id, device_a, 64);
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), 0);
    CHECK_INT(store_image_bytes_parse(span_of(fx.reply, fx.len), &got), 0);
    CHECK(got.row != 0 && got.total < 1000);
    uint64_t total = got.total;
    /* the rest of it, as ota asks for it */
    read = (struct store_image_read){.row = got.row, .length = 1000};
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), 0);
    CHECK_INT(store_image_bytes_parse(span_of(fx.reply, fx.len), &got), 0);
    CHECK_INT(got.total, total);
    CHECK_INT(got.bytes.len, total);
    read.row = 1000000;
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), E_NOT_FOUND);
    CHECK_INT(deploy(0x52, 0), 0);
}

/* The MCU's: each type of its boot is taken, and measured as signed, the root of trust too. */
static void test_mcu_references(void)
{
    static const uint16_t types[] = {IMAGE_TYPE_ONE_BL, IMAGE_TYPE_PLUTON_RUNTIME, IMAGE_TYPE_NORMAL_WORLD_KERNEL,
                                     IMAGE_TYPE_NORMAL_WORLD_DTB, IMAGE_TYPE_ROOT_FS};
    static struct store_references references;
    struct store_reference_get get = {0};
    image_add(true, IMAGE_TYPE_NORMAL_WORLD_DTB, BOARD_TREE, BOARD_TREE, 64);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        uint8_t id = (uint8_t)(0xD0 + i), digest[32];
        char version[8];
        struct image image;
        unsigned found = 0;
        image_add(true, types[i], id, id, 64);
        REQUIRE(image_parse(image_last, &image) == 0 && image_digest(&image, digest) == 0);
        snprintf(version, sizeof version, "9.%zu", i);
        if (types[i] == IMAGE_TYPE_NORMAL_WORLD_DTB)
            CHECK_INT(RELEASE(version, id), 0);
        else
            CHECK_INT(RELEASE(version, id, BOARD_TREE), 0);
        CHECK_INT(DEVICE_CALL(PEER_DAA, REFERENCE_GET, reference_get, get), 0);
        CHECK_INT(store_references_parse(span_of(fx.reply, fx.len), &references), 0);
        for (uint32_t k = 0; k < references.count; k++)
            found += references.at[k].type == types[i] && memcmp(references.at[k].digest, digest, 32) == 0;
        CHECK_INT(found, 1);
        /* signed anew it is the same image, with another body it is not */
        uint8_t again[512];
        REQUIRE(image_last.len <= sizeof again);
        memcpy(again, image_last.at, image_last.len);
        struct store_image_put put = {.package = span_of(again, image_last.len)};
        again[image_last.len - 1] ^= 1;
        CHECK_INT(fixture_api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), 0);
        again[0] ^= 1;
        CHECK_INT(fixture_api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), E_CONFLICT);
    }
}

static void test_references(void)
{
    struct store_reference_get get = {0};
    static struct store_references references;
    CHECK_INT(DEVICE_CALL(PEER_DAA, REFERENCE_GET, reference_get, get), 0);
    CHECK_INT(store_references_parse(span_of(fx.reply, fx.len), &references), 0);
    CHECK_INT(references.count, 5);
    unsigned states[4] = {0};
    for (uint32_t i = 0; i < references.count; i++) {
        states[references.at[i].state]++;
        if (references.at[i].type == IMAGE_TYPE_PLUTON_RUNTIME) { /* the digest of its body alone */
            uint8_t body[24], digest[32];
            struct writer b = writer_of(body, sizeof body);
            program_begin(&b, MACHINE_X86_64);
            while (b.len < sizeof body)
                writer_u8(&b, 0x21);
            struct span part = writer_view(&b);
            CHECK_INT(crypto_sha256(&part, 1, digest), 0);
            CHECK_MEM(digest, references.at[i].digest, 32);
        }
    }
    CHECK_INT(states[STORE_REFERENCE_TRUSTED], 4);
    CHECK_INT(states[STORE_REFERENCE_REVOKED], 1);
    get.generation = references.generation;
    CHECK(get.generation != 0);
    CHECK_INT(DEVICE_CALL(PEER_DAA, REFERENCE_GET, reference_get, get), 0);
    CHECK_INT(store_references_parse(span_of(fx.reply, fx.len), &references), 0);
    CHECK_INT(references.count, 0);
    CHECK(references.generation == get.generation);
    /* the best over the releases that hold an image */
    CHECK_INT(release_put("1.2", 0, STORE_REFERENCE_OUTDATED, 0x92, 0), 0);
    CHECK_INT(DEVICE_CALL(PEER_DAA, REFERENCE_GET, reference_get, get), 0);
    CHECK_INT(store_references_parse(span_of(fx.reply, fx.len), &references), 0);
    CHECK(references.generation > get.generation);
    memset(states, 0, sizeof states);
    for (uint32_t i = 0; i < references.count; i++)
        states[references.at[i].state]++;
    CHECK_INT(states[STORE_REFERENCE_OUTDATED], 1);
    CHECK_INT(states[STORE_REFERENCE_REVOKED], 0);
}

static uint16_t reference_hardware(uint16_t type, uint8_t component)
{
    static struct store_references references;
    struct store_reference_get get = {0};
    CHECK_INT(DEVICE_CALL(PEER_DAA, REFERENCE_GET, reference_get, get), 0);
    CHECK_INT(store_references_parse(span_of(fx.reply, fx.len), &references), 0);
    for (uint32_t i = 0; i < references.count; i++)
        if (references.at[i].type == type && references.at[i].component[0] == component)
            return references.at[i].hardware;
    CHECK(!"the reference value is there");
    return 0;
}

static uint16_t release_hardware(const char *version)
{
    struct store_query query = {.scope.name = span_of(version, strlen(version))};
    struct store_rows rows;
    struct store_row_release row = {.hardware = 0};
    if (fixture_api(STORE_OP_RELEASE_GET, &store_query_type, &query) != 0)
        return UINT16_MAX;
    CHECK_INT(record_parse(&store_rows_type, span_of(fx.reply, fx.len), &rows), 0);
    CHECK_INT(record_parse(&store_row_release_type, rows.rows, &row), 0);
    return row.hardware;
}

enum { CHIP_SERVICES = 0xE1, CHIP_MONITOR, CHIP_KERNEL, CHIP_ROOT, SHARED_KEYSTORE, HOST_SERVICES, ARM_PLUTON, NEW_SERVICES };

/* Chips and hosts on one feed: each gets the newest release of its own hardware. */
static void test_hardware(void)
{
    image_add(true, IMAGE_TYPE_SERVICES, 0xC1, CHIP_SERVICES, 10);
    image_add(true, IMAGE_TYPE_SECURITY_MONITOR, 0xC2, CHIP_MONITOR, 10);
    image_add(true, IMAGE_TYPE_NORMAL_WORLD_KERNEL, 0xC3, CHIP_KERNEL, 10);
    image_add(true, IMAGE_TYPE_ROOT_FS, 0xC4, CHIP_ROOT, 10);
    image_add(true, IMAGE_TYPE_TRUSTED_KEYSTORE, 0xC5, SHARED_KEYSTORE, 10);
    image_add(true, IMAGE_TYPE_SERVICES, 0xC6, HOST_SERVICES, 10);

    CHECK_INT(want(device_c, 1, 0), 0); /* nothing is known of it yet */
    CHECK_INT(wanted.os_count, 0);
    CHECK_INT(device_show(device_c).available_os.len, 0);
    CHECK_INT(want(device_a, 1, 0), 0);
    uint8_t before = wanted.os[0].image[0];

    CHECK_INT(RELEASE("8.0", CHIP_SERVICES, CHIP_MONITOR, CHIP_KERNEL, CHIP_ROOT, BOARD_TREE, SHARED_KEYSTORE), 0);
    CHECK_INT(release_hardware("8.0"), HARDWARE_MT3620);
    CHECK_INT(want(device_a, 1, 0), 0); /* a host has nothing of it */
    CHECK_INT(wanted.os_count, 1);
    CHECK_INT(wanted.os[0].image[0], before);
    CHECK_INT(attest_as(device_c, HARDWARE_MT3620), 0);
    CHECK_INT(want(device_c, 1, 0x91), 0); /* what was attested stands, whatever it says it has */
    CHECK_INT(wanted.os_count, 4);
    CHECK(span_equal(device_show(device_c).available_os, T("8.0")));
    CHECK_INT(want(device_d, 1, CHIP_SERVICES), 0); /* not attested since this is recorded: what it has */
    CHECK_INT(wanted.os_count, 4);

    CHECK_INT(RELEASE("8.1", HOST_SERVICES, MONITOR_HOST, SHARED_KEYSTORE), 0);
    CHECK_INT(release_hardware("8.1"), HARDWARE_LINUX_X86_64);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK_INT(wanted.os[0].image[0], HOST_SERVICES);
    CHECK_INT(want(device_c, 1, 0), 0);
    CHECK_INT(wanted.os_count, 4);
    CHECK(span_equal(device_show(device_a).available_os, T("8.1")));

    CHECK_INT(reference_hardware(IMAGE_TYPE_SERVICES, 0xC1), HARDWARE_MT3620);
    CHECK_INT(reference_hardware(IMAGE_TYPE_SERVICES, 0xC6), HARDWARE_LINUX_X86_64);
    CHECK_INT(reference_hardware(IMAGE_TYPE_TRUSTED_KEYSTORE, 0xC5), HARDWARE_UNSTATED); /* of both */
}

static void test_hardware_refused(void)
{
    static const struct row {
        uint8_t images[4];
        int want;
    } rows[] = {
        {{NEW_SERVICES}, E_UNSUPPORTED}, /* does not say for what */
        {{NEW_SERVICES, SHARED_KEYSTORE}, E_UNSUPPORTED},
        {{NEW_SERVICES, CHIP_MONITOR}, E_UNSUPPORTED}, /* a chip's, but which? */
        {{NEW_SERVICES, MONITOR_HOST, CHIP_KERNEL}, E_BINDING},
        {{NEW_SERVICES, MONITOR_HOST, BOARD_TREE}, E_BINDING},
        {{NEW_SERVICES, MONITOR_HOST, ARM_PLUTON}, E_BINDING}, /* two architectures */
        {{CHIP_SERVICES, MONITOR_HOST}, E_BINDING},             /* in a release of chips */
        {{HOST_SERVICES, CHIP_MONITOR, BOARD_TREE}, E_BINDING},
    };
    image_add(true, IMAGE_TYPE_SERVICES, 0xC7, NEW_SERVICES, 10);
    image_program = MACHINE_AARCH64;
    image_add(true, IMAGE_TYPE_PLUTON_RUNTIME, 0xC8, ARM_PLUTON, 24);
    image_program = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t count = 0;
        while (count < 4 && rows[i].images[count])
            count++;
        CHECK_INT(release_of("8.2", rows[i].images, count), rows[i].want);
        CHECK_INT(release_hardware("8.2"), UINT16_MAX); /* nothing of it was stored */
    }
    CHECK_INT(RELEASE("8.2", NEW_SERVICES, ARM_PLUTON), 0);
    CHECK_INT(release_hardware("8.2"), HARDWARE_LINUX_AARCH64);
}

static void run_sql(const char *sql)
{
    if (fx.on_postgresql)
        REQUIRE(postgresql_execute(&fx.store.db, sql, NULL) == 0);
    else
        REQUIRE(sqlite3_exec(fx.store.db.own, sql, NULL, NULL, NULL) == SQLITE_OK);
}

/* A database of schema 4 says it of no release and no device: the images do, at the next start. */
static void test_hardware_learned(void)
{
    run_sql("UPDATE os_release SET hardware = 0");
    run_sql("UPDATE device SET hardware = 0");
    CHECK_INT(release_hardware("8.0"), HARDWARE_UNSTATED);
    store_close(&fx.store);
    REQUIRE(store_open(&fx.store, fx.folder, fx.server.url, NULL) == 0);
    CHECK_INT(release_hardware("8.0"), HARDWARE_MT3620);
    CHECK_INT(release_hardware("8.1"), HARDWARE_LINUX_X86_64);
    CHECK_INT(release_hardware("8.2"), HARDWARE_LINUX_AARCH64);
    CHECK_INT(want(device_d, 1, 0), 0); /* by the version that it runs */
    CHECK_INT(wanted.os_count, 4);
    CHECK_INT(attest_as(device_a, HARDWARE_LINUX_X86_64), 0);
}

/* A check-in is seen by the next reader although it cost no commit of its own. */
static void test_checkins(void)
{
    CHECK_INT(want(device_b, 1000, 0x91), 0);
    CHECK_INT(want(device_b, 900, 0x91), 0); /* a clock that went back */
    struct store_row_device row = device_show(device_b);
    CHECK_INT(row.last_request_s, 1000);
    CHECK_INT(row.last_os_update_s, 1000);
    CHECK(span_equal(row.installed_os, T("1.0")));
    CHECK_INT(fx.store.checkin_count, 0);
    for (size_t i = 0; i < 100; i++)
        CHECK_INT(want(device_b, 2000 + i, 0x91), 0);
    row = device_show(device_b);
    CHECK_INT(row.last_request_s, 2099);
}

/* Few are seen at once; many are written slice by slice, in the order of their rows, and none is lost. */
static void test_checkin_sweeps(void)
{
    enum { MANY = 20000 };
    struct device a, b;
    CHECK_INT(device_find(&fx.store, device_a, &a), 0);
    CHECK_INT(device_find(&fx.store, device_b, &b), 0);
    for (unsigned i = 0; i < MANY; i++)
        checkin_add(&fx.store, i % 2 ? a.id : b.id, 3000 + i / 100);
    CHECK(device_show(device_a).last_request_s < 3000); /* whoever asks does not wait for all that */
    CHECK_INT(fx.store.checkin_count, MANY);
    unsigned flushes = 0;
    for (size_t before; (before = fx.store.checkin_count) > 0 && flushes < 1000; flushes++) {
        CHECK_INT(batch_flush(&fx.batch), 0);
        CHECK(before - fx.store.checkin_count <= MANY / 100);
        if (flushes == 50) /* those that come meanwhile wait for the next sweep */
            checkin_add(&fx.store, b.id, 4000);
    }
    CHECK(flushes >= 100 && flushes < 1000);
    CHECK_INT(device_show(device_a).last_request_s, 3000 + (MANY - 1) / 100);
    CHECK_INT(device_show(device_b).last_request_s, 4000);
    /* no more room: all of them go with the next check, and that one waits */
    for (unsigned i = 0; i < STORE_CHECKINS_FULL; i++)
        checkin_add(&fx.store, a.id, 5000);
    CHECK_INT(want(device_b, 5001, 0x91), 0);
    CHECK_INT(fx.store.checkin_count, 1);
    CHECK_INT(device_show(device_a).last_request_s, 5000);
    CHECK_INT(device_show(device_b).last_request_s, 5001);
}

/* Check-ins alone wait for no disk; what is acknowledged does, also right after them. */
static int sqlite_number(const char *sql)
{
    sqlite3_stmt *s = NULL;
    REQUIRE(sqlite3_prepare_v2(fx.store.db.own, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW);
    int value = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return value;
}

static void test_lax(void)
{
    enum { NORMAL = 1, FULL = 2 };
    CHECK_INT(want(device_b, 9100, 0), 0);
    CHECK_INT(sqlite_number("PRAGMA synchronous"), FULL);
    CHECK_INT(batch_flush(&fx.batch), 0);
    CHECK_INT(sqlite_number("PRAGMA synchronous"), NORMAL);
    CHECK_INT(device_show(device_b).last_request_s, 9100);
    CHECK_INT(sqlite_number("PRAGMA synchronous"), FULL);
    /* a request that came before the timer takes them along */
    CHECK_INT(want(device_b, 9200, 0), 0);
    CHECK_INT(device_show(device_b).last_request_s, 9200);
    CHECK_INT(fx.store.checkin_count, 0);
    CHECK_INT(sqlite_number("PRAGMA synchronous"), FULL);
}

static void test_files(void)
{
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/images/%064d", fx.folder, 7);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    REQUIRE(fd >= 0);
    close(fd);
    store_close(&fx.store);
    REQUIRE(store_open(&fx.store, fx.folder, fx.server.url, NULL) == 0);
    CHECK(stat(path, &st) != 0);
    test_image_read();
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    fleet_make();
    test_device_get_and_attest();
    test_wanted();
    test_image_read();
    test_image_read_shared_id();
    test_references();
    test_checkins();
    test_checkin_sweeps();
    test_mcu_references();
    test_hardware();
    test_hardware_refused();
    test_hardware_learned();
    test_wanted_keystore();
    if (!fx.on_postgresql) {
        test_files();
        test_lax();
    }
    fixture_end();
    return check_done();
}
