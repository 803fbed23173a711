/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/attestation.md section 4: each rule refuses what it is there for,
 * and the measurement state x tenant kind matrix. */
#include "service/daa/appraise.h"
#include "service/daa/device_fixture_test.h"
#include "service/daa/references.h"

enum { GRANTED = -1, TOO_BROKEN = DAA_REFUSED_MALFORMED };

/* The refusal, or GRANTED with the verdict. */
static int appraise(struct device_fixture *f, const struct store_device *device,
                    struct verdict *verdict)
{
    struct attest_message message;
    struct store_references references = {0};

    *verdict = (struct verdict){.refused = DAA_REFUSED_MALFORMED};
    REQUIRE(references_take(&references, &f->references) == 0);
    if (attest_message_parse(span_of(f->bytes, f->len), &message) != 0)
        return TOO_BROKEN;
    struct appraisal a = {.message = &message, .keys = &f->challenge, .now_s = FIXTURE_NOW_S,
                          .challenge_s = FIXTURE_CHALLENGE_S, .device = device,
                          .references = &references};
    if (!appraise_message(&a, verdict) || !appraise_device(&a, verdict)) {
        CHECK(!verdict->granted);
        return verdict->refused;
    }
    CHECK(verdict->granted);
    return GRANTED;
}

static int appraise_now(struct device_fixture *f)
{
    struct verdict verdict;
    fixture_sign(f);
    return appraise(f, &f->device, &verdict);
}

/* -- one rule after the other ---------------------------------------------- */

static void nonce_foreign(struct device_fixture *f) { f->evidence.nonce[20] ^= 1; }
static void nonce_short(struct device_fixture *f) { f->evidence.nonce_bytes = 39; }
static void nonce_stale(struct device_fixture *f)
{
    fixture_challenge(f, FIXTURE_NOW_S - FIXTURE_CHALLENGE_S - 1);
}
static void nonce_future(struct device_fixture *f)
{
    fixture_challenge(f, FIXTURE_NOW_S + CHALLENGE_FUTURE_S + 1);
}
static void nonce_other_service(struct device_fixture *f)
{
    f->challenge.at[0][0] ^= 1;
    fixture_challenge(f, FIXTURE_NOW_S);
    f->challenge.at[0][0] ^= 1;
}
static void key_foreign(struct device_fixture *f)
{
    memcpy(f->evidence.device_id, f->client.public, sizeof f->evidence.device_id);
}
static void key_no_point(struct device_fixture *f) { memset(f->evidence.device_id, 0xFF, 64); }
static void open_for_debugging(struct device_fixture *f) { f->evidence.debug_status = 0; }
static void revoked_by_owner(struct device_fixture *f) { f->device.revoked = true; }
static void tenant_other(struct device_fixture *f)
{
    memcpy(f->evidence.tenant, fixture_other_catalog, 16);
}
static void tenant_unclaimed(struct device_fixture *f)
{
    memcpy(f->evidence.tenant, fixture_catalog, 16);
    f->device.claimed = false;
}
static void software_digest(struct device_fixture *f) { f->evidence.measurement[3].digest[31] ^= 1; }
static void software_component(struct device_fixture *f)
{
    f->evidence.measurement[2].component[0] ^= 1;
}
static void software_type(struct device_fixture *f)
{
    f->evidence.measurement[1].type = IMAGE_TYPE_PLUTON_RUNTIME;
}
static void software_part_missing(struct device_fixture *f) { f->evidence.measurement_count = 3; }
static void software_nothing(struct device_fixture *f) { f->evidence.measurement_count = 0; }
static void software_one_more(struct device_fixture *f)
{
    f->evidence.measurement[4] = f->evidence.measurement[3];
    f->evidence.measurement[4].digest[0] ^= 1;
    f->evidence.measurement_count = 5;
}
static void software_no_references(struct device_fixture *f)
{
    f->references.generation++;
    f->references.count = 0;
}
static void software_revoked(struct device_fixture *f)
{
    f->references.at[0].state = STORE_REFERENCE_REVOKED;
}
static void software_revoked_twice_listed(struct device_fixture *f)
{
    f->references.at[4] = f->references.at[0];
    f->references.at[4].state = STORE_REFERENCE_REVOKED;
    f->references.count = 5;
}
/* All known and trusted, but of two systems. */
static void software_mixed(struct device_fixture *f) { f->references.at[3].hardware = HARDWARE_MT3620; }
static void software_outdated(struct device_fixture *f)
{
    f->references.at[3].state = STORE_REFERENCE_OUTDATED;
    memcpy(f->evidence.tenant, fixture_catalog, 16);
}

