/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of the store as the device-facing processes see them, who may ask
 * what, and what the database refuses at start (docs/spec/store.md).
 *   store_test [postgresql]   on a database of that kind; without, on SQLite
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/device_api.h"
#include "lib/guid.h"
#include "lib/image.h"
#include "service/ipc/dump_ops.h"
#include "service/ipc/issuer_ops.h"
#include "service/store/batch.h"
#include "service/store/postgresql.h"
#include "tests/check.h"
#include "tests/postgresql.h"

static char folder[64];
static bool on_postgresql;
static struct postgresql_server server;
static struct store store;
static struct batch batch;
static int last_status;
static uint8_t last_reply[1 << 20];
static size_t last_len;
static unsigned replies;

#define T(s) span_of(s, sizeof(s) - 1)

static void on_reply(void *token, int status, struct span payload)
{
    (void)token;
    replies++;
    last_status = status;
    last_len = payload.len;
    REQUIRE(payload.len <= sizeof last_reply);
    if (payload.len)
        memcpy(last_reply, payload.at, payload.len);
}

static int call(unsigned peer, uint16_t number, struct span payload)
{
    const struct store_operation *op;
    last_len = 0;
    if (operation_find(peer, number, &op) != 0)
        return E_DENIED;
    (void)batch_take(&batch, op, payload, NULL);
    CHECK_INT(batch_end(&batch), 0);
    return last_status;
}

static int api(uint16_t number, const struct record_type *type, const void *record)
{
    static uint8_t bytes[17 << 20];
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(record_write(type, record, &w) == 0);
    return call(PEER_API, number, writer_view(&w));
}

