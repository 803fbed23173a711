/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/image.h"

#include "lib/asxipfs.h"
#include "tests/check.h"
#include "tests/p256_signer.h"
#include "tests/vectors.h"

static uint8_t scalar = 1, key[P256_PUBLIC_BYTES], other_key[P256_PUBLIC_BYTES];

static bool image_is_empty(const struct image *image)
{
    static const struct image empty;
    return image->file.at == NULL && image->file.len == 0 && image->body.at == NULL &&
           image->metadata.at == NULL && image->signature == NULL &&
           image->signed_bytes.len == 0 && memcmp(&image->meta, &empty.meta, sizeof empty.meta) == 0;
}

static int parse_and_verify(struct span bytes)
{
    struct image image;
    int err = image_parse(bytes, &image);
    if (err) {
        CHECK(image_is_empty(&image)); /* "the image is emptied on failure" */
        return err;
    }
    /* "body, metadata and signature partition the file" */
    CHECK(image.body.at == bytes.at);
    CHECK(image.metadata.at == bytes.at + image.body.len);
    CHECK(image.signature == image.metadata.at + image.metadata.len);
    CHECK_INT(image.body.len + image.metadata.len + 64, bytes.len);
    CHECK_INT(image.signed_bytes.len, bytes.len - 64);
    return image_verify(&image, key);
}

static void vectors(void)
{
    CHECK(vectors_replay("testdata/image-package", parse_and_verify) >= 39);
}

/* The shape of an SDK package: sizes as published. */
static void application_package(void)
{
    static const uint16_t ids[] = {IMAGE_SECTION_ID, IMAGE_SECTION_SG, IMAGE_SECTION_DB,
                                   IMAGE_SECTION_TP, IMAGE_SECTION_ND};
    struct image image;
    struct asxipfs fs;
    struct asxipfs_entry entry;
    size_t len;
    uint8_t *file = check_read_file("testdata/image-package/good-application", &len);
    CHECK_INT(len, 20692);
    REQUIRE(image_parse(span_of(file, len), &image) == 0);
    CHECK_INT(image.body.len, 0x5000);
    CHECK_INT(image.metadata.len, 148);
    CHECK_INT(image.meta.type, IMAGE_TYPE_APPLICATIONS);
    CHECK_STR(image.meta.name, "vector");
    CHECK_INT(image.meta.temporary, IMAGE_TEMPORARY_UNDER_DEVELOPMENT);
    CHECK_INT(image.meta.depends.count, 1);
    CHECK_INT(image.meta.depends.at[0].version, 3);
    CHECK_INT(image.meta.depends.at[0].type, IMAGE_IDENTITY_APPLICATION_RUNTIME);
    CHECK(!image.meta.has_provides && !image.meta.has_security_version);
    CHECK_INT(image.meta.thumbprint[0], 0xa8);
    CHECK_INT(image.meta.thumbprint[19], 0xf0);
    struct image_section_view view;
    for (unsigned i = 0; i < 5; i++) {
        CHECK_INT(image_section_at(&image, i, &view), 0);
        CHECK_INT(view.id, ids[i]);
    }
    CHECK_INT(image_section_at(&image, 5, &view), E_NOT_FOUND);
    CHECK(view.data.at == NULL);
    CHECK_INT(image_section_at(&image, 0xffffffff, &view), E_NOT_FOUND);
    /* The body carries its own size: the metadata follows directly. */
    CHECK_INT(asxipfs_open(span_of(file, len), &fs), 0);
    CHECK_INT(fs.bytes.len, image.body.len);
    CHECK_INT(asxipfs_find(&fs, "/bin/app", &entry), 0);
    CHECK_INT(entry.data.len, 10000);
    free(file);
}

static struct image_meta meta_full(void)
{
    struct image_meta meta = {
        .type = IMAGE_TYPE_SERVICES, .component = {1, [15] = 2}, .id = {3, [15] = 4},
        .thumbprint = {5, [19] = 6}, .signing_type = IMAGE_SIGNING_ECDSA256,
        .has_debug = true, .built_s = 0x0102030405060708, .name = "thirty-one characters, no less..",
        .has_temporary = true, .temporary = 3, .has_depends = true, .has_provides = true,
        .has_security_version = true, .security_version = 0xfffffffe,
    };
    meta.name[31] = '\0';
    meta.depends.count = IMAGE_ABI_MAX;
    for (uint32_t i = 0; i < IMAGE_ABI_MAX; i++)
        meta.depends.at[i] = (struct abi_identity){i * 1000, i};
    return meta;
}

