/* SPDX-License-Identifier: BSD-2-Clause */
/* peri device ...: devices as the service knows them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/attached/find.h"
#include "cli/attached/link.h"
#include "cli/client/client.h"
#include "cli/file.h"
#include "cli/management/device.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

static const char *or_default(const char *value) { return value ? value : ".default"; }

/* The API lists a group at a time. */
static int list_of_product(struct peri *peri, const char *product)
{
    char path[PATH_MAX_BYTES];
    json_t *groups = NULL, *group, *all = json_array();
    size_t index;
    int code = client_path(peri, path, "products", product, "deviceGroups", NULL);
    if (!code)
        code = client_list(peri, "GET", path, NULL, &groups);
    json_array_foreach(groups, index, group) {
        json_t *rows = NULL;
        const char *name = json_string_value(json_object_get(group, "name"));
        if (!code && !name)
            code = fail(PERI_EXIT_ERROR, "the service's answer has a device group without a name");
        if (!code)
            code = client_path(peri, path, "products", product, "deviceGroups", name, "devices", NULL);
        if (!code && arg_text(peri, "filter"))
            code = client_filter(path, arg_text(peri, "filter"));
        if (!code)
            code = client_list(peri, "GET", path, NULL, &rows);
        if (!code)
            json_array_extend(all, rows);
        json_decref(rows);
    }
    if (!code)
        code = output_print(peri, all);
    json_decref(groups);
    json_decref(all);
    return code;
}

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *product = arg_text(peri, "product"), *group = arg_text(peri, "device-group");
    if (group && !product)
        return fail(PERI_EXIT_USAGE, "--device-group needs --product");
    if (product && !group)
        return list_of_product(peri, product);
    int code = product ? client_path(peri, path, "products", product, "deviceGroups", group, "devices", NULL)
                       : client_path(peri, path, "listDevices", NULL);
    return client_show_list(peri, code, product ? "GET" : "POST", path, NULL);
}

/* The device's row in the catalog: which product and group it is in. */
int device_find(struct peri *peri, const char *id, json_t **device)
{
    char path[PATH_MAX_BYTES];
    json_t *rows = NULL, *row;
    size_t index;
    *device = NULL;
    char condition[160];
    int code = client_path(peri, path, "listDevices", NULL);
    /* Then it can stand in a condition, and the service looks at one device instead of all. */
    if (!code && device_id_is_plain(id)) {
        snprintf(condition, sizeof condition, "name eq '%s'", id);
        code = client_filter(path, condition);
    }
    if (!code)
        code = client_list(peri, "POST", path, NULL, &rows);
    if (!code)
        json_array_foreach(rows, index, row)
            if (!*device && json_is_string(json_object_get(row, "name")) &&
                strcasecmp(json_string_value(json_object_get(row, "name")), id) == 0)
                *device = json_incref(row);
    json_decref(rows);
    if (!code && !*device)
        code = fail(PERI_EXIT_NOT_FOUND, "device '%s' is not in this catalog", id);
    return code;
}

/* The name behind KEY in a resource id. */
static bool name_take(const char *id, const char *key, char name[static DEVICE_NAME_BYTES])
{
    const char *at = id ? strstr(id, key) : NULL;
    size_t len = at ? strcspn(at + strlen(key), "/") : 0;
    if (len == 0 || len >= DEVICE_NAME_BYTES)
        return false;
    memcpy(name, at + strlen(key), len);
    name[len] = 0;
    return true;
}

int device_place(struct peri *peri, const char *id, struct device_place *place)
{
    json_t *device;
    int code = device_find(peri, id, &device);
    const char *path = json_string_value(json_object_get(device, "id"));
    if (!code && (!name_take(path, "/products/", place->product) || !name_take(path, "/deviceGroups/", place->group)))
        code = fail(PERI_EXIT_ERROR, "the service's answer does not say where device '%s' is", id);
    json_decref(device);
    return code;
}

/* The row of the device that is meant. */
static int device_meant(struct peri *peri, char id[static ATTACHED_ID_BYTES], json_t **device)
{
    *device = NULL;
    int code = attached_device_id(peri, id);
    return code ? code : device_find(peri, id, device);
}

