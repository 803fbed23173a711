/* SPDX-License-Identifier: BSD-2-Clause */
/* peri product ... */
#include "cli/client/client.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

static int create(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *name = arg_text(peri, "name"), *description = arg_text(peri, "description");
    json_t *body = json_pack("{s:{s:s}}", "properties", "description", description ? description : "");
    json_t *answer = NULL, *groups = NULL;
    int code = client_path(peri, path, "products", name, NULL);
    if (!code)
        code = client_call(peri, "PUT", path, body, &answer);
    json_decref(body);
    if (!code && !arg_has(peri, "no-default-device-groups")) {
        code = client_path(peri, path, "products", name, "generateDefaultDeviceGroups", NULL);
        if (!code)
            code = client_list(peri, "POST", path, NULL, &groups);
    }
    if (!code)
        code = output_print(peri, answer);
    json_decref(groups);
    json_decref(answer);
    return code;
}

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "products", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

static int one(struct peri *peri, const char *method, json_t *body)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "products", arg_text(peri, "product"), NULL);
    code = client_show(peri, code, method, path, body);
    json_decref(body);
    return code;
}

static int show(struct peri *peri) { return one(peri, "GET", NULL); }
static int delete(struct peri *peri) { return one(peri, "DELETE", NULL); }
static int update(struct peri *peri)
{
    return one(peri, "PATCH", json_pack("{s:{s:s}}", "properties", "description",
                                        arg_text(peri, "description")));
}

static const struct option_row create_options[] = {
    {"name", "n", OPTION_REQUIRED, "name of the new product"},
    {"description", "d", OPTION_VALUE, "description"},
    {"no-default-device-groups", NULL, OPTION_SWITCH, "do not make the five default device groups"},
    SCOPE_CATALOG, SCOPE_END};
static const struct option_row list_options[] = {SCOPE_FILTER, SCOPE_CATALOG, SCOPE_END};
static const struct option_row delete_options[] = {SCOPE_YES, SCOPE_PRODUCT, SCOPE_CATALOG, SCOPE_END};
static const struct option_row one_options[] = {SCOPE_PRODUCT, SCOPE_CATALOG, SCOPE_END};
static const struct option_row update_options[] = {
    SCOPE_PRODUCT, {"description", "d", OPTION_REQUIRED, "new description"}, SCOPE_CATALOG, SCOPE_END};
static const struct column columns[] = {
    {"Name", "name"}, {"Description", "properties.description"}, COLUMNS_END};

const struct verb product_verbs[] = {
    {"product", "create", create, NULL, "create a product and its default device groups", create_options, columns, false},
    {"product", "list", list, NULL, "list products", list_options, columns, false},
    {"product", "show", show, NULL, "show a product", one_options, columns, false},
    {"product", "update", update, NULL, "change a product's description", update_options, columns, false},
    {"product", "delete", delete, NULL, "delete a product without devices", delete_options, NULL, false},
    VERBS_END,
};
