/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/daa/appraise.h"

#include <string.h>

#include "abi/image.h"
#include "lib/cbor.h"
#include "lib/guid.h"
#include "service/daa/references.h"

/* Without one of each the list cannot describe a booted system. */
static const uint16_t measured_always[] = {
    IMAGE_TYPE_PLUTON_RUNTIME,
    IMAGE_TYPE_TRUSTED_KEYSTORE,
    IMAGE_TYPE_SECURITY_MONITOR,
    IMAGE_TYPE_SERVICES,
};

/* -- reading -------------------------------------------------------------- */

/* The claim's own bytes: evidence_parse() found it there, once. */
static struct span measurements_view(struct span payload)
{
    struct cursor c = cursor_of(payload);
    size_t pairs = cbor_get_map(&c);

    for (size_t i = 0; i < pairs && !c.err; i++) {
        int64_t claim = cbor_get_int(&c);
        struct span value = cbor_get_item(&c);
        if (!c.err && claim == EVIDENCE_MEASUREMENTS)
            return value;
    }
    return (struct span){NULL, 0};
}

int attest_message_parse(struct span bytes, struct attest_message *message)
{
    memset(message, 0, sizeof *message);
    if (bytes.len > EVIDENCE_BYTES_MAX)
        return E_LIMIT;
    int err = cose_sign1_parse(bytes, &message->cose);
    if (err)
        return err;
    err = evidence_parse(message->cose.payload, &message->evidence);
    if (err)
        return err;
    message->measurements = measurements_view(message->cose.payload);
    return message->measurements.len ? 0 : E_MISSING;
}

/* -- rules ---------------------------------------------------------------- */

static bool nonce_is_ours(const struct appraisal *a)
{
    return a->nonce == 0 || a->nonce == E_STALE;
}

static bool nonce_is_fresh(const struct appraisal *a)
{
    return a->nonce == 0;
}

static bool signature_verifies(const struct appraisal *a)
{
    return cose_sign1_verify(&a->message->cose, a->message->evidence.device_id) == 0;
}

static bool device_is_registered(const struct appraisal *a)
{
    return a->device != NULL;
}

static bool device_is_not_revoked(const struct appraisal *a)
{
    return !a->device->revoked;
}

/* A device that has not left the factory may be open: it needs certificates to be
 * tested there.  A finished one that lets a debugger in can sign anything. */
static bool device_is_closed(const struct appraisal *a)
{
    const struct evidence *e = &a->message->evidence;
    return e->lifecycle < LIFECYCLE_DEVICE_COMPLETE || e->debug_status != 0;
}

static bool software_is_known(const struct appraisal *a)
{
    enum hardware hardware;
    return appraise_software(&a->message->evidence, a->references, &hardware) != APPRAISE_SOFTWARE_UNKNOWN;
}

static bool tenant_is_own(const struct appraisal *a)
{
    const uint8_t *tenant = a->message->evidence.tenant;
    return guid_is_zero(tenant) || (a->device->claimed && guid_equal(tenant, a->device->catalog));
}

/* The operating system's own key is certified all the same, to update with. */
static bool software_is_current_or_os(const struct appraisal *a)
{
    enum hardware hardware;
    return guid_is_zero(a->message->evidence.tenant) ||
           appraise_software(&a->message->evidence, a->references, &hardware) == APPRAISE_SOFTWARE_TRUSTED;
}

enum step { STEP_MESSAGE, STEP_DEVICE };

/* In this order; the first rule that does not hold names the refusal.  The nonce
 * comes before the signature because an HMAC costs a hundredth of it. */
static const struct rule {
    enum step step;
    bool (*holds)(const struct appraisal *a);
    enum daa_refused refused;
} rules[] = {
    {STEP_MESSAGE, nonce_is_ours, DAA_REFUSED_NONCE_FOREIGN},
    {STEP_MESSAGE, nonce_is_fresh, DAA_REFUSED_NONCE_STALE},
    {STEP_MESSAGE, signature_verifies, DAA_REFUSED_SIGNATURE},
    {STEP_DEVICE, device_is_registered, DAA_REFUSED_DEVICE_UNKNOWN},
    {STEP_DEVICE, device_is_not_revoked, DAA_REFUSED_REVOKED},
    {STEP_DEVICE, device_is_closed, DAA_REFUSED_LIFECYCLE},
    {STEP_DEVICE, software_is_known, DAA_REFUSED_SOFTWARE_UNKNOWN},
    {STEP_DEVICE, tenant_is_own, DAA_REFUSED_TENANT},
    {STEP_DEVICE, software_is_current_or_os, DAA_REFUSED_SOFTWARE_OUTDATED},
};

