/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot matrix of what the monitor verifies: kernel, device tree, root, services, each with
 * every defect of the list, in the chosen system alone (the other one boots) and in both (the
 * boot stops, with stage and reason); and flipped bits across the signed bytes.
 * The stages before: pluton/mcu/boot_test.c.  A sample on the whole chip: tests/mcu/matrix_test.c.
 *
 *   monitor_boot_matrix_test        a sample of the bits
 *   monitor_boot_matrix_test all    each bit
 */
#include "abi/mcu_boot.h"
#include "monitor/svc/fake_test.h"

enum {
    VERSION = 3,
    PACKAGE_BYTES = 4096,
    SAMPLE = 43, /* bits from one to the next; odd, so that each place in a byte comes up */
};

static const struct stage {
    const char *name;
    uint32_t at, bytes; /* in a system */
    uint16_t type;
    uint8_t component;
} stages[] = {
    {"kernel", FLASH_SYSTEM_KERNEL, FLASH_SYSTEM_KERNEL_BYTES, IMAGE_TYPE_NORMAL_WORLD_KERNEL, 0x71},
    {"device tree", FLASH_SYSTEM_DTB, FLASH_SYSTEM_DTB_BYTES, IMAGE_TYPE_NORMAL_WORLD_DTB, 0x74},
    {"root", FLASH_SYSTEM_ROOT, FLASH_SYSTEM_ROOT_BYTES, IMAGE_TYPE_ROOT_FS, 0x72},
    {"services", FLASH_SYSTEM_SERVICES, FLASH_SYSTEM_SERVICES_BYTES, IMAGE_TYPE_SERVICES, 0x73},
};
enum { STAGES = sizeof stages / sizeof stages[0] };

/* A package, and where its metadata and its signature begin. */
struct package {
    uint8_t bytes[PACKAGE_BYTES];
    size_t len, metadata, signature;
};

static void good(struct package *p, const struct stage *stage, uint32_t version, struct soft_key *key)
{
    static uint8_t body[160];
    struct image image;
    memset(body, 0xAA, sizeof body);
    if (stage->type == IMAGE_TYPE_NORMAL_WORLD_DTB)
        memcpy(body + 100, BOOT_SEED_MARK, 32);
    const struct fake_image what = {stage->type, stage->component, version, key, span_of(body, sizeof body), 0};
    p->len = fake_package(&what, p->bytes, sizeof p->bytes);
    REQUIRE(image_parse(span_of(p->bytes, p->len), &image) == 0);
    p->metadata = image.body.len;
    p->signature = p->len - P256_SIGNATURE_BYTES;
}

/* Whatever it says now, its key has signed it. */
static void sign_again(struct package *p)
{
    struct writer w = writer_of(p->bytes, sizeof p->bytes);
    struct signer signer = soft_key_signer(&fake.os);
    w.len = p->signature;
    REQUIRE(image_sign(&w, &signer) == 0);
    p->len = w.len;
}

/* -- ways to be wrong; each starts from a good package ----------------------------- */

static void unknown_key(struct package *p, const struct stage *stage) { good(p, stage, VERSION, &fake.root); }
static void other_use(struct package *p, const struct stage *stage) { good(p, stage, VERSION, &fake.application); }
static void older(struct package *p, const struct stage *stage) { good(p, stage, VERSION - 1, &fake.os); }

/* The right key is named, another one signed. */
static void wrong_key(struct package *p, const struct stage *stage)
{
    (void)stage;
    struct writer w = writer_of(p->bytes, sizeof p->bytes);
    struct signer signer = soft_key_signer(&fake.application);
    w.len = p->signature;
    REQUIRE(image_sign(&w, &signer) == 0);
}

static void wrong_type(struct package *p, const struct stage *stage)
{
    good(p, &stages[(stage - stages + 1) % STAGES], VERSION, &fake.os);
}

static void truncated(struct package *p, const struct stage *stage)
{
    (void)stage;
    p->len -= 1;
}

static void short_body(struct package *p, const struct stage *stage)
{
    (void)stage;
    p->len = p->metadata / 2;
}

/* The metadata lie, and are rightly signed. */
static void count_more(struct package *p, const struct stage *stage)
{
    (void)stage;
    p->bytes[p->metadata + 4]++;
    sign_again(p);
}

static void count_less(struct package *p, const struct stage *stage)
{
    (void)stage;
    p->bytes[p->metadata + 4]--;
    sign_again(p);
}

static void count_huge(struct package *p, const struct stage *stage)
{
    (void)stage;
    memset(p->bytes + p->metadata + 4, 0xFF, 4);
    sign_again(p);
}

static void length_more(struct package *p, const struct stage *stage)
{
    (void)stage;
    p->bytes[p->metadata + 10] = (uint8_t)(p->bytes[p->metadata + 10] + 4);
    sign_again(p);
}

static void length_huge(struct package *p, const struct stage *stage)
{
    (void)stage;
    memset(p->bytes + p->metadata + 10, 0xFF, 2);
    sign_again(p);
}

