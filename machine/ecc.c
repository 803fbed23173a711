/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/ecc.h"

#include <nettle/sha2.h>

#include "abi/mt3620_hsp.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "machine/byte_string.h"
#include "machine/fuse.h"
#include "machine/p256.h"
#include "machine/trng.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"

enum {
    ECC_REGISTERS_BYTES = 0x1000,
    ECC_FUSED_SLOTS = 2,
    ECC_RAW_BYTES = 64, /* a scalar's: half a bit of entropy each bit (trng_health.h) */
};

struct EccState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    FuseState *fuse;
    TrngState *trng;

    uint32_t status;
    uint32_t slot;
    uint8_t digest[P256_BYTES];
    uint8_t public[P256_PAIR_BYTES];
    uint8_t signature[P256_PAIR_BYTES];

    struct {
        bool filled;
        uint8_t scalar[P256_BYTES];
    } volatile_slot[HSP_ECC_SLOTS]; /* the first two are not used */
};

static bool slot_volatile(uint32_t slot)
{
    return slot >= ECC_FUSED_SLOTS && slot < HSP_ECC_SLOTS;
}

/* Copies the scalar of a filled slot; the caller wipes it. */
static bool slot_scalar(EccState *s, uint8_t scalar[P256_BYTES])
{
    if (s->slot < ECC_FUSED_SLOTS) {
        return fuse_private_key(s->fuse, s->slot, scalar);
    }
    if (!slot_volatile(s->slot) || !s->volatile_slot[s->slot].filled) {
        return false;
    }
    memcpy(scalar, s->volatile_slot[s->slot].scalar, P256_BYTES);
    return true;
}

static bool scalar_make(EccState *s, uint8_t scalar[P256_BYTES])
{
    uint8_t raw[ECC_RAW_BYTES];
    struct sha256_ctx hash;

    do {
        if (!trng_raw(s->trng, raw, sizeof(raw))) {
            return false;
        }
        sha256_init(&hash);
        sha256_update(&hash, sizeof(raw), raw);
        sha256_digest(&hash, P256_BYTES, scalar);
    } while (!p256_scalar_valid(scalar));
    explicit_bzero(raw, sizeof(raw));
    explicit_bzero(&hash, sizeof(hash));
    return true;
}

static enum hsp_status generate(EccState *s)
{
    uint8_t scalar[P256_BYTES], public[P256_PAIR_BYTES];
    enum hsp_status status = HSP_OK;

    if (s->slot >= HSP_ECC_SLOTS ||
        (s->slot < ECC_FUSED_SLOTS && fuse_slot_final(s->fuse, s->slot))) {
        return HSP_DENIED;
    }
    if (!scalar_make(s, scalar) || !p256_public(scalar, public)) {
        return HSP_NO_ENTROPY;
    }
    if (s->slot < ECC_FUSED_SLOTS) {
        status = fuse_burn_private_key(s->fuse, s->slot, scalar);
    } else {
        memcpy(s->volatile_slot[s->slot].scalar, scalar, P256_BYTES);
        s->volatile_slot[s->slot].filled = true;
    }
    if (status == HSP_OK) {
        memcpy(s->public, public, P256_PAIR_BYTES);
    }
    explicit_bzero(scalar, sizeof(scalar));
    return status;
}

static enum hsp_status public_of(EccState *s)
{
    uint8_t scalar[P256_BYTES];
    bool done = slot_scalar(s, scalar) && p256_public(scalar, s->public);

    explicit_bzero(scalar, sizeof(scalar));
    return done ? HSP_OK : HSP_EMPTY_SLOT;
}

static enum hsp_status sign(EccState *s)
{
    uint8_t scalar[P256_BYTES];
    bool done = slot_scalar(s, scalar) && p256_sign(scalar, s->digest, s->signature);

    explicit_bzero(scalar, sizeof(scalar));
    return done ? HSP_OK : HSP_EMPTY_SLOT;
}

static enum hsp_status verify(EccState *s)
{
    if (!p256_on_curve(s->public)) {
        return HSP_NOT_A_POINT;
    }
    return p256_verify(s->public, s->digest, s->signature) ? HSP_OK : HSP_BAD_SIGNATURE;
}

