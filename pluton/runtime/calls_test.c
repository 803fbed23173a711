/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contents of each call: what is right gives what the table of
 * abi/pluton_call.h promises, what is wrong gives the documented status.
 */
#include "lib/cose.h"
#include "lib/keystore.h"
#include "pluton/testing/device.h"
#include "tests/check.h"

enum { RIGHTS_ALL = 63 };

static struct device d;

static int call(uint16_t command, const void *payload, size_t len)
{
    return device_call(&d, RIGHTS_ALL, command, span_of(payload, len));
}

static int call_u32(uint16_t command, uint32_t value)
{
    uint8_t bytes[4];
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_u32le(&w, value);
    return call(command, bytes, 4);
}

/* "Trail of Bits GetRandom": only multiples of 4 were filled.  Every length,
 * every byte of it: over many calls no position may stay at one value. */
static void random_odd_lengths(void)
{
    for (unsigned n = 1; n <= PLUTON_RANDOM_MAX; n++) {
        const uint8_t in[2] = {(uint8_t)n, (uint8_t)(n >> 8)};
        uint8_t seen[PLUTON_RANDOM_MAX] = {0}, all[PLUTON_RANDOM_MAX];
        memset(all, 0xff, sizeof all);
        for (unsigned turn = 0; turn < 4; turn++) {
            REQUIRE(call(PLUTON_READ_RNG, in, 2) == PLUTON_OK && d.answer.len == n);
            for (unsigned i = 0; i < n; i++) {
                seen[i] |= d.answer.at[i];
                all[i] &= d.answer.at[i];
            }
        }
        for (unsigned i = 0; i < n; i++)
            CHECK(seen[i] != all[i]);
    }
    CHECK_INT(call(PLUTON_READ_RNG, "\x00\x00", 2), PLUTON_BAD_ARGUMENT);
    CHECK_INT(call(PLUTON_READ_RNG, "\x01\x01", 2), PLUTON_BAD_ARGUMENT);
    CHECK_INT(call(PLUTON_READ_RNG, "\xff\xff", 2), PLUTON_BAD_ARGUMENT);
}

static void security_state(void)
{
    CHECK_INT(call(PLUTON_GET_SECURITY_STATE, NULL, 0), PLUTON_OK);
    CHECK_MEM(d.answer.at + 4, d.hal.key[HAL_SLOT_GENERAL].public_key, 64);
    CHECK_MEM(d.answer.at + 68, d.hal.key[HAL_SLOT_ATTESTATION].public_key, 64);
    CHECK_INT(call_u32(PLUTON_SET_POSTCODE, 0x70900000), PLUTON_OK);
    CHECK_INT(d.pluton.postcode, 0x70900000);
}

static int lifecycle_set(uint32_t magic, uint32_t state)
{
    uint8_t bytes[8];
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_u32le(&w, magic);
    writer_u32le(&w, state);
    return call(PLUTON_SET_MANUFACTURING_STATE, bytes, 8);
}

/* "only forward", and it survives a reset */
static void lifecycle_is_one_way(void)
{
    CHECK_INT(lifecycle_set(PLUTON_LIFECYCLE_MAGIC + 1, 1), PLUTON_BAD_ARGUMENT);
    CHECK_INT(lifecycle_set(PLUTON_LIFECYCLE_MAGIC, 3), PLUTON_BAD_ARGUMENT);
    CHECK_INT(lifecycle_set(PLUTON_LIFECYCLE_MAGIC, 0), PLUTON_BAD_STATE);
    CHECK_INT(lifecycle_set(PLUTON_LIFECYCLE_MAGIC, 1), PLUTON_OK);
    CHECK_INT(lifecycle_set(PLUTON_LIFECYCLE_MAGIC, 0), PLUTON_BAD_STATE);
    CHECK_INT(lifecycle_set(PLUTON_LIFECYCLE_MAGIC, 1), PLUTON_BAD_STATE);
    CHECK_INT(lifecycle_set(PLUTON_LIFECYCLE_MAGIC, 2), PLUTON_OK);
    CHECK_INT(lifecycle_set(PLUTON_LIFECYCLE_MAGIC, 2), PLUTON_BAD_LIFECYCLE);
    CHECK_INT(lifecycle_set(PLUTON_LIFECYCLE_MAGIC, 0), PLUTON_BAD_LIFECYCLE);
    REQUIRE(pluton_boot(&d.pluton, &d.hal) == 0);
    CHECK_INT(call(PLUTON_GET_MANUFACTURING_STATE, NULL, 0), PLUTON_OK);
    CHECK_MEM(d.answer.at, "\2\0\0\0", 4);
}

