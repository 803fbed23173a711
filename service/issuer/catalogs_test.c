/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/certificates.md, "Renewal": the life of a catalog's CAs over years, by a clock
 * that the test moves; what two issuers on one store make of it; records that were changed;
 * files of before.
 */
#include <ftw.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/guid.h"
#include "service/ipc/service_init.h"
#include "service/issuer/memory_store_test.h"
#include "service/issuer/state.h"

enum { DAY = 86400, HALF_DAY = 43200 };

static char top[64], data[80];
static const uint8_t catalog[16] = {0x42, 7};
static uint64_t now = 1900000000;
static uint8_t reply_bytes[ISSUER_REPLY_MAX];
static struct writer reply;
static struct issuer_authorities cas;
static uint8_t point[64];

static int on_catalog(struct issuer *issuer, issuer_operation *operation)
{
    uint8_t bytes[64];
    struct issuer_catalog_request r;
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(r.catalog, catalog, 16);
    reply = writer_of(reply_bytes, sizeof reply_bytes);
    REQUIRE(issuer_catalog_request_write(&r, &w) == 0);
    int err = memory_run(issuer, operation, writer_view(&w), now, &reply);
    if (!err)
        REQUIRE(record_parse(&issuer_authorities_type, writer_view(&reply), &cas) == 0);
    return err;
}

/* A device's certificate; whose CA signed it. */
static int issue(struct issuer *issuer, uint8_t signer[static 16])
{
    static uint8_t bytes[1024];
    struct issuer_issue_request r = {.kind = ISSUER_KIND_CATALOG, .not_before_s = now - 60,
                                     .not_after_s = now + DAY, .device_id = {1}};
    struct issuer_certificates got;
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(r.catalog, catalog, 16);
    memcpy(r.key, point, sizeof r.key);
    reply = writer_of(reply_bytes, sizeof reply_bytes);
    REQUIRE(issuer_issue_request_write(&r, &w) == 0);
    int err = memory_run(issuer, issuer_issue_device, writer_view(&w), now, &reply);
    if (!err) {
        REQUIRE(issuer_certificates_parse(writer_view(&reply), &got) == 0);
        CHECK_INT(authority_serial(got.der[1], signer), 0);
        CHECK(got.not_after_s == now + DAY);
    }
    return err;
}

static int prove(struct issuer *issuer, const uint8_t serial[static 16])
{
    uint8_t bytes[256];
    struct issuer_possession_request r = {.code = span_of("code", 4)};
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(r.catalog, catalog, 16);
    memcpy(r.serial, serial, 16);
    reply = writer_of(reply_bytes, sizeof reply_bytes);
    REQUIRE(issuer_possession_request_write(&r, &w) == 0);
    return memory_run(issuer, issuer_prove_possession, writer_view(&w), now, &reply);
}

/* -- years ----------------------------------------------------------------------- */

