/* SPDX-License-Identifier: BSD-2-Clause */
/* peri device-group ... */
#include <string.h>

#include "cli/client/client.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

/* option, property: what create and update carry */
static const struct {
    const char *option, *property;
} settings[] = {
    {"description", "description"},
    {"os-feed", "osFeedType"},
    {"application-update", "updatePolicy"},
    {"allow-crash-dumps-collection", "allowCrashDumpsCollection"},
    {"regional-data-boundary", "regionalDataBoundary"},
};

static json_t *body_of(struct peri *peri)
{
    json_t *properties = json_object();
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (arg_text(peri, settings[i].option))
            json_object_set_new(properties, settings[i].property,
                                json_string(arg_text(peri, settings[i].option)));
    return json_pack("{s:o}", "properties", properties);
}

static int one(struct peri *peri, const char *method, const char *name_option, json_t *body)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "products", arg_text(peri, "product"), "deviceGroups",
                           arg_text(peri, name_option), NULL);
    code = client_show(peri, code, method, path, body);
    json_decref(body);
    return code;
}

static int create(struct peri *peri) { return one(peri, "PUT", "name", body_of(peri)); }
static int show(struct peri *peri) { return one(peri, "GET", "device-group", NULL); }
static int update(struct peri *peri) { return one(peri, "PATCH", "device-group", body_of(peri)); }
static int delete(struct peri *peri) { return one(peri, "DELETE", "device-group", NULL); }

static int create_defaults(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "products", arg_text(peri, "product"),
                           "generateDefaultDeviceGroups", NULL);
    return client_show_list(peri, code, "POST", path, NULL);
}

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *product = arg_text(peri, "product"), *group = arg_text(peri, "device-group");
    if (product && group)
        return one(peri, "GET", "device-group", NULL);
    if (product) {
        int code = client_path(peri, path, "products", product, "deviceGroups", NULL);
        return client_show_list(peri, code, "GET", path, NULL);
    }
    int code = client_path(peri, path, "listDeviceGroups", NULL);
    json_t *body = group ? json_pack("{s:s}", "deviceGroupName", group) : json_object();
    code = client_show_list(peri, code, "POST", path, body);
    json_decref(body);
    return code;
}

#define SETTING_OPTIONS                                                                                                        \
    {"os-feed", "f", OPTION_VALUE, "feed: Retail or RetailEval", CHOICES("Retail", "RetailEval")},                             \
    {"application-update", "a", OPTION_VALUE, "policy: UpdateAll or No3rdPartyAppUpdates",                                     \
     CHOICES("UpdateAll", "No3rdPartyAppUpdates")},                                                                            \
    {"allow-crash-dumps-collection", "cd", OPTION_VALUE, "crash dumps: Enabled or Disabled", CHOICES("Enabled", "Disabled")},  \
    {"regional-data-boundary", "r", OPTION_VALUE, "boundary: None or EU", CHOICES("None", "EU")}

static const struct option_row create_options[] = {
    {"name", "n", OPTION_REQUIRED, "name of the new device group"}, SCOPE_PRODUCT,
    {"description", "d", OPTION_VALUE, "description"}, SETTING_OPTIONS, SCOPE_CATALOG, SCOPE_END};
static const struct option_row update_options[] = {
    SCOPE_GROUP, SCOPE_PRODUCT, {"description", "d", OPTION_VALUE, "new description"},
    SETTING_OPTIONS, SCOPE_CATALOG, SCOPE_END};
static const struct option_row delete_options[] = {SCOPE_YES, SCOPE_GROUP, SCOPE_PRODUCT, SCOPE_CATALOG, SCOPE_END};
static const struct option_row one_options[] = {SCOPE_GROUP, SCOPE_PRODUCT, SCOPE_CATALOG, SCOPE_END};
static const struct option_row product_options[] = {SCOPE_PRODUCT, SCOPE_CATALOG, SCOPE_END};
static const struct option_row list_options[] = {
    {"product", "p", OPTION_VALUE, "only of this product"},
    {"device-group", "dg", OPTION_VALUE, "only those with this name"}, SCOPE_FILTER, SCOPE_CATALOG, SCOPE_END};
static const struct column columns[] = {
    {"Name", "name"}, {"OS feed", "properties.osFeedType"},
    {"Application updates", "properties.updatePolicy"},
    {"Crash dumps", "properties.allowCrashDumpsCollection"},
    {"Description", "properties.description"}, COLUMNS_END};

const struct verb device_group_verbs[] = {
    {"device-group", "create", create, NULL, "create a device group", create_options, columns, false},
    {"device-group", "create-defaults", create_defaults, NULL, "make the five default device groups", product_options, columns, false},
    {"device-group", "list", list, NULL, "list device groups", list_options, columns, false},
    {"device-group", "show", show, NULL, "show a device group", one_options, columns, false},
    {"device-group", "update", update, NULL, "change a device group", update_options, columns, false},
    {"device-group", "delete", delete, NULL, "delete a device group without devices", delete_options, NULL, false},
    VERBS_END,
};