static int revoked_path(struct peri *peri, char path[static PATH_MAX_BYTES])
{
    return client_path(peri, path, "providers", "Perisphere", "revokedDevices", NULL);
}

/* Whether the device stands revoked is no part of az's answer: "revocation" is added where it does. */
static int revocation_add(struct peri *peri, const char *id, json_t *device)
{
    char path[PATH_MAX_BYTES], condition[160];
    json_t *rows = NULL;
    if (!device_id_is_plain(id))
        return PERI_EXIT_OK;
    int code = revoked_path(peri, path);
    snprintf(condition, sizeof condition, "name eq '%s'", id);
    if (!code)
        code = client_filter(path, condition);
    if (!code)
        code = client_list(peri, "GET", path, NULL, &rows);
    const json_t *revoked = json_object_get(json_array_get(rows, 0), "properties");
    if (!code && revoked) {
        json_t *says = json_pack("{s:O?,s:O?,s:O?}", "revokedUtc", json_object_get(revoked, "revokedUtc"), "reason",
                                 json_object_get(revoked, "reason"), "revokedBy", json_object_get(revoked, "revokedBy"));
        if (!says || json_object_set_new(device, "revocation", says) != 0)
            code = fail(PERI_EXIT_ERROR, "out of memory");
    }
    json_decref(rows);
    return code;
}

static int show(struct peri *peri)
{
    char id[ATTACHED_ID_BYTES];
    json_t *device;
    int code = device_meant(peri, id, &device);
    if (!code)
        code = revocation_add(peri, id, device);
    if (!code)
        code = output_print(peri, device);
    json_decref(device);
    return code;
}

static int show_count(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *product = arg_text(peri, "product"), *group = arg_text(peri, "device-group");
    if (group && !product)
        return fail(PERI_EXIT_USAGE, "--device-group needs --product");
    int code = group     ? client_path(peri, path, "products", product, "deviceGroups", group, "countDevices", NULL)
               : product ? client_path(peri, path, "products", product, "countDevices", NULL)
                         : client_path(peri, path, "countDevices", NULL);
    return client_show(peri, code, "POST", path, NULL);
}

static int claim(struct peri *peri)
{
    char path[PATH_MAX_BYTES], id[ATTACHED_ID_BYTES];
    json_t *body = json_pack("{s:{}}", "properties");
    int code = attached_device_id(peri, id);
    if (!code)
        code = client_path(peri, path, "products", or_default(arg_text(peri, "product")), "deviceGroups",
                           or_default(arg_text(peri, "device-group")), "devices", id, NULL);
    code = client_show(peri, code, "PUT", path, body);
    json_decref(body);
    if (code == PERI_EXIT_NOT_FOUND)
        fail(code, "the service does not know the device, or another catalog has it: a new device is registered "
                   "first (peri factory register --device ID), one of another catalog is released there "
                   "(peri device release)");
    return code;
}

/* Is id that of the device?  The service's answer must not choose another resource. */
static bool id_is_device(const char *id, const char *device)
{
    const char *name = strrchr(id, '/');
    static const char parent[] = "/devices";
    return name && (size_t)(name - id) >= strlen(parent) &&
           strncasecmp(name - strlen(parent), parent, strlen(parent)) == 0 &&
           strcasecmp(name + 1, device) == 0;
}

int device_move(struct peri *peri, const char *device_id, const char *product, const char *group, json_t **answer)
{
    char target[PATH_MAX_BYTES], path[PATH_MAX_BYTES];
    json_t *device;
    *answer = NULL;
    int code = device_find(peri, device_id, &device);
    if (!code)
        code = client_id(peri, target, "products", product, "deviceGroups", group, NULL);
    const char *id = json_string_value(json_object_get(device, "id"));
    if (!code && (!id || !id_is_device(id, device_id)))
        code = fail(PERI_EXIT_ERROR, "the service's answer has no id for device '%s'", device_id);
    if (!code)
        code = client_path_of_id(id, path);
    if (!code) {
        json_t *body = json_pack("{s:{s:s}}", "properties", "deviceGroupId", target);
        code = client_call(peri, "PATCH", path, body, answer);
        json_decref(body);
    }
    json_decref(device);
    return code;
}

