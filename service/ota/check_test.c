/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/device-api.md: the update check's question and answer. */
#include "service/ota/check.h"
#include "abi/image.h"
#include "service/ota/check_fixture_test.h"
#include "tests/check.h"

/* -- the question ------------------------------------------------------------ */

static void test_good(void)
{
    uint8_t body[2048];
    struct update_check check;

    for (unsigned n = 0; n <= DEVICE_API_INSTALLED_MAX; n++) {
        size_t len = check_body_make(body, sizeof body, n, 41, n % 2);
        CHECK_INT(update_check_parse(span_of(body, len), &check), 0);
        CHECK_INT(check.count, n);
        CHECK_INT(check.accepted, 41);
        CHECK_INT(check.has_undone, n % 2);
        CHECK_INT(check.undone, n % 2 ? 42 : 0);
        CHECK_INT(check.nonce[0], 0x4E);
        if (n)
            CHECK_INT(check.installed[n - 1].image[1], n - 1);
    }
    size_t len = check_body_make(body, sizeof body, DEVICE_API_INSTALLED_MAX + 1, 41, false);
    CHECK_INT(update_check_parse(span_of(body, len), &check), E_LIMIT);
    CHECK_INT(check.count, 0);
}

/* Every prefix is refused; every flipped bit is refused or still one exact question. */
static void test_cut_and_flip(void)
{
    uint8_t body[512], again[512];
    struct update_check check;
    size_t len = check_body_make(body, sizeof body, 2, 7, true);

    for (size_t cut = 0; cut < len; cut++)
        CHECK(update_check_parse(span_of(body, cut), &check) != 0);
    body[len] = 0;
    CHECK_INT(update_check_parse(span_of(body, len + 1), &check), E_TRAILING);
    memcpy(again, body, len);
    for (size_t bit = 0; bit < len * 8; bit++) {
        again[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (update_check_parse(span_of(again, len), &check) == 0)
            CHECK_INT(check.count, 2);
        else
            CHECK_INT(check.count, 0);
        again[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
}

static void test_duplicate(void)
{
    uint8_t body[512];
    struct update_check check;
    size_t len = check_body_make(body, sizeof body, 2, 7, false);
    /* map, 1, nonce 34, 2, array; then rows of 1 + 17 + 17 + 1 bytes */
    size_t row = 1 + 1 + 34 + 1 + 1, row_bytes = 1 + 17 + 17 + 1;

    body[row + row_bytes + 3] = body[row + 3]; /* same component */
    CHECK_INT(update_check_parse(span_of(body, len), &check), E_DUPLICATE);
    body[row + row_bytes + 3] = 1;
    CHECK_INT(update_check_parse(span_of(body, len), &check), 0);
    body[row + row_bytes + 20] = body[row + 20]; /* same image */
    CHECK_INT(update_check_parse(span_of(body, len), &check), E_DUPLICATE);
}

/* -- the answer --------------------------------------------------------------- */

/* Bodies depend on the wanted images alone and say what each image is for. */
static void test_bodies(void)
{
    uint8_t one[UPDATE_BODY_MAX], other[UPDATE_BODY_MAX];
    struct writer w = writer_of(one, sizeof one), v = writer_of(other, sizeof other);
    struct store_wanted wanted = {.sequence = 5, .os_count = 2, .applications = true, .app_count = 1};
    struct manifest manifest;

    wanted.os[0] = wanted_image(IMAGE_TYPE_SECURITY_MONITOR, 1);
    wanted.os[1] = wanted_image(IMAGE_TYPE_SERVICES, 2);
    wanted.app[0] = wanted_image(IMAGE_TYPE_APPLICATIONS, 3);
    CHECK_INT(update_firmware_write(&wanted, &w), 0);
    CHECK_INT(manifest_parse(writer_view(&w), &manifest), 0);
    CHECK_INT(manifest.count, 2);
    CHECK_INT(manifest.at[1].type, IMAGE_TYPE_SERVICES);
    CHECK_INT(manifest.at[1].partition, PARTITION_FIRMWARE);
    CHECK_INT(manifest.at[1].file_bytes, 1002);
    CHECK_INT(manifest.at[1].uncompressed_bytes, 1002);
    CHECK_INT(manifest.at[1].provides[0].type, 2);
    CHECK_INT(manifest.at[1].depends[0].version, 3);
    CHECK_INT(manifest.at[1].provides[1].type, 0);
    CHECK_INT(manifest.built_s, 0);

    wanted.sequence = 6;
    wanted.group[0] = 1;
    CHECK_INT(update_firmware_write(&wanted, &v), 0);
    CHECK_INT(v.len, w.len);
    CHECK_MEM(one, other, w.len);

    w = writer_of(one, sizeof one);
    CHECK_INT(update_customer_write(&wanted, &w), 0);
    CHECK_INT(manifest_parse(writer_view(&w), &manifest), 0);
    CHECK_INT(manifest.count, 1);
    CHECK_INT(manifest.at[0].partition, PARTITION_APPLICATIONS);
    wanted.app_count = 0; /* complete set, empty: remove all */
    w = writer_of(one, sizeof one);
    CHECK_INT(update_customer_write(&wanted, &w), 0);
    CHECK_INT(manifest_parse(writer_view(&w), &manifest), 0);
    CHECK_INT(manifest.count, 0);

    /* the largest set fits the buffer; one more is refused */
    wanted.os_count = STORE_WANTED_MAX;
    for (unsigned i = 0; i < STORE_WANTED_MAX; i++)
        wanted.os[i] = wanted_image(IMAGE_TYPE_SERVICES, (uint8_t)i);
    w = writer_of(one, sizeof one);
    CHECK_INT(update_firmware_write(&wanted, &w), 0);
    CHECK_INT(w.len, sizeof one);
    wanted.os_count = STORE_WANTED_MAX + 1;
    w = writer_of(one, sizeof one);
    CHECK_INT(update_firmware_write(&wanted, &w), E_LIMIT);
}

/* A keystore comes first, and alone: what else is wanted waits for its keys. */
static void test_keystore(void)
{
    uint8_t one[UPDATE_BODY_MAX], body[MANIFEST_SET_BYTES_MAX];
    static const uint8_t base[60] = {3};
    struct store_wanted wanted = {.sequence = 5, .os_count = 1, .applications = true, .keystore_count = 1};
    struct update_answer answer = {.accepted = 4, .base = span_of(base, sizeof base)};
    struct manifest manifest;
    struct manifest_set set;
    struct writer w = writer_of(one, sizeof one);

    wanted.keystore[0] = wanted_image(IMAGE_TYPE_TRUSTED_KEYSTORE, 7);
    CHECK(update_wants_base(&wanted) && !update_wants_firmware(&wanted) && !update_wants_customer(&wanted));
    CHECK_INT(update_base_write(&wanted, &w), 0);
    CHECK_INT(manifest_parse(writer_view(&w), &manifest), 0);
    CHECK(manifest.count == 1 && manifest.at[0].type == IMAGE_TYPE_TRUSTED_KEYSTORE);
    /* never of the sequence of another wish that the device has */
    static const uint64_t rows[][3] = {{5, 4, 5}, {5, 5, 6}, {5, 9, 10}, {5, UINT64_MAX, 5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        w = writer_of(body, sizeof body);
        wanted.sequence = rows[i][0];
        answer.accepted = rows[i][1];
        CHECK_INT(update_set_write(&wanted, &answer, &w), 0);
        CHECK_INT(manifest_set_parse(writer_view(&w), &set), 0);
        CHECK(set.count == 1 && set.at[0].type == IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST);
        CHECK(set.sequence == rows[i][2]);
    }
    wanted.keystore_count = 0;
    CHECK(!update_wants_base(&wanted) && update_wants_firmware(&wanted) && update_wants_customer(&wanted));
}

/* The version of the keystore is said by newer devices alone. */
static void test_keystore_version(void)
{
    uint8_t body[2048];
    struct update_check check;
    size_t len = check_body_make(body, sizeof body, 1, 7, false);
    CHECK_INT(update_check_parse(span_of(body, len), &check), 0);
    CHECK(check.keystore_version == STORE_KEYSTORE_UNKNOWN);
    body[0] = 0xA5;
    body[len] = 5;
    body[len + 1] = 3;
    CHECK_INT(update_check_parse(span_of(body, len + 2), &check), 0);
    CHECK_INT(check.keystore_version, 3);
    CHECK(update_check_parse(span_of(body, len + 1), &check) != 0);
    CHECK(update_check_parse(span_of(body, len + 3), &check) != 0);
    body[len] = 6;
    CHECK(update_check_parse(span_of(body, len + 2), &check) != 0);
    body[0] = 0xA6;
    CHECK(update_check_parse(span_of(body, len + 2), &check) != 0);
}

/* The set is bound to device, question, order and time, and holds what is wanted. */
static void test_set(void)
{
    static const uint8_t firmware[100] = {1}, customer[50] = {2};
    uint8_t body[MANIFEST_SET_BYTES_MAX];
    struct manifest_set set;

    for (unsigned which = 0; which < 4; which++) {
        struct store_wanted wanted = {.sequence = 9, .catalog = {0xCA}, .group = {0x6B},
                                      .crash_dumps = which & 1};
        struct update_answer answer = {.device_id = {0xD1}, .nonce = {0x4E}, .now_s = 1000,
                                       .check_interval_s = 77,
                                       .deferral = {DEFERRAL_APP_MINUTES, DEFERRAL_OS_MINUTES}};
        if (which == 1)
            answer.deferral = (struct update_deferral){0, 60};
        if (which == 2)
            answer.deferral = (struct update_deferral){DEFERRAL_OS_MINUTES, 100000};
        struct writer w = writer_of(body, sizeof body);
        if (which & 1)
            answer.firmware = span_of(firmware, sizeof firmware);
        if (which & 2)
            answer.customer = span_of(customer, sizeof customer);
        CHECK_INT(update_set_write(&wanted, &answer, &w), 0);
        CHECK_INT(manifest_set_parse(writer_view(&w), &set), 0);
        CHECK_INT(set.device_id[0], 0xD1);
        CHECK_INT(set.nonce[0], 0x4E);
        CHECK_INT(set.sequence, 9);
        CHECK_INT(set.issued_s, 1000);
        CHECK_INT(set.not_after_s, 1000 + UPDATE_VALID_S);
        CHECK_INT(set.check_interval_s, 77);
        static const uint16_t app[] = {0, MANIFEST_SET_DEFERRAL_NONE, DEFERRAL_OS_MINUTES, 0},
                              os[] = {0, 60, MANIFEST_SET_DEFERRAL_NONE, 0};
        CHECK_INT(set.app_deferral_minutes, app[which]);
        CHECK_INT(set.os_deferral_minutes, os[which]);
        CHECK_INT(set.catalog[0], 0xCA);
        CHECK_INT(set.group[0], 0x6B);
        CHECK_INT(set.flags, which & 1 ? MANIFEST_SET_FLAG_CRASH_DUMPS : 0);
        CHECK_INT(set.count, (which & 1) + (which >> 1));
        if (which == 3) {
            CHECK_INT(set.at[0].type, IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST);
            CHECK_INT(set.at[0].image.len, sizeof firmware);
            CHECK_INT(set.at[1].type, IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST);
            CHECK_MEM(set.at[1].image.at, customer, sizeof customer);
        }
    }
}

int main(void)
{
    test_good();
    test_cut_and_flip();
    test_duplicate();
    test_bodies();
    test_keystore();
    test_keystore_version();
    test_set();
    return check_done();
}