/* -- client keys -------------------------------------------------------------- */

static void sign_request(uint8_t request[static 48], const uint8_t tenant[static 16], uint8_t fill)
{
    memcpy(request, tenant, 16);
    memset(request + 16, fill, 32);
}

static void client_keys(void)
{
    uint8_t first[64], second[64], other[16] = {9}, request[48];

    /* device_init() left a committed and a pending key */
    CHECK_INT(call(PLUTON_GET_TENANT_PUBLIC_KEY, device_tenant, 16), PLUTON_OK);
    memcpy(first, d.answer.at, 64);
    CHECK_INT(call(PLUTON_GENERATE_CLIENT_AUTH_KEY, device_tenant, 16), PLUTON_OK);
    memcpy(second, d.answer.at, 64);
    CHECK(memcmp(first, second, 64) != 0);
    /* until the commit the first one signs */
    CHECK_INT(call(PLUTON_GET_TENANT_PUBLIC_KEY, device_tenant, 16), PLUTON_OK);
    CHECK_MEM(d.answer.at, first, 64);
    sign_request(request, device_tenant, 0x33);
    CHECK_INT(call(PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, request, 48), PLUTON_OK);
    CHECK_INT(crypto_p256_verify(first, request + 16, d.answer.at), 0);
    /* then the second, and the first is gone */
    CHECK_INT(call(PLUTON_COMMIT_CLIENT_AUTH_KEY, device_tenant, 16), PLUTON_OK);
    CHECK_INT(call(PLUTON_COMMIT_CLIENT_AUTH_KEY, device_tenant, 16), PLUTON_BAD_STATE);
    CHECK_INT(call(PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, request, 48), PLUTON_OK);
    CHECK_INT(crypto_p256_verify(second, request + 16, d.answer.at), 0);
    CHECK_INT(crypto_p256_verify(first, request + 16, d.answer.at), E_SIGNATURE);
    unsigned filled = 0;
    for (unsigned slot = HAL_SLOT_CLIENT; slot < HAL_SLOTS; slot++)
        filled += d.hal.key[slot].pair != NULL;
    CHECK_INT(filled, 1);

    sign_request(request, other, 0x33);
    CHECK_INT(call(PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, request, 48), PLUTON_NOT_FOUND);
    CHECK_INT(call(PLUTON_GET_TENANT_PUBLIC_KEY, other, 16), PLUTON_NOT_FOUND);
    CHECK_INT(call(PLUTON_COMMIT_CLIENT_AUTH_KEY, other, 16), PLUTON_BAD_STATE);
    /* a pending key is not used before its commit */
    CHECK_INT(call(PLUTON_GENERATE_CLIENT_AUTH_KEY, other, 16), PLUTON_OK);
    CHECK_INT(call(PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, request, 48), PLUTON_NOT_FOUND);
    CHECK_INT(call(PLUTON_GET_TENANT_PUBLIC_KEY, other, 16), PLUTON_NOT_FOUND);
    /* PLUTON_TENANTS_MAX */
    for (uint8_t i = 2; i < PLUTON_TENANTS_MAX; i++) {
        other[1] = i;
        CHECK_INT(call(PLUTON_GENERATE_CLIENT_AUTH_KEY, other, 16), PLUTON_OK);
    }
    other[1] = 99;
    CHECK_INT(call(PLUTON_GENERATE_CLIENT_AUTH_KEY, other, 16), PLUTON_FULL);
    CHECK_INT(call(PLUTON_GENERATE_CLIENT_AUTH_KEY, device_tenant, 16), PLUTON_OK);
    /* an engine that fails leaves the pending key as it was */
    d.hal.keys_fail = true;
    CHECK_INT(call(PLUTON_GENERATE_CLIENT_AUTH_KEY, device_tenant, 16), PLUTON_HARDWARE);
    d.hal.keys_fail = false;
    CHECK_INT(call(PLUTON_COMMIT_CLIENT_AUTH_KEY, device_tenant, 16), PLUTON_OK);
    /* reset: gone */
    REQUIRE(pluton_boot(&d.pluton, &d.hal) == 0);
    CHECK_INT(call(PLUTON_GET_TENANT_PUBLIC_KEY, device_tenant, 16), PLUTON_NOT_FOUND);
    CHECK(d.hal.key[HAL_SLOT_CLIENT].pair == NULL);
}

