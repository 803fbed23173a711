/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the vectors of the image-side formats: image_testdata write|check DIR.
 *
 * Each bad vector is a good one with exactly one thing wrong; its name says
 * which error it must give (tests/vectors.h).  "check" is part of the test run:
 * it compares what would be written with what is stored, so a vector never
 * drifts from the rule it stands for.
 */
#include <errno.h>
#include <sys/stat.h>

#include "abi/asxipfs.h"
#include "lib/asxipfs.h"
#include "lib/capability.h"
#include "lib/crc32.h"
#include "lib/keystore.h"
#include "lib/manifest.h"
#include "tests/check.h"
#include "tests/p256_signer.h"

static const char *top;
static bool writing;

static void put(const char *format, const char *name, const void *bytes, size_t len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", top, format, name);
    if (writing) {
        FILE *f = fopen(path, "wb");
        REQUIRE(f != NULL);
        REQUIRE(fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
        return;
    }
    size_t stored;
    uint8_t *got = check_read_file(path, &stored);
    check_count++;
    if (stored != len || memcmp(got, bytes, len) != 0) {
        check_failed++;
        fprintf(stderr, "%s: differs from what its rule makes\n", path);
    }
    free(got);
}

static void folder(const char *format)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", top, format);
    REQUIRE(!writing || mkdir(path, 0777) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/%s/corpus", top, format);
    REQUIRE(!writing || mkdir(path, 0777) == 0 || errno == EEXIST);
}

/* One thing wrong: len bytes at offset at replaced (little-endian value). */
struct flaw {
    const char *name;
    size_t at, len;
    uint32_t value;
};

static void put_flaws(const char *format, struct span good, const struct flaw *flaws, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4096];
        REQUIRE(good.len <= sizeof bytes && flaws[i].at + flaws[i].len <= good.len);
        memcpy(bytes, good.at, good.len);
        for (size_t b = 0; b < flaws[i].len; b++)
            bytes[flaws[i].at + b] = (uint8_t)(flaws[i].value >> (8 * b));
        put(format, flaws[i].name, bytes, good.len);
    }
}

/* ---- image package ---- */

/* Metadata from sections given as bytes, so that wrong ones can be built. */
struct raw {
    uint32_t magic, count;
    int32_t length_error; /* added to the metadata length */
    struct {
        uint16_t id;
        uint16_t len;
        const void *data;
    } section[20];
};

#define ID "\x0a\0\0\0" "COMPONENT-ID-16B" "IMAGE-ID-IS-16-B"
#define SG "\xa8\xd5\xcc\x69\x58\xf4\x87\x10\x14\x0d\x7a\x26\x16\x0f\xc1\xcf\xc3\x1f\x5d\xf0\1\0\0\0"
#define DB "\x80\x34\xb1\x6a\0\0\0\0" "vector\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ROW_ID {IMAGE_SECTION_ID, 36, ID}
#define ROW_SG {IMAGE_SECTION_SG, 24, SG}

