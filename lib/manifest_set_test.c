/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/manifest.h"

#include "tests/check.h"
#include "tests/vectors.h"

static int parse(struct span bytes)
{
    struct manifest_set set;
    int err = manifest_set_parse(bytes, &set);
    if (err) /* empty on failure: no view is left behind */
        CHECK(set.count == 0 && set.at[0].image.at == NULL && set.sequence == 0 &&
              set.device_id[0] == 0);
    return err;
}

static void vectors(void)
{
    CHECK(vectors_replay("testdata/manifest-set", parse) >= 20);
}

static struct manifest_set set_make(uint16_t count)
{
    struct manifest_set set = {
        .flags = MANIFEST_SET_FLAG_CRASH_DUMPS, .device_id = {1, [63] = 2}, .nonce = {3, [31] = 4},
        .sequence = 0x0102030405060708, .issued_s = 100, .not_after_s = 200,
        .check_interval_s = 300, .app_deferral_minutes = 0x0201, .os_deferral_minutes = MANIFEST_SET_DEFERRAL_NONE,
        .group = {5, [15] = 6}, .catalog = {7, [15] = 8}, .count = count,
    };
    for (uint16_t i = 0; i < count; i++) {
        set.at[i].type = (uint16_t)(IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST + i);
        set.at[i].image = span_of("image package", 5u + i);
    }
    return set;
}

static void round_trip(void)
{
    for (uint16_t count = 0; count <= MANIFEST_SET_MAX; count++) {
        uint8_t body[512];
        struct manifest_set in = set_make(count), out;
        struct writer w = writer_of(body, sizeof body);
        CHECK_INT(manifest_set_write(&in, &w), 0);
        CHECK_INT(manifest_set_parse(writer_view(&w), &out), 0);
        CHECK_INT(out.flags, in.flags);
        CHECK_MEM(out.device_id, in.device_id, 64);
        CHECK_MEM(out.nonce, in.nonce, 32);
        CHECK_INT(out.sequence, in.sequence);
        CHECK_INT(out.issued_s, 100);
        CHECK_INT(out.not_after_s, 200);
        CHECK_INT(out.check_interval_s, 300);
        CHECK_INT(out.app_deferral_minutes, 0x0201);
        CHECK_INT(out.os_deferral_minutes, MANIFEST_SET_DEFERRAL_NONE);
        CHECK_MEM(out.group, in.group, 16);
        CHECK_MEM(out.catalog, in.catalog, 16);
        CHECK_INT(out.count, count);
        for (uint16_t i = 0; i < count; i++) {
            CHECK_INT(out.at[i].type, in.at[i].type);
            CHECK(span_equal(out.at[i].image, in.at[i].image));
        }
        CHECK_INT(parse(span_of(body, w.len - 1)), E_MORE);
    }
}

/* MANIFEST_SET_BYTES_MAX fits, one byte more does not; both directions. */
static void size_limit(void)
{
    static uint8_t body[MANIFEST_SET_BYTES_MAX + 1], data[MANIFEST_SET_BYTES_MAX];
    struct manifest_set set = set_make(1), out;
    set.at[0].image = span_of(data, MANIFEST_SET_BYTES_MAX - 176 - 12);
    struct writer w = writer_of(body, sizeof body);
    CHECK_INT(manifest_set_write(&set, &w), 0);
    CHECK_INT(w.len, MANIFEST_SET_BYTES_MAX);
    CHECK_INT(manifest_set_parse(writer_view(&w), &out), 0);
    body[8]++; /* a body and a manifest one byte longer, otherwise right */
    body[176 + 8]++;
    CHECK_INT(manifest_set_parse(span_of(body, sizeof body), &out), E_LIMIT);
    set.at[0].image.len++;
    w = writer_of(body, sizeof body);
    CHECK_INT(manifest_set_write(&set, &w), E_LIMIT);
    set.at[0].image.len = SIZE_MAX;
    CHECK_INT(manifest_set_write(&set, &w), E_LIMIT);
    CHECK_INT(w.len, 0);
}

static void writer_refusals(void)
{
    uint8_t body[512];
    struct writer w = writer_of(body, sizeof body);
    struct manifest_set set = set_make(2);
    set.count = MANIFEST_SET_MAX + 1;
    CHECK_INT(manifest_set_write(&set, &w), E_RANGE);
    set = set_make(2);
    set.flags = 0x8000;
    CHECK_INT(manifest_set_write(&set, &w), E_RANGE);
    set = set_make(2);
    set.not_after_s = set.issued_s - 1;
    CHECK_INT(manifest_set_write(&set, &w), E_RANGE);
    set = set_make(2);
    set.at[1].type = set.at[0].type;
    CHECK_INT(manifest_set_write(&set, &w), E_RANGE);
    set.at[1].type = IMAGE_TYPE_RECOVERY_MANIFEST;
    CHECK_INT(manifest_set_write(&set, &w), E_RANGE);
    set = set_make(2);
    set.at[0].image.len = 0;
    CHECK_INT(manifest_set_write(&set, &w), E_RANGE);
    CHECK_INT(w.len, 0);
    CHECK_INT(w.err, 0);
    set = set_make(2);
    w = writer_of(body, 176 + 24 + 10);
    CHECK_INT(manifest_set_write(&set, &w), E_FULL);
}

static bool refused_or_exact(struct span changed, void *context)
{
    uint8_t body[512];
    struct manifest_set set;
    (void)context;
    if (manifest_set_parse(changed, &set) != 0)
        return set.count == 0;
    struct writer w = writer_of(body, sizeof body);
    return manifest_set_write(&set, &w) == 0 && span_equal(writer_view(&w), changed);
}

static void cut_and_flipped(void)
{
    size_t len;
    uint8_t *body = check_read_file("testdata/manifest-set/good-two", &len);
    cut_and_flip(span_of(body, len), refused_or_exact, NULL);
    for (size_t cut = 0; cut < len; cut++)
        CHECK_INT(parse(span_of(body, cut)), E_MORE);
    free(body);
}

int main(void)
{
    vectors();
    round_trip();
    size_limit();
    writer_refusals();
    cut_and_flipped();
    return check_done();
}