static enum hsp_status erase(EccState *s)
{
    if (!slot_volatile(s->slot)) {
        return HSP_DENIED;
    }
    memset(&s->volatile_slot[s->slot], 0, sizeof(s->volatile_slot[0]));
    return HSP_OK;
}

static enum hsp_status run(EccState *s, uint32_t command)
{
    switch (command) {
    case HSP_ECC_GENERATE: memset(s->public, 0, P256_PAIR_BYTES); return generate(s);
    case HSP_ECC_PUBLIC_OF: memset(s->public, 0, P256_PAIR_BYTES); return public_of(s);
    case HSP_ECC_SIGN: memset(s->signature, 0, P256_PAIR_BYTES); return sign(s);
    case HSP_ECC_VERIFY: return verify(s);
    case HSP_ECC_ERASE: return erase(s);
    default: return HSP_BAD_COMMAND;
    }
}

static uint8_t *ecc_string(EccState *s, hwaddr offset)
{
    uint8_t *word;

    if ((word = string_word(s->digest, sizeof(s->digest), HSP_ECC_DIGEST, offset)) ||
        (word = string_word(s->public, sizeof(s->public), HSP_ECC_PUBLIC, offset)) ||
        (word = string_word(s->signature, sizeof(s->signature), HSP_ECC_SIGNATURE, offset))) {
        return word;
    }
    return NULL;
}

static uint64_t ecc_read(void *opaque, hwaddr offset, unsigned size)
{
    EccState *s = opaque;
    uint8_t *word = ecc_string(s, offset);

    if (word) {
        return ldl_le_p(word);
    }
    switch (offset) {
    case HSP_STATUS: return s->status;
    case HSP_ECC_SLOT: return s->slot;
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "ecc: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void ecc_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    EccState *s = opaque;
    uint8_t *word = ecc_string(s, offset);

    if (word) {
        stl_le_p(word, (uint32_t)value);
        return;
    }
    switch (offset) {
    case HSP_COMMAND: s->status = run(s, (uint32_t)value); return;
    case HSP_ECC_SLOT: s->slot = (uint32_t)value; return;
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "ecc: write to 0x%03x refused\n", (unsigned)offset);
}

static const MemoryRegionOps ecc_ops = {
    .read = ecc_read,
    .write = ecc_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void ecc_reset(DeviceState *dev)
{
    EccState *s = MT3620_ECC(dev);

    s->status = HSP_IDLE;
    s->slot = 0;
    memset(s->digest, 0, sizeof(s->digest));
    memset(s->public, 0, sizeof(s->public));
    memset(s->signature, 0, sizeof(s->signature));
    memset(s->volatile_slot, 0, sizeof(s->volatile_slot));
}

static void ecc_realize(DeviceState *dev, Error **errp)
{
    EccState *s = MT3620_ECC(dev);

    if (!s->fuse || !s->trng) {
        error_setg(errp, TYPE_MT3620_ECC ": property %s is not set", s->fuse ? "trng" : "fuse");
        return;
    }
    memory_region_init_io(&s->registers, OBJECT(dev), &ecc_ops, s, "ecc", ECC_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
}

static Property ecc_properties[] = {
    DEFINE_PROP_LINK("fuse", EccState, fuse, TYPE_MT3620_FUSE, FuseState *),
    DEFINE_PROP_LINK("trng", EccState, trng, TYPE_MT3620_TRNG, TrngState *),
    DEFINE_PROP_END_OF_LIST(),
};

/* A snapshot would hold private keys. */
static const VMStateDescription ecc_unmigratable = { .name = TYPE_MT3620_ECC, .unmigratable = 1 };

static void ecc_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = ecc_realize;
    dc->reset = ecc_reset;
    dc->vmsd = &ecc_unmigratable;
    dc->user_creatable = false;
    device_class_set_props(dc, ecc_properties);
}

static const TypeInfo ecc_types[] = {
    {
        .name = TYPE_MT3620_ECC,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(EccState),
        .class_init = ecc_class_init,
    },
};

DEFINE_TYPES(ecc_types)
