/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/world_test.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "abi/pluton_call.h"
#include "lib/asxipfs.h"
#include "abi/evidence.h"
#include "lib/guid.h"
#include "tests/check.h"

/* Made once each, and kept. */
static EVP_PKEY *key_pair(enum world_key key)
{
    static EVP_PKEY *made[KEYS];
    unsigned char point[1 + P256_PUBLIC_BYTES] = {4};
    EVP_PKEY *pkey = NULL;
    if (made[key])
        return made[key];
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    BIGNUM *scalar = BN_new();

    world_public(key, point + 1);
    REQUIRE(bld && make && scalar && BN_set_word(scalar, (BN_ULONG)key + 2) == 1);
    REQUIRE(OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1);
    REQUIRE(OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) ==
            1);
    REQUIRE(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    REQUIRE(params && EVP_PKEY_fromdata_init(make) == 1);
    REQUIRE(EVP_PKEY_fromdata(make, &pkey, EVP_PKEY_KEYPAIR, params) == 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(make);
    BN_free(scalar);
    return made[key] = pkey;
}

static int sign(void *context, const uint8_t digest[static SHA256_BYTES],
                uint8_t signature[static P256_SIGNATURE_BYTES])
{
    unsigned char der[80];
    const unsigned char *from = der;
    size_t len = sizeof der;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_pair((enum world_key)(uintptr_t)context), NULL);
    REQUIRE(ctx && EVP_PKEY_sign_init(ctx) == 1);
    REQUIRE(EVP_PKEY_sign(ctx, der, &len, digest, SHA256_BYTES) == 1);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &from, (long)len);
    REQUIRE(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, 32) == 32);
    REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + 32, 32) == 32);
    ECDSA_SIG_free(sig);
    EVP_PKEY_CTX_free(ctx);
    return 0;
}

struct signer world_signer(enum world_key key)
{
    return (struct signer){sign, (void *)(uintptr_t)key};
}

void world_public(enum world_key key, uint8_t public[static P256_PUBLIC_BYTES])
{
    static uint8_t made[KEYS][P256_PUBLIC_BYTES];
    static bool has[KEYS];
    if (has[key]) {
        memcpy(public, made[key], P256_PUBLIC_BYTES);
        return;
    }
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *scalar = BN_new(), *x = BN_new(), *y = BN_new();
    REQUIRE(group && point && scalar && x && y);
    REQUIRE(BN_set_word(scalar, (BN_ULONG)key + 2) == 1);
    REQUIRE(EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1);
    REQUIRE(EC_POINT_get_affine_coordinates(group, point, x, y, NULL) == 1);
    REQUIRE(BN_bn2binpad(x, public, 32) == 32 && BN_bn2binpad(y, public + 32, 32) == 32);
    memcpy(made[key], public, P256_PUBLIC_BYTES);
    has[key] = true;
    BN_free(x);
    BN_free(y);
    BN_free(scalar);
    EC_POINT_free(point);
    EC_GROUP_free(group);
}

void world_keystore(struct keystore *keystore)
{
    static const struct {
        enum world_key key;
        uint32_t usage;
    } rows[] = {
        {KEY_OS, KEYSTORE_USE_OS},
        {KEY_APP, KEYSTORE_USE_APPLICATION},
        {KEY_UPDATE, KEYSTORE_USE_UPDATE},
        {KEY_DEVELOPMENT, KEYSTORE_USE_DEVELOPMENT},
    };
    memset(keystore, 0, sizeof *keystore);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct keystore_key *to = &keystore->at[keystore->count++];
        world_public(rows[i].key, to->key);
        REQUIRE(image_thumbprint(to->key, to->thumbprint) == 0);
        to->usage = rows[i].usage;
    }
}