#define DEVICE_CALL(peer, op, name, in)                                              \
    (w = writer_of(buffer, sizeof buffer), REQUIRE_OK(store_##name##_write(&(in), &w)), \
     call(peer, STORE_OP_##op, writer_view(&w)))
static uint8_t buffer[65536];
static struct writer w;
static int require_ok(int err)
{
    REQUIRE(err == 0);
    return err;
}
#define REQUIRE_OK(err) require_ok(err)

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void begin(void)
{
    strcpy(folder, "/tmp/perisphere-store-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    if (on_postgresql)
        postgresql_server_start(&server);
    REQUIRE(store_open(&store, folder, server.url, NULL) == 0);
    batch_init(&batch, &store, on_reply);
}

static void end(void)
{
    store_close(&store);
    if (on_postgresql)
        postgresql_server_stop(&server);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct store_scope scope = {
    .subscription = {(const uint8_t *)"s", 1}, .resource_group = {(const uint8_t *)"r", 1},
    .catalog = {(const uint8_t *)"c", 1},      .product = {(const uint8_t *)"prod", 4},
    .group = {(const uint8_t *)"grp", 3},
};

static uint8_t device_a[64] = {0xa}, device_b[64] = {0xb}, device_c[64] = {0xc}, device_d[64] = {0xd};

static void hex_of(const uint8_t id[static 64], char text[static 129])
{
    for (int i = 0; i < 64; i++)
        sprintf(text + 2 * i, "%02x", id[i]);
}

static struct span image_last; /* what image_add() made last */
static uint32_t image_version; /* security version, 0: none */
static uint16_t image_program; /* not 0: its body begins as a program for this machine does */

enum { MACHINE_X86_64 = 62, MACHINE_AARCH64 = 183, MONITOR_HOST = 0x41, BOARD_TREE = 0xDF };

static void program_begin(struct writer *p, uint16_t machine)
{
    writer_bytes(p, "\177ELF\2\1\1", 7);
    writer_zero(p, 9);
    writer_u16le(p, 3);
    writer_u16le(p, machine);
}

static void tree_begin(struct writer *p)
{
    size_t len;
    uint8_t *vector = check_read_file("service/store/testdata/hardware/good-mt3620.dtb", &len);
    writer_bytes(p, vector + 1, len - 1); /* behind the type */
    free(vector);
}

static void image_add(bool provider, uint16_t type, uint8_t component, uint8_t id, size_t body)
{
    static uint8_t bytes[70000];
    struct image_meta meta = {.type = type, .signing_type = IMAGE_SIGNING_ECDSA256, .has_debug = true, .name = "n"};
    meta.component[0] = component;
    meta.id[0] = id;
    meta.has_security_version = image_version != 0;
    meta.security_version = image_version;
    struct writer p = writer_of(bytes, sizeof bytes);
    if (image_program)
        program_begin(&p, image_program);
    if (type == IMAGE_TYPE_NORMAL_WORLD_DTB)
        tree_begin(&p);
    while (p.len < body)
        writer_u8(&p, id);
    REQUIRE(image_meta_write(&p, &meta) == 0);
    writer_zero(&p, IMAGE_SIGNATURE_BYTES);
    image_last = writer_view(&p);
    struct store_image_put put = {.package = image_last};
    if (!provider)
        put.scope = scope;
    CHECK_INT(api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), 0);
}

static int release_of(const char *version, const uint8_t *images, size_t count)
{
    struct store_release_put put = {.version = span_of(version, strlen(version)), .state = STORE_REFERENCE_TRUSTED};
    for (size_t i = 0; i < count; i++)
        put.image[put.count++].id[0] = images[i];
    return api(STORE_OP_RELEASE_PUT, &store_release_put_type, &put);
}
#define RELEASE(version, ...) release_of(version, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Of the host whose monitor is there; without images: another feed or state. */
static int release_put(const char *version, uint16_t feed, uint16_t state, uint8_t image1, uint8_t image2)
{
    struct store_release_put put = {.version = span_of(version, strlen(version)), .feed = feed, .state = state};
    if (image1)
        put.image[put.count++].id[0] = MONITOR_HOST;
    if (image1)
        put.image[put.count++].id[0] = image1;
    if (image2)
        put.image[put.count++].id[0] = image2;
    return api(STORE_OP_RELEASE_PUT, &store_release_put_type, &put);
}

static void fleet_make(void)
{
    struct store_catalog_put catalog = {.scope = scope, .actor = T("t")};
    struct store_product_put product = {.scope = scope};
    struct store_group_put group = {.scope = scope, .set = 31};
    struct store_device_register device = {.chip_sku = T("MT3620AN")};
    CHECK_INT(api(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &catalog), 0);
    CHECK_INT(api(STORE_OP_PRODUCT_PUT, &store_product_put_type, &product), 0);
    CHECK_INT(api(STORE_OP_GROUP_PUT, &store_group_put_type, &group), 0);
    memcpy(device.device_id, device_a, 64);
    CHECK_INT(api(STORE_OP_DEVICE_REGISTER, &store_device_register_type, &device), 0);
    memcpy(device.device_id, device_b, 64);
    CHECK_INT(api(STORE_OP_DEVICE_REGISTER, &store_device_register_type, &device), 0);
    memcpy(device.device_id, device_c, 64);
    CHECK_INT(api(STORE_OP_DEVICE_REGISTER, &store_device_register_type, &device), 0);
    memcpy(device.device_id, device_d, 64);
    CHECK_INT(api(STORE_OP_DEVICE_REGISTER, &store_device_register_type, &device), 0);
}

static int attest_as(const uint8_t id[static 64], uint16_t hardware)
{
    static uint8_t serial;
    struct store_attest attest = {.kind = ISSUER_KIND_OS, .serial = {0xA7, ++serial}, .not_before_s = 100,
                                  .not_after_s = 200, .hardware = hardware};
    memcpy(attest.device_id, id, 64);
    return DEVICE_CALL(PEER_DAA, ATTEST_RECORD, attest, attest);
}

static struct store_wanted wanted;

static uint32_t has_keystore = STORE_KEYSTORE_UNKNOWN; /* version that the device says */

static int want(const uint8_t id[static 64], uint64_t now_s, uint8_t installed_services)
{
    struct store_wanted_request request = {.now_s = now_s, .keystore_version = has_keystore};
    memcpy(request.device_id, id, 64);
    if (installed_services) {
        request.count = 1;
        request.at[0].type = IMAGE_TYPE_SERVICES;
        request.at[0].image[0] = installed_services;
    }
    int err = DEVICE_CALL(PEER_OTA, WANTED_GET, wanted_request, request);
    if (!err)
        CHECK_INT(store_wanted_parse(span_of(last_reply, last_len), &wanted), 0);
    return err;
}

static int claim(const uint8_t id[static 64])
{
    static struct store_device_claim put;
    put = (struct store_device_claim){.scope = scope, .count = 1};
    memcpy(put.device[0].id, id, 64);
    return api(STORE_OP_DEVICE_CLAIM, &store_device_claim_type, &put);
}

static int deploy(uint8_t image1, uint8_t image2)
{
    struct store_deployment_put put = {.scope = scope};
    put.scope.name = T(".default");
    if (image1)
        put.image[put.count++].id[0] = image1;
    if (image2)
        put.image[put.count++].id[0] = image2;
    return api(STORE_OP_DEPLOYMENT_PUT, &store_deployment_put_type, &put);
}

/* Every operation by every peer: allowed exactly where the table of
 * store_ops.h says so, and a refusal reaches no handler. */
static void test_peers(void)
{
    for (uint32_t number = 0; number < STORE_OP_AUTHORIZE; number++)
        for (unsigned bit = 1; bit <= PEER_API; bit <<= 1) {
            const struct store_operation *op;
            bool daa = number >= STORE_OP_DEVICE_GET && number <= STORE_OP_ATTEST_RECORD;
            bool ota = number == STORE_OP_WANTED_GET || number == STORE_OP_IMAGE_READ ||
                       number == STORE_OP_IMAGE_ADDRESS;
            bool may = bit == PEER_DAA ? daa
                       : bit == PEER_OTA ? ota
                       : bit == PEER_REPORTS ? number == STORE_OP_REPORT_ADD || number == STORE_OP_DUMP_CONSENT || number == STORE_OP_DUMP_ADD
                                             : (number >= STORE_OP_CATALOG_GET && number <= STORE_OP_CRASH_GROUP_GET) ||
                                                   (number >= STORE_OP_RESOURCE_GROUP_GET &&
                                                    number <= STORE_OP_DUMP_DELETE) ||
                                                   (number >= STORE_OP_OPERATION_RUN &&
                                                    number <= STORE_OP_OPERATION_HOLD) ||
                                                   (number >= STORE_OP_OS_ROLLOUT_GET &&
                                                    number <= STORE_OP_CRASH_DEVICE_LIST);
            CHECK_INT(operation_find(bit, (uint16_t)number, &op), may ? 0 : E_DENIED);
            CHECK(may == (op != NULL));
        }
    /* rubbish as payload is refused by every one */
    for (size_t i = 0; i < store_operation_count; i++)
        CHECK(call(store_operations[i].peers, store_operations[i].number, T("\x9f\xff rubbish")) < 0);
}

static void test_device_get_and_attest(void)
{
    struct store_device_get get = {{0}};
    struct store_device device;
    struct store_attest attest = {.kind = ISSUER_KIND_CATALOG, .serial = {1}, .not_before_s = 100,
                                  .not_after_s = 5000000000};
    CHECK_INT(DEVICE_CALL(PEER_DAA, DEVICE_GET, device_get, get), E_NOT_FOUND);
    memcpy(get.device_id, device_a, 64);
    CHECK_INT(DEVICE_CALL(PEER_DAA, DEVICE_GET, device_get, get), 0);
    CHECK_INT(store_device_parse(span_of(last_reply, last_len), &device), 0);
    CHECK(!device.claimed);
    CHECK_INT(DEVICE_CALL(PEER_DAA, ATTEST_RECORD, attest, attest), E_NOT_FOUND);
    memcpy(attest.device_id, device_a, 64);
    attest.catalog[0] = 1;
    CHECK_INT(DEVICE_CALL(PEER_DAA, ATTEST_RECORD, attest, attest), E_CONFLICT); /* not its catalog */
    CHECK_INT(claim(device_a), 0);
    CHECK_INT(DEVICE_CALL(PEER_DAA, DEVICE_GET, device_get, get), 0);
    CHECK_INT(store_device_parse(span_of(last_reply, last_len), &device), 0);
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
    CHECK_INT(api(STORE_OP_GROUP_PUT, &store_group_put_type, &group), 0);
    CHECK_INT(want(device_a, 1, 0), 0);
    CHECK(!wanted.applications && wanted.app_count == 0);
    group.policy = 0;
    CHECK_INT(api(STORE_OP_GROUP_PUT, &store_group_put_type, &group), 0);

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
    CHECK_INT(api(STORE_OP_DEVICE_UNASSIGN, &store_query_type, &out), 0);
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
    CHECK_INT(store_image_bytes_parse(span_of(last_reply, last_len), &got), 0);
    CHECK_INT(got.bytes.len, 16);
    CHECK_INT(got.bytes.at[9], 0x52);
    uint64_t total = got.total;
    read.offset = total;
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), 0);
    CHECK_INT(store_image_bytes_parse(span_of(last_reply, last_len), &got), 0);
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
    CHECK_INT(api(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &other), 0);
    image_add(false, IMAGE_TYPE_APPLICATIONS, 5, 0x54, 1000);
    scope.catalog = own;
    image_add(false, IMAGE_TYPE_APPLICATIONS, 6, 0x54, 10);
    CHECK_INT(deploy(0x54, 0), 0);
    memcpy(read.device_id, device_a, 64);
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), 0);
    CHECK_INT(store_image_bytes_parse(span_of(last_reply, last_len), &got), 0);
    CHECK(got.row != 0 && got.total < 1000);
    uint64_t total = got.total;
    /* the rest of it, as ota asks for it */
    read = (struct store_image_read){.row = got.row, .length = 1000};
    CHECK_INT(DEVICE_CALL(PEER_OTA, IMAGE_READ, image_read, read), 0);
    CHECK_INT(store_image_bytes_parse(span_of(last_reply, last_len), &got), 0);
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
        CHECK_INT(store_references_parse(span_of(last_reply, last_len), &references), 0);
        for (uint32_t k = 0; k < references.count; k++)
            found += references.at[k].type == types[i] && memcmp(references.at[k].digest, digest, 32) == 0;
        CHECK_INT(found, 1);
        /* signed anew it is the same image, with another body it is not */
        uint8_t again[512];
        REQUIRE(image_last.len <= sizeof again);
        memcpy(again, image_last.at, image_last.len);
        struct store_image_put put = {.package = span_of(again, image_last.len)};
        again[image_last.len - 1] ^= 1;
        CHECK_INT(api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), 0);
        again[0] ^= 1;
        CHECK_INT(api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), E_CONFLICT);
    }
}

