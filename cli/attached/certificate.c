/* SPDX-License-Identifier: BSD-2-Clause */
/* peri device certificate ...: certificate store of the attached device. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/attached/attached.h"
#include "cli/attached/link.h"
#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

enum { CERTIFICATE_ID_MAX = 16, CERTIFICATE_PEM_MAX = 8192, CERTIFICATE_PASSWORD_MAX = 256 };

#define CERTIFICATES "/certstore/certs"

static int id_path(struct peri *peri, char path[static 128])
{
    return attached_name_path(CERTIFICATES "/", "certificate", arg_text(peri, "certificate"), CERTIFICATE_ID_MAX, path);
}

/* The PEM file that an option names, into a member of body. */
static int pem_put(struct peri *peri, const char *option, json_t *body, const char *member)
{
    struct span bytes;
    const char *file = arg_text(peri, option);
    if (!file)
        return PERI_EXIT_OK;
    int code = file_read(file, &bytes);
    if (code)
        return code;
    if (bytes.len > CERTIFICATE_PEM_MAX)
        code = fail(PERI_EXIT_ERROR, "'%s' is larger than the %d bytes that a device takes", file, CERTIFICATE_PEM_MAX);
    else if (bytes.len < 11 || !memmem(bytes.at, bytes.len, "-----BEGIN ", 11))
        code = fail(PERI_EXIT_ERROR, "'%s' is no PEM file", file);
    else if (json_object_set_new(body, member, json_stringn((const char *)bytes.at, bytes.len)) != 0)
        code = fail(PERI_EXIT_ERROR, "'%s' is no text", file);
    file_release(&bytes);
    return code;
}

static int add(struct peri *peri)
{
    char path[128];
    const char *type = arg_text(peri, "cert-type"), *password = arg_text(peri, "private-key-password");
    bool client = strcmp(type, "client") == 0;
    json_t *body = NULL;
    int code = id_path(peri, path);
    if (code)
        return code;
    if (client != (arg_text(peri, "private-key-file") != NULL))
        return fail(PERI_EXIT_USAGE, client ? "a client certificate needs --private-key-file"
                                            : "--private-key-file is for client certificates");
    if (password && (!client || strlen(password) > CERTIFICATE_PASSWORD_MAX))
        return fail(PERI_EXIT_USAGE, "--private-key-password is for client certificates, at most %d characters", CERTIFICATE_PASSWORD_MAX);
    body = json_pack("{s:s}", "certType", client ? "client" : "rootca");
    code = pem_put(peri, "public-key-file", body, "publicCert");
    if (!code)
        code = pem_put(peri, "private-key-file", body, "privateKey");
    if (!code && password)
        json_object_set_new(body, "password", json_string(password));
    if (!code)
        code = attached_json(peri, "POST", path, body, NULL);
    json_decref(body);
    return code;
}

static int list(struct peri *peri) { return attached_get(peri, CERTIFICATES, "identifiers"); }
static int show_quota(struct peri *peri) { return attached_get(peri, "/certstore/space", NULL); }

static int show(struct peri *peri)
{
    char path[128];
    int code = id_path(peri, path);
    return code ? code : attached_get(peri, path, NULL);
}

static int delete(struct peri *peri)
{
    char path[128];
    int code = id_path(peri, path);
    return code ? code : attached_json(peri, "DELETE", path, NULL, NULL);
}

#define CERTIFICATE {"certificate", "c", OPTION_REQUIRED, "its name in the store, at most 16 characters"}
static const struct option_row plain[] = {ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row one[] = {CERTIFICATE, ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row add_options[] = {
    CERTIFICATE,
    {"cert-type", "t", OPTION_REQUIRED, "client (with a private key), or rootca", CHOICES("client", "rootca")},
    {"public-key-file", "p", OPTION_REQUIRED, "certificate, PEM"},
    {"private-key-file", NULL, OPTION_VALUE, "private key of a client certificate, PEM"},
    {"private-key-password", "w", OPTION_VALUE, "password of that file"},
    ATTACHED_OPTIONS, SCOPE_END};

const struct verb attached_certificate_verbs[] = {
    {"device", "certificate add", add, NULL, "put a certificate into the device's store", add_options, NULL, true},
    {"device", "certificate list", list, NULL, "names of certificates in the device's store", plain, NULL, true},
    {"device", "certificate show", show, NULL, "show a certificate of the device's store", one, NULL, true},
    {"device", "certificate delete", delete, NULL, "remove a certificate from the device's store", one, NULL, true},
    {"device", "certificate show-quota", show_quota, NULL, "room in the device's certificate store", plain, NULL, true},
    VERBS_END,
};
