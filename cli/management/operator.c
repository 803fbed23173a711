/* SPDX-License-Identifier: BSD-2-Clause */
/* peri operator ...: certificates of those who work with the service. */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/client/client.h"
#include "cli/management/scope.h"
#include "cli/program.h"
#include "cli/verbs.h"

enum { SERIAL_DIGITS_MAX = 32, NAME_MAX_BYTES = 64 };

/* What of the certificate the service is told. */
struct subject {
    char serial[SERIAL_DIGITS_MAX + 1];
    char name[NAME_MAX_BYTES + 1];
    json_int_t end_s; /* 0: not known */
};

static int certificate_read(const char *path, struct subject *subject)
{
    struct tm end;
    FILE *f = fopen(path, "re");
    X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (f)
        fclose(f);
    if (!x)
        return fail(PERI_EXIT_USAGE, "%s: no certificate (PEM) in it", path);
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
    char *hex = number ? BN_bn2hex(number) : NULL;
    int code = PERI_EXIT_OK;
    if (!hex || strlen(hex) > SERIAL_DIGITS_MAX)
        code = fail(PERI_EXIT_USAGE, "%s: a serial number of more than 16 bytes is not of this service", path);
    else
        memcpy(subject->serial, hex, strlen(hex) + 1);
    if (X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, subject->name, sizeof subject->name) < 0)
        subject->name[0] = '\0';
    if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &end) == 1)
        subject->end_s = (json_int_t)timegm(&end);
    OPENSSL_free(hex);
    BN_free(number);
    X509_free(x);
    return code;
}

/* What was made, as every answer; the next step is said to people. */
static int created_print(struct peri *peri, const char *folder)
{
    struct subject subject = {.end_s = 0};
    char path[4096], end[32] = "";
    struct tm tm;
    if (snprintf(path, sizeof path, "%s/cert.pem", folder) >= (int)sizeof path)
        return fail(PERI_EXIT_USAGE, "'%s' is too long", folder);
    int code = certificate_read(path, &subject);
    if (code)
        return code;
    time_t end_s = (time_t)subject.end_s;
    if (gmtime_r(&end_s, &tm))
        strftime(end, sizeof end, "%Y-%m-%dT%H:%M:%SZ", &tm);
    json_t *answer = json_pack("{s:s,s:s,s:s,s:s}", "name", arg_text(peri, "name"), "profile", folder, "serial",
                               subject.serial, "expiryUtc", end);
    code = answer ? output_print(peri, answer) : fail(PERI_EXIT_ERROR, "out of memory");
    json_decref(answer);
    if (!code && !arg_has(peri, "only-show-errors"))
        fail(PERI_EXIT_OK, "a new name has no role yet: peri role assignment create --assignee '%s' --role ROLE "
                           "(peri role definition list says which)", arg_text(peri, "name"));
    return code;
}

/* Works on the data folder: the service itself issues no operator's certificate. */
static int create(struct peri *peri)
{
    struct program program;
    const char *folder = arg_text(peri, "output-directory");
    char line[64];
    int code = program_init(&program, "perisphered");
    if (code)
        return code;
    program_add(&program, "--data");
    program_add(&program, arg_text(peri, "data"));
    program_add(&program, "--operator");
    program_add(&program, arg_text(peri, "name"));
    program_add(&program, "--out");
    program_add(&program, folder);
    code = program_run(&program, line, sizeof line);
    return code ? code : created_print(peri, folder);
}

static int revoke(struct peri *peri)
{
    const char *serial = arg_text(peri, "serial"), *file = arg_text(peri, "certificate"),
               *reason = arg_text(peri, "reason");
    struct subject subject = {.end_s = 0};
    char path[PATH_MAX_BYTES];
    if (!serial == !file)
        return fail(PERI_EXIT_USAGE, "say which one: --certificate FILE (cert.pem of the profile), or --serial NUMBER");
    int code = file ? certificate_read(file, &subject) : PERI_EXIT_OK;
    if (!code)
        code = client_our_path(path, "revokedOperators", file ? subject.serial : serial, NULL);
    if (code)
        return code;
    json_t *properties = json_object(), *body = json_pack("{s:o}", "properties", properties);
    if ((reason && json_object_set_new(properties, "reason", json_string(reason)) != 0) ||
        (subject.name[0] && json_object_set_new(properties, "operatorName", json_string(subject.name)) != 0) ||
        (subject.end_s && json_object_set_new(properties, "expirySeconds", json_integer(subject.end_s)) != 0) || !body)
        code = fail(PERI_EXIT_ERROR, "out of memory");
    code = client_show(peri, code, "PUT", path, body);
    json_decref(body);
    return code;
}

static int list_revoked(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_our_path(path, "revokedOperators", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

static const struct column created_columns[] = {
    {"Operator", "name"}, {"Profile", "profile"}, {"Serial", "serial"}, {"Expires", "expiryUtc"}, COLUMNS_END};
static const struct option_row create_options[] = {
    {"data", NULL, OPTION_REQUIRED, "the service's data folder"},
    {"name", "n", OPTION_REQUIRED, "the operator's name"},
    {"output-directory", NULL, OPTION_REQUIRED, "folder for the new profile"},
    SCOPE_END};
static const struct option_row revoke_options[] = {
    {"certificate", NULL, OPTION_VALUE, "the certificate, PEM: cert.pem of the operator's profile"},
    {"serial", NULL, OPTION_VALUE, "its serial number in hexadecimal (issuer/serials/offline.log has them)"},
    {"reason", NULL, OPTION_VALUE, "why: keyCompromise, affiliationChanged, superseded and others of RFC 5280", REASON_CHOICES},
    SCOPE_END};
static const struct option_row list_options[] = {SCOPE_FILTER, SCOPE_END};
static const struct column columns[] = {
    {"Serial", "name"}, {"Operator", "properties.operatorName"}, {"Reason", "properties.reason"},
    {"Revoked", "properties.revokedUtc"}, {"By", "properties.revokedBy"}, COLUMNS_END};

const struct verb operator_verbs[] = {
    {"operator", "create", create, NULL, "issue an operator's certificate and profile", create_options, created_columns, true,
     "Roles belong to the name. A new one has none yet: peri role assignment create --assignee NAME gives one."},
    {"operator", "revoke", revoke, NULL, "revoke an operator's certificate", revoke_options, columns, false,
     "The service refuses it from now on, whatever roles its name has.  Another certificate of the name is not touched."},
    {"operator", "list-revoked", list_revoked, NULL, "list revoked certificates of operators", list_options, columns, false},
    VERBS_END,
};
