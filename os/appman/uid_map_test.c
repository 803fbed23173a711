/* SPDX-License-Identifier: BSD-2-Clause */
/* uid_map.h: what is refused, and that no two applications share a uid
 * (TALOS-2020-1137). */
#include "os/appman/uid_map.h"
#include "tests/check.h"

#define A "00000001-0000-0000-0000-000000000000"
#define B "00000002-0000-0000-0000-000000000000"

static void test_parse(void)
{
    static const struct {
        const char *text;
        int want;
        size_t count;
    } cases[] = {
        {"", 0, 0},
        {A " 61200\n", 0, 1},
        {A " 61200\n" B " 61201\n", 0, 2},
        {A " 61263\n", 0, 1},
        {A " 61200\n" B " 61200\n", E_DUPLICATE, 0},
        {A " 61200\n" A " 61201\n", E_DUPLICATE, 0},
        {A " 61199\n", E_RANGE, 0},
        {A " 61264\n", E_RANGE, 0},
        {A " 0\n", E_RANGE, 0},
        {A " 061200\n", E_MALFORMED, 0},
        {A " 4294967296\n", E_MALFORMED, 0},
        {A " 99999999999\n", E_MALFORMED, 0},
        {A " -1\n", E_MALFORMED, 0},
        {A " \n", E_MALFORMED, 0},
        {A " 61200", E_MALFORMED, 0},
        {A "  61200\n", E_MALFORMED, 0},
        {A "\t61200\n", E_MALFORMED, 0},
        {A " 61200\n\n", E_MALFORMED, 0},
        {"# comment\n", E_MALFORMED, 0},
        {"0000000g-0000-0000-0000-000000000000 61200\n", E_MALFORMED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct uid_map map;
        int got = uid_map_parse(span_of(cases[i].text, strlen(cases[i].text)), 61200, &map);
        if (got != cases[i].want)
            fprintf(stderr, "case \"%s\"\n", cases[i].text);
        CHECK_INT(got, cases[i].want);
        CHECK_INT(map.count, cases[i].count);
        CHECK_INT(map.base, 61200);
    }
}

/* Every prefix and every flipped bit of a good map is refused or still unique. */
static void test_damage(void)
{
    static const char good[] = A " 61200\n" B " 61201\n";
    char text[sizeof good];
    struct uid_map map;
    for (size_t bit = 0; bit < (sizeof good - 1) * 8; bit++) {
        memcpy(text, good, sizeof good);
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        if (uid_map_parse(span_of(text, sizeof good - 1), 61200, &map) == 0) {
            CHECK_INT(map.count, 2);
            CHECK(map.at[0].uid != map.at[1].uid);
            CHECK(map.at[0].uid >= 61200 && map.at[0].uid < 61200 + UID_MAP_MAX);
        }
    }
    for (size_t n = 0; n < sizeof good - 1; n++) {
        int got = uid_map_parse(span_of(good, n), 61200, &map);
        CHECK_INT(got == 0, n == 0 || n == (sizeof good - 1) / 2);
    }
}

static void test_assign(void)
{
    struct uid_map map = {.base = 5000};
    uint32_t uid, again;
    for (unsigned i = 0; i < UID_MAP_MAX; i++) {
        uint8_t component[16] = {(uint8_t)i, 1};
        CHECK_INT(uid_map_assign(&map, component, &uid), 0);
        CHECK_INT(uid, 5000 + i);
        CHECK_INT(uid_map_assign(&map, component, &again), 0);
        CHECK_INT(again, uid);
    }
    uint8_t extra[16] = {0, 2}, seven[16] = {7, 1};
    CHECK_INT(uid_map_assign(&map, extra, &uid), E_FULL);
    CHECK_INT(uid, 0);
    /* free again only after it was removed: the caller removes when the storage is gone */
    uid_map_remove(&map, seven);
    uid_map_remove(&map, seven);
    CHECK_INT(map.count, UID_MAP_MAX - 1);
    CHECK_INT(uid_map_assign(&map, extra, &uid), 0);
    CHECK_INT(uid, 5007);

    uint8_t text[UID_MAP_BYTES_MAX];
    struct writer w = writer_of(text, sizeof text);
    struct uid_map back;
    CHECK_INT(uid_map_write(&map, &w), 0);
    CHECK_INT(uid_map_parse(writer_view(&w), 5000, &back), 0);
    CHECK_INT(back.count, UID_MAP_MAX);
    for (size_t i = 0; i < back.count; i++)
        CHECK(back.at[i].uid == map.at[i].uid && memcmp(back.at[i].component, map.at[i].component, 16) == 0);
}

int main(void)
{
    test_parse();
    test_damage();
    test_assign();
    return check_done();
}
