/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every field of a manifest set and of a manifest at its limits and beyond, each signed by the update key:
 * what is taken is taken, what is not is refused by a name, and then nothing has changed.
 * Source: abi/manifest.h; docs/spec/manifest-set.md, manifest.md.
 */
#include "monitor/engine/world_test.h"
#include "tests/check.h"

static struct world w, before;
static struct package v2;
static struct image_order v2_order;
static struct set_order order;

enum where { SET, MANIFEST };

/* The set holds one manifest of one application, which begins behind its directory. */
static const struct row {
    const char *what;
    enum where where;
    size_t at, width; /* bytes of the field; width 0: text's */
    uint64_t value;
    enum monitor_status want, commit; /* commit: of the image, where the set is taken */
} rows[] = {
    /* -- set -- */
    {"magic", SET, 0, 4, 0, MONITOR_MALFORMED_MANIFEST},
    {"version 0", SET, 4, 2, 0, MONITOR_MALFORMED_MANIFEST},
    {"version 2", SET, 4, 2, 2, MONITOR_MALFORMED_MANIFEST},
    {"version of all bits", SET, 4, 2, UINT16_MAX, MONITOR_MALFORMED_MANIFEST},
    {"header size less", SET, 6, 2, 175, MONITOR_MALFORMED_MANIFEST},
    {"header size more", SET, 6, 2, 177, MONITOR_MALFORMED_MANIFEST},
    {"body size less", SET, 8, 4, 176, MONITOR_MALFORMED_MANIFEST},
    {"body size of all bits", SET, 8, 4, UINT32_MAX, MONITOR_MALFORMED_MANIFEST},
    {"no manifests, but bytes", SET, 12, 2, 0, MONITOR_MALFORMED_MANIFEST},
    {"more manifests than there are", SET, 12, 2, 2, MONITOR_MALFORMED_MANIFEST},
    {"more manifests than there can be", SET, 12, 2, MANIFEST_SET_MAX + 1, MONITOR_MALFORMED_MANIFEST},
    {"manifests of all bits", SET, 12, 2, UINT16_MAX, MONITOR_MALFORMED_MANIFEST},
    {"flag of crash dumps", SET, 14, 2, MANIFEST_SET_FLAG_CRASH_DUMPS, MONITOR_OK},
    {"unknown flag", SET, 14, 2, 2, MONITOR_MALFORMED_MANIFEST},
    {"flags of all bits", SET, 14, 2, UINT16_MAX, MONITOR_MALFORMED_MANIFEST},
    {"device id, first byte", SET, 16, 1, 0, MONITOR_WRONG_DEVICE},
    {"device id, last byte", SET, 79, 1, 0, MONITOR_WRONG_DEVICE},
    {"nonce, first byte", SET, 80, 1, 0, MONITOR_NOT_FRESH},
    {"nonce, last byte", SET, 111, 1, 0, MONITOR_NOT_FRESH},
    {"sequence 0, which the factory has", SET, 112, 8, 0, MONITOR_OK},
    {"sequence 1", SET, 112, 8, 1, MONITOR_OK},
    {"sequence of all bits", SET, 112, 8, UINT64_MAX, MONITOR_OK},
    {"issued 0", SET, 120, 8, 0, MONITOR_OK},
    {"issued after its end", SET, 120, 8, UINT64_MAX, MONITOR_MALFORMED_MANIFEST},
    {"ends before it was issued", SET, 128, 8, 0, MONITOR_MALFORMED_MANIFEST},
    {"ends never", SET, 128, 8, UINT64_MAX, MONITOR_OK},
    {"check interval 0", SET, 136, 4, 0, MONITOR_OK},
    {"check interval of all bits", SET, 136, 4, UINT32_MAX, MONITOR_OK},
    {"deferral of applications of all bits", SET, 140, 2, MANIFEST_SET_DEFERRAL_NONE, MONITOR_OK},
    {"deferral of the OS of all bits", SET, 142, 2, MANIFEST_SET_DEFERRAL_NONE, MONITOR_OK},
    {"group of all bits", SET, 144, 8, UINT64_MAX, MONITOR_OK},
    {"catalog of all bits", SET, 160, 8, UINT64_MAX, MONITOR_OK},
    {"directory: type of a set", SET, 176, 2, IMAGE_TYPE_MANIFEST_SET, MONITOR_MALFORMED_MANIFEST},
    {"directory: type 0", SET, 176, 2, 0, MONITOR_MALFORMED_MANIFEST},
    {"directory: another manifest's type", SET, 176, 2, IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST, MONITOR_MALFORMED_MANIFEST},
    {"directory: reserved", SET, 178, 2, 1, MONITOR_MALFORMED_MANIFEST},
    {"directory: offset before", SET, 180, 4, 187, MONITOR_MALFORMED_MANIFEST},
    {"directory: offset behind", SET, 180, 4, 189, MONITOR_MALFORMED_MANIFEST},
    {"directory: offset of all bits", SET, 180, 4, UINT32_MAX, MONITOR_MALFORMED_MANIFEST},
    {"directory: size 0", SET, 184, 4, 0, MONITOR_MALFORMED_MANIFEST},
    {"directory: size of all bits", SET, 184, 4, UINT32_MAX, MONITOR_MALFORMED_MANIFEST},
    /* -- manifest -- */
    {"version 2", MANIFEST, 0, 2, 2, MONITOR_MALFORMED_MANIFEST},
    {"version 4", MANIFEST, 0, 2, 4, MONITOR_MALFORMED_MANIFEST},
    {"no images, but bytes", MANIFEST, 2, 2, 0, MONITOR_MALFORMED_MANIFEST},
    {"more images than there are", MANIFEST, 2, 2, 2, MONITOR_MALFORMED_MANIFEST},
    {"more images than there can be", MANIFEST, 2, 2, MANIFEST_IMAGES_MAX + 1, MONITOR_MALFORMED_MANIFEST},
    {"images of all bits", MANIFEST, 2, 2, UINT16_MAX, MONITOR_MALFORMED_MANIFEST},
    {"header size", MANIFEST, 4, 2, 15, MONITOR_MALFORMED_MANIFEST},
    {"entry size less", MANIFEST, 6, 2, 75, MONITOR_MALFORMED_MANIFEST},
    {"entry size more", MANIFEST, 6, 2, 77, MONITOR_MALFORMED_MANIFEST},
    {"built at 0", MANIFEST, 8, 8, 0, MONITOR_OK},
    {"built at the end of time", MANIFEST, 8, 8, UINT64_MAX, MONITOR_OK},
    {"image type 0", MANIFEST, 48, 2, 0, MONITOR_MALFORMED_MANIFEST},
    {"image type of the OS among applications", MANIFEST, 48, 2, IMAGE_TYPE_SERVICES, MONITOR_MALFORMED_MANIFEST},
    {"image type of a key store", MANIFEST, 48, 2, IMAGE_TYPE_TRUSTED_KEYSTORE, MONITOR_MALFORMED_MANIFEST},
    {"image type of all bits", MANIFEST, 48, 2, UINT16_MAX, MONITOR_MALFORMED_MANIFEST},
    /* where an image goes is decided by its type alone: what this field says moves nothing */
    {"no partition", MANIFEST, 50, 2, PARTITION_INVALID, MONITOR_OK},
    {"partition of the firmware", MANIFEST, 50, 2, PARTITION_FIRMWARE, MONITOR_OK},
    {"partition of the configuration", MANIFEST, 50, 2, PARTITION_NW_CONFIG, MONITOR_OK},
    {"partition of all bits", MANIFEST, 50, 2, UINT16_MAX, MONITOR_OK},
    {"file of no bytes", MANIFEST, 52, 4, 0, MONITOR_MALFORMED_MANIFEST},
    {"file of all bits", MANIFEST, 52, 4, UINT32_MAX, MONITOR_IMAGE_TOO_LARGE},
    /* is compared with the image itself when that is committed */
    {"provides a type that there is not", MANIFEST, 64, 4, UINT32_MAX, MONITOR_OK, MONITOR_IDENTITY_INCONSISTENT},
    {"depends on what nobody provides", MANIFEST, 76, 4, UINT32_MAX, MONITOR_ABI_MISSING},
};