void world_wrap(const struct image_order *order, struct span body, struct package *package)
{
    struct writer w = writer_of(package->bytes, sizeof package->bytes);
    struct image_meta meta = {.type = order->type, .signing_type = IMAGE_SIGNING_ECDSA256,
                              .has_debug = true, .built_s = 1700000000, .name = "test"};
    uint8_t public[P256_PUBLIC_BYTES];
    struct signer signer = world_signer(order->key);

    world_public(order->key, public);
    REQUIRE(image_thumbprint(public, meta.thumbprint) == 0);
    memset(meta.component, order->component, sizeof meta.component);
    memset(meta.id, order->id, sizeof meta.id);
    meta.has_temporary = order->temporary != 0;
    meta.temporary = order->temporary;
    meta.has_provides = order->provides.type != 0;
    meta.provides = (struct image_abi){.count = 1, .at = {order->provides}};
    meta.has_depends = order->depends.type != 0;
    meta.depends = (struct image_abi){.count = 1, .at = {order->depends}};
    meta.has_security_version = order->security_version != 0;
    meta.security_version = order->security_version;
    writer_bytes(&w, body.at, body.len);
    REQUIRE(image_meta_write(&w, &meta) == 0);
    REQUIRE(image_sign(&w, &signer) == 0);
    package->len = w.len;
}

void world_image(const struct image_order *order, struct package *package)
{
    static uint8_t body[PACKAGE_BYTES];
    char json[512], component[GUID_TEXT_BYTES];
    uint8_t guid[GUID_BYTES], program[64];

    if (order->no_file_system) {
        memset(body, order->id, 100);
        world_wrap(order, span_of(body, 100), package);
        return;
    }
    memset(guid, order->component, sizeof guid);
    guid_format(guid, component);
    snprintf(json, sizeof json,
             "{\"SchemaVersion\":1,\"Name\":\"test\",\"ComponentId\":\"%s\","
             "\"EntryPoint\":\"/bin/app\",\"CmdArgs\":[],\"Capabilities\":{},"
             "\"ApplicationType\":\"Default\"}",
             component);
    const char *text = order->app_json ? order->app_json : json;
    memset(program, order->id, sizeof program);
    struct asxipfs_source app[] = {
        {"/app_manifest.json", false, span_of(text, strlen(text))},
        {order->entry_file ? order->entry_file : "/bin/app", true, span_of(program, sizeof program)},
    };
    struct asxipfs_source services[] = {
        {"/bin/application-manager", true, span_of(program, sizeof program)},
    };
    bool is_app = order->type == IMAGE_TYPE_APPLICATIONS;
    struct writer w = writer_of(body, sizeof body);
    REQUIRE(asxipfs_write(is_app ? app : services, is_app ? 2 : 1, &w) == 0);
    world_wrap(order, writer_view(&w), package);
}

struct manifest_entry world_entry(const struct image_order *order, const struct package *package)
{
    struct manifest_entry e = {.type = order->type, .partition = PARTITION_APPLICATIONS,
                               .file_bytes = (uint32_t)package->len,
                               .uncompressed_bytes = (uint32_t)package->len,
                               .provides = {order->provides}, .depends = {order->depends}};
    memset(e.image, order->id, sizeof e.image);
    memset(e.component, order->component, sizeof e.component);
    return e;
}

static void manifest_wrap(const struct manifest *manifest, uint16_t type, enum world_key key,
                          struct package *package)
{
    static uint8_t body[4096];
    struct writer w = writer_of(body, sizeof body);
    struct image_order order = {.type = type, .component = 0x77, .id = 0x78, .key = key};
    REQUIRE(manifest_write(manifest, &w) == 0);
    world_wrap(&order, writer_view(&w), package);
}

void world_set(const struct set_order *order, struct package *package)
{
    static struct package base, firmware, customer;
    static uint8_t body[MANIFEST_SET_BYTES_MAX];
    struct manifest_set set = {.sequence = order->sequence, .issued_s = 1700000000,
                               .not_after_s = 1700003600,
                               .check_interval_s = order->check_interval_s};
    struct writer w = writer_of(body, sizeof body);
    memset(set.device_id, order->device, sizeof set.device_id);
    memcpy(set.nonce, order->nonce, sizeof set.nonce);
    if (order->base || order->base_manifest.count) {
        manifest_wrap(&order->base_manifest, IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST, order->manifest_key,
                      &base);
        set.at[set.count].type = IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST;
        set.at[set.count++].image = package_view(&base);
    }
    if (order->firmware) {
        manifest_wrap(&order->firmware_manifest, IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST,
                      order->manifest_key, &firmware);
        set.at[set.count].type = IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST;
        set.at[set.count++].image = package_view(&firmware);
    }
    if (order->customer) {
        manifest_wrap(&order->customer_manifest,
                      order->inner_type ? order->inner_type : IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST,
                      order->manifest_key, &customer);
        set.at[set.count].type = IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST;
        set.at[set.count++].image = package_view(&customer);
    }
    REQUIRE(manifest_set_write(&set, &w) == 0);
    struct image_order wrap = {.type = IMAGE_TYPE_MANIFEST_SET, .component = 0x79, .id = 0x7A,
                               .key = order->key};
    world_wrap(&wrap, writer_view(&w), package);
}

