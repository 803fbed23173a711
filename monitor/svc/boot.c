/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/boot.h"

#include <string.h>

#include "abi/mcu_boot.h"
#include "monitor/svc/medium_flash.h"
#include "monitor/svc/plat.h"
#include "monitor/svc/root_of_trust.h"

/* A verdict is this pattern or it is "no": neither 0 nor all ones passes. */
enum { VERDICT_NO = 0, VERDICT_YES = 0x2B6D94A3 };

enum { SEED_BYTES = 32 };

static const struct step {
    uint16_t type;
    const char *name;
    struct flash_range slot; /* from the system's base */
    bool may_be_blank;
} steps[MONITOR_SYSTEM_IMAGES] = {
    {IMAGE_TYPE_NORMAL_WORLD_KERNEL, "kernel", {FLASH_SYSTEM_KERNEL, FLASH_SYSTEM_KERNEL_BYTES}, false},
    {IMAGE_TYPE_NORMAL_WORLD_DTB, "device tree", {FLASH_SYSTEM_DTB, FLASH_SYSTEM_DTB_BYTES}, false},
    {IMAGE_TYPE_ROOT_FS, "root", {FLASH_SYSTEM_ROOT, FLASH_SYSTEM_ROOT_BYTES}, false},
    {IMAGE_TYPE_SERVICES, "services", {FLASH_SYSTEM_SERVICES, FLASH_SYSTEM_SERVICES_BYTES}, true},
};

static int fail(struct boot_failure *failure, uint32_t stage, const char *name, int err)
{
    *failure = (struct boot_failure){stage, name, err};
    return err;
}

static int own_fail(struct boot_failure *failure, const char *name, int err)
{
    return fail(failure, IMAGE_TYPE_SECURITY_MONITOR, name, err);
}

static const struct flash_range keystore_slots[] = {{FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BYTES},
                                                    {FLASH_KEYSTORE_BACKUP_AT, FLASH_KEYSTORE_BACKUP_BYTES}};

/* The bytes are copied, the copy goes to Pluton, which knows the root key; only
 * the copy is used. */
static int keystore_copy(struct monitor *m, struct span *file, struct image *image)
{
    if (file->len > KEYSTORE_FILE_BYTES_MAX)
        return E_LIMIT;
    memcpy(m->request, file->at, file->len);
    *file = span_of(m->request, file->len);
    return image_parse(*file, image);
}

static int keystore_take(struct monitor *m, struct span file, const struct image *image)
{
    struct writer none = writer_of(NULL, 0);
    const int err = plat_pluton(PLUTON_TRUST_KEYSTORE, file, &none);
    if (err)
        return err;
    m->keystore_version = image->meta.security_version;
    return keystore_parse(image->body, &m->keystore); /* Pluton has seen that it is one */
}

static int keystore_try(struct monitor *m, struct flash_range slot)
{
    struct span file;
    struct image image;
    int err = flash_slot(slot, &file);
    if (!err)
        err = keystore_copy(m, &file, &image);
    return err ? err : keystore_take(m, file, &image);
}

static int keystore_load(struct monitor *m, unsigned *copy, struct boot_failure *failure)
{
    *copy = 0;
    const int err = keystore_try(m, keystore_slots[0]);
    if (err == 0)
        return 0;
    plat_say("[SM] backup keystore\n");
    *copy = 1;
    const int second = keystore_try(m, keystore_slots[1]);
    if (second == 0)
        return 0;
    return fail(failure, IMAGE_TYPE_TRUSTED_KEYSTORE, "keystore", err == E_NOT_FOUND ? second : err);
}

static int slot_replace(struct flash_range slot, struct span file)
{
    struct span old;
    if (flash_slot(slot, &old) == 0 && span_equal(old, file))
        return 0;
    int err = flash_erase(slot.at, slot.bytes);
    if (!err)
        err = flash_write(slot.at, file);
    return err ? err : flash_slot_finish(slot, (uint32_t)file.len);
}