static bool abi_equal(const struct image_abi *a, const struct image_abi *b)
{
    return a->count == b->count && memcmp(a->at, b->at, a->count * sizeof a->at[0]) == 0;
}

/* What is written is read back, for each choice of optional sections. */
static void round_trip(void)
{
    for (unsigned mask = 0; mask < 32; mask++) {
        uint8_t file[1024];
        struct image_meta meta = meta_full();
        struct image image;
        const struct signer signer = test_key_signer(&scalar);
        meta.has_debug = mask & 1;
        meta.has_temporary = mask & 2;
        meta.has_depends = mask & 4;
        meta.has_provides = mask & 8;
        meta.has_security_version = mask & 16;
        struct writer w = writer_of(file, sizeof file);
        writer_bytes(&w, "some body", 9);
        CHECK_INT(image_meta_write(&w, &meta), 0);
        CHECK_INT(image_sign(&w, &signer), 0);
        REQUIRE(image_parse(writer_view(&w), &image) == 0);
        CHECK_INT(image_verify(&image, key), 0);
        CHECK_INT(image.body.len, 9);
        const struct image_meta *got = &image.meta;
        CHECK_INT(got->type, meta.type);
        CHECK_MEM(got->component, meta.component, 16);
        CHECK_MEM(got->id, meta.id, 16);
        CHECK_MEM(got->thumbprint, meta.thumbprint, 20);
        CHECK_INT(got->signing_type, 1);
        CHECK_INT(got->has_debug, meta.has_debug);
        CHECK_INT(got->has_temporary, meta.has_temporary);
        CHECK_INT(got->has_depends, meta.has_depends);
        CHECK_INT(got->has_provides, meta.has_provides);
        CHECK_INT(got->has_security_version, meta.has_security_version);
        CHECK_INT(got->built_s, meta.has_debug ? meta.built_s : 0);
        CHECK_STR(got->name, meta.has_debug ? meta.name : "");
        CHECK_INT(got->temporary, meta.has_temporary ? 3 : 0);
        CHECK_INT(got->security_version, meta.has_security_version ? 0xfffffffe : 0);
        const struct image_abi none = {0};
        CHECK(abi_equal(&got->depends, meta.has_depends ? &meta.depends : &none));
        CHECK(abi_equal(&got->provides, &none));
    }
}

/* A meta that cannot be read back is not written: E_RANGE, w untouched. */
static void writer_refusals(void)
{
    uint8_t file[1024];
    struct writer w = writer_of(file, sizeof file);
    struct image_meta meta = meta_full();
    meta.depends.count = IMAGE_ABI_MAX + 1;
    CHECK_INT(image_meta_write(&w, &meta), E_RANGE);
    meta = meta_full();
    meta.provides.count = IMAGE_ABI_MAX + 1;
    CHECK_INT(image_meta_write(&w, &meta), E_RANGE);
    meta = meta_full();
    meta.name[31] = 'x';
    CHECK_INT(image_meta_write(&w, &meta), E_RANGE);
    meta = meta_full();
    meta.name[3] = '\n';
    CHECK_INT(image_meta_write(&w, &meta), E_RANGE);
    meta = meta_full();
    meta.name[3] = '\0'; /* bytes behind the end would be hidden */
    CHECK_INT(image_meta_write(&w, &meta), E_RANGE);
    CHECK_INT(w.len, 0);
    CHECK_INT(w.err, 0);
    meta = meta_full();
    for (size_t cap = 0; cap < 200; cap += 7) {
        w = writer_of(file, cap);
        CHECK_INT(image_meta_write(&w, &meta), E_FULL);
        CHECK(writer_view(&w).at == NULL);
    }
}

static int refuse_to_sign(void *context, const uint8_t digest[static SHA256_BYTES],
                          uint8_t signature[static P256_SIGNATURE_BYTES])
{
    (void)context;
    (void)digest;
    memset(signature, 1, P256_SIGNATURE_BYTES);
    return E_DENIED;
}

static void sign_failures(void)
{
    uint8_t file[100];
    const struct signer refuses = {refuse_to_sign, NULL}, signs = test_key_signer(&scalar);
    struct writer w = writer_of(file, sizeof file);
    writer_bytes(&w, "body", 4);
    CHECK_INT(image_sign(&w, &refuses), E_DENIED);
    CHECK_INT(w.len, 4);
    CHECK(writer_view(&w).at == NULL);
    CHECK_INT(image_sign(&w, &signs), E_DENIED); /* sticky */
    w = writer_of(file, 4 + 63);
    writer_bytes(&w, "body", 4);
    CHECK_INT(image_sign(&w, &signs), E_FULL);
}

