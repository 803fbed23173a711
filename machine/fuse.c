/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/fuse.h"

#include "crypto/random.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "machine/end.h"
#include "machine/fault.h"
#include "machine/fuse_array.h"
#include "machine/hostfile.h"
#include "migration/vmstate.h"
#include "qemu/log.h"

enum {
    FUSE_REGISTERS_BYTES = 0x1000,
    FUSE_ARRAY_BYTES = FUSE_WORDS * 4,
};

struct FuseState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    HostFile file;
    struct fuse_array array; /* as in the file */
    uint32_t flip[FUSE_WORDS];
    bool broken; /* the file is in an unknown state */

    uint32_t shadow[FUSE_WORDS];
    uint32_t status;

    char *file_path;
    char *flip_text;
};

static const struct {
    unsigned row;
    uint32_t lock;
} private_rows[] = {
    { FUSE_ATTESTATION, FUSE_LOCK_ATTESTATION },
    { FUSE_GENERAL, FUSE_LOCK_GENERAL },
};

static uint32_t fuse_word(FuseState *s, unsigned word)
{
    return s->array.word[word] ^ s->flip[word];
}

static uint32_t fuse_locks(FuseState *s)
{
    return fuse_word(s, FUSE_LOCKS) | fuse_word(s, FUSE_LOCKS + 1);
}

static void row_get(FuseState *s, unsigned row, uint8_t bytes[FUSE_ROW_BYTES])
{
    for (unsigned i = 0; i < FUSE_ROW_BYTES / 4; i++) {
        stl_le_p(bytes + 4 * i, fuse_word(s, row + i));
    }
}

/* Makes next what the chip holds; old or new afterwards, never between. */
static bool fuse_commit(FuseState *s, const struct fuse_array *next, Error **errp)
{
    uint8_t bytes[FUSE_FILE_BYTES];

    if (s->file.fd >= 0) {
        fuse_file_encode(next, bytes);
        if (!hostfile_replace(&s->file, bytes, sizeof(bytes), errp)) {
            return false;
        }
    }
    s->array = *next;
    return true;
}

static enum hsp_status fuse_burn(FuseState *s, const struct fuse_array *next)
{
    Error *err = NULL;

    if (s->broken || mt3620_ended()) {
        return HSP_FUSE_FAILED;
    }
    if (!fuse_commit(s, next, &err)) {
        error_report_err(err);
        s->broken = true;
        return HSP_FUSE_FAILED;
    }
    return HSP_OK;
}

static bool all_zero(const uint32_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (words[i]) {
            return false;
        }
    }
    return true;
}

bool fuse_slot_final(FuseState *s, unsigned slot)
{
    return fuse_locks(s) & private_rows[slot].lock;
}

bool fuse_private_key(FuseState *s, unsigned slot, uint8_t key[FUSE_ROW_BYTES])
{
    if (!fuse_slot_final(s, slot)) {
        return false;
    }
    row_get(s, private_rows[slot].row, key);
    return true;
}

enum hsp_status fuse_burn_private_key(FuseState *s, unsigned slot,
                                      const uint8_t key[FUSE_ROW_BYTES])
{
    struct fuse_array next = s->array;
    uint32_t *row = next.word + private_rows[slot].row;

    if (fuse_slot_final(s, slot)) {
        return HSP_DENIED;
    }
    /* Burning over ones that are there already would make another key than the one given. */
    if (!all_zero(row, FUSE_ROW_BYTES / 4)) {
        return HSP_FUSE_FAILED;
    }
    for (unsigned i = 0; i < FUSE_ROW_BYTES / 4; i++) {
        row[i] |= ldl_le_p(key + 4 * i);
    }
    next.word[FUSE_LOCKS] |= private_rows[slot].lock;
    next.word[FUSE_LOCKS + 1] |= private_rows[slot].lock;
    return fuse_burn(s, &next);
}

void fuse_secret(FuseState *s, uint8_t secret[FUSE_ROW_BYTES])
{
    row_get(s, FUSE_SECRET, secret);
}

uint64_t fuse_starts(FuseState *s)
{
    return s->array.starts;
}

static enum hsp_status burn_shadow(FuseState *s)
{
    struct fuse_array next = s->array;
    uint32_t locks = fuse_locks(s);

    for (unsigned i = 0; i < FUSE_WORDS; i++) {
        if (s->shadow[i] && !fuse_word_burnable(i, locks)) {
            qemu_log_mask(LOG_GUEST_ERROR, "fuse: word %u is final or unreadable\n", i);
            return HSP_DENIED;
        }
        next.word[i] |= s->shadow[i];
    }
    return fuse_burn(s, &next);
}