/* TALOS-2020-1139: memory corruption through the digest argument.  Every other
 * length is refused before a byte of it is used. */
static void sign_lengths(void)
{
    static const uint8_t zero[PLUTON_PAYLOAD_MAX];
    for (size_t len = 0; len <= PLUTON_PAYLOAD_MAX; len = len < 128 ? len + 1 : len * 2)
        if (len != 48)
            CHECK_INT(call(PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, zero, len), PLUTON_BAD_LENGTH);
}

/* -- evidence ----------------------------------------------------------------- */

static void evidence_get(struct evidence *e, size_t nonce_bytes)
{
    uint8_t request[16 + 64];
    struct cose_sign1 sign1;
    memcpy(request, device_tenant, 16);
    for (size_t i = 0; i < nonce_bytes; i++)
        request[16 + i] = (uint8_t)(i + 1);
    REQUIRE(call(PLUTON_PROCESS_ATTESTATION, request, 16 + nonce_bytes) == PLUTON_OK);
    REQUIRE(cose_sign1_parse(d.answer, &sign1) == 0);
    CHECK_INT(cose_sign1_verify(&sign1, d.hal.key[HAL_SLOT_ATTESTATION].public_key), 0);
    REQUIRE(evidence_parse(sign1.payload, e) == 0);
    CHECK_INT(e->nonce_bytes, nonce_bytes);
    CHECK_MEM(e->nonce, request + 16, nonce_bytes);
}

static void evidence_contents(void)
{
    static struct evidence e;
    uint8_t tenant[16] = {0x77};
    evidence_get(&e, 40);
    CHECK_MEM(e.device_id, d.pluton.device_id, 64);
    CHECK_MEM(e.tenant, device_tenant, 16);
    CHECK_INT(e.lifecycle, LIFECYCLE_BLANK);
    CHECK_INT(e.boot_count, 1);
    CHECK_INT(e.security_version, 0);
    CHECK_INT(e.capability_count, 1); /* 12 in Blank */
    CHECK_INT(e.capability[0], CAPABILITY_RF_TEST_MODE);
    CHECK_INT(e.debug_status, 1);
    CHECK_INT(e.measurement_count, 2);
    CHECK_INT(e.measurement[0].type, IMAGE_TYPE_TRUSTED_KEYSTORE);
    CHECK_INT(e.measurement[1].type, IMAGE_TYPE_SECURITY_MONITOR);
    CHECK_INT(e.measurement[1].security_version, DEVICE_VERSION);
    /* "over the pending key, else the committed one" */
    CHECK_MEM(e.client_key, d.hal.key[d.pluton.tenant[0].pending].public_key, 64);
    REQUIRE(call(PLUTON_COMMIT_CLIENT_AUTH_KEY, device_tenant, 16) == PLUTON_OK);
    evidence_get(&e, EVIDENCE_NONCE_MAX);
    CHECK_MEM(e.client_key, d.hal.key[d.pluton.tenant[0].committed].public_key, 64);
    evidence_get(&e, EVIDENCE_NONCE_MIN);
    uint8_t request[24] = {0};
    memcpy(request, tenant, 16);
    CHECK_INT(call(PLUTON_PROCESS_ATTESTATION, request, 24), PLUTON_NOT_FOUND);
}

static int measure(uint16_t type, uint32_t version, uint16_t reserved)
{
    uint8_t request[56];
    struct writer w = writer_of(request, sizeof request);
    writer_u16le(&w, type);
    writer_u16le(&w, reserved);
    writer_u32le(&w, version);
    writer_zero(&w, 48);
    return call(PLUTON_MEASURE, request, 56);
}