static void test_references(void)
{
    struct store_reference_get get = {0};
    static struct store_references references;
    CHECK_INT(DEVICE_CALL(PEER_DAA, REFERENCE_GET, reference_get, get), 0);
    CHECK_INT(store_references_parse(span_of(last_reply, last_len), &references), 0);
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
    CHECK_INT(store_references_parse(span_of(last_reply, last_len), &references), 0);
    CHECK_INT(references.count, 0);
    CHECK(references.generation == get.generation);
    /* the best over the releases that hold an image */
    CHECK_INT(release_put("1.2", 0, STORE_REFERENCE_OUTDATED, 0x92, 0), 0);
    CHECK_INT(DEVICE_CALL(PEER_DAA, REFERENCE_GET, reference_get, get), 0);
    CHECK_INT(store_references_parse(span_of(last_reply, last_len), &references), 0);
    CHECK(references.generation > get.generation);
    memset(states, 0, sizeof states);
    for (uint32_t i = 0; i < references.count; i++)
        states[references.at[i].state]++;
    CHECK_INT(states[STORE_REFERENCE_OUTDATED], 1);
    CHECK_INT(states[STORE_REFERENCE_REVOKED], 0);
}

static struct store_row_device device_show(const uint8_t id[static 64])
{
    char hex[129];
    struct store_query query = {0};
    struct store_rows rows;
    struct store_row_device row = {0};
    hex_of(id, hex);
    query.scope.name = span_of(hex, 128);
    CHECK_INT(api(STORE_OP_DEVICE_SHOW, &store_query_type, &query), 0);
    CHECK_INT(record_parse(&store_rows_type, span_of(last_reply, last_len), &rows), 0);
    struct cursor c = cursor_of(rows.rows);
    record_get(&store_row_device_type, &c, &row);
    CHECK_INT(c.err, 0);
    return row;
}

