/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/smc.md "Start": what boots, what falls back, what stops and why. */
#include "abi/mcu_boot.h"
#include "monitor/svc/medium_flash.h"
#include "monitor/svc/fake_test.h"
#include "monitor/svc/plat.h"

static void fresh(void)
{
    fake_power_on();
    memset(fake.flash, 0xFF, MT3620_FLASH_BYTES);
    fake_keystore(FLASH_KEYSTORE_AT, 1, &fake.root);
    fake_system(FLASH_SYSTEM_A_AT, 3, 0xAA);
}

static void a_good_system(void)
{
    unsigned count;
    struct boot_failure failure;
    fresh();
    CHECK_INT(fake_boot(&failure), 0);
    CHECK_INT(monitor.system_at, FLASH_SYSTEM_A_AT);
    CHECK_INT(fake.measured, 4);
    CHECK(fake.closed);
    CHECK_INT(fake.flash_remap, FLASH_SYSTEM_A_AT);
    CHECK_INT(fake.flash_lock, FLASH_LOCK_REMAP | FLASH_LOCK_PROTECT);
    CHECK_INT(fake.flash_protect, FLASH_STATE_A_AT);
    CHECK_INT(monitor.os_counter, 3);
    CHECK_INT(fake_written(MT3620_FLASH_CONTROLLER + FLASH_COMMAND, &count), 0);
    CHECK_INT(count, 0);
    /* the tree is the verified one, with a seed of this boot in the place of the mark */
    const uint8_t *tree = plat_ram(BOOT_DTB_AT);
    CHECK_INT(tree[100], 0xAA);
    CHECK_INT(tree[101], 0xA0);
    CHECK_INT(tree[132], 0xA0 + 31);
    CHECK_INT(tree[133], 0xAA);
}

/* What an update leaves: a record that says B, with B's images on trial or kept. */
static struct record record_of(uint64_t generation, unsigned system, bool trial)
{
    struct record r = {.generation = generation, .kept.keystore_version = 1};
    r.kept.system = (uint16_t)system;
    if (trial) {
        r.trial = true;
        r.tries = RECORD_TRIES;
        r.kept.system = (uint16_t)(system ^ 1u);
        r.next.system = (uint16_t)system;
        r.next.sequence = 7;
        memset(r.next.os_contents, 7, sizeof r.next.os_contents);
    }
    return r;
}

static void record_put(uint64_t generation, unsigned system, bool trial)
{
    const struct record r = record_of(generation, system, trial);
    CHECK_INT(record_commit(&medium_flash, &r, generation % 2), 0);
}

/* Digest of a file of the system, computed from the image alone. */
static void measurements_are_the_images(void)
{
    struct span file;
    struct image image;
    uint8_t digest[SHA256_BYTES];
    fresh();
    CHECK_INT(fake_boot(NULL), 0);
    static const uint16_t types[] = {7, 6, 8, 9};
    const struct flash_range kernel = {FLASH_SYSTEM_A_AT, FLASH_SYSTEM_KERNEL_BYTES};
    for (unsigned i = 0; i < 4; i++) {
        struct cursor c = cursor_of(span_of(fake.measurement[i], PLUTON_MEASUREMENT_BYTES));
        CHECK_INT(cursor_u16le(&c), types[i]);
        CHECK_INT(cursor_u16le(&c), 0);
        CHECK_INT(cursor_u32le(&c), 3);
    }
    REQUIRE(flash_slot(kernel, &file) == 0 && image_parse(file, &image) == 0);
    REQUIRE(image_digest(&image, digest) == 0);
    CHECK_MEM(fake.measurement[0] + 24, digest, sizeof digest);
    CHECK_MEM(fake.measurement[0] + 8, image.meta.component, 16);
}

