/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/guid.h"

#include "tests/check.h"

/* A known component: text as published, bytes as images carry them. */
static const char text[] = "0e3d632e-03b1-48e7-a9c2-3f5063ad0870";
static const uint8_t mixed[16] = {0x2e, 0x63, 0x3d, 0x0e, 0xb1, 0x03, 0xe7, 0x48,
                                  0xa9, 0xc2, 0x3f, 0x50, 0x63, 0xad, 0x08, 0x70};
static const uint8_t network[16] = {0x0e, 0x3d, 0x63, 0x2e, 0x03, 0xb1, 0x48, 0xe7,
                                    0xa9, 0xc2, 0x3f, 0x50, 0x63, 0xad, 0x08, 0x70};

static int parse(const char *from, uint8_t guid[static 16])
{
    return guid_parse(span_of(from, strlen(from)), guid);
}

static void both_forms(void)
{
    uint8_t guid[16];
    char back[GUID_TEXT_BYTES];
    CHECK_INT(parse(text, guid), 0);
    CHECK_MEM(guid, mixed, 16);
    CHECK_INT(parse("0E3D632E-03B1-48E7-a9C2-3F5063AD0870", guid), 0);
    CHECK(guid_equal(guid, mixed));
    guid_format(guid, back);
    CHECK_STR(back, text);
    guid_swap(guid);
    CHECK_MEM(guid, network, 16);
    CHECK(!guid_equal(guid, mixed));
    guid_swap(guid);
    CHECK(guid_equal(guid, mixed));
}

/* "exactly 36 characters with hyphens; E_MALFORMED, zeroed on failure" */
static void refusals(void)
{
    static const char *const bad[] = {
        "",
        "0e3d632e03b148e7a9c23f5063ad0870",
        "0e3d632e-03b1-48e7-a9c2-3f5063ad087",
        "0e3d632e-03b1-48e7-a9c2-3f5063ad08700",
        "{0e3d632e-03b1-48e7-a9c2-3f5063ad0870}",
        "0e3d632e-03b1-48e7-a9c23-f5063ad0870",
        "0e3d632e 03b1-48e7-a9c2-3f5063ad0870",
        "0e3d632e-03b1-48e7-a9c2+3f5063ad0870",
        "0e3d632g-03b1-48e7-a9c2-3f5063ad0870",
        "0e3d632e-03b1-48e7-a9c2-3f5063ad08 0",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t guid[16] = {1, [15] = 1};
        CHECK_INT(parse(bad[i], guid), E_MALFORMED);
        CHECK(guid_is_zero(guid));
    }
    for (size_t cut = 0; cut < 36; cut++) {
        uint8_t guid[16];
        CHECK_INT(guid_parse(span_of(text, cut), guid), E_MALFORMED);
    }
}

static void zero_needs_every_byte(void)
{
    uint8_t guid[16] = {0};
    CHECK(guid_is_zero(guid));
    for (size_t i = 0; i < 16; i++) {
        guid[i] = 1;
        CHECK(!guid_is_zero(guid));
        guid[i] = 0;
    }
}

/* RFC 9562 section 5.4: version 4 and variant 10, whatever the input. */
static void random_form(void)
{
    for (unsigned fill = 0; fill < 256; fill += 51) {
        uint8_t guid[16];
        char form[GUID_TEXT_BYTES];
        memset(guid, (int)fill, sizeof guid);
        guid_from_random(guid);
        guid_format(guid, form);
        CHECK_INT(form[14], '4');
        CHECK(strchr("89ab", form[19]) != NULL);
        CHECK_INT(guid[0], fill);
        CHECK_INT(guid[15], fill);
    }
}

int main(void)
{
    both_forms();
    refusals();
    zero_needs_every_byte();
    random_form();
    return check_done();
}
