/* SPDX-License-Identifier: BSD-2-Clause */
/* The root of trust is the Pluton runtime behind its mailbox (abi/pluton_call.h). */
#include "os/ipc/trust.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/pluton_call.h"
#include "lib/ct.h"
#include "os/ipc/transport.h"

enum { ROT_TIMEOUT_MS = 10000 };

struct rot {
    int fd;
    bool broken;
    uint8_t bytes[PLUTON_HEADER_BYTES + PLUTON_PAYLOAD_MAX];
};

static const struct {
    uint16_t status;
    int error;
} status_errors[] = {
    {PLUTON_OK, 0},
    {PLUTON_UNKNOWN_COMMAND, E_UNSUPPORTED},
    {PLUTON_DENIED, E_DENIED},
    {PLUTON_BAD_LIFECYCLE, E_LIFECYCLE},
    {PLUTON_BAD_LENGTH, E_LENGTH},
    {PLUTON_BAD_ARGUMENT, E_RANGE},
    {PLUTON_BAD_STATE, E_STATE},
    {PLUTON_NOT_FOUND, E_NOT_FOUND},
    {PLUTON_FULL, E_FULL},
    {PLUTON_BAD_SIGNATURE, E_SIGNATURE},
    {PLUTON_HARDWARE, E_ENTROPY},
};

struct rot *rot_new(int fd)
{
    struct rot *rot = calloc(1, sizeof *rot);
    if (!rot) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    rot->fd = fd;
    rot->broken = fd < 0;
    return rot;
}

void rot_free(struct rot *rot)
{
    if (!rot)
        return;
    if (rot->fd >= 0)
        close(rot->fd);
    ct_wipe(rot, sizeof *rot);
    free(rot);
}

/* One mailbox call; the reply's payload must be min..max bytes. */
static int call(struct rot *rot, uint16_t command, struct span a, struct span b, size_t min,
                size_t max, struct span *payload)
{
    *payload = span_of(NULL, 0);
    if (rot->broken)
        return E_STATE;
    struct writer w = writer_of(rot->bytes, sizeof rot->bytes);
    writer_u16le(&w, command);
    writer_u16le(&w, 0);
    writer_u32le(&w, (uint32_t)(a.len + b.len));
    writer_bytes(&w, a.at, a.len);
    writer_bytes(&w, b.at, b.len);
    if (w.err)
        return E_RANGE;
    size_t len;
    int e = pluton_exchange(rot->fd, rot->bytes, w.len, sizeof rot->bytes, &len, ROT_TIMEOUT_MS);
    if (e)
        goto broken;

    struct cursor c = cursor_of(span_of(rot->bytes, len));
    uint16_t echoed = cursor_u16le(&c), status = cursor_u16le(&c);
    uint32_t length = cursor_u32le(&c);
    e = E_MALFORMED;
    if (c.err || echoed != command || length != c.left)
        goto broken;
    for (size_t i = 0; i < sizeof status_errors / sizeof *status_errors; i++)
        if (status_errors[i].status == status)
            e = status_errors[i].error;
    if (e == E_MALFORMED || (e != 0 && length != 0) || (e == 0 && (length < min || length > max))) {
        e = E_MALFORMED;
        goto broken;
    }
    *payload = cursor_bytes(&c, length);
    return e;

broken: /* a late answer would be taken for the next one */
    rot->broken = true;
    return e;
}

/* A call whose answer has exactly one length. */
static int call_exact(struct rot *rot, uint16_t command, struct span a, struct span b, void *to,
                      size_t len)
{
    struct span payload;
    int e = call(rot, command, a, b, len, len, &payload);
    if (e)
        memset(to, 0, len);
    else
        memcpy(to, payload.at, len);
    ct_wipe(rot->bytes, sizeof rot->bytes);
    return e;
}

static struct span tenant_span(const uint8_t *tenant)
{
    return span_of(tenant, ROT_TENANT_BYTES);
}