/* Every bit class of damage to an image of the only system stops the boot there. */
static void a_bad_image_stops(void)
{
    static const struct {
        uint32_t at, bytes;
        uint32_t stage;
    } slots[] = {
        {FLASH_SYSTEM_KERNEL, FLASH_SYSTEM_KERNEL_BYTES, 7},
        {FLASH_SYSTEM_DTB, FLASH_SYSTEM_DTB_BYTES, 6},
        {FLASH_SYSTEM_ROOT, FLASH_SYSTEM_ROOT_BYTES, 8},
        {FLASH_SYSTEM_SERVICES, FLASH_SYSTEM_SERVICES_BYTES, 9},
    };
    for (unsigned i = 0; i < 4; i++) {
        uint8_t *slot = fake.flash + FLASH_SYSTEM_A_AT + slots[i].at;
        struct boot_failure failure;
        struct span file;
        fresh();
        REQUIRE(flash_slot((struct flash_range){FLASH_SYSTEM_A_AT + slots[i].at, slots[i].bytes}, &file) == 0);
        const size_t places[] = {0, file.len / 2, file.len - 100, file.len - 66, file.len - 1,
                                 slots[i].bytes - 16, slots[i].bytes - 12, slots[i].bytes - 4};
        for (unsigned k = 0; k < sizeof places / sizeof places[0]; k++) {
            fake_power_on();
            slot[places[k]] ^= 0x10;
            CHECK(fake_boot(&failure) != 0);
            CHECK_INT(failure.stage, slots[i].stage);
            CHECK_INT(fake.measured, 0);
            CHECK(!fake.closed);
            CHECK_INT(fake.flash_lock, 0);
            CHECK_INT(boot_report(&failure), 0);
            CHECK_INT(fake.failed_stage, slots[i].stage);
            CHECK_INT(fake.failed_reason, -failure.err);
            slot[places[k]] ^= 0x10;
        }
    }
}

static void blank_slots(void)
{
    struct boot_failure failure;
    fresh();
    memset(fake.flash + FLASH_SYSTEM_A_AT + FLASH_SYSTEM_SERVICES, 0xFF, FLASH_SYSTEM_SERVICES_BYTES);
    CHECK_INT(fake_boot(&failure), 0);
    CHECK_INT(fake.measured, 3);
    CHECK(strstr(fake.said, "[SM] no services image\n") != NULL);
    /* a slot that is not quite blank is damaged, not empty */
    fake.flash[FLASH_SYSTEM_A_AT + FLASH_SYSTEM_SERVICES + 5] = 0;
    fake_power_on();
    CHECK_INT(fake_boot(&failure), E_CORRUPT);
    CHECK_INT(failure.stage, 9);
    fresh();
    memset(fake.flash + FLASH_SYSTEM_A_AT + FLASH_SYSTEM_ROOT, 0xFF, FLASH_SYSTEM_ROOT_BYTES);
    CHECK_INT(fake_boot(&failure), E_NOT_FOUND);
    CHECK_INT(failure.stage, 8);
}

/* "1BL downgrade": an older image, correctly signed, is refused at every stage. */
static void row_1BL_downgrade(void)
{
    struct boot_failure failure;
    fresh();
    fake_system(FLASH_SYSTEM_A_AT, 2, 0xAA);
    CHECK_INT(fake_boot(&failure), E_ROLLBACK);
    CHECK_INT(failure.stage, 7);
    fake_system(FLASH_SYSTEM_A_AT, 4, 0xAA);
    fake_power_on();
    CHECK_INT(fake_boot(&failure), 0);
}

/* A key counts for what it may sign, and a slot takes its own type alone. */
static void foreign_images(void)
{
    static uint8_t package[4096];
    static const uint8_t body[64];
    const struct fake_image images[] = {
        {IMAGE_TYPE_NORMAL_WORLD_KERNEL, 1, 3, &fake.application, span_of(body, 64), 0},
        {IMAGE_TYPE_NORMAL_WORLD_KERNEL, 1, 3, &fake.development, span_of(body, 64), 0},
        {IMAGE_TYPE_NORMAL_WORLD_KERNEL, 1, 3, &fake.root, span_of(body, 64), 0},
        {IMAGE_TYPE_ROOT_FS, 1, 3, &fake.os, span_of(body, 64), 0},
        {IMAGE_TYPE_APPLICATIONS, 1, 3, &fake.application, span_of(body, 64), 0},
    };
    static const int want[] = {E_KEY_UNKNOWN, E_KEY_UNKNOWN, E_KEY_UNKNOWN, E_BINDING, E_BINDING};
    for (unsigned i = 0; i < 5; i++) {
        struct boot_failure failure;
        fresh();
        fake_slot(FLASH_SYSTEM_A_AT, FLASH_SYSTEM_KERNEL_BYTES, package,
                  fake_package(&images[i], package, sizeof package));
        CHECK_INT(fake_boot(&failure), want[i]);
        CHECK_INT(failure.stage, 7);
    }
}

