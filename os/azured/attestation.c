/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/attestation.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/cbor.h"
#include "os/azured/schedule.h"

int attestation_challenge_parse(struct span body, uint8_t nonce[static DEVICE_API_NONCE_BYTES])
{
    struct cursor c = cursor_of(body);
    cbor_expect_map(&c, 2);
    cbor_expect_int(&c, 1);
    cbor_get_exact(&c, nonce, DEVICE_API_NONCE_BYTES);
    cbor_expect_int(&c, 2);
    (void)cbor_get_uint(&c); /* we use it at once or not at all */
    int err = cursor_end(&c);
    if (err)
        memset(nonce, 0, DEVICE_API_NONCE_BYTES);
    return err;
}

static bool has_key(struct span der, const uint8_t key[static ROT_KEY_BYTES])
{
    uint8_t point[1 + ROT_KEY_BYTES] = {4};
    memcpy(point + 1, key, ROT_KEY_BYTES);
    return memmem(der.at, der.len, point, sizeof point) != NULL;
}

static int read_answer(struct cursor *c, const uint8_t *key, struct attestation *out)
{
    cbor_expect_map(c, 5);
    cbor_expect_int(c, 1);
    uint64_t result = cbor_get_uint(c);
    if (!c->err && result != DAA_TRUSTED && result != DAA_UPDATE_ONLY)
        cursor_fail(c, E_MALFORMED);
    out->result = (enum daa_result)result;

    cbor_expect_int(c, 2);
    out->count = cbor_get_array(c);
    if (!c->err && (out->count == 0 || out->count > DEVICE_API_CERTIFICATES_MAX))
        cursor_fail(c, E_LIMIT);
    for (size_t i = 0; i < out->count && !c->err; i++) {
        out->der[i] = cbor_get_bytes(c);
        if (!c->err && (out->der[i].len == 0 || out->der[i].len > ATTESTATION_DER_MAX))
            cursor_fail(c, E_LIMIT);
    }

    cbor_expect_int(c, 3);
    out->claimed = !cbor_is_null(c);
    if (out->claimed)
        cbor_get_exact(c, out->catalog, sizeof out->catalog);
    else
        cbor_get_null(c);
    cbor_expect_int(c, 4);
    out->server_time_s = cbor_get_uint(c);
    cbor_expect_int(c, 5);
    out->not_after_s = cbor_get_uint(c);
    int err = cursor_end(c);
    if (err)
        return err;
    if (out->not_after_s <= out->server_time_s ||
        out->not_after_s - out->server_time_s > SCHEDULE_LIFE_MAX_S)
        return E_LIMIT;
    return has_key(out->der[0], key) ? 0 : E_BINDING;
}

int attestation_parse(struct span body, const uint8_t key[static ROT_KEY_BYTES], struct attestation *out)
{
    struct cursor c = cursor_of(body);
    memset(out, 0, sizeof *out);
    int err = read_answer(&c, key, out);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

int attestation_pem(const struct attestation *a, struct writer *w)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----\n", end[] = "-----END CERTIFICATE-----\n";
    enum { LINE_BYTES = 48 }; /* 64 characters, RFC 7468 section 2 */
    for (size_t i = 0; i < a->count; i++) {
        struct cursor c = cursor_of(a->der[i]);
        writer_bytes(w, begin, sizeof begin - 1);
        while (c.left) {
            base64_encode(cursor_bytes(&c, c.left < LINE_BYTES ? c.left : LINE_BYTES), w);
            writer_u8(w, '\n');
        }
        writer_bytes(w, end, sizeof end - 1);
    }
    return w->err;
}