/* A keystore that an update brought takes the place of both copies, of the one that this start
 * stands on last: at each moment one of them is whole, and a start that follows goes on where
 * this one was cut.  The old keys count until both are there. */
static void keystore_follow(struct monitor *m, unsigned copy)
{
    const struct component *c = keystore_installed(&m->engine);
    struct image image;
    struct writer none = writer_of(NULL, 0);
    if (!c)
        return;
    const struct flash_range at = component_range(c);
    struct span file = flash_view(at.at, at.bytes);
    int err = keystore_copy(m, &file, &image);
    if (!err && image.meta.security_version < m->keystore_version)
        return;
    if (!err)
        err = plat_pluton(PLUTON_CHECK_KEYSTORE, file, &none);
    if (!err)
        err = slot_replace(keystore_slots[copy ^ 1u], file);
    if (!err)
        err = slot_replace(keystore_slots[copy], file);
    if (!err)
        err = keystore_take(m, file, &image);
    if (!err && m->engine.keystore_version == m->keystore_version)
        return;
    m->engine.keystore_version = m->keystore_version;
    plat_say("[SM] new keystore: ");
    plat_say(err_text(err));
    plat_say("\n");
}

/* Verified twice, on two ways: one skipped instruction must not start an unsigned
 * kernel.  The second way ends with the digest that is measured. */
static int image_admit(const struct monitor *m, const struct step *step, struct span file,
                       struct image *image, uint8_t digest[static SHA256_BYTES])
{
    volatile uint32_t first = VERDICT_NO, second = VERDICT_NO;
    int err = image_parse(file, image);
    if (err)
        return err;
    if (image->meta.type != step->type)
        return E_BINDING;
    err = keystore_verify(&m->keystore, image, false);
    if (err)
        return err;
    if (image->meta.security_version < m->os_counter)
        return E_ROLLBACK;
    first = VERDICT_YES;
    const struct keystore_key *key = keystore_find(&m->keystore, image->meta.thumbprint);
    if (!key || !(key->usage & KEYSTORE_USE_OS))
        return E_KEY_UNKNOWN;
    err = image_digest(image, digest);
    if (!err)
        err = crypto_p256_verify(key->key, digest, image->signature);
    if (err)
        return err;
    if (image->meta.security_version >= m->os_counter)
        second = VERDICT_YES;
    return first == VERDICT_YES && second == VERDICT_YES ? 0 : E_INTERNAL;
}

static int image_take(struct monitor *m, uint32_t system_at, const struct step *step)
{
    struct span file;
    struct image image;
    uint8_t digest[SHA256_BYTES];
    const struct flash_range slot = {system_at + step->slot.at, step->slot.bytes};
    int err = flash_slot(slot, &file);
    if (err == E_NOT_FOUND && step->may_be_blank) {
        plat_say("[SM] no ");
        plat_say(step->name);
        plat_say(" image\n");
        return 0;
    }
    if (!err)
        err = image_admit(m, step, file, &image, digest);
    if (err)
        return err;
    m->image[m->image_count++] = (struct system_image){
        image_component(&image, digest, (uint16_t)(slot.at / FLASH_SECTOR_BYTES)), image.meta.security_version};
    abi_offer_add(&m->abi, image.meta.provides.at, image.meta.provides.count);
    return 0;
}

static int system_try(struct monitor *m, unsigned system, struct boot_failure *failure)
{
    m->system_at = system ? FLASH_SYSTEM_B_AT : FLASH_SYSTEM_A_AT;
    m->image_count = 0;
    memset(m->image, 0, sizeof m->image);
    memset(&m->abi, 0, sizeof m->abi);
    m->abi.version[IMAGE_IDENTITY_SECURE_WORLD_RUNTIME] = ENGINE_SECURE_WORLD_RUNTIME;
    for (size_t i = 0; i < MONITOR_SYSTEM_IMAGES; i++) {
        const int err = image_take(m, m->system_at, &steps[i]);
        if (err == 0)
            continue;
        m->image_count = 0;
        plat_say(system ? "[SM] system B: " : "[SM] system A: ");
        plat_say(steps[i].name);
        plat_say(": ");
        plat_say(err_text(err));
        plat_say("\n");
        return fail(failure, steps[i].type, steps[i].name, err);
    }
    return 0;
}

