/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/world_test.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "lib/asxipfs.h"
#include "abi/evidence.h"
#include "lib/guid.h"
#include "tests/check.h"

static int sign(void *context, const uint8_t digest[static SHA256_BYTES],
                uint8_t signature[static P256_SIGNATURE_BYTES])
{
    enum world_key key = (enum world_key)(uintptr_t)context;
    unsigned char point[1 + P256_PUBLIC_BYTES] = {4}, der[80];
    const unsigned char *from = der;
    size_t len = sizeof der;
    EVP_PKEY *pkey = NULL;
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
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    REQUIRE(ctx && EVP_PKEY_sign_init(ctx) == 1);
    REQUIRE(EVP_PKEY_sign(ctx, der, &len, digest, SHA256_BYTES) == 1);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &from, (long)len);
    REQUIRE(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, 32) == 32);
    REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + 32, 32) == 32);
    ECDSA_SIG_free(sig);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(make);
    BN_free(scalar);
    return 0;
}

struct signer world_signer(enum world_key key)
{
    return (struct signer){sign, (void *)(uintptr_t)key};
}

void world_public(enum world_key key, uint8_t public[static P256_PUBLIC_BYTES])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *scalar = BN_new(), *x = BN_new(), *y = BN_new();
    REQUIRE(group && point && scalar && x && y);
    REQUIRE(BN_set_word(scalar, (BN_ULONG)key + 2) == 1);
    REQUIRE(EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1);
    REQUIRE(EC_POINT_get_affine_coordinates(group, point, x, y, NULL) == 1);
    REQUIRE(BN_bn2binpad(x, public, 32) == 32 && BN_bn2binpad(y, public + 32, 32) == 32);
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
    static struct package firmware, customer;
    static uint8_t body[MANIFEST_SET_BYTES_MAX];
    struct manifest_set set = {.sequence = order->sequence, .issued_s = 1700000000,
                               .not_after_s = 1700003600,
                               .check_interval_s = order->check_interval_s};
    struct writer w = writer_of(body, sizeof body);
    memset(set.device_id, order->device, sizeof set.device_id);
    memcpy(set.nonce, order->nonce, sizeof set.nonce);
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

/* The memory medium. */

static void op_apply(struct ram_image *to, const struct ram_op *op, bool half)
{
    size_t len = half ? op->len / 2 : op->len;
    if (op->kind == RAM_ERASE)
        memset(to->slot[op->index], 0xFF, half ? RAM_SLOT_BYTES / 2 : RAM_SLOT_BYTES);
    else
        memcpy(op->kind == RAM_STATE ? to->state[op->index] : to->slot[op->index] + op->offset,
               op->bytes, len);
}

static void power_cut(struct ram *ram, const struct ram_op *now)
{
    bool all = ram->cut == CUT_CLEAN || ram->cut == CUT_TORN;
    for (unsigned i = 0; i < ram->pending_count; i++)
        if (all || (ram->cut == CUT_ALTERNATE && (ram->pending_count - i) % 2 == 0))
            op_apply(&ram->durable, &ram->pending[i], false);
    if (now && ram->cut != CUT_CLEAN && ram->cut != CUT_DROPPED)
        op_apply(&ram->durable, now, ram->cut == CUT_TORN || ram->cut == CUT_LAST_TORN);
    ram->dead = true;
}

/* True when power went at this operation; now is NULL for a sync. */
static bool op_counted(struct ram *ram, const struct ram_op *now)
{
    if (ram->dead)
        return true;
    if (++ram->ops != ram->cut_at)
        return false;
    power_cut(ram, now);
    return true;
}

static int op_run(struct ram *ram, const struct ram_op *op)
{
    if (op->kind != RAM_STATE && ram->forbidden & 1u << op->index)
        ram->violations++;
    if (op_counted(ram, op))
        return E_IO;
    REQUIRE(ram->pending_count < RAM_OPS);
    ram->pending[ram->pending_count++] = *op;
    op_apply(&ram->seen, op, false);
    return 0;
}

static int ram_state_read(void *context, unsigned which, uint8_t *to, size_t len)
{
    struct ram *ram = context;
    REQUIRE(which < MEDIUM_STATES && len == RECORD_BYTES);
    memcpy(to, ram->seen.state[which], len);
    return ram->dead ? E_IO : 0;
}

static int ram_state_write(void *context, unsigned which, struct span bytes)
{
    struct ram_op op = {.kind = RAM_STATE, .index = which, .len = bytes.len};
    REQUIRE(which < MEDIUM_STATES && bytes.len == RECORD_BYTES);
    memcpy(op.bytes, bytes.at, bytes.len);
    return op_run(context, &op);
}

static int ram_slot_erase(void *context, unsigned slot)
{
    struct ram_op op = {.kind = RAM_ERASE, .index = slot};
    REQUIRE(slot < RAM_SLOTS);
    return op_run(context, &op);
}

static int ram_slot_write(void *context, unsigned slot, uint32_t offset, struct span bytes)
{
    struct ram_op op = {.kind = RAM_WRITE, .index = slot, .offset = offset};
    REQUIRE(slot < RAM_SLOTS && offset <= RAM_SLOT_BYTES && bytes.len <= RAM_SLOT_BYTES - offset);
    int err = 0;
    while (bytes.len && !err) { /* flash is written in pages */
        op.len = bytes.len < sizeof op.bytes ? bytes.len : sizeof op.bytes;
        memcpy(op.bytes, bytes.at, op.len);
        err = op_run(context, &op);
        bytes.at += op.len;
        bytes.len -= op.len;
        op.offset += (uint32_t)op.len;
    }
    return err;
}

