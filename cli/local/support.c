/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri get-support-data: what somebody needs who is asked for help, in one archive: this
 * computer, the profile, the catalog at the service, the attached devices.
 * Trust: the archive is read by others.  Settings are taken by name, all text loses its
 * secrets (cli/local/support_scrub.h), the file is the user's alone; README.txt in it says what is
 * inside.  What cannot be had is an entry in errors.txt: an archive of a broken system is
 * what this is for.
 */
#include <curl/curl.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <zip.h>

#include "cli/attached/find.h"
#include "cli/attached/link.h"
#include "cli/client/client.h"
#include "cli/client/profile.h"
#include "cli/file.h"
#include "cli/local/support_scrub.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

enum { NAME_MAX_BYTES = 128 };

struct support {
    struct peri *peri;
    zip_t *zip;
    zip_source_t *bytes; /* of the archive */
    FILE *errors; /* messages of what could not be had */
    char *errors_text;
    size_t errors_len;
    bool failed; /* the archive itself cannot be made */
};

/* Adds a file of text, without its secrets. */
static void entry_add(struct support *s, const char *name, const char *text)
{
    char *clean = support_scrub(text);
    zip_source_t *source = clean ? zip_source_buffer(s->zip, clean, strlen(clean), 1) : NULL;
    if (source && zip_file_add(s->zip, name, source, ZIP_FL_ENC_UTF_8) >= 0)
        return;
    if (source)
        zip_source_free(source); /* and the text with it */
    else
        free(clean);
    s->failed = true;
}

/* Takes value; NULL adds nothing. */
static void entry_add_json(struct support *s, const char *name, json_t *value)
{
    char *text = NULL;
    json_t *clean = json_deep_copy(value); /* what is in use elsewhere too stays as it is */
    if (clean && support_scrub_json(clean) == 0)
        text = json_dumps(clean, JSON_INDENT(2) | JSON_ENCODE_ANY);
    if (text)
        entry_add(s, name, text);
    else if (value)
        s->failed = true;
    free(text);
    json_decref(clean);
    json_decref(value);
}

static void name_say(struct support *s, const char *name)
{
    fprintf(s->errors, "%s:\n", name);
}

/* -- this computer ------------------------------------------------------------------- */

static void system_add(struct support *s)
{
    struct utsname u;
    char line[256], system[128] = "", now[32] = "";
    time_t seconds = time(NULL);
    struct tm utc;
    FILE *release = fopen("/etc/os-release", "r");
    while (release && fgets(line, sizeof line, release))
        if (sscanf(line, "PRETTY_NAME=\"%127[^\"]\"", system) == 1)
            break;
    if (release)
        fclose(release);
    if (gmtime_r(&seconds, &utc))
        strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc);
    const char *locale = getenv("LC_ALL") ? getenv("LC_ALL") : getenv("LANG");
    if (uname(&u) != 0)
        memset(&u, 0, sizeof u);
    entry_add_json(s, "system.json",
                   json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "time", now, "peri", PERI_VERSION, "system", system, "kernel",
                             u.release, "machine", u.machine, "curl", curl_version(), "zip", zip_libzip_version(), "locale",
                             locale ? locale : ""));
}

/* Only what is named here: the rest of a profile may be a secret. */
static void profile_add(struct support *s)
{
    static const char *const keys[] = {"endpoint", "subscription", "resourceGroup", "catalog", "ca", "certificate", "key"};
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *value = json_object_get(s->peri->profile->json, keys[i]);
        if (value)
            json_object_set(out, keys[i], value);
    }
    json_object_set_new(out, "signsInBy", json_string(s->peri->profile->token ? "token" : "certificate"));
    entry_add_json(s, "profile.json", out);
}

/* Subjects, issuers, serial numbers and times of the certificates in a PEM file. */
static void certificates_add(struct support *s, const char *name, const char *file)
{
    BIO *from = BIO_new_file(file, "r"), *to = BIO_new(BIO_s_mem());
    char *text = NULL;
    X509 *x;
    while (from && to && (x = PEM_read_bio_X509(from, NULL, NULL, NULL)) != NULL) {
        X509_print_ex(to, x, XN_FLAG_RFC2253, X509_FLAG_NO_SIGDUMP | X509_FLAG_NO_PUBKEY);
        X509_free(x);
    }
    if (to && BIO_write(to, "", 1) == 1 && BIO_get_mem_data(to, &text) > 1)
        entry_add(s, name, text);
    else
        fprintf(s->errors, "%s: no certificate in '%s'\n", name, file);
    BIO_free(from);
    BIO_free(to);
}