/* What the record says, else the other one; the failure reported is the first.  A
 * system on trial that does not verify is undone before anything else is tried. */
static int system_load(struct monitor *m, struct boot_failure *failure)
{
    struct boot_failure second;
    int err = system_try(m, engine_set(&m->engine)->system, failure);
    if (err && m->engine.trial_runs) {
        plat_say("[SM] the system on trial is undone\n");
        engine_undo(&m->engine);
        err = system_try(m, engine_set(&m->engine)->system, failure);
    }
    if (err && system_try(m, engine_set(&m->engine)->system ^ 1u, &second) != 0)
        return err;
    return 0;
}

/* The factory puts one application at the begin of APPLICATIONS, with a trailer. */
static bool factory_application(const struct monitor *m, struct component *c)
{
    static const struct flash_range slot = {FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_BYTES};
    struct span file;
    struct image image;
    uint8_t digest[SHA256_BYTES];
    const struct image_checker checker = {.medium = &medium_flash, .keystore = &m->keystore};
    if (flash_slot(slot, &file) != 0 || image_check(&checker, file, &image, digest) != MONITOR_OK ||
        image.meta.type != IMAGE_TYPE_APPLICATIONS)
        return false;
    *c = image_component(&image, digest, FLASH_APPLICATIONS_AT / FLASH_SECTOR_BYTES);
    return true;
}

/* The engine's set is what was verified; without a record it is what the factory left. */
static void engine_follow(struct monitor *m, bool recorded)
{
    struct component found[MONITOR_SYSTEM_IMAGES + 1];
    uint32_t lowest = UINT32_MAX;
    unsigned count = 0;
    for (; count < m->image_count; count++) {
        found[count] = m->image[count].is;
        if (m->image[count].security_version < lowest)
            lowest = m->image[count].security_version;
    }
    if (!recorded && factory_application(m, &found[count]))
        count++;
    engine_adopt(&m->engine, m->system_at == FLASH_SYSTEM_B_AT, found, count, lowest);
    m->engine.running = m->abi;
}

static void trial_say(const struct monitor *m)
{
    char text[] = "[SM] on trial, starts left: 0\n";
    text[sizeof text - 3] = (char)('0' + m->engine.live.tries % 10);
    if (m->engine.trial_runs)
        plat_say(text);
    else if (m->engine.live.undone)
        plat_say("[SM] the last system did not stay\n");
}

static int remap_set(const struct monitor *m)
{
    const uint32_t flash = MT3620_FLASH_CONTROLLER;
    plat_write(flash + FLASH_REMAP_OFFSET, m->system_at);
    plat_write(flash + FLASH_PROTECT, FLASH_STATE_A_AT);
    plat_write(flash + FLASH_LOCK, FLASH_LOCK_REMAP | FLASH_LOCK_PROTECT);
    return plat_read(flash + FLASH_REMAP_OFFSET) == m->system_at &&
                   plat_read(flash + FLASH_PROTECT) == FLASH_STATE_A_AT
               ? 0
               : E_IO;
}

void measurement_write(const struct system_image *image, struct writer *w)
{
    writer_u16le(w, image->is.type);
    writer_u16le(w, 0);
    writer_u32le(w, image->security_version);
    writer_bytes(w, image->is.component, sizeof image->is.component);
    writer_bytes(w, image->is.digest, sizeof image->is.digest);
}

static int measure(const struct monitor *m)
{
    uint8_t bytes[PLUTON_MEASUREMENT_BYTES];
    struct writer none = writer_of(NULL, 0);
    for (unsigned i = 0; i < m->image_count; i++) {
        struct writer w = writer_of(bytes, sizeof bytes);
        measurement_write(&m->image[i], &w);
        const int err = plat_pluton(PLUTON_MEASURE, writer_view(&w), &none);
        if (err)
            return err;
    }
    return 0;
}