static uint16_t reference_hardware(uint16_t type, uint8_t component)
{
    static struct store_references references;
    struct store_reference_get get = {0};
    CHECK_INT(DEVICE_CALL(PEER_DAA, REFERENCE_GET, reference_get, get), 0);
    CHECK_INT(store_references_parse(span_of(last_reply, last_len), &references), 0);
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
    if (api(STORE_OP_RELEASE_GET, &store_query_type, &query) != 0)
        return UINT16_MAX;
    CHECK_INT(record_parse(&store_rows_type, span_of(last_reply, last_len), &rows), 0);
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
    if (on_postgresql)
        REQUIRE(postgresql_execute(&store.db, sql, NULL) == 0);
    else
        REQUIRE(sqlite3_exec(store.db.own, sql, NULL, NULL, NULL) == SQLITE_OK);
}

/* A database of schema 4 says it of no release and no device: the images do, at the next start. */
static void test_hardware_learned(void)
{
    run_sql("UPDATE os_release SET hardware = 0");
    run_sql("UPDATE device SET hardware = 0");
    CHECK_INT(release_hardware("8.0"), HARDWARE_UNSTATED);
    store_close(&store);
    REQUIRE(store_open(&store, folder, server.url, NULL) == 0);
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
    CHECK_INT(store.checkin_count, 0);
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
    CHECK_INT(device_find(&store, device_a, &a), 0);
    CHECK_INT(device_find(&store, device_b, &b), 0);
    for (unsigned i = 0; i < MANY; i++)
        checkin_add(&store, i % 2 ? a.id : b.id, 3000 + i / 100);
    CHECK(device_show(device_a).last_request_s < 3000); /* whoever asks does not wait for all that */
    CHECK_INT(store.checkin_count, MANY);
    unsigned flushes = 0;
    for (size_t before; (before = store.checkin_count) > 0 && flushes < 1000; flushes++) {
        CHECK_INT(batch_flush(&batch), 0);
        CHECK(before - store.checkin_count <= MANY / 100);
        if (flushes == 50) /* those that come meanwhile wait for the next sweep */
            checkin_add(&store, b.id, 4000);
    }
    CHECK(flushes >= 100 && flushes < 1000);
    CHECK_INT(device_show(device_a).last_request_s, 3000 + (MANY - 1) / 100);
    CHECK_INT(device_show(device_b).last_request_s, 4000);
    /* no more room: all of them go with the next check, and that one waits */
    for (unsigned i = 0; i < STORE_CHECKINS_FULL; i++)
        checkin_add(&store, a.id, 5000);
    CHECK_INT(want(device_b, 5001, 0x91), 0);
    CHECK_INT(store.checkin_count, 1);
    CHECK_INT(device_show(device_a).last_request_s, 5000);
    CHECK_INT(device_show(device_b).last_request_s, 5001);
}

