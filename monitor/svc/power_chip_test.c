/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The medium of power_test.h that the MCU is: the start of boot.c, the engine and its
 * flash, over a NOR flash in memory.  Programming clears bits, erasing sets those of a
 * sector; a command in which power goes leaves the bits that it was to change as they
 * were, changed in one half or in every other byte, each at random, or all changed.
 * Flash without a cache keeps the order of its commands: there is nothing to reorder.
 * The raise of a fuse counter is an operation too.
 * Not modelled: bits that read differently each time after a torn command.
 */
#include "abi/capability.h"
#include "abi/evidence.h"
#include "monitor/engine/power_test.h"
#include "monitor/svc/fake_test.h"
#include "monitor/svc/medium_flash.h"

enum { OTHERS = 0xB7 }; /* fills the partitions that are not the engine's */

static struct {
    uint8_t *flash;
    uint32_t os_counter, keystore_counter;
} kept;

/* flash_erased() as it is, but for whole sectors that were erased when it looked last: in
 * each update there are sixteen hundred of them. */
bool __real_flash_erased(struct span bytes);
bool __wrap_flash_erased(struct span bytes);
bool __wrap_flash_erased(struct span bytes)
{
    const size_t at = (size_t)(bytes.at - fake.flash);
    if (bytes.len != FLASH_SECTOR_BYTES || at % FLASH_SECTOR_BYTES)
        return __real_flash_erased(bytes);
    bool *blank = &fake.blank[at / FLASH_SECTOR_BYTES];
    if (!*blank)
        *blank = __real_flash_erased(bytes);
    return *blank;
}

static int start(struct world *w, bool power_was_lost)
{
    const long operations = fake.operations, cut_at = fake.cut_at;
    fake_power_on();
    if (!power_was_lost) {
        fake.operations = operations;
        fake.cut_at = cut_at;
    } else if (w->arm.at) {
        fake.cut_at = (long)w->arm.at - 1;
        fake.cut = (enum fake_cut)w->arm.way;
    }
    w->arm.at = 0;
    const int err = fake_boot(NULL);
    w->engine = monitor.engine; /* its pointers lead to the one monitor that there is */
    w->machine->guard(w);
    return err;
}

static void guard(struct world *w)
{
    const struct image_set *sets[] = {&w->engine.live.kept, &w->engine.live.next};
    memset(fake.guarded, 0, sizeof fake.guarded);
    for (unsigned s = 0; s < 2; s++)
        for (unsigned i = 0; i < sets[s]->count; i++) {
            const struct medium_area area = component_area(&medium_flash, &sets[s]->at[i]);
            memset(fake.guarded + area.first, 1, area.blocks);
        }
}

static const struct world_machine machine = {start, guard};

static void slot(uint32_t at, uint32_t bytes, uint8_t id)
{
    const struct package *package = power_package(id);
    fake_slot(at, bytes, package->bytes, package->len);
}

static void keystore_put(void)
{
    static struct keystore keystore;
    static struct package package;
    uint8_t body[2048];
    struct writer to = writer_of(body, sizeof body);
    const struct image_order order = {.type = IMAGE_TYPE_TRUSTED_KEYSTORE, .component = 0x19, .id = 0x1A,
                                      .key = KEY_ROOT, .security_version = 1};
    world_public(KEY_ROOT, fake.root.public);
    world_keystore(&keystore);
    REQUIRE(keystore_write(&keystore, &to) == 0);
    world_wrap(&order, writer_view(&to), &package);
    fake_slot(FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BYTES, package.bytes, package.len);
    fake_slot(FLASH_KEYSTORE_BACKUP_AT, FLASH_KEYSTORE_BACKUP_BYTES, package.bytes, package.len);
}

