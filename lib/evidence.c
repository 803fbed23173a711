/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/evidence.h"

#include <string.h>

#include "lib/cbor.h"

enum {
    CLAIM_COUNT = 11,
    CNF_COSE_KEY = 1, /* RFC 8747 section 3.1 */
    KEY_KTY = 1,      /* RFC 9052 section 7.1, RFC 9053 section 7.1 */
    KEY_KTY_EC2 = 2,
    KEY_CRV = -1,
    KEY_CRV_P256 = 1,
    KEY_X = -2,
    KEY_Y = -3,
    COORDINATE_BYTES = P256_PUBLIC_BYTES / 2,
    MEASUREMENT_FIELDS = 4,
    DEBUG_STATUS_MAX = 3,
};

static const char profile[] = EVIDENCE_PROFILE_TEXT;

/* 0 when ascending and free of 0, which is an empty slot, not a capability. */
static int capabilities_check(const struct evidence *e)
{
    uint16_t last = 0;
    for (size_t i = 0; i < e->capability_count; last = e->capability[i++])
        if (e->capability[i] <= last)
            return E_RANGE;
    return 0;
}

static int evidence_check(const struct evidence *e)
{
    if (e->nonce_bytes < EVIDENCE_NONCE_MIN || e->nonce_bytes > EVIDENCE_NONCE_MAX ||
        e->lifecycle >= LIFECYCLE_COUNT || e->debug_status > DEBUG_STATUS_MAX ||
        e->capability_count > EVIDENCE_CAPABILITIES_MAX ||
        e->measurement_count > EVIDENCE_MEASUREMENTS_MAX)
        return E_RANGE;
    return capabilities_check(e);
}

/* -- writing: the claims in the order of their encoded keys ---------------- */

static void key_put(struct writer *w, const uint8_t key[static P256_PUBLIC_BYTES])
{
    cbor_put_map(w, 1);
    cbor_put_int(w, CNF_COSE_KEY);
    cbor_put_map(w, 4);
    cbor_put_int(w, KEY_KTY);
    cbor_put_int(w, KEY_KTY_EC2);
    cbor_put_int(w, KEY_CRV);
    cbor_put_int(w, KEY_CRV_P256);
    cbor_put_int(w, KEY_X);
    cbor_put_bytes(w, key, COORDINATE_BYTES);
    cbor_put_int(w, KEY_Y);
    cbor_put_bytes(w, key + COORDINATE_BYTES, COORDINATE_BYTES);
}

static void capabilities_put(struct writer *w, const struct evidence *e)
{
    cbor_put_array(w, e->capability_count);
    for (size_t i = 0; i < e->capability_count; i++)
        cbor_put_uint(w, e->capability[i]);
}

static void measurements_put(struct writer *w, const struct evidence *e)
{
    cbor_put_array(w, e->measurement_count);
    for (size_t i = 0; i < e->measurement_count; i++) {
        const struct measurement *m = &e->measurement[i];
        cbor_put_array(w, MEASUREMENT_FIELDS);
        cbor_put_uint(w, m->type);
        cbor_put_bytes(w, m->component, sizeof m->component);
        cbor_put_uint(w, m->security_version);
        cbor_put_bytes(w, m->digest, sizeof m->digest);
    }
}

int evidence_write(const struct evidence *e, struct writer *w)
{
    int err = evidence_check(e);
    if (err) {
        writer_fail(w, err);
        return err;
    }
    cbor_put_map(w, CLAIM_COUNT);
    cbor_put_int(w, EVIDENCE_CNF);
    key_put(w, e->client_key);
    cbor_put_int(w, EVIDENCE_NONCE);
    cbor_put_bytes(w, e->nonce, e->nonce_bytes);
    cbor_put_int(w, EVIDENCE_DBGSTAT);
    cbor_put_uint(w, e->debug_status);
    cbor_put_int(w, EVIDENCE_PROFILE);
    cbor_put_string(w, profile);
    cbor_put_int(w, EVIDENCE_BOOT_COUNT);
    cbor_put_uint(w, e->boot_count);
    cbor_put_int(w, EVIDENCE_DEVICE_ID);
    cbor_put_bytes(w, e->device_id, sizeof e->device_id);
    cbor_put_int(w, EVIDENCE_TENANT);
    cbor_put_bytes(w, e->tenant, sizeof e->tenant);
    cbor_put_int(w, EVIDENCE_LIFECYCLE);
    cbor_put_uint(w, e->lifecycle);
    cbor_put_int(w, EVIDENCE_SECURITY_VERSION);
    cbor_put_uint(w, e->security_version);
    cbor_put_int(w, EVIDENCE_CAPABILITIES);
    capabilities_put(w, e);
    cbor_put_int(w, EVIDENCE_MEASUREMENTS);
    measurements_put(w, e);
    return w->err;
}

