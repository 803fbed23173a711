/* SPDX-License-Identifier: BSD-2-Clause */
/* What images say about their hardware; cut anywhere, they say the same or nothing. */
#include "service/store/hardware.h"

#include <stdio.h>

#include "abi/image.h"
#include "tests/check.h"

static const struct vector {
    const char *file; /* the type of the image, then its body */
    enum hardware hardware;
    bool chip;
} vectors[] = {
    {"good-mt3620.dtb", HARDWARE_MT3620, true},
    {"good-board-of-mt3620.dtb", HARDWARE_MT3620, true},
    {"good-linux-x86_64.elf", HARDWARE_LINUX_X86_64, false},
    {"good-linux-aarch64.elf", HARDWARE_LINUX_AARCH64, false},
    {"good-linux-arm.elf", HARDWARE_LINUX_ARM, false},
};
enum { VECTORS = sizeof vectors / sizeof vectors[0] };

static uint8_t *vector_read(const char *file, size_t *len)
{
    char path[96];
    snprintf(path, sizeof path, "service/store/testdata/hardware/%s", file);
    uint8_t *bytes = check_read_file(path, len);
    REQUIRE(*len > 1);
    return bytes;
}

static void test_vectors(void)
{
    for (size_t i = 0; i < VECTORS; i++) {
        size_t len;
        uint8_t *bytes = vector_read(vectors[i].file, &len);
        struct hardware_found found = hardware_of_image(bytes[0], span_of(bytes + 1, len - 1));
        CHECK_INT(found.hardware, vectors[i].hardware);
        CHECK(found.chip == vectors[i].chip && found.host == !vectors[i].chip);
        free(bytes);
    }
}

/* A prefix, on the heap so that reading beyond it is seen, never turns into other hardware. */
static void test_cut(void)
{
    for (size_t i = 0; i < VECTORS; i++) {
        size_t len, known = 0;
        uint8_t *bytes = vector_read(vectors[i].file, &len);
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *part = malloc(cut + 1);
            REQUIRE(part != NULL);
            memcpy(part, bytes + 1, cut);
            enum hardware said = hardware_of_image(bytes[0], span_of(part, cut)).hardware;
            CHECK(said == HARDWARE_UNSTATED || said == vectors[i].hardware);
            known += said != HARDWARE_UNSTATED;
            free(part);
        }
        CHECK(known > 0 && known < len);
        free(bytes);
    }
}

/* What a type does not say, no bytes make it say. */
static void test_types(void)
{
    size_t tree_len, program_len;
    uint8_t *tree = vector_read("good-mt3620.dtb", &tree_len);
    uint8_t *program = vector_read("good-linux-x86_64.elf", &program_len);
    struct span tree_body = span_of(tree + 1, tree_len - 1), program_body = span_of(program + 1, program_len - 1);
    static const struct row {
        uint16_t type;
        bool chip, host; /* with a program as its body */
    } rows[] = {
        {IMAGE_TYPE_ONE_BL, true, false},         {IMAGE_TYPE_PLUTON_RUNTIME, false, true},
        {IMAGE_TYPE_SECURITY_MONITOR, false, true}, {IMAGE_TYPE_NORMAL_WORLD_DTB, true, false},
        {IMAGE_TYPE_NORMAL_WORLD_KERNEL, true, false}, {IMAGE_TYPE_ROOT_FS, true, false},
        {IMAGE_TYPE_SERVICES, false, false},      {IMAGE_TYPE_TRUSTED_KEYSTORE, false, false},
        {IMAGE_TYPE_APPLICATIONS, false, false},  {0xFFFF, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hardware_found found = hardware_of_image(rows[i].type, program_body);
        CHECK(found.chip == rows[i].chip && found.host == rows[i].host);
        CHECK_INT(found.hardware, rows[i].host ? HARDWARE_LINUX_X86_64 : HARDWARE_UNSTATED);
        found = hardware_of_image(rows[i].type, tree_body);
        CHECK_INT(found.hardware, rows[i].type == IMAGE_TYPE_NORMAL_WORLD_DTB ? HARDWARE_MT3620 : HARDWARE_UNSTATED);
        CHECK(!found.host);
    }
    program[1 + 5] = 2; /* big-endian: no row is */
    CHECK_INT(hardware_of_image(IMAGE_TYPE_SECURITY_MONITOR, program_body).hardware, HARDWARE_UNSTATED);
    free(tree);
    free(program);
}

static void test_texts(void)
{
    CHECK(hardware_text(HARDWARE_UNSTATED) == NULL && hardware_text(HARDWARE_MAX + 1) == NULL);
    CHECK_STR(hardware_text(HARDWARE_MT3620), "mt3620");
    for (unsigned i = 1; i <= HARDWARE_MAX; i++)
        CHECK(hardware_text(i) != NULL);
}

int main(void)
{
    test_vectors();
    test_cut();
    test_types();
    test_texts();
    return check_done();
}