static const struct {
    const char *name;
    struct raw raw;
} packages[] = {
    {"good-least", {IMAGE_MAGIC, 2, 0, {ROW_ID, ROW_SG}}},
    {"good-order-is-free", {IMAGE_MAGIC, 2, 0, {ROW_SG, ROW_ID}}},
    {"good-all-sections", {IMAGE_MAGIC, 8, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_DB, 40, DB},
        {IMAGE_SECTION_TP, 4, "\2\0\0\0"}, {IMAGE_SECTION_ND, 12, "\1\0\0\0\3\0\0\0\3\0\0\0"},
        {IMAGE_SECTION_NP, 4, "\0\0\0\0"}, {IMAGE_SECTION_RV, 4, "\7\0\0\0"},
        {IMAGE_SECTION_CM, 3, "abc"}}}},
    {"bad-malformed-magic", {IMAGE_MAGIC ^ 1, 2, 0, {ROW_ID, ROW_SG}}},
    {"bad-malformed-length-short", {IMAGE_MAGIC, 2, -4, {ROW_ID, ROW_SG}}},
    {"bad-malformed-length-long", {IMAGE_MAGIC, 2, 4, {ROW_ID, ROW_SG}}},
    {"bad-malformed-length-below-least", {IMAGE_MAGIC, 2, -72, {ROW_ID, ROW_SG}}},
    {"bad-malformed-length-beyond-file", {IMAGE_MAGIC, 2, 1000, {ROW_ID, ROW_SG}}},
    {"bad-limit-length", {IMAGE_MAGIC, 2, 5000, {ROW_ID, ROW_SG}}},
    {"bad-malformed-count-high", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG}}},
    {"bad-malformed-count-low", {IMAGE_MAGIC, 2, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_CM, 1, "x"}}}},
    {"bad-limit-count", {IMAGE_MAGIC, 0xffffffff, 0, {ROW_ID, ROW_SG}}},
    {"bad-limit-sections", {IMAGE_MAGIC, 17, 0, {ROW_ID, ROW_SG, {1, 1, "x"}, {2, 1, "x"},
        {3, 1, "x"}, {4, 1, "x"}, {5, 1, "x"}, {6, 1, "x"}, {7, 1, "x"}, {8, 1, "x"}, {9, 1, "x"},
        {10, 1, "x"}, {11, 1, "x"}, {12, 1, "x"}, {13, 1, "x"}, {14, 1, "x"}, {15, 1, "x"}}}},
    {"bad-malformed-section-empty", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_CM, 0, ""}}}},
    {"bad-duplicate-known", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, ROW_ID}}},
    {"bad-duplicate-unknown", {IMAGE_MAGIC, 4, 0, {ROW_ID, ROW_SG, {0x7a7a, 1, "x"}, {0x7a7a, 1, "y"}}}},
    {"bad-missing-id", {IMAGE_MAGIC, 1, 0, {ROW_SG}}},
    {"bad-missing-sg", {IMAGE_MAGIC, 1, 0, {ROW_ID}}},
    {"bad-missing-both", {IMAGE_MAGIC, 0, 0, {{0}}}},
    {"bad-malformed-id-long", {IMAGE_MAGIC, 2, 0, {{IMAGE_SECTION_ID, 37, ID}, ROW_SG}}},
    {"bad-malformed-id-short", {IMAGE_MAGIC, 2, 0, {{IMAGE_SECTION_ID, 35, ID}, ROW_SG}}},
    {"bad-malformed-id-reserved", {IMAGE_MAGIC, 2, 0, {{IMAGE_SECTION_ID, 36, "\x0a\0\1\0"
        "COMPONENT-ID-16B" "IMAGE-ID-IS-16-B"}, ROW_SG}}},
    {"bad-malformed-sg-short", {IMAGE_MAGIC, 2, 0, {ROW_ID, {IMAGE_SECTION_SG, 20, SG}}}},
    {"bad-malformed-db-short", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_DB, 39, DB}}}},
    {"bad-malformed-db-unterminated", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_DB, 40,
        "\0\0\0\0\0\0\0\0" "abcdefghijklmnopqrstuvwxyz012345"}}}},
    {"bad-malformed-db-padding", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_DB, 40,
        "\0\0\0\0\0\0\0\0" "abc\0defghijklmnopqrstuvwxyz0123\0"}}}},
    {"bad-malformed-db-control", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_DB, 40,
        "\0\0\0\0\0\0\0\0" "a\33[31m\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"}}}},
    {"bad-malformed-tp-long", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_TP, 5, "\2\0\0\0\0"}}}},
    {"bad-malformed-nd-count-high", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_ND, 12,
        "\2\0\0\0\3\0\0\0\3\0\0\0"}}}},
    {"bad-malformed-np-count-low", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_NP, 12,
        "\0\0\0\0\3\0\0\0\3\0\0\0"}}}},
    {"bad-limit-nd-count", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_ND, 4, "\x09\0\0\0"}}}},
    {"bad-malformed-rv-short", {IMAGE_MAGIC, 3, 0, {ROW_ID, ROW_SG, {IMAGE_SECTION_RV, 2, "\7\0"}}}},
};

static void package_write(struct writer *w, const struct raw *raw)
{
    uint8_t scalar = 1;
    const struct signer signer = test_key_signer(&scalar);
    writer_bytes(w, "body", 4);
    writer_u32le(w, raw->magic);
    writer_u32le(w, raw->count);
    for (size_t i = 0; raw->section[i].data; i++) {
        writer_u16le(w, raw->section[i].id);
        writer_u16le(w, raw->section[i].len);
        writer_bytes(w, raw->section[i].data, raw->section[i].len);
    }
    writer_u32le(w, (uint32_t)((int32_t)w->len + raw->length_error));
    REQUIRE(image_sign(w, &signer) == 0);
}

/* A package in the shape that the original's SDK gives an application: two
 * files in five pages, metadata ID SG DB TP ND of 148 bytes, 20,692 in all. */
