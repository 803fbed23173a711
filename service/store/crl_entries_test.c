/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Revoked certificates of devices: a list that is full has the newest of every device, and as many of
 * each owner, whatever one of them fills; what was revoked is refused though its device attests again, as
 * often as it will.
 *   crl_entries_test [postgresql]
 */
#include "abi/device_api.h"
#include "service/ipc/dump_ops.h"
#include "service/ipc/issuer_ops.h"
#include "service/ipc/store_pki_ops.h"
#include "service/store/store_fixture_test.h"

enum { DEVICES = 8, HOSTILE = 3 }; /* 0..2 are of the catalog that fills the list */

static struct store_crl_entries *entries;
static const uint64_t now_s = 1900000000;

static struct store_scope scope_of(unsigned n) { return fixture_scope(n < HOSTILE ? "hostile" : "c", ".default", ".default"); }

/* The serial number: device, then number. */
static int attest(unsigned n, uint16_t kind, uint16_t number, uint64_t life_s)
{
    uint8_t bytes[512];
    struct store_attest r = {.kind = kind, .serial = {0x50, (uint8_t)n, (uint8_t)number, (uint8_t)(number >> 8)},
                             .not_before_s = now_s, .not_after_s = now_s + life_s};
    struct writer w = writer_of(bytes, sizeof bytes);
    fixture_device_id(n, r.device_id);
    REQUIRE(store_attest_write(&r, &w) == 0);
    return fixture_call(PEER_DAA, STORE_OP_ATTEST_RECORD, writer_view(&w));
}

static int device_revoke(unsigned n, bool revoked)
{
    struct store_device_revoke r = {.scope = scope_of(n), .revoked = revoked, .reason = STORE_REASON_KEY_COMPROMISE};
    uint8_t id[64];
    char hex[129];
    fixture_device_id(n, id);
    hex_encode(id, sizeof id, hex);
    r.scope.name = span_of(hex, 128);
    return fixture_api(STORE_OP_DEVICE_REVOKE, &store_device_revoke_type, &r);
}

static int list(uint16_t authority)
{
    uint8_t bytes[256];
    const struct store_crl of = {.authority = authority};
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(record_write(&store_crl_type, &of, &w) == 0);
    int err = fixture_call(PEER_ISSUER, STORE_OP_CRL_ENTRIES, writer_view(&w));
    return err ? err : record_parse(&store_crl_entries_type, span_of(fx.reply, fx.len), entries);
}

static unsigned listed(unsigned n)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < entries->count; i++)
        count += entries->at[i].serial[1] == n;
    return count;
}

static bool listed_one(unsigned n, uint16_t number)
{
    bool found = false;
    for (uint32_t i = 0; i < entries->count; i++)
        found |= entries->at[i].serial[1] == n && entries->at[i].serial[2] + 256 * entries->at[i].serial[3] == number;
    return found;
}

static void test_full(void)
{
    for (unsigned n = 0; n < DEVICES; n++)
        for (uint8_t number = 0; number < (n < HOSTILE ? 60 : 2); number++)
            CHECK_INT(attest(n, ISSUER_KIND_OS, number, 1000 + number), 0);
    for (unsigned n = 0; n < DEVICES; n++)
        CHECK_INT(device_revoke(n, true), 0);
    CHECK_INT(list(STORE_AUTHORITY_OS), 0);
    CHECK_INT(entries->count, HOSTILE * 60 + (DEVICES - HOSTILE) * 2);
    fx.store.crl_max = 40; /* of 190 */
    CHECK_INT(list(STORE_AUTHORITY_OS), 0);
    CHECK_INT(entries->count, 40);
    for (unsigned n = HOSTILE; n < DEVICES; n++)
        CHECK_INT(listed(n), 2); /* all that others have */
    for (unsigned n = 0; n < HOSTILE; n++) {
        CHECK_INT(listed(n), 10);
        CHECK(listed_one(n, 59) && !listed_one(n, 0)); /* and the newest of his */
    }
    fx.store.crl_max = 6;
    CHECK_INT(list(STORE_AUTHORITY_OS), 0);
    unsigned theirs = 0;
    for (unsigned n = 0; n < HOSTILE; n++)
        theirs += listed(n);
    CHECK_INT(theirs, 3); /* turn by turn */
    CHECK_INT(list(STORE_AUTHORITY_ROOT), 0);
    fx.store.crl_max = 0;
    fx.store.db.fixed_now_ms += 1030 * 1000;
    CHECK_INT(list(STORE_AUTHORITY_OS), 0);
    CHECK_INT(entries->count, HOSTILE * 29); /* what has run out needs no entry */
}

