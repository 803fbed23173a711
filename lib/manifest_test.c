/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/manifest.h"

#include "tests/check.h"
#include "tests/vectors.h"

static int parse(struct span bytes)
{
    static const struct manifest empty;
    static struct manifest manifest;
    int err = manifest_parse(bytes, &manifest);
    if (err)
        CHECK_MEM(&manifest, &empty, sizeof empty); /* "Empty on failure" */
    return err;
}

static void vectors(void)
{
    CHECK(vectors_replay("testdata/manifest", parse) >= 13);
}

static void manifest_make(struct manifest *manifest, uint16_t count)
{
    memset(manifest, 0, sizeof *manifest);
    manifest->built_s = 0x0102030405060708;
    manifest->count = count;
    for (uint16_t i = 0; i < count; i++) {
        struct manifest_entry *entry = &manifest->at[i];
        entry->image[0] = entry->component[15] = (uint8_t)(i + 1);
        entry->type = (uint16_t)(i * 7);
        entry->partition = PARTITION_FIRMWARE;
        entry->file_bytes = 0x01020304u + i;
        entry->uncompressed_bytes = i;
        entry->provides[0] = (struct abi_identity){i, 1};
        entry->provides[1] = (struct abi_identity){i, 2};
        entry->depends[0] = (struct abi_identity){i, 3};
        entry->depends[1] = (struct abi_identity){0x05060708, 4};
    }
}

static void round_trip(void)
{
    static struct manifest in, out;
    static uint8_t body[4096];
    for (uint16_t count = 0; count <= MANIFEST_IMAGES_MAX; count++) {
        manifest_make(&in, count);
        struct writer w = writer_of(body, sizeof body);
        CHECK_INT(manifest_write(&in, &w), 0);
        CHECK_INT(w.len, 16u + 76u * count);
        CHECK_INT(manifest_parse(writer_view(&w), &out), 0);
        CHECK_MEM(&out, &in, sizeof in);
    }
}

/* Fields stand where the table says, byte by byte. */
static void layout(void)
{
    static struct manifest in;
    uint8_t body[92];
    manifest_make(&in, 1);
    struct writer w = writer_of(body, sizeof body);
    REQUIRE(manifest_write(&in, &w) == 0);
    static const uint8_t header[] = {3, 0, 1, 0, 16, 0, 76, 0, 8, 7, 6, 5, 4, 3, 2, 1};
    CHECK_MEM(body, header, sizeof header);
    CHECK_INT(body[16 + 0], 1);
    CHECK_INT(body[16 + 31], 1);
    CHECK_INT(body[16 + 34], PARTITION_FIRMWARE);
    CHECK_INT(body[16 + 36], 4);
    CHECK_INT(body[16 + 39], 1);
    CHECK_INT(body[16 + 48], 1);
    CHECK_INT(body[16 + 56], 2);
    CHECK_INT(body[16 + 64], 3);
    CHECK_INT(body[16 + 68], 8);
    CHECK_INT(body[16 + 72], 4);
}

static void writer_refusals(void)
{
    static struct manifest in;
    uint8_t body[512];
    struct writer w = writer_of(body, sizeof body);
    manifest_make(&in, 2);
    in.count = MANIFEST_IMAGES_MAX + 1;
    CHECK_INT(manifest_write(&in, &w), E_RANGE);
    manifest_make(&in, 2);
    in.at[1].file_bytes = 0;
    CHECK_INT(manifest_write(&in, &w), E_RANGE);
    manifest_make(&in, 2);
    memcpy(in.at[1].image, in.at[0].image, 16);
    CHECK_INT(manifest_write(&in, &w), E_DUPLICATE);
    manifest_make(&in, 2);
    memcpy(in.at[1].component, in.at[0].component, 16);
    CHECK_INT(manifest_write(&in, &w), E_DUPLICATE);
    CHECK_INT(w.len, 0);
    CHECK_INT(w.err, 0);
    manifest_make(&in, 2);
    w = writer_of(body, 16 + 2 * 76 - 1);
    CHECK_INT(manifest_write(&in, &w), E_FULL);
}

static bool refused_or_exact(struct span changed, void *context)
{
    static struct manifest manifest;
    uint8_t body[512];
    (void)context;
    if (manifest_parse(changed, &manifest) != 0)
        return manifest.count == 0;
    struct writer w = writer_of(body, sizeof body);
    return manifest_write(&manifest, &w) == 0 && span_equal(writer_view(&w), changed);
}

static void cut_and_flipped(void)
{
    size_t len;
    uint8_t *body = check_read_file("testdata/manifest/good-two", &len);
    cut_and_flip(span_of(body, len), refused_or_exact, NULL);
    for (size_t cut = 0; cut < len; cut++)
        CHECK_INT(parse(span_of(body, cut)), E_MORE);
    free(body);
}

int main(void)
{
    vectors();
    round_trip();
    layout();
    writer_refusals();
    cut_and_flipped();
    return check_done();
}