static bool step_passes(const struct appraisal *a, enum step step, struct verdict *verdict)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].step != step || rules[i].holds(a))
            continue;
        verdict->refused = rules[i].refused;
        return false;
    }
    return true;
}

bool appraise_message(const struct appraisal *a, struct verdict *verdict)
{
    const struct evidence *e = &a->message->evidence;
    struct appraisal facts = *a;

    *verdict = (struct verdict){.granted = false, .refused = DAA_REFUSED_MALFORMED};
    facts.nonce = challenge_check(a->keys, a->now_s, a->challenge_s, span_of(e->nonce, e->nonce_bytes));
    return step_passes(&facts, STEP_MESSAGE, verdict);
}

bool appraise_device(const struct appraisal *a, struct verdict *verdict)
{
    *verdict = (struct verdict){.granted = false, .refused = DAA_REFUSED_MALFORMED};
    if (!step_passes(a, STEP_DEVICE, verdict))
        return false;

    bool trusted = appraise_software(&a->message->evidence, a->references, &verdict->hardware) ==
                   APPRAISE_SOFTWARE_TRUSTED;
    if (!guid_is_zero(a->message->evidence.tenant))
        verdict->kind = ISSUER_KIND_CATALOG;
    else
        verdict->kind = trusted ? ISSUER_KIND_OS : ISSUER_KIND_UPDATE_ONLY;
    verdict->result = trusted ? DAA_TRUSTED : DAA_UPDATE_ONLY;
    verdict->granted = true;
    return true;
}

static bool measures_type(const struct evidence *e, uint16_t type)
{
    for (size_t i = 0; i < e->measurement_count; i++)
        if (e->measurement[i].type == type)
            return true;
    return false;
}

enum appraise_software appraise_software(const struct evidence *e,
                                         const struct store_references *references,
                                         enum hardware *hardware)
{
    enum appraise_software software = APPRAISE_SOFTWARE_TRUSTED;
    uint16_t one = HARDWARE_UNSTATED;

    *hardware = HARDWARE_UNSTATED;
    for (size_t i = 0; i < sizeof measured_always / sizeof measured_always[0]; i++)
        if (!measures_type(e, measured_always[i]))
            return APPRAISE_SOFTWARE_UNKNOWN;
    for (size_t i = 0; i < e->measurement_count; i++) {
        const struct store_reference *known = references_find(references, &e->measurement[i]);
        if (!known)
            return APPRAISE_SOFTWARE_UNKNOWN;
        if (known->hardware != HARDWARE_UNSTATED && one != HARDWARE_UNSTATED && known->hardware != one)
            return APPRAISE_SOFTWARE_UNKNOWN; /* parts of two systems are no system */
        if (known->hardware != HARDWARE_UNSTATED)
            one = known->hardware;
        switch (known->state) {
        case STORE_REFERENCE_TRUSTED:
            break;
        case STORE_REFERENCE_OUTDATED:
            software = APPRAISE_SOFTWARE_OUTDATED;
            break;
        default: /* revoked is the same as unknown to a relying party */
            return APPRAISE_SOFTWARE_UNKNOWN;
        }
    }
    *hardware = (enum hardware)one;
    return software;
}

/* -- texts ---------------------------------------------------------------- */

static const struct refusal_text {
    const char *title, *advice;
} refusal_texts[] = {
#define TEXT(name, text) [DAA_REFUSED_##name].title = text,
    DAA_REFUSED_TABLE(TEXT)
#undef TEXT
    [DAA_REFUSED_MALFORMED].advice = "send COSE_Sign1 with each claim once, in deterministic encoding",
    [DAA_REFUSED_SIGNATURE].advice = "the key that signed is not the device id in the evidence",
    [DAA_REFUSED_NONCE_FOREIGN].advice = "ask for a challenge and use it unchanged",
    [DAA_REFUSED_NONCE_STALE].advice = "ask for a new challenge",
    [DAA_REFUSED_DEVICE_UNKNOWN].advice = "register the device id with this service",
    [DAA_REFUSED_TENANT].advice = "claim the device into the catalog that the application names",
    [DAA_REFUSED_SOFTWARE_UNKNOWN].advice = "recover the device with a published OS release",
    [DAA_REFUSED_SOFTWARE_OUTDATED].advice = "attest for the OS itself, update, and attest again",
    [DAA_REFUSED_LIFECYCLE].advice = "remove the debugging capability and restart the device",
    [DAA_REFUSED_REVOKED].advice = "have the owner reinstate it (peri device reinstate)",
};

const char *appraise_refused_title(enum daa_refused refused)
{
    return refusal_texts[refused].title;
}

const char *appraise_refused_advice(enum daa_refused refused)
{
    return refusal_texts[refused].advice;
}
