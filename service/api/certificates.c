/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CA certificates of a catalog: list, show, chain as PKCS#7, proof of possession, the
 * next one and its taking over.
 * Each is named by its serial number in hexadecimal, the one that signs also by .default,
 * default and active.  What is shown and downloaded is the anchor: it works in every
 * relying party as it comes, and admits this catalog alone.  The serial number of the
 * same CA as the root signed it names it too.
 * Every route asks the store for the catalog's tenant id first, then the issuer.
 */
#include <ctype.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/hex.h"
#include "service/api/api.h"
#include "service/ipc/authority_ops.h"
#include "service/ipc/issuer_ops.h"
#include "service/ipc/store_pki_ops.h"

enum { SERIAL_TEXT_MAX = 64, SUBJECT_MAX = 512 };

static X509 *x509_of(struct span der)
{
    const unsigned char *at = der.at;
    return d2i_X509(NULL, &at, (long)der.len);
}

/* Upper-case hexadecimal without leading zeros. */
static void serial_text(const uint8_t serial[static ISSUER_SERIAL_BYTES], char text[static SERIAL_TEXT_MAX])
{
    char hex[2 * ISSUER_SERIAL_BYTES + 1];
    size_t len = 0;
    hex_encode(serial, ISSUER_SERIAL_BYTES, hex);
    for (const char *at = hex + strspn(hex, "0"); *at; at++)
        text[len++] = (char)toupper((unsigned char)*at);
    text[len] = '\0';
}

static bool names_active(struct span name)
{
    static const char *const aliases[] = {".default", "default", "active"};
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (name.len == strlen(aliases[i]) && strncasecmp((const char *)name.at, aliases[i], name.len) == 0)
            return true;
    return false;
}

bool certificate_serial_parse(struct span name, uint8_t serial[static ISSUER_SERIAL_BYTES])
{
    char hex[2 * ISSUER_SERIAL_BYTES + 1];
    while (name.len > 1 && name.at[0] == '0')
        name = span_of(name.at + 1, name.len - 1);
    if (name.len == 0 || name.len >= sizeof hex)
        return false;
    memset(hex, '0', sizeof hex);
    memcpy(hex + sizeof hex - 1 - name.len, name.at, name.len);
    return hex_decode(span_of(hex, sizeof hex - 1), serial, ISSUER_SERIAL_BYTES) == 0;
}

/* NULL: the catalog has none of this name. */
static const struct issuer_authority *authority_named(const struct issuer_authorities *all, struct span name)
{
    uint8_t serial[ISSUER_SERIAL_BYTES];
    bool active = names_active(name), good = certificate_serial_parse(name, serial);
    for (uint32_t i = 0; i < all->count; i++) {
        const struct issuer_authority *a = &all->at[i];
        if (active ? a->status == ISSUER_CA_ACTIVE
                   : good && (memcmp(a->anchor_serial, serial, sizeof serial) == 0 ||
                              memcmp(a->serial, serial, sizeof serial) == 0))
            return a;
    }
    return NULL;
}

static json_t *subject_json(X509 *x509)
{
    char text[SUBJECT_MAX];
    BIO *bio = BIO_new(BIO_s_mem());
    int n = -1;
    if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(x509), 0,
                                  XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_DN_REV | ASN1_STRFLGS_UTF8_CONVERT) >= 0)
        n = BIO_read(bio, text, sizeof text);
    BIO_free(bio);
    return json_stringn(text, n > 0 ? (size_t)n : 0);
}

static uint64_t time_ms(const ASN1_TIME *time)
{
    struct tm tm;
    time_t s = ASN1_TIME_to_tm(time, &tm) ? timegm(&tm) : 0;
    return s > 0 ? (uint64_t)s * 1000 : 0;
}

static json_t *thumbprint_json(X509 *x509)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE + 1];
    unsigned len = 0;
    if (!X509_digest(x509, EVP_sha1(), digest, &len))
        return NULL;
    for (unsigned i = 0; i < len; i++)
        snprintf(text + 2 * (size_t)i, 3, "%02X", digest[i]);
    return json_stringn(text, 2 * (size_t)len);
}