static const struct defect {
    const char *name;
    void (*spoil)(struct package *p, const struct stage *stage);
    int want; /* 0: any error */
} defects[] = {
    {"unknown key", unknown_key, E_KEY_UNKNOWN}, {"key of another use", other_use, E_KEY_UNKNOWN},
    {"wrong key", wrong_key, E_SIGNATURE},       {"older than the counter", older, E_ROLLBACK},
    {"wrong type", wrong_type, E_BINDING},       {"truncated", truncated, 0},
    {"short", short_body, 0},                    {"section count more", count_more, 0},
    {"section count less", count_less, 0},       {"section count huge", count_huge, 0},
    {"section length more", length_more, 0},     {"section length huge", length_huge, 0},
};
enum { DEFECTS = sizeof defects / sizeof defects[0] };

/* -- outcomes ------------------------------------------------------------------------ */

static void chip_good(void)
{
    fake_power_on();
    memset(fake.flash + FLASH_STATE_A_AT, 0xFF, FLASH_SYSTEM_A_AT - FLASH_STATE_A_AT); /* no record */
    fake_system(FLASH_SYSTEM_A_AT, VERSION, 0xAA);
    fake_system(FLASH_SYSTEM_B_AT, VERSION, 0xBB);
}

static void stopped(const struct stage *stage, int want)
{
    struct boot_failure failure;
    const int err = fake_boot(&failure);
    CHECK(want ? err == want : err != 0);
    CHECK_INT(failure.stage, stage->type);
    CHECK_STR(failure.name, stage->name);
    CHECK(fake.measured == 0 && !fake.closed);
    CHECK_INT(fake.flash_lock, 0); /* nothing was handed over */
    CHECK_INT(boot_report(&failure), 0);
    CHECK_INT(fake.failed_stage, stage->type);
    CHECK_INT(fake.failed_reason, -err);
}

static void defect_try(const struct stage *stage, const struct defect *defect)
{
    static struct package p;
    struct boot_failure failure;
    char words[64];
    const unsigned before = check_failed;
    good(&p, stage, VERSION, &fake.os);
    chip_good();
    fake_slot(FLASH_SYSTEM_A_AT + stage->at, stage->bytes, p.bytes, p.len);
    CHECK_INT(fake_boot(&failure), 0); /* so far nothing is wrong with it */
    CHECK_INT(monitor.system_at, FLASH_SYSTEM_A_AT);

    defect->spoil(&p, stage);
    fake_slot(FLASH_SYSTEM_A_AT + stage->at, stage->bytes, p.bytes, p.len);
    fake_power_on();
    CHECK_INT(fake_boot(&failure), 0);
    CHECK_INT(monitor.system_at, FLASH_SYSTEM_B_AT);
    CHECK_INT(fake.measured, STAGES);
    snprintf(words, sizeof words, "[SM] system A: %s: ", stage->name);
    CHECK(strstr(fake.said, words) != NULL);

    fake_slot(FLASH_SYSTEM_B_AT + stage->at, stage->bytes, p.bytes, p.len);
    fake_power_on();
    stopped(stage, defect->want);
    if (check_failed != before)
        fprintf(stderr, "  that was: %s, %s\n", stage->name, defect->name);
}

/* Signed bytes and signature; there is no other system that could hide it. */
static unsigned flips(const struct stage *stage, bool all)
{
    unsigned flipped = 0;
    static struct package p;
    good(&p, stage, VERSION, &fake.os);
    chip_good();
    memset(fake.flash + FLASH_SYSTEM_B_AT, 0xFF, FLASH_SYSTEM_B_AT - FLASH_SYSTEM_A_AT);
    fake_slot(FLASH_SYSTEM_A_AT + stage->at, stage->bytes, p.bytes, p.len);
    uint8_t *image = fake.flash + FLASH_SYSTEM_A_AT + stage->at;
    for (size_t bit = 0; bit < 8 * p.len; bit += all ? 1 : SAMPLE, flipped++) {
        const unsigned before = check_failed;
        const uint8_t mask = (uint8_t)(1u << bit % 8);
        fake_power_on();
        image[bit / 8] ^= mask;
        stopped(stage, 0);
        image[bit / 8] ^= mask;
        if (check_failed != before)
            fprintf(stderr, "  that was: %s, byte %zu\n", stage->name, bit / 8);
    }
    fake_power_on();
    CHECK_INT(fake_boot(NULL), 0);
    return flipped;
}

int main(int argc, char **argv)
{
    const bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    unsigned flipped = 0;
    fake_init();
    for (size_t s = 0; s < STAGES; s++) {
        for (size_t d = 0; d < DEFECTS; d++)
            defect_try(&stages[s], &defects[d]);
        flipped += flips(&stages[s], all);
    }
    printf("%d defects of %d stages in one system and in both, %u flipped bits\n", DEFECTS, STAGES, flipped);
    fake_release();
    return check_done();
}
