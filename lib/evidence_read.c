/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "lib/cbor.h"
#include "lib/evidence_claims.h"

static const char profile[] = EVIDENCE_PROFILE_TEXT;

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
    if (!c->err && evidence_capabilities_check(e) != 0)
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
