/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of service/ipc/issuer_ops.h: both ways, each limit, every cut. */
#include "lib/cbor.h"
#include "service/ipc/issuer_ops.h"
#include "tests/check.h"

static uint8_t bytes[65536];

/* Every prefix and one byte more is refused. */
#define CUT(name, w)                                                                  \
    do {                                                                              \
        struct issuer_##name cut_out;                                                 \
        for (size_t cut = 0; cut < (w).len; cut++)                                    \
            CHECK(issuer_##name##_parse(span_of(bytes, cut), &cut_out) != 0);         \
        bytes[(w).len] = 0;                                                           \
        CHECK_INT(issuer_##name##_parse(span_of(bytes, (w).len + 1), &cut_out), E_TRAILING); \
    } while (0)

static int issue_try(const struct issuer_issue_request *in)
{
    struct issuer_issue_request out;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_issue_request_write(in, &w) == 0);
    return issuer_issue_request_parse(writer_view(&w), &out);
}

static void test_issue(void)
{
    static uint8_t measurements[4097];
    struct issuer_issue_request in = {.kind = ISSUER_KIND_CATALOG, .catalog = {1},
                                      .device_id = {2}, .key = {3}, .not_before_s = 4,
                                      .not_after_s = UINT64_MAX,
                                      .measurements = span_of(measurements, 100)}, out;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_issue_request_write(&in, &w) == 0);
    REQUIRE(issuer_issue_request_parse(writer_view(&w), &out) == 0);
    CHECK(out.kind == in.kind && out.catalog[0] == 1 && out.device_id[0] == 2 &&
          out.key[0] == 3 && out.not_before_s == 4 && out.not_after_s == UINT64_MAX);
    CHECK(span_equal(out.measurements, in.measurements));
    CUT(issue_request, w);
    in.kind = 0;
    CHECK_INT(issue_try(&in), E_LIMIT);
    in.kind = 4;
    CHECK_INT(issue_try(&in), E_LIMIT);
    in.kind = ISSUER_KIND_OS;
    in.measurements.len = 4096;
    CHECK_INT(issue_try(&in), 0);
    in.measurements.len = 4097;
    CHECK_INT(issue_try(&in), E_LIMIT);
}

static void test_certificates(void)
{
    struct issuer_certificates in = {.serial = {5}, .not_before_s = 1, .not_after_s = 2, .count = 2,
                                     .der = {span_of("abc", 3), span_of("d", 1)}}, out;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_certificates_write(&in, &w) == 0);
    REQUIRE(issuer_certificates_parse(writer_view(&w), &out) == 0);
    CHECK(out.count == 2 && span_equal(out.der[1], in.der[1]) && out.serial[0] == 5);
    CUT(certificates, w);
    static const struct { uint16_t count; size_t len; int want; } rows[] = {
        {0, 1, E_LIMIT}, {1, 0, E_MALFORMED}, {4, 1, 0}};
    for (size_t i = 0; i < 3; i++) {
        in.count = rows[i].count;
        for (int k = 0; k < ISSUER_CHAIN_MAX; k++)
            in.der[k] = span_of("abc", rows[i].len);
        w = writer_of(bytes, sizeof bytes);
        REQUIRE(issuer_certificates_write(&in, &w) == 0);
        CHECK_INT(issuer_certificates_parse(writer_view(&w), &out), rows[i].want);
    }
    in.count = 5;
    CHECK_INT(issuer_certificates_write(&in, &w), E_RANGE);
}

static void test_possession(void)
{
    static const struct { const char *code; int want; } rows[] = {
        {"8d54ae0b", 0}, {"", E_LIMIT}, {"a\tb", E_MALFORMED}, {"caf\xc3\xa9", E_MALFORMED},
        {"0123456789012345678901234567890123456789012345678901234567890123", 0},
        {"01234567890123456789012345678901234567890123456789012345678901234", E_LIMIT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct issuer_possession_request in = {
            .catalog = {1}, .code = span_of(rows[i].code, strlen(rows[i].code))}, out;
        struct writer w = writer_of(bytes, sizeof bytes);
        REQUIRE(issuer_possession_request_write(&in, &w) == 0);
        CHECK_INT(issuer_possession_request_parse(writer_view(&w), &out), rows[i].want);
        CHECK(rows[i].want ? out.code.at == NULL : span_equal(out.code, in.code));
        if (i == 0)
            CUT(possession_request, w);
    }
}

static void test_others(void)
{
    struct issuer_catalog_request catalog = {.catalog = {7}}, catalog_out;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_catalog_request_write(&catalog, &w) == 0);
    REQUIRE(issuer_catalog_request_parse(writer_view(&w), &catalog_out) == 0);
    CHECK_MEM(catalog_out.catalog, catalog.catalog, 16);
    CUT(catalog_request, w);

    struct issuer_manifest_request manifest = {.type = 27, .body = span_of("body", 4)}, manifest_out;
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_manifest_request_write(&manifest, &w) == 0);
    REQUIRE(issuer_manifest_request_parse(writer_view(&w), &manifest_out) == 0);
    CHECK(manifest_out.type == 27 && span_equal(manifest_out.body, manifest.body));
    CUT(manifest_request, w);

    struct issuer_capability_request in = {.device_id = {3}, .count = 2, .capability = {11, 13}}, out;
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_capability_request_write(&in, &w) == 0);
    REQUIRE(issuer_capability_request_parse(writer_view(&w), &out) == 0);
    CHECK(out.count == 2 && out.capability[1] == 13 && out.device_id[0] == 3);
    CUT(capability_request, w);
    in.count = 5;
    CHECK_INT(issuer_capability_request_write(&in, &w), E_RANGE);
    w = writer_of(bytes, sizeof bytes); /* five by hand */
    cbor_put_array(&w, 2);
    cbor_put_bytes(&w, in.device_id, 64);
    cbor_put_array(&w, 5);
    for (int i = 0; i < 5; i++)
        cbor_put_uint(&w, 11);
    CHECK_INT(issuer_capability_request_parse(writer_view(&w), &out), E_LIMIT);
}

int main(void)
{
    test_issue();
    test_certificates();
    test_possession();
    test_others();
    return check_done();
}
