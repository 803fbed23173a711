/* SPDX-License-Identifier: BSD-2-Clause */
/* peri ca-certificate ... */
#include "cli/client/client.h"
#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>

static const char *name_of(struct peri *peri)
{
    const char *name = arg_text(peri, "name");
    return name ? name : "active";
}

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "certificates", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

/* Calls, and writes the base64 text at parent.field (or field) to --output-file. */
static int field_save(struct peri *peri, const char *method, const char *path, json_t *body,
                      const char *parent, const char *field)
{
    json_t *answer = NULL;
    int code = client_call(peri, method, path, body, &answer);
    json_t *from = parent ? json_object_get(answer, parent) : answer;
    const char *text = json_string_value(json_object_get(from, field));
    if (!code && !text)
        code = fail(PERI_EXIT_ERROR, "the service's answer has no %s", field);
    if (!code)
        code = file_write_base64(arg_text(peri, "output-file"), text);
    json_decref(answer);
    json_decref(body);
    return code;
}

static int download(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "certificates", name_of(peri), NULL);
    return code ? code : field_save(peri, "GET", path, NULL, "properties", "certificate");
}

static int download_chain(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "certificates", name_of(peri), "retrieveCertChain", NULL);
    return code ? code : field_save(peri, "POST", path, NULL, NULL, "certificateChain");
}

static int download_proof(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "certificates", name_of(peri),
                           "retrieveProofOfPossessionNonce", NULL);
    json_t *body = json_pack("{s:s}", "proofOfPossessionNonce", arg_text(peri, "verification-code"));
    if (code) {
        json_decref(body);
        return code;
    }
    return field_save(peri, "POST", path, body, NULL, "certificate");
}

static int renew(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "certificates", "renew", NULL);
    return client_show(peri, code, "POST", path, NULL);
}

static int activate(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "certificates", arg_text(peri, "name"), "activate", NULL);
    return client_show(peri, code, "POST", path, NULL);
}

static int revoke(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *reason = arg_text(peri, "reason");
    json_t *body = reason ? json_pack("{s:s}", "reason", reason) : NULL;
    int code = client_path(peri, path, "certificates", arg_text(peri, "name"), "revoke", NULL);
    code = client_show(peri, code, "POST", path, body);
    json_decref(body);
    return code;
}

/* The list's path is for everybody, and has no api-version to mind. */
static int download_crl(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    json_t *answer = NULL;
    int code = client_path(peri, path, "certificates", name_of(peri), NULL);
    if (!code)
        code = client_call(peri, "GET", path, NULL, &answer);
    const char *serial = json_string_value(json_object_get(answer, "name"));
    if (!code && (!serial || strspn(serial, "0123456789ABCDEFabcdef") != strlen(serial)))
        code = fail(PERI_EXIT_ERROR, "the service's answer has no serial number");
    if (!code) {
        snprintf(path, sizeof path, "/crl/%s.crl", serial);
        code = client_save(peri, path, arg_text(peri, "output-file"));
    }
    json_decref(answer);
    return code;
}

#define REASON_OPTION {"reason", NULL, OPTION_VALUE, "why: keyCompromise, superseded, cessationOfOperation and others of RFC 5280", REASON_CHOICES}
#define FILE_OPTION {"output-file", "of", OPTION_REQUIRED, "file to write"}
#define NAME_OPTION {"name", "n", OPTION_VALUE, "serial number (default: the active one)"}
static const struct option_row list_options[] = {SCOPE_CATALOG, SCOPE_END};
static const struct option_row file_options[] = {FILE_OPTION, NAME_OPTION, SCOPE_CATALOG, SCOPE_END};
static const struct option_row proof_options[] = {
    FILE_OPTION, {"verification-code", "v", OPTION_REQUIRED, "code of the relying party"},
    NAME_OPTION, SCOPE_CATALOG, SCOPE_END};
static const struct option_row one_options[] = {{"name", "n", OPTION_REQUIRED, "serial number"}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row revoke_options[] = {
    {"name", "n", OPTION_REQUIRED, "serial number"}, REASON_OPTION, SCOPE_CATALOG, SCOPE_END};
static const struct column columns[] = {
    {"Serial", "name"}, {"Status", "properties.status"}, {"Subject", "properties.subject"},
    {"Expires", "properties.expiryUtc"}, COLUMNS_END};

const struct verb ca_certificate_verbs[] = {
    {"ca-certificate", "list", list, NULL, "list a catalog's CA certificates", list_options, columns, false},
    {"ca-certificate", "download", download, NULL, "CA certificate as DER", file_options, NULL, false},
    {"ca-certificate", "download-chain", download_chain, NULL, "CA certificate and its issuers as PKCS#7", file_options, NULL, false},
    {"ca-certificate", "download-proof", download_proof, NULL, "certificate that proves possession of the CA key", proof_options, NULL, false},
    {"ca-certificate", "renew", renew, NULL, "make the catalog's next CA", list_options, columns, false,
     "The service does it by itself 90 days ahead of the end.  The next CA waits 30 days, in which relying parties "
     "are told to trust it too; then it signs, and the one before stays good until its end."},
    {"ca-certificate", "activate", activate, NULL, "have a CA sign from now on", one_options, columns, false},
    {"ca-certificate", "revoke", revoke, NULL, "revoke a CA for ever", revoke_options, columns, false,
     "The catalog's next CA signs at once.  Take the revoked one out of every relying party that trusts it."},
    {"ca-certificate", "download-crl", download_crl, NULL, "revocation list of a CA, as DER", file_options, NULL, false},
    VERBS_END,
};
