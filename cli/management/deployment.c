/* SPDX-License-Identifier: BSD-2-Clause */
/* peri deployment ... */
#include <string.h>

#include "cli/client/client.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"
#include "lib/guid.h"

static int path_of(struct peri *peri, const char *name, char path[static PATH_MAX_BYTES])
{
    return client_path(peri, path, "products", arg_text(peri, "product"), "deviceGroups",
                       arg_text(peri, "device-group"), "deployments", name, NULL);
}

static int create(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    uint8_t guid[GUID_BYTES];
    for (size_t i = 0; arg_at(peri, "images", i); i++) {
        const char *id = arg_at(peri, "images", i);
        if (guid_parse(span_of(id, strlen(id)), guid) != 0)
            return fail(PERI_EXIT_USAGE, "'%s' is no image id: peri image list shows them", id);
    }
    json_t *images = json_array();
    for (size_t i = 0; arg_at(peri, "images", i); i++)
        json_array_append_new(images, json_pack("{s:{s:s}}", "properties", "imageId",
                                                arg_at(peri, "images", i)));
    json_t *body = json_pack("{s:{s:o}}", "properties", "deployedImages", images);
    int code = path_of(peri, ".default", path);
    code = client_show(peri, code, "PUT", path, body);
    json_decref(body);
    return code;
}

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = path_of(peri, NULL, path);
    return client_show_list(peri, code, "GET", path, NULL);
}

static int show(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *id = arg_text(peri, "deployment-id");
    int code = path_of(peri, id ? id : ".default", path);
    return client_show(peri, code, "GET", path, NULL);
}

static const struct option_row create_options[] = {
    SCOPE_PRODUCT, SCOPE_GROUP,
    {"images", "i", OPTION_REQUIRED | OPTION_LIST, "image ids: the complete new set"}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row list_options[] = {SCOPE_PRODUCT, SCOPE_GROUP, SCOPE_CATALOG, SCOPE_END};
static const struct option_row show_options[] = {
    SCOPE_PRODUCT, SCOPE_GROUP, {"deployment-id", "di", OPTION_VALUE, "deployment (default: the current one)"},
    SCOPE_CATALOG, SCOPE_END};
static const struct column columns[] = {
    {"Deployment ID", "properties.deploymentId"}, {"Date", "properties.deploymentDateUtc"}, COLUMNS_END};

const struct verb deployment_verbs[] = {
    {"deployment", "create", create, NULL, "deploy images to a device group", create_options, columns, false},
    {"deployment", "list", list, NULL, "list deployments of a device group", list_options, columns, false},
    {"deployment", "show", show, NULL, "show a deployment", show_options, columns, false},
    VERBS_END,
};