/* The platform. */

const struct image_order world_services = {
    .type = IMAGE_TYPE_SERVICES, .component = COMPONENT_S, .id = 0x01, .key = KEY_OS,
    .security_version = 2, .provides = {5, IMAGE_IDENTITY_APPLICATION_RUNTIME},
    .depends = {1, IMAGE_IDENTITY_SECURE_WORLD_RUNTIME}};
const struct image_order world_app = {
    .type = IMAGE_TYPE_APPLICATIONS, .component = COMPONENT_A, .id = 0xA2, .key = KEY_APP,
    .depends = {3, IMAGE_IDENTITY_APPLICATION_RUNTIME}};

static void manufacture(struct world *w, struct image_set *set, const struct image_order *order,
                        const struct package *package)
{
    const struct medium *medium = &w->ram.medium;
    const struct medium_fixed *fixed = place_fixed(medium, order->type);
    struct medium_area busy[MONITOR_COMPONENTS_MAX];
    struct image image;
    struct component *c = &set->at[set->count];
    REQUIRE(image_parse(package_view(package), &image) == 0);
    memset(c->component, order->component, sizeof c->component);
    memset(c->image, order->id, sizeof c->image);
    c->type = order->type;
    c->file_bytes = (uint32_t)package->len;
    for (unsigned i = 0; i < set->count; i++)
        busy[i] = component_area(medium, &set->at[i]);
    c->first = fixed ? fixed->system[0].first : place_find(medium, busy, set->count, c->file_bytes);
    set->count++;
    REQUIRE(image_digest(&image, c->digest) == 0);
    const struct medium_area area = component_area(medium, c);
    REQUIRE(medium_erase(medium, area) == 0);
    REQUIRE(medium_write(medium, area, 0, package_view(package)) == 0);
    REQUIRE(medium_finish(medium, area, c->file_bytes) == 0);
}

struct image_order world_os(uint16_t type, uint8_t id)
{
    struct image_order order = world_services;
    order.id = id;
    if (type == IMAGE_TYPE_SERVICES)
        return order;
    order.type = type;
    order.component = (uint8_t)(0x60 + type);
    order.no_file_system = true;
    order.provides = order.depends = (struct abi_identity){0, 0};
    return order;
}

static void init(struct world *w, enum ram_shape shape)
{
    static const uint16_t types[] = {IMAGE_TYPE_NORMAL_WORLD_KERNEL, IMAGE_TYPE_NORMAL_WORLD_DTB,
                                     IMAGE_TYPE_ROOT_FS};
    static struct package package;
    static struct record r;
    memset(w, 0, sizeof *w);
    memset(&r, 0, sizeof r);
    r.generation = 1;
    ram_init(&w->ram, shape);
    world_keystore(&w->keystore);
    memset(w->device_id, WORLD_DEVICE, sizeof w->device_id);
    w->os_counter = 2;
    w->keystore_version = w->keystore_counter = r.kept.keystore_version = 1;
    w->lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    world_image(&world_services, &w->services);
    world_image(&world_app, &w->app);
    manufacture(w, &r.kept, &world_services, &w->services);
    manufacture(w, &r.kept, &world_app, &w->app);
    for (unsigned i = 0; shape == RAM_AS_MCU && i < 3; i++) {
        const struct image_order order = world_os(types[i], (uint8_t)(0x10 * types[i] + 1));
        world_image(&order, &package);
        manufacture(w, &r.kept, &order, &package);
    }
    REQUIRE(record_commit(&w->ram.medium, &r, 0) == 0);
    REQUIRE(world_restart(w) == 0);
}

void world_init(struct world *w)
{
    init(w, RAM_AS_HOST);
}

void world_init_mcu(struct world *w)
{
    init(w, RAM_AS_MCU);
}