static void measurements(void)
{
    static struct evidence e;
    CHECK_INT(measure(0, 0, 0), PLUTON_BAD_ARGUMENT);
    CHECK_INT(measure(9, 0, 1), PLUTON_BAD_ARGUMENT);
    while (d.pluton.measurement_count < PLUTON_MEASUREMENTS_MAX)
        REQUIRE(measure(9, UINT32_MAX, 0) == PLUTON_OK);
    CHECK_INT(measure(9, 5, 0), PLUTON_FULL);
    evidence_get(&e, EVIDENCE_NONCE_MAX); /* the largest evidence there is */
    CHECK_INT(e.measurement_count, PLUTON_MEASUREMENTS_MAX);
    CHECK(d.answer.len <= EVIDENCE_BYTES_MAX);
    REQUIRE(pluton_boot(&d.pluton, &d.hal) == 0);
    CHECK_INT(measure(9, 5, 0), PLUTON_OK);
    CHECK_INT(call(PLUTON_CLOSE_MEASUREMENTS, NULL, 0), PLUTON_OK);
    CHECK_INT(measure(9, 5, 0), PLUTON_BAD_STATE);
    CHECK_INT(call(PLUTON_CLOSE_MEASUREMENTS, NULL, 0), PLUTON_OK);
    REQUIRE(pluton_boot(&d.pluton, &d.hal) == 0);
    CHECK_INT(d.pluton.measurement_count, 0);
    CHECK_INT(measure(9, 5, 0), PLUTON_OK);
}

/* -- counters ----------------------------------------------------------------- */

static int raise(uint8_t index, uint32_t value)
{
    uint8_t request[5] = {index, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                          (uint8_t)(value >> 24)};
    return call(PLUTON_RAISE_COUNTER, request, 5);
}

static void counters(void)
{
    CHECK_INT(call(PLUTON_READ_COUNTER, "\4", 1), PLUTON_BAD_ARGUMENT);
    CHECK_INT(raise(PLUTON_COUNTERS, 0), PLUTON_BAD_ARGUMENT);
    CHECK_INT(raise(3, 1), PLUTON_BAD_ARGUMENT); /* spare */
    for (uint8_t i = PLUTON_COUNTER_MONITOR; i <= PLUTON_COUNTER_KEYSTORE; i++) {
        if (i == PLUTON_COUNTER_OS) { /* nothing of the OS was measured yet */
            CHECK_INT(raise(i, 1), PLUTON_BAD_ARGUMENT);
            CHECK_INT(measure(IMAGE_TYPE_SERVICES, DEVICE_VERSION, 0), PLUTON_OK);
        }
        CHECK_INT(raise(i, DEVICE_VERSION + 1), PLUTON_BAD_ARGUMENT); /* above what runs */
        CHECK_INT(raise(i, UINT32_MAX), PLUTON_BAD_ARGUMENT);
        CHECK_INT(raise(i, DEVICE_VERSION - 1), PLUTON_OK);
        CHECK_INT(raise(i, DEVICE_VERSION), PLUTON_OK);
        const unsigned programmed = d.hal.programmed;
        CHECK_INT(raise(i, DEVICE_VERSION), PLUTON_OK);
        CHECK_INT(d.hal.programmed, programmed);
        CHECK_INT(raise(i, DEVICE_VERSION - 1), PLUTON_BAD_ARGUMENT);
        CHECK_INT(raise(i, 0), PLUTON_BAD_ARGUMENT);
        CHECK_INT(call(PLUTON_READ_COUNTER, &i, 1), PLUTON_OK);
        CHECK_INT(d.answer.at[0], DEVICE_VERSION);
    }
    REQUIRE(pluton_boot(&d.pluton, &d.hal) == 0);
    CHECK_INT(d.pluton.fuses.counter[PLUTON_COUNTER_MONITOR], DEVICE_VERSION);
}

/* -- keystore and boot images ------------------------------------------------- */

static int keystore_call(enum fixture_key signer, uint32_t version)
{
    uint8_t room[FIXTURE_IMAGE_MAX];
    struct writer w = writer_of(room, sizeof room);
    fixture_keystore(&d.fixture, signer, version, &w);
    return call(PLUTON_TRUST_KEYSTORE, room, w.len);
}