static struct store_row_insight insight(size_t at, size_t *count)
{
    struct store_query query = {.scope = scope, .limit = STORE_PAGE_MAX};
    struct store_rows rows;
    struct store_row_insight row, found = {0};
    CHECK_INT(api(STORE_OP_INSIGHT_LIST, &store_query_type, &query), 0);
    CHECK_INT(record_parse(&store_rows_type, span_of(last_reply, last_len), &rows), 0);
    struct cursor c = cursor_of(rows.rows);
    for (*count = 0; c.left && !c.err; (*count)++) {
        record_get(&store_row_insight_type, &c, &row);
        if (*count == at)
            found = row;
    }
    return found;
}

static int report(uint8_t batch_id, uint64_t now_s, uint16_t category, uint64_t first_s, uint64_t last_s, uint32_t n)
{
    struct store_report r = {.batch = {batch_id, 7}, .now_s = now_s, .count = 1};
    memcpy(r.device_id, device_a, 64);
    r.at[0] = (struct store_event){.category = category, .first_s = first_s, .last_s = last_s, .count = n,
                                   .exit_code = (uint32_t)-3};
    return DEVICE_CALL(PEER_REPORTS, REPORT_ADD, report, r);
}

static void test_reports(void)
{
    size_t count;
    const uint64_t day = 86400, now = 100 * day;
    store.db.fixed_now_ms = now * 1000;
    CHECK_INT(report(1, now, EVENT_APP_EXIT, now - day, now - day + 5, 2), 0);
    CHECK_INT(report(1, now, EVENT_APP_EXIT, now - day, now - day + 5, 2), 0); /* the batch again */
    struct store_row_insight row = insight(0, &count);
    CHECK_INT(count, 1);
    CHECK_INT(row.count, 2);
    CHECK(span_equal(span_of(row.description.at, 23), T("AppExit (exit_code=-3; ")));
    CHECK_INT(report(2, now, EVENT_APP_EXIT, now - 1, now, 3), 0); /* within 24 h of the first */
    row = insight(0, &count);
    CHECK_INT(count, 1);
    CHECK_INT(row.count, 5);
    CHECK_INT(row.last_s, now);
    CHECK_INT(report(3, now, EVENT_APP_EXIT, now, now, UINT32_MAX), 0); /* 24 h later: a new row */
    row = insight(0, &count); /* newest first */
    CHECK_INT(count, 2);
    CHECK_INT(row.count, INT32_MAX);
    CHECK_INT(report(4, now, 99, now, now, 1), E_MALFORMED);
    CHECK_INT(report(4, now, EVENT_APP_EXIT, now, now - 1, 1), E_MALFORMED);
    CHECK_INT(report(4, now, EVENT_APP_EXIT, now, now, 0), E_MALFORMED);
    CHECK_INT(report(4, now, EVENT_OS_UPDATE, now, now, 1), 0); /* the refused batch was not remembered */
    (void)insight(0, &count);
    CHECK_INT(count, 3);
    store.db.fixed_now_ms = (now + 15 * day) * 1000; /* older than 14 days */
    (void)insight(0, &count);
    CHECK_INT(count, 0);
    store.db.fixed_now_ms = 0;
}