/* As monitor/svc/boot.c: every image of the system that is to run, or not that system. */
static bool mcu_system(struct world *w, struct component *os, uint32_t *version, struct abi_offer *abi)
{
    const struct image_checker checker = {&w->ram.medium, &w->keystore, w->os_counter};
    const struct image_set *set = engine_set(&w->engine);
    unsigned count = 0;
    *version = UINT32_MAX;
    *abi = (struct abi_offer){.version[IMAGE_IDENTITY_SECURE_WORLD_RUNTIME] = ENGINE_SECURE_WORLD_RUNTIME};
    for (unsigned i = 0; i < set->count; i++) {
        const struct component *c = &set->at[i];
        struct span file;
        struct image image;
        uint8_t digest[SHA256_BYTES];
        if (!place_fixed(&w->ram.medium, c->type))
            continue;
        if (medium_view(&w->ram.medium, component_area(&w->ram.medium, c), c->file_bytes, &file) != 0 ||
            image_check(&checker, file, &image, digest) != MONITOR_OK)
            return false;
        os[count++] = *c;
        abi_offer_add(abi, image.meta.provides.at, image.meta.provides.count);
        if (image.meta.security_version < *version)
            *version = image.meta.security_version;
    }
    return count == WORLD_MCU_OS;
}

static void mcu_boot(struct world *w)
{
    struct component os[WORLD_MCU_OS];
    struct abi_offer abi;
    uint32_t version;
    bool good = mcu_system(w, os, &version, &abi);
    if (!good && w->engine.trial_runs) {
        engine_undo(&w->engine);
        good = mcu_system(w, os, &version, &abi);
    }
    if (!good)
        return;
    engine_adopt(&w->engine, engine_set(&w->engine)->system, os, WORLD_MCU_OS, version);
    w->engine.running = abi;
}

static void guard(struct world *w)
{
    if (w->machine)
        w->machine->guard(w);
    else
        ram_forbid(&w->ram, &w->engine.live);
}

/* What a start does with a keystore that an update brought. */
static void keystore_follow(struct world *w)
{
    const struct component *c = keystore_installed(&w->engine);
    static struct keystore next;
    struct span file;
    struct image image;
    if (!c)
        return;
    REQUIRE(medium_view(&w->ram.medium, component_area(&w->ram.medium, c), c->file_bytes, &file) == 0);
    REQUIRE(image_parse(file, &image) == 0 && keystore_parse(image.body, &next) == 0);
    if (image.meta.security_version <= w->keystore_version)
        return;
    REQUIRE(platform_keystore_check(w, file, &next) == 0);
    w->keystore = next;
    w->keystore_version = w->engine.keystore_version = image.meta.security_version;
}

static int boot(struct world *w)
{
    struct image image;
    struct component component;
    int err = engine_init(&w->engine, &w->ram.medium, w, &w->keystore,
                          w->keystore_version, w->device_id, &w->scratch);
    if (!err)
        keystore_follow(w);
    if (!err && w->ram.medium.fixed_count)
        mcu_boot(w);
    else if (!err)
        (void)engine_services(&w->engine, &image, &component);
    guard(w);
    return err;
}

int world_restart(struct world *w)
{
    if (w->machine)
        return w->machine->start(w, true);
    ram_restart(&w->ram);
    w->ram.cut_at = w->arm.at;
    w->ram.cut = (enum ram_cut)w->arm.way;
    w->arm.at = 0;
    return boot(w);
}

int world_reboot(struct world *w)
{
    if (w->machine)
        return w->machine->start(w, false);
    ram_reset(&w->ram);
    return boot(w);
}

enum monitor_status world_call(struct world *w, uint32_t rights, uint32_t number,
                               struct span payload, struct span *out)
{
    static uint8_t request[MONITOR_HEADER_BYTES + MONITOR_PAYLOAD_MAX];
    struct writer to = writer_of(request, sizeof request);
    struct writer reply = writer_of(w->reply, sizeof w->reply);
    writer_u32le(&to, number);
    writer_u32le(&to, (uint32_t)payload.len);
    writer_bytes(&to, payload.at, payload.len);
    REQUIRE(to.err == 0);
    REQUIRE(engine_call(&w->engine, rights, writer_view(&to), &reply) == 0);
    struct cursor c = cursor_of(writer_view(&reply));
    CHECK_INT(cursor_u32le(&c), number);
    uint32_t status = cursor_u32le(&c), length = cursor_u32le(&c);
    CHECK_INT(length, c.left);
    CHECK(status == MONITOR_OK || length == 0);
    if (out)
        *out = cursor_bytes(&c, length);
    return (enum monitor_status)status;
}