static void the_other_system(void)
{
    struct boot_failure failure;
    fresh();
    fake_system(FLASH_SYSTEM_B_AT, 3, 0xBB);
    record_put(1, 1, false);
    CHECK_INT(fake_boot(&failure), 0);
    CHECK_INT(monitor.system_at, FLASH_SYSTEM_B_AT);
    CHECK_INT(fake.flash_remap, FLASH_SYSTEM_B_AT);
    CHECK_INT(plat_ram(BOOT_DTB_AT)[0], 0xBB);
    /* B is damaged: A runs, and nothing of B is measured */
    fake.flash[FLASH_SYSTEM_B_AT + FLASH_SYSTEM_SERVICES] ^= 1;
    fake_power_on();
    CHECK_INT(fake_boot(&failure), 0);
    CHECK_INT(monitor.system_at, FLASH_SYSTEM_A_AT);
    CHECK_INT(fake.measured, 4);
    CHECK_INT(plat_ram(BOOT_DTB_AT)[0], 0xAA);
    CHECK(strstr(fake.said, "[SM] system B: services: ") != NULL);
    /* both: the reason is the chosen one's */
    fake.flash[FLASH_SYSTEM_A_AT] ^= 1;
    fake_power_on();
    CHECK(fake_boot(&failure) != 0);
    CHECK_INT(failure.stage, 9);
}

static void keystores(void)
{
    struct boot_failure failure;
    fresh();
    fake.flash[FLASH_KEYSTORE_AT + 20] ^= 1;
    CHECK(fake_boot(&failure) != 0);
    CHECK_INT(failure.stage, IMAGE_TYPE_TRUSTED_KEYSTORE);
    CHECK_INT(fake.measured, 0);
    fake_power_on();
    fake_keystore(FLASH_KEYSTORE_BACKUP_AT, 1, &fake.root);
    CHECK_INT(fake_boot(&failure), 0);
    CHECK(strstr(fake.said, "[SM] backup keystore\n") != NULL);
    /* signed by a key that the fuses do not know */
    fresh();
    fake_keystore(FLASH_KEYSTORE_AT, 1, &fake.os);
    CHECK_INT(fake_boot(&failure), E_SIGNATURE);
    CHECK_INT(failure.stage, IMAGE_TYPE_TRUSTED_KEYSTORE);
}

/* "20.08 entropy": early boot lacked entropy; the tree carries a seed of this
 * boot, in the one place that is meant for it. */
static void row_20_08_the_seed(void)
{
    static uint8_t tree[400], package[2048];
    struct boot_failure failure;
    const struct fake_image image = {IMAGE_TYPE_NORMAL_WORLD_DTB, 1, 3, &fake.os,
                                     span_of(tree, sizeof tree), 0};
    static const int want[] = {E_MISSING, 0, E_DUPLICATE};
    for (unsigned marks = 0; marks < 3; marks++) {
        fresh();
        memset(tree, 0, sizeof tree);
        for (unsigned i = 0; i < marks; i++)
            memcpy(tree + (i ? sizeof tree - 32 : 0), BOOT_SEED_MARK, 32);
        fake_slot(FLASH_SYSTEM_A_AT + FLASH_SYSTEM_DTB, FLASH_SYSTEM_DTB_BYTES, package,
                  fake_package(&image, package, sizeof package));
        CHECK_INT(fake_boot(&failure), want[marks]);
        CHECK_INT(fake.closed, want[marks] == 0);
    }
}

/* ANV/RSQ: metadata with broken counts once made a device that does not boot.  Each
 * byte of the metadata damaged, and every short length: the other system runs. */
