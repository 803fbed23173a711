/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/evidence.h"

#include <string.h>

#include "lib/cbor.h"
#include "lib/evidence_claims.h"

static const char profile[] = EVIDENCE_PROFILE_TEXT;

int evidence_capabilities_check(const struct evidence *e)
{
    uint16_t last = 0;
    for (size_t i = 0; i < e->capability_count; last = e->capability[i++])
        if (e->capability[i] <= last)
            return E_RANGE;
    return 0;
}

int evidence_check(const struct evidence *e)
{
    if (e->nonce_bytes < EVIDENCE_NONCE_MIN || e->nonce_bytes > EVIDENCE_NONCE_MAX ||
        e->lifecycle >= LIFECYCLE_COUNT || e->debug_status > DEBUG_STATUS_MAX ||
        e->capability_count > EVIDENCE_CAPABILITIES_MAX ||
        e->measurement_count > EVIDENCE_MEASUREMENTS_MAX)
        return E_RANGE;
    return evidence_capabilities_check(e);
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
    cbor_put_literal(w, profile);
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