/* Of operators and of the root's CAs half a list is none. */
static void test_operators(void)
{
    for (uint8_t i = 1; i <= 4; i++) {
        const struct store_operator_revoke r = {.serial = {i}, .name = T("o")};
        CHECK_INT(fixture_api(STORE_OP_OPERATOR_REVOKE, &store_operator_revoke_type, &r), 0);
    }
    fx.store.crl_max = 3;
    CHECK_INT(list(STORE_AUTHORITY_OPERATOR), E_LIMIT);
    fx.store.crl_max = 4;
    CHECK_INT(list(STORE_AUTHORITY_OPERATOR), 0);
    CHECK_INT(entries->count, 4);
    fx.store.crl_max = 0;
}

static int wanted(unsigned n, uint16_t number)
{
    uint8_t bytes[256];
    struct store_wanted_request r = {.now_s = now_s,
                                     .serial = {0x50, (uint8_t)n, (uint8_t)number, (uint8_t)(number >> 8)}};
    struct writer w = writer_of(bytes, sizeof bytes);
    fixture_device_id(n, r.device_id);
    REQUIRE(store_wanted_request_write(&r, &w) == 0);
    return fixture_call(PEER_OTA, STORE_OP_WANTED_GET, writer_view(&w));
}

static int image(unsigned n, uint8_t number)
{
    uint8_t bytes[256];
    struct store_image_read r = {.serial = {0x50, (uint8_t)n, number}};
    struct writer w = writer_of(bytes, sizeof bytes);
    fixture_device_id(n, r.device_id);
    REQUIRE(store_image_read_write(&r, &w) == 0);
    return fixture_call(PEER_OTA, STORE_OP_IMAGE_READ, writer_view(&w));
}

static int report(unsigned n, uint8_t number)
{
    static uint8_t batch;
    uint8_t bytes[512];
    struct store_report r = {.now_s = now_s, .count = 1, .batch = {++batch}, .serial = {0x50, (uint8_t)n, number}};
    struct writer w = writer_of(bytes, sizeof bytes);
    fixture_device_id(n, r.device_id);
    r.at[0] = (struct store_event){.category = EVENT_APP_EXIT, .first_s = 1, .last_s = 2, .count = 1};
    REQUIRE(store_report_write(&r, &w) == 0);
    return fixture_call(PEER_REPORTS, STORE_OP_REPORT_ADD, writer_view(&w));
}

/* Whether it may send a crash dump. */
static int dump(unsigned n, uint8_t number)
{
    uint8_t bytes[256];
    struct store_dump_device r = {.serial = {0x50, (uint8_t)n, number}};
    struct writer w = writer_of(bytes, sizeof bytes);
    fixture_device_id(n, r.device_id);
    REQUIRE(record_write(&store_dump_device_type, &r, &w) == 0);
    return fixture_call(PEER_REPORTS, STORE_OP_DUMP_CONSENT, writer_view(&w));
}

static void test_reinstated(void)
{
    const unsigned n = DEVICES - 1;
    CHECK_INT(wanted(n, 1), E_LIFECYCLE);
    CHECK_INT(report(n, 1), E_LIFECYCLE);
    CHECK_INT(device_revoke(n, false), 0);
    CHECK_INT(wanted(n, 1), E_STALE); /* what it held then */
    CHECK_INT(report(n, 1), E_STALE);
    CHECK_INT(image(n, 1), E_STALE);
    CHECK_INT(dump(n, 1), E_STALE);
    CHECK_INT(attest(n, ISSUER_KIND_UPDATE_ONLY, 70, 5000), 0);
    CHECK_INT(attest(n, ISSUER_KIND_OS, 71, 5000), 0);
    CHECK_INT(wanted(n, 70), 0);
    CHECK_INT(wanted(n, 71), 0);
    CHECK_INT(report(n, 71), 0);
    CHECK_INT(dump(n, 71), 0);
    CHECK_INT(image(n, 71), E_NOT_FOUND); /* nothing is wanted */
    CHECK_INT(device_revoke(n, true), 0);
    CHECK_INT(device_revoke(n, false), 0);
    CHECK_INT(wanted(n, 70), E_STALE); /* the update-only one as well */
    CHECK_INT(wanted(n, 71), E_STALE);
}