static void keystores(void)
{
    static uint8_t room[FIXTURE_IMAGE_MAX], zero[400];
    CHECK_INT(keystore_call(FIXTURE_ROOT, DEVICE_VERSION + 1), PLUTON_OK);
    CHECK_INT(keystore_call(FIXTURE_ROOT, DEVICE_VERSION), PLUTON_BAD_ARGUMENT); /* older than this boot's */
    CHECK_INT(keystore_call(FIXTURE_STRANGER, DEVICE_VERSION + 1), PLUTON_BAD_SIGNATURE);
    CHECK_INT(keystore_call(FIXTURE_OS, DEVICE_VERSION + 1), PLUTON_BAD_SIGNATURE);
    CHECK_INT(call(PLUTON_TRUST_KEYSTORE, zero, sizeof zero), PLUTON_BAD_ARGUMENT);
    /* signed by the root, but another type of image */
    struct writer w = writer_of(room, sizeof room);
    fixture_image(&d.fixture, FIXTURE_ROOT, FIXTURE_ROOT, IMAGE_TYPE_SERVICES, 9,
                  span_of(zero, 200), &w);
    CHECK_INT(call(PLUTON_TRUST_KEYSTORE, room, w.len), PLUTON_BAD_ARGUMENT);
    /* signed by the root, and not a keystore inside */
    w = writer_of(room, sizeof room);
    fixture_image(&d.fixture, FIXTURE_ROOT, FIXTURE_ROOT, IMAGE_TYPE_TRUSTED_KEYSTORE, 9,
                  span_of(zero, 200), &w);
    CHECK_INT(call(PLUTON_TRUST_KEYSTORE, room, w.len), PLUTON_BAD_ARGUMENT);
    /* a ROM key that the fuses do not know signs nothing */
    memcpy(d.hal.root_key, d.fixture.key[FIXTURE_STRANGER].public_key, 64);
    CHECK_INT(keystore_call(FIXTURE_STRANGER, DEVICE_VERSION + 1), PLUTON_HARDWARE);
    memcpy(d.hal.root_key, d.fixture.key[FIXTURE_ROOT].public_key, 64);
    /* below the fused counter, in a later boot */
    CHECK_INT(raise(PLUTON_COUNTER_KEYSTORE, DEVICE_VERSION + 1), PLUTON_OK);
    REQUIRE(pluton_boot(&d.pluton, &d.hal) == 0);
    CHECK_INT(keystore_call(FIXTURE_ROOT, DEVICE_VERSION), PLUTON_BAD_ARGUMENT);
    CHECK_INT(keystore_call(FIXTURE_ROOT, DEVICE_VERSION + 1), PLUTON_OK);
}

static int monitor_boot(enum fixture_key signer, enum fixture_key as, uint16_t type, uint32_t version)
{
    static uint8_t room[FIXTURE_IMAGE_MAX];
    struct image image;
    struct pluton before;
    struct writer w = writer_of(room, sizeof room);
    fixture_image(&d.fixture, signer, as, type, version, span_of("\x7f" "ELF", 4), &w);
    memcpy(&before, &d.pluton, sizeof before);
    const int err = pluton_boot_monitor(&d.pluton, writer_view(&w), &image);
    CHECK((image.body.len == 4) == (err == 0));
    if (err)
        CHECK_MEM(&before, &d.pluton, sizeof before);
    return err;
}

/* "verify through keystore with KEYSTORE_USE_OS, security version >= counter" */
static void monitors(void)
{
    const uint16_t type = IMAGE_TYPE_SECURITY_MONITOR;
    REQUIRE(raise(PLUTON_COUNTER_MONITOR, DEVICE_VERSION) == PLUTON_OK);
    CHECK_INT(monitor_boot(FIXTURE_OS, FIXTURE_OS, type, DEVICE_VERSION), 0);
    CHECK_INT(monitor_boot(FIXTURE_OS, FIXTURE_OS, type, DEVICE_VERSION + 1), 0);
    CHECK_INT(monitor_boot(FIXTURE_OS, FIXTURE_OS, type, DEVICE_VERSION - 1), E_ROLLBACK);
    CHECK_INT(monitor_boot(FIXTURE_OS, FIXTURE_OS, IMAGE_TYPE_SERVICES, DEVICE_VERSION), E_RANGE);
    CHECK_INT(monitor_boot(FIXTURE_STRANGER, FIXTURE_OS, type, DEVICE_VERSION), E_SIGNATURE);
    CHECK_INT(monitor_boot(FIXTURE_STRANGER, FIXTURE_STRANGER, type, DEVICE_VERSION), E_KEY_UNKNOWN);
    CHECK_INT(monitor_boot(FIXTURE_CAPABILITY, FIXTURE_CAPABILITY, type, DEVICE_VERSION), E_KEY_UNKNOWN);
    REQUIRE(pluton_boot(&d.pluton, &d.hal) == 0);
    CHECK_INT(monitor_boot(FIXTURE_OS, FIXTURE_OS, type, DEVICE_VERSION), E_STATE);
}