static int64_t rows_of(const char *sql)
{
    int64_t count;
    if (on_postgresql) {
        struct postgresql *pg = store.db.own;
        PGresult *result = NULL;
        REQUIRE(postgresql_execute(&store.db, sql, &result) == 0);
        count = strtoll(pg->pq->PQgetvalue(result, 0, 0), NULL, 10);
        pg->pq->PQclear(result);
        return count;
    }
    sqlite3_stmt *s = NULL;
    REQUIRE(sqlite3_prepare_v2(store.db.own, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW);
    count = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return count;
}

/* Many requests share a commit. */
static void queue(unsigned peer, uint16_t number, struct span payload)
{
    const struct store_operation *op;
    REQUIRE(operation_find(peer, number, &op) == 0);
    if (batch_take(&batch, op, payload, NULL))
        CHECK_INT(batch_end(&batch), 0);
}

/* What one device can make the store keep has an end, however often it asks. */
static void test_bounds(void)
{
    enum { OFTEN = 1040, KEPT = 1000 };
    const uint64_t now = 20000000;
    store.db.fixed_now_ms = now * 1000;
    for (uint64_t i = 0; i < OFTEN; i++) {
        struct store_attest attest = {.kind = ISSUER_KIND_OS, .serial = {0xB0, (uint8_t)i, (uint8_t)(i >> 8)},
                                      .not_before_s = now + i, .not_after_s = now + 86400 + i};
        struct store_report r = {.batch = {0xB1, (uint8_t)i, (uint8_t)(i >> 8)}, .now_s = now + i, .count = 1};
        memcpy(attest.device_id, device_b, 64);
        memcpy(r.device_id, device_b, 64);
        r.at[0] = (struct store_event){.category = EVENT_APP_EXIT, .first_s = now + i, .last_s = now + i, .count = 1,
                                       .exit_code = (uint32_t)i};
        w = writer_of(buffer, sizeof buffer);
        REQUIRE(store_attest_write(&attest, &w) == 0);
        queue(PEER_DAA, STORE_OP_ATTEST_RECORD, writer_view(&w));
        w = writer_of(buffer, sizeof buffer);
        REQUIRE(store_report_write(&r, &w) == 0);
        queue(PEER_REPORTS, STORE_OP_REPORT_ADD, writer_view(&w));
    }
    CHECK_INT(batch_end(&batch), 0);
    CHECK_INT(last_status, 0);
    store.db.fixed_now_ms = 0;
    /* Those beyond are refused: none that is good was forgotten for one. */
    CHECK_INT(rows_of("SELECT count(*) FROM certificate WHERE not_before_s >= 20000000"), KEPT);
    CHECK_INT(rows_of("SELECT min(not_after_s) FROM certificate WHERE not_before_s >= 20000000"), now + 86400);
    CHECK(rows_of("SELECT count(*) FROM batch WHERE received_s >= 20000000") <= KEPT + 8);
    CHECK(rows_of("SELECT count(*) FROM event") <= KEPT + 8);
}

/* A request that fails leaves nothing, and those beside it are kept. */
static void test_batch(void)
{
    const struct store_operation *good, *bad;
    struct store_product_put put = {.scope = scope};
    struct store_query gone = {.scope = scope};
    uint8_t a[512], b[512];
    struct writer wa = writer_of(a, sizeof a), wb = writer_of(b, sizeof b);
    put.scope.product = T("batched");
    gone.scope.product = T("never");
    REQUIRE(operation_find(PEER_API, STORE_OP_PRODUCT_PUT, &good) == 0);
    REQUIRE(operation_find(PEER_API, STORE_OP_PRODUCT_DELETE, &bad) == 0);
    REQUIRE(record_write(&store_product_put_type, &put, &wa) == 0);
    REQUIRE(record_write(&store_query_type, &gone, &wb) == 0);
    replies = 0;
    CHECK(!batch_take(&batch, good, writer_view(&wa), NULL));
    CHECK(!batch_take(&batch, bad, writer_view(&wb), NULL));
    CHECK_INT(replies, 0); /* nothing is said before the commit */
    CHECK_INT(batch_end(&batch), 0);
    CHECK_INT(replies, 2);
    CHECK_INT(last_status, E_NOT_FOUND);
    struct store_query there = {.scope = put.scope};
    CHECK_INT(api(STORE_OP_PRODUCT_GET, &store_query_type, &there), 0);
    if (on_postgresql)
        return; /* what becomes of a commit that fails there: postgresql_test.c */
    /* a commit that fails is nobody's success, and leaves nothing */
    put.scope.product = T("lost");
    wa = writer_of(a, sizeof a);
    REQUIRE(record_write(&store_product_put_type, &put, &wa) == 0);
    CHECK(!batch_take(&batch, good, writer_view(&wa), NULL));
    REQUIRE(sqlite3_exec(store.db.own, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(batch_end(&batch) != 0);
    CHECK(last_status != 0);
    there.scope = put.scope;
    CHECK_INT(api(STORE_OP_PRODUCT_GET, &store_query_type, &there), E_NOT_FOUND);
    /* a disk that takes no check-ins does not stop the reading */
    const struct store_operation *get;
    there.scope.product = T("batched");
    wa = writer_of(a, sizeof a);
    REQUIRE(operation_find(PEER_API, STORE_OP_PRODUCT_GET, &get) == 0);
    REQUIRE(record_write(&store_query_type, &there, &wa) == 0);
    CHECK_INT(want(device_b, 9000, 0), 0);
    CHECK_INT(store.checkin_count, 1);
    CHECK(!batch_take(&batch, get, writer_view(&wa), NULL));
    REQUIRE(sqlite3_exec(store.db.own, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(batch_end(&batch) != 0);
    CHECK_INT(last_status, 0);
    CHECK(last_len > 0);
    CHECK_INT(store.checkin_count, 1);
    CHECK_INT(batch_flush(&batch), 0);
    CHECK_INT(store.checkin_count, 0);
}

/* Check-ins alone wait for no disk; what is acknowledged does, also right after them. */
static int sqlite_number(const char *sql)
{
    sqlite3_stmt *s = NULL;
    REQUIRE(sqlite3_prepare_v2(store.db.own, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW);
    int value = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return value;
}

static void test_lax(void)
{
    enum { NORMAL = 1, FULL = 2 };
    CHECK_INT(want(device_b, 9100, 0), 0);
    CHECK_INT(sqlite_number("PRAGMA synchronous"), FULL);
    CHECK_INT(batch_flush(&batch), 0);
    CHECK_INT(sqlite_number("PRAGMA synchronous"), NORMAL);
    CHECK_INT(device_show(device_b).last_request_s, 9100);
    CHECK_INT(sqlite_number("PRAGMA synchronous"), FULL);
    /* a request that came before the timer takes them along */
    CHECK_INT(want(device_b, 9200, 0), 0);
    CHECK_INT(device_show(device_b).last_request_s, 9200);
    CHECK_INT(store.checkin_count, 0);
    CHECK_INT(sqlite_number("PRAGMA synchronous"), FULL);
}

/* Full: SQLite's own limit of pages stands in for a full disk. */
static void test_full(void)
{
    static char long_text[STORE_DESCRIPTION_MAX];
    struct store_product_put put = {.scope = scope, .set_description = true};
    char name[32];
    int err = 0, made = 0;
    memset(long_text, 'x', sizeof long_text);
    put.description = span_of(long_text, sizeof long_text);
    sqlite3_stmt *count;
    REQUIRE(sqlite3_prepare_v2(store.db.own, "PRAGMA page_count", -1, &count, NULL) == SQLITE_OK &&
            sqlite3_step(count) == SQLITE_ROW);
    sqlite3_int64 pages = sqlite3_column_int64(count, 0) + 40;
    sqlite3_finalize(count);
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %lld", (long long)pages);
    REQUIRE(sqlite3_exec(store.db.own, pragma, NULL, NULL, NULL) == SQLITE_OK);
    for (; !err && made < 200; made++) {
        snprintf(name, sizeof name, "full %d", made);
        put.scope.product = span_of(name, strlen(name));
        err = api(STORE_OP_PRODUCT_PUT, &store_product_put_type, &put);
    }
    CHECK_INT(err, E_FULL);
    struct store_query query = {.scope = put.scope};
    CHECK_INT(api(STORE_OP_PRODUCT_GET, &store_query_type, &query), E_NOT_FOUND);
    snprintf(name, sizeof name, "full %d", made - 2);
    query.scope.product = span_of(name, strlen(name));
    CHECK_INT(api(STORE_OP_PRODUCT_GET, &store_query_type, &query), 0);
    REQUIRE(sqlite3_exec(store.db.own, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL) == SQLITE_OK);
    CHECK_INT(api(STORE_OP_PRODUCT_PUT, &store_product_put_type, &put), 0); /* goes on once there is room */
}

/* The sequence rises even when the clock, or the database, went back. */
static void test_counter(void)
{
    uint64_t a, b;
    store.db.fixed_now_ms = 5000000000000;
    REQUIRE(database_begin(&store.db) == 0);
    CHECK_INT(counter_next(&store.db, &a), 0);
    CHECK(a == 5000000000000);
    store.db.fixed_now_ms = 1000;
    CHECK_INT(counter_next(&store.db, &b), 0);
    CHECK(b == a + 1);
    database_rollback(&store.db);
    store.db.fixed_now_ms = 0;
}

/* Image files: rows decide; what a crash left is removed at the next start. */
static size_t files_count(void)
{
    char path[256];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/images", folder);
    DIR *dir = opendir(path);
    REQUIRE(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* An upload whose row does not come to be leaves no file: on a full disk it would
 * keep the room that is needed. */
static void test_upload_undone(void)
{
    static uint8_t package[8192], bytes[16384];
    const struct store_operation *put_op;
    struct image_meta meta = {.type = IMAGE_TYPE_APPLICATIONS, .signing_type = IMAGE_SIGNING_ECDSA256,
                              .component = {7}, .id = {0x71}, .has_debug = true, .name = "undone"};
    struct writer p = writer_of(package, sizeof package), in = writer_of(bytes, sizeof bytes);
    size_t before = files_count();
    writer_zero(&p, 4096);
    REQUIRE(image_meta_write(&p, &meta) == 0);
    writer_zero(&p, IMAGE_SIGNATURE_BYTES);
    struct store_image_put put = {.scope = scope, .package = writer_view(&p)};
    REQUIRE(record_write(&store_image_put_type, &put, &in) == 0);
    REQUIRE(operation_find(PEER_API, STORE_OP_IMAGE_PUT, &put_op) == 0);
    CHECK(!batch_take(&batch, put_op, writer_view(&in), NULL));
    CHECK_INT(files_count(), before + 1);
    REQUIRE(sqlite3_exec(store.db.own, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(batch_end(&batch) != 0);
    CHECK(last_status != 0);
    CHECK_INT(files_count(), before);
    CHECK(!batch_take(&batch, put_op, writer_view(&in), NULL));
    CHECK_INT(batch_end(&batch), 0);
    CHECK_INT(last_status, 0);
    CHECK_INT(files_count(), before + 1);
    /* a deletion that is undone takes nothing away */
    const struct store_operation *delete_op;
    char guid[40];
    struct store_query gone = {.scope = scope};
    guid_format(meta.id, guid);
    gone.scope.name = span_of(guid, 36);
    in = writer_of(bytes, sizeof bytes);
    REQUIRE(record_write(&store_query_type, &gone, &in) == 0);
    REQUIRE(operation_find(PEER_API, STORE_OP_IMAGE_DELETE, &delete_op) == 0);
    CHECK(!batch_take(&batch, delete_op, writer_view(&in), NULL));
    REQUIRE(sqlite3_exec(store.db.own, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(batch_end(&batch) != 0);
    CHECK_INT(files_count(), before + 1);
    CHECK_INT(call(PEER_API, STORE_OP_IMAGE_DELETE, writer_view(&in)), 0);
    CHECK_INT(files_count(), before);
}

static void test_files(void)
{
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/images/%064d", folder, 7);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    REQUIRE(fd >= 0);
    close(fd);
    store_close(&store);
    REQUIRE(store_open(&store, folder, server.url, NULL) == 0);
    CHECK(stat(path, &st) != 0);
    test_image_read();
}

/* -- what is refused at start ------------------------------------------------------- */

static void quiet(void)
{
    REQUIRE(freopen("/dev/null", "w", stderr) != NULL);
}

static int open_again(void)
{
    struct store *other = calloc(1, sizeof *other);
    REQUIRE(other != NULL);
    int err = store_open(other, folder, server.url, NULL);
    if (!err)
        store_close(other);
    free(other);
    return err;
}

static void execute(const char *sql)
{
    sqlite3 *db;
    char path[128];
    snprintf(path, sizeof path, "%s/store.db", folder);
    REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

static void test_start(void)
{
    char path[128];
    int status;
    snprintf(path, sizeof path, "%s/store.db", folder);
    pid_t second = fork(); /* POSIX locks do not hold within one process */
    REQUIRE(second >= 0);
    if (second == 0) {
        quiet();
        _exit(open_again() == E_BUSY ? 0 : 1);
    }
    REQUIRE(waitpid(second, &status, 0) == second);
    CHECK_INT(status, 0);
    store_close(&store);
    CHECK_INT(open_again(), 0);
    execute("PRAGMA user_version = 99");
    CHECK_INT(open_again(), E_VERSION);
    execute("PRAGMA application_id = 5");
    CHECK_INT(open_again(), E_CORRUPT);
    char back[80];
    snprintf(back, sizeof back, "PRAGMA application_id = 1346720329; PRAGMA user_version = %d", DATABASE_SCHEMA);
    execute(back);
    CHECK_INT(open_again(), 0);
    int fd = open(path, O_RDWR);
    REQUIRE(fd >= 0);
    for (off_t page = 1; page < 30; page++)
        REQUIRE(pwrite(fd, "garbage, garbage, garbage", 25, page * 4096) == 25);
    close(fd);
    CHECK_INT(open_again(), E_CORRUPT);
    fd = open(path, O_RDWR | O_TRUNC);
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, "this is no database at all, but it is long enough for a header ..............................................", 100) == 100);
    close(fd);
    CHECK_INT(open_again(), E_CORRUPT);
    REQUIRE(unlink(path) == 0 && mkdir(path, 0700) == 0);
    CHECK_INT(open_again(), E_IO);
    REQUIRE(rmdir(path) == 0);
    REQUIRE(store_open(&store, folder, server.url, NULL) == 0);
}

int main(int argc, char **argv)
{
    on_postgresql = argc > 1 && strcmp(argv[1], "postgresql") == 0;
    begin();
    test_peers();
    fleet_make();
    test_device_get_and_attest();
    test_wanted();
    test_image_read();
    test_image_read_shared_id();
    test_references();
    test_checkins();
    test_checkin_sweeps();
    test_reports();
    test_batch();
    test_counter();
    test_mcu_references();
    test_hardware();
    test_hardware_refused();
    test_hardware_learned();
    test_wanted_keystore();
    if (!on_postgresql) {
        test_full();
        test_files();
        test_upload_undone();
        test_lax();
    }
    test_bounds();
    if (!on_postgresql)
        test_start();
    end();
    return check_done();
}
