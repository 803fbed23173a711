/* SPDX-License-Identifier: BSD-2-Clause */
/* Evidence: abi/evidence.h over this boot, signed by the attestation key. */
#include <string.h>

#include "lib/cose.h"
#include "pluton/runtime/cmd.h"

enum {
    CLAIMS_BYTES_MAX = 2560, /* 20 measurements of 62 bytes, 64 capabilities, the rest below 512 */
};

static int attestation_sign(void *context, const uint8_t digest[static SHA256_BYTES],
                            uint8_t signature[static P256_SIGNATURE_BYTES])
{
    return hal_key_sign(context, HAL_SLOT_ATTESTATION, digest, signature);
}

/* RFC 9711 section 4.2.9. */
static uint32_t debug_status(const struct pluton *p)
{
    enum { ENABLED = 0, DISABLED = 1, DISABLED_SINCE_BOOT = 2 };
    if (pluton_debug_enabled(p))
        return ENABLED;
    /* "Permanently" is never claimed: a capability file can open any device. */
    if (p->fuses.lifecycle == LIFECYCLE_DEVICE_COMPLETE && !p->debug_seen)
        return DISABLED_SINCE_BOOT;
    return DISABLED;
}

int cmd_PROCESS_ATTESTATION(struct pluton *p, struct cursor *in, struct writer *reply)
{
    struct evidence e;
    uint8_t claims[CLAIMS_BYTES_MAX];

    memset(&e, 0, sizeof e);
    cursor_copy(in, e.tenant, sizeof e.tenant);
    e.nonce_bytes = in->left; /* 8..64 by the table */
    if (e.nonce_bytes < EVIDENCE_NONCE_MIN || e.nonce_bytes > EVIDENCE_NONCE_MAX)
        return E_LENGTH;
    cursor_copy(in, e.nonce, e.nonce_bytes);
    const struct pluton_tenant *t = tenant_find(p, e.tenant);
    if (!t)
        return E_NOT_FOUND;
    const uint8_t slot = t->pending != PLUTON_NO_SLOT ? t->pending : t->committed;
    if (hal_key_public(p->hal, slot, e.client_key))
        return E_CRYPTO;

    memcpy(e.device_id, p->device_id, sizeof e.device_id);
    e.lifecycle = p->fuses.lifecycle;
    e.debug_status = debug_status(p);
    e.security_version = p->fuses.counter[PLUTON_COUNTER_OS];
    e.boot_count = p->boot_count;
    e.capability_count = pluton_capabilities(p, e.capability);
    e.measurement_count = p->measurement_count;
    memcpy(e.measurement, p->measurement, sizeof e.measurement);

    struct writer w = writer_of(claims, sizeof claims);
    int err = evidence_write(&e, &w);
    if (err)
        return E_INTERNAL;
    const struct signer signer = {attestation_sign, p->hal};
    return cose_sign1_write(reply, writer_view(&w), &signer) ? E_CRYPTO : 0;
}
