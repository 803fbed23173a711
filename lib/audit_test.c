/* SPDX-License-Identifier: BSD-2-Clause */
/* The chain of docs/spec/audit.md: each field counts, lengths cannot be shifted
 * between fields, and the digest is the one that the page gives. */
#include "lib/audit.h"
#include "lib/hex.h"
#include "tests/check.h"

#define T(text) span_of(text, sizeof(text) - 1)

static struct audit_record first;
static const uint8_t zero[32];

/* Made by hand from the page's rule with another CBOR and SHA-256. */
static void test_vector(void)
{
    uint8_t digest[32];
    char text[65];
    CHECK_INT(audit_digest(zero, &first, digest), 0);
    hex_encode(digest, sizeof digest, text);
    CHECK_STR(text, "bf6298fcb318346760d36ccc8ba2f1dcfc9bbb6a3bfb27ad89612c5f67e73239");
}

static void test_each_field_counts(void)
{
    uint8_t digest[32], other[32], previous[32] = {1};
    REQUIRE(audit_digest(zero, &first, digest) == 0);
    struct audit_record changed[8];
    for (size_t i = 0; i < 8; i++)
        changed[i] = first;
    changed[0].sequence = 2;
    changed[1].time_ms++;
    changed[2].principal = T("certificate:bdmin");
    changed[3].action = T("Microsoft.AzureSphere/catalogs/writf");
    changed[4].path = T("/subscriptions/s/catalogs/d");
    changed[5].detail = T("x");
    changed[6].outcome = T("AuthorizationFailed");
    changed[7].request_id = T("r-2");
    for (size_t i = 0; i < 8; i++) {
        CHECK_INT(audit_digest(zero, &changed[i], other), 0);
        CHECK(memcmp(digest, other, 32) != 0);
    }
    CHECK_INT(audit_digest(previous, &first, other), 0);
    CHECK(memcmp(digest, other, 32) != 0);
    /* A byte that moves from one text into the next. */
    struct audit_record a = first, b = first;
    a.detail = T("x");
    a.outcome = T("y");
    b.detail = T("xy");
    b.outcome = T("");
    CHECK_INT(audit_digest(zero, &a, digest), 0);
    CHECK_INT(audit_digest(zero, &b, other), 0);
    CHECK(memcmp(digest, other, 32) != 0);
}

static void test_refused(void)
{
    static uint8_t big[AUDIT_RECORD_MAX];
    uint8_t digest[32];
    struct audit_record record = first;
    memset(big, 'x', sizeof big);
    record.path = span_of(big, sizeof big);
    CHECK_INT(audit_digest(zero, &record, digest), E_FULL);
    record.path = T("\xff");
    CHECK_INT(audit_digest(zero, &record, digest), E_MALFORMED);
}

int main(void)
{
    first = (struct audit_record){
        .sequence = 1, .time_ms = 1767225600000, .principal = T("certificate:admin"),
        .action = T("Microsoft.AzureSphere/catalogs/write"), .path = T("/subscriptions/s/catalogs/c"),
        .detail = T(""), .outcome = T("Succeeded"), .request_id = T("r-1"),
    };
    test_vector();
    test_each_field_counts();
    test_refused();
    return check_done();
}
