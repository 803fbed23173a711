/* SPDX-License-Identifier: BSD-2-Clause */
/* peri device release, keep, claim-released: a device goes to another owner. */
#include <stdio.h>
#include <string.h>

#include "cli/client/client.h"
#include "cli/management/device.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

/* Where the device is, and what of it is asked. */
static int release_path(struct peri *peri, char path[static PATH_MAX_BYTES])
{
    char id[PATH_MAX_BYTES];
    json_t *device;
    int code = device_find(peri, arg_text(peri, "device"), &device);
    const char *text = json_string_value(json_object_get(device, "id"));
    if (!code && (!text || snprintf(id, sizeof id, "%s/providers/Perisphere/release", text) >= (int)sizeof id))
        code = fail(PERI_EXIT_ERROR, "the service's answer has no id for device '%s'", arg_text(peri, "device"));
    if (!code)
        code = client_path_of_id(id, path);
    json_decref(device);
    return code;
}

static int release(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    uint32_t hours = 0;
    json_t *body = json_object();
    int code = arg_number(peri, "expires-in-hours", 1, 720, &hours);
    if (!code && arg_text(peri, "target-tenant"))
        json_object_set_new(body, "targetTenantId", json_string(arg_text(peri, "target-tenant")));
    if (!code && hours)
        json_object_set_new(body, "expiresInHours", json_integer((json_int_t)hours));
    if (!code)
        code = release_path(peri, path);
    code = client_show(peri, code, "POST", path, body);
    json_decref(body);
    return code;
}

static int keep(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = release_path(peri, path);
    return code ? code : client_call(peri, "DELETE", path, NULL, NULL);
}

static int claim(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *product = arg_text(peri, "product"), *group = arg_text(peri, "device-group");
    int code = client_path(peri, path, "products", product ? product : ".default", "deviceGroups",
                           group ? group : ".default", "providers", "Perisphere", "claimReleased", NULL);
    json_t *body = json_pack("{s:s}", "token", arg_text(peri, "token"));
    code = client_show(peri, code, "POST", path, body);
    json_decref(body);
    return code;
}

static const struct option_row release_options[] = {
    SCOPE_DEVICE, {"target-tenant", NULL, OPTION_VALUE, "tenant id of the catalog that may claim it (default: any)"},
    {"expires-in-hours", NULL, OPTION_VALUE, "how long the token is good (default: 168)"}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row keep_options[] = {SCOPE_DEVICE, SCOPE_CATALOG, SCOPE_END};
static const struct option_row claim_options[] = {
    {"token", NULL, OPTION_REQUIRED, "what peri device release printed for the former owner"},
    {"product", "p", OPTION_VALUE, "product (default: .default)"},
    {"device-group", "dg", OPTION_VALUE, "device group (default: .default)"}, SCOPE_CATALOG, SCOPE_END};
static const struct column release_columns[] = {{"Token", "token"}, {"Expires", "expiresUtc"}, COLUMNS_END};
static const struct column claim_columns[] = {{"Device ID", "name"}, COLUMNS_END};

const struct verb handover_verbs[] = {
    {"device", "release", release, NULL, "let a device go to another owner: prints the token for its claim", release_options, release_columns, false},
    {"device", "keep", keep, NULL, "take a release back", keep_options, NULL, false},
    {"device", "claim-released", claim, NULL, "claim a device that its owner has let go", claim_options, claim_columns, false},
    VERBS_END,
};
