/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/aes.h"

#include <nettle/aes.h>
#include <nettle/hmac.h>

#include "abi/mt3620_hsp.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "machine/byte_string.h"
#include "machine/fuse.h"
#include "qapi/error.h"
#include "qemu/log.h"

enum { AES_REGISTERS_BYTES = 0x1000 };

struct AesState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    FuseState *fuse;

    uint32_t status;
    uint8_t in[AES_BLOCK_SIZE];
    uint8_t out[AES_BLOCK_SIZE];
    uint8_t out32[SHA256_DIGEST_SIZE];
    uint8_t key[AES256_KEY_SIZE];
    uint8_t label[32];
};

static void derive(AesState *s)
{
    struct hmac_sha256_ctx hmac;
    uint8_t secret[FUSE_ROW_BYTES];

    fuse_secret(s->fuse, secret);
    hmac_sha256_set_key(&hmac, sizeof(secret), secret);
    hmac_sha256_update(&hmac, sizeof(s->label), s->label);
    hmac_sha256_digest(&hmac, sizeof(s->out32), s->out32);
    explicit_bzero(secret, sizeof(secret));
    explicit_bzero(&hmac, sizeof(hmac));
}

static enum hsp_status run(AesState *s, uint32_t command)
{
    struct aes256_ctx cipher;

    memset(s->out, 0, sizeof(s->out));
    memset(s->out32, 0, sizeof(s->out32));
    switch (command) {
    case HSP_AES_ENCRYPT:
        aes256_set_encrypt_key(&cipher, s->key);
        aes256_encrypt(&cipher, AES_BLOCK_SIZE, s->out, s->in);
        return HSP_OK;
    case HSP_AES_DECRYPT:
        aes256_set_decrypt_key(&cipher, s->key);
        aes256_decrypt(&cipher, AES_BLOCK_SIZE, s->out, s->in);
        return HSP_OK;
    case HSP_AES_DERIVE: derive(s); return HSP_OK;
    default: return HSP_BAD_COMMAND;
    }
}

static uint64_t aes_read(void *opaque, hwaddr offset, unsigned size)
{
    AesState *s = opaque;
    uint8_t *word;

    if (offset == HSP_STATUS) {
        return s->status;
    }
    if ((word = string_word(s->in, sizeof(s->in), HSP_AES_IN, offset)) ||
        (word = string_word(s->out, sizeof(s->out), HSP_AES_OUT, offset)) ||
        (word = string_word(s->out32, sizeof(s->out32), HSP_AES_OUT32, offset))) {
        return ldl_le_p(word);
    }
    qemu_log_mask(LOG_GUEST_ERROR, "aes: read of 0x%03x refused\n", (unsigned)offset);
    return 0;
}

static void aes_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    AesState *s = opaque;
    uint8_t *word;

    if (offset == HSP_COMMAND) {
        s->status = run(s, (uint32_t)value);
    } else if ((word = string_word(s->in, sizeof(s->in), HSP_AES_IN, offset)) ||
               (word = string_word(s->key, sizeof(s->key), HSP_AES_KEY, offset)) ||
               (word = string_word(s->label, sizeof(s->label), HSP_AES_LABEL, offset))) {
        stl_le_p(word, (uint32_t)value);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR, "aes: write to 0x%03x refused\n", (unsigned)offset);
    }
}

static const MemoryRegionOps aes_ops = {
    .read = aes_read,
    .write = aes_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void aes_reset(DeviceState *dev)
{
    AesState *s = MT3620_AES(dev);

    s->status = HSP_IDLE;
    memset(s->in, 0, sizeof(s->in));
    memset(s->out, 0, sizeof(s->out));
    memset(s->out32, 0, sizeof(s->out32));
    memset(s->key, 0, sizeof(s->key));
    memset(s->label, 0, sizeof(s->label));
}

static void aes_realize(DeviceState *dev, Error **errp)
{
    AesState *s = MT3620_AES(dev);

    if (!s->fuse) {
        error_setg(errp, TYPE_MT3620_AES ": property fuse is not set");
        return;
    }
    memory_region_init_io(&s->registers, OBJECT(dev), &aes_ops, s, "aes", AES_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
}

static Property aes_properties[] = {
    DEFINE_PROP_LINK("fuse", AesState, fuse, TYPE_MT3620_FUSE, FuseState *),
    DEFINE_PROP_END_OF_LIST(),
};

static void aes_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = aes_realize;
    dc->reset = aes_reset;
    dc->user_creatable = false;
    device_class_set_props(dc, aes_properties);
}

static const TypeInfo aes_types[] = {
    {
        .name = TYPE_MT3620_AES,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(AesState),
        .class_init = aes_class_init,
    },
};

DEFINE_TYPES(aes_types)