static void test_years(struct issuer *issuer)
{
    uint8_t first[16], second[16], signer[16];
    memory_store.count = 0;
    REQUIRE(on_catalog(issuer, issuer_catalog_create) == 0);
    CHECK_INT(cas.count, 1);
    memcpy(first, cas.at[0].serial, 16);
    uint64_t end = cas.at[0].not_after_s;
    CHECK_INT(end, now - 300 + 730 * (uint64_t)DAY);

    /* Nothing happens until 90 days before the end. */
    now = end - 90 * (uint64_t)DAY - 10;
    REQUIRE(issue(issuer, signer) == 0);
    CHECK_MEM(signer, first, 16);
    CHECK_INT(memory_store.count, 1);

    /* Then a device's request alone makes the next, which waits. */
    now += 20;
    REQUIRE(issue(issuer, signer) == 0);
    CHECK_MEM(signer, first, 16);
    CHECK_INT(memory_store.count, 2);
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.count, 2);
    CHECK_INT(cas.at[0].status, ISSUER_CA_INACTIVE);
    CHECK_INT(cas.at[1].status, ISSUER_CA_ACTIVE);
    CHECK_MEM(cas.at[1].serial, first, 16);
    memcpy(second, cas.at[0].serial, 16);
    uint64_t active = cas.at[0].active_s;
    CHECK_INT(active, now + 30 * (uint64_t)DAY);
    CHECK_INT(prove(issuer, first), 0);
    CHECK_INT(prove(issuer, second), 0); /* so that relying parties can take it in time */
    CHECK_INT(on_catalog(issuer, issuer_catalog_renew), E_CONFLICT);

    /* 30 days later it signs; the first stays good until its end. */
    now = active - 1;
    REQUIRE(issue(issuer, signer) == 0);
    CHECK_MEM(signer, first, 16);
    now = active;
    REQUIRE(issue(issuer, signer) == 0);
    CHECK_MEM(signer, second, 16);
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.at[0].status, ISSUER_CA_ACTIVE);
    CHECK_INT(cas.at[1].status, ISSUER_CA_INACTIVE);
    now = end;
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.at[1].status, ISSUER_CA_EXPIRED);
    CHECK_INT(prove(issuer, first), E_STALE);
    CHECK_INT(memory_store.count, 2);

    /* Both have the name that relying parties know, and keys of their own. */
    X509 *a, *b;
    const uint8_t *from = cas.at[0].anchor.at;
    a = d2i_X509(NULL, &from, (long)cas.at[0].anchor.len);
    from = cas.at[1].anchor.at;
    b = d2i_X509(NULL, &from, (long)cas.at[1].anchor.len);
    REQUIRE(a && b);
    CHECK_INT(X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)), 0);
    CHECK_INT(EVP_PKEY_eq(X509_get0_pubkey(a), X509_get0_pubkey(b)), 0);
    X509_free(a);
    X509_free(b);
}

/* Nobody came for years: the next one signs at once. */
static void test_late(struct issuer *issuer)
{
    uint8_t before[16], signer[16];
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    memcpy(before, cas.at[0].serial, 16);
    now = cas.at[0].not_after_s - HALF_DAY; /* too short for a device's certificate */
    REQUIRE(issue(issuer, signer) == 0);
    CHECK(memcmp(signer, before, 16) != 0);
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.at[0].status, ISSUER_CA_ACTIVE);
    CHECK_INT(cas.at[0].active_s, now);
    now = cas.at[0].not_after_s + 100 * (uint64_t)DAY;
    REQUIRE(issue(issuer, signer) == 0);
    CHECK_INT(memory_store.count, 4);
    /* Ten days left: it takes over two days before the end, not after it. */
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    uint64_t end = cas.at[0].not_after_s;
    now = end - 10 * (uint64_t)DAY;
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.at[0].active_s, end - 2 * (uint64_t)DAY);
}

/* The root's end is everybody's: no CA outlives it, and none is made again and again. */
static void test_root_end(struct issuer *issuer)
{
    uint8_t signer[16];
    uint64_t real = now, end = issuer->root.not_after_s;
    now = end - 60 * (uint64_t)DAY;
    REQUIRE(issue(issuer, signer) == 0);
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.at[0].not_after_s, end);
    size_t made = memory_store.count;
    for (int i = 0; i < 50; i++, now += DAY)
        CHECK_INT(issue(issuer, signer), 0);
    CHECK_INT(memory_store.count, made);
    now = end + 1;
    CHECK_INT(issue(issuer, signer), E_STALE);
    memory_store.count = 0;
    now += CATALOG_FRESH_S;
    CHECK_INT(on_catalog(issuer, issuer_catalog_create), E_STATE);
    now = real;
}

/* A clock that was six years ahead for a moment has had a CA made: it signs nothing until it has begun, and it neither
 * hides that the next one is due nor bars one by hand. */