static void put_application(void)
{
    static const char manifest[] = "{\"SchemaVersion\":1,\"Name\":\"vector\"}";
    static uint8_t program[10000], file[20692];
    uint8_t scalar = 1;
    const struct signer signer = test_key_signer(&scalar);
    memcpy(program, "\177ELF", 4);
    const struct asxipfs_source sources[] = {
        {"/bin/app", true, {program, sizeof program}},
        {"/app_manifest.json", false, {(const uint8_t *)manifest, sizeof manifest - 1}},
    };
    struct image_meta meta = {
        .type = IMAGE_TYPE_APPLICATIONS, .signing_type = IMAGE_SIGNING_ECDSA256,
        .has_debug = true, .built_s = 1790000000, .name = "vector",
        .has_temporary = true, .temporary = IMAGE_TEMPORARY_UNDER_DEVELOPMENT,
        .has_depends = true, .depends = {1, {{3, IMAGE_IDENTITY_APPLICATION_RUNTIME}}},
    };
    memcpy(meta.component, "COMPONENT-ID-16B", 16);
    memcpy(meta.id, "IMAGE-ID-IS-16-B", 16);
    memcpy(meta.thumbprint, SG, IMAGE_THUMBPRINT_BYTES);
    struct writer w = writer_of(file, sizeof file);
    REQUIRE(asxipfs_write(sources, 2, &w) == 0 && w.len == 0x5000);
    REQUIRE(image_meta_write(&w, &meta) == 0 && image_sign(&w, &signer) == 0);
    REQUIRE(w.len == sizeof file);
    put("image-package", "good-application", file, sizeof file);
}

static void image_package(void)
{
    folder("image-package");
    uint8_t bytes[512];
    struct writer w;
    for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++) {
        w = writer_of(bytes, sizeof bytes);
        package_write(&w, &packages[i].raw);
        put("image-package", packages[i].name, w.at, w.len);
    }
    w = writer_of(bytes, sizeof bytes);
    package_write(&w, &packages[0].raw);
    put("image-package", "bad-more-empty", bytes, 0);
    put("image-package", "bad-more-short", bytes + w.len - 75, 75);
    bytes[0] = 'B';
    put("image-package", "bad-signature-body", w.at, w.len);
    bytes[0] = 'b';
    bytes[w.len - 1] ^= 1;
    put("image-package", "bad-signature-s", w.at, w.len);
    memset(bytes + w.len - 64, 0, 32);
    put("image-package", "bad-signature-r-zero", w.at, w.len);
    struct raw raw = packages[0].raw;
    raw.section[1].data = "\xa8\xd5\xcc\x69\x58\xf4\x87\x10\x14\x0d\x7a\x26\x16\x0f\xc1\xcf\xc3\x1f\x5d\xf0\2\0\0\0";
    w = writer_of(bytes, sizeof bytes);
    package_write(&w, &raw);
    put("image-package", "bad-unsupported-signing-type", w.at, w.len);
    raw = packages[2].raw;
    w = writer_of(bytes, sizeof bytes);
    package_write(&w, &raw);
    put("image-package", "corpus/all-sections", w.at, w.len);
    put_application();
}

/* ---- keystore ---- */

static void keystore(void)
{
    static const struct flaw flaws[] = {
        {"bad-malformed-count-zero", 0, 2, 0},
        {"bad-malformed-count-low", 0, 2, 1},
        {"bad-malformed-count-high", 0, 2, 8},
        {"bad-limit-count", 0, 2, 33},
        {"bad-malformed-header", 2, 2, 1},
        {"bad-malformed-entry-head", 4 + 11, 1, 1},
        {"bad-malformed-key-size", 4 + 12, 2, 65},
        {"bad-malformed-thumbprint-size", 4 + 14, 2, 32},
        {"bad-malformed-usage-magic", 4 + 200, 1, 'V'},
        {"bad-malformed-usage-count", 4 + 204, 4, 1},
        {"bad-malformed-usage-none", 4 + 208, 4, 0},
        {"bad-malformed-usage-unknown", 4 + 208, 4, 0x21},
    };
    struct keystore store = {.count = 2};
    uint8_t bytes[256];
    struct writer w = writer_of(bytes, sizeof bytes - 1);
    folder("keystore");
    for (uint8_t i = 0; i < 2; i++) {
        test_key_public((uint8_t)(i + 1), store.at[i].key);
        REQUIRE(image_thumbprint(store.at[i].key, store.at[i].thumbprint) == 0);
        store.at[i].usage = i == 0 ? KEYSTORE_USE_OS : KEYSTORE_USE_ALL;
    }
    REQUIRE(keystore_write(&store, &w) == 0);
    put("keystore", "good-two-keys", bytes, w.len);
    put("keystore", "corpus/two-keys", bytes, w.len);
    put_flaws("keystore", writer_view(&w), flaws, sizeof flaws / sizeof flaws[0]);
    bytes[w.len] = 0;
    put("keystore", "bad-trailing-byte", bytes, w.len + 1);
    put("keystore", "bad-more-cut", bytes, w.len - 1);
    memcpy(bytes + 4 + 100, bytes + 4, 100);
    put("keystore", "bad-duplicate-thumbprint", bytes, w.len);
}

