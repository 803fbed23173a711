/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/keystore.h"

#include "tests/check.h"
#include "tests/p256_signer.h"
#include "tests/vectors.h"

static int parse(struct span bytes)
{
    static const struct keystore empty;
    struct keystore store;
    int err = keystore_parse(bytes, &store);
    if (err)
        CHECK_MEM(&store, &empty, sizeof store); /* "Empty on failure" */
    return err;
}

static void vectors(void)
{
    CHECK(vectors_replay("testdata/keystore", parse) >= 15);
}

/* Key number i has scalar i + 1. */
static void store_make(struct keystore *store, uint16_t count, uint32_t usage)
{
    memset(store, 0, sizeof *store);
    store->count = count;
    for (uint16_t i = 0; i < count; i++) {
        test_key_public((uint8_t)(i + 1), store->at[i].key);
        REQUIRE(image_thumbprint(store->at[i].key, store->at[i].thumbprint) == 0);
        store->at[i].usage = usage;
    }
}

static void round_trip(void)
{
    static struct keystore store, back;
    static uint8_t body[4096];
    for (uint16_t count = 1; count <= KEYSTORE_KEYS_MAX; count++) {
        store_make(&store, count, KEYSTORE_USE_UPDATE);
        struct writer w = writer_of(body, sizeof body);
        CHECK_INT(keystore_write(&store, &w), 0);
        CHECK_INT(w.len, 12u + 104u * count);
        CHECK_INT(keystore_parse(writer_view(&w), &back), 0);
        CHECK_MEM(&back, &store, sizeof store);
    }
}

static void writer_refusals(void)
{
    static struct keystore store;
    uint8_t body[512];
    struct writer w = writer_of(body, sizeof body);
    store_make(&store, 2, KEYSTORE_USE_OS);
    store.count = 0;
    CHECK_INT(keystore_write(&store, &w), E_RANGE);
    store.count = KEYSTORE_KEYS_MAX + 1;
    CHECK_INT(keystore_write(&store, &w), E_RANGE);
    store.count = 2;
    store.at[1].usage = 0;
    CHECK_INT(keystore_write(&store, &w), E_RANGE);
    store.at[1].usage = KEYSTORE_USE_ALL + 1;
    CHECK_INT(keystore_write(&store, &w), E_RANGE);
    store.at[1] = store.at[0];
    CHECK_INT(keystore_write(&store, &w), E_DUPLICATE);
    CHECK_INT(w.len, 0);
    CHECK_INT(w.err, 0);
    store_make(&store, 2, KEYSTORE_USE_OS);
    w = writer_of(body, 200);
    CHECK_INT(keystore_write(&store, &w), E_FULL);
}

/* Which bit each type needs; every other number needs one that nobody has. */
static void use_of_every_type(void)
{
    for (unsigned type = 0; type < 70000; type += type < 300 ? 1 : 997) {
        const uint16_t number = (uint16_t)type;
        uint32_t want = 0;
        if ((number >= 1 && number <= 9) || number == 16 || number == 17 || number == 20 || number == 22)
            want = KEYSTORE_USE_OS;
        else if (number == 10 || number == 21)
            want = KEYSTORE_USE_APPLICATION;
        else if (number == 13)
            want = KEYSTORE_USE_CAPABILITY;
        else if (number >= 23 && number <= 27)
            want = KEYSTORE_USE_UPDATE;
        struct image_meta meta = {.type = number};
        CHECK_INT(keystore_use_of(&meta), want);
        meta.has_temporary = true;
        meta.temporary = IMAGE_TEMPORARY_REMOVE_AT_BOOT;
        CHECK_INT(keystore_use_of(&meta), want);
        meta.temporary = IMAGE_TEMPORARY_UNDER_DEVELOPMENT;
        CHECK_INT(keystore_use_of(&meta), number == 10 ? (uint32_t)KEYSTORE_USE_DEVELOPMENT : want);
    }
}

/* A package of the type, signed by the scalar, naming the scalar's key. */
static struct span package(uint8_t *file, size_t cap, uint16_t type, bool development, uint8_t scalar)
{
    uint8_t key[P256_PUBLIC_BYTES];
    struct image_meta meta = {.type = type, .signing_type = IMAGE_SIGNING_ECDSA256,
        .has_temporary = development, .temporary = IMAGE_TEMPORARY_UNDER_DEVELOPMENT};
    const struct signer signer = test_key_signer(&scalar);
    test_key_public(scalar, key);
    REQUIRE(image_thumbprint(key, meta.thumbprint) == 0);
    struct writer w = writer_of(file, cap);
    writer_bytes(&w, "body", 4);
    REQUIRE(image_meta_write(&w, &meta) == 0 && image_sign(&w, &signer) == 0);
    return writer_view(&w);
}