static json_t *certificate_json(struct api_call *call, const struct issuer_authority *a)
{
    static const char *const states[] = {NULL, "Active", "Inactive", "Expired", "Revoked"};
    char serial[SERIAL_TEXT_MAX];
    X509 *x509 = x509_of(a->anchor);
    if (!x509 || a->status == 0 || a->status >= sizeof states / sizeof states[0]) {
        X509_free(x509);
        return NULL;
    }
    serial_text(a->anchor_serial, serial);
    json_t *json = json_pack("{s:o,s:s,s:s,s:{s:o,s:s,s:o,s:o,s:o,s:o,s:s}}",
                             "id", render_catalog_id(call, "/certificates/",
                                                     call->scope.name.len ? call->scope.name
                                                                          : span_of(serial, strlen(serial))),
                             "name", serial,
                             "type", "Microsoft.AzureSphere/catalogs/certificates",
                             "properties",
                             "certificate", render_base64(a->anchor),
                             "status", states[a->status],
                             "subject", subject_json(x509),
                             "thumbprint", thumbprint_json(x509),
                             "expiryUtc", render_time_ms(time_ms(X509_get0_notAfter(x509))),
                             "notBeforeUtc", render_time_ms(time_ms(X509_get0_notBefore(x509))),
                             "provisioningState", "Succeeded");
    X509_free(x509);
    return json;
}

/* Signed data without signers: the usual form of a .p7b. */
static json_t *chain_json(struct span ca, struct span issuing, struct span root)
{
    const struct span chain[] = {ca, issuing, root}; /* issuing: empty where the root itself signs */
    PKCS7 *p7 = PKCS7_new();
    unsigned char *der = NULL;
    json_t *json = NULL;
    bool good = p7 && PKCS7_set_type(p7, NID_pkcs7_signed) && PKCS7_content_new(p7, NID_pkcs7_data);
    for (size_t i = 0; good && i < sizeof chain / sizeof chain[0]; i++) {
        X509 *x509 = chain[i].len ? x509_of(chain[i]) : NULL;
        good = chain[i].len == 0 || (x509 && PKCS7_add_certificate(p7, x509)); /* takes its own reference */
        X509_free(x509);
    }
    if (good)
        PKCS7_set_detached(p7, 1);
    int len = good ? i2d_PKCS7(p7, &der) : -1;
    if (len > 0)
        json = render_base64(span_of(der, (size_t)len));
    OPENSSL_free(der);
    PKCS7_free(p7);
    return json;
}

/* -- the routes -------------------------------------------------------------------- */

static void possession_proved(struct api_call *call, struct span payload)
{
    struct issuer_certificates leaf;
    int err = issuer_certificates_parse(payload, &leaf);
    if (err || leaf.count == 0)
        api_fail_status(call, E_INTERNAL);
    else
        api_answer(call, 200, json_pack("{s:o}", "certificate", render_base64(leaf.der[0])));
}

static void possession_ask(struct api_call *call, const struct issuer_authority *a)
{
    struct issuer_possession_request ask = {.code = span_of(call->code, strlen(call->code))};
    uint8_t bytes[256];
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(ask.catalog, call->tenant, sizeof ask.catalog);
    memcpy(ask.serial, a->serial, sizeof ask.serial);
    int err = issuer_possession_request_write(&ask, &w);
    if (err)
        api_fail_status(call, err);
    else
        api_ask_issuer(call, ISSUER_OP_PROVE_POSSESSION, writer_view(&w), possession_proved);
}

/* Newest first; there are never more than one page of them. */
static void list_answer(struct api_call *call, const struct issuer_authorities *all)
{
    json_t *rows = json_array();
    uint32_t first = call->query.skip < all->count ? call->query.skip : all->count, shown = all->count - first;
    int err = rows ? 0 : -1;
    if (call->query.has_top && call->query.top < shown)
        shown = call->query.top;
    for (uint32_t i = first; !err && i < first + shown; i++)
        err = json_array_append_new(rows, certificate_json(call, &all->at[i]));
    if (err) {
        json_decref(rows);
        api_fail_status(call, E_NOMEM);
    } else {
        api_answer(call, 200, json_pack("{s:o}", "value", rows));
    }
}

