/* SPDX-License-Identifier: BSD-2-Clause */
/* peri os-release ...: releases of the device OS, and what attestation makes of them. */
#include <stdlib.h>

#include "cli/client/client.h"
#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"
#include "lib/guid.h"
#include "lib/image.h"

static int image_upload(struct peri *peri, const char *file, json_t *ids)
{
    char path[PATH_MAX_BYTES], id[GUID_TEXT_BYTES];
    char *text = NULL;
    struct span bytes;
    struct image image;
    int code = file_read(file, &bytes);
    if (code)
        return code;
    int err = image_parse(bytes, &image);
    if (!err)
        guid_format(image.meta.id, id);
    file_release(&bytes);
    if (err)
        return fail(PERI_EXIT_REFUSED, "'%s' is not an image package: %s", file, err_text(err));
    code = file_read_base64(file, &text);
    if (!code)
        code = client_our_path(path, "osImages", id, NULL);
    if (!code) {
        json_t *body = json_pack("{s:{s:s}}", "properties", "image", text);
        code = client_call(peri, "PUT", path, body, NULL);
        json_decref(body);
    }
    free(text);
    if (!code)
        json_array_append_new(ids, json_string(id));
    return code;
}

static int put(struct peri *peri, json_t *properties)
{
    char path[PATH_MAX_BYTES];
    json_t *body = json_pack("{s:O}", "properties", properties);
    int code = client_our_path(path, "osReleases", arg_text(peri, "os-version"), NULL);
    code = client_show(peri, code, "PUT", path, body);
    json_decref(body);
    return code;
}

static int publish(struct peri *peri)
{
    const char *feed = arg_text(peri, "os-feed");
    json_t *ids = json_array();
    int code = PERI_EXIT_OK;
    for (size_t i = 0; !code && i < peri->positional_count; i++)
        code = image_upload(peri, peri->positional[i], ids);
    if (!code) {
        json_t *properties = json_pack("{s:s,s:s,s:O}", "feed", feed ? feed : "Retail", "state",
                                       "Trusted", "images", ids);
        code = put(peri, properties);
        json_decref(properties);
    }
    json_decref(ids);
    return code;
}

/* Without images a PUT changes a release that is there, and of another one the service could but say what it lacks. */
static int set_state(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_our_path(path, "osReleases", arg_text(peri, "os-version"), NULL);
    if (!code)
        code = client_call(peri, "GET", path, NULL, NULL);
    json_t *properties = json_pack("{s:s}", "state", arg_text(peri, "state"));
    if (!code)
        code = put(peri, properties);
    json_decref(properties);
    return code;
}

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_our_path(path, "osReleases", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

static int show(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_our_path(path, "osReleases", arg_text(peri, "os-version"), NULL);
    return client_show(peri, code, "GET", path, NULL);
}

#define VERSION_OPTION {"os-version", "v", OPTION_REQUIRED, "release, YY.MM[.n]"}
static const struct option_row publish_options[] = {
    VERSION_OPTION, {"os-feed", "f", OPTION_VALUE, "feed: Retail (default) or RetailEval", CHOICES("Retail", "RetailEval")}, SCOPE_END};
static const struct option_row state_options[] = {
    VERSION_OPTION,
    {"state", "s", OPTION_REQUIRED, "state: Trusted, Outdated (update-only certificates) or Revoked (none)",
     CHOICES("Trusted", "Outdated", "Revoked")}, SCOPE_END};
static const struct option_row one_options[] = {VERSION_OPTION, SCOPE_END};
static const struct column columns[] = {
    {"Version", "name"}, {"Hardware", "properties.hardware"}, {"Feed", "properties.feed"}, {"State", "properties.state"},
    COLUMNS_END};

const struct verb os_release_verbs[] = {
    {"os-release", "publish", publish, "FILE...", "upload OS images and publish them as a release", publish_options, columns, false},
    {"os-release", "set-state", set_state, NULL, "what attestation makes of a release", state_options, columns, false},
    {"os-release", "list", list, NULL, "list OS releases", NULL, columns, false},
    {"os-release", "show", show, NULL, "show an OS release", one_options, columns, false},
    VERBS_END,
};