static void row_ANV_metadata(void)
{
    struct span file;
    struct image image;
    struct boot_failure failure;
    const struct flash_range slot = {FLASH_SYSTEM_A_AT + FLASH_SYSTEM_ROOT, FLASH_SYSTEM_ROOT_BYTES};
    fresh();
    fake_system(FLASH_SYSTEM_B_AT, 3, 0xBB);
    REQUIRE(flash_slot(slot, &file) == 0 && image_parse(file, &image) == 0);
    uint8_t *at = fake.flash + slot.at + image.body.len;
    for (size_t i = 0; i < file.len - image.body.len; i++)
        for (unsigned kind = 0; kind < 2; kind++) {
            const uint8_t was = at[i];
            fake_power_on();
            at[i] = kind ? (uint8_t)~was : was ^ 1;
            CHECK_INT(fake_boot(&failure), 0);
            CHECK_INT(monitor.system_at, FLASH_SYSTEM_B_AT);
            at[i] = was;
        }
    static uint8_t package[4096];
    const size_t whole = file.len;
    memcpy(package, file.at, whole);
    for (size_t len = 0; len < whole; len += len + 40 < whole - 400 ? 40 : 1) {
        fake_slot(slot.at, slot.bytes, package, len);
        fake_power_on();
        CHECK_INT(fake_boot(&failure), 0);
        CHECK_INT(monitor.system_at, FLASH_SYSTEM_B_AT);
    }
}

/* TALOS-2021-1342: what is not signed chooses nothing older.  The boot record is
 * not signed: it may pick a system, but none below the counter. */
static void row_TALOS_2021_1342_unsigned_downgrade(void)
{
    struct boot_failure failure;
    fresh();
    fake_system(FLASH_SYSTEM_B_AT, 2, 0xBB);
    record_put(1, 1, false);
    CHECK_INT(fake_boot(&failure), 0);
    CHECK_INT(monitor.system_at, FLASH_SYSTEM_A_AT);
    CHECK(strstr(fake.said, "[SM] system B: kernel: older than what was accepted before\n") != NULL);
}

static void a_tree_too_large(void)
{
    static uint8_t tree[BOOT_DTB_BYTES + 1], package[BOOT_DTB_BYTES + 1024];
    struct boot_failure failure;
    struct fake_image image = {IMAGE_TYPE_NORMAL_WORLD_DTB, 1, 3, &fake.os,
                               span_of(tree, BOOT_DTB_BYTES), 0};
    memcpy(tree + BOOT_DTB_BYTES - 32, BOOT_SEED_MARK, 32);
    for (unsigned more = 0; more < 2; more++) {
        fresh();
        image.body.len = BOOT_DTB_BYTES + more;
        fake_slot(FLASH_SYSTEM_A_AT + FLASH_SYSTEM_DTB, FLASH_SYSTEM_DTB_BYTES, package,
                  fake_package(&image, package, sizeof package));
        CHECK_INT(fake_boot(&failure), more ? E_LIMIT : 0);
    }
}

/* Whatever Pluton refuses, the boot stops with a stage and a reason. */
static void a_failing_pluton(void)
{
    static const int commands[] = {PLUTON_TRUST_KEYSTORE, PLUTON_READ_COUNTER, PLUTON_MEASURE,
                                   PLUTON_READ_RNG, PLUTON_CLOSE_MEASUREMENTS};
    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct boot_failure failure;
        fresh();
        fake.pluton_fails = commands[i];
        CHECK_INT(fake_boot(&failure), E_CRYPTO);
        CHECK(failure.name != NULL && failure.err == E_CRYPTO);
        CHECK(!fake.closed);
    }
    fake.pluton_fails = 0;
}

/* A system on trial: counted before it runs, back after the last try, back at once when
 * it does not verify, and the old one again if that is damaged meanwhile. */