/* -- the service --------------------------------------------------------------------- */

static void service_add(struct support *s)
{
    static const struct {
        const char *name, *method, *part; /* part NULL: the catalog itself */
        bool list;
    } rows[] = {
        {"catalog", "GET", NULL, false},
        {"products", "GET", "products", true},
        {"device-groups", "POST", "listDeviceGroups", true},
        {"images", "GET", "images", true},
        {"ca-certificates", "GET", "certificates", true},
        {"deployments", "POST", "listDeployments", true},
        {"device-count", "POST", "countDevices", false},
        {"error-report", "POST", "listDeviceInsights", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[PATH_MAX_BYTES], name[NAME_MAX_BYTES];
        json_t *answer = NULL, *body = strcmp(rows[i].name, "device-groups") == 0 ? json_object() : NULL;
        snprintf(name, sizeof name, "service/%s.json", rows[i].name);
        name_say(s, name);
        int code = client_path(s->peri, path, rows[i].part, NULL);
        if (!code)
            code = rows[i].list ? client_list(s->peri, rows[i].method, path, body, &answer)
                                : client_call(s->peri, rows[i].method, path, body, &answer);
        json_decref(body);
        if (!code)
            entry_add_json(s, name, answer);
        if (code == PERI_EXIT_UNREACHABLE)
            return; /* the rest would be no other */
    }
}

/* -- attached devices ------------------------------------------------------------------ */

static void device_add(struct support *s, struct peri *peri, size_t number)
{
    static const struct {
        const char *name, *path;
    } rows[] = {
        {"security-state", "/device/security_state"}, {"manufacturing-state", "/device/manufacturing_state"},
        {"capabilities", "/device/capabilities"}, {"status", "/status"}, {"os-version", "/osversion"},
        {"abi-versions", "/abi_versions"}, {"network-status", "/net/status"}, {"network-interfaces", "/net/interfaces"},
        {"images", "/images"}, {"applications", "/app/status"}, {"memory", "/stats/memory/groups/applications"},
    };
    char name[NAME_MAX_BYTES], *text;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *answer = NULL;
        snprintf(name, sizeof name, "device-%zu/%s.json", number, rows[i].name);
        name_say(s, name);
        int code = attached_json(peri, "GET", rows[i].path, NULL, &answer);
        if (!code)
            entry_add_json(s, name, answer);
        if (code == PERI_EXIT_UNREACHABLE)
            return;
    }
    snprintf(name, sizeof name, "device-%zu/log.txt", number);
    name_say(s, name);
    if (attached_call(peri, "GET", "/log", span_of(NULL, 0), "text/plain", &text) == 0) {
        entry_add(s, name, text);
        free(text);
    }
}

static void devices_add(struct support *s)
{
    static const struct option_row device_row = {"device", "d", OPTION_VALUE, "address of one that was found"};
    json_t *rows = NULL, *row;
    size_t i;
    name_say(s, "attached-devices.json");
    if (attached_list(s->peri, &rows))
        return;
    json_array_foreach(rows, i, row) {
        struct peri one = *s->peri; /* with its address as --device, which the command has not */
        if (one.arg_count == ARG_VALUES_MAX)
            break;
        one.arg[one.arg_count].row = &device_row;
        one.arg[one.arg_count++].value = json_string_value(json_object_get(row, "ipAddress"));
        device_add(s, &one, i + 1);
    }
    entry_add_json(s, "attached-devices.json", rows);
}

/* -- the archive --------------------------------------------------------------------- */

static void readme_add(struct support *s)
{
    static const char text[] =
        "Support data of Perisphere, made by `peri get-support-data`.\n\n"
        "  system.json            the computer on which it was made\n"
        "  profile.json           which service, as whom; no key, no token\n"
        "  certificates/          certificate of the operator and of the service's root\n"
        "  service/               the catalog as the operator sees it: products, groups, images, CAs, errors; no device ids\n"
        "                         but those in error reports\n"
        "  attached-devices.json  devices that answered on this computer's cables\n"
        "  device-N/              what each said of itself, and the last lines of its applications' logs\n"
        "  errors.txt             what could not be had, and why\n\n"
        "Private keys, passwords and tokens are left out where they are named as such.  Applications may have logged other\n"
        "things that are not for everybody: look at device-N/log.txt before you hand this on.\n";
    entry_add(s, "README.txt", text);
}

