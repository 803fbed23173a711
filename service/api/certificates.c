/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CA certificates of a catalog: list, show, chain as PKCS#7, proof of possession.
 * A catalog has one CA in this slice; it is named by its serial number in
 * hexadecimal, and by .default, default and active.
 * Every route asks the store for the catalog's tenant id first, then the issuer.
 */
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/base64.h"
#include "service/api/api.h"
#include "service/ipc/issuer_ops.h"

enum { SERIAL_TEXT_MAX = 64, SUBJECT_MAX = 512 };

/* Places in the issuer's answer.  What is shown and downloaded is the anchor: it
 * works in every relying party as it comes, and admits this catalog alone. */
enum { CHAIN_CA = 0, CHAIN_ROOT = 1, CHAIN_ANCHOR = 2, CHAIN_COUNT = 3 };

static json_t *base64_json(struct span bytes)
{
    size_t cap = base64_encoded_bytes(bytes.len);
    uint8_t *text = malloc(cap + 1);
    if (!text)
        return NULL;
    struct writer w = writer_of(text, cap);
    base64_encode(bytes, &w);
    json_t *json = w.err ? NULL : json_stringn((const char *)text, w.len);
    free(text);
    return json;
}

static X509 *x509_of(struct span der)
{
    const unsigned char *at = der.at;
    return d2i_X509(NULL, &at, (long)der.len);
}

/* Upper-case hexadecimal without leading zeros. */
static bool serial_text(X509 *x509, char text[static SERIAL_TEXT_MAX])
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
    char *hex = number ? BN_bn2hex(number) : NULL;
    const char *at = hex;
    while (at && at[0] == '0' && at[1])
        at++;
    bool fits = at && strlen(at) < SERIAL_TEXT_MAX;
    if (fits)
        memcpy(text, at, strlen(at) + 1);
    OPENSSL_free(hex);
    BN_free(number);
    return fits;
}

static bool serial_named(struct span name, const char *serial)
{
    static const char *const aliases[] = {".default", "default", "active"};
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (name.len == strlen(aliases[i]) && strncasecmp((const char *)name.at, aliases[i], name.len) == 0)
            return true;
    while (name.len > 1 && name.at[0] == '0')
        name = span_of(name.at + 1, name.len - 1);
    return name.len == strlen(serial) && strncasecmp((const char *)name.at, serial, name.len) == 0;
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

static json_t *certificate_json(struct api_call *call, struct span der, X509 *x509, const char *serial)
{
    bool expired = X509_cmp_current_time(X509_get0_notAfter(x509)) < 0;
    return json_pack("{s:o,s:s,s:s,s:{s:o,s:s,s:o,s:o,s:o,s:o,s:s}}",
                     "id", render_catalog_id(call, "/certificates/",
                                             call->scope.name.len ? call->scope.name
                                                                  : span_of(serial, strlen(serial))),
                     "name", serial,
                     "type", "Microsoft.AzureSphere/catalogs/certificates",
                     "properties",
                     "certificate", base64_json(der),
                     "status", expired ? "Expired" : "Active",
                     "subject", subject_json(x509),
                     "thumbprint", thumbprint_json(x509),
                     "expiryUtc", render_time_ms(time_ms(X509_get0_notAfter(x509))),
                     "notBeforeUtc", render_time_ms(time_ms(X509_get0_notBefore(x509))),
                     "provisioningState", "Succeeded");
}

/* Signed data without signers: the usual form of a .p7b. */
static json_t *chain_json(const struct issuer_certificates *chain)
{
    PKCS7 *p7 = PKCS7_new();
    unsigned char *der = NULL;
    json_t *json = NULL;
    bool good = p7 && PKCS7_set_type(p7, NID_pkcs7_signed) && PKCS7_content_new(p7, NID_pkcs7_data);
    for (uint16_t i = CHAIN_CA; good && i <= CHAIN_ROOT; i++) {
        X509 *x509 = x509_of(chain->der[i]);
        good = x509 && PKCS7_add_certificate(p7, x509); /* takes its own reference */
        X509_free(x509);
    }
    if (good)
        PKCS7_set_detached(p7, 1);
    int len = good ? i2d_PKCS7(p7, &der) : -1;
    if (len > 0)
        json = base64_json(span_of(der, (size_t)len));
    OPENSSL_free(der);
    PKCS7_free(p7);
    return json;
}

/* -- the four routes -------------------------------------------------------------- */

static void possession_proved(struct api_call *call, struct span payload)
{
    struct issuer_certificates leaf;
    int err = issuer_certificates_parse(payload, &leaf);
    if (err || leaf.count == 0)
        api_fail_status(call, E_INTERNAL);
    else
        api_answer(call, 200, json_pack("{s:o}", "certificate", base64_json(leaf.der[0])));
}

static void possession_ask(struct api_call *call)
{
    struct issuer_possession_request ask = {.code = span_of(call->code, strlen(call->code))};
    uint8_t bytes[256];
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(ask.catalog, call->tenant, sizeof ask.catalog);
    int err = issuer_possession_request_write(&ask, &w);
    if (err)
        api_fail_status(call, err);
    else
        api_ask_issuer(call, ISSUER_OP_PROVE_POSSESSION, writer_view(&w), possession_proved);
}

static void chain_found(struct api_call *call, struct span payload)
{
    struct issuer_certificates chain;
    char serial[SERIAL_TEXT_MAX];
    int err = issuer_certificates_parse(payload, &chain);
    X509 *x509 = err || chain.count != CHAIN_COUNT ? NULL : x509_of(chain.der[CHAIN_ANCHOR]);
    if (!x509 || !serial_text(x509, serial)) {
        api_fail_status(call, E_INTERNAL);
    } else if (call->handler->route == ROUTE_ID_Certificates_ListByCatalog) {
        json_t *one = call->query.skip || (call->query.has_top && call->query.top == 0)
                          ? NULL
                          : certificate_json(call, chain.der[CHAIN_ANCHOR], x509, serial);
        api_answer(call, 200, one ? json_pack("{s:[o]}", "value", one) : json_pack("{s:[]}", "value"));
    } else if (!serial_named(call->scope.name, serial)) {
        api_fail_status(call, E_NOT_FOUND);
    } else if (call->handler->route == ROUTE_ID_Certificates_Get) {
        api_answer(call, 200, certificate_json(call, chain.der[CHAIN_ANCHOR], x509, serial));
    } else if (call->handler->route == ROUTE_ID_Certificates_RetrieveCertChain) {
        api_answer(call, 200, json_pack("{s:o}", "certificateChain", chain_json(&chain)));
    } else {
        possession_ask(call);
    }
    X509_free(x509);
}

static void catalog_found(struct api_call *call, struct span payload)
{
    struct store_row_catalog row;
    struct store_rows rows;
    struct issuer_catalog_request ask;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (!api_row(call, payload, &store_row_catalog_type, &row, &rows))
        return;
    memcpy(ask.catalog, row.tenant, sizeof ask.catalog);
    memcpy(call->tenant, row.tenant, sizeof call->tenant);
    int err = issuer_catalog_request_write(&ask, &w);
    if (err)
        api_fail_status(call, err);
    else
        api_ask_issuer(call, ISSUER_OP_CATALOG_CHAIN, writer_view(&w), chain_found);
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