/* ---- capability ---- */

static void capability(void)
{
    static const struct flaw flaws[] = {
        {"bad-malformed-magic", 0, 4, 0},
        {"bad-version-two", 4, 4, 2},
        {"bad-malformed-size", 8, 4, 200},
        {"bad-limit-number", 76 + 6, 2, 14},
        {"good-last-slot", 76 + 126, 2, 13},
        {"good-twice", 76 + 60, 2, 11},
    };
    struct capability_body body = {.count = 2,
        .capability = {CAPABILITY_APP_DEVELOPMENT, CAPABILITY_FIELD_SERVICING}};
    uint8_t bytes[256] = {0};
    struct writer w = writer_of(bytes, sizeof bytes - 1);
    folder("capability");
    test_key_public(3, body.device_id);
    REQUIRE(capability_write(&body, &w) == 0);
    put("capability", "good-two", bytes, w.len);
    put("capability", "corpus/two", bytes, w.len);
    put_flaws("capability", writer_view(&w), flaws, sizeof flaws / sizeof flaws[0]);
    put("capability", "bad-more-cut", bytes, w.len - 1);
    put("capability", "bad-trailing-byte", bytes, w.len + 1);
}

/* ---- manifest and manifest set ---- */

static void manifest_make(struct manifest *manifest)
{
    *manifest = (struct manifest){.built_s = 1790000000, .count = 2};
    for (unsigned i = 0; i < 2; i++) {
        struct manifest_entry *entry = &manifest->at[i];
        memset(entry->image, 0x10 + (int)i, sizeof entry->image);
        memset(entry->component, 0x20 + (int)i, sizeof entry->component);
        entry->type = IMAGE_TYPE_APPLICATIONS;
        entry->partition = PARTITION_APPLICATIONS;
        entry->file_bytes = entry->uncompressed_bytes = 20692;
        entry->depends[0] = (struct abi_identity){3, IMAGE_IDENTITY_APPLICATION_RUNTIME};
    }
}

static void manifest(void)
{
    static const struct flaw flaws[] = {
        {"bad-version-two", 0, 2, 2},
        {"bad-trailing-count-low", 2, 2, 1},
        {"bad-more-count-high", 2, 2, 3},
        {"bad-limit-count", 2, 2, 33},
        {"bad-malformed-header-size", 4, 2, 20},
        {"bad-malformed-entry-size", 6, 2, 80},
        {"bad-malformed-file-empty", 16 + 36, 4, 0},
    };
    struct manifest good;
    uint8_t bytes[512];
    struct writer w = writer_of(bytes, sizeof bytes - 1);
    folder("manifest");
    manifest_make(&good);
    REQUIRE(manifest_write(&good, &w) == 0);
    put("manifest", "good-two", bytes, w.len);
    put("manifest", "corpus/two", bytes, w.len);
    put_flaws("manifest", writer_view(&w), flaws, sizeof flaws / sizeof flaws[0]);
    bytes[w.len] = 0;
    put("manifest", "bad-trailing-byte", bytes, w.len + 1);
    put("manifest", "bad-more-cut", bytes, w.len - 1);
    memset(bytes + 16 + 76, 0x10, 16);
    put("manifest", "bad-duplicate-image", bytes, w.len);
    memset(bytes + 16 + 76, 0x11, 16);
    memset(bytes + 16 + 76 + 16, 0x20, 16);
    put("manifest", "bad-duplicate-component", bytes, w.len);
    good.count = 0;
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(manifest_write(&good, &w) == 0);
    put("manifest", "good-empty", bytes, w.len);
}

