/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/issuer_ops.h"

#include <string.h>

#include "abi/manifest.h"
#include "lib/cbor.h"

enum {
    MEASUREMENTS_MAX = 4096,
    CERTIFICATE_MAX = 8192,
    CAPABILITIES_MAX = 4,
};

/* The parsed struct leaves only when everything held. */
#define FINISH(c, from, to)          \
    do {                             \
        int finish_err = cursor_end(&(c)); \
        if (!finish_err)             \
            *(to) = (from);          \
        return finish_err;           \
    } while (0)

static void put_span(struct writer *w, struct span bytes) { cbor_put_bytes(w, bytes.at, bytes.len); }

static struct span bytes_get(struct cursor *c, size_t max)
{
    struct span bytes = cbor_get_bytes(c);
    if (bytes.len > max)
        cursor_fail(c, E_LIMIT);
    return bytes;
}

int issuer_issue_request_write(const struct issuer_issue_request *in, struct writer *w)
{
    cbor_put_array(w, 7);
    cbor_put_uint(w, in->kind);
    cbor_put_bytes(w, in->catalog, sizeof in->catalog);
    cbor_put_bytes(w, in->device_id, sizeof in->device_id);
    cbor_put_bytes(w, in->key, sizeof in->key);
    cbor_put_uint(w, in->not_before_s);
    cbor_put_uint(w, in->not_after_s);
    put_span(w, in->measurements);
    return w->err;
}

int issuer_issue_request_parse(struct span payload, struct issuer_issue_request *out)
{
    struct issuer_issue_request r = {0};
    struct cursor c = cursor_of(payload);
    memset(out, 0, sizeof *out);
    cbor_expect_array(&c, 7);
    r.kind = cbor_get_u16(&c);
    if (r.kind < ISSUER_KIND_OS || r.kind > ISSUER_KIND_CATALOG)
        cursor_fail(&c, E_LIMIT);
    cbor_get_exact(&c, r.catalog, sizeof r.catalog);
    cbor_get_exact(&c, r.device_id, sizeof r.device_id);
    cbor_get_exact(&c, r.key, sizeof r.key);
    r.not_before_s = cbor_get_uint(&c);
    r.not_after_s = cbor_get_uint(&c);
    r.measurements = bytes_get(&c, MEASUREMENTS_MAX);
    FINISH(c, r, out);
}

int issuer_certificates_write(const struct issuer_certificates *in, struct writer *w)
{
    if (in->count > ISSUER_CHAIN_MAX)
        return E_RANGE;
    cbor_put_array(w, 4);
    cbor_put_bytes(w, in->serial, sizeof in->serial);
    cbor_put_uint(w, in->not_before_s);
    cbor_put_uint(w, in->not_after_s);
    cbor_put_array(w, in->count);
    for (unsigned i = 0; i < in->count; i++)
        put_span(w, in->der[i]);
    return w->err;
}

int issuer_certificates_parse(struct span payload, struct issuer_certificates *out)
{
    struct issuer_certificates r = {0};
    struct cursor c = cursor_of(payload);
    memset(out, 0, sizeof *out);
    cbor_expect_array(&c, 4);
    cbor_get_exact(&c, r.serial, sizeof r.serial);
    r.not_before_s = cbor_get_uint(&c);
    r.not_after_s = cbor_get_uint(&c);
    size_t count = cbor_get_array(&c);
    if (!c.err && (count == 0 || count > ISSUER_CHAIN_MAX))
        cursor_fail(&c, E_LIMIT);
    for (size_t i = 0; i < count && i < ISSUER_CHAIN_MAX; i++) {
        r.der[i] = bytes_get(&c, CERTIFICATE_MAX);
        if (r.der[i].len == 0)
            cursor_fail(&c, E_MALFORMED);
    }
    r.count = (uint16_t)count;
    FINISH(c, r, out);
}

int issuer_catalog_request_write(const struct issuer_catalog_request *in, struct writer *w)
{
    cbor_put_array(w, 1);
    cbor_put_bytes(w, in->catalog, sizeof in->catalog);
    return w->err;
}

int issuer_catalog_request_parse(struct span payload, struct issuer_catalog_request *out)
{
    struct issuer_catalog_request r = {0};
    struct cursor c = cursor_of(payload);
    memset(out, 0, sizeof *out);
    cbor_expect_array(&c, 1);
    cbor_get_exact(&c, r.catalog, sizeof r.catalog);
    FINISH(c, r, out);
}

int issuer_possession_request_write(const struct issuer_possession_request *in, struct writer *w)
{
    cbor_put_array(w, 3);
    cbor_put_bytes(w, in->catalog, sizeof in->catalog);
    cbor_put_bytes(w, in->serial, sizeof in->serial);
    cbor_put_text(w, (const char *)in->code.at, in->code.len);
    return w->err;
}

int issuer_possession_request_parse(struct span payload, struct issuer_possession_request *out)
{
    struct issuer_possession_request r = {0};
    struct cursor c = cursor_of(payload);
    memset(out, 0, sizeof *out);
    cbor_expect_array(&c, 3);
    cbor_get_exact(&c, r.catalog, sizeof r.catalog);
    cbor_get_exact(&c, r.serial, sizeof r.serial);
    r.code = cbor_get_text(&c);
    if (!c.err && (r.code.len == 0 || r.code.len > ISSUER_CODE_MAX))
        cursor_fail(&c, E_LIMIT);
    for (size_t i = 0; i < r.code.len && i < ISSUER_CODE_MAX; i++)
        if (r.code.at[i] < 0x20 || r.code.at[i] > 0x7e)
            cursor_fail(&c, E_MALFORMED);
    FINISH(c, r, out);
}

int issuer_manifest_request_write(const struct issuer_manifest_request *in, struct writer *w)
{
    cbor_put_array(w, 3);
    cbor_put_uint(w, in->keystore_version);
    cbor_put_uint(w, in->type);
    put_span(w, in->body);
    return w->err;
}

int issuer_manifest_request_parse(struct span payload, struct issuer_manifest_request *out)
{
    struct issuer_manifest_request r = {0};
    struct cursor c = cursor_of(payload);
    memset(out, 0, sizeof *out);
    cbor_expect_array(&c, 3);
    r.keystore_version = cbor_get_u32(&c);
    r.type = cbor_get_u16(&c);
    r.body = bytes_get(&c, MANIFEST_SET_BYTES_MAX);
    FINISH(c, r, out);
}

int issuer_capability_request_write(const struct issuer_capability_request *in, struct writer *w)
{
    if (in->count > CAPABILITIES_MAX)
        return E_RANGE;
    cbor_put_array(w, 2);
    cbor_put_bytes(w, in->device_id, sizeof in->device_id);
    cbor_put_array(w, in->count);
    for (unsigned i = 0; i < in->count; i++)
        cbor_put_uint(w, in->capability[i]);
    return w->err;
}

int issuer_capability_request_parse(struct span payload, struct issuer_capability_request *out)
{
    struct issuer_capability_request r = {0};
    struct cursor c = cursor_of(payload);
    memset(out, 0, sizeof *out);
    cbor_expect_array(&c, 2);
    cbor_get_exact(&c, r.device_id, sizeof r.device_id);
    size_t count = cbor_get_array(&c);
    if (count > CAPABILITIES_MAX)
        cursor_fail(&c, E_LIMIT);
    for (size_t i = 0; i < count && i < CAPABILITIES_MAX; i++)
        r.capability[i] = cbor_get_u16(&c);
    r.count = (uint16_t)count;
    FINISH(c, r, out);
}