static const struct {
    void (*spoil)(struct device_fixture *f);
    int want;
} spoiled[] = {
    {nonce_foreign, DAA_REFUSED_NONCE_FOREIGN},
    {nonce_short, DAA_REFUSED_NONCE_FOREIGN},
    {nonce_other_service, DAA_REFUSED_NONCE_FOREIGN},
    {nonce_stale, DAA_REFUSED_NONCE_STALE},
    {nonce_future, DAA_REFUSED_NONCE_STALE},
    {key_foreign, DAA_REFUSED_SIGNATURE},
    {key_no_point, DAA_REFUSED_SIGNATURE},
    {revoked_by_owner, DAA_REFUSED_REVOKED},
    {open_for_debugging, DAA_REFUSED_LIFECYCLE},
    {tenant_other, DAA_REFUSED_TENANT},
    {tenant_unclaimed, DAA_REFUSED_TENANT},
    {software_digest, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {software_component, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {software_type, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {software_part_missing, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {software_nothing, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {software_one_more, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {software_no_references, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {software_revoked, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {software_revoked_twice_listed, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {software_mixed, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {software_outdated, DAA_REFUSED_SOFTWARE_OUTDATED},
};

static void test_rules(void)
{
    for (size_t i = 0; i < sizeof spoiled / sizeof spoiled[0]; i++) {
        struct device_fixture f;
        fixture_init(&f);
        CHECK_INT(appraise_now(&f), GRANTED);
        spoiled[i].spoil(&f);
        CHECK_INT(appraise_now(&f), spoiled[i].want);
        fixture_release(&f);
    }
}

static void test_not_registered(void)
{
    struct device_fixture f;
    struct verdict verdict;
    fixture_init(&f);
    CHECK_INT(appraise(&f, NULL, &verdict), DAA_REFUSED_DEVICE_UNKNOWN);
    fixture_release(&f);
}

/* Before DeviceComplete an open debugger does not stop the factory. */
static void test_lifecycle(void)
{
    for (uint32_t lifecycle = 0; lifecycle < LIFECYCLE_COUNT; lifecycle++) {
        for (uint32_t debug = 0; debug <= 3; debug++) {
            struct device_fixture f;
            fixture_init(&f);
            f.evidence.lifecycle = lifecycle;
            f.evidence.debug_status = debug;
            bool open = lifecycle == LIFECYCLE_DEVICE_COMPLETE && debug == 0;
            CHECK_INT(appraise_now(&f), open ? DAA_REFUSED_LIFECYCLE : GRANTED);
            fixture_release(&f);
        }
    }
}

/* -- measurement state x tenant kind ----------------------------------------- */

enum tenant { TENANT_OS, TENANT_OWN, TENANT_OTHER, TENANT_COUNT };

static const struct cell {
    uint16_t state; /* 0: not in the references */
    int want;
    enum issuer_kind kind;
    enum daa_result result;
} matrix[TENANT_COUNT][4] = {
    [TENANT_OS] = {{0, DAA_REFUSED_SOFTWARE_UNKNOWN, 0, 0},
                   {STORE_REFERENCE_TRUSTED, GRANTED, ISSUER_KIND_OS, DAA_TRUSTED},
                   {STORE_REFERENCE_OUTDATED, GRANTED, ISSUER_KIND_UPDATE_ONLY, DAA_UPDATE_ONLY},
                   {STORE_REFERENCE_REVOKED, DAA_REFUSED_SOFTWARE_UNKNOWN, 0, 0}},
    [TENANT_OWN] = {{0, DAA_REFUSED_SOFTWARE_UNKNOWN, 0, 0},
                    {STORE_REFERENCE_TRUSTED, GRANTED, ISSUER_KIND_CATALOG, DAA_TRUSTED},
                    {STORE_REFERENCE_OUTDATED, DAA_REFUSED_SOFTWARE_OUTDATED, 0, 0},
                    {STORE_REFERENCE_REVOKED, DAA_REFUSED_SOFTWARE_UNKNOWN, 0, 0}},
    [TENANT_OTHER] = {{0, DAA_REFUSED_SOFTWARE_UNKNOWN, 0, 0},
                      {STORE_REFERENCE_TRUSTED, DAA_REFUSED_TENANT, 0, 0},
                      {STORE_REFERENCE_OUTDATED, DAA_REFUSED_TENANT, 0, 0},
                      {STORE_REFERENCE_REVOKED, DAA_REFUSED_SOFTWARE_UNKNOWN, 0, 0}},
};

static void test_matrix(void)
{
    for (int tenant = 0; tenant < TENANT_COUNT; tenant++) {
        for (int state = 0; state < 4; state++) {
            for (size_t part = 0; part < FIXTURE_PARTS; part++) {
                const struct cell *cell = &matrix[tenant][state];
                struct device_fixture f;
                struct verdict verdict;
                fixture_init(&f);
                if (tenant != TENANT_OS)
                    memcpy(f.evidence.tenant,
                           tenant == TENANT_OWN ? fixture_catalog : fixture_other_catalog, 16);
                if (cell->state)
                    f.references.at[part].state = cell->state;
                else
                    f.references.at[part].digest[0] ^= 1;
                fixture_sign(&f);
                CHECK_INT(appraise(&f, &f.device, &verdict), cell->want);
                CHECK_INT(verdict.kind, cell->kind);
                CHECK_INT(verdict.result, cell->result);
                CHECK_INT(verdict.hardware, cell->want == GRANTED ? HARDWARE_LINUX_X86_64 : HARDWARE_UNSTATED);
                fixture_release(&f);
            }
        }
    }
}

/* -- the message as a whole --------------------------------------------------- */

/* Every prefix and every flipped bit of good evidence is refused. */
static void test_cut_and_flip(void)
{
    struct device_fixture f;
    struct verdict verdict;
    fixture_init(&f);
    size_t len = f.len;

    for (f.len = 0; f.len < len; f.len++)
        CHECK_INT(appraise(&f, &f.device, &verdict), TOO_BROKEN);
    f.len = len + 1;
    CHECK_INT(appraise(&f, &f.device, &verdict), TOO_BROKEN);
    f.len = len;
    for (size_t bit = 0; bit < len * 8; bit++) {
        f.bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        CHECK(appraise(&f, &f.device, &verdict) != GRANTED);
        CHECK(!verdict.granted);
        f.bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    CHECK_INT(appraise(&f, &f.device, &verdict), GRANTED);
    fixture_release(&f);
}

/* The claim's bytes, for the certificate, are those that were signed. */
static void test_measurements_view(void)
{
    struct device_fixture f;
    struct attest_message message;
    fixture_init(&f);
    CHECK_INT(attest_message_parse(span_of(f.bytes, f.len), &message), 0);
    /* [4 x [type, bytes 16, 0, bytes 32]]: types below 24 take one byte */
    CHECK_INT(message.measurements.len, 1 + FIXTURE_PARTS * (1 + 1 + 17 + 1 + 34));
    CHECK_INT(message.measurements.at[0], 0x84);
    CHECK(message.measurements.at + message.measurements.len ==
          message.cose.payload.at + message.cose.payload.len);
    fixture_release(&f);
}

/* Wrong replies of the store change nothing. */
static void test_references(void)
{
    struct device_fixture f;
    struct store_references kept = {0}, bad;
    fixture_init(&f);
    CHECK_INT(references_take(&kept, &f.references), 0);
    bad = f.references;
    bad.generation = 0;
    CHECK_INT(references_take(&kept, &bad), E_MALFORMED);
    for (unsigned state = 0; state < 6; state++) {
        bad = f.references;
        bad.generation = 1;
        bad.at[2].state = (uint16_t)state;
        CHECK_INT(references_take(&kept, &bad), state >= 1 && state <= 3 ? 0 : E_MALFORMED);
    }
    CHECK_INT(references_take(&kept, &f.references), 0);
    bad.count = 0; /* unchanged */
    CHECK_INT(references_take(&kept, &bad), 0);
    CHECK_INT(kept.count, FIXTURE_PARTS);
    const struct store_reference *known = references_find(&kept, &f.evidence.measurement[0]);
    REQUIRE(known != NULL);
    CHECK_INT(known->state, STORE_REFERENCE_TRUSTED);
    bad.generation = 2; /* changed, and nothing is known any more */
    CHECK_INT(references_take(&kept, &bad), 0);
    CHECK(references_find(&kept, &f.evidence.measurement[0]) == NULL);
    fixture_release(&f);
}

/* Each published refusal has its words. */
static void test_texts(void)
{
#define TEXT(name, text)                                             \
    CHECK_STR(appraise_refused_title(DAA_REFUSED_##name), text);     \
    CHECK(appraise_refused_advice(DAA_REFUSED_##name) != NULL);
    DAA_REFUSED_TABLE(TEXT)
#undef TEXT
}

int main(void)
{
    test_rules();
    test_not_registered();
    test_lifecycle();
    test_matrix();
    test_cut_and_flip();
    test_measurements_view();
    test_references();
    test_texts();
    return check_done();
}