static void manifest_set(void)
{
    enum { DIRECTORY = 176 };
    static const struct flaw flaws[] = {
        {"bad-malformed-magic", 0, 1, 'Q'},
        {"bad-version-two", 4, 2, 2},
        {"bad-malformed-header-size", 6, 2, 180},
        {"bad-more-size", 8, 4, 4096},
        {"bad-trailing-size", 8, 4, 176},
        {"bad-limit-count", 12, 2, 4},
        {"bad-malformed-count-low", 12, 2, 1},
        {"bad-malformed-flags", 14, 2, 2},
        {"bad-malformed-dates", 128, 4, 0},
        {"bad-malformed-type-order", DIRECTORY, 2, 25},
        {"bad-malformed-type-twice", DIRECTORY + 12, 2, 24},
        {"bad-malformed-type-unknown", DIRECTORY, 2, 22},
        {"bad-malformed-type-recovery", DIRECTORY + 12, 2, 26},
        {"bad-malformed-entry-zero", DIRECTORY + 2, 2, 1},
        {"bad-malformed-gap", DIRECTORY + 4, 4, 201},
        {"bad-malformed-overlap", DIRECTORY + 12 + 4, 4, 200},
        {"bad-malformed-size-short", DIRECTORY + 12 + 8, 4, 4},
        {"bad-malformed-size-long", DIRECTORY + 12 + 8, 4, 0xffffffff},
    };
    struct manifest_set good = {
        .device_id = {1}, .nonce = {2}, .sequence = 7, .issued_s = 1790000000,
        .not_after_s = 1790086400, .check_interval_s = 300, .app_deferral_minutes = 60,
        .os_deferral_minutes = MANIFEST_SET_DEFERRAL_NONE, .group = {3}, .catalog = {4},
        .count = 2, .flags = MANIFEST_SET_FLAG_CRASH_DUMPS,
        .at = {{IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST, span_of("first", 5)},
               {IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST, span_of("second", 6)}},
    };
    uint8_t bytes[512];
    struct writer w = writer_of(bytes, sizeof bytes - 1);
    folder("manifest-set");
    REQUIRE(manifest_set_write(&good, &w) == 0);
    put("manifest-set", "good-two", bytes, w.len);
    put("manifest-set", "corpus/two", bytes, w.len);
    put_flaws("manifest-set", writer_view(&w), flaws, sizeof flaws / sizeof flaws[0]);
    bytes[w.len] = 0;
    put("manifest-set", "bad-trailing-byte", bytes, w.len + 1);
    put("manifest-set", "bad-more-cut", bytes, w.len - 1);
    good.count = 0;
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(manifest_set_write(&good, &w) == 0);
    put("manifest-set", "good-empty", bytes, w.len);
}

/* ---- ASXipFS ---- */

enum { FS_BYTES = 3 * ASXIPFS_PAGE_BYTES };

/* Stored without the zeros at its end; the reader of the vectors puts them back. */
static void fs_put(const char *name, uint8_t *bytes, bool sum)
{
    size_t len = FS_BYTES;
    if (sum) {
        struct writer w = writer_of(bytes + ASXIPFS_CRC_AT, ASXIPFS_CRC_BYTES);
        memset(w.at, 0, w.cap);
        writer_u32le(&w, crc32_update(0, bytes, FS_BYTES));
    }
    while (len > 0 && bytes[len - 1] == 0)
        len--;
    put("asxipfs", name, bytes, len);
}

/* Offsets in the good tree {/a, /dir/b}: root entries at 76 are "a" (16 bytes)
 * and "dir" (16 bytes), then "b" of dir at 108.  Data at 4096 and 8192. */