static void trials(void)
{
    struct boot_failure failure;
    fresh();
    fake_system(FLASH_SYSTEM_B_AT, 3, 0xBB);
    record_put(1, 1, true);
    for (unsigned i = 0; i < RECORD_TRIES; i++) {
        fake_power_on();
        CHECK_INT(fake_boot(&failure), 0);
        CHECK_INT(monitor.system_at, FLASH_SYSTEM_B_AT);
        CHECK(monitor.engine.trial_runs);
        CHECK_INT(monitor.engine.live.tries, RECORD_TRIES - 1 - i);
        CHECK(strstr(fake.said, "[SM] on trial, starts left: ") != NULL);
    }
    for (unsigned i = 0; i < 2; i++) {
        fake_power_on();
        CHECK_INT(fake_boot(&failure), 0);
        CHECK_INT(monitor.system_at, FLASH_SYSTEM_A_AT);
        CHECK(monitor.engine.live.undone && !monitor.engine.live.trial);
        CHECK_INT(monitor.engine.live.undone_sequence, 7);
    }
    fresh();
    fake_system(FLASH_SYSTEM_B_AT, 3, 0xBB);
    fake.flash[FLASH_SYSTEM_B_AT + FLASH_SYSTEM_ROOT + 9] ^= 1;
    record_put(1, 1, true);
    fake_power_on();
    CHECK_INT(fake_boot(&failure), 0);
    CHECK_INT(monitor.system_at, FLASH_SYSTEM_A_AT);
    CHECK(monitor.engine.live.undone);
    CHECK(strstr(fake.said, "[SM] the system on trial is undone\n") != NULL);
    /* only the new one is whole: rather that than none */
    fresh();
    fake_system(FLASH_SYSTEM_B_AT, 3, 0xBB);
    fake.flash[FLASH_SYSTEM_A_AT + FLASH_SYSTEM_ROOT + 9] ^= 1;
    record_put(1, 0, false);
    fake_power_on();
    CHECK_INT(fake_boot(&failure), 0);
    CHECK_INT(monitor.system_at, FLASH_SYSTEM_B_AT);
    CHECK_INT(engine_set(&monitor.engine)->system, 1);
}

/* Power lost at each operation of a start that counts a try or undoes a trial, in each
 * way: the next start runs one of the two, and no more tries than there are. */
static void start_cuts(void)
{
    for (int cut = 0; cut < FAKE_CUTS; cut++)
        for (long at = 0;; at++) {
            struct boot_failure failure;
            unsigned trials = 0;
            fresh();
            fake_system(FLASH_SYSTEM_B_AT, 3, 0xBB);
            record_put(1, 1, true);
            fake_power_on();
            fake.cut_at = at;
            fake.cut = (enum fake_cut)cut;
            (void)fake_boot(&failure);
            const bool complete = !fake.dead;
            for (unsigned i = 0; i < RECORD_TRIES + 2; i++) {
                fake_power_on();
                CHECK_INT(fake_boot(&failure), 0);
                trials += monitor.system_at == FLASH_SYSTEM_B_AT;
            }
            CHECK(trials >= RECORD_TRIES - 1 && trials <= RECORD_TRIES);
            CHECK_INT(monitor.system_at, FLASH_SYSTEM_A_AT);
            CHECK(monitor.engine.live.undone);
            if (complete) {
                CHECK(at >= 2); /* erased, and programmed in pages */
                break;
            }
        }
}

/* ---- a keystore that an update brought ---- */

enum { KEYSTORE_BLOCK = FLASH_APPLICATIONS_AT / FLASH_SECTOR_BYTES + 3 };

/* Both copies of version 1; the record names a newer one that was installed. */
static void rotation_put(uint32_t version, struct soft_key *root)
{
    static uint8_t package[2560];
    struct image image;
    uint8_t digest[SHA256_BYTES];
    fresh();
    fake_keystore(FLASH_KEYSTORE_AT, 1, &fake.root);
    fake_keystore(FLASH_KEYSTORE_BACKUP_AT, 1, &fake.root);
    const size_t len = fake_keystore_package(version, root, package, sizeof package);
    memcpy(fake.flash + KEYSTORE_BLOCK * FLASH_SECTOR_BYTES, package, len);
    REQUIRE(image_parse(span_of(package, len), &image) == 0 && image_digest(&image, digest) == 0);
    struct record r = record_of(1, 0, false);
    r.kept.count = 1;
    r.kept.at[0] = image_component(&image, digest, KEYSTORE_BLOCK);
    CHECK_INT(record_commit(&medium_flash, &r, 1), 0);
    fake_power_on();
}

/* Version of what stands there, as the first boot loader sees it; 0: nothing that it takes. */
static uint32_t copy_version(uint32_t at)
{
    struct span file;
    struct image image;
    if (flash_slot((struct flash_range){at, FLASH_KEYSTORE_BYTES}, &file) != 0 ||
        image_parse(file, &image) != 0 || image_verify(&image, fake.root.public) != 0)
        return 0;
    return image.meta.security_version;
}