static void test_clock_ahead(struct issuer *issuer)
{
    uint8_t first[16], ahead[16], signer[16];
    const uint64_t real = now;
    memory_store.count = 0;
    REQUIRE(on_catalog(issuer, issuer_catalog_create) == 0);
    memcpy(first, cas.at[0].serial, 16);
    now = real + 6 * 365 * (uint64_t)DAY;
    REQUIRE(issue(issuer, ahead) == 0);
    CHECK(memcmp(ahead, first, 16) != 0);
    memory_store.full = true; /* and an attempt that fails there does not count for six years */
    now += 2 * 365 * (uint64_t)DAY;
    CHECK_INT(issue(issuer, signer), E_FULL);
    memory_store.full = false;
    now = real + 10;
    REQUIRE(issue(issuer, signer) == 0);
    CHECK_MEM(signer, first, 16);
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.at[0].status, ISSUER_CA_INACTIVE);
    CHECK_INT(cas.at[1].status, ISSUER_CA_ACTIVE);
    CHECK_INT(memory_store.count, 2);
    now = cas.at[1].not_after_s - 80 * (uint64_t)DAY;
    REQUIRE(issue(issuer, signer) == 0);
    CHECK_MEM(signer, first, 16);
    CHECK_INT(memory_store.count, 3); /* the next one, in time */
    now += 31 * (uint64_t)DAY;
    REQUIRE(issue(issuer, signer) == 0);
    CHECK(memcmp(signer, first, 16) != 0 && memcmp(signer, ahead, 16) != 0);
    now = real;
    memory_store.count = 1;
    now += CATALOG_FRESH_S; /* as the store has it now */
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.count, 1);
    now += 6 * 365 * (uint64_t)DAY;
    REQUIRE(issue(issuer, ahead) == 0);
    now = real + 100;
    REQUIRE(on_catalog(issuer, issuer_catalog_renew) == 0);
    CHECK_INT(cas.count, 3);
    CHECK_INT(on_catalog(issuer, issuer_catalog_renew), E_CONFLICT);
    now = real;
}

/* A clock that is behind: no CA of the catalog has begun.  None signs, and none is made from before the root. */
static void test_clock_behind(struct issuer *issuer)
{
    uint8_t signer[16];
    const uint64_t real = now;
    memory_store.count = 0;
    REQUIRE(on_catalog(issuer, issuer_catalog_create) == 0);
    now = real - DAY;
    CHECK_INT(issue(issuer, signer), E_STALE);
    CHECK_INT(memory_store.count, 1);
    now = issuer->root.not_before_s - 1;
    memory_store.count = 0;
    now -= CATALOG_FRESH_S;
    CHECK_INT(on_catalog(issuer, issuer_catalog_create), E_STATE);
    CHECK_INT(memory_store.count, 0);
    CHECK_INT(issuer_clock_check(issuer, now), E_STATE);
    now = 103; /* an RTC without power */
    CHECK_INT(issuer_clock_check(issuer, now), E_STATE);
    now = real;
    CHECK_INT(issuer_clock_check(issuer, now), 0);
    REQUIRE(on_catalog(issuer, issuer_catalog_create) == 0);
    REQUIRE(issue(issuer, signer) == 0);
}

/* By hand, and activated by the store's word. */
static void test_by_hand(struct issuer *issuer)
{
    uint8_t old[16], signer[16];
    memory_store.count = 0;
    REQUIRE(on_catalog(issuer, issuer_catalog_create) == 0);
    memcpy(old, cas.at[0].serial, 16);
    REQUIRE(on_catalog(issuer, issuer_catalog_renew) == 0);
    CHECK_INT(cas.count, 2);
    CHECK_INT(cas.at[0].status, ISSUER_CA_INACTIVE);
    CHECK_INT(on_catalog(issuer, issuer_catalog_renew), E_CONFLICT);
    memory_ca(catalog, 2)->active_s = now;
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.at[0].status, ISSUER_CA_ACTIVE);
    REQUIRE(issue(issuer, signer) == 0);
    CHECK(memcmp(signer, old, 16) != 0);
    /* Revoked: the one before it signs again, and a revoked one proves nothing. */
    memory_ca(catalog, 2)->revoked_s = now;
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.at[0].status, ISSUER_CA_REVOKED);
    CHECK_INT(cas.at[1].status, ISSUER_CA_ACTIVE);
    REQUIRE(issue(issuer, signer) == 0);
    CHECK_MEM(signer, old, 16);
    CHECK_INT(prove(issuer, cas.at[0].serial), E_STALE);
    /* All of them: a new one, at once. */
    memory_ca(catalog, 1)->revoked_s = now;
    now += CATALOG_FRESH_S;
    REQUIRE(issue(issuer, signer) == 0);
    REQUIRE(on_catalog(issuer, issuer_catalog_list) == 0);
    CHECK_INT(cas.count, 3);
    CHECK_INT(cas.at[0].status, ISSUER_CA_ACTIVE);
    CHECK_MEM(cas.at[0].serial, signer, 16);
    /* No more at once than can be shown. */
    for (int i = 4; i <= STORE_CAS_MAX + 2; i++) {
        int err = on_catalog(issuer, issuer_catalog_renew);
        CHECK_INT(err, i <= STORE_CAS_MAX + 2 ? 0 : E_CONFLICT);
        memory_ca(catalog, (uint64_t)i)->active_s = now;
    }
    CHECK_INT(on_catalog(issuer, issuer_catalog_renew), E_CONFLICT);
}