static int seed_put(uint8_t *tree, size_t bytes)
{
    const uint8_t request[2] = {SEED_BYTES, 0};
    uint8_t seed[SEED_BYTES];
    struct writer reply = writer_of(seed, sizeof seed);
    uint8_t *mark = NULL;
    _Static_assert(sizeof BOOT_SEED_MARK - 1 == SEED_BYTES, "the mark is as long as the seed");
    for (size_t i = 0; i + SEED_BYTES <= bytes; i++) {
        if (memcmp(tree + i, BOOT_SEED_MARK, SEED_BYTES) != 0)
            continue;
        if (mark)
            return E_DUPLICATE;
        mark = tree + i;
    }
    if (!mark)
        return E_MISSING;
    const int err = plat_pluton(PLUTON_READ_RNG, span_of(request, sizeof request), &reply);
    if (err)
        return err;
    if (reply.len != SEED_BYTES)
        return E_ENTROPY;
    memcpy(mark, seed, SEED_BYTES);
    return 0;
}

/* The verified tree, copied to where the kernel is told to find it. */
static int tree_put(const struct monitor *m)
{
    struct image image;
    for (unsigned i = 0; i < m->image_count; i++) {
        if (m->image[i].is.type != IMAGE_TYPE_NORMAL_WORLD_DTB)
            continue;
        const struct flash_range at = component_range(&m->image[i].is);
        const int err = image_parse(flash_view(at.at, at.bytes), &image);
        if (err)
            return err;
        if (image.body.len > BOOT_DTB_BYTES)
            return E_LIMIT;
        memcpy(plat_ram(BOOT_DTB_AT), image.body.at, image.body.len);
        return seed_put(plat_ram(BOOT_DTB_AT), image.body.len);
    }
    return E_MISSING;
}

int boot_run(struct monitor *m, struct boot_failure *failure)
{
    struct writer none = writer_of(NULL, 0);
    memset(m, 0, sizeof *m);
    unsigned copy;
    int err = keystore_load(m, &copy, failure);
    if (err)
        return err;
    err = root_of_trust_counter(PLUTON_COUNTER_OS, &m->os_counter);
    if (err)
        return own_fail(failure, "anti-rollback counter", err);
    uint8_t id[P256_PUBLIC_BYTES];
    err = root_of_trust_device_id(id);
    if (err)
        return own_fail(failure, "device id", err);
    const bool recorded = engine_init(&m->engine, &medium_flash, m, &m->keystore,
                                      m->keystore_version, id, &m->scratch) == 0;
    keystore_follow(m, copy);
    err = system_load(m, failure);
    if (err)
        return err;
    engine_follow(m, recorded);
    trial_say(m);
    err = remap_set(m);
    if (err)
        return own_fail(failure, "flash remap", err);
    err = measure(m);
    if (err)
        return own_fail(failure, "measurement", err);
    err = tree_put(m);
    if (err)
        return fail(failure, IMAGE_TYPE_NORMAL_WORLD_DTB, "device tree", err);
    /* Last: after it Pluton takes no report of a failed boot any more. */
    err = plat_pluton(PLUTON_CLOSE_MEASUREMENTS, span_of(NULL, 0), &none);
    if (err)
        return own_fail(failure, "measurement", err);
    ring_open(&m->log, (struct flash_range){FLASH_LOG_STORAGE_AT, FLASH_LOG_STORAGE_BYTES});
    ring_open(&m->telemetry, (struct flash_range){FLASH_TELEMETRY_STORAGE_AT, FLASH_TELEMETRY_STORAGE_BYTES});
    m->verdict = MONITOR_BOOTED;
    return 0;
}

int boot_report(const struct boot_failure *failure)
{
    uint8_t bytes[8];
    struct writer w = writer_of(bytes, sizeof bytes), none = writer_of(NULL, 0);
    writer_u32le(&w, failure->stage);
    writer_u32le(&w, (uint32_t)-failure->err);
    return plat_pluton(PLUTON_BOOT_FAILED, writer_view(&w), &none);
}