static int device_get(unsigned n)
{
    uint8_t bytes[128];
    struct store_device_get get;
    struct writer w = writer_of(bytes, sizeof bytes);
    fixture_device_id(n, get.device_id);
    REQUIRE(store_device_get_write(&get, &w) == 0);
    return fixture_call(PEER_DAA, STORE_OP_DEVICE_GET, writer_view(&w));
}

/* Who attests so often that the first certificate would be forgotten gets no further one: so that one is revoked too. */
static void test_many(void)
{
    const unsigned n = DEVICES - 2;
    const uint64_t life_s = 86400;
    const uint16_t first = 256, last = first + STORE_CERTIFICATES_MAX - 1; /* numbers that were not there before */
    uint64_t was_ms = fx.store.db.fixed_now_ms;
    CHECK_INT(device_revoke(n, false), 0);
    fx.store.db.fixed_now_ms += 10000000; /* all of before have run out, and leave */
    uint64_t later_s = fx.store.db.fixed_now_ms / 1000 - now_s;
    CHECK_INT(attest(n, ISSUER_KIND_OS, first, later_s + life_s), 0);
    for (uint16_t i = 1; i < STORE_CERTIFICATES_MAX; i++)
        CHECK_INT(attest(n, i % 2 ? ISSUER_KIND_OS : ISSUER_KIND_UPDATE_ONLY, (uint16_t)(first + i), later_s + life_s + i), 0);
    CHECK_INT(device_get(n), E_LIMIT);
    for (uint16_t i = 0; i < 3; i++)
        CHECK_INT(attest(n, ISSUER_KIND_OS, (uint16_t)(last + 1 + i), later_s + life_s + 5000), E_LIMIT);
    CHECK_INT(device_get(n - 1), 0); /* others are not meant */
    CHECK_INT(device_revoke(n, true), 0);
    CHECK_INT(device_get(n), 0); /* and says so, not that it is full */
    CHECK_INT(attest(n, ISSUER_KIND_OS, last + 1, later_s + life_s), E_LIFECYCLE);
    CHECK_INT(list(STORE_AUTHORITY_OS), 0);
    CHECK_INT(listed(n), STORE_CERTIFICATES_MAX / 2 + 1);
    CHECK(listed_one(n, first));
    CHECK_INT(list(STORE_AUTHORITY_UPDATE_ONLY), 0);
    CHECK_INT(listed(n), STORE_CERTIFICATES_MAX / 2 - 1);
    CHECK_INT(device_revoke(n, false), 0);
    CHECK_INT(wanted(n, first), E_STALE);
    CHECK_INT(attest(n, ISSUER_KIND_OS, last + 1, later_s + life_s), E_LIMIT); /* nor to push these out */
    fx.store.db.fixed_now_ms += life_s * 1000; /* the first one ends */
    CHECK_INT(device_get(n), 0);
    CHECK_INT(attest(n, ISSUER_KIND_OS, last + 1, later_s + 2 * life_s), 0);
    CHECK_INT(attest(n, ISSUER_KIND_OS, last + 2, later_s + 2 * life_s), E_LIMIT);
    fx.store.db.fixed_now_ms = was_ms;
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    fx.store.db.fixed_now_ms = now_s * 1000;
    entries = calloc(1, sizeof *entries);
    REQUIRE(entries != NULL);
    fixture_place("c", "", "");
    fixture_place("hostile", "", "");
    for (unsigned n = 0; n < DEVICES; n++) {
        fixture_register(n);
        CHECK_INT(fixture_claim(n, scope_of(n)), 0);
    }
    test_full();
    test_operators();
    test_reinstated();
    test_many();
    free(entries);
    fixture_end();
    return check_done();
}