/* A store that is full: what signs goes on signing, and it is not asked at every device. */
static void test_full(struct issuer *issuer)
{
    uint8_t signer[16];
    memory_store.count = 0;
    REQUIRE(on_catalog(issuer, issuer_catalog_create) == 0);
    now = cas.at[0].not_after_s - 80 * (uint64_t)DAY;
    memory_store.full = true;
    fprintf(stderr, "expected messages follow\n");
    unsigned puts = memory_store.puts;
    for (int i = 0; i < 20; i++)
        CHECK_INT(issue(issuer, signer), 0);
    CHECK_INT(memory_store.puts - puts, 1);
    now += CATALOG_RETRY_S;
    CHECK_INT(issue(issuer, signer), 0);
    CHECK_INT(memory_store.puts - puts, 2);
    now += 90 * (uint64_t)DAY; /* and nothing signs beyond its end */
    CHECK_INT(issue(issuer, signer), E_FULL);
    memory_store.full = false;
    CHECK_INT(issue(issuer, signer), 0);
}

/* -- two issuers, hostile stores, old files ---------------------------------------- */

static void test_two(struct issuer *issuer)
{
    char other_data[96], command[256];
    struct issuer *other;
    uint8_t one[16], two[16];
    snprintf(other_data, sizeof other_data, "%s/other", top);
    snprintf(command, sizeof command, "cp -a %s %s", data, other_data);
    REQUIRE(system(command) == 0);
    REQUIRE(issuer_open(other_data, NULL, &other) == 0);
    memory_store.count = 0;
    now += CATALOG_FRESH_S;
    /* Both make the first; the store keeps one. */
    REQUIRE(on_catalog(issuer, issuer_catalog_create) == 0);
    REQUIRE(on_catalog(other, issuer_catalog_create) == 0);
    CHECK_INT(memory_store.count, 1);
    REQUIRE(issue(issuer, one) == 0 && issue(other, two) == 0);
    CHECK_MEM(one, two, 16);
    /* What one makes, the other uses, within seconds. */
    REQUIRE(on_catalog(issuer, issuer_catalog_renew) == 0);
    memory_ca(catalog, 2)->active_s = now;
    now += CATALOG_FRESH_S;
    REQUIRE(issue(issuer, one) == 0 && issue(other, two) == 0);
    CHECK_MEM(one, two, 16);
    CHECK_MEM(one, memory_ca(catalog, 2)->serial, 16);
    issuer_close(other);
}