/* Each kind of image against each usage mask of its key, with the development
 * capability and without: accepted exactly if the one bit is there. */
static void matrix(void)
{
    static const struct {
        uint16_t type;
        bool development;
        uint32_t use;
    } rows[] = {
        {IMAGE_TYPE_SERVICES, false, KEYSTORE_USE_OS},
        {IMAGE_TYPE_APPLICATIONS, false, KEYSTORE_USE_APPLICATION},
        {IMAGE_TYPE_APPLICATIONS, true, KEYSTORE_USE_DEVELOPMENT},
        {IMAGE_TYPE_CUSTOMER_BOARD_CONFIG, true, KEYSTORE_USE_APPLICATION},
        {IMAGE_TYPE_MANIFEST_SET, false, KEYSTORE_USE_UPDATE},
        {IMAGE_TYPE_FW_CONFIG, false, KEYSTORE_USE_CAPABILITY},
        {IMAGE_TYPE_TRUSTED_KEYSTORE, false, 0},
        {IMAGE_TYPE_OTHER, false, 0},
        {IMAGE_TYPE_INVALID, false, 0},
        {999, false, 0},
    };
    static struct keystore store;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t file[300];
        struct image image;
        REQUIRE(image_parse(package(file, sizeof file, rows[i].type, rows[i].development, 2), &image) == 0);
        store_make(&store, 3, KEYSTORE_USE_ALL);
        for (uint32_t usage = 0; usage <= KEYSTORE_USE_ALL; usage++)
            for (int development = 0; development < 2; development++) {
                store.at[1].usage = usage;
                bool want = rows[i].use != 0 && (usage & rows[i].use) &&
                            (rows[i].use != KEYSTORE_USE_DEVELOPMENT || development);
                CHECK_INT(keystore_verify(&store, &image, development), want ? 0 : E_KEY_UNKNOWN);
            }
    }
}

static void verify_refusals(void)
{
    static struct keystore store;
    uint8_t file[300];
    struct image image;
    store_make(&store, 3, KEYSTORE_USE_ALL);
    const struct span good = package(file, sizeof file, IMAGE_TYPE_APPLICATIONS, false, 2);
    REQUIRE(image_parse(good, &image) == 0);
    CHECK_INT(keystore_verify(&store, &image, false), 0);
    /* the key's name with another key's bytes */
    memcpy(store.at[1].key, store.at[0].key, P256_PUBLIC_BYTES);
    CHECK_INT(keystore_verify(&store, &image, false), E_SIGNATURE);
    store_make(&store, 3, KEYSTORE_USE_ALL);
    image.meta.signing_type = 2;
    CHECK_INT(keystore_verify(&store, &image, false), E_UNSUPPORTED);
    image.meta.signing_type = 1;
    store.count = 1; /* the entry is there, but not counted */
    CHECK_INT(keystore_verify(&store, &image, false), E_KEY_UNKNOWN);
    store.count = 0;
    CHECK_INT(keystore_verify(&store, &image, false), E_KEY_UNKNOWN);
    /* signed by a stranger who names a trusted key */
    store_make(&store, 1, KEYSTORE_USE_ALL);
    memcpy(store.at[0].thumbprint, image.meta.thumbprint, IMAGE_THUMBPRINT_BYTES);
    CHECK_INT(keystore_verify(&store, &image, false), E_SIGNATURE);
}

/* Nothing in the body but key bytes, names and usage may change and be taken,
 * and what is taken is what the bytes say. */
static bool refused_or_exact(struct span changed, void *context)
{
    static struct keystore store;
    uint8_t body[512];
    (void)context;
    if (keystore_parse(changed, &store) != 0)
        return store.count == 0;
    struct writer w = writer_of(body, sizeof body);
    return keystore_write(&store, &w) == 0 && span_equal(writer_view(&w), changed);
}

static void cut_and_flipped(void)
{
    size_t len;
    uint8_t *body = check_read_file("testdata/keystore/good-two-keys", &len);
    cut_and_flip(span_of(body, len), refused_or_exact, NULL);
    for (size_t cut = 0; cut < len; cut++)
        CHECK(parse(span_of(body, cut)) != 0);
    free(body);
}

int main(void)
{
    vectors();
    round_trip();
    writer_refusals();
    use_of_every_type();
    matrix();
    verify_refusals();
    cut_and_flipped();
    return check_done();
}
