/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/mcu/verify.h"

#include <string.h>

#include "abi/mcu_boot.h"

enum { OPTIONAL = 1 };

/* The order in which a boot measures: where each stage is looked for. */
static const struct stage {
    uint16_t type;
    enum pluton_counter counter;
    enum mcu_slot primary, backup;
    int flags;
} stages[] = {
    {IMAGE_TYPE_ONE_BL, PLUTON_COUNTER_PLUTON, MCU_SLOT_ONE_BL, MCU_SLOT_ONE_BL_BACKUP, 0},
    {IMAGE_TYPE_TRUSTED_KEYSTORE, PLUTON_COUNTER_KEYSTORE, MCU_SLOT_KEYSTORE, MCU_SLOT_KEYSTORE_BACKUP, 0},
    {IMAGE_TYPE_PLUTON_RUNTIME, PLUTON_COUNTER_PLUTON, MCU_SLOT_RUNTIME, MCU_SLOT_RUNTIME_BACKUP, 0},
    {IMAGE_TYPE_SECURITY_MONITOR, PLUTON_COUNTER_MONITOR, MCU_SLOT_MONITOR, MCU_SLOT_MONITOR_BACKUP, 0},
    {IMAGE_TYPE_NORMAL_WORLD_KERNEL, PLUTON_COUNTER_OS, MCU_SLOT_KERNEL_A, MCU_SLOT_KERNEL_B, 0},
    {IMAGE_TYPE_NORMAL_WORLD_DTB, PLUTON_COUNTER_OS, MCU_SLOT_DTB_A, MCU_SLOT_DTB_B, 0},
    {IMAGE_TYPE_ROOT_FS, PLUTON_COUNTER_OS, MCU_SLOT_ROOT_A, MCU_SLOT_ROOT_B, 0},
    {IMAGE_TYPE_SERVICES, PLUTON_COUNTER_OS, MCU_SLOT_SERVICES_A, MCU_SLOT_SERVICES_B, OPTIONAL},
};
enum { STAGES = sizeof stages / sizeof stages[0], FIRST_OF_SYSTEM = 4 };
_Static_assert((int)STAGES == (int)MCU_MEASUREMENTS_MAX, "one measurement a stage");

size_t mcu_boot_order(uint16_t type)
{
    size_t i = 0;
    while (i < STAGES && stages[i].type != type)
        i++;
    return i;
}

/* Key, size and header of a first boot loader; what the ROM asks of it. */
static int one_bl_key(const struct image *image, uint8_t key[static P256_PUBLIC_BYTES])
{
    struct cursor c = cursor_of(image->body);
    cursor_skip(&c, BOOT_1BL_HEADER_AT);
    uint32_t magic = cursor_u32le(&c), version = cursor_u32le(&c);
    cursor_copy(&c, key, P256_PUBLIC_BYTES);
    if (c.err || magic != BOOT_1BL_MAGIC || version != BOOT_1BL_VERSION || image->file.len != BOOT_1BL_BYTES)
        return E_MALFORMED;
    return 0;
}

static int slot_parse(const struct mcu_flash *flash, enum mcu_slot slot, struct mcu_verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->err = mcu_flash_image(flash, slot, &verdict->file);
    if (!verdict->err)
        verdict->err = image_parse(verdict->file, &verdict->image);
    verdict->parsed = !verdict->err;
    if (verdict->parsed && verdict->image.meta.type != mcu_slots[slot].type)
        verdict->err = E_UNSUPPORTED;
    return verdict->err;
}

static int verify(const struct mcu_trust *trust, const struct image *image)
{
    uint8_t key[P256_PUBLIC_BYTES];
    const uint16_t type = image->meta.type;
    if (type != IMAGE_TYPE_ONE_BL && type != IMAGE_TYPE_TRUSTED_KEYSTORE)
        return trust->has_keystore ? keystore_verify(&trust->keystore, image, false) : E_KEY_UNKNOWN;
    if (!trust->has_root)
        return E_KEY_UNKNOWN;
    if (type == IMAGE_TYPE_ONE_BL) {
        int err = one_bl_key(image, key);
        if (err)
            return err;
        if (memcmp(key, trust->root, sizeof key) != 0)
            return E_KEY_UNKNOWN;
    }
    return image_verify(image, trust->root);
}