static void test_changed_records(struct issuer *issuer)
{
    memory_store.count = 0;
    now += CATALOG_FRESH_S;
    REQUIRE(on_catalog(issuer, issuer_catalog_create) == 0);
    const struct memory_ca good = memory_store.at[0];
    fprintf(stderr, "expected messages follow\n");
#define CHANGED(change, want)                                \
    do {                                                     \
        struct memory_ca *m = &memory_store.at[0];           \
        change;                                              \
        struct issuer *fresh;                                \
        REQUIRE(issuer_open(data, NULL, &fresh) == 0);             \
        CHECK_INT(on_catalog(fresh, issuer_catalog_list), want); \
        issuer_close(fresh);                                 \
        memory_store.at[0] = good;                           \
        memory_store.at[0].ca.sealed.at = memory_store.at[0].sealed; \
    } while (0)
    CHANGED((void)m, 0);
    CHANGED(m->ca.serial[0] ^= 1, E_KEY_UNKNOWN);
    CHANGED(m->ca.anchor_serial[15] ^= 1, E_KEY_UNKNOWN);
    CHANGED(m->ca.number = 2, E_KEY_UNKNOWN); /* an old one as the new */
    CHANGED(m->sealed[0] = 2, E_VERSION);
    CHANGED(m->ca.sealed.len = 0, E_CORRUPT);
    for (size_t i = 1; i < good.ca.sealed.len; i += 97)
        CHANGED(m->sealed[i] ^= 0x10, E_KEY_UNKNOWN);
    for (size_t len = 1; len < good.ca.sealed.len; len += 97)
        CHANGED(m->ca.sealed.len = len, len <= 29 ? E_CORRUPT : E_KEY_UNKNOWN);
#undef CHANGED
    /* Another catalog's, moved here. */
    struct store_ca record = good.ca;
    struct catalog_ca *ca = calloc(1, sizeof *ca);
    REQUIRE(ca != NULL);
    record.sealed = span_of(memory_store.at[0].sealed, good.ca.sealed.len);
    record.tenant[0] ^= 1;
    CHECK_INT(catalog_record_open(&issuer->catalogs.wrap, &record, &issuer->above, ca), E_KEY_UNKNOWN);
    record.tenant[0] ^= 1;
    CHECK_INT(catalog_record_open(&issuer->catalogs.wrap, &record, &issuer->above, ca), 0);
    authority_release(&ca->authority);
    /* Of another service's root, with the seal of this one. */
    CHECK_INT(catalog_record_open(&issuer->catalogs.wrap, &record, &(const struct above){.now = &issuer->os}, ca), E_CORRUPT);
    free(ca);
}

/* issuer/catalogs/GUID.key of before: taken into the store, and the file goes. */
static void test_old_file(struct issuer *issuer)
{
    char path[200], guid[GUID_TEXT_BYTES], *text;
    struct catalog *at_hand;
    struct stat st;
    uint8_t serial[16], signer[16];
    memory_store.count = 0;
    now += CATALOG_FRESH_S;
    REQUIRE(on_catalog(issuer, issuer_catalog_create) == 0);
    memcpy(serial, cas.at[0].serial, 16);
    at_hand = catalogs_find(&issuer->catalogs, catalog);
    REQUIRE(at_hand != NULL);
    const struct catalog_ca *ca = at_hand->ca[0];
    REQUIRE(authority_text(&ca->authority, true, true, span_of(ca->anchor, ca->anchor_bytes), &text) == 0);
    snprintf(path, sizeof path, "%s/issuer/catalogs", data);
    REQUIRE(mkdir(path, 0700) == 0);
    guid_format(catalog, guid);
    snprintf(path, sizeof path, "%s/issuer/catalogs/%s.key", data, guid);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
    authority_text_free(text);
    memory_store.count = 0;
    memory_store.full = true;
    now += CATALOG_FRESH_S;
    CHECK_INT(issue(issuer, signer), E_FULL);
    CHECK_INT(stat(path, &st), 0); /* not kept yet: not removed */
    memory_store.full = false;
    CHECK_INT(issue(issuer, signer), 0);
    CHECK_MEM(signer, serial, 16);
    CHECK_INT(memory_store.count, 1);
    CHECK(stat(path, &st) != 0);
    /* A damaged one is named, and no other CA takes its place. */
    memory_store.count = 0;
    f = fopen(path, "w");
    REQUIRE(f != NULL && fputs("nothing", f) >= 0 && fclose(f) == 0);
    now += CATALOG_FRESH_S;
    fprintf(stderr, "expected messages follow\n");
    CHECK_INT(on_catalog(issuer, issuer_catalog_create), E_CORRUPT);
    CHECK_INT(memory_store.count, 0);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

int main(void)
{
    struct issuer *issuer;
    struct authority device;
    strcpy(top, "/tmp/peri-catalogs-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL);
    snprintf(data, sizeof data, "%s/data", top);
    const struct service_init init = {.data = data};
    REQUIRE(authority_generate(&device, false) == 0);
    memcpy(point, device.point + 1, 64);
    authority_release(&device);
    REQUIRE(service_init(&init) == 0);
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    now = (uint64_t)time(NULL);
    test_years(issuer);
    test_late(issuer);
    test_root_end(issuer);
    test_clock_ahead(issuer);
    test_clock_behind(issuer);
    test_by_hand(issuer);
    test_full(issuer);
    test_two(issuer);
    test_changed_records(issuer);
    test_old_file(issuer);
    issuer_close(issuer);
    nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return check_done();
}
