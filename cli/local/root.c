/* SPDX-License-Identifier: BSD-2-Clause */
/* peri root ...: the root of a service whose key stays off line (docs/operate.md, "Root off line"). */
#include "cli/management/scope.h"
#include "cli/program.h"
#include "cli/verbs.h"

static int create(struct peri *peri)
{
    struct program program;
    int code = program_init(&program, "perisphered");
    if (code)
        return code;
    program_option(&program, peri, "output-directory", "--root-create");
    program_option(&program, peri, "organisation", "--organisation");
    return program_answer(&program, peri);
}

static int request(struct peri *peri)
{
    struct program program;
    int code = program_init(&program, "perisphered");
    if (code)
        return code;
    if (arg_has(peri, "new-key") && !arg_text(peri, "data"))
        return fail(PERI_EXIT_USAGE, "--new-key is for the issuing CA of a service that is there: --data");
    program_option(&program, peri, "output-directory", "--root-request");
    program_option(&program, peri, "data", "--data");
    if (arg_has(peri, "new-key"))
        program_add(&program, "--new-key");
    program_option(&program, peri, "organisation", "--organisation");
    program_option(&program, peri, "pkcs11-token", "--pkcs11-token");
    program_option(&program, peri, "pkcs11-module", "--pkcs11-module");
    program_option(&program, peri, "pkcs11-pin", "--pkcs11-pin");
    return program_answer(&program, peri);
}

static int renew(struct peri *peri)
{
    struct program program;
    int code = program_init(&program, "perisphered");
    if (code)
        return code;
    program_option(&program, peri, "root", "--root-renew");
    return program_answer(&program, peri);
}

static int sign(struct peri *peri)
{
    struct program program;
    int code = program_init(&program, "perisphered");
    if (code)
        return code;
    program_option(&program, peri, "request", "--root-sign");
    program_option(&program, peri, "root", "--root");
    program_option(&program, peri, "output-file", "--out");
    return program_answer(&program, peri);
}

static int make_crl(struct peri *peri)
{
    struct program program;
    if (arg_has(peri, "reason") && !arg_text(peri, "certificate"))
        return fail(PERI_EXIT_USAGE, "--reason says why --certificate is revoked");
    int code = program_init(&program, "perisphered");
    if (code)
        return code;
    program_option(&program, peri, "output-file", "--root-list");
    program_option(&program, peri, "root", "--root");
    program_option(&program, peri, "certificate", "--revoke");
    program_option(&program, peri, "reason", "--reason");
    program_option(&program, peri, "days", "--days");
    return program_answer(&program, peri);
}

#define ORGANISATION_OPTION {"organisation", NULL, OPTION_VALUE, "name in the certificate"}
static const struct option_row create_options[] = {
    {"output-directory", NULL, OPTION_REQUIRED, "folder to make, with root.key and root.pem"},
    ORGANISATION_OPTION,
    SCOPE_END};
static const struct option_row request_options[] = {
    {"output-directory", NULL, OPTION_REQUIRED, "folder to make, with issuing.key and issuing.csr"},
    {"data", NULL, OPTION_VALUE, "ahead of its end, for the issuing CA of the service there: no new key, unless --new-key"},
    {"new-key", NULL, OPTION_SWITCH, "with --data: another key, to follow that of the issuing CA when its certificate comes back"},
    ORGANISATION_OPTION,
    {"pkcs11-token", NULL, OPTION_VALUE, "make the key in this token: pkcs11:token=LABEL[;object=BEGINNING OF ITS NAME]"},
    {"pkcs11-module", NULL, OPTION_VALUE, "the token's PKCS#11 module, a file"},
    {"pkcs11-pin", NULL, OPTION_VALUE, "where its PIN is: file:/PATH, or credential:NAME of systemd"},
    SCOPE_END};
static const struct option_row renew_options[] = {
    {"root", NULL, OPTION_REQUIRED, "folder with root.key and root.pem"},
    SCOPE_END};
static const struct option_row sign_options[] = {
    {"root", NULL, OPTION_REQUIRED, "folder with root.key and root.pem"},
    {"request", NULL, OPTION_REQUIRED, "issuing.csr of the service's machine"},
    {"output-file", "of", OPTION_REQUIRED, "file to make: issuing.pem, for the service's machine"},
    SCOPE_END};
static const struct option_row crl_options[] = {
    {"root", NULL, OPTION_REQUIRED, "folder with root.key and root.pem"},
    {"output-file", "of", OPTION_REQUIRED, "file to make, or list to make anew: DER"},
    {"certificate", NULL, OPTION_VALUE, "issuing.pem that is revoked from now on (default: the list is made anew as it was)"},
    {"reason", NULL, OPTION_VALUE, "why, in a word of RFC 5280: cACompromise, superseded, cessationOfOperation (default: unspecified)", REASON_CHOICES},
    {"days", NULL, OPTION_VALUE, "for how long the list is good (default: 365)"},
    SCOPE_END};
static const struct column crl_columns[] = {{"List", "list"}, {"Revoked", "revoked"}, {"Days", "days"}, COLUMNS_END};
static const struct column folder_columns[] = {{"Folder", "folder"}, {"Certificate", "certificate"}, COLUMNS_END};
static const struct column request_columns[] = {{"Folder", "folder"}, {"Request", "request"}, {"Key", "keyId"}, COLUMNS_END};
static const struct column sign_columns[] = {{"Certificate", "certificate"}, {"Key", "keyId"}, COLUMNS_END};

const struct verb root_verbs[] = {
    {"root", "create", create, NULL, "make a root whose key stays off line", create_options, folder_columns, true,
     "On a machine without a network: the key never leaves it, but to a second safe.\n" PROGRAM_ANSWER("folder, certificate")},
    {"root", "renew", renew, NULL, "give a root another certificate ahead of its end", renew_options, folder_columns, true,
     "The key stays. root.pem goes to the service (peri service renew-ca --certificate), and to devices and operators.\n"
     PROGRAM_ANSWER("folder, certificate")},
    {"root", "request", request, NULL, "make a service's issuing CA, and the request for its certificate", request_options, request_columns, true,
     "On the service's machine, before peri service init --issuing.\n" PROGRAM_ANSWER("folder, request, keyId (to compare)")},
    {"root", "sign", sign, NULL, "sign a service's issuing CA with the root", sign_options, sign_columns, true,
     "Compare the key that it shows with the one that request showed.\n" PROGRAM_ANSWER("certificate, keyId")},
    {"root", "make-crl", make_crl, NULL, "make the root's list of revoked issuing CAs", crl_options, crl_columns, true,
     "Where the root is. The list goes to relying parties that look at one, and is made anew before its days are over.\n"
     PROGRAM_ANSWER("list, revoked (certificates, ever), days")},
    VERBS_END,
};