/* As the factory leaves it: one system, one application, no record. */
static void make(struct world *w)
{
    if (!kept.flash) {
        fake_init();
        kept.flash = malloc(MT3620_FLASH_BYTES);
        REQUIRE(kept.flash != NULL);
    }
    memset(w, 0, sizeof *w);
    memset(fake.flash, OTHERS, MT3620_FLASH_BYTES);
    memset(fake.flash + FLASH_STATE_A_AT, 0xFF, FLASH_APPLICATIONS_AT - FLASH_STATE_A_AT);
    keystore_put();
    slot(FLASH_SYSTEM_A_AT + FLASH_SYSTEM_KERNEL, FLASH_SYSTEM_KERNEL_BYTES, 0x71);
    slot(FLASH_SYSTEM_A_AT + FLASH_SYSTEM_DTB, FLASH_SYSTEM_DTB_BYTES, 0x61);
    slot(FLASH_SYSTEM_A_AT + FLASH_SYSTEM_ROOT, FLASH_SYSTEM_ROOT_BYTES, 0x81);
    slot(FLASH_SYSTEM_A_AT + FLASH_SYSTEM_SERVICES, FLASH_SYSTEM_SERVICES_BYTES, 0x01);
    slot(FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_BYTES, 0xA2);
    fake.os_counter = 2;
    fake.keystore_counter = 1;
    fake.lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    fake.capability[0] = CAPABILITY_FIELD_SERVICING;
    memset(fake.touched, 0, sizeof fake.touched);
    memset(fake.blank, 0, sizeof fake.blank);
    w->machine = &machine;
    w->ram.medium = medium_flash;
    CHECK_INT(world_restart(w), 0);
}

static void keep(const struct world *w)
{
    (void)w;
    memcpy(kept.flash, fake.flash, MT3620_FLASH_BYTES);
    memset(fake.touched, 0, sizeof fake.touched);
    kept.os_counter = fake.os_counter;
    kept.keystore_counter = fake.keystore_counter;
}

static void back(struct world *w)
{
    for (size_t i = 0; i < FAKE_SECTORS; i++)
        if (fake.touched[i]) {
            memcpy(fake.flash + i * FLASH_SECTOR_BYTES, kept.flash + i * FLASH_SECTOR_BYTES, FLASH_SECTOR_BYTES);
            fake.blank[i] = false;
        }
    memset(fake.touched, 0, sizeof fake.touched);
    fake.violations = 0;
    fake.noise = 1;
    fake.os_counter = kept.os_counter;
    fake.keystore_counter = kept.keystore_counter;
    CHECK_INT(world_restart(w), 0);
    CHECK_INT(fake.operations, 0);
}

static void cut(struct world *w, unsigned at, unsigned way)
{
    (void)w;
    fake.cut_at = at ? fake.operations + (long)at - 1 : FAKE_NEVER;
    fake.cut = (enum fake_cut)way;
}

static unsigned operations(const struct world *w)
{
    (void)w;
    return (unsigned)fake.operations;
}

static bool off(const struct world *w)
{
    (void)w;
    return fake.dead;
}

static uint32_t os_counter(const struct world *w)
{
    (void)w;
    return fake.os_counter;
}

/* Boot stages, configuration, log and reports are none of the engine's; the copies of the keystore
 * are the start's to replace, of which one is whole at each start. */
static const char *damage(const struct world *w)
{
    for (size_t i = 0; i < FAKE_SECTORS; i++) {
        const uint32_t at = (uint32_t)i * FLASH_SECTOR_BYTES;
        const bool record = at == FLASH_STATE_A_AT || at == FLASH_STATE_B_AT;
        const bool keys = at >= FLASH_KEYSTORE_AT && at < FLASH_KEYSTORE_BACKUP_AT + FLASH_KEYSTORE_BACKUP_BYTES;
        if (fake.touched[i] && !record && !(keys && keystore_installed(&w->engine)) &&
            (at < FLASH_SYSTEM_A_AT || at >= FLASH_APPLICATIONS_AT + FLASH_APPLICATIONS_BYTES - FLASH_SECTOR_BYTES))
            return "a sector was touched that is not the engine's";
    }
    return fake.violations ? "an area of a live set was touched" : NULL;
}

static const char *const way_names[FAKE_CUTS] = {
    [FAKE_CUT_BEFORE] = "clean",
    [FAKE_CUT_FIRST_HALF] = "torn, first half",
    [FAKE_CUT_LAST_HALF] = "torn, last half",
    [FAKE_CUT_EVERY_OTHER] = "torn, every other",
    [FAKE_CUT_NOISE] = "torn, random bits",
    [FAKE_CUT_AFTER] = "done, not told",
};

static const struct power_medium chip = {"mcu flash", RAM_AS_MCU, true, FAKE_CUTS, way_names, make, keep, back,
                                         cut, operations, off, os_counter, damage};

const struct power_medium *const power_media[] = {&chip, NULL};