void mcu_slot_verify(const struct mcu_trust *trust, const struct mcu_flash *flash, enum mcu_slot slot,
                     struct mcu_verdict *verdict)
{
    if (slot_parse(flash, slot, verdict))
        return;
    verdict->err = verify(trust, &verdict->image);
    size_t stage = mcu_boot_order(verdict->image.meta.type);
    if (!verdict->err && stage < STAGES &&
        verdict->image.meta.security_version < trust->counter[stages[stage].counter])
        verdict->err = E_ROLLBACK;
}

void mcu_trust_init(struct mcu_trust *trust, const struct mcu_flash *flash, const struct mcu_fuses *fuses)
{
    static const enum mcu_slot loaders[] = {MCU_SLOT_ONE_BL, MCU_SLOT_ONE_BL_BACKUP},
                               keystores[] = {MCU_SLOT_KEYSTORE, MCU_SLOT_KEYSTORE_BACKUP};
    uint8_t fused[SHA256_BYTES], digest[SHA256_BYTES];
    struct mcu_verdict verdict;
    memset(trust, 0, sizeof *trust);
    bool final = fuses && mcu_fuses_root(fuses, fused);
    for (int i = 0; fuses && i < PLUTON_COUNTERS; i++)
        if (mcu_fuses_counter(fuses, (enum pluton_counter)i, &trust->counter[i]) != 0)
            trust->counter[i] = UINT32_MAX; /* a corrupt row lets nothing boot */
    for (size_t i = 0; !trust->has_root && i < 2; i++) {
        struct span key = {trust->root, P256_PUBLIC_BYTES};
        trust->has_root = slot_parse(flash, loaders[i], &verdict) == 0 &&
                          one_bl_key(&verdict.image, trust->root) == 0 && crypto_sha256(&key, 1, digest) == 0 &&
                          (!final || memcmp(digest, fused, sizeof digest) == 0) &&
                          image_verify(&verdict.image, trust->root) == 0;
    }
    for (size_t i = 0; !trust->has_keystore && i < 2; i++) {
        mcu_slot_verify(trust, flash, keystores[i], &verdict);
        trust->has_keystore = verdict.err == 0 && keystore_parse(verdict.image.body, &trust->keystore) == 0;
    }
}

const char *mcu_verdict_text(const struct mcu_verdict *verdict)
{
    switch (verdict->err) {
    case 0: return "verified";
    case E_NOT_FOUND: return "empty";
    case E_ROLLBACK: return "older than the fuse counter";
    case E_UNSUPPORTED: return verdict->parsed ? "of another image type or signature type" : err_text(verdict->err);
    default: return err_text(verdict->err);
    }
}

int mcu_measure(const struct image *image, struct mcu_measurement *measurement)
{
    measurement->type = image->meta.type;
    measurement->security_version = image->meta.security_version;
    memcpy(measurement->component, image->meta.component, IMAGE_UID_BYTES);
    return image_digest(image, measurement->digest);
}

/* Does every stage of a system that is not optional verify? */
static bool system_good(const struct mcu_trust *trust, const struct mcu_flash *flash, bool backup)
{
    struct mcu_verdict verdict;
    for (size_t i = FIRST_OF_SYSTEM; i < STAGES; i++) {
        mcu_slot_verify(trust, flash, backup ? stages[i].backup : stages[i].primary, &verdict);
        if (verdict.err && !(stages[i].flags & OPTIONAL && verdict.err == E_NOT_FOUND))
            return false;
    }
    return true;
}

int mcu_measure_boot(const struct mcu_trust *trust, const struct mcu_flash *flash,
                     struct mcu_measurement measurement[static MCU_MEASUREMENTS_MAX], size_t *count,
                     enum mcu_slot *missing)
{
    struct mcu_verdict verdict;
    const bool system_b = !system_good(trust, flash, false) && system_good(trust, flash, true);
    *count = 0;
    for (size_t i = 0; i < STAGES; i++) {
        const struct stage *stage = &stages[i];
        bool of_system = i >= FIRST_OF_SYSTEM;
        mcu_slot_verify(trust, flash, of_system && system_b ? stage->backup : stage->primary, &verdict);
        if (verdict.err && !of_system)
            mcu_slot_verify(trust, flash, stage->backup, &verdict);
        if (verdict.err == E_NOT_FOUND && stage->flags & OPTIONAL)
            continue;
        int err = verdict.err ? E_MISSING : mcu_measure(&verdict.image, &measurement[*count]);
        if (err) {
            *missing = stage->primary;
            *count = 0;
            return err;
        }
        ++*count;
    }
    return 0;
}