static void one_answer(struct api_call *call, const struct issuer_authorities *all, const struct issuer_authority *a)
{
    bool over = a->status == ISSUER_CA_EXPIRED || a->status == ISSUER_CA_REVOKED;
    switch (call->handler->route) {
    case ROUTE_ID_Certificates_RetrieveCertChain:
        api_answer(call, 200, json_pack("{s:o}", "certificateChain", chain_json(a->certificate, a->issuing, all->root)));
        return;
    case ROUTE_ID_Certificates_RetrieveProofOfPossessionNonce:
        if (over)
            api_fail(call, API_CONFLICT, "this CA certificate is %s: it proves nothing any more",
                     a->status == ISSUER_CA_EXPIRED ? "expired" : "revoked");
        else
            possession_ask(call, a);
        return;
    default:
        api_answer(call, 200, certificate_json(call, a));
    }
}

static void authorities_found(struct api_call *call, struct span payload)
{
    struct issuer_authorities *all = malloc(sizeof *all);
    int err = all ? record_parse(&issuer_authorities_type, payload, all) : E_NOMEM;
    enum route_id route = call->handler->route;
    if (err || all->count == 0) {
        api_fail_status(call, err == E_NOMEM ? err : E_INTERNAL);
    } else if (route == ROUTE_ID_Certificates_ListByCatalog) {
        list_answer(call, all);
    } else {
        const struct issuer_authority *a =
            route == ROUTE_ID_Certificates_Renew ? &all->at[0] : authority_named(all, call->scope.name);
        if (a)
            one_answer(call, all, a);
        else
            api_fail_status(call, E_NOT_FOUND);
    }
    free(all);
}

static void catalog_found(struct api_call *call, struct span payload)
{
    struct store_row_catalog row;
    struct store_rows rows;
    struct issuer_catalog_request ask;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    bool renew = call->handler->route == ROUTE_ID_Certificates_Renew;
    if (!api_row(call, payload, &store_row_catalog_type, &row, &rows))
        return;
    memcpy(ask.catalog, row.tenant, sizeof ask.catalog);
    memcpy(call->tenant, row.tenant, sizeof call->tenant);
    call->conflict = "the catalog's next CA waits already for its time: activate it, or let it come";
    int err = issuer_catalog_request_write(&ask, &w);
    if (err)
        api_fail_status(call, err);
    else
        api_ask_issuer(call, renew ? ISSUER_OP_CATALOG_RENEW : ISSUER_OP_CATALOG_LIST, writer_view(&w),
                       authorities_found);
}

/* The code becomes a common name: 1 to 64 printable characters. */
static bool code_take(struct api_call *call)
{
    struct span code;
    bool good = body_text(call->body, "proofOfPossessionNonce", &code) && code.len && code.len <= ISSUER_CODE_MAX;
    for (size_t i = 0; good && i < code.len; i++)
        good = code.at[i] >= 0x20 && code.at[i] < 0x7f;
    if (!good) {
        api_fail(call, API_INVALID_CONTENT, "\"proofOfPossessionNonce\" is required: 1 to %d printable characters",
                 ISSUER_CODE_MAX);
        return false;
    }
    memcpy(call->code, code.at, code.len);
    call->code[code.len] = '\0';
    return true;
}

void api_certificate(struct api_call *call)
{
    struct store_query query = {.scope = call->scope};
    if (call->handler->route == ROUTE_ID_Certificates_RetrieveProofOfPossessionNonce && !code_take(call))
        return;
    api_ask_store(call, STORE_OP_CATALOG_GET, &store_query_type, &query, catalog_found);
}

void api_certificate_activate(struct api_call *call)
{
    struct store_ca_change change = {.scope = call->scope};
    if (!certificate_serial_parse(call->scope.name, change.serial)) {
        api_fail(call, API_INVALID_NAME, "name the CA that is to sign by its serial number");
        return;
    }
    call->conflict = "this CA is expired or revoked: it cannot sign";
    api_ask_store(call, STORE_OP_CA_ACTIVATE, &store_ca_change_type, &change, catalog_found);
}

void api_certificate_revoke(struct api_call *call)
{
    struct store_ca_change change = {.scope = call->scope};
    if (!certificate_serial_parse(call->scope.name, change.serial)) {
        api_fail(call, API_INVALID_NAME, "name the CA that is to be revoked by its serial number");
        return;
    }
    if (api_reason(call, call->body, &change.reason))
        api_ask_store(call, STORE_OP_CA_REVOKE, &store_ca_change_type, &change, catalog_found);
}
