/* SPDX-License-Identifier: BSD-2-Clause */
/* peri crash-group ...: equal crashes across the devices of a catalog. */
#include "cli/client/client.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "providers", "Perisphere", "crashGroups", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

static int show(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "providers", "Perisphere", "crashGroups", arg_text(peri, "crash-group"), NULL);
    return client_show(peri, code, "GET", path, NULL);
}

static int list_devices(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "providers", "Perisphere", "crashGroups", arg_text(peri, "crash-group"), "devices",
                           NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

static const struct option_row list_options[] = {SCOPE_FILTER, SCOPE_CATALOG, SCOPE_END};
static const struct option_row show_options[] = {
    {"crash-group", "cg", OPTION_REQUIRED, "the group, a GUID"}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row devices_options[] = {
    {"crash-group", "cg", OPTION_REQUIRED, "the group, a GUID"}, SCOPE_FILTER, SCOPE_CATALOG, SCOPE_END};
static const struct column device_columns[] = {
    {"Device Id", "deviceId"}, {"Product", "product"}, {"Device Group", "deviceGroup"}, {"Crashes", "crashCount"},
    {"First", "firstSeenUtc"}, {"Last", "lastSeenUtc"}, COLUMNS_END};
static const struct column columns[] = {
    {"Crash Group", "name"}, {"Class", "properties.eventClass"}, {"Component", "properties.componentId"}, {"Signal", "properties.signal"},
    {"At", "properties.programCounter"}, {"Devices", "properties.deviceCount"}, {"Crashes", "properties.crashCount"},
    {"Last", "properties.lastSeenUtc"}, {"Growing", "properties.growing"}, COLUMNS_END};

const struct verb crash_group_verbs[] = {
    {"crash-group", "list", list, NULL, "equal crashes of a catalog's devices, and whether they grow", list_options, columns, false},
    {"crash-group", "show", show, NULL, "show a group of equal crashes", show_options, columns, false},
    {"crash-group", "list-devices", list_devices, NULL, "devices that had crashes of a group", devices_options, device_columns, false},
    VERBS_END,
};