static int move(struct peri *peri, const char *product, const char *group)
{
    char id[ATTACHED_ID_BYTES];
    json_t *answer = NULL;
    int code = attached_device_id(peri, id);
    if (!code)
        code = device_move(peri, id, product, group, &answer);
    if (!code && answer)
        code = output_print(peri, answer);
    json_decref(answer);
    return code;
}

static int assign(struct peri *peri)
{
    return move(peri, arg_text(peri, "target-product"), arg_text(peri, "target-device-group"));
}

static int unassign(struct peri *peri) { return move(peri, ".default", ".default"); }

int device_capability(struct peri *peri, const char *id, const char *product, const char *group, json_t *types, char **text)
{
    char path[PATH_MAX_BYTES];
    json_t *answer = NULL, *body = json_pack("{s:O}", "capabilities", types);
    *text = NULL;
    int code = client_path(peri, path, "products", or_default(product), "deviceGroups", or_default(group), "devices", id,
                           "generateCapabilityImage", NULL);
    if (!code)
        code = client_call(peri, "POST", path, body, &answer);
    const char *image = json_string_value(json_object_get(answer, "image"));
    if (!code && !image)
        code = fail(PERI_EXIT_ERROR, "the service's answer has no image");
    if (!code && (*text = strdup(image)) == NULL)
        code = fail(PERI_EXIT_ERROR, "out of memory");
    json_decref(answer);
    json_decref(body);
    return code;
}

static int capability_types(struct peri *peri, json_t *types)
{
    for (size_t i = 0; arg_at(peri, "type", i); i++)
        if (json_array_append_new(types, json_string(arg_at(peri, "type", i))) != 0)
            return fail(PERI_EXIT_ERROR, "out of memory");
    return PERI_EXIT_OK;
}

static int capability_download(struct peri *peri)
{
    const char *file = arg_text(peri, "output-file");
    char id[ATTACHED_ID_BYTES];
    json_t *types = json_array();
    char *text = NULL;
    struct device_place place;
    const char *product = arg_text(peri, "product"), *group = arg_text(peri, "device-group");
    int code = capability_types(peri, types);
    if (!code)
        code = attached_device_id(peri, id);
    if (!code && !product && !group) { /* az names neither */
        code = device_place(peri, id, &place);
        product = place.product;
        group = place.group;
    }
    if (!code)
        code = device_capability(peri, id, product, group, types, &text);
    if (!code)
        code = file_write_base64(file ? file : "capability-device.cap", text);
    free(text);
    json_decref(types);
    return code;
}

/* What the device has and could have: the service's last word of it. */
static int show_deployment_status(struct peri *peri)
{
    char id[ATTACHED_ID_BYTES];
    json_t *device;
    int code = device_meant(peri, id, &device);
    if (!code)
        code = output_print(peri, json_object_get(device, "properties"));
    json_decref(device);
    return code;
}

/* The images of the newest deployment of the device's group. */
static int image_list_targeted(struct peri *peri)
{
    char path[PATH_MAX_BYTES], below[PATH_MAX_BYTES], wanted[ATTACHED_ID_BYTES];
    json_t *device, *rows = NULL, *newest = NULL, *row;
    size_t index;
    if (arg_has(peri, "all")) {
        int err = client_path(peri, path, "images", NULL);
        return client_show_list(peri, err, "GET", path, NULL);
    }
    int code = device_meant(peri, wanted, &device);
    const char *id = json_string_value(json_object_get(device, "id"));
    if (!code && (!id || !id_is_device(id, wanted)))
        code = fail(PERI_EXIT_ERROR, "the service's answer has no id for device '%s'", wanted);
    if (!code)
        code = client_path_of_id(id, path);
    char *end = code ? NULL : strstr(path, "/devices/");
    if (!code && !end)
        code = fail(PERI_EXIT_ERROR, "the service's answer has no device group in '%.200s'", path);
    if (!code) {
        *end = 0;
        if (snprintf(below, sizeof below, "%s/deployments", path) >= (int)sizeof below)
            code = fail(PERI_EXIT_USAGE, "the names make the address too long");
    }
    if (!code)
        code = client_list(peri, "GET", below, NULL, &rows);
    json_array_foreach(rows, index, row) {
        const char *date = json_string_value(json_object_get(json_object_get(row, "properties"), "deploymentDateUtc"));
        const char *best = json_string_value(json_object_get(json_object_get(newest, "properties"), "deploymentDateUtc"));
        if (date && (!best || strcmp(date, best) > 0)) /* ISO 8601, all of one form */
            newest = row;
    }
    if (!code) {
        json_t *images = json_object_get(json_object_get(newest, "properties"), "deployedImages");
        json_t *none = json_array();
        code = output_print(peri, images ? images : none);
        json_decref(none);
    }
    json_decref(rows);
    json_decref(device);
    return code;
}