static uint64_t fuse_read(void *opaque, hwaddr offset, unsigned size)
{
    FuseState *s = opaque;
    unsigned word = (offset - FUSE_ARRAY) / 4;

    if (offset == FUSE_STATUS) {
        return s->status;
    }
    if (offset >= FUSE_ARRAY && word < FUSE_WORDS) {
        if (fuse_word_readable(word)) {
            return fuse_word(s, word);
        }
        qemu_log_mask(LOG_GUEST_ERROR, "fuse: read of unreadable word %u\n", word);
        return 0;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "fuse: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void fuse_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    FuseState *s = opaque;
    unsigned word = (offset - FUSE_SHADOW) / 4;

    if (offset == FUSE_COMMAND) {
        if (value != FUSE_BURN) {
            qemu_log_mask(LOG_GUEST_ERROR, "fuse: no command 0x%x\n", (unsigned)value);
            s->status = HSP_BAD_COMMAND;
            return;
        }
        s->status = burn_shadow(s);
        memset(s->shadow, 0, sizeof(s->shadow));
        return;
    }
    if (offset >= FUSE_SHADOW && word < FUSE_WORDS) {
        s->shadow[word] = (uint32_t)value;
        return;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "fuse: write to no register, 0x%03x\n", (unsigned)offset);
}

static const MemoryRegionOps fuse_ops = {
    .read = fuse_read,
    .write = fuse_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static bool fuse_load(FuseState *s, Error **errp)
{
    uint8_t bytes[FUSE_FILE_BYTES];

    if (!hostfile_open(&s->file, "fuse", s->file_path, FUSE_FILE_BYTES, errp) ||
        !hostfile_read(&s->file, bytes, FUSE_FILE_BYTES, 0, errp)) {
        return false;
    }
    switch (fuse_file_decode(bytes, &s->array)) {
    case FUSE_FILE_GOOD: return true;
    case FUSE_FILE_NOT_ONE:
        error_setg(errp, "fuse file \"%s\" is something else: it does not start with %s; "
                   "name the chip's own file", s->file_path, FUSE_FILE_MAGIC);
        return false;
    case FUSE_FILE_OTHER_VERSION:
        error_setg(errp, "fuse file \"%s\" has version %u with %u words, this machine knows version "
                   "%d with %d; use the machine that made it", s->file_path,
                   (unsigned)ldl_le_p(bytes + 8), (unsigned)ldl_le_p(bytes + 12),
                   FUSE_FILE_VERSION, FUSE_WORDS);
        return false;
    default:
        error_setg(errp, "fuse file \"%s\" is damaged: its digest does not match; "
                   "restore it from a copy", s->file_path);
        return false;
    }
}

static bool fuse_power_on(FuseState *s, Error **errp)
{
    struct fuse_array next;
    FaultFlip flip;

    if (!fault_flip_parse(s->flip_text, FUSE_ARRAY_BYTES, &flip, errp) ||
        (s->file_path && !fuse_load(s, errp))) {
        return false;
    }
    if (flip.armed) {
        s->flip[flip.byte / 4] = 1u << (8 * (flip.byte % 4) + flip.bit);
    }
    next = s->array;
    next.starts++;
    if (all_zero(next.word + FUSE_SECRET, FUSE_ROW_BYTES / 4) &&
        qcrypto_random_bytes(next.word + FUSE_SECRET, FUSE_ROW_BYTES, errp) != 0) {
        return false;
    }
    return fuse_commit(s, &next, errp);
}

static void fuse_reset(DeviceState *dev)
{
    FuseState *s = MT3620_FUSE(dev);

    memset(s->shadow, 0, sizeof(s->shadow));
    s->status = HSP_IDLE;
}

static void fuse_realize(DeviceState *dev, Error **errp)
{
    FuseState *s = MT3620_FUSE(dev);

    memory_region_init_io(&s->registers, OBJECT(dev), &fuse_ops, s, "fuse", FUSE_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
    fuse_power_on(s, errp);
}

static void fuse_instance_init(Object *obj)
{
    MT3620_FUSE(obj)->file.fd = -1;
}

static void fuse_instance_finalize(Object *obj)
{
    FuseState *s = MT3620_FUSE(obj);

    hostfile_release(&s->file);
    memset(&s->array, 0, sizeof(s->array));
}

static Property fuse_properties[] = {
    DEFINE_PROP_STRING("file", FuseState, file_path),
    DEFINE_PROP_STRING("flip", FuseState, flip_text),
    DEFINE_PROP_END_OF_LIST(),
};

/* A snapshot would hold private keys, and would bring burned fuses back. */
static const VMStateDescription fuse_unmigratable = { .name = TYPE_MT3620_FUSE, .unmigratable = 1 };

static void fuse_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = fuse_realize;
    dc->reset = fuse_reset;
    dc->vmsd = &fuse_unmigratable;
    dc->user_creatable = false;
    device_class_set_props(dc, fuse_properties);
}

static const TypeInfo fuse_types[] = {
    {
        .name = TYPE_MT3620_FUSE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(FuseState),
        .instance_init = fuse_instance_init,
        .instance_finalize = fuse_instance_finalize,
        .class_init = fuse_class_init,
    },
};

DEFINE_TYPES(fuse_types)