int rot_identity(struct rot *rot, struct rot_identity *out)
{
    uint8_t bytes[4 + 64 + 64];
    memset(out, 0, sizeof *out);
    int e = call_exact(rot, PLUTON_GET_SECURITY_STATE, span_of(NULL, 0), span_of(NULL, 0), bytes,
                       sizeof bytes);
    if (e)
        return e;
    struct cursor c = cursor_of(span_of(bytes, sizeof bytes));
    uint32_t lifecycle = cursor_u32le(&c);
    if (lifecycle >= LIFECYCLE_COUNT)
        return E_MALFORMED;
    cursor_skip(&c, 64); /* the general key pair: nobody in the OS asks for it */
    cursor_copy(&c, out->device_id, sizeof out->device_id);
    out->lifecycle = (enum lifecycle)lifecycle;
    return cursor_end(&c);
}

int rot_random(struct rot *rot, void *to, size_t len)
{
    if (len == 0 || len > ROT_RANDOM_MAX)
        return E_RANGE;
    int err = transport_random(to, len);
    if (err != E_UNSUPPORTED)
        return err;
    uint8_t count[2] = {(uint8_t)len, (uint8_t)(len >> 8)};
    return call_exact(rot, PLUTON_READ_RNG, span_of(count, 2), span_of(NULL, 0), to, len);
}

int rot_client_key_generate(struct rot *rot, const uint8_t tenant[static ROT_TENANT_BYTES],
                            uint8_t key[static ROT_KEY_BYTES])
{
    return call_exact(rot, PLUTON_GENERATE_CLIENT_AUTH_KEY, tenant_span(tenant), span_of(NULL, 0),
                      key, ROT_KEY_BYTES);
}

int rot_client_key_commit(struct rot *rot, const uint8_t tenant[static ROT_TENANT_BYTES])
{
    struct span none;
    return call(rot, PLUTON_COMMIT_CLIENT_AUTH_KEY, tenant_span(tenant), span_of(NULL, 0), 0, 0,
                &none);
}

int rot_public_key(struct rot *rot, const uint8_t tenant[static ROT_TENANT_BYTES],
                   uint8_t key[static ROT_KEY_BYTES])
{
    return call_exact(rot, PLUTON_GET_TENANT_PUBLIC_KEY, tenant_span(tenant), span_of(NULL, 0), key,
                      ROT_KEY_BYTES);
}

int rot_sign_digest(struct rot *rot, const uint8_t tenant[static ROT_TENANT_BYTES],
                    const uint8_t digest[static ROT_DIGEST_BYTES],
                    uint8_t signature[static ROT_SIGNATURE_BYTES])
{
    return call_exact(rot, PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, tenant_span(tenant),
                      span_of(digest, ROT_DIGEST_BYTES), signature, ROT_SIGNATURE_BYTES);
}

int rot_evidence(struct rot *rot, const uint8_t tenant[static ROT_TENANT_BYTES], struct span nonce,
                 struct writer *to)
{
    if (nonce.len < EVIDENCE_NONCE_MIN || nonce.len > EVIDENCE_NONCE_MAX)
        return E_RANGE;
    struct span payload;
    int e = call(rot, PLUTON_PROCESS_ATTESTATION, tenant_span(tenant), nonce, 1, EVIDENCE_BYTES_MAX,
                 &payload);
    if (e)
        return e;
    writer_bytes(to, payload.at, payload.len);
    return to->err;
}

int rot_capabilities(struct rot *rot, uint16_t list[static CAPABILITY_SLOTS])
{
    uint8_t bytes[2 * CAPABILITY_SLOTS];
    int e = call_exact(rot, PLUTON_GET_ENABLED_CAPABILITIES, span_of(NULL, 0), span_of(NULL, 0), bytes,
                       sizeof bytes);
    struct cursor c = cursor_of(span_of(bytes, sizeof bytes));
    for (size_t i = 0; i < CAPABILITY_SLOTS; i++)
        list[i] = cursor_u16le(&c); /* zero after a failure */
    return e;
}

int rot_capabilities_apply(struct rot *rot, struct span file)
{
    struct span none;
    return call(rot, PLUTON_APPLY_CAPABILITIES, file, span_of(NULL, 0), 0, 0, &none);
}

int rot_lifecycle_set(struct rot *rot, enum lifecycle lifecycle)
{
    uint8_t bytes[8];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct span none;
    writer_u32le(&w, PLUTON_LIFECYCLE_MAGIC);
    writer_u32le(&w, (uint32_t)lifecycle);
    return call(rot, PLUTON_SET_MANUFACTURING_STATE, writer_view(&w), span_of(NULL, 0), 0, 0, &none);
}