enum monitor_status world_nonce(struct world *w, uint8_t nonce[static 32])
{
    struct span out;
    enum monitor_status status =
        world_call(w, RIGHTS_AZURED, MONITOR_CALL_NEW_UPDATE_NONCE, span_of(NULL, 0), &out);
    memset(nonce, 0, 32);
    if (out.len == 32)
        memcpy(nonce, out.at, 32);
    return status;
}

static enum monitor_status call_u32(struct world *w, uint32_t number, struct span payload,
                                    uint32_t *value)
{
    struct span out;
    enum monitor_status status = world_call(w, RIGHTS_AZURED, number, payload, &out);
    struct cursor c = cursor_of(out);
    uint32_t got = cursor_u32le(&c);
    if (value)
        *value = got;
    return status;
}

enum monitor_status world_stage(struct world *w, const struct package *set, uint32_t *missing)
{
    return call_u32(w, MONITOR_CALL_STAGE_MANIFESTS, package_view(set), missing);
}

enum monitor_status world_open(struct world *w, uint8_t id, uint32_t *handle)
{
    uint8_t uid[IMAGE_UID_BYTES];
    memset(uid, id, sizeof uid);
    return call_u32(w, MONITOR_CALL_OPEN_STAGING, span_of(uid, sizeof uid), handle);
}

enum monitor_status world_write(struct world *w, uint32_t handle, uint32_t offset,
                                struct span block)
{
    static uint8_t payload[8 + MONITOR_BLOCK_MAX + 1];
    struct writer to = writer_of(payload, sizeof payload);
    writer_u32le(&to, handle);
    writer_u32le(&to, offset);
    writer_bytes(&to, block.at, block.len);
    REQUIRE(to.err == 0);
    return call_u32(w, MONITOR_CALL_WRITE_BLOCK, writer_view(&to), NULL);
}

enum monitor_status world_commit(struct world *w, uint32_t handle)
{
    uint8_t payload[4];
    struct writer to = writer_of(payload, sizeof payload);
    writer_u32le(&to, handle);
    return call_u32(w, MONITOR_CALL_COMMIT_STAGING, writer_view(&to), NULL);
}

enum monitor_status world_install(struct world *w, uint32_t *flags)
{
    enum monitor_status status =
        call_u32(w, MONITOR_CALL_INSTALL, span_of(NULL, 0), flags);
    if (status == MONITOR_OK)
        guard(w);
    return status;
}

enum monitor_status world_confirm(struct world *w, uint32_t *ended)
{
    struct span out;
    enum monitor_status status =
        world_call(w, RIGHTS_APPMAN, MONITOR_CALL_CONFIRM, span_of(NULL, 0), &out);
    struct cursor c = cursor_of(out);
    const uint32_t got = cursor_u32le(&c);
    if (ended)
        *ended = got;
    guard(w);
    return status;
}

enum monitor_status world_download(struct world *w, const struct package *package, uint8_t id)
{
    uint32_t handle;
    enum monitor_status status = world_open(w, id, &handle);
    for (size_t at = 0; status == MONITOR_OK && at < package->len; at += 4096) {
        size_t len = package->len - at < 4096 ? package->len - at : 4096;
        status = world_write(w, handle, (uint32_t)at, span_of(package->bytes + at, len));
    }
    return status == MONITOR_OK ? world_commit(w, handle) : status;
}

void world_set_order(struct world *w, struct set_order *order, uint64_t sequence)
{
    memset(order, 0, sizeof *order);
    CHECK_INT(world_nonce(w, w->nonce), MONITOR_OK);
    order->sequence = sequence;
    order->nonce = w->nonce;
    order->device = WORLD_DEVICE;
    order->key = order->manifest_key = KEY_UPDATE;
    order->customer = true;
    order->check_interval_s = 300;
}

void world_add_app(struct set_order *order, const struct image_order *image,
                   const struct package *package)
{
    const bool os = image->type >= IMAGE_TYPE_NORMAL_WORLD_DTB && image->type <= IMAGE_TYPE_SERVICES;
    struct manifest *m = os ? &order->firmware_manifest : &order->customer_manifest;
    if (os)
        order->firmware = true;
    m->at[m->count++] = world_entry(image, package);
}
