/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/sha.h"

#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "abi/mt3620_hsp.h"
#include "exec/memory.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "machine/byte_string.h"
#include "qapi/error.h"
#include "qemu/log.h"

enum { SHA_REGISTERS_BYTES = 0x1000 };

struct ShaState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    MemoryRegion *memory;
    AddressSpace space;

    enum hsp_sha running; /* the start command, 0 = none */
    struct sha256_ctx sha256;
    struct sha1_ctx sha1;

    uint32_t status;
    uint32_t source;
    uint32_t length;
    uint8_t digest[SHA256_DIGEST_SIZE];
};

static void sha_bytes(ShaState *s, const uint8_t *bytes, size_t count)
{
    if (s->running == HSP_SHA_START_SHA1) {
        sha1_update(&s->sha1, count, bytes);
    } else {
        sha256_update(&s->sha256, count, bytes);
    }
}

/* Walks the range in pieces of one memory; digests them if asked to.  False where none is. */
static bool walk(ShaState *s, bool digest)
{
    uint64_t at = s->source; /* beyond 4 GiB nothing is found, so a range cannot wrap */
    uint64_t left = s->length;

    while (left) {
        MemoryRegionSection piece = memory_region_find(s->memory, at, left);
        uint64_t bytes = int128_get64(piece.size);
        bool readable = piece.mr && piece.offset_within_address_space == at &&
                        (memory_region_is_ram(piece.mr) || memory_region_is_romd(piece.mr)) &&
                        !memory_region_is_ram_device(piece.mr);

        if (readable && digest) {
            sha_bytes(s, (uint8_t *)memory_region_get_ram_ptr(piece.mr) +
                             piece.offset_within_region, bytes);
        }
        memory_region_unref(piece.mr);
        if (!readable) {
            return false;
        }
        at += bytes;
        left -= bytes;
    }
    return true;
}

static enum hsp_status update(ShaState *s)
{
    if (!s->running) {
        return HSP_BAD_COMMAND;
    }
    if (!walk(s, false)) {
        qemu_log_mask(LOG_GUEST_ERROR, "sha: %u bytes at 0x%08x are not all memory\n", s->length,
                      s->source);
        return HSP_BAD_ADDRESS;
    }
    walk(s, true);
    return HSP_OK;
}

static enum hsp_status finish(ShaState *s)
{
    switch (s->running) {
    case HSP_SHA_START: sha256_digest(&s->sha256, SHA256_DIGEST_SIZE, s->digest); break;
    case HSP_SHA_START_SHA1: sha1_digest(&s->sha1, SHA1_DIGEST_SIZE, s->digest); break;
    default: return HSP_BAD_COMMAND;
    }
    s->running = 0;
    return HSP_OK;
}

static enum hsp_status run(ShaState *s, uint32_t command)
{
    switch (command) {
    case HSP_SHA_START:
        sha256_init(&s->sha256);
        s->running = HSP_SHA_START;
        return HSP_OK;
    case HSP_SHA_START_SHA1:
        sha1_init(&s->sha1);
        s->running = HSP_SHA_START_SHA1;
        return HSP_OK;
    case HSP_SHA_UPDATE: return update(s);
    case HSP_SHA_FINISH: return finish(s);
    default: return HSP_BAD_COMMAND;
    }
}

static uint64_t sha_read(void *opaque, hwaddr offset, unsigned size)
{
    ShaState *s = opaque;
    uint8_t *word = string_word(s->digest, sizeof(s->digest), HSP_SHA_DIGEST, offset);

    if (word) {
        return ldl_le_p(word);
    }
    switch (offset) {
    case HSP_STATUS: return s->status;
    case HSP_SHA_SOURCE: return s->source;
    case HSP_SHA_LENGTH: return s->length;
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "sha: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void sha_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    ShaState *s = opaque;

    switch (offset) {
    case HSP_COMMAND:
        memset(s->digest, 0, sizeof(s->digest));
        s->status = run(s, (uint32_t)value);
        if (s->status != HSP_OK) {
            s->running = 0;
        }
        return;
    case HSP_SHA_SOURCE: s->source = (uint32_t)value; return;
    case HSP_SHA_LENGTH: s->length = (uint32_t)value; return;
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "sha: write to 0x%03x refused\n", (unsigned)offset);
}

static const MemoryRegionOps sha_ops = {
    .read = sha_read,
    .write = sha_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void sha_reset(DeviceState *dev)
{
    ShaState *s = MT3620_SHA(dev);

    s->running = 0;
    s->status = HSP_IDLE;
    s->source = 0;
    s->length = 0;
    memset(s->digest, 0, sizeof(s->digest));
}

static void sha_realize(DeviceState *dev, Error **errp)
{
    ShaState *s = MT3620_SHA(dev);

    if (!s->memory) {
        error_setg(errp, TYPE_MT3620_SHA ": property memory is not set");
        return;
    }
    /* memory_region_find looks in the address space whose root it is given. */
    address_space_init(&s->space, s->memory, "sha");
    memory_region_init_io(&s->registers, OBJECT(dev), &sha_ops, s, "sha", SHA_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
}

static Property sha_properties[] = {
    DEFINE_PROP_LINK("memory", ShaState, memory, TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_END_OF_LIST(),
};

static void sha_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = sha_realize;
    dc->reset = sha_reset;
    dc->user_creatable = false;
    device_class_set_props(dc, sha_properties);
}

static const TypeInfo sha_types[] = {
    {
        .name = TYPE_MT3620_SHA,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ShaState),
        .class_init = sha_class_init,
    },
};

DEFINE_TYPES(sha_types)
