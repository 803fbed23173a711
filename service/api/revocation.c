/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Revoking: a device, an operator's certificate, a catalog's CA; and the lists that say so.
 * Source: docs/spec/certificates.md, "Revocation".
 * A list is what the store has; where that is old, the issuer makes one first.
 */
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "lib/hex.h"
#include "lib/utf8.h"
#include "service/api/api.h"
#include "service/ipc/authority_ops.h"
#include "service/ipc/store_pki_ops.h"

enum { SERIAL_BYTES = 16, LIST_NAME_MAX = 64 };

static const struct {
    const char *text;
    uint16_t number;
} reasons[] = {
#define REASON_ROW(name, number, text) {text, number},
    STORE_REASON_TABLE(REASON_ROW)
#undef REASON_ROW
};
enum { REASONS = sizeof reasons / sizeof reasons[0] };

bool api_reason(struct api_call *call, const json_t *from, uint16_t *reason)
{
    struct span text;
    *reason = STORE_REASON_UNSPECIFIED;
    if (!body_text(from, "reason", &text))
        return true;
    for (size_t i = 0; i < REASONS; i++)
        if (text.len == strlen(reasons[i].text) && strncasecmp((const char *)text.at, reasons[i].text, text.len) == 0) {
            *reason = reasons[i].number;
            return true;
        }
    api_fail(call, API_INVALID_CONTENT, "\"reason\" is one of RFC 5280's words, such as keyCompromise or superseded");
    return false;
}

static const char *reason_text(uint16_t number)
{
    for (size_t i = 0; i < REASONS; i++)
        if (reasons[i].number == number)
            return reasons[i].text;
    return "unspecified";
}

/* -- devices ------------------------------------------------------------------ */

void api_device_revoke(struct api_call *call)
{
    struct store_device_revoke revoke = {.scope = call->scope,
                                         .revoked = call->handler->route == ROUTE_ID_Devices_Revoke};
    if (api_reason(call, call->body, &revoke.reason))
        api_ask_store(call, STORE_OP_DEVICE_REVOKE, &store_device_revoke_type, &revoke, api_finish_row);
}

json_t *render_revoked_device(struct api_call *call, const void *record)
{
    const struct store_row_revoked_device *row = record;
    char hex[2 * sizeof row->device_id + 1];
    hex_encode(row->device_id, sizeof row->device_id, hex);
    return json_pack("{s:o,s:s,s:s,s:{s:s,s:o,s:o,s:s,s:o,s:o}}",
                     "id", render_catalog_id(call, ROUTE_OURS "/revokedDevices/", span_of(hex, 2 * sizeof row->device_id)),
                     "name", hex,
                     "type", "Perisphere/revokedDevices",
                     "properties",
                     "deviceId", hex,
                     "productName", render_text(row->product),
                     "deviceGroupName", render_text(row->group),
                     "reason", reason_text(row->reason),
                     "revokedUtc", render_time_ms(row->revoked_s * 1000),
                     "revokedBy", row->revoked_by.len ? render_text(row->revoked_by) : json_null());
}

/* -- operators ------------------------------------------------------------------ */

json_t *render_revoked(struct api_call *call, const void *record)
{
    const struct store_row_revoked *row = record;
    char serial[2 * SERIAL_BYTES + 1];
    (void)call;
    hex_encode(row->serial, SERIAL_BYTES, serial);
    return json_pack("{s:o,s:s,s:s,s:{s:s,s:o,s:o,s:o,s:o}}",
                     "id", json_sprintf(ROUTE_OURS "/revokedOperators/%s", serial),
                     "name", serial,
                     "type", "Perisphere/revokedOperators",
                     "properties",
                     "reason", reason_text(row->reason),
                     "operatorName", render_text(row->name),
                     "expiryUtc", render_time_ms(row->not_after_s * 1000),
                     "revokedUtc", render_time_ms(row->revoked_s * 1000),
                     "revokedBy", render_text(row->revoked_by));
}

