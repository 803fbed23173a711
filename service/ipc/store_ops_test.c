/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of the store (docs/spec/service-ipc.md): what is written is read back
 * equal; every prefix, trailing byte and limit is refused and leaves zeros. */
#include "service/ipc/store_ops.h"
#include "service/ipc/dump_ops.h"
#include "service/ipc/store_access_ops.h"
#include "service/ipc/store_api_ops.h"
#include "service/ipc/store_pki_ops.h"
#include "tests/check.h"

static uint8_t buffer[65536];

static bool all_zero(const void *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((const uint8_t *)at)[i])
            return false;
    return true;
}

#define ROUND(name, in)                                                        \
    do {                                                                       \
        static struct store_##name out_, again_;                               \
        struct writer w_ = writer_of(buffer, sizeof buffer);                   \
        memset(&out_, 0xaa, sizeof out_);                                      \
        CHECK_INT(store_##name##_write(&(in), &w_), 0);                        \
        CHECK_INT(store_##name##_parse(writer_view(&w_), &out_), 0);           \
        uint8_t *first_ = malloc(w_.len + 1);                                  \
        REQUIRE(first_ != NULL);                                               \
        memcpy(first_, buffer, w_.len);                                        \
        struct writer v_ = writer_of(buffer, sizeof buffer);                   \
        CHECK_INT(store_##name##_write(&out_, &v_), 0);                        \
        CHECK_INT(v_.len, w_.len);                                             \
        CHECK_MEM(first_, buffer, w_.len);                                     \
        for (size_t cut_ = 0; cut_ < w_.len; cut_++) {                         \
            CHECK(store_##name##_parse(span_of(first_, cut_), &again_) < 0);   \
            CHECK(all_zero(&again_, sizeof again_));                           \
        }                                                                      \
        first_[w_.len] = 0;                                                    \
        CHECK_INT(store_##name##_parse(span_of(first_, w_.len + 1), &again_), E_TRAILING); \
        CHECK(all_zero(&again_, sizeof again_));                               \
        struct writer n_ = writer_of(buffer, w_.len - 1);                      \
        CHECK_INT(store_##name##_write(&(in), &n_), E_FULL);                   \
        free(first_);                                                          \
    } while (0)

static void test_round_trip(void)
{
    struct store_device_get get = {.device_id = {1, 2, 3}};
    ROUND(device_get, get);
    struct store_reference_get reference = {.generation = UINT64_MAX};
    ROUND(reference_get, reference);
    struct store_device device = {.claimed = true, .catalog = {1}, .group = {2}, .feed = 1};
    ROUND(device, device);
    struct store_references references = {.generation = 7, .count = 2};
    references.at[1] = (struct store_reference){.type = 9, .digest = {5}, .state = 2, .hardware = HARDWARE_MAX};
    ROUND(references, references);
    struct store_attest attest = {.kind = 3, .not_before_s = 1, .not_after_s = INT64_MAX, .key = {9}, .hardware = 1};
    ROUND(attest, attest);
    struct store_wanted_request request = {.now_s = 1, .count = STORE_INSTALLED_MAX};
    ROUND(wanted_request, request);
    struct store_wanted wanted = {.sequence = 5, .applications = true, .os_count = 1, .app_count = 2};
    wanted.app[1].file_bytes = UINT32_MAX;
    ROUND(wanted, wanted);
    struct store_image_read read = {.row = INT64_MAX, .offset = 4, .length = STORE_READ_MAX};
    ROUND(image_read, read);
    struct store_image_bytes bytes = {.row = 7, .total = 3, .bytes = span_of("abc", 3)};
    ROUND(image_bytes, bytes);
    struct store_report report = {.batch = {1}, .now_s = 2, .count = 2};
    report.at[1].exit_code = UINT32_MAX;
    ROUND(report, report);
}

/* A value beyond its limit is refused by the writer and by the parser. */
static void test_limits(void)
{
    static struct store_references many = {.generation = 1, .count = STORE_REFERENCES_MAX + 1};
    struct writer w = writer_of(buffer, sizeof buffer);
    CHECK_INT(store_references_write(&many, &w), E_LIMIT);

    struct store_device device = {.feed = 2};
    w = writer_of(buffer, sizeof buffer);
    CHECK_INT(store_device_write(&device, &w), E_LIMIT);

    device.feed = 1;
    w = writer_of(buffer, sizeof buffer);
    CHECK_INT(store_device_write(&device, &w), 0);
    buffer[w.len - 2] = 2; /* the feed; a flag follows */
    CHECK_INT(store_device_parse(writer_view(&w), &device), E_LIMIT);

    struct store_image_read read = {.length = STORE_READ_MAX + 1};
    w = writer_of(buffer, sizeof buffer);
    CHECK_INT(store_image_read_write(&read, &w), E_LIMIT);
}

/* The tables of several headers share one row of numbers: with a number given twice the
 * compiler refuses this. */
static bool number_known(unsigned number)
{
    switch (number) {
    case STORE_OP_DEVICE_GET:
    case STORE_OP_REFERENCE_GET:
    case STORE_OP_ATTEST_RECORD:
    case STORE_OP_WANTED_GET:
    case STORE_OP_IMAGE_READ:
    case STORE_OP_REPORT_ADD:
    case STORE_OP_IMAGE_ADDRESS:
#define NUMBER_CASE(name, value) case value:
        STORE_API_OP_TABLE(NUMBER_CASE)
        STORE_ACCESS_OP_TABLE(NUMBER_CASE)
        STORE_PKI_OP_TABLE(NUMBER_CASE)
        STORE_DUMP_OP_TABLE(NUMBER_CASE)
#undef NUMBER_CASE
        return true;
    default:
        return false;
    }
}

static void test_numbers(void)
{
    CHECK(number_known(STORE_OP_DUMP_ADD));
    CHECK(number_known(STORE_OP_API_FIRST));
    CHECK(!number_known(0)); /* an empty request names none */
}

int main(void)
{
    test_numbers();
    test_round_trip();
    test_limits();
    return check_done();
}