/* Verification is by this key over these bytes, and nothing else. */
static void verify_refusals(void)
{
    struct image image;
    size_t len;
    uint8_t not_a_point[P256_PUBLIC_BYTES] = {1};
    uint8_t *file = check_read_file("testdata/image-package/good-least", &len);
    REQUIRE(image_parse(span_of(file, len), &image) == 0);
    CHECK_INT(image_verify(&image, key), 0);
    CHECK_INT(image_verify(&image, other_key), E_SIGNATURE);
    CHECK_INT(image_verify(&image, not_a_point), E_SIGNATURE);
    static const uint32_t types[] = {0, 2, 0xffffffff};
    for (int i = 0; i < 3; i++) {
        image.meta.signing_type = types[i];
        CHECK_INT(image_verify(&image, key), E_UNSUPPORTED);
    }
    struct image empty = {0};
    CHECK_INT(image_verify(&empty, key), E_SIGNATURE);
    free(file);
}

static bool never_verifies(struct span changed, void *context)
{
    struct image image;
    (void)context;
    return image_parse(changed, &image) != 0 || image_verify(&image, key) != 0;
}

static bool never_parses(struct span changed, void *context)
{
    struct image image;
    (void)context;
    return image_parse(changed, &image) != 0 && image_is_empty(&image);
}

static void cut_and_flipped(void)
{
    size_t len;
    uint8_t *file = check_read_file("testdata/image-package/good-all-sections", &len);
    cut_and_flip(span_of(file, len), never_verifies, NULL);
    for (size_t cut = 0; cut < len; cut++)
        CHECK(never_parses(span_of(file, cut), NULL));
    free(file);
}

/* IMAGE_METADATA_MAX is a limit, not one less. */
static void metadata_limit(void)
{
    static uint8_t file[8192];
    static const uint8_t filler[4096] = {1};
    const size_t fixed = 8 + 40 + 28 + 4 + 4; /* header, ID, SG, filler's head, length */
    for (size_t more = 0; more < 2; more++) {
        struct writer w = writer_of(file, sizeof file);
        writer_u32le(&w, IMAGE_MAGIC);
        writer_u32le(&w, 3);
        writer_u16le(&w, IMAGE_SECTION_ID);
        writer_u16le(&w, 36);
        writer_zero(&w, 36);
        writer_u16le(&w, IMAGE_SECTION_SG);
        writer_u16le(&w, 24);
        writer_zero(&w, 24);
        const size_t len = IMAGE_METADATA_MAX - fixed + more;
        writer_u16le(&w, IMAGE_SECTION_CM);
        writer_u16le(&w, (uint16_t)len);
        writer_bytes(&w, filler, len);
        writer_u32le(&w, (uint32_t)(w.len + 4));
        writer_zero(&w, 64);
        struct image image;
        CHECK_INT(image_parse(writer_view(&w), &image), more ? E_LIMIT : 0);
    }
}

static void type_names(void)
{
    uint16_t type;
    unsigned named = 0;
    for (unsigned number = 0; number < 300; number++) {
        const char *name = image_type_name((uint16_t)number);
        if (strcmp(name, "Unknown") == 0)
            continue;
        named++;
        CHECK_INT(image_type_of_name(span_of(name, strlen(name)), &type), 0);
        CHECK_INT(type, number);
    }
    CHECK_INT(named, 24);
    CHECK_STR(image_type_name(10), "Applications");
    CHECK_STR(image_type_name(11), "Unknown");
    CHECK_STR(image_type_name(0xffff), "Unknown");
    static const char *const bad[] = {"", "Application", "Applications2", "applications", "Unknown"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        type = 9;
        CHECK_INT(image_type_of_name(span_of(bad[i], strlen(bad[i])), &type), E_NOT_FOUND);
        CHECK_INT(type, IMAGE_TYPE_INVALID);
    }
}

/* SHA-1 of 04 || X || Y, computed apart. */
static void thumbprint(void)
{
    uint8_t point[65] = {4}, want[20], got[20];
    memcpy(point + 1, key, 64);
    REQUIRE(crypto_sha1(span_of(point, 65), want) == 0);
    CHECK_INT(image_thumbprint(key, got), 0);
    CHECK_MEM(got, want, 20);
}

int main(void)
{
    test_key_public(1, key);
    test_key_public(2, other_key);
    vectors();
    application_package();
    round_trip();
    writer_refusals();
    sign_failures();
    verify_refusals();
    cut_and_flipped();
    metadata_limit();
    type_names();
    thumbprint();
    return check_done();
}