/* -- capabilities ------------------------------------------------------------- */

static int capability_file(uint16_t command, enum fixture_key signer, enum fixture_key as,
                           const uint8_t device_id[static 64], const uint16_t *list, uint16_t count)
{
    uint8_t room[FIXTURE_IMAGE_MAX];
    struct writer w = writer_of(room, sizeof room);
    fixture_capability(&d.fixture, signer, as, device_id, list, count, &w);
    REQUIRE(w.err == 0 && w.len == CAPABILITY_FILE_BYTES);
    return call(command, room, w.len);
}

/* By the right key, for this device. */
static int capability_good(uint16_t command, const uint16_t *list, uint16_t count)
{
    return capability_file(command, FIXTURE_CAPABILITY, FIXTURE_CAPABILITY, d.pluton.device_id, list,
                           count);
}

static bool enabled(uint16_t number)
{
    const uint8_t in[2] = {(uint8_t)number, (uint8_t)(number >> 8)};
    REQUIRE(call(PLUTON_IS_CAPABILITY_ENABLED, in, 2) == PLUTON_OK && d.answer.len == 1);
    return d.answer.at[0];
}

static void capabilities(void)
{
    static const uint16_t list[] = {11, 13};
    static const uint16_t both[] = {PLUTON_DECODE_CAPABILITIES, PLUTON_APPLY_CAPABILITIES};
    static uint8_t junk[CAPABILITY_FILE_BYTES];
    const enum fixture_key good = FIXTURE_CAPABILITY;
    uint8_t other[64];
    memcpy(other, d.pluton.device_id, 64);
    other[63] ^= 1;

    CHECK(enabled(CAPABILITY_RF_TEST_MODE) && !enabled(11) && !enabled(0) && !enabled(UINT16_MAX));
    for (unsigned i = 0; i < 2; i++) {
        CHECK_INT(capability_file(both[i], good, good, other, list, 2), PLUTON_BAD_ARGUMENT);
        CHECK_INT(capability_file(both[i], FIXTURE_STRANGER, good, d.pluton.device_id, list, 2),
                  PLUTON_BAD_SIGNATURE);
        CHECK_INT(capability_file(both[i], FIXTURE_OS, FIXTURE_OS, d.pluton.device_id, list, 2),
                  PLUTON_BAD_SIGNATURE);
        CHECK_INT(call(both[i], junk, sizeof junk), PLUTON_BAD_ARGUMENT);
        CHECK_INT(call(both[i], junk, sizeof junk - 1), PLUTON_BAD_LENGTH);
    }
    CHECK_INT(call(PLUTON_APPLY_CAPABILITIES, junk, 1), PLUTON_BAD_LENGTH);
    /* DECODE stores nothing */
    CHECK_INT(capability_good(PLUTON_DECODE_CAPABILITIES, list, 2), PLUTON_OK);
    CHECK_MEM(d.answer.at, "\x0b\0\x0d\0\0\0", 6);
    CHECK(!enabled(11));
    CHECK_INT(capability_good(PLUTON_APPLY_CAPABILITIES, list, 2), PLUTON_OK);
    CHECK(enabled(11) && enabled(12) && enabled(13));
    CHECK_INT(call(PLUTON_GET_ENABLED_CAPABILITIES, NULL, 0), PLUTON_OK);
    CHECK_MEM(d.answer.at, "\x0b\0\x0c\0\x0d\0\0\0", 8);
    /* 12 leaves with Blank, the session's stay */
    REQUIRE(lifecycle_set(PLUTON_LIFECYCLE_MAGIC, 1) == PLUTON_OK);
    CHECK(enabled(11) && !enabled(12));
    CHECK_INT(call(PLUTON_APPLY_CAPABILITIES, NULL, 0), PLUTON_OK);
    CHECK(!enabled(11) && !enabled(13));
    /* for this boot session */
    CHECK_INT(capability_good(PLUTON_APPLY_CAPABILITIES, list, 2), PLUTON_OK);
    REQUIRE(pluton_boot(&d.pluton, &d.hal) == 0);
    CHECK(!enabled(11));
    /* and no keystore: no capability file */
    CHECK_INT(capability_good(PLUTON_APPLY_CAPABILITIES, list, 2), PLUTON_BAD_STATE);
}

