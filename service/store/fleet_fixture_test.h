/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A catalog with a group, four devices, images and releases for them: for tests of what
 * the device-facing processes ask the store.
 */
#ifndef PERI_SERVICE_STORE_FLEET_FIXTURE_TEST_H
#define PERI_SERVICE_STORE_FLEET_FIXTURE_TEST_H

#include "abi/device_api.h"
#include "lib/guid.h"
#include "lib/image.h"
#include "service/ipc/issuer_ops.h"
#include "service/store/store_fixture_test.h"

#define DEVICE_CALL(peer, op, name, in)                                              \
    (w = writer_of(buffer, sizeof buffer), REQUIRE_OK(store_##name##_write(&(in), &w)), \
     fixture_call(peer, STORE_OP_##op, writer_view(&w)))
static uint8_t buffer[65536];
static struct writer w;
static inline int require_ok(int err)
{
    REQUIRE(err == 0);
    return err;
}
#define REQUIRE_OK(err) require_ok(err)

static struct store_scope scope = {
    .subscription = {(const uint8_t *)"s", 1}, .resource_group = {(const uint8_t *)"r", 1},
    .catalog = {(const uint8_t *)"c", 1},      .product = {(const uint8_t *)"prod", 4},
    .group = {(const uint8_t *)"grp", 3},
};

static uint8_t device_a[64] = {0xa}, device_b[64] = {0xb}, device_c[64] = {0xc}, device_d[64] = {0xd};

static inline void hex_of(const uint8_t id[static 64], char text[static 129])
{
    for (int i = 0; i < 64; i++)
        sprintf(text + 2 * i, "%02x", id[i]);
}

static struct span image_last; /* what image_add() made last */
static uint32_t image_version; /* security version, 0: none */
static uint16_t image_program; /* not 0: its body begins as a program for this machine does */

enum { MACHINE_X86_64 = 62, MACHINE_AARCH64 = 183, MONITOR_HOST = 0x41, BOARD_TREE = 0xDF };

static inline void program_begin(struct writer *p, uint16_t machine)
{
    writer_bytes(p, "\177ELF\2\1\1", 7);
    writer_zero(p, 9);
    writer_u16le(p, 3);
    writer_u16le(p, machine);
}

static inline void tree_begin(struct writer *p)
{
    size_t len;
    uint8_t *vector = check_read_file("service/store/testdata/hardware/good-mt3620.dtb", &len);
    writer_bytes(p, vector + 1, len - 1); /* behind the type */
    free(vector);
}

static inline void image_add(bool provider, uint16_t type, uint8_t component, uint8_t id, size_t body)
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
    CHECK_INT(fixture_api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), 0);
}

static inline int release_of(const char *version, const uint8_t *images, size_t count)
{
    struct store_release_put put = {.version = span_of(version, strlen(version)), .state = STORE_REFERENCE_TRUSTED};
    for (size_t i = 0; i < count; i++)
        put.image[put.count++].id[0] = images[i];
    return fixture_api(STORE_OP_RELEASE_PUT, &store_release_put_type, &put);
}
#define RELEASE(version, ...) release_of(version, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Of the host whose monitor is there; without images: another feed or state. */
static inline int release_put(const char *version, uint16_t feed, uint16_t state, uint8_t image1, uint8_t image2)
{
    struct store_release_put put = {.version = span_of(version, strlen(version)), .feed = feed, .state = state};
    if (image1)
        put.image[put.count++].id[0] = MONITOR_HOST;
    if (image1)
        put.image[put.count++].id[0] = image1;
    if (image2)
        put.image[put.count++].id[0] = image2;
    return fixture_api(STORE_OP_RELEASE_PUT, &store_release_put_type, &put);
}

static inline void fleet_make(void)
{
    struct store_catalog_put catalog = {.scope = scope, .actor = T("t")};
    struct store_product_put product = {.scope = scope};
    struct store_group_put group = {.scope = scope, .set = 31};
    struct store_device_register device = {.chip_sku = T("MT3620AN")};
    CHECK_INT(fixture_api(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &catalog), 0);
    CHECK_INT(fixture_api(STORE_OP_PRODUCT_PUT, &store_product_put_type, &product), 0);
    CHECK_INT(fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &group), 0);
    memcpy(device.device_id, device_a, 64);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_REGISTER, &store_device_register_type, &device), 0);
    memcpy(device.device_id, device_b, 64);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_REGISTER, &store_device_register_type, &device), 0);
    memcpy(device.device_id, device_c, 64);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_REGISTER, &store_device_register_type, &device), 0);
    memcpy(device.device_id, device_d, 64);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_REGISTER, &store_device_register_type, &device), 0);
}

static inline int attest_as(const uint8_t id[static 64], uint16_t hardware)
{
    static uint8_t serial;
    struct store_attest attest = {.kind = ISSUER_KIND_OS, .serial = {0xA7, ++serial}, .not_before_s = 100,
                                  .not_after_s = 200, .hardware = hardware};
    memcpy(attest.device_id, id, 64);
    return DEVICE_CALL(PEER_DAA, ATTEST_RECORD, attest, attest);
}

static struct store_wanted wanted;

static uint32_t has_keystore = STORE_KEYSTORE_UNKNOWN; /* version that the device says */

static inline int want(const uint8_t id[static 64], uint64_t now_s, uint8_t installed_services)
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
        CHECK_INT(store_wanted_parse(span_of(fx.reply, fx.len), &wanted), 0);
    return err;
}

static inline int claim(const uint8_t id[static 64])
{
    static struct store_device_claim put;
    put = (struct store_device_claim){.scope = scope, .count = 1};
    memcpy(put.device[0].id, id, 64);
    return fixture_api(STORE_OP_DEVICE_CLAIM, &store_device_claim_type, &put);
}

static inline int deploy(uint8_t image1, uint8_t image2)
{
    struct store_deployment_put put = {.scope = scope};
    put.scope.name = T(".default");
    if (image1)
        put.image[put.count++].id[0] = image1;
    if (image2)
        put.image[put.count++].id[0] = image2;
    return fixture_api(STORE_OP_DEPLOYMENT_PUT, &store_deployment_put_type, &put);
}

static inline struct store_row_device device_show(const uint8_t id[static 64])
{
    char hex[129];
    struct store_query query = {0};
    struct store_rows rows;
    struct store_row_device row = {0};
    hex_of(id, hex);
    query.scope.name = span_of(hex, 128);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_SHOW, &store_query_type, &query), 0);
    CHECK_INT(record_parse(&store_rows_type, span_of(fx.reply, fx.len), &rows), 0);
    struct cursor c = cursor_of(rows.rows);
    record_get(&store_row_device_type, &c, &row);
    CHECK_INT(c.err, 0);
    return row;
}

#endif