/* -- reading: the same order, so a claim missing or twice is a wrong key --- */

static void nonce_get(struct cursor *c, struct evidence *e)
{
    struct span nonce = cbor_get_bytes(c);
    if (c->err)
        return;
    if (nonce.len < EVIDENCE_NONCE_MIN || nonce.len > EVIDENCE_NONCE_MAX) {
        cursor_fail(c, E_LIMIT);
        return;
    }
    memcpy(e->nonce, nonce.at, nonce.len);
    e->nonce_bytes = nonce.len;
}

static void key_get(struct cursor *c, uint8_t key[static P256_PUBLIC_BYTES])
{
    cbor_expect_map(c, 1);
    cbor_expect_int(c, CNF_COSE_KEY);
    cbor_expect_map(c, 4);
    cbor_expect_int(c, KEY_KTY);
    cbor_expect_int(c, KEY_KTY_EC2);
    cbor_expect_int(c, KEY_CRV);
    cbor_expect_int(c, KEY_CRV_P256);
    cbor_expect_int(c, KEY_X);
    cbor_get_exact(c, key, COORDINATE_BYTES);
    cbor_expect_int(c, KEY_Y);
    cbor_get_exact(c, key + COORDINATE_BYTES, COORDINATE_BYTES);
}

static void profile_get(struct cursor *c)
{
    if (!span_equal(cbor_get_text(c), span_of(profile, sizeof profile - 1)))
        cursor_fail(c, E_VERSION);
}

/* A number at most max. */
static uint32_t u32_get(struct cursor *c, uint32_t max)
{
    uint32_t v = cbor_get_u32(c);
    if (v <= max)
        return v;
    cursor_fail(c, E_LIMIT);
    return 0;
}

/* A list's length at most max. */
static uint16_t count_get(struct cursor *c, uint16_t max)
{
    size_t count = cbor_get_array(c);
    if (count <= max)
        return (uint16_t)count;
    cursor_fail(c, E_LIMIT);
    return 0;
}

static void capabilities_get(struct cursor *c, struct evidence *e)
{
    e->capability_count = count_get(c, EVIDENCE_CAPABILITIES_MAX);
    for (size_t i = 0; i < e->capability_count; i++)
        e->capability[i] = cbor_get_u16(c);
    if (!c->err && capabilities_check(e) != 0)
        cursor_fail(c, E_MALFORMED);
}

static void measurements_get(struct cursor *c, struct evidence *e)
{
    e->measurement_count = count_get(c, EVIDENCE_MEASUREMENTS_MAX);
    for (size_t i = 0; i < e->measurement_count; i++) {
        struct measurement *m = &e->measurement[i];
        cbor_expect_array(c, MEASUREMENT_FIELDS);
        m->type = cbor_get_u16(c);
        cbor_get_exact(c, m->component, sizeof m->component);
        m->security_version = cbor_get_u32(c);
        cbor_get_exact(c, m->digest, sizeof m->digest);
    }
}

int evidence_parse(struct span payload, struct evidence *e)
{
    struct cursor c = cursor_of(payload);
    memset(e, 0, sizeof *e);

    cbor_expect_map(&c, CLAIM_COUNT);
    cbor_expect_int(&c, EVIDENCE_CNF);
    key_get(&c, e->client_key);
    cbor_expect_int(&c, EVIDENCE_NONCE);
    nonce_get(&c, e);
    cbor_expect_int(&c, EVIDENCE_DBGSTAT);
    e->debug_status = u32_get(&c, DEBUG_STATUS_MAX);
    cbor_expect_int(&c, EVIDENCE_PROFILE);
    profile_get(&c);
    cbor_expect_int(&c, EVIDENCE_BOOT_COUNT);
    e->boot_count = cbor_get_uint(&c);
    cbor_expect_int(&c, EVIDENCE_DEVICE_ID);
    cbor_get_exact(&c, e->device_id, sizeof e->device_id);
    cbor_expect_int(&c, EVIDENCE_TENANT);
    cbor_get_exact(&c, e->tenant, sizeof e->tenant);
    cbor_expect_int(&c, EVIDENCE_LIFECYCLE);
    e->lifecycle = u32_get(&c, LIFECYCLE_COUNT - 1);
    cbor_expect_int(&c, EVIDENCE_SECURITY_VERSION);
    e->security_version = cbor_get_u32(&c);
    cbor_expect_int(&c, EVIDENCE_CAPABILITIES);
    capabilities_get(&c, e);
    cbor_expect_int(&c, EVIDENCE_MEASUREMENTS);
    measurements_get(&c, e);

    int err = cursor_end(&c);
    if (err)
        memset(e, 0, sizeof *e);
    return err;
}