static int registered_list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_our_path(path, "devices", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

static int factory_register(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    json_t *body = json_pack("{s:{}}", "properties");
    int code = client_our_path(path, "devices", arg_text(peri, "device"), NULL);
    code = client_show(peri, code, "PUT", path, body);
    json_decref(body);
    return code;
}

#define PLACE_OPTIONS                                                         \
    {"product", "p", OPTION_VALUE, "product (default: .default)"},            \
    {"device-group", "dg", OPTION_VALUE, "device group (default: .default)"}
static const struct option_row list_options[] = {
    {"product", "p", OPTION_VALUE, "only of this product"},
    {"device-group", "dg", OPTION_VALUE, "only of this device group"}, SCOPE_FILTER, SCOPE_CATALOG, SCOPE_END};
static const struct option_row count_options[] = {
    {"product", "p", OPTION_VALUE, "only of this product"},
    {"device-group", "dg", OPTION_VALUE, "only of this device group"}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row one_options[] = {SCOPE_DEVICE, SCOPE_CATALOG, SCOPE_END};
static const struct option_row meant_options[] = {SCOPE_DEVICE_OR_ATTACHED, SCOPE_CATALOG, SCOPE_END};
static const struct option_row targeted_options[] = {
    SCOPE_DEVICE_OR_ATTACHED, {"all", NULL, OPTION_SWITCH, "all images of the catalog"}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row claim_options[] = {SCOPE_DEVICE_OR_ATTACHED, PLACE_OPTIONS, SCOPE_CATALOG, SCOPE_END};
static const struct option_row assign_options[] = {
    SCOPE_DEVICE_OR_ATTACHED, {"target-product", NULL, OPTION_REQUIRED, "product to move to"},
    {"target-device-group", NULL, OPTION_REQUIRED, "device group to move to"}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row capability_options[] = {
    SCOPE_DEVICE_OR_ATTACHED, {"type", "t", OPTION_LIST, "capability: ApplicationDevelopment, FieldServicing (default: none, which takes all away)",
     CHOICES("ApplicationDevelopment", "FieldServicing")},
    {"output-file", "of", OPTION_VALUE, "file to write (default: capability-device.cap)"},
    {"product", "p", OPTION_VALUE, "product that it is in (default: the service is asked)"},
    {"device-group", "dg", OPTION_VALUE, "device group that it is in"}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row registered_options[] = {SCOPE_FILTER, SCOPE_END};
static const struct option_row register_options[] = {SCOPE_DEVICE, SCOPE_END};
static const struct column columns[] = {
    {"Device ID", "name"}, {"Installed OS", "properties.lastInstalledOsVersion"},
    {"Available OS", "properties.lastAvailableOsVersion"},
    {"Last update request", "properties.lastUpdateRequestUtc"}, COLUMNS_END};
static const struct column image_columns[] = {
    {"Image ID", "properties.imageId"}, {"Name", "properties.image"},
    {"Component ID", "properties.componentId"}, COLUMNS_END};
static const struct column status_columns[] = {
    {"Installed OS", "lastInstalledOsVersion"}, {"Available OS", "lastAvailableOsVersion"},
    {"Last update request", "lastUpdateRequestUtc"}, COLUMNS_END};
static const struct column registered_columns[] = {
    {"Device ID", "name"}, {"Catalog ID", "properties.catalogId"}, COLUMNS_END};

/* revoke, reinstate: what is done to the device where it stands; the answer is as that of device show. */
static int device_act(struct peri *peri, const char *verb, json_t *body)
{
    char path[PATH_MAX_BYTES], whole[PATH_MAX_BYTES];
    json_t *device, *answer = NULL;
    int code = device_find(peri, arg_text(peri, "device"), &device);
    const char *id = json_string_value(json_object_get(device, "id"));
    if (!code && (!id || !id_is_device(id, arg_text(peri, "device"))))
        code = fail(PERI_EXIT_ERROR, "the service's answer has no id for device '%s'", arg_text(peri, "device"));
    if (!code)
        code = client_path_of_id(id, path);
    if (!code && snprintf(whole, sizeof whole, "%s/%s", path, verb) >= (int)sizeof whole)
        code = fail(PERI_EXIT_USAGE, "the names make the address too long");
    if (!code)
        code = client_call(peri, "POST", whole, body, &answer);
    if (!code && answer)
        code = revocation_add(peri, arg_text(peri, "device"), answer);
    if (!code && answer)
        code = output_print(peri, answer);
    json_decref(answer);
    json_decref(device);
    json_decref(body);
    return code;
}

static int revoke(struct peri *peri)
{
    const char *reason = arg_text(peri, "reason");
    return device_act(peri, "revoke", reason ? json_pack("{s:s}", "reason", reason) : NULL);
}

static int list_revoked(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = revoked_path(peri, path);
    return client_show_list(peri, code, "GET", path, NULL);
}

static int reinstate(struct peri *peri) { return device_act(peri, "reinstate", NULL); }

static const struct option_row revoke_options[] = {
    SCOPE_DEVICE, {"reason", NULL, OPTION_VALUE, "why: keyCompromise, cessationOfOperation and others of RFC 5280", REASON_CHOICES},
    SCOPE_CATALOG, SCOPE_END};

static const struct option_row revoked_options[] = {SCOPE_FILTER, SCOPE_CATALOG, SCOPE_END};
static const struct column shown_columns[] = {
    {"Device ID", "name"}, {"Installed OS", "properties.lastInstalledOsVersion"},
    {"Available OS", "properties.lastAvailableOsVersion"},
    {"Last update request", "properties.lastUpdateRequestUtc"}, {"Revoked", "revocation.revokedUtc"}, COLUMNS_END};
static const struct column revoked_columns[] = {
    {"Device ID", "name"}, {"Product", "properties.productName"}, {"Device group", "properties.deviceGroupName"},
    {"Revoked", "properties.revokedUtc"}, {"Reason", "properties.reason"}, {"By", "properties.revokedBy"}, COLUMNS_END};

const struct verb device_verbs[] = {
    {"device", "list", list, NULL, "list devices of the catalog or a device group", list_options, columns, false},
    {"device", "show", show, NULL, "show a device", meant_options, shown_columns, false,
     "Of a device that is revoked it says since when, why and by whom: \"revocation\", which az does not have."},
    {"device", "show-count", show_count, NULL, "count devices", count_options, NULL, false},
    {"device", "claim", claim, NULL, "claim a device for the catalog", claim_options, columns, false},
    {"device", "assign", assign, NULL, "move a device to another device group", assign_options, columns, false},
    {"device", "unassign", unassign, NULL, "take a device out of its device group", meant_options, columns, false},
    {"device", "show-deployment-status", show_deployment_status, NULL, "OS that a device has, and could have", meant_options, status_columns, false},
    {"device", "show-ota-status", show_deployment_status, NULL, "the same, under its older name", meant_options, status_columns, false},
    {"device", "image list-targeted", image_list_targeted, NULL, "images that a device should have", targeted_options, image_columns, false},
    {"device", "revoke", revoke, NULL, "revoke what a device holds, and give it nothing more", revoke_options, shown_columns, false,
     "Its certificates are on the catalog's revocation list (peri ca-certificate download-crl) and run out within "
     "24 hours anyway; the service refuses it from now on. The answer is that of device show, with \"revocation\"."},
    {"device", "list-revoked", list_revoked, NULL, "list revoked devices of the catalog", revoked_options, revoked_columns, false},
    {"device", "reinstate", reinstate, NULL, "let a revoked device attest again", one_options, shown_columns, false},
    {"device", "capability download", capability_download, NULL, "download a device capability file", capability_options, NULL, false},
    VERBS_END,
};

const struct verb factory_verbs[] = {
    {"factory", "register", factory_register, NULL, "make a new device known to the service", register_options, registered_columns, false},
    {"factory", "list", registered_list, NULL, "list registered devices", registered_options, registered_columns, false},
    VERBS_END,
};