/* In memory: libzip would give the file the mode of one that is there, or that somebody put there. */
static int archive_open(struct support *s, const char *file)
{
    zip_error_t error;
    const char *end = strrchr(file, '.');
    if (!end || strcmp(end, ".zip") != 0)
        return fail(PERI_EXIT_USAGE, "--output-file is '%s': a name that ends with .zip is expected", file);
    zip_error_init(&error);
    s->bytes = zip_source_buffer_create(NULL, 0, 0, &error);
    s->zip = s->bytes ? zip_open_from_source(s->bytes, ZIP_TRUNCATE, &error) : NULL;
    if (s->zip)
        zip_source_keep(s->bytes);
    else
        zip_source_free(s->bytes);
    int code = s->zip ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "cannot make the archive: %s", zip_error_strerror(&error));
    zip_error_fini(&error);
    return code;
}

/* What zip_close() left, for the user alone. */
static int archive_write(struct support *s, const char *file)
{
    zip_stat_t st;
    int code;
    uint8_t *bytes = zip_source_stat(s->bytes, &st) == 0 && (st.valid & ZIP_STAT_SIZE) ? malloc(st.size) : NULL;
    if (!bytes || zip_source_open(s->bytes) != 0) {
        code = fail(PERI_EXIT_ERROR, "cannot make the archive: out of memory");
    } else {
        zip_int64_t n = zip_source_read(s->bytes, bytes, st.size);
        zip_source_close(s->bytes);
        code = n == (zip_int64_t)st.size ? file_write(file, span_of(bytes, st.size), 0600)
                                         : fail(PERI_EXIT_ERROR, "cannot make the archive: %s", zip_error_strerror(zip_source_error(s->bytes)));
    }
    free(bytes);
    return code;
}

static int archive_close(struct support *s, const char *file)
{
    int code;
    if (!s->failed && zip_close(s->zip) == 0) {
        code = archive_write(s, file);
    } else {
        code = fail(PERI_EXIT_ERROR, "cannot make the archive: %s", s->failed ? "out of memory" : zip_strerror(s->zip));
        zip_discard(s->zip);
    }
    zip_source_free(s->bytes);
    return code;
}

static int get_support_data(struct peri *peri)
{
    struct support s = {.peri = peri};
    const char *file = arg_text(peri, "output-file") ? arg_text(peri, "output-file") : "support_data.zip";
    int code = archive_open(&s, file);
    if (code)
        return code;
    s.errors = open_memstream(&s.errors_text, &s.errors_len);
    if (!s.errors) {
        zip_discard(s.zip);
        zip_source_free(s.bytes);
        return fail(PERI_EXIT_ERROR, "out of memory");
    }
    readme_add(&s);
    system_add(&s);
    profile_add(&s);
    FILE *before = fail_redirect(s.errors);
    certificates_add(&s, "certificates/service-root.txt", peri->profile->ca);
    if (!peri->profile->token)
        certificates_add(&s, "certificates/operator.txt", peri->profile->certificate);
    service_add(&s);
    devices_add(&s);
    fail_redirect(before);
    if (fclose(s.errors) != 0)
        s.failed = true;
    else
        entry_add(&s, "errors.txt", s.errors_text);
    code = archive_close(&s, file);
    free(s.errors_text);
    if (code)
        return code;
    json_t *answer = json_pack("{s:s}", "outputFile", file);
    code = output_print(peri, answer);
    json_decref(answer);
    return code;
}

static const struct option_row options[] = {
    {"output-file", "of", OPTION_VALUE, "archive to write (default: support_data.zip)"}, SCOPE_CATALOG, SCOPE_END};

const struct verb support_verbs[] = {
    {"get-support-data", "", get_support_data, NULL, "gather what is known of computer, catalog and attached devices in a .zip", options,
     NULL, false,
     "Private keys, passwords and tokens are left out.  Look at the logs of applications in it before you hand it on."},
    VERBS_END,
};