static const struct flaw fs_flaws[] = {
    {"bad-malformed-magic", 0, 1, 0},
    {"bad-malformed-size-unaligned", 4, 4, 4097},
    {"bad-malformed-size-zero", 4, 4, 0},
    {"bad-limit-size", 4, 4, 0x01001000},
    {"bad-more-size", 4, 4, 0x4000},
    {"bad-unsupported-flags", 8, 4, 0x403},
    {"bad-unsupported-unsorted", 8, 4, 1},
    {"bad-unsupported-future", 12, 4, 1},
    {"bad-malformed-signature", 16, 1, 'c'},
    {"bad-malformed-files-none", 44, 4, 0},
    {"bad-malformed-files-low", 44, 4, 3},
    {"bad-malformed-files-high", 44, 4, 5},
    {"bad-limit-files", 44, 4, 257},
    {"bad-malformed-root-file", 64, 2, 0101644},
    {"bad-malformed-root-offset", 72, 4, 80 / 4 << 6},
    {"bad-malformed-root-name", 72, 4, 76 / 4 << 6 | 1},
    {"bad-malformed-root-size", 68, 4, 30},
    {"bad-unsupported-symlink", 76, 2, 0120777},
    {"bad-unsupported-device", 76, 2, 0060644},
    {"bad-unsupported-pipe", 76, 2, 0010644},
    {"bad-unsupported-set-uid", 76, 2, 0105755},
    {"bad-unsupported-set-gid", 76, 2, 0103755},
    {"bad-unsupported-compressed", 76, 2, 0100644},
    {"bad-malformed-file-offset", 84, 4, (4096 + 4) / 4 << 6 | 1},
    {"bad-malformed-file-at-zero", 84, 4, 1},
    {"bad-malformed-file-beyond", 80, 4, 8193},
    {"bad-malformed-name-empty", 84, 4, 4096 / 4 << 6},
    {"bad-malformed-name-beyond", 100, 4, 108 / 4 << 6 | 63},
    {"bad-malformed-name-zero", 88, 4, 0},
    {"bad-malformed-name-slash", 88, 4, '/'},
    {"bad-malformed-name-nul", 88, 4, 'a' | 'b' << 16},
    {"bad-malformed-name-control", 88, 4, 7},
    {"bad-malformed-name-dot", 88, 4, '.'},
    {"bad-malformed-name-dot-dot", 88, 4, '.' | '.' << 8},
    {"bad-malformed-order", 88, 4, 'z'},
    {"bad-duplicate-name", 88, 4, 'd' | 'i' << 8 | 'r' << 16},
    {"bad-malformed-directory-loop", 100, 4, 76 / 4 << 6 | 1},
    {"bad-malformed-directory-in-super", 100, 4, 60 / 4 << 6 | 1},
    {"bad-malformed-directory-in-file", 100, 4, 4096 / 4 << 6 | 1},
    {"bad-malformed-directory-beyond", 100, 4, 12288 / 4 << 6 | 1},
    {"good-uid", 78, 2, 1000},
    {"good-files-share-pages", 116, 4, 4096 / 4 << 6 | 1},
};

static void asxipfs(void)
{
    static uint8_t zero[6], good[FS_BYTES], bytes[FS_BYTES];
    struct asxipfs_source two[] = {
        {"/dir/b", true, {(const uint8_t *)"second", 6}},
        {"/a", false, {(const uint8_t *)"first", 5}},
    };
    struct writer w = writer_of(good, sizeof good);
    folder("asxipfs");
    REQUIRE(asxipfs_write(two, 2, &w) == 0 && w.len == FS_BYTES);
    put("asxipfs", "good-two", good, FS_BYTES);
    two[0].data.at = two[1].data.at = zero;
    w = writer_of(good, sizeof good);
    REQUIRE(asxipfs_write(two, 2, &w) == 0);
    /* The fuzz target pads and sums its input, so a seed is the first bytes. */
    put("asxipfs", "corpus/two", good, 124);
    for (size_t i = 0; i < sizeof fs_flaws / sizeof fs_flaws[0]; i++) {
        memcpy(bytes, good, FS_BYTES);
        for (size_t b = 0; b < fs_flaws[i].len; b++)
            bytes[fs_flaws[i].at + b] = (uint8_t)(fs_flaws[i].value >> (8 * b));
        fs_put(fs_flaws[i].name, bytes, true);
    }
    memcpy(bytes, good, FS_BYTES);
    bytes[48] = 'c'; /* in the label, which means nothing else */
    fs_put("bad-digest-label", bytes, false);
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(asxipfs_write(NULL, 0, &w) == 0 && w.len == ASXIPFS_PAGE_BYTES);
    memset(bytes + w.len, 0, sizeof bytes - w.len);
    fs_put("good-empty", bytes, false);
}

int main(int argc, char **argv)
{
    if (argc != 3 || (strcmp(argv[1], "write") != 0 && strcmp(argv[1], "check") != 0)) {
        fprintf(stderr, "usage: %s write|check DIR\n", argv[0]);
        return 2;
    }
    writing = strcmp(argv[1], "write") == 0;
    top = argv[2];
    image_package();
    keystore();
    capability();
    manifest();
    manifest_set();
    asxipfs();
    return check_done();
}