/* Every single-bit change and every prefix of a good file is refused. */
static void flips(void)
{
    static const uint16_t list[] = {11};
    uint8_t good[FIXTURE_IMAGE_MAX], bad[FIXTURE_IMAGE_MAX];
    struct writer w = writer_of(good, sizeof good);
    fixture_capability(&d.fixture, FIXTURE_CAPABILITY, FIXTURE_CAPABILITY, d.pluton.device_id, list, 1, &w);
    const size_t capability_bytes = w.len;
    for (size_t bit = 0; bit < 8 * capability_bytes; bit++) {
        memcpy(bad, good, capability_bytes);
        bad[bit / 8] = (uint8_t)(bad[bit / 8] ^ 1u << bit % 8);
        CHECK(call(PLUTON_APPLY_CAPABILITIES, bad, capability_bytes) != PLUTON_OK);
    }
    w = writer_of(good, sizeof good);
    fixture_keystore(&d.fixture, FIXTURE_ROOT, DEVICE_VERSION, &w);
    const size_t keystore_bytes = w.len;
    /* the thumbprint in its SG section names a key; the root key needs no name,
     * but the name is signed too */
    for (size_t bit = 0; bit < 8 * keystore_bytes; bit++) {
        memcpy(bad, good, keystore_bytes);
        bad[bit / 8] = (uint8_t)(bad[bit / 8] ^ 1u << bit % 8);
        CHECK(call(PLUTON_TRUST_KEYSTORE, bad, keystore_bytes) != PLUTON_OK);
    }
    for (size_t len = 0; len < keystore_bytes; len++)
        CHECK(call(PLUTON_TRUST_KEYSTORE, good, len) != PLUTON_OK);
    CHECK_INT(call(PLUTON_TRUST_KEYSTORE, good, keystore_bytes), PLUTON_OK);
}

/* Debug status: RFC 9711 section 4.2.9, from life-cycle and capabilities 2, 3, 5, 8. */
static void debug_status(void)
{
    static const uint16_t opening[] = {2, 3, 5, 8};
    static struct evidence e;
    static const uint16_t harmless[] = {11, 13};

    evidence_get(&e, 8);
    CHECK_INT(e.debug_status, 2); /* device_init() in DeviceComplete */
    REQUIRE(capability_good(PLUTON_APPLY_CAPABILITIES, harmless, 2) == PLUTON_OK);
    evidence_get(&e, 8);
    CHECK_INT(e.debug_status, 2);
    for (unsigned i = 0; i < 4; i++) {
        REQUIRE(capability_good(PLUTON_APPLY_CAPABILITIES, &opening[i], 1) == PLUTON_OK);
        evidence_get(&e, 8);
        CHECK_INT(e.debug_status, 0);
        REQUIRE(call(PLUTON_APPLY_CAPABILITIES, NULL, 0) == PLUTON_OK);
        evidence_get(&e, 8);
        CHECK_INT(e.debug_status, 1); /* not "since boot" any more */
    }
}

static const struct {
    void (*test)(void);
    uint32_t lifecycle;
} tests[] = {
    {random_odd_lengths, LIFECYCLE_BLANK},
    {security_state, LIFECYCLE_DEVICE_COMPLETE},
    {lifecycle_is_one_way, LIFECYCLE_BLANK},
    {client_keys, LIFECYCLE_BLANK},
    {sign_lengths, LIFECYCLE_BLANK},
    {evidence_contents, LIFECYCLE_BLANK},
    {measurements, LIFECYCLE_BLANK},
    {counters, LIFECYCLE_BLANK},
    {keystores, LIFECYCLE_BLANK},
    {monitors, LIFECYCLE_BLANK},
    {capabilities, LIFECYCLE_BLANK},
    {flips, LIFECYCLE_BLANK},
    {debug_status, LIFECYCLE_DEVICE_COMPLETE},
};

int main(void)
{
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        device_init(&d, tests[i].lifecycle);
        tests[i].test();
        device_release(&d);
    }
    return check_done();
}