static void put(uint8_t *at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void set_make(const struct row *row, struct package *set)
{
    static uint8_t body[MANIFEST_SET_BYTES_MAX], inner[512];
    static struct package manifest;
    const struct image_order manifest_wrap = {.type = IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST, .key = KEY_UPDATE,
                                              .component = 0x77, .id = 0x78},
                             set_wrap = {.type = IMAGE_TYPE_MANIFEST_SET, .component = 0x79, .id = 0x7A, .key = KEY_UPDATE};
    struct writer m = writer_of(inner, sizeof inner), s = writer_of(body, sizeof body);
    REQUIRE(manifest_write(&order.customer_manifest, &m) == 0);
    if (row && row->where == MANIFEST)
        put(inner + row->at, row->value, row->width);
    world_wrap(&manifest_wrap, writer_view(&m), &manifest);
    struct manifest_set head = {.sequence = 7, .issued_s = 1700000000, .not_after_s = 1700003600, .count = 1};
    memset(head.device_id, WORLD_DEVICE, sizeof head.device_id);
    memcpy(head.nonce, w.nonce, sizeof head.nonce);
    head.at[0].type = IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST;
    head.at[0].image = package_view(&manifest);
    REQUIRE(manifest_set_write(&head, &s) == 0);
    if (row && row->where == SET)
        put(body + row->at, row->value, row->width);
    world_wrap(&set_wrap, writer_view(&s), set);
}

static void play(const struct row *row)
{
    static struct package set;
    uint32_t missing = 0, handle;
    world_init(&w);
    world_set_order(&w, &order, 7);
    world_add_app(&order, &v2_order, &v2);
    set_make(row, &set);
    before = w;
    enum monitor_status got = world_stage(&w, &set, &missing), want = row ? row->want : MONITOR_OK;
    if (got != want)
        fprintf(stderr, "%s: %s:\n", row && row->where == MANIFEST ? "manifest" : "set", row ? row->what : "as it should be");
    CHECK_INT(got, want);
    if (want == MONITOR_OK) {
        CHECK_INT(missing, 1);
        CHECK_INT(world_open(&w, 0xA3, &handle), MONITOR_OK);
        CHECK_INT(world_write(&w, handle, 0, package_view(&v2)), MONITOR_OK);
        CHECK_INT(world_commit(&w, handle), row ? row->commit : MONITOR_OK);
        return;
    }
    CHECK_MEM(&w.engine, &before.engine, sizeof w.engine);
    CHECK_MEM(&w.ram.seen, &before.ram.seen, sizeof w.ram.seen);
    CHECK_INT(w.ram.ops, before.ram.ops);
}

int main(void)
{
    v2_order = world_app;
    v2_order.id = 0xA3;
    world_image(&v2_order, &v2);
    play(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        play(&rows[i]);
    return check_done();
}