void api_operator_revoke(struct api_call *call)
{
    const json_t *properties = body_get(call->body, "properties");
    const json_t *end = body_get(properties, "expirySeconds");
    struct store_operator_revoke revoke = {.name = span_of(NULL, 0)};
    if (!certificate_serial_parse(call->scope.name, revoke.serial)) {
        api_fail(call, API_INVALID_NAME, "name the certificate by its serial number in hexadecimal");
        return;
    }
    if (!api_reason(call, properties, &revoke.reason))
        return;
    (void)body_text(properties, "operatorName", &revoke.name);
    if (revoke.name.len > STORE_TEXT_MAX)
        revoke.name.len = 0;
    if (json_is_integer(end) && json_integer_value(end) > 0)
        revoke.not_after_s = (uint64_t)json_integer_value(end);
    api_detail(call, "certificate of '%.*s'", (int)revoke.name.len, (const char *)revoke.name.at);
    api_ask_store(call, STORE_OP_OPERATOR_REVOKE, &store_operator_revoke_type, &revoke, api_finish_row);
}

/* -- lists ---------------------------------------------------------------------- */

static void list_answer(struct api_call *call, const struct store_crl *crl)
{
    static const char type[] = "application/pkix-crl", kept[] = "public, max-age=300";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char etag[2 * EVP_MAX_MD_SIZE + 3] = "\"";
    if (EVP_Digest(crl->der.at, crl->der.len, digest, &len, EVP_sha256(), NULL) != 1) {
        api_fail_status(call, E_CRYPTO);
        return;
    }
    hex_encode(digest, len, etag + 1);
    strcat(etag, "\"");
    /* Whatever cache stands between may keep it for as long as a revocation may take to be seen there. */
    const struct http_response response = {
        .status = 200, .content_type = span_of(type, sizeof type - 1), .etag = span_of(etag, strlen(etag)),
        .cache_control = span_of(kept, sizeof kept - 1), .body = crl->der};
    api_respond(call, &response);
}

static void list_ask(struct api_call *call, void (*finish)(struct api_call *call, struct span payload))
{
    struct store_crl_get get = {.name = span_of(call->code, strlen(call->code))};
    call->absent = "no CA of this service has this name or serial number";
    api_ask_store_directly(call, STORE_OP_CRL_GET, &store_crl_get_type, &get, finish);
}

/* Whatever is kept now: this one, or one that another service made at the same moment. */
static void list_made(struct api_call *call, struct span payload)
{
    struct store_crl crl;
    int err = record_parse(&store_crl_type, payload, &crl);
    if (err || crl.der.len == 0)
        api_fail_status(call, E_INTERNAL);
    else
        list_answer(call, &crl);
}

static void list_signed(struct api_call *call, struct span payload)
{
    (void)payload;
    list_ask(call, list_made);
}

static void list_found(struct api_call *call, struct span payload)
{
    struct store_crl crl;
    uint8_t bytes[256];
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = record_parse(&store_crl_type, payload, &crl);
    if (!err && crl.der.len && crl.fresh) {
        list_answer(call, &crl);
        return;
    }
    crl.der = span_of(NULL, 0);
    if (!err)
        err = record_write(&store_crl_type, &crl, &w);
    if (err)
        api_fail_status(call, E_INTERNAL);
    else
        api_ask_issuer(call, ISSUER_OP_CRL, writer_view(&w), list_signed);
}

/* NAME.crl: lower case, and a serial number with all its 32 digits. */
static bool list_name(struct span text, char name[static LIST_NAME_MAX])
{
    static const char ending[] = ".crl";
    size_t end = sizeof ending - 1;
    uint8_t serial[SERIAL_BYTES];
    if (text.len <= end || text.len - end >= LIST_NAME_MAX ||
        strncasecmp((const char *)text.at + text.len - end, ending, end) != 0)
        return false;
    text.len -= end;
    if (certificate_serial_parse(text, serial)) {
        hex_encode(serial, sizeof serial, name);
        return true;
    }
    for (size_t i = 0; i < text.len; i++)
        name[i] = (char)(text.at[i] >= 'A' && text.at[i] <= 'Z' ? text.at[i] | 0x20 : text.at[i]);
    name[text.len] = '\0';
    return utf8_valid(span_of(name, text.len));
}

void api_crl(struct api_call *call)
{
    if (!list_name(call->scope.name, call->code))
        api_fail(call, API_NOT_FOUND, "lists are root.crl, operator.crl, os.crl, update-only.crl, one of these with \"-KEY\" behind its "
                                      "name, and SERIAL.crl of a catalog's CA");
    else
        list_ask(call, list_found);
}
