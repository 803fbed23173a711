/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/rsa.h"

#include <gmp.h>

#include "abi/mt3620_hsp.h"
#include "hw/sysbus.h"
#include "machine/byte_string.h"
#include "qemu/log.h"

enum {
    RSA_REGISTERS_BYTES = 0x1000,
    RSA_BYTES = 256,
    RSA_EXPONENT = 65537,
};

struct RsaState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    uint32_t status;
    uint8_t modulus[RSA_BYTES];
    uint8_t signature[RSA_BYTES];
    uint8_t message[RSA_BYTES];
};

static enum hsp_status public_operation(RsaState *s)
{
    enum hsp_status status = HSP_BAD_SIGNATURE;
    mpz_t modulus, number;
    size_t bytes;

    mpz_init(modulus);
    mpz_init(number);
    mpz_import(modulus, RSA_BYTES, 1, 1, 1, 0, s->modulus);
    mpz_import(number, RSA_BYTES, 1, 1, 1, 0, s->signature);
    if (mpz_sizeinbase(modulus, 2) == 8 * RSA_BYTES && mpz_odd_p(modulus) &&
        mpz_cmp(number, modulus) < 0) {
        mpz_powm_ui(number, number, RSA_EXPONENT, modulus);
        bytes = mpz_sgn(number) ? (mpz_sizeinbase(number, 2) + 7) / 8 : 0;
        mpz_export(s->message + RSA_BYTES - bytes, NULL, 1, 1, 1, 0, number);
        status = HSP_OK;
    }
    mpz_clear(modulus);
    mpz_clear(number);
    return status;
}

static uint64_t rsa_read(void *opaque, hwaddr offset, unsigned size)
{
    RsaState *s = opaque;
    uint8_t *word;

    if (offset == HSP_STATUS) {
        return s->status;
    }
    if ((word = string_word(s->modulus, RSA_BYTES, HSP_RSA_MODULUS, offset)) ||
        (word = string_word(s->signature, RSA_BYTES, HSP_RSA_SIGNATURE, offset)) ||
        (word = string_word(s->message, RSA_BYTES, HSP_RSA_MESSAGE, offset))) {
        return ldl_le_p(word);
    }
    qemu_log_mask(LOG_GUEST_ERROR, "rsa: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void rsa_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    RsaState *s = opaque;
    uint8_t *word;

    if (offset == HSP_COMMAND) {
        memset(s->message, 0, RSA_BYTES);
        s->status = value == HSP_RSA_PUBLIC ? public_operation(s) : HSP_BAD_COMMAND;
    } else if ((word = string_word(s->modulus, RSA_BYTES, HSP_RSA_MODULUS, offset)) ||
               (word = string_word(s->signature, RSA_BYTES, HSP_RSA_SIGNATURE, offset))) {
        stl_le_p(word, (uint32_t)value);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR, "rsa: write to 0x%03x refused\n", (unsigned)offset);
    }
}

static const MemoryRegionOps rsa_ops = {
    .read = rsa_read,
    .write = rsa_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void rsa_reset(DeviceState *dev)
{
    RsaState *s = MT3620_RSA(dev);

    s->status = HSP_IDLE;
    memset(s->modulus, 0, RSA_BYTES);
    memset(s->signature, 0, RSA_BYTES);
    memset(s->message, 0, RSA_BYTES);
}

static void rsa_realize(DeviceState *dev, Error **errp)
{
    RsaState *s = MT3620_RSA(dev);

    memory_region_init_io(&s->registers, OBJECT(dev), &rsa_ops, s, "rsa", RSA_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
}

static void rsa_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = rsa_realize;
    dc->reset = rsa_reset;
    dc->user_creatable = false;
}

static const TypeInfo rsa_types[] = {
    {
        .name = TYPE_MT3620_RSA,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(RsaState),
        .class_init = rsa_class_init,
    },
};

DEFINE_TYPES(rsa_types)