static int ram_slot_view(void *context, unsigned slot, uint32_t len, struct span *view)
{
    struct ram *ram = context;
    *view = span_of(NULL, 0);
    if (slot >= RAM_SLOTS || len > RAM_SLOT_BYTES)
        return E_RANGE;
    *view = span_of(ram->seen.slot[slot], len);
    return ram->dead ? E_IO : 0;
}

static int ram_sync(void *context)
{
    struct ram *ram = context;
    if (op_counted(ram, NULL))
        return E_IO;
    for (unsigned i = 0; i < ram->pending_count; i++)
        op_apply(&ram->durable, &ram->pending[i], false);
    ram->pending_count = 0;
    return 0;
}

static const struct medium_ops ram_ops = {ram_state_read, ram_state_write, ram_slot_erase,
                                          ram_slot_write, ram_slot_view,   ram_sync};

void ram_init(struct ram *ram)
{
    memset(ram, 0, sizeof *ram);
    memset(&ram->seen, 0xFF, sizeof ram->seen);
    ram->durable = ram->seen;
    ram->medium = (struct medium){&ram_ops, ram, RAM_SLOTS, RAM_SLOT_BYTES};
}

void ram_restart(struct ram *ram)
{
    ram->seen = ram->durable;
    ram->pending_count = ram->ops = ram->cut_at = 0;
    ram->dead = false;
}

/* The platform. */

static int random_hook(void *context, uint8_t *to, size_t len)
{
    struct world *w = context;
    if (w->random_fails)
        return E_ENTROPY;
    memset(to, ++w->random, len);
    return 0;
}

static int counter_hook(void *context, uint8_t index, uint32_t *value)
{
    struct world *w = context;
    *value = index == 1 ? w->os_counter : UINT32_MAX; /* PLUTON_COUNTER_OS */
    return 0;
}

static int capability_hook(void *context, uint16_t number, bool *enabled)
{
    struct world *w = context;
    *enabled = number < 32 && w->capabilities & UINT32_C(1) << number;
    return w->trust_fails ? E_IO : 0;
}

static int lifecycle_hook(void *context, uint32_t *lifecycle)
{
    struct world *w = context;
    *lifecycle = w->lifecycle;
    return w->trust_fails ? E_IO : 0;
}

static int hold_hook(void *context, struct span file, struct span *held)
{
    struct world *w = context;
    REQUIRE(file.len <= sizeof w->held);
    memcpy(w->held, file.at, file.len);
    if (w->flip_held)
        w->held[file.len / 2] ^= 1;
    *held = span_of(w->held, file.len);
    w->holds++;
    return 0;
}

static void release_hook(void *context, bool give) { ((struct world *)context)->gives += give; }

static void reset_hook(void *context, enum engine_reset how)
{
    struct world *w = context;
    w->resets++;
    w->reset = how;
}

const struct image_order world_services = {
    .type = IMAGE_TYPE_SERVICES, .component = COMPONENT_S, .id = 0x01, .key = KEY_OS,
    .security_version = 2, .provides = {5, IMAGE_IDENTITY_APPLICATION_RUNTIME},
    .depends = {1, IMAGE_IDENTITY_SECURE_WORLD_RUNTIME}};
const struct image_order world_app = {
    .type = IMAGE_TYPE_APPLICATIONS, .component = COMPONENT_A, .id = 0xA2, .key = KEY_APP,
    .depends = {3, IMAGE_IDENTITY_APPLICATION_RUNTIME}};

static void manufacture(struct world *w, struct record *r, const struct image_order *order,
                        const struct package *package)
{
    struct image image;
    struct component *c = &r->at[r->count];
    REQUIRE(image_parse(package_view(package), &image) == 0);
    memset(c->component, order->component, sizeof c->component);
    memset(c->image, order->id, sizeof c->image);
    c->type = order->type;
    c->slot = r->count++;
    c->file_bytes = (uint32_t)package->len;
    REQUIRE(image_digest(&image, c->digest) == 0);
    REQUIRE(medium_slot_erase(&w->ram.medium, c->slot) == 0);
    REQUIRE(medium_slot_write(&w->ram.medium, c->slot, 0, package_view(package)) == 0);
}

void world_init(struct world *w)
{
    struct record r = {.generation = 1};
    memset(w, 0, sizeof *w);
    ram_init(&w->ram);
    world_keystore(&w->keystore);
    memset(w->device_id, WORLD_DEVICE, sizeof w->device_id);
    w->os_counter = 2;
    w->lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    w->platform = (struct engine_platform){w,         random_hook,  counter_hook, capability_hook, lifecycle_hook,
                                           hold_hook, release_hook, reset_hook};
    world_image(&world_services, &w->services);
    world_image(&world_app, &w->app);
    manufacture(w, &r, &world_services, &w->services);
    manufacture(w, &r, &world_app, &w->app);
    REQUIRE(record_commit(&w->ram.medium, &r, 0) == 0);
    REQUIRE(world_restart(w) == 0);
}

int world_restart(struct world *w)
{
    ram_restart(&w->ram);
    int err = engine_init(&w->engine, &w->ram.medium, &w->platform, &w->keystore, w->device_id,
                          &w->scratch);
    w->ram.forbidden = 0;
    for (unsigned i = 0; i < w->engine.live.count; i++)
        w->ram.forbidden |= 1u << w->engine.live.at[i].slot;
    return err;
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
    if (status == MONITOR_OK) {
        w->ram.forbidden = 0;
        for (unsigned i = 0; i < w->engine.live.count; i++)
            w->ram.forbidden |= 1u << w->engine.live.at[i].slot;
    }
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
    struct manifest *m = image->type == IMAGE_TYPE_SERVICES ? &order->firmware_manifest
                                                            : &order->customer_manifest;
    if (image->type == IMAGE_TYPE_SERVICES)
        order->firmware = true;
    m->at[m->count++] = world_entry(image, package);
}