static void a_new_keystore(void)
{
    rotation_put(2, &fake.root);
    CHECK_INT(fake_boot(NULL), 0);
    CHECK_INT(monitor.engine.keystore_version, 2);
    CHECK_INT(copy_version(FLASH_KEYSTORE_AT), 2);
    CHECK_INT(copy_version(FLASH_KEYSTORE_BACKUP_AT), 2);
    CHECK(strstr(fake.said, "[SM] new keystore: success\n") != NULL);
    fake_power_on();
    CHECK_INT(fake_boot(NULL), 0);
    CHECK_INT(fake.operations, 0); /* once is enough */
    CHECK_INT(monitor.engine.keystore_version, 2);
    /* a copy that was damaged later is written again */
    fake.flash[FLASH_KEYSTORE_AT + 9] ^= 1;
    fake_power_on();
    CHECK_INT(fake_boot(NULL), 0);
    CHECK_INT(copy_version(FLASH_KEYSTORE_AT), 2);
    /* by another key, or older: nothing is written, the old one counts */
    for (unsigned i = 0; i < 2; i++) {
        rotation_put(i ? 0 : 2, i ? &fake.root : &fake.os);
        CHECK_INT(fake_boot(NULL), 0);
        CHECK_INT(fake.operations, 0);
        CHECK_INT(monitor.engine.keystore_version, 1);
        CHECK_INT(copy_version(FLASH_KEYSTORE_AT), 1);
    }
    /* a Pluton that does not answer, a file that the flash has damaged */
    rotation_put(2, &fake.root);
    fake.pluton_fails = PLUTON_CHECK_KEYSTORE;
    CHECK_INT(fake_boot(NULL), 0);
    fake.pluton_fails = 0;
    CHECK_INT(monitor.engine.keystore_version, 1);
    rotation_put(2, &fake.root);
    fake.flash[KEYSTORE_BLOCK * FLASH_SECTOR_BYTES + 30] ^= 1;
    CHECK_INT(fake_boot(NULL), 0);
    CHECK_INT(monitor.engine.keystore_version, 1);
    CHECK_INT(fake.operations, 0);
}

/* Power lost at each operation of such a start, in each way, and in one way where only one copy
 * was whole before: one of the two is
 * whole at every moment, and the next start ends with both new. */
static void keystore_cuts(void)
{
    enum { FROM = FLASH_KEYSTORE_AT, BYTES = FLASH_SYSTEM_A_AT - FROM };
    uint8_t *start = malloc(BYTES);
    rotation_put(2, &fake.root);
    memcpy(start, fake.flash + FROM, BYTES);
    for (int damaged = 0; damaged < 3; damaged++)
        for (int cut = 0; cut < FAKE_CUTS; cut++)
            for (long at = 0; !damaged || cut == FAKE_CUT_FIRST_HALF; at++) {
                memcpy(fake.flash + FROM, start, BYTES);
                fake_power_on();
                if (damaged)
                    fake.flash[damaged == 1 ? FLASH_KEYSTORE_AT : FLASH_KEYSTORE_BACKUP_AT] ^= 1;
                fake.cut_at = at;
                fake.cut = (enum fake_cut)cut;
                (void)fake_boot(NULL);
                const bool complete = !fake.dead;
                CHECK(copy_version(FLASH_KEYSTORE_AT) || copy_version(FLASH_KEYSTORE_BACKUP_AT));
                fake_power_on();
                CHECK_INT(fake_boot(NULL), 0);
                CHECK_INT(monitor.engine.keystore_version, 2);
                CHECK_INT(copy_version(FLASH_KEYSTORE_AT), 2);
                CHECK_INT(copy_version(FLASH_KEYSTORE_BACKUP_AT), 2);
                if (complete) {
                    CHECK(at >= 2 * FLASH_KEYSTORE_BYTES / FLASH_SECTOR_BYTES);
                    break;
                }
            }
    free(start);
}

int main(void)
{
    fake_init();
    a_good_system();
    measurements_are_the_images();
    a_bad_image_stops();
    blank_slots();
    row_1BL_downgrade();
    foreign_images();
    the_other_system();
    keystores();
    row_20_08_the_seed();
    row_ANV_metadata();
    row_TALOS_2021_1342_unsigned_downgrade();
    a_tree_too_large();
    a_failing_pluton();
    trials();
    start_cuts();
    a_new_keystore();
    keystore_cuts();
    fake_release();
    return check_done();
}
